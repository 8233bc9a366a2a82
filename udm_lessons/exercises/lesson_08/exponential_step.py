"""08.3: a step of any length from t to s, with the guess of x0 held constant on the way."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def exponential_step(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x + (alpha_s - shrink * alpha_t) * x0_hat


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 1.0]]), 0.6, 0.9, 0.8, 0.5),
        (normal(6, 4, 3), normal(7, 4, 3), 0.3, 0.7, 0.5, 0.5),
        (normal(8, 2, 5), normal(9, 2, 5), 0.8, 3.0, 0.8, 0.5),
        (normal(8, 2, 3), normal(9, 2, 3), 0.2, 0.9, 1.0, 0.0),  # the last step
        (normal(10, 3, 3), normal(11, 3, 3), 0.0, 1.0, 0.28, 0.96),  # from nothing but noise
        (normal(18, 3, 4), normal(19, 3, 4), 0.0, 1.5, 3e-4, 1.4),
        (30 * normal(12, 1, 2), normal(13, 1, 2), 1.5, 25.0, 2.0, 1.0),
        (normal(20, 2, 2), normal(21, 2, 2), 1.0, 2e-4, 1.0, 5e-5),
        (normal(14, 5, 2), normal(15, 5, 2), 0.7, 0.4, 0.7002, 0.3995),  # a very short step
        (normal(16, 4, 1), normal(17, 4, 1), 0.5, 2.0, 1.6, 0.0),  # the last step of a process of its own
    )


def inputs(rng):
    shape = rng.choice(((1, 1), (1, 3), (2, 2), (5, 2), (3, 4)))
    x, x0_hat = normal(rng.getrandbits(31), *shape), normal(rng.getrandbits(31), *shape)
    t = rng.choice((1.0, 10 ** rng.uniform(-4.5, -2), *[rng.uniform(0.1, 1)] * 3))
    s = rng.choice((0.0, 0.99 * t, (1 - 10 ** rng.uniform(-4, -2)) * t, *[rng.uniform(0, 0.95) * t] * 3))
    noise, signal, size = rng.choice((1.0, 0.5, 30.0)), rng.choice((0.0, 1.0, 0.6)), rng.choice((1.0, 1.7))
    if s and rng.random() < 0.2:
        noise = 1 / s
    scales = size * (1 - signal * t), noise * t, size * (1 - signal * s), noise * s
    return rng.choice((1, 30)) * x, x0_hat, *scales


EXERCISE = Exercise(
    id="08.3",
    title="Hold the guess, not the velocity",
    difficulty=2,
    minutes=10,
    points=2,
    reference=exponential_step,
    cases=cases,
    law=r"$\frac{x_s}{\sigma_s} - \frac{x_t}{\sigma_t} = "
    r"\hat x_0 \left( \frac{\alpha_s}{\sigma_s} - \frac{\alpha_t}{\sigma_t} \right)$",
    praise="It is DDIM: old noise, new scale.",
    idea="Test it on a guess that is right: mix data and noise at $t$, and the step must give the same "
    "data and noise, mixed at $s$. What must come out in the last step, whatever $x_t$ was?",
    why=r"Multiply by $\sigma_s$: "
    r"$x_s = \frac{\sigma_s}{\sigma_t} x_t + ( \alpha_s - \alpha_t \frac{\sigma_s}{\sigma_t} )\, \hat x_0$. "
    r"Now nothing is divided by $\sigma_s$, and at $\sigma_s = 0$ it is $\alpha_s \hat x_0$.",
    inputs=inputs,
)


@EXERCISE.right
def old_noise_at_new_scale(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    eps_hat = (x - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * eps_hat


@EXERCISE.right
def by_torch(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    data = alpha_s * x0_hat
    return torch.lerp(data, data + x - alpha_t * x0_hat, sigma_s / sigma_t)


@EXERCISE.slip("$x_t$ keeps its size in your step. It has to shrink as the noise in it does.")
def scale_forgotten(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return x + (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip("The factor of $x_t$ is upside down: noise falls towards the data, and you let it grow.")
def scale_inverted(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_t / sigma_s
    return shrink * x + (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip(
    r"The difference of the clocks has two terms: the part $\alpha_t/\sigma_t$ at the start is missing."
)
def old_signal_stays(x, x0_hat, sigma_t, alpha_s, sigma_s):
    return sigma_s / sigma_t * x + alpha_s * x0_hat


@EXERCISE.slip(r"The sign of the second part is turned: towards the data $\alpha/\sigma$ grows.")
def sign(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x - (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip(r"Multiply *everything* by $\sigma_s$, the difference of the clocks too.")
def clock_not_scaled(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    clocks = alpha_s / sigma_s - alpha_t / sigma_t
    return sigma_s / sigma_t * x + clocks * x0_hat


@EXERCISE.slip(
    r"Right, until the last step: there $\sigma_s = 0$. "
    r"Multiply out, so that nothing is divided by $\sigma_s$."
)
def divided_by_zero(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    clocks = alpha_s / sigma_s - alpha_t / sigma_t
    return sigma_s * (x / sigma_t + x0_hat * clocks)


@EXERCISE.slip(r"You squared the scales. $x/\sigma$ has the deviation $\sigma$ below, not the variance.")
def variances(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = (sigma_s / sigma_t) ** 2
    return shrink * x + (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip(r"That is the step which holds the *noise* constant. It has $\alpha$ and $\sigma$ exchanged.")
def clock_of_the_noise(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = alpha_s / alpha_t
    return shrink * x + (sigma_s - shrink * sigma_t) * x0_hat


@EXERCISE.slip(r"Both terms of the difference carry $\alpha_s$. The one at the start has $\alpha_t$.")
def one_alpha_for_both(x, x0_hat, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x + (alpha_s - shrink * alpha_s) * x0_hat


@EXERCISE.slip(
    r"In the factor of $\hat x_0$ you take the old signal away at full size. "
    "It shrinks together with $x_t$, in which it is."
)
def difference_of_the_alphas(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    return sigma_s / sigma_t * x + (alpha_s - alpha_t) * x0_hat


@EXERCISE.slip(r"In the last step you return $x_t$ as it is. Without noise, what is left of the mix?")
def last_step_skipped(x, sigma_s, **given):
    return exponential_step(x=x, sigma_s=sigma_s, **given) if sigma_s else x


@EXERCISE.slip(
    r"Right where $\alpha_s = 1$ at the end: in the last step you return $\hat x_0$ whatever its scale "
    r"there."
)
def alpha_1_at_the_end(x0_hat, sigma_s, **given):
    return exponential_step(x0_hat=x0_hat, sigma_s=sigma_s, **given) if sigma_s else x0_hat


@EXERCISE.slip(r"That is $x_s / \sigma_s$. Asked for is $x_s$.")
def left_divided_by_sigma_s(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    return x / sigma_t + (alpha_s / sigma_s - alpha_t / sigma_t) * x0_hat


@EXERCISE.slip(r"You multiply $x_t$ by the new scale of the noise, but do not divide it by the old one.")
def not_divided_by_sigma_t(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    return sigma_s * x + (alpha_s - sigma_s / sigma_t * alpha_t) * x0_hat


@EXERCISE.slip("The old signal is already in the first part. It is taken away, not added.")
def sum_of_the_clocks(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x + (alpha_s + shrink * alpha_t) * x0_hat
