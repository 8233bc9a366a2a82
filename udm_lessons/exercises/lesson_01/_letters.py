"""Random letters of the alphabet, as whole numbers."""

from __future__ import annotations

import torch

from ...checks import close_on, stream


def letters(seed: int, *shape: int) -> torch.Tensor:
    return torch.randint(26, shape, generator=stream(seed))


def _same_kind(x_t: torch.Tensor, x0: torch.Tensor, *others: object) -> bool:
    return x_t.is_floating_point() == x0.is_floating_point()


def whole_numbers_stay(say: str):
    """That the result holds whole numbers if the data does; tokens as floats could not be read as letters."""
    return close_on(_same_kind, say=say)


def some_level(rng, u):
    """A level: at the ends, equal to one of the thresholds, or anywhere."""
    return rng.choice([0.0, 1.0, rng.choice(list(u)), 0.2, 0.8, rng.random(), rng.random()])
