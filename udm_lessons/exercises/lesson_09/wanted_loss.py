"""09.1: the loss against a mean that nobody knows, from two targets drawn at the same places."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def wanted_loss(guess, first, second):
    return ((guess - first) * (guess - second)).sum(1).mean()


def _rows(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def cases():
    return (
        (_rows([1.0], [2.0]), _rows([3.0], [1.0]), _rows([0.5], [4.0])),
        (_rows([1.0, 0.0]), _rows([0.0, 2.0]), _rows([3.0, 1.0])),
        (normal(1, 4, 3), normal(2, 4, 3), normal(3, 4, 3)),
        (2 + normal(4, 7, 2), normal(5, 7, 2), normal(6, 7, 2)),
        (normal(7, 60, 1), 3 * normal(8, 60, 1), 3 * normal(9, 60, 1)),  # one coordinate, as on the page
        (normal(10, 3, 3), 20 * normal(11, 3, 3) - 5, 20 * normal(12, 3, 3) + 1),
        (normal(13, 5, 1).float(), normal(14, 5, 1).float(), normal(15, 5, 1).float()),
        (normal(16, 3, 2), normal(17, 3, 2), normal(17, 3, 2)),  # nothing is open: both targets are one
    )


def inputs(rng):
    """A batch of guesses and two targets for each, of one shape (n, d)."""
    n, d = rng.choice([1, 2, 3, 5, 60]), rng.choice([1, 1, 2, 3, 5])
    dtype, size = rng.choice([torch.float32, torch.float64, torch.float64]), rng.choice([0.1, 1.0, 1.0, 20.0])
    guess, first, second = (size * normal(rng.getrandbits(30), n, d) + rng.choice([0.0, 0.0, 1.0]) for _ in range(3))
    if rng.random() < 0.15:
        second = first.clone()
    return guess.to(dtype), first.to(dtype), second.to(dtype)


EXERCISE = Exercise(
    id="09.1",
    title="A loss without its constant",
    difficulty=3,
    minutes=8,
    points=3,
    reference=wanted_loss,
    cases=cases,
    law="given $x_t$, the mean of (guess - first) times (guess - second) is (guess - mean) squared: the two scatter "
    "independently; sum over coordinates, mean over the batch",
    praise="The scatter of one target is paid for twice in a square, and not at all in a product of two.",
    idea="Write each target as the mean plus a scatter. Which products of these have mean 0, and which one would you have "
    "to avoid? Then let the guess be exactly the mean: what must come out on average?",
    why="Each error is guess - mean - scatter. The two scatters are independent with mean 0, so that in the product only "
    "(guess - mean) squared has a mean; in the square of one error the scatter squared stays.",
    inputs=inputs,
)


@EXERCISE.right
def by_sums(guess, first, second):
    return torch.einsum("nd,nd->", guess - first, guess - second) / len(guess)


@EXERCISE.right
def by_three_squares(guess, first, second):
    """Half of the two conditional losses less half of the squared distance of the targets."""
    squares = (guess - first) ** 2 + (guess - second) ** 2 - (first - second) ** 2
    return squares.sum(1).mean() / 2


@EXERCISE.slip("That is the conditional loss of the first target: its scatter is in it. Nothing is gained by the second.")
def first_alone(guess, first):
    return ((guess - first) ** 2).sum(1).mean()


@EXERCISE.slip("That is the conditional loss of the second target, scatter and all.")
def second_alone(guess, second):
    return ((guess - second) ** 2).sum(1).mean()


@EXERCISE.slip("The mean of the two losses still holds the whole scatter: each square has its own.")
def mean_of_the_losses(guess, first, second):
    return (((guess - first) ** 2 + (guess - second) ** 2) / 2).sum(1).mean()


@EXERCISE.slip("The mean of two targets scatters half as much, and half of the constant is still there.")
def against_the_mean_of_two(guess, first, second):
    return ((guess - (first + second) / 2) ** 2).sum(1).mean()


@EXERCISE.slip("You took away the whole squared distance of the targets. It holds the scatter of both, twice what one loss has.")
def whole_distance_taken_off(guess, first, second):
    return ((guess - first) ** 2 - (first - second) ** 2).sum(1).mean()


@EXERCISE.slip("That is the scatter alone, half the squared distance of the targets. The guess does not enter it.")
def scatter_alone(first, second):
    return ((first - second) ** 2).sum(1).mean() / 2


@EXERCISE.slip("The losses sum over the coordinates. You averaged over them too.")
def averaged_over_coordinates(guess, first, second):
    return ((guess - first) * (guess - second)).mean()


@EXERCISE.slip("You summed over the batch. $E$ is a mean over it.")
def summed_over_the_batch(guess, first, second):
    return ((guess - first) * (guess - second)).sum()


@EXERCISE.slip("You averaged the errors before you multiplied. Errors of both signs would cancel: multiply first.")
def averaged_before_multiplying(guess, first, second):
    return ((guess - first).mean(0) * (guess - second).mean(0)).sum()


@EXERCISE.slip("A single product may be negative. Without its sign the scatter does not average out.")
def without_sign(guess, first, second):
    return ((guess - first) * (guess - second)).abs().sum(1).mean()


@EXERCISE.slip("By chance the mean may come out below 0. Cut off there, it would be too large on average.")
def cut_off_at_zero(guess, first, second):
    return wanted_loss(guess, first, second).clamp(min=0)


@EXERCISE.slip("One number for the whole batch is asked for; yours has one for each sample.")
def one_for_each_sample(guess, first, second):
    return ((guess - first) * (guess - second)).sum(1)


@EXERCISE.slip("One of the two errors has its sign turned: guess minus target in both.")
def one_sign_turned(guess, first, second):
    return ((guess - first) * (second - guess)).sum(1).mean()


@EXERCISE.slip("That takes the guess out of one bracket. Both targets are compared with it.")
def guess_once(guess, first, second):
    return ((guess - first) * second).sum(1).mean()
