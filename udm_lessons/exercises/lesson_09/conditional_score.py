"""09.1: the slope of log p(x | x0) in x."""

from __future__ import annotations

import torch

from ...checks import Exercise
from ._pairs import pairs


def conditional_score(x, x0, alpha, sigma):
    return -(x - alpha * x0) / sigma**2


def cases():
    return tuple((x, x0, alpha, sigma) for x, x0, alpha, sigma, *_ in pairs())


EXERCISE = Exercise(
    id="09.1",
    title="The score, given x0",
    difficulty=1,
    minutes=5,
    points=1,
    reference=conditional_score,
    cases=cases,
    law=r"$\nabla_x \log N(x;\, \alpha x_0,\, \sigma^2 I) = (\alpha x_0 - x) / \sigma^2$",
    praise="One line, and no integral.",
)


@EXERCISE.right
def by_torch(x, x0, alpha, sigma):
    return torch.sub(alpha * x0, x) * sigma**-2


@EXERCISE.right
def by_the_noise(x, x0, alpha, sigma):
    eps = (x - alpha * x0) / sigma
    return -eps / sigma


@EXERCISE.slip(
    "The sign is turned. The score points to where the density is higher, that is towards the mean."
)
def sign(x, x0, alpha, sigma):
    return (x - alpha * x0) / sigma**2


@EXERCISE.slip(r"In the exponent stands the variance $\sigma^2$. You divided by the deviation $\sigma$.")
def deviation_for_variance(x, x0, alpha, sigma):
    return -(x - alpha * x0) / sigma


@EXERCISE.slip(r"That is the noise $\varepsilon$. The score is $-\varepsilon / \sigma$.")
def noise(x, x0, alpha, sigma):
    return (x - alpha * x0) / sigma


@EXERCISE.slip(r"The mean of $x$ given $x_0$ is $\alpha x_0$, not $x_0$.")
def alpha_forgotten(x, x0, sigma):
    return -(x - x0) / sigma**2


@EXERCISE.slip("That is the slope in $x_0$. Asked for is the slope in $x$; its inner derivative is 1.")
def slope_in_x0(x, x0, alpha, sigma):
    return alpha * (x - alpha * x0) / sigma**2


@EXERCISE.slip(r"The square brings down a 2, which cancels the 2 of $2 \sigma^2$.")
def half_left(x, x0, alpha, sigma):
    return -(x - alpha * x0) / (2 * sigma**2)


@EXERCISE.slip(r"That is the score of a normal law around 0. Ours is centred at $\alpha x_0$.")
def mean_forgotten(x, sigma):
    return -x / sigma**2


@EXERCISE.slip(r"The 2 of the square cancels the 2 of $2 \sigma^2$. You left it standing.")
def two_left(x, x0, alpha, sigma):
    return -2 * (x - alpha * x0) / sigma**2


@EXERCISE.slip("That is the log-density itself. Asked for is its slope.")
def log_density(x, x0, alpha, sigma):
    return -((x - alpha * x0) ** 2) / (2 * sigma**2)


@EXERCISE.slip("`/ 2 * sigma**2` divides by 2 and then *multiplies*. And the 2 cancels anyway.")
def precedence(x, x0, alpha, sigma):
    return -(x - alpha * x0) / 2 * sigma**2
