"""02.4: how far, in nats, the end of the chain can be from a standard normal."""

from __future__ import annotations

import math

from ...checks import Exercise


def prior_bound(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - d * math.log(1 - alpha_bar))


def cases():
    return ((0.5, 3.0, 2), (0.1, 64.0, 64), (0.02, 10.0, 3), (4e-5, 1.0, 1))


EXERCISE = Exercise(
    id="02.4",
    title="How Gaussian is the end?",
    difficulty=2,
    minutes=8,
    points=2,
    reference=prior_bound,
    cases=cases,
    law=r"$\frac{1}{2} \left( \bar\alpha\, (E|x_0|^2 - d) - d \log(1 - \bar\alpha) \right)$",
    praise="Starting from pure noise costs at most this many nats.",
)


@EXERCISE.right
def by_the_gaussian_kl(alpha_bar, second_moment, d):
    mean_squared, variance = alpha_bar * second_moment, 1 - alpha_bar
    return (mean_squared + d * variance - d - d * math.log1p(-alpha_bar)) / 2


@EXERCISE.slip("A factor of one half is missing: it stands before the whole bracket.")
def half_missing(alpha_bar, second_moment, d):
    return alpha_bar * (second_moment - d) - d * math.log(1 - alpha_bar)


@EXERCISE.slip(
    r"$\log(1 - \bar\alpha)$ is negative, and the minus sign makes its term positive. A bound on a KL "
    "divergence can't be negative."
)
def sign_of_the_logarithm(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) + d * math.log(1 - alpha_bar))


@EXERCISE.slip(r"The logarithm counts once for each dimension: $d \log(1 - \bar\alpha)$.")
def dimension_forgotten(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - math.log(1 - alpha_bar))


@EXERCISE.slip("From $E|x_0|^2$ the $d$ of a standard normal is taken off.")
def d_not_taken_off(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * second_moment - d * math.log(1 - alpha_bar))


@EXERCISE.slip(r"The bracket is misplaced: $\bar\alpha$ multiplies the whole difference $E|x_0|^2 - d$.")
def bracket_misplaced(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * second_moment - d - d * math.log(1 - alpha_bar))


@EXERCISE.slip(r"The logarithm is of $1 - \bar\alpha$, the variance of the noise.")
def log_of_alpha_bar(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - d * math.log(alpha_bar))
