"""09.1: the slope of log p(x | x0) in x."""

from __future__ import annotations

import torch

from ...checks import Exercise
from ._pairs import pairs, random_pair


def conditional_score(x, x0, alpha, sigma):
    return -(x - alpha * x0) / sigma**2


def cases():
    return tuple((x, x0, alpha, sigma) for x, x0, alpha, sigma, *_ in pairs())


def inputs(rng):
    return random_pair(rng)[:4]


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
    idea="Draw the hill of the density of $x$. Where is its top, and which way does the slope point from a "
    "place to the right of it? And does a wider hill have steeper sides or gentler ones?",
    why=r"The logarithm of a normal density is a parabola around $\alpha x_0$, of width $\sigma$: its "
    "slope is a straight line through 0 there.",
    inputs=inputs,
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


@EXERCISE.slip(
    "That is the noise. It shows the way uphill up to its sign and a scale: where is the hill steeper?"
)
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


@EXERCISE.slip(
    r"The variance multiplies. A wide hill has gentle sides: the score is small where $\sigma$ is large."
)
def multiplied_by_the_variance(x, x0, alpha, sigma):
    return -(x - alpha * x0) * sigma**2


@EXERCISE.slip(r"In the exponent stands $\sigma^2$. With $\sigma = 1$ one does not see that it is missing.")
def unit_variance(x, x0, alpha):
    return alpha * x0 - x


@EXERCISE.slip(
    r"$\alpha$ belongs to the data, inside the bracket. You scaled the whole distance, or $x$, by it."
)
def alpha_before_the_bracket(x, x0, alpha, sigma):
    return -alpha * (x - x0) / sigma**2


@EXERCISE.slip("$x$ and $x_0$ have changed places: the density is one of $x$, around the scaled $x_0$.")
def arguments_swapped(x, x0, alpha, sigma):
    return -(x0 - alpha * x) / sigma**2


@EXERCISE.slip("The bracket is missing: only a part of the distance is divided.")
def bracket_missing(x, x0, alpha, sigma):
    return -x + alpha * x0 / sigma**2


@EXERCISE.slip("You returned a single number. The slope is a vector: one entry for each entry of $x$.")
def summed(x, x0, alpha, sigma):
    return (-(x - alpha * x0) / sigma**2).sum()


@EXERCISE.slip(r"The deviation comes from $\alpha$ here, as on a circle. Use the $\sigma$ that is given.")
def sigma_of_the_circle(x, x0, alpha):
    return -(x - alpha * x0) / max(1 - alpha**2, 1e-12)


@EXERCISE.slip("You kept the square of the distance. A slope in $x$ takes it down to the distance itself.")
def distance_squared(x, x0, alpha, sigma):
    return -((x - alpha * x0) ** 2) / sigma**2


@EXERCISE.slip("That is the slope of the density itself. The score is the slope of its *logarithm*.")
def slope_of_the_density(x, x0, alpha, sigma):
    gap = x - alpha * x0
    return -gap / sigma**2 * torch.exp(-(gap**2) / (2 * sigma**2))
