"""07.4: the mean squared error of a batch, with a weight for each example."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close, close_on, normal


def squared_errors(prediction, target):
    """The mean squared error of each example, of shape (batch,)."""
    return (prediction - target).flatten(1).square().mean(1)


def weighted_loss(prediction, target, weight):
    return (weight * squared_errors(prediction, target)).mean()


def drawn(seed: int, n: int, *shape: int):
    """A case with n examples of this shape."""
    weight = torch.linspace(0.2, 3.0, n, dtype=torch.float64)
    return normal(seed, n, *shape).requires_grad_(), normal(seed + 1, n, *shape), weight


def cases():
    return (
        (
            torch.tensor([[1.0, 2.0], [0.0, 0.0]], requires_grad=True),
            torch.tensor([[0.0, 0.0], [3.0, 0.0]]),
            torch.tensor([2.0, 0.5]),
        ),
        drawn(12, 4, 4),
        drawn(14, 3, 1, 2, 4),
        drawn(16, 5, 2),
    )


EXERCISE = Exercise(
    id="07.4",
    title="A weighted loss",
    difficulty=2,
    minutes=6,
    points=2,
    reference=weighted_loss,
    cases=cases,
    law=r"$\frac{1}{n} \sum_i w_i \cdot \frac{1}{d} |\text{prediction}_i - \text{target}_i|^2$",
    compare=both(
        close(),
        close_on(lambda loss: float(loss.requires_grad), "the loss has lost its way back to the prediction"),
    ),
    praise="One weight per example, whatever the shape of the example.",
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


@EXERCISE.slip("The number is right, but nothing can be learnt from it: leave `detach` and `no_grad` away.")
def gradient_lost(prediction, target, weight):
    return weighted_loss(prediction, target, weight).detach()


@EXERCISE.slip("You summed over the batch. Divide by the number of examples.")
def summed_over_the_batch(prediction, target, weight):
    return (weight * squared_errors(prediction, target)).sum()
