"""03.3: minus the log of a normal density around the guess, with all its terms."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def squared_error(x0, guess):
    return ((x0 - guess) ** 2).sum(1)


def cross_entropy(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)


def cases():
    return (
        (torch.tensor([[1.0, 2.0, -1.0]]), torch.tensor([[0.5, 0.0, 1.0]]), 0.5),
        (normal(8, 4, 3), normal(9, 4, 3), 2.5),
        (normal(10, 5, 2), normal(11, 5, 2), 0.04),
    )


EXERCISE = Exercise(
    id="03.3",
    title="From cross-entropy to squared error",
    difficulty=2,
    minutes=8,
    points=2,
    reference=cross_entropy,
    cases=cases,
    law=r"$-\log N(x_0; G, v I) = \frac{|x_0 - G|^2}{2v} + \frac{d}{2} \log(2 \pi v)$, "
    "one number for each row",
    praise="While v is fixed, all that depends on the guess is the squared error.",
)


@EXERCISE.right
def by_torch_distributions(x0, guess, variance):
    return -torch.distributions.Normal(guess, math.sqrt(variance)).log_prob(x0).sum(1)


@EXERCISE.slip(
    r"The term $\frac{d}{2} \log(2 \pi v)$ is missing. It may be dropped only while $v$ is fixed, "
    "and here $v$ is an argument."
)
def constant_dropped(x0, guess, variance):
    return squared_error(x0, guess) / (2 * variance)


@EXERCISE.slip("The logarithm counts once for each of the $d$ coordinates.")
def dimension_forgotten(x0, guess, variance):
    return squared_error(x0, guess) / (2 * variance) + math.log(2 * math.pi * variance) / 2


@EXERCISE.slip(
    r"That is $+\log N$. The cross-entropy has a minus sign: a loss falls as the guess gets better."
)
def log_likelihood(**given):
    return -cross_entropy(**given)


@EXERCISE.slip("You averaged over the $d$ coordinates. The logarithm of a product is a *sum* over them.")
def averaged_over_coordinates(x0, **given):
    return cross_entropy(x0, **given) / x0.shape[1]


@EXERCISE.slip("You averaged over the batch. Return one number for each row.")
def averaged_over_the_batch(**given):
    return cross_entropy(**given).mean()


@EXERCISE.slip("The square is divided by $2v$, twice the variance.")
def half_forgotten(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / variance + d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("You took `variance` for a deviation and squared it. It is $v$ already.")
def deviation_taken(variance, **given):
    return cross_entropy(variance=variance**2, **given)


@EXERCISE.slip(r"The normal density also has $2\pi$ under its root.")
def two_pi_missing(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * math.log(variance)


@EXERCISE.slip(r"The density has $\sqrt{2 \pi v}$ for each coordinate: the root gives the logarithm a half.")
def logarithm_of_the_variance_whole(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d * math.log(2 * math.pi * variance)


@EXERCISE.slip(r"The density is *divided* by $\sqrt{2 \pi v}$, so in $-\log$ the term is positive.")
def sign_of_the_logarithm(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) - d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("The squares are to be summed over the coordinates, as the logarithm is.")
def squares_averaged(x0, guess, variance):
    d = x0.shape[1]
    mean_square = ((x0 - guess) ** 2).mean(1)
    return mean_square / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("You used the distance. In the exponent stands its square.")
def distance_for_its_square(x0, guess, variance):
    d = x0.shape[1]
    distance = (x0 - guess).norm(dim=1)
    return distance / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)
