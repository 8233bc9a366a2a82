"""04.3: x_s from the guess and the noise that leads from it to x_t."""

from __future__ import annotations

from ...checks import Exercise
from ._designs import design_cases, design_inputs


def delta(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s):
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * eps


EXERCISE = Exercise(
    id="04.3",
    title="The delta design",
    difficulty=2,
    minutes=5,
    points=1,
    reference=delta,
    cases=design_cases,
    law=r"$x_s = \alpha_s\, \hat x_0 + \sigma_s\, \hat\varepsilon$ with the $\hat\varepsilon$ that leads "
    r"from $\hat x_0$ to $x_t$",
    praise="This is DDIM, and, with blur in the place of noise, Cold Diffusion's improved sampler.",
    idea="Suppose the two times are equal: what must come out? And what if $x_t$ is the guess, scaled, "
    "without any noise?",
    why=r"$x_t = \alpha_t \hat x_0 + \sigma_t \hat\varepsilon$ has exactly one solution "
    r"$\hat\varepsilon$. The same "
    r"noise, pushed forward from $\hat x_0$ to $s$ only, is normal if the noise in $x_t$ was.",
    inputs=design_inputs,
)


@EXERCISE.right
def weights_of_x_t_and_guess(x0_hat, x_t, alpha_t, sigma_t, alpha_s, sigma_s):
    ratio = sigma_s / sigma_t
    return ratio * x_t + (alpha_s - ratio * alpha_t) * x0_hat


@EXERCISE.slip(r"What you reuse still contains the data. Take $\alpha_t \hat x_0$ away from $x_t$ first.")
def signal_left_in(x0_hat, x_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s * x_t / sigma_t


@EXERCISE.slip(
    r"You reused the noise at its old strength $\sigma_t$. At time $s$ it has the scale $\sigma_s$."
)
def noise_not_rescaled(x0_hat, x_t, alpha_t, alpha_s):
    return alpha_s * x0_hat + (x_t - alpha_t * x0_hat)


@EXERCISE.slip(
    r"At time $t$ only the share $\alpha_t$ of the data is left. Take away that much, not all of it."
)
def data_not_scaled(x0_hat, x_t, sigma_t, alpha_s, sigma_s):
    eps = (x_t - x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * eps


@EXERCISE.slip(
    "Your result is $x_t$ itself. The noise is inferred with the scales of $t$ and used with those of $s$; "
    "if both are the same, nothing happens."
)
def scales_of_s_to_infer(x0_hat, x_t, alpha_s, sigma_s):
    eps = (x_t - alpha_s * x0_hat) / sigma_s
    return alpha_s * x0_hat + sigma_s * eps


@EXERCISE.slip("That is the inferred noise. Now use it: destroy the guess with it up to $s$.")
def noise_returned(x0_hat, x_t, alpha_t, sigma_t):
    return (x_t - alpha_t * x0_hat) / sigma_t


@EXERCISE.slip(
    "This is the independent design again. Here no fresh noise is used: infer the old one from $x_t$."
)
def fresh_noise(x0_hat, xi, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s * xi


@EXERCISE.slip(r"You divided by the variance $\sigma_t^2$. The noise entered with the factor $\sigma_t$.")
def divided_by_the_variance(x0_hat, x_t, alpha_t, sigma_t, alpha_s, sigma_s):
    eps = (x_t - alpha_t * x0_hat) / sigma_t**2
    return alpha_s * x0_hat + sigma_s * eps


@EXERCISE.slip(
    "You inferred the noise as if $x_t$ held the share of the data that is left at $s$. It holds that of $t$."
)
def share_of_s_taken_away(x0_hat, x_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s * (x_t - alpha_s * x0_hat) / sigma_t


@EXERCISE.slip("The inferred noise is used at full strength. At time $s$ it has a scale of its own.")
def noise_at_full_strength(x0_hat, x_t, alpha_t, sigma_t, alpha_s):
    return alpha_s * x0_hat + (x_t - alpha_t * x0_hat) / sigma_t


@EXERCISE.slip("The sign of the noise is turned round: it is what $x_t$ has more than the data, not less.")
def sign_of_the_noise(x0_hat, x_t, alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x0_hat - sigma_s * (x_t - alpha_t * x0_hat) / sigma_t


@EXERCISE.slip("The guess goes in at full strength. At time $s$ only a share of the data is left.")
def guess_at_full_strength(x0_hat, x_t, alpha_t, sigma_t, sigma_s):
    return x0_hat + sigma_s * (x_t - alpha_t * x0_hat) / sigma_t


@EXERCISE.slip("You pushed $x_t$ forward. What is destroyed up to $s$ is the guess.")
def x_t_pushed_forward(x0_hat, x_t, alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x_t + sigma_s * (x_t - alpha_t * x0_hat) / sigma_t


@EXERCISE.slip(r"You multiplied by $\sigma_t$ where you should divide: solve for the noise once more.")
def multiplied_by_sigma_t(x0_hat, x_t, alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s * sigma_t * (x_t - alpha_t * x0_hat)
