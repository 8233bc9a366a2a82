"""Kinds of prediction, as pairs (A, B) that stand for A x_0 + B eps: some of them, and their determinants."""

from __future__ import annotations

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
