r"""Numbers as value * 2^power, each with a power of its own: products of thousands of chances stay whole.

Unlike logarithms they keep all digits of a float64 through any number of sums. Multiplying by a power
of two is exact, so that sums of whole numbers below 2^53 are exact too.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

_NOTHING = -1e9  # the power of 0: below all others


class Scaled(NamedTuple):
    """value * 2^power entry by entry, numbers that are not negative; both float64, power whole."""

    value: Tensor
    power: Tensor

    @classmethod
    def of(cls, value: Tensor) -> Scaled:
        """Plain numbers."""
        return cls(value, torch.zeros_like(value))

    def times(self, factor: Tensor) -> Scaled:
        """The product with plain numbers between 0 and 1."""
        return Scaled(self.value * factor, self.power)

    def plus(self, other: Scaled) -> Scaled:
        """The sum, with values in [1/2, 1) again."""
        mine, its = (torch.where(x.value > 0, x.power, _NOTHING) for x in (self, other))
        top = torch.maximum(mine, its)
        total = self.value * (mine - top).exp2() + other.value * (its - top).exp2()
        value, power = torch.frexp(total)
        return Scaled(value, top + power)

    def where(self, choice: Tensor, other: Scaled) -> Scaled:
        """These numbers where `choice`, those of `other` elsewhere."""
        return Scaled(*(torch.where(choice, mine, its) for mine, its in zip(self, other)))

    def column(self, place: int | Tensor) -> Scaled:
        """One entry of every row (batch, m), at `place`, a number or (batch, 1): shape (batch,)."""
        take = lambda x: x[:, place] if isinstance(place, int) else x.gather(1, place)[:, 0]  # noqa: E731
        return Scaled(*map(take, self))

    def shifted(self) -> Scaled:
        """Every entry of a row (batch, m) one to the left, 0 at the end."""
        return Scaled(*(functional.pad(x[:, 1:], (0, 1)) for x in self))

    def log(self) -> Tensor:
        """The natural logarithm, -inf of 0."""
        return self.value.log() + self.power * math.log(2)
