"""03.4: the variance at which the mean cross-entropy of given guesses is lowest."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def best_variance(x0, guess):
    return ((x0 - guess) ** 2).mean()


def cases():
    return (
        (torch.tensor([[1.0, 2.0], [-1.0, 0.0]]), torch.tensor([[0.5, 0.0], [1.0, 1.0]])),
        (normal(12, 4, 3), normal(13, 4, 3)),
        (normal(14, 7, 2), normal(15, 7, 2) + 1.0),
    )


EXERCISE = Exercise(
    id="03.4",
    title="The variance, afterwards",
    difficulty=1,
    minutes=6,
    points=1,
    reference=best_variance,
    cases=cases,
    law=r"$\bar\sigma_t^2 = E|x_0 - G(x_t)|^2 / d$, at which the mean cross-entropy is lowest",
    praise="No training was needed for it: the mean first, the variance afterwards.",
)


@EXERCISE.right
def summed_and_divided(x0, guess):
    return (x0 - guess).square().sum() / x0.numel()


@EXERCISE.right
def by_mse_loss(x0, guess):
    return float(torch.nn.functional.mse_loss(guess, x0))


@EXERCISE.slip("You summed over the coordinates. $v$ is the variance of *one* coordinate: divide by $d$.")
def summed_over_coordinates(x0, guess):
    return ((x0 - guess) ** 2).sum(1).mean()


@EXERCISE.slip("That is the deviation. Asked for is the variance, its square.")
def deviation_returned(x0, guess):
    return ((x0 - guess) ** 2).mean().sqrt()


@EXERCISE.slip(
    "You took the mean error off. If the guess is off on average, the variance has to make up for that too."
)
def mean_error_taken_off(x0, guess):
    return (x0 - guess).var(correction=0)


@EXERCISE.slip(
    "Set the derivative with respect to $v$ to zero: "
    r"$-\frac{E|x_0 - G|^2}{2v^2} + \frac{d}{2v} = 0$."
)
def half_of_it(x0, guess):
    return ((x0 - guess) ** 2).mean() / 2


@EXERCISE.slip("You averaged absolute errors. The normal density asks for squares.")
def absolute_errors(x0, guess):
    return (x0 - guess).abs().mean()


@EXERCISE.slip("Average over the batch and over the coordinates.")
def summed_over_everything(x0, guess):
    return ((x0 - guess) ** 2).sum()


@EXERCISE.slip("`var` takes the mean error off, and divides by n - 1. Average the squares.")
def divided_by_n_minus_1(x0, guess):
    return (x0 - guess).var()


@EXERCISE.slip(
    "`var(0)` takes the mean error of each coordinate off, and divides by n - 1. Average the squares."
)
def variance_of_each_coordinate(x0, guess):
    return (x0 - guess).var(0).mean()


@EXERCISE.slip("You averaged the errors and squared the mean. Square each error first.")
def averaged_before_squaring(x0, guess):
    return (x0 - guess).mean() ** 2
