"""Points in the plane, for what is best seen in two dimensions."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .._arrays import check_cast, check_whole


def pinwheel_centres(arms: int = 5, along: int = 4, dtype: torch.dtype = torch.float64) -> Tensor:
    """Centres of a five-armed pinwheel in the plane, (arms * along, 2), of about unit variance.

    A mixture of narrow Gaussians at these points is easy to see and has exact posteriors.
    """
    arms, along = check_whole(arms, 1, "arms"), check_whole(along, 1, "along")
    check_cast(dtype, "cpu", floating=True)
    radius = torch.linspace(0.5, 1.9, along, dtype=dtype)
    turn = torch.arange(arms, dtype=dtype)[:, None] * (2 * math.pi / arms)
    angle = turn + 0.55 * radius
    return torch.stack([radius * angle.cos(), radius * angle.sin()], -1).reshape(-1, 2)
