r"""How far samples are from the data, each number beside the floor that real data reaches."""

from __future__ import annotations

import torch
from torch import Tensor

from ._arrays import check_floating


def _mean_distance(a: Tensor, b: Tensor) -> Tensor:
    """The mean of |a_i - b_j|, in blocks of rows that keep the memory small."""
    total = sum(torch.cdist(block, b).sum() for block in a.split(1024))
    return total / (len(a) * len(b))


def energy_distance(x: Tensor, y: Tensor) -> float:
    r"""2 E|X - Y| - E|X - X'| - E|Y - Y'|: zero if and only if the two laws agree.

    x (n, ...) and y (m, ...) are samples, flattened; n, m >= 2. Pairs of a sample with itself are
    left out, so that the estimate is unbiased: for equal laws it scatters about 0 and may be negative.
    The floor to quote is the value between two halves of real data. Raises ValueError for fewer
    than two samples or different dimensions (Szekely and Rizzo 2013, eq. 2.1).
    """
    check_floating(x, "x")
    check_floating(y, "y")
    if len(x) < 2 or len(y) < 2 or x.shape[1:] != y.shape[1:]:
        raise ValueError(
            f"x and y must hold at least two samples of one shape; "
            f"got {tuple(x.shape)} and {tuple(y.shape)}"
        )
    x, y = x.flatten(1).double(), y.flatten(1).double()
    within = sum(_mean_distance(a, a) * len(a) / (len(a) - 1) for a in (x, y))
    return float(2 * _mean_distance(x, y) - within)
