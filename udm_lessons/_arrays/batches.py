"""Tensors and batches: formulas for numbers and tensors alike, blocks that bound the memory, sums, dtypes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from .arguments import Time

# Entries of the largest temporary of a call that works in blocks; 4 million float64 are 32 MB.
CHUNK = 4_000_000


def library(value: Time):
    """`torch` for a tensor, `math` for a number: one formula then serves both."""
    return torch if isinstance(value, Tensor) else math


def wide(x: Tensor) -> Tensor:
    """The tensor in float32 where its dtype is narrower: what is summed or exponentiated needs the digits."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def blocks(n: int, each: int, limit: int | None = None) -> Iterator[slice]:
    """Slices of n things that hold `limit` entries, `CHUNK` unless given, if a thing has `each` of them.

    A slice holds one thing at least, however large it is, and there is one slice at least, perhaps empty.
    """
    size = max(1, (limit or CHUNK) // max(1, each))
    return (slice(start, start + size) for start in range(0, max(1, n), size))


def times_of(t: Time, part: slice) -> Time:
    """The times of a part of the batch: those of the slice, if `t` has one for each sample."""
    return t[part] if isinstance(t, Tensor) and t.ndim else t


def per_sample(x: Tensor) -> Tensor:
    """The sum over everything but the batch dimension: (batch, ...) -> (batch,)."""
    return x.flatten(1).sum(1) if x.ndim > 1 else x
