"""07.4: the mean squared error of a batch, with a weight for each example."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal, uniform
from ._pairs import drawn_shape


def squared_errors(prediction, target):
    """The mean squared error of each example, of shape (batch,)."""
    return (prediction - target).flatten(1).square().mean(1)


def weighted_loss(prediction, target, weight):
    return (weight * squared_errors(prediction, target)).mean()


def drawn(seed: int, n: int, *shape: int):
    """A case with n examples of this shape."""
    weight = 0.2 + 3 * uniform(seed + 2, n)
    return normal(seed, n, *shape).requires_grad_(), normal(seed + 1, n, *shape), weight


def measured(seed: int, n: int, *shape: int):
    """A case in float32 without a gradient, to measure a network and not to train it."""
    prediction, target, weight = drawn(seed, n, *shape)
    return prediction.detach().float(), target.float(), weight.float()


def cases():
    prediction, target, _ = drawn(40, 5, 2)
    far, near, _ = drawn(50, 3, 3)
    far = (20 * far.detach()).requires_grad_()
    return (
        (
            torch.tensor([[1.0, 2.0], [0.0, 0.0]], requires_grad=True),
            torch.tensor([[0.0, 0.0], [3.0, 0.0]]),
            torch.tensor([2.0, 0.5]),
        ),
        drawn(12, 4, 4),
        drawn(14, 3, 1, 2, 4),
        drawn(16, 5, 2),
        drawn(30, 6, 1),
        drawn(33, 1, 3),
        drawn(36, 2, 3, 2, 2),
        (prediction, target, torch.tensor([0.0, 400.0, 0.01, 3.0, 0.5], dtype=torch.float64)),
        (far, near, torch.tensor([0.0, 2e-4, 1e-5], dtype=torch.float64)),
        (*drawn(53, 4, 2)[:2], torch.tensor([1.0, 0.1, 1.0, 0.7], dtype=torch.float64)),
        measured(44, 5, 1),
        drawn(48, 4, 3, 2),
    )


def inputs(rng):
    shape = drawn_shape(rng, *rng.choice([(1, 2), (3, 3), (2,)]))
    seed, n, size = rng.getrandbits(30), shape[0], math.exp(rng.uniform(-3, 3))
    if rng.random() < 0.2:
        return measured(seed, *shape)
    prediction, target, weight = drawn(seed, *shape)
    chance = rng.random()
    if chance < 0.5:
        weight = size * weight * (uniform(seed + 3, n) > 0.3)
    elif chance < 0.75:
        weight = rng.choice([1.0, 3e-4 / size**2]) * (uniform(seed + 3, n) > 0.3 * rng.choice([0, 1])).double()
    return (size * prediction.detach()).requires_grad_(), rng.choice([size, 1.0]) * target, weight


EXERCISE = Exercise(
    id="07.4",
    title="A weighted loss",
    difficulty=2,
    minutes=6,
    points=2,
    reference=weighted_loss,
    cases=cases,
    law=r"$\frac{1}{n} \sum_i w_i \cdot \frac{1}{d} |\text{prediction}_i - \text{target}_i|^2$",
    praise="One weight per example, whatever the shape of the example.",
    idea="Draw the array of squared errors on paper, one row for each example. Which rows belong to which "
    "weight, and what if there are as many rows as columns? What happens if one weight is 0, or if all "
    "of them double?",
    why="`flatten(1)` and a mean over axis 1 leave one number for each example, and these have the shape of "
    r"the weight. So $w_i$ meets the error of example $i$ only, and the last mean divides by $n$.",
    inputs=inputs,
)


@EXERCISE.right
def weight_with_more_axes(prediction, target, weight):
    ones = [1] * (prediction.ndim - 1)
    return (weight.reshape(-1, *ones) * (prediction - target) ** 2).mean()


@EXERCISE.right
def dot_product(prediction, target, weight):
    return torch.dot(weight, squared_errors(prediction, target)) / len(prediction)


@EXERCISE.slip(
    "In a square batch `weight * squares` multiplies the *columns*, and in others it stops with an error: "
    "broadcasting starts at the last axis. Average over the entries of each example first, then weight."
)
def weight_along_the_wrong_axis(prediction, target, weight):
    return (weight * (prediction - target) ** 2).mean()


@EXERCISE.slip("The weight is left out.")
def weight_left_out(prediction, target):
    return ((prediction - target) ** 2).mean()


@EXERCISE.slip("You multiplied two averages. Each example has its own weight: multiply first, average then.")
def mean_times_mean(prediction, target, weight):
    return ((prediction - target) ** 2).mean() * weight.mean()


@EXERCISE.slip("The weight is squared, as if it stood inside the square. It multiplies the squared error.")
def weight_inside_the_square(prediction, target, weight):
    return (weight**2 * squared_errors(prediction, target)).mean()


@EXERCISE.slip("You divided by the weight.")
def weight_inverted(prediction, target, weight):
    return (squared_errors(prediction, target) / weight).mean()


@EXERCISE.slip(
    "You summed over the entries of an example. Asked for is their mean, so that the size of an image "
    "does not set the size of the loss."
)
def summed_over_entries(prediction, target, weight):
    sums = (prediction - target).flatten(1).square().sum(1)
    return (weight * sums).mean()


@EXERCISE.slip(
    "You divided by the sum of the weights. That changes the scale from batch to batch; divide by the "
    "number of examples."
)
def divided_by_the_weights(prediction, target, weight):
    return (weight * squared_errors(prediction, target)).sum() / weight.sum()


@EXERCISE.slip("That is the mean of absolute errors. Its minimum is a median; the mean needs squares.")
def not_squared(prediction, target, weight):
    errors = (prediction - target).abs().flatten(1).mean(1)
    return (weight * errors).mean()


@EXERCISE.slip("You summed over the batch. Divide by the number of examples.")
def summed_over_the_batch(prediction, target, weight):
    return (weight * squared_errors(prediction, target)).sum()


@EXERCISE.slip(
    "Right where an example is a row of numbers. An image has more axes, and then the weights meet the wrong "
    "one. Make rows first."
)
def weight_for_rows_only(prediction, target, weight):
    return (weight[:, None] * (prediction - target) ** 2).mean()


@EXERCISE.slip(
    "Right where an example is a row of numbers. An image has more axes, and you average over one of them "
    "only. Make rows first."
)
def mean_over_the_second_axis(prediction, target, weight):
    return (weight * (prediction - target).square().mean(1)).mean()


@EXERCISE.slip(
    "You averaged the errors before you squared them, so that one too high and one too low cancel. Square "
    "each error first."
)
def squared_after_the_mean(prediction, target, weight):
    return (weight * (prediction - target).flatten(1).mean(1).square()).mean()
