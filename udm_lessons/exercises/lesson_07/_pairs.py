"""Kinds of prediction, as pairs (A, B) that stand for A x_0 + B eps: some of them, and their determinants."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import torch

# The pairs of a source and a target, and alpha and sigma.
SOURCE_TARGET_ALPHA_SIGMA = (
    ((0.0, 1.0), (1.0, 0.0), 0.75, 0.25),  # noise to data, on a line
    ((-1.0, 1.0), (0.0, -2.5), 0.6, 0.8),  # flow to a multiple of the score, on a circle
    ((-1.2, 0.9), (1.0, 0.0), 1.0, 3.0),  # a pair of no name to data, with exploding noise
    ((0.5, 2.0), (-0.7, 1.1), 0.4, 0.7),  # two pairs of no name, on no famous schedule
)


def determinants(source, target, alpha, sigma):
    """D = A sigma - B alpha, of the source and of the target."""
    before = source[0] * sigma - source[1] * alpha
    after = target[0] * sigma - target[1] * alpha
    return before, after


def drawn_shape(rng: random.Random, *more_axes: int) -> tuple[int, ...]:
    """A batch of 1, 2, 3 or 5 rows; with one or two lengths in ``more_axes``, sometimes images instead."""
    n, d = rng.choice([1, 2, 3, 5]), rng.choice([1, 2, 3, 4])
    return (n, *more_axes, d) if more_axes and rng.random() < 0.3 else (n, d)


def drawn_little(rng: random.Random) -> float:
    """A number that a guard against zero would not leave alone."""
    return 10 ** rng.uniform(-4.5, -2.5)


def drawn_scales(rng: random.Random, ends: Sequence[float] = (0.0, 1.0)) -> tuple[float, float, float, float]:
    """alpha, sigma, d_alpha and d_sigma of a schedule, at one of these ends of time or between them."""
    near = drawn_little(rng)
    t = rng.choice([*ends, near, 1 - near, *[rng.uniform(0.02, 0.98)] * 5])
    half_pi = math.pi / 2
    alpha, sigma = (0.0, 1.0) if t == 1 else (math.cos(half_pi * t), math.sin(half_pi * t))
    deviation = rng.choice([1.0, near, *[math.exp(rng.uniform(-4, 4))] * 4])
    slope, rise = -rng.uniform(0.0, 3.0), rng.uniform(0.5, 3.0)
    schedules = [  # the last three are not famous; the last one goes to the ends
        (1 - t, t, -1.0, 1.0),  # a line
        (alpha, sigma, -half_pi * sigma, half_pi * alpha),  # a circle
        (1.0, deviation, 0.0, rng.uniform(0.5, 3.0) * deviation),  # exploding noise
        (rng.uniform(0.2, 1.0), rng.uniform(0.1, 3.0), slope, rise),
        (rng.uniform(0.2, 1.0), deviation, *rng.choice([(0.0, rise), (slope - 0.2, 0.0), (-near, near)])),
        (float(t != 1) * rng.uniform(0.2, 2.0), float(t != 0) * rng.uniform(0.2, 3.0), slope - 0.2, rise),
    ]
    return rng.choice(schedules)


def told_apart(source, alpha, sigma) -> bool:
    """Whether D of the source keeps its digits, however small it is."""
    A, B = source
    return bool((torch.as_tensor(abs(A * sigma - B * alpha)) > 0.02 * (abs(A) * sigma + abs(B) * alpha)).all())


def drawn_pair(rng: random.Random, alpha, sigma, d_alpha, d_sigma) -> tuple:
    """The pair of one of the kinds on the page, or of a kind that has no name."""
    pairs = [
        (0.0, 1.0), (1.0, 0.0), (d_alpha, d_sigma), (-sigma, alpha), (-1.0, 1.0),
        (rng.uniform(-2, 2), rng.uniform(-2, 2)),
    ]  # fmt: skip
    if isinstance(sigma, float) and sigma == 0:
        return rng.choice(pairs)
    return rng.choice([*pairs, (0.0, -1 / sigma)])
