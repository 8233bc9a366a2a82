"""07.3: the factor from the squared error of one kind of prediction to that of another."""

from __future__ import annotations

import torch

from ...checks import Exercise
from ._pairs import SOURCE_TARGET_ALPHA_SIGMA, determinants


def loss_weight(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (after / before) ** 2


def cases():
    alpha, sigma = torch.tensor([[0.9, 0.5, 0.1], [0.3, 0.5, 1.2]], dtype=torch.float64)
    noise, score = (0.0, 1.0), (0.0, -1 / sigma)
    return (*SOURCE_TARGET_ALPHA_SIGMA, (noise, score, alpha, sigma))


EXERCISE = Exercise(
    id="07.3",
    title="Every loss weight",
    difficulty=2,
    minutes=8,
    points=2,
    reference=loss_weight,
    cases=cases,
    law=r"$|\text{error of target}|^2 = (D'/D)^2\, |\text{error of source}|^2$ "
    r"with $D = A \sigma - B \alpha$",
    praise="Twelve weights in one line, and those of kinds that nobody has named yet.",
)


@EXERCISE.right
def by_the_signal_to_noise_ratio(source, target, alpha, sigma):
    ratio = alpha / sigma
    return ((target[0] - target[1] * ratio) / (source[0] - source[1] * ratio)) ** 2


@EXERCISE.right
def as_a_tensor(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return torch.as_tensor(after**2 / before**2)


@EXERCISE.slip(
    "That is the ratio of the errors. A loss measures *squared* errors, and a ratio can be negative."
)
def square_missing(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return after / before


@EXERCISE.slip("That is the ratio of the lengths of the errors. The loss is squared, so the weight is too.")
def absolute_value_for_square(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return abs(after / before)


@EXERCISE.slip(
    "The weight is upside down. It multiplies the loss of the *source*, so it must be large where "
    "a small error of the source makes a large error of the target."
)
def inverted(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (before / after) ** 2


@EXERCISE.slip(
    r"A sign: from $\alpha\, dx_0 + \sigma\, d\varepsilon = 0$ the two errors have opposite signs, "
    r"so $D$ is a difference."
)
def plus_in_d(source, target, alpha, sigma):
    before = source[0] * sigma + source[1] * alpha
    after = target[0] * sigma + target[1] * alpha
    return (after / before) ** 2


@EXERCISE.slip(
    r"$\alpha$ and $\sigma$ have changed places. $A$, which stands before $x_0$, is multiplied by $\sigma$."
)
def alpha_for_sigma(source, target, alpha, sigma):
    before = source[0] * alpha - source[1] * sigma
    after = target[0] * alpha - target[1] * sigma
    return (after / before) ** 2


@EXERCISE.slip("Only the target's $D'$ is in. Divide by the $D$ of the source.")
def target_alone(source, target, alpha, sigma):
    _, after = determinants(source, target, alpha, sigma)
    return after**2


@EXERCISE.slip("Only the source's $D$ is in. The error of the target has its own factor, $D'$.")
def source_alone(source, target, alpha, sigma):
    before, _ = determinants(source, target, alpha, sigma)
    return 1 / before**2


@EXERCISE.slip(
    "You added squares, as if the two errors were independent. "
    "At one $x_t$ each forces the other: add first, with the sign."
)
def errors_independent(source, target, alpha, sigma):
    before = (source[0] * sigma) ** 2 + (source[1] * alpha) ** 2
    after = (target[0] * sigma) ** 2 + (target[1] * alpha) ** 2
    return after / before
