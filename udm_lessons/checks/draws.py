"""Seeded numbers for the cases of exercises: the same ones each time, in float64."""

from __future__ import annotations

import torch


def stream(seed: int) -> torch.Generator:
    """A stream of its own."""
    return torch.Generator().manual_seed(seed)


def normal(seed: int, *shape: int) -> torch.Tensor:
    """Draws of N(0, 1)."""
    return torch.randn(shape, generator=stream(seed), dtype=torch.float64)


def uniform(seed: int, *shape: int) -> torch.Tensor:
    """Draws from (0, 1)."""
    return torch.rand(shape, generator=stream(seed), dtype=torch.float64)
