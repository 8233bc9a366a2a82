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
        (normal(16, 6, 1), normal(17, 6, 1)),  # one coordinate, as on the page
        (normal(18, 1, 3), normal(19, 1, 3)),  # one pair
        (30 * normal(20, 3, 3), 40 * normal(21, 3, 3) - 90.0),
        (normal(22, 2, 5).float(), normal(22, 2, 5).float()),  # every guess is right
    )


def inputs(rng):
    batch, d = rng.choice((1, 2, 3, 5, 60)), rng.choice((1, 2, 3, 5))
    size = rng.choice((1e-3, 0.05, 1.0, 1.0, 40.0))
    x0, guess = size * normal(rng.getrandbits(31), batch, d), size * normal(rng.getrandbits(31), batch, d)
    guess = rng.choice((guess, guess, guess + 2 * size, x0 + 0.1 * guess, x0.clone()))
    return (x0.float(), guess.float()) if rng.random() < 0.2 else (x0, guess)


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
    idea="Take a guess that misses every number by exactly 3. How wide would you draw the law around it? "
    "And must the answer change if the same pairs are given twice?",
    why=r"The mean cross-entropy is $\frac{E|x_0 - G|^2}{2v} + \frac{d}{2} \log(2 \pi v)$. Its derivative "
    "with respect to $v$ is 0 where $v = E|x_0 - G|^2 / d$, the mean of all squared errors.",
    inputs=inputs,
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
    "That is half of it. In the derivative with respect to $v$ both terms have a half: it cancels."
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


@EXERCISE.slip(
    "You divided by one less than the number of entries. No mean was taken off here: average as it is."
)
def one_entry_less(x0, guess):
    return ((x0 - guess) ** 2).sum() / max(x0.numel() - 1, 1)


@EXERCISE.slip("You averaged lengths and squared the mean. Square first, then average.")
def lengths_averaged_before_squaring(x0, guess):
    return (x0 - guess).norm(dim=1).mean() ** 2 / x0.shape[1]


@EXERCISE.slip("You squared first and subtracted then. The error comes first, then its square.")
def difference_of_squares(x0, guess):
    return (x0**2 - guess**2).mean()


@EXERCISE.slip("You divided by 2. That is the number of coordinates of one case only.")
def always_two_coordinates(x0, guess):
    return ((x0 - guess) ** 2).sum(1).mean() / 2
