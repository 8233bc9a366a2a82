"""Subspaces, guesses and networks for the cases of lesson 13."""

from __future__ import annotations

import torch

from ...checks import normal


def directions(seed, d, k):
    """A matrix (d, k) with orthonormal columns."""
    return torch.linalg.qr(normal(seed, d, k))[0]


def bent(z):
    """A guess of z that is no linear map of z_t."""
    return 0.6 * z + 0.3 * torch.sin(2 * z) + 0.1


def turned(z):
    """A guess in which the entries of z help each other."""
    return torch.tanh(z + z.roll(1, -1)) - 0.2


def halved(z):
    return 0.5 * z


GUESSES = (bent, turned, halved)
