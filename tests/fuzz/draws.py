"""Small valid arguments from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

PAD, MASK = 27, 26


@dataclass
class Draw:
    """A seed, a batch size and a dtype, and what is drawn from them."""

    seed: int
    batch: int = 3
    dtype: torch.dtype = torch.float64

    def __post_init__(self) -> None:
        self.python = random.Random(self.seed)
        self.torch = torch.Generator().manual_seed(self.seed)

    def x(self, *shape: int) -> Tensor:
        """Normal numbers, (batch, *shape)."""
        return torch.randn(self.batch, *shape, generator=self.torch, dtype=self.dtype)

    def u(self, *shape: int) -> Tensor:
        """Thresholds in float64, (batch, *shape)."""
        return torch.rand(self.batch, *shape, generator=self.torch, dtype=torch.float64)

    def tokens(self, width: int, vocabulary: int = 5) -> Tensor:
        """(batch, width) whole numbers below the vocabulary."""
        return torch.randint(vocabulary, (self.batch, width), generator=self.torch)

    def strings(self, width: int = 4, vocabulary: int = 3) -> tuple[Tensor, Tensor]:
        """Padded strings, and one subsequence of each."""
        long = self.tokens(width, vocabulary)
        short = torch.full_like(long, PAD)
        for k in range(self.batch):
            length = self.python.randint(1, width)
            long[k, length:] = PAD
            kept = [v for v in long[k, :length].tolist() if self.python.random() < 0.6]
            short[k, : len(kept)] = torch.tensor(kept, dtype=torch.int64)
        return long, short

    def t(self, low: float = 0.05, high: float = 0.95) -> Any:
        """A time, or one for each sample."""
        if self.python.random() < 0.3:
            return low + (high - low) * torch.rand(self.batch, generator=self.torch, dtype=torch.float64)
        return self.python.uniform(low, high)

    def number(self, low: float, high: float) -> float:
        return self.python.uniform(low, high)

    def generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed + 1)

    def pick(self, *choices: Any) -> Any:
        return self.python.choice(choices)


@dataclass(frozen=True)
class Spec:
    """How one callable is called, and what its result must be.

    arguments   from a draw, the function and its arguments by name
    batched     the arguments that hold one entry for each sample, if the result does too
    like        the argument whose shape the result has, or "batch" for (batch,)
    keeps       the argument whose dtype a floating result has
    infinite    whether a result may be infinite for finite arguments, and why
    draws       whether it draws from the global stream, as networks do when they are made
    """

    arguments: Callable[[Draw], tuple[Callable, dict[str, Any]]]
    batched: tuple[str, ...] = ()
    like: str | None = None
    keeps: str | None = None
    infinite: str = ""
    draws: bool = False
