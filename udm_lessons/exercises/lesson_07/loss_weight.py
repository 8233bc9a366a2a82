"""07.3: the factor from the squared error of one kind of prediction to that of another."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform
from ._pairs import SOURCE_TARGET_ALPHA_SIGMA, determinants, drawn_little, drawn_pair, drawn_scales, told_apart


def loss_weight(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (after / before) ** 2


def numbers(*values):
    """Numbers in float64."""
    return torch.tensor(values, dtype=torch.float64)


def cases():
    alpha, sigma = numbers([0.9, 0.5, 0.1], [0.3, 0.5, 1.2]), numbers([0.2, 0.8, 1.0], [0.9, 0.4, 3.0])
    data, noise, score = (1.0, 0.0), (0.0, 1.0), (0.0, -1 / sigma)
    falling, rising = numbers(-0.1, -1.2, -1.6), numbers(1.5, 0.9, 1.4)  # a velocity
    ends = numbers(1.0, 0.6, 0.0), numbers(0.1, 0.8, 1.0)
    middle = numbers(0.9, 0.7, 0.2), numbers(0.3, 0.5, 1.2)
    until_1 = numbers(0.9, 0.7, 0.2), numbers(0.3, 0.5, 1.0)
    boxed = numbers([[0.9], [0.7], [0.2]], [[1.0], [0.4], [0.6]]), numbers([[0.1], [0.5], [0.9]], [[0.3], [0.8], [1.0]])
    slopes = -boxed[0], 0.5 + boxed[1]
    score_there, little = (0.0, -1 / middle[1]), numbers(2e-4, 0.02, 2e-4)
    return (
        *SOURCE_TARGET_ALPHA_SIGMA,
        ((0.5, 2.0), (0.5, 2.0), 0.9, 0.02),
        (data, (-1.6, 0.0), 0.0, 1.0),
        (noise, score, alpha, sigma),
        (noise, data, alpha, sigma),
        ((falling, rising), noise, *ends),
        (data, (falling, rising), *ends),
        ((numbers(0.3, -1.0, 2.0), 0.5), (falling, rising), *middle),
        (data, noise, *middle),
        (noise, data, little, middle[1]),
        (noise, data, little, 1.1 * middle[1]),
        (noise, data, 1.1 * little, middle[1]),
        (data, (falling, rising), middle[0], little),
        (data, (falling, rising), *until_1),
        (data, (-1.6, 0.7), 0.8, 2e-4),
        (score_there, noise, *middle),
        (score_there, (falling, rising), *middle),
        ((falling, rising), (falling, rising), *middle),
        ((-0.4, 1.3), noise, 0.8, 0.0),  # at the data, where the velocity still tells the noise
        ((falling, rising), noise, numbers(1.0, 0.6, 0.3), numbers(0.0, 0.8, 1.0)),
        (data, slopes, *boxed),
        (noise, slopes, *boxed),
        ((0.0, -1 / boxed[1]), slopes, *boxed),
        (slopes, slopes, *boxed),
    )


def inputs(rng):
    """Numbers, or tensors of one shape where the pairs may hold numbers as well."""
    while True:
        scales = drawn_scales(rng)
        if rng.random() < 0.5:
            t = 0.02 + 0.96 * uniform(rng.getrandbits(31), *rng.choice([(1,), (2,), (5,), (3, 2)]))
            t[0] = rng.choice([drawn_little(rng), 1 - drawn_little(rng), 0.5, 0.5, 0.5])
            bend = rng.uniform(0.5, 2.0)
            scales = (1 - t) ** bend, t, -bend * (1 - t) ** (bend - 1), torch.ones_like(t)
        source, target = drawn_pair(rng, *scales), drawn_pair(rng, *scales)
        alpha, sigma, _, _ = scales
        if told_apart(source, alpha, sigma) and (isinstance(alpha, float) or source is not target):
            return source, target, alpha, sigma


EXERCISE = Exercise(
    id="07.3",
    title="Every loss weight",
    difficulty=2,
    minutes=6,
    points=2,
    reference=loss_weight,
    cases=cases,
    law=r"$|\text{error of target}|^2 = (D'/D)^2\, |\text{error of source}|^2$ "
    r"with $D = A \sigma - B \alpha$",
    praise="Twelve weights in one line, and those of kinds that nobody has named yet.",
    idea="What must the weight be if source and target are one kind? If the target is twice the source? "
    "And what happens to it if you exchange the two? Can a weight be negative?",
    why=r"At one $x_t$ both errors are multiples of one $\delta$: $D \delta$ and $D' \delta$. So the lengths "
    r"have the ratio $|D'/D|$, and the squares its square.",
    inputs=inputs,
)


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
    r"Right, but $\alpha$ may be 0 at the end of time, where data and velocity still tell something. "
    r"Do not divide by it."
)
def divided_by_alpha(source, target, alpha, sigma):
    ratio = sigma / alpha
    return ((target[0] * ratio - target[1]) / (source[0] * ratio - source[1])) ** 2


@EXERCISE.slip(
    r"Right, but $\sigma$ may be 0 at the data, where noise and velocity still tell something. "
    r"Do not divide by it."
)
def divided_by_sigma(source, target, alpha, sigma):
    ratio = alpha / sigma
    return ((target[0] - target[1] * ratio) / (source[0] - source[1] * ratio)) ** 2


@EXERCISE.slip("You multiplied the two factors. If source and target are one kind, the weight must be 1.")
def product_for_ratio(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (after * before) ** 2


@EXERCISE.slip(
    "You added squares, as if the two errors were independent. "
    "At one $x_t$ each forces the other: add first, with the sign."
)
def errors_independent(source, target, alpha, sigma):
    before = (source[0] * sigma) ** 2 + (source[1] * alpha) ** 2
    after = (target[0] * sigma) ** 2 + (target[1] * alpha) ** 2
    return after / before


@EXERCISE.slip("You scaled each pair to length 1. How long a pair is counts: a score is a large number where the noise is small.")
def pairs_of_length_one(source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    lengths = [(A**2 + B**2) ** 0.5 for A, B in (source, target)]
    return (after / lengths[1] / (before / lengths[0])) ** 2
