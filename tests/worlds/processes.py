"""A small world for each process, on which all of its laws are tried, and wrong inferences as controls."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor

from udm_lessons.destroy import (
    VE,
    Blur,
    Cold,
    Cosine,
    CosineLevel,
    Deletion,
    DiscreteLevel,
    DiscreteSchedule,
    ForwardProcess,
    Gaussian,
    Linear,
    LinearLevel,
    Masking,
    Replacement,
    Trig,
    VPLinear,
)

from .enumeration import Noise, axis, deleted, masked, replaced
from .statistics import rng, tally

MASK, PAD = 9, 9

Infer = Callable[..., object]


@dataclass(frozen=True)
class World:
    """A process, a few rows of data, and increasing times at which all of its laws must hold."""

    process: ForwardProcess
    x0: Tensor
    times: tuple[float, ...]
    kind: str = "normal"  # what q is: normal, uniform, pair or none
    brute: Callable | None = None  # for tokens: F_t on one row, (row of x0, p_t) -> a function of its noise
    vocabulary: int = 1  # spare tokens of the noise

    def exact_law(self, row: int, s: float) -> dict[tuple, float]:
        """p(x_s | x0) of a token world, by summing over all cells of the noise."""
        assert self.brute, f"give the world of {type(self.process).__name__} its F_t by brute force"
        x0, p = self.row(row), Fraction(self.process.level.p(s))
        levels = self.levels(x0, p)
        noise = Noise([axis(level, vocabulary=self.vocabulary) for level in levels])
        return noise.law(self.brute(x0, levels))

    def row(self, row: int) -> tuple:
        """One row of the data without its padding; of masked pixels, only that they are seen."""
        x0 = tuple(self.x0[row].flatten().tolist())
        if self.x0.is_floating_point():
            return ("seen",) * len(x0)
        return tuple(v for v in x0 if v != getattr(self.process, "pad", None))

    def levels(self, x0: tuple, p: Fraction) -> list[Fraction]:
        """The level at every position: one for all, unless tokens have rates of their own."""
        rates = getattr(self.process, "rates", None)
        if rates is None:
            return [p] * len(x0)
        return [Fraction(1 - (1 - float(p)) ** float(rates[v])) for v in x0]

    def repeat(self, n: int, row: int = 0) -> Tensor:
        return self.x0[row : row + 1].repeat(n, *[1] * (self.x0.ndim - 1))

    def x_t(self, x0: Tensor, t, seed: int) -> Tensor:
        return self.process.forward(x0, self.process.sample_noise(x0, rng(seed)), t)


def _reals(*shape: int) -> Tensor:
    return torch.randn(shape, generator=rng(11), dtype=torch.float64)


def fade(x0: Tensor, t) -> Tensor:
    """A deterministic corruption: neighbours are averaged, and the left side darkens first."""
    t = t.reshape(-1, *[1] * (x0.ndim - 1)).to(x0.dtype) if isinstance(t, Tensor) else t
    ramp = torch.linspace(1, 0.2, x0.shape[-1], dtype=x0.dtype)
    return (1 - 0.9 * t * ramp) * ((1 - t) * x0 + t * (x0 + x0.roll(1, -1)) / 2)


def _gaussian(schedule, times, *shape: int) -> World:
    return World(Gaussian(schedule), _reals(3, *(shape or (2, 3))), times)


def _tokens(*rows: str) -> Tensor:
    return torch.tensor([[int(c) for c in row] for row in rows])


def _masks(mask):
    return lambda x0, levels: masked(x0, levels, mask)


MIDDLE = (0.05, 0.3, 0.62, 0.97)
SMALL = DiscreteSchedule(torch.linspace(1e-3, 0.4, 12, dtype=torch.float64))
CHAIN = DiscreteLevel([0.1, 0.3, 0.05, 0.5])
STRINGS = _tokens("00120", "01011", "22999")
RATES = torch.tensor([1.0, 2.0, 3.0])

WORLDS: dict[str, World] = {
    "linear": _gaussian(Linear(), (*MIDDLE, 1.0)),
    "trig": _gaussian(Trig(), (*MIDDLE, 1.0)),
    "vp": _gaussian(VPLinear(), MIDDLE, 1, 3, 3),
    "cosine": _gaussian(Cosine(), MIDDLE, 4),
    "ve": _gaussian(VE(), MIDDLE),
    "chain": _gaussian(SMALL, (1.0, 2.0, 7.0, 12.0)),
    "heat": World(Blur((4, 5), 3.0), _reals(3, 1, 4, 5), (*MIDDLE, 1.0)),
    "heat-1d": World(Blur((6,), 2.0), _reals(3, 2, 6), MIDDLE),
    "blurring": World(Blur((3, 3), 1.5, VPLinear()), _reals(3, 2, 3, 3), MIDDLE),
    "cold": World(Cold(fade), _reals(3, 2, 5), (*MIDDLE, 1.0), "none"),
    "masking": World(Masking(MASK), _tokens("0121", "2200", "1111"), MIDDLE, "uniform", _masks(MASK)),
    "masking-chain": World(
        Masking(MASK, CHAIN), _tokens("012", "220"), (1.0, 2.0, 4.0), "uniform", _masks(MASK)
    ),
    "masked-pixels": World(
        Masking(-7.5, CosineLevel()), _reals(3, 1, 2, 2), (*MIDDLE, 1.0), "uniform", _masks(-7.5)
    ),
    "replacement": World(Replacement(3), _tokens("0121", "2200", "1111"), (*MIDDLE, 1.0), "pair", replaced, 3),
    "replacement-chain": World(
        Replacement(3, CHAIN), _tokens("012", "220"), (1.0, 2.0, 4.0), "pair", replaced, 3
    ),
    "deletion": World(Deletion(PAD), STRINGS, MIDDLE, "uniform", deleted),
    "deletion-rates": World(Deletion(PAD, LinearLevel(), RATES), STRINGS, MIDDLE, "uniform", deleted),
    "deletion-chain": World(Deletion(PAD, CHAIN), STRINGS, (1.0, 2.0, 4.0), "uniform", deleted),
}


def discrete(process: ForwardProcess) -> bool:
    """Whether time is a whole number."""
    return process.t_max > 1


def each_sample_its_time(world: World, n: int, seed: int) -> Tensor:
    """One time per sample, (n,), spread over the world's own range of times."""
    low, high = world.times[0], world.times[-1]
    u = torch.rand(n, generator=rng(seed), dtype=torch.float64)
    t = low + (high - low) * u
    return t.round() if discrete(world.process) else t


