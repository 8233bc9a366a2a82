"""04.2: x_s from the guess and fresh noise, whatever x_t is."""

from __future__ import annotations

import torch

from ...checks import Exercise
from ._designs import design_cases


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


@EXERCISE.slip(r"You mixed variance and standard deviation: the noise enters with the factor $\sigma_s$.")
def variance_for_deviation(x0_hat, xi, alpha_s, sigma_s):
    return alpha_s * x0_hat + sigma_s**2 * xi
