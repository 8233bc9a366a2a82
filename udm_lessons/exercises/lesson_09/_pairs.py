"""Pairs of data x0 and a point x on the way from it, for the conditional score and velocity."""

from __future__ import annotations

import torch

from ...checks import normal


def pairs():
    """Cases (x, x0, alpha, sigma, d_alpha, d_sigma).

    No alpha and sigma sum to one, as on the straight line; one pair lies on the circle.
    """
    return (
        (torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 3.0]]), 0.75, 0.5, -1.5, 0.8),
        (normal(0, 4, 3), normal(1, 4, 3), 0.6, 0.8, -2.0, 1.5),
        (normal(2, 2, 5), normal(3, 2, 5), 1.0, 3.0, 0.0, 4.0),
    )
