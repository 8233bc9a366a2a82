"""A measured number with its standard error, beside the floor that real data reaches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .._arrays import as_time, check_batch, check_callable, check_floating, check_same_shape, check_whole, uniform

Statistic = Callable[..., float]


@dataclass(frozen=True)
class Measured:
    """A number with its standard error, beside the floor: what real data scores in its place.

    Prints with two significant digits of the error: `0.62 ± 0.012 (real 0.50)`. No measure is
    better than real data: a value beyond the floor is a defect too.
    """

    value: float
    error: float
    floor: float

    def __repr__(self) -> str:
        certain = math.isfinite(self.error) and self.error > 0
        places = min(max(1 - math.floor(math.log10(self.error)), 0), 9) if certain else 3
        number = lambda x: f"{round(x, places) + 0.0:.{places}f}"  # noqa: E731
        return f"{number(self.value)} ± {number(self.error)} (real {number(self.floor)})"


def shuffled(n: int, generator: torch.Generator | None) -> Tensor:
    """A random order of n samples, on the CPU."""
    return uniform((n,), generator).argsort().cpu()


def _value(statistic: Statistic, *samples: Tensor) -> float:
    return as_time(statistic(*samples), "the value of statistic")


def jackknife_error(
    statistic: Statistic,
    *samples: Tensor,
    generator: torch.Generator | None = None,
    groups: int = 20,
) -> float:
    r"""The standard error of `statistic(*samples)`, by leaving out one random group at a time.

    The variance is \sum_{samples} \frac{g-1}{g} \sum_{k=1}^g (\theta_{-k} - \bar\theta)^2. On average it
    is never too small for means and for averages over pairs, as the energy distance is one (Efron and
    Stein 1981), nor seen to be for the other distances here; for a median or a sum it is. It is too
    large where the statistic is near a minimum, as a distance between equal laws is. The groups are
    drawn at random because real data often comes in a periodic order. Raises ValueError unless
    2 <= groups <= the size of every sample.
    """
    smallest = min(map(len, samples), default=0)
    if not 2 <= groups <= smallest:
        raise ValueError(f"groups must be between 2 and {smallest}, the samples; got {groups}")
    variance = 0.0
    for k, sample in enumerate(samples):
        order = shuffled(len(sample), generator).to(sample.device)
        left = []
        for group in order.tensor_split(groups):
            kept = torch.ones(len(sample), dtype=torch.bool, device=sample.device)
            kept[group] = False
            left.append(_value(statistic, *samples[:k], sample[kept], *samples[k + 1 :]))
        left = torch.tensor(left, dtype=torch.float64)
        variance += (groups - 1) * float(left.var(correction=0))
    return math.sqrt(variance)


def split_floor(
    statistic: Statistic,
    real: Tensor,
    n: int,
    m: int,
    generator: torch.Generator | None = None,
    splits: int = 10,
) -> float:
    """The mean of `statistic` between two disjoint random parts of `real`, of n and m samples.

    It is what a perfect sampler scores on average, bias of the statistic included. Raises
    ValueError unless n, m, splits are at least 1 and n + m is at most the number of real samples.
    """
    check_callable(statistic, "statistic", "(x, y)")
    check_floating(real, "real")
    check_batch(real, "real")
    if real[:1].numel() == 0:
        raise ValueError(f"real must hold samples with at least one entry; got {tuple(real.shape)}")
    n, m = check_whole(n, 1, "n"), check_whole(m, 1, "m")
    check_whole(splits, 1, "splits")
    if n + m > len(real):
        raise ValueError(
            f"n and m must be together at most {len(real)}, the real samples; got n = {n}, m = {m}"
        )
    scores = []
    for _ in range(splits):
        order = shuffled(len(real), generator).to(real.device)
        scores.append(_value(statistic, real[order[:n]], real[order[n : n + m]]))
    return sum(scores) / splits


def measured(
    statistic: Statistic,
    samples: Tensor,
    reference: Tensor,
    more: Tensor,
    generator: torch.Generator | None = None,
    error: Statistic | None = None,
    splits: int = 10,
) -> Measured:
    """`statistic(samples, reference)` with its error and its floor.

    samples (n, ...) come from a model, reference (m, ...) and more (k, ...) are real and disjoint;
    k >= n, so that the floor compares as many samples as the value. The error is `error(samples,
    reference)`, by default `jackknife_error`. Raises ValueError for k < n.
    """
    check_callable(statistic, "statistic", "(x, y)")
    if error is not None:
        check_callable(error, "error", "(x, y)")
    for name, sample in (("samples", samples), ("reference", reference), ("more", more)):
        check_floating(sample, name)
        check_batch(sample, name)
        check_same_shape(sample[0], samples[0], f"a sample of {name}", "one of samples")
    if len(more) < len(samples):
        raise ValueError(
            f"more must hold at least as many real samples as samples does, {len(samples)}; "
            f"got {len(more)}"
        )
    if error is None:
        error = lambda x, y: jackknife_error(statistic, x, y, generator=generator)  # noqa: E731
    real, sizes = torch.cat([more, reference]), (len(samples), len(reference))
    return Measured(
        _value(statistic, samples, reference),
        error(samples, reference),
        split_floor(statistic, real, *sizes, generator, splits),
    )
