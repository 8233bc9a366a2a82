"""08.3: the order of a method and the error of its best run, from three runs and without the truth."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def three_runs(coarse, middle, fine):
    def distance(a, b):
        return (a - b).flatten(1).square().sum(1).mean().sqrt()

    first, second = distance(coarse, middle), distance(middle, fine)
    order = torch.log2(first / second)
    return order, second / (2**order - 1)


def runs(truth, direction, order, size=1.0, rest=0.0):
    """Three ends whose errors shrink by 2^order; `rest` is the share of an error that does not fit."""
    odd = rest * direction.roll(1, 0).flip(-1)
    return tuple(truth + size * 2.0 ** (-order * k) * (direction + odd * 2.0**-k) for k in range(3))


def cases():
    return (
        (torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 0.0]]), torch.tensor([[-0.25, 0.0]])),
        runs(normal(0, 4, 3), normal(1, 4, 3), 1.0),
        runs(normal(2, 3, 2), normal(3, 3, 2), 2.0, 0.3, 0.1),
        runs(normal(4, 1, 5), normal(5, 1, 5), 3.0, 2.0),  # a single point
        runs(normal(6, 6, 1), normal(7, 6, 1), 0.5, 1.0, 0.2),
        runs(normal(8, 3, 1, 4, 4), normal(9, 3, 1, 4, 4), 1.4, 0.5, 0.1),  # images
        runs(10 * normal(10, 2, 2), normal(11, 2, 2), 2.7, 5.0),
        tuple(x.float() for x in runs(normal(12, 5, 2), normal(13, 5, 2), 1.6)),
    )


def inputs(rng):
    shape = rng.choice(((1, 1), (1, 4), (2, 2), (5, 2), (4, 3), (3, 1, 2, 2)))
    truth, direction = (normal(rng.getrandbits(31), *shape) for _ in range(2))
    order, size = rng.choice((1.0, 2.0, 3.0, rng.uniform(0.4, 4))), 10 ** rng.uniform(-0.5, 1)
    return runs(truth, direction, order, size, rng.choice((0.0, 0.1, 0.3)))


EXERCISE = Exercise(
    id="08.3",
    title="The order, without the truth",
    difficulty=3,
    minutes=10,
    points=3,
    reference=three_runs,
    cases=cases,
    law=r"if $x_n = x_* + C n^{-p}$, then $x_n - x_{2n} = 2^p (x_{2n} - x_{4n})$ and "
    r"$x_{2n} - x_{4n} = (2^p - 1)(x_{4n} - x_*)$",
    praise="Three runs tell how wrong the best of them is. Nobody had to know the answer.",
    idea="Take a single number, and let its errors with n, 2n and 4n steps be 1, 1/4 and 1/16. Which "
    "differences do you see? What do you get from them without the truth, and which error belongs to the "
    "last run?",
    why=r"With $D_1 = |x_n - x_{2n}|$ and $D_2 = |x_{2n} - x_{4n}|$ the constant cancels in the ratio: "
    r"$D_1 / D_2 = 2^p$. The error of the last run is smaller than $D_2$ by the factor $2^p - 1$.",
    inputs=inputs,
)


def rms(a, b):
    return float((a - b).flatten(1).square().sum(1).mean().sqrt())


@EXERCISE.right
def from_the_ratio(coarse, middle, fine):
    ratio = rms(coarse, middle) / rms(middle, fine)
    return math.log(ratio) / math.log(2), rms(middle, fine) / (ratio - 1)


@EXERCISE.right
def by_norms(coarse, middle, fine):
    a, b = (coarse - middle).norm() / len(fine) ** 0.5, (middle - fine).norm() / len(fine) ** 0.5
    return math.log2(a) - math.log2(b), b * b / (a - b)


@EXERCISE.slip("Twice the steps: the ratio of the differences is a power of 2, so the logarithm has base 2.")
def natural_logarithm(coarse, middle, fine):
    first, second = rms(coarse, middle), rms(middle, fine)
    return math.log(first / second), second / (first / second - 1)


@EXERCISE.slip("The order came out with its sign turned: the earlier difference is the larger one.")
def ratio_inverted(coarse, middle, fine):
    order, error = three_runs(coarse, middle, fine)
    return -order, error


@EXERCISE.slip("From one run to the next the steps double. Base 4 would be that of the first and the last.")
def base_four(coarse, middle, fine):
    first, second = rms(coarse, middle), rms(middle, fine)
    return math.log(first / second, 4), second / (first / second - 1)


@EXERCISE.slip(
    "The order is right. The difference of the last two runs is not yet the error of the last: the truth "
    "lies further on, by a share that depends on the order."
)
def difference_for_the_error(coarse, middle, fine):
    return three_runs(coarse, middle, fine)[0], rms(middle, fine)


@EXERCISE.slip("The order is right. The error that you return is that of the run in the middle.")
def error_of_the_middle(coarse, middle, fine):
    first, second = rms(coarse, middle), rms(middle, fine)
    return math.log2(first / second), first / (first / second - 1)


@EXERCISE.slip(
    r"The order is right. $D_2$ is the difference of *two* errors, that of the middle and that of the last: "
    r"write both with $C$, and see what stands before $C$."
)
def divided_by_the_ratio(coarse, middle, fine):
    first, second = rms(coarse, middle), rms(middle, fine)
    return math.log2(first / second), second**2 / first


@EXERCISE.slip("You took the errors of the two last runs to have opposite signs. They lie on the same side.")
def errors_of_opposite_sign(coarse, middle, fine):
    first, second = rms(coarse, middle), rms(middle, fine)
    return math.log2(first / second), second / (first / second + 1)


@EXERCISE.slip("The root is missing: you compared *squared* distances, whose order is twice as high.")
def squares_compared(coarse, middle, fine):
    first, second = rms(coarse, middle) ** 2, rms(middle, fine) ** 2
    return math.log2(first / second), second / (first / second - 1)


@EXERCISE.slip(
    "The order is right. In the distance of two points the squares of the coordinates are added: the mean "
    "is over the points only."
)
def mean_over_coordinates(coarse, middle, fine):
    order, error = three_runs(coarse, middle, fine)
    return order, error / math.sqrt(fine[0].numel())


@EXERCISE.slip("The order is right. You summed over the points. Take the mean, and then the root.")
def summed_over_points(coarse, middle, fine):
    order, error = three_runs(coarse, middle, fine)
    return order, error * math.sqrt(len(fine))


@EXERCISE.slip("You compared both runs with the last one. It is not the truth: compare neighbours.")
def last_run_for_the_truth(coarse, middle, fine):
    first, second = rms(coarse, fine), rms(middle, fine)
    return math.log2(first / second), second / (first / second - 1)


@EXERCISE.slip("The order comes first, then the error.")
def swapped(coarse, middle, fine):
    order, error = three_runs(coarse, middle, fine)
    return error, order


@EXERCISE.slip(r"You returned the ratio $2^p$. Asked for is $p$.")
def ratio_returned(coarse, middle, fine):
    first, second = rms(coarse, middle), rms(middle, fine)
    return first / second, second / (first / second - 1)


@EXERCISE.slip("You averaged the lengths of the differences. Asked for is the root of the mean *square*.")
def mean_of_lengths(coarse, middle, fine):
    first = float((coarse - middle).flatten(1).norm(dim=1).mean())
    second = float((middle - fine).flatten(1).norm(dim=1).mean())
    return math.log2(first / second), second / (first / second - 1)
