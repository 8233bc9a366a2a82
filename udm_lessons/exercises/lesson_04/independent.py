"""04.2: x_s from the guess and fresh noise, whatever x_t is."""

from __future__ import annotations

import torch

from ...checks import Exercise
from ._designs import design_cases, design_inputs


def independent(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s * xi


EXERCISE = Exercise(
    id="04.2",
    title="The independent design",
    difficulty=1,
    minutes=4,
    points=1,
    reference=independent,
    cases=design_cases,
    law=r"given $\hat x_0$, $x_s$ has the mean $\alpha_s \hat x_0$ and the deviation $\sigma_s$, "
    "whatever $x_t$ is",
    praise="It satisfies the identity for free: $x_s$ has the right law whatever $x_t$ was.",
    idea="What must come out if the fresh noise is 0? And what at the clean end, $s = 0$, whatever noise you "
    "are given? Then change $x_t$ and see whether anything moves.",
    why=r"Destroyed data at time $s$ is $\alpha_s x_0 + \sigma_s \varepsilon$ with normal $\varepsilon$. "
    r"With $\hat x_0$ and $\xi$ in their places it has that law, and $x_t$ does not occur in it.",
    inputs=design_inputs,
)


@EXERCISE.right
def by_torch(x0_hat, xi, alpha_s, sigma_s):
    return torch.add(x0_hat * alpha_s, xi, alpha=sigma_s)


@EXERCISE.slip("Those are the scales of $t$. The result must live at the earlier time $s$.")
def scales_of_t(x0_hat, xi, alpha_t, sigma_t):
    return alpha_t * x0_hat + sigma_t * xi


@EXERCISE.slip(
    r"You destroyed $x_t$ once more. This design starts from the guess $\hat x_0$ and forgets $x_t$."
)
def signal_from_x_t(x_t, xi, alpha_s, sigma_s):
    return alpha_s * x_t + sigma_s * xi


@EXERCISE.slip("You mixed variance and standard deviation. How wide does the noise spread $x_s$?")
def variance_for_deviation(x0_hat, xi, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s**2 * xi


@EXERCISE.slip(
    "This is the delta design, the next exercise: you inferred the old noise. Here nothing of $x_t$ is used, "
    "and the noise is new."
)
def old_noise(x0_hat, x_t, alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s * (x_t - alpha_t * x0_hat) / sigma_t


@EXERCISE.slip("The guess goes in at full strength. At time $s$ only a share of the data is left.")
def data_not_scaled(x0_hat, xi, sigma_s):
    return x0_hat + sigma_s * xi


@EXERCISE.slip("The noise goes in at full strength. At time $s$ it has a scale of its own.")
def noise_not_scaled(x0_hat, xi, alpha_s):
    return alpha_s * x0_hat + xi


@EXERCISE.slip(
    "The two scales have changed places: one is the share of the data, the other that of the noise."
)
def scales_swapped(x0_hat, xi, alpha_s, sigma_s):
    return sigma_s * x0_hat + alpha_s * xi


@EXERCISE.slip("You drop the noise. The mean alone has no spread, and destroyed data has.")
def mean_alone(x0_hat, alpha_s):
    return alpha_s * x0_hat


@EXERCISE.slip("You mixed the two times: data and noise must both have the scales of $s$.")
def scales_of_both_times(x0_hat, xi, alpha_s, sigma_t):
    return alpha_s * x0_hat + sigma_t * xi


@EXERCISE.slip(
    "The noise of the right strength, but the guess has the share that it had at $t$. We are at $s$."
)
def alpha_of_t(x0_hat, xi, alpha_t, sigma_s):
    return alpha_t * x0_hat + sigma_s * xi


@EXERCISE.slip(
    r"You took it for granted that $\alpha^2 + \sigma^2 = 1$. Other schedules do otherwise: both scales "
    "are given."
)
def circle_only(x0_hat, xi, alpha_s):
    return alpha_s * x0_hat + max(0.0, 1 - alpha_s**2) ** 0.5 * xi


@EXERCISE.slip(
    "The fresh noise is taken away, not added. Its law is the same, but with the noise given it differs."
)
def sign_of_the_noise(x0_hat, xi, alpha_s, sigma_s):
    return alpha_s * x0_hat - sigma_s * xi
