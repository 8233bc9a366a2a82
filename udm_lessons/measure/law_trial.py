"""What the laws of a process are tried on: rows, times, refreshes, and streams of random numbers of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..destroy import ForwardProcess
from ..rebuild import Refresh

ROWS = 3


@dataclass(frozen=True)
class Trial:
    """A process, rows of data to try it on, and streams of random numbers by a seed."""

    process: ForwardProcess
    data: Tensor
    times: list[float]
    refreshes: tuple[Refresh, ...]
    draws: int
    seed: int

    def generator(self, k: int) -> torch.Generator:
        """The k-th stream of PyTorch's random numbers."""
        return torch.Generator().manual_seed(1_000_003 * self.seed + k)

    def choices(self, k: int) -> np.random.Generator:
        """The k-th stream by which columns and directions are chosen."""
        return np.random.default_rng((self.seed, k))

    def rows(self) -> Iterator[Tensor]:
        """Each of the first rows, as a batch of `draws` copies."""
        for row in self.data[:ROWS]:
            yield row.expand(self.draws, *row.shape).contiguous()

    def some(self) -> Tensor:
        """A batch of rows of the data, as often as fit into 60."""
        return self.data[torch.arange(60) % len(self.data)]

    def x_t(self, x0: Tensor, t, k: int) -> Tensor:
        """F_t(x0, noise) with noise ~ q from the k-th stream."""
        process = self.process
        return process.forward(x0, process.sample_noise(x0, self.generator(k)), t)

    def as_wide(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Strings of two batches, filled up to one width: padding says nothing."""
        pad = getattr(self.process, "pad", None)
        if pad is None or x.ndim != 2 or y.ndim != 2:
            return x, y
        width = max(x.shape[1], y.shape[1])
        x, y = (torch.nn.functional.pad(one, (0, width - one.shape[1]), value=pad) for one in (x, y))
        return x, y

    def allowed(self) -> list[Refresh]:
        """The refreshes that the process does not refuse."""
        x0, t, s = self.some(), self.times[0], self.times[-1] / 2 if self.process.t_max <= 1 else 0.0
        noise, found = self.process.sample_noise(x0, self.generator(1)), []
        for refresh in self.refreshes:
            try:
                refresh(self.process, noise, t, s, self.generator(2))
            except TypeError:
                continue
            found.append(refresh)
        return found
