"""Random numbers from a generator, on the device of the data."""

from __future__ import annotations

import math

import torch
from torch import Tensor

Generator = torch.Generator | None


def _draw(function, shape, generator: torch.Generator | None, dtype, device) -> Tensor:
    if generator is not None and not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator; got {type(generator).__name__}")
    if generator is None or generator.device.type == torch.device(device).type:
        return function(shape, generator=generator, dtype=dtype, device=device)
    # A seeded CPU generator gives the same numbers whatever device the data is on.
    return function(shape, generator=generator, dtype=dtype, device=generator.device).to(device)


def normal(shape, generator=None, dtype=None, device="cpu") -> Tensor:
    """Standard normal numbers, drawn on the generator's device and moved to `device`."""
    return _draw(torch.randn, shape, generator, dtype, device)


def normal_like(x: Tensor, generator=None) -> Tensor:
    """Standard normal numbers of the shape, dtype and device of `x`."""
    return _draw(torch.randn, x.shape, generator, x.dtype, x.device)


def uniform(shape, generator=None, device="cpu") -> Tensor:
    """Numbers uniform on [0, 1), in float64: fine enough that a threshold never meets its level."""
    return _draw(torch.rand, shape, generator, torch.float64, device)


def integers(high: int, shape, generator=None, device="cpu") -> Tensor:
    """Integers uniform on {0, ..., high - 1}."""
    draw = lambda shape, **options: torch.randint(high, shape, **options)  # noqa: E731
    return _draw(draw, shape, generator, torch.int64, device)


def choose(weights: Tensor, u: Tensor, name: str) -> Tensor:
    """One index of the last axis, by these weights (..., n) and u (..., 1), uniform: (...), int64.

    Raises ValueError, naming `name`, unless every row holds numbers >= 0, finite and not all 0.
    """
    # Inverting the cumulative sum is several times faster than torch.multinomial here.
    cumulative = weights.double().cumsum(-1)
    total = cumulative[..., -1:]
    if not bool(((total > 0) & (total < math.inf)).all()):
        raise ValueError(f"{name} must give every row some probability; got a row of nan, or without any")
    return torch.searchsorted(cumulative, u * total, right=True)[..., 0]