def rows_seen(process: ForwardProcess, x: Tensor) -> Counter:
    """The outcomes of a batch of tokens; padding does not count."""
    return tally(x, PAD if isinstance(process, Deletion) else None)


def with_inference(world: World, infer: Infer) -> World:
    """The same world with another, usually wrong, `infer_noise`: for negative controls."""
    process = copy.copy(world.process)
    process.infer_noise = infer
    return replace(world, process=process)


def ignoring(process: ForwardProcess) -> Infer:
    """Noise from q, whatever x_t is."""
    return lambda x0, x_t, t, generator=None: process.sample_noise(x0, generator)


def leftmost(process: Deletion) -> Infer:
    """The first embedding from the left instead of a draw from all of them."""

    def infer(x0, x_t, t, generator=None):
        seen = torch.nn.functional.pad(x_t, (0, 1), value=process.pad)
        j = torch.zeros(len(x0), 1, dtype=torch.int64)
        kept = []
        for token in x0.T:
            match = (seen.gather(1, j)[:, 0] == token) & (token != process.pad)
            kept.append(match)
            j = j + match[:, None]
        p, u = process.level.p(t), process.sample_noise(x0, generator)
        return torch.where(torch.stack(kept, 1), p + (1 - p) * u, p * u)

    return infer


def midpoint(process: Masking) -> Infer:
    """The middle of the interval of possible thresholds: a pseudo-inverse instead of a draw."""

    def infer(x0, x_t, t, generator=None):
        p = process.level.p(t)
        middle = torch.where(x_t == process.mask, p / 2, (1 + p) / 2)
        return middle.double()

    return infer
