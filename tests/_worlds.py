"""What the law tests share: statistics with a stated false-alarm rate, a small world per process.

Every statistical test ends in one call of `assert_plausible`: it fails a right implementation with
probability at most `FALSE_ALARM`, shared equally (Bonferroni) among all of the test's comparisons.
Seeds are fixed, so that a verdict never changes from run to run.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from udm_lessons.processes import (
    Blur,
    Cold,
    Deletion,
    ForwardProcess,
    Gaussian,
    Masking,
    Replacement,
)
from udm_lessons.schedules import (
    VE,
    CosineLevel,
    Cosine,
    DiscreteLevel,
    DiscreteSchedule,
    Linear,
    LinearLevel,
    Trig,
    VPLinear,
)

FALSE_ALARM = 1e-4
MASK, PAD = 9, 9

Infer = Callable[..., object]


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def assert_plausible(p_values: Iterable[float]) -> None:
    """All p-values at once, at a total false-alarm rate of FALSE_ALARM."""
    p_values = list(p_values)
    least = min(p_values)
    assert least > FALSE_ALARM / len(p_values), f"least of {len(p_values)} p-values: {least:.2e}"


def ks(x: Tensor, cdf="uniform") -> list[float]:
    """Kolmogorov-Smirnov p-values, one per column of x (n, ...)."""
    columns = x.detach().double().flatten(1).T.numpy()
    return [float(stats.kstest(column, cdf).pvalue) for column in columns]


def chi2(counts: Mapping, law: Mapping) -> float:
    """The p-value of Pearson's test of `counts` against a `law`; 0 for an impossible outcome.

    Outcomes expected fewer than 10 times are pooled, so that the chi-squared law holds far out.
    """
    n = sum(counts.values())
    if any(law.get(outcome, 0.0) <= 0 for outcome in counts):
        return 0.0
    common = [outcome for outcome, p in law.items() if n * p >= 10]
    seen = np.array([counts.get(outcome, 0) for outcome in common], dtype=float)
    expected = np.array([n * law[outcome] for outcome in common])
    rest, rest_expected = n - seen.sum(), n - expected.sum()
    if rest_expected > 10:
        seen, expected = np.append(seen, rest), np.append(expected, rest_expected)
    elif stats.poisson.sf(rest - 1, max(rest_expected, 1e-9)) < 1e-12:
        return 0.0
    if len(seen) < 2:
        return 1.0
    expected *= seen.sum() / expected.sum()
    return float(stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), len(seen) - 1))


def tally(x: Tensor, pad: int | None = None) -> Counter:
    """How often each row occurs, as tuples; entries equal to `pad` are dropped."""
    return Counter(tuple(v for v in row if v != pad) for row in x.flatten(1).tolist())


def tv(p: Mapping, q: Mapping) -> float:
    """Total variation distance of two laws on countable outcomes."""
    return sum(abs(p.get(k, 0.0) - q.get(k, 0.0)) for k in {*p, *q}) / 2


def assert_same_law(p: Mapping, q: Mapping, tolerance: float = 1e-12) -> None:
    """Two exact laws agree in every outcome."""
    worst = max(abs(p.get(k, 0.0) - q.get(k, 0.0)) for k in {*p, *q})
    assert worst <= tolerance, f"the laws differ by {worst:.2e}"


@dataclass(frozen=True)
class World:
    """A process, a few rows of data, and increasing times at which all of its laws must hold."""

    process: ForwardProcess
    x0: Tensor
    times: tuple[float, ...]
    kind: str = "normal"  # what q is: normal, uniform, pair or none

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
    "masking": World(Masking(MASK), _tokens("0121", "2200", "1111"), MIDDLE, "uniform"),
    "masking-chain": World(Masking(MASK, CHAIN), _tokens("012", "220"), (1.0, 2.0, 4.0), "uniform"),
    "masked-pixels": World(
        Masking(-7.5, CosineLevel()), _reals(3, 1, 2, 2), (*MIDDLE, 1.0), "uniform"
    ),
    "replacement": World(Replacement(3), _tokens("0121", "2200", "1111"), (*MIDDLE, 1.0), "pair"),
    "replacement-chain": World(
        Replacement(3, CHAIN), _tokens("012", "220"), (1.0, 2.0, 4.0), "pair"
    ),
    "deletion": World(Deletion(PAD), STRINGS, MIDDLE, "uniform"),
    "deletion-rates": World(Deletion(PAD, LinearLevel(), RATES), STRINGS, MIDDLE, "uniform"),
    "deletion-chain": World(Deletion(PAD, CHAIN), STRINGS, (1.0, 2.0, 4.0), "uniform"),
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
