"""Statistics with a stated false-alarm rate, and laws as dictionaries.

Every statistical test ends in one call of `assert_plausible`: it fails a right implementation with
probability at most `FALSE_ALARM`, shared equally (Bonferroni) among all of the test's comparisons.
Seeds are fixed, so that a verdict never changes from run to run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
import torch
from scipy import stats
from torch import Tensor

FALSE_ALARM = 1e-4


# SEEDS=17 make test draws all anew: over many such runs a test fails as rarely as it says, or says too little.
_SHIFT = 1_000_003 * int(os.environ.get("SEEDS", "0"))


def rng(seed: int = 0) -> torch.Generator:
    """A stream of random numbers of its own."""
    return torch.Generator().manual_seed(seed + _SHIFT)


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
