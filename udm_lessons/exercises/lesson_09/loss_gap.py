"""09.2: the constant between the wanted loss and the conditional one."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise
from ._pairs import drawn_little


def loss_gap(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha**2 / sigma**4 * sigma_bar_squared


def cases():
    return (
        (0.75, 0.5, 0.25, 1),
        (0.6, 0.8, 0.3, 3),
        (1.0, 3.0, 1.0, 64),
        (0.95, 0.1, 0.004, 2),
        (0.08, 1.0, 1.55, 1),
        (0.0, 0.5, 2.0, 64),
        (0.999, 2e-4, 4e-8, 3),
        (0.5, 1.5, 0.0, 5),
    )


def inputs(rng):
    alpha = rng.choice([0.0, rng.random(), 1.0])
    sigma = rng.choice([1.0, drawn_little(rng), *[rng.uniform(0.05, 4.0)] * 3])
    left = rng.choice([0.0, 1.0, 3 * rng.random(), 3 * rng.random(), sigma**2])
    return alpha, sigma, left, rng.randint(1, 70)


EXERCISE = Exercise(
    id="09.2",
    title="What the trick costs",
    difficulty=2,
    minutes=8,
    points=2,
    reference=loss_gap,
    cases=cases,
    law=r"$J_{SM} - J_{DSM} = -E \left|\frac{\alpha}{\sigma^2} (x_0 - E[x_0 | x_t])\right|^2$, "
    r"and $E|x_0 - E[x_0|x_t]|^2 = d\, \bar\sigma^2$",
    praise="Negative for every guess, and the same for every guess.",
    idea="If $x_0$ were known from $x_t$ exactly, how large would the gap be? And does it grow or shrink "
    "with the number of coordinates?",
    why=r"The two scores differ by $\alpha / \sigma^2$ times what is left open of $x_0$; the cross term "
    "vanishes, since the guess is the mean.",
    inputs=inputs,
)


@EXERCISE.right
def factor_squared(alpha, sigma, sigma_bar_squared, d):
    factor = alpha / sigma**2
    return -(factor**2) * (sigma_bar_squared * d)


@EXERCISE.right
def as_a_tensor(alpha, sigma, sigma_bar_squared, d):
    return torch.tensor(-sigma_bar_squared * d * alpha * alpha / (sigma * sigma) ** 2)


@EXERCISE.slip(
    "The sign is turned. The conditional target scatters about its mean, so $J_{DSM}$ is the larger one."
)
def sign(alpha, sigma, sigma_bar_squared, d):
    return d * alpha**2 / sigma**4 * sigma_bar_squared


@EXERCISE.slip(r"The factor $\alpha/\sigma^2$ stands inside a square: $\alpha$ must be squared too.")
def alpha_not_squared(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha / sigma**4 * sigma_bar_squared


@EXERCISE.slip(r"The factor $\alpha/\sigma^2$ stands inside a square: $\sigma^2$ must be squared too.")
def sigma_not_squared(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha**2 / sigma**2 * sigma_bar_squared


@EXERCISE.slip(r"$\bar\sigma^2$ is per coordinate, and the losses sum over all $d$ of them.")
def one_coordinate(alpha, sigma, sigma_bar_squared):
    return -(alpha**2) / sigma**4 * sigma_bar_squared


@EXERCISE.slip("`sigma_bar_squared` is a variance already.")
def variance_squared(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha**2 / sigma**4 * sigma_bar_squared**2


@EXERCISE.slip(
    "That is the size of the conditional score itself. What counts is its distance from its mean given $x_t$."
)
def no_mean_subtracted(sigma, d):
    return -d / sigma**2


@EXERCISE.slip("A factor before a random variable enters its variance squared.")
def factor_not_squared_at_all(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha / sigma**2 * sigma_bar_squared


@EXERCISE.slip("You took the root of `sigma_bar_squared`. A variance is what enters.")
def deviation_of_x0(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha**2 / sigma**4 * math.sqrt(sigma_bar_squared)


@EXERCISE.slip(
    "Two things: the sign, for $J_{DSM}$ is the larger one, and the $d$ coordinates, "
    "over which the losses sum."
)
def sign_and_dimension(alpha, sigma, sigma_bar_squared):
    return alpha**2 / sigma**4 * sigma_bar_squared


@EXERCISE.slip(
    "$d$ enters once: the squares of all coordinates are *added*. You squared it, or took its root."
)
def dimension_squared(alpha, sigma, sigma_bar_squared, d):
    return -(d**2) * alpha**2 / sigma**4 * sigma_bar_squared


@EXERCISE.slip("You averaged over the coordinates. The losses are sums of squares.")
def averaged(alpha, sigma, sigma_bar_squared, d):
    return -(alpha**2) / sigma**4 * sigma_bar_squared / d


@EXERCISE.slip(r"Only $x_0$ is open, and it stands in the score with a factor. You left its $\alpha$ out.")
def alpha_forgotten(sigma, sigma_bar_squared, d):
    return -d / sigma**4 * sigma_bar_squared


@EXERCISE.slip(
    r"You left the division by $\sigma^2$ out, that is in front of $x_0$ in the conditional score."
)
def sigma_forgotten(alpha, sigma_bar_squared, d):
    return -d * alpha**2 * sigma_bar_squared


@EXERCISE.slip("There is no half here: the losses are plain squares.")
def half(alpha, sigma, sigma_bar_squared, d):
    return -d * alpha**2 / sigma**4 * sigma_bar_squared / 2


@EXERCISE.slip("The factor before $x_0$ stands upside down.")
def factor_inverted(alpha, sigma, sigma_bar_squared, d):
    return -d * sigma**4 / (alpha**2) * sigma_bar_squared
