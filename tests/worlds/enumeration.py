"""Brute force for thresholds: every law from its definition, by summing over cells of the noise.

A threshold u ~ U(0, 1) matters only through the cell it falls in, between p_s and p_t (and 1 - p_s,
1 - p_t, so that u -> 1 - u maps cells to cells). Cells are exact fractions. Nothing here knows how
noise is inferred: p(noise | x0, x_t) is Bayes' rule over all cells. The package is not imported.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

Law = dict[tuple, float]


class Axis(NamedTuple):
    """The noise of one position: atoms (a point of the cell, spare token) and their masses."""

    atoms: list[tuple[Fraction, int]]
    mass: np.ndarray
    vocabulary: int


def axis(*levels: Fraction, vocabulary: int = 1) -> Axis:
    """The cells between the levels and their mirror images, times the spare tokens."""
    cuts = sorted({Fraction(0), Fraction(1), *levels, *(1 - level for level in levels)})
    cells = [((a + b) / 2, b - a) for a, b in itertools.pairwise(cuts)]
    atoms = [(middle, token) for middle, _ in cells for token in range(vocabulary)]
    mass = np.repeat([float(width) / vocabulary for _, width in cells], vocabulary)
    return Axis(atoms, mass, vocabulary)


# Kernels on one axis, as matrices K[from, to].
def keep(axis: Axis) -> np.ndarray:
    return np.eye(len(axis.mass))


def redraw(axis: Axis) -> np.ndarray:
    return np.tile(axis.mass, (len(axis.mass), 1))


def mixture(chance: float) -> Callable[[Axis], np.ndarray]:
    return lambda axis: (1 - chance) * keep(axis) + chance * redraw(axis)


def reflect(axis: Axis) -> np.ndarray:
    """u -> 1 - u; the spare token stays."""
    cells = len(axis.mass) // axis.vocabulary
    return np.kron(np.eye(cells)[::-1], np.eye(axis.vocabulary))


def redraw_token(chance: float) -> Callable[[Axis], np.ndarray]:
    """The threshold stays; the spare token is drawn again with this chance."""

    def kernel(axis: Axis) -> np.ndarray:
        v = axis.vocabulary
        token = (1 - chance) * np.eye(v) + chance / v
        return np.kron(np.eye(len(axis.mass) // v), token)

    return kernel


class Noise:
    """All joint outcomes of the noise of a few positions, with their probabilities."""

    def __init__(self, axes: list[Axis]):
        self.axes = axes
        self.points = list(itertools.product(*(axis.atoms for axis in axes)))
        prior = np.ones(1)
        for one in axes:
            prior = np.multiply.outer(prior, one.mass)
        self.prior = prior[0]

    def law(self, forward: Callable[[tuple], tuple], mass: np.ndarray | None = None) -> Law:
        """The law of forward(noise) when the noise has probabilities `mass` (the prior if None)."""
        law: Law = defaultdict(float)
        mass = self.prior if mass is None else mass
        for point, probability in zip(self.points, mass.ravel()):
            if probability > 0:
                law[forward(point)] += probability
        return dict(law)

    def posterior(self, forward: Callable[[tuple], tuple], x_t: tuple) -> np.ndarray:
        """p(noise | x0, x_t) by Bayes' rule."""
        agrees = np.array([forward(point) == x_t for point in self.points])
        joint = self.prior * agrees.reshape(self.prior.shape)
        return joint / joint.sum()

    def refreshed(self, mass: np.ndarray, kernel: Callable[[Axis], np.ndarray]) -> np.ndarray:
        """The law of the noise after the kernel has acted on every position by itself."""
        for i, one in enumerate(self.axes):
            mass = np.moveaxis(np.tensordot(mass, kernel(one), axes=([i], [0])), -1, i)
        return mass

    def step(self, forward_t, forward_s, kernel, x_t: tuple) -> Law:
        """p(x_s | x_t, x0): infer, refresh, forward."""
        mass = self.refreshed(self.posterior(forward_t, x_t), kernel)
        return self.law(forward_s, mass)


# The three forward maps, from their definitions. `p` is one level, or one per position.
def _levels(p, n: int) -> list:
    return list(p) if isinstance(p, (list, tuple)) else [p] * n


def masked(x0: tuple, p, mask) -> Callable[[tuple], tuple]:
    return lambda noise: tuple(
        mask if u < q else x for x, (u, _), q in zip(x0, noise, _levels(p, len(x0)))
    )


def replaced(x0: tuple, p) -> Callable[[tuple], tuple]:
    return lambda noise: tuple(
        r if u < q else x for x, (u, r), q in zip(x0, noise, _levels(p, len(x0)))
    )


def deleted(x0: tuple, p) -> Callable[[tuple], tuple]:
    return lambda noise: tuple(x for x, (u, _), q in zip(x0, noise, _levels(p, len(x0))) if u >= q)


def embeddings(x0: tuple, x_t: tuple) -> list[tuple[int, ...]]:
    """All ways to find x_t in x0, as increasing positions."""
    return [
        places
        for places in itertools.combinations(range(len(x0)), len(x_t))
        if tuple(x0[i] for i in places) == x_t
    ]
