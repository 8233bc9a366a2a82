"""Random numbers from a generator, on the device of the data."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .devices import in_float64, widest

Generator = torch.Generator | None


def _source(generator: torch.Generator | None, device) -> torch.device:
    """Where to draw: a seeded CPU generator gives the same numbers whatever device the data is on."""
    if generator is not None and not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator; got {type(generator).__name__}")
    device = torch.device(device)
    return device if generator is None or generator.device.type == device.type else generator.device


def _draw(function, shape, generator: torch.Generator | None, dtype, device) -> Tensor:
    return function(shape, generator=generator, dtype=dtype, device=_source(generator, device)).to(device)


def normal(shape, generator=None, dtype=None, device="cpu") -> Tensor:
    """Standard normal numbers, drawn on the generator's device and moved to `device`."""
    return _draw(torch.randn, shape, generator, dtype, device)


def normal_like(x: Tensor, generator=None) -> Tensor:
    """Standard normal numbers of the shape, dtype and device of `x`."""
    return _draw(torch.randn, x.shape, generator, x.dtype, x.device)


def uniform(shape, generator=None, device="cpu") -> Tensor:
    """Numbers uniform on [0, 1), in float64: fine enough that a threshold never meets its level.

    In float32, rounded to less than 1, on a device without float64.
    """
    source, dtype = _source(generator, device), widest(torch.device(device))
    u = torch.rand(shape, generator=generator, dtype=widest(source), device=source)
    if dtype != u.dtype == torch.float64:
        u = u.to(dtype).clamp_(max=1 - torch.finfo(dtype).eps / 2)
    return u.to(device, dtype)


def integers(high: int, shape, generator=None, device="cpu") -> Tensor:
    """Integers uniform on {0, ..., high - 1}."""
    draw = lambda shape, **options: torch.randint(high, shape, **options)  # noqa: E731
    return _draw(draw, shape, generator, torch.int64, device)


def choose(weights: Tensor, u: Tensor, name: str) -> Tensor:
    """One index of the last axis, by these weights (..., n) and u (..., 1), uniform: (...), int64.

    Raises ValueError, naming `name`, unless every row holds numbers >= 0, finite and not all 0.
    """
    # Inverting the cumulative sum is several times faster than torch.multinomial here.
    cumulative = in_float64(weights).cumsum(-1)
    total = cumulative[..., -1:]
    if not bool(((total > 0) & (total < math.inf)).all()):
        raise ValueError(f"{name} must give every row some probability; got a row of nan, or without any")
    return torch.searchsorted(cumulative, u.to(total) * total, right=True)[..., 0].to(weights.device)
