"""Are two batches drawn from one law? P-values for numbers and tokens, column by column and jointly."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import fields, is_dataclass, replace

import numpy as np
import torch
from scipy import stats
from torch import Tensor

_MOST_COLUMNS, _PROJECTIONS, _SEEN_OFTEN = 24, 8, 10


def parts_of(noise: object) -> list[Tensor]:
    """The tensors that noise consists of: one tensor, a tuple or list of such, or the fields of a dataclass.

    Raises TypeError for anything else, and ValueError for parts with different numbers of samples.
    """
    parts = list(_parts(noise))
    if len({len(part) for part in parts if part.ndim}) != 1 or any(part.ndim == 0 for part in parts):
        shapes = ", ".join(str(tuple(part.shape)) for part in parts)
        raise ValueError(f"noise must have one entry for each sample in every part; got the shapes {shapes}")
    return parts


def _parts(noise: object):
    if isinstance(noise, Tensor):
        yield noise
    elif isinstance(noise, tuple | list) and noise:
        for part in noise:
            yield from _parts(part)
    elif is_dataclass(noise) and not isinstance(noise, type):
        for field in fields(noise):
            yield from _parts(getattr(noise, field.name))
    else:
        raise TypeError(f"noise must be a tensor, or a tuple or dataclass of tensors; got {type(noise).__name__}")


def p_values(a: object, b: object, generator: np.random.Generator) -> list[float]:
    """P-values of the hypothesis that two batches were drawn from one law.

    Ranks of numbers, column by column, their distances from the middle, sums along random directions and products of
    random pairs, by the test of Kolmogorov and Smirnov; columns of tokens, pairs of them, and whole rows by Pearson's chi-squared. At most 24
    columns, chosen at random.
    """
    real, whole = [], []
    for first, second in zip(parts_of(a), parts_of(b), strict=True):
        kind = real if first.is_floating_point() else whole
        kind.append([x.detach().flatten(1).cpu().numpy() for x in (first, second)])
    values = []
    if real:
        # What differs by rounding alone is one value: a residual of 1e-17 is no residual.
        x, y = (np.round(np.concatenate(side, 1).astype(float), 9) for side in zip(*real))
        values += _of_numbers(x, y, generator)
    if whole:
        values += _of_tokens(*(np.concatenate(side, 1) for side in zip(*whole)), generator)
    return values


def _of_numbers(x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> list[float]:
    some = generator.permutation(x.shape[1])[:_MOST_COLUMNS]
    x, y = _ranked(x, y)
    # A law that is too narrow or too wide shows in the distance from the middle.
    values = [_ks(form(x[:, k]), form(y[:, k])) for k in some for form in (np.asarray, np.abs)]
    for _ in range(_PROJECTIONS if x.shape[1] > 1 else 0):
        direction = generator.standard_normal(x.shape[1])
        values.append(_ks(x @ direction, y @ direction))
        i, j = generator.choice(x.shape[1], 2, replace=False)
        values.append(_ks(x[:, i] * x[:, j], y[:, i] * y[:, j]))
    return values


def _ks(x: np.ndarray, y: np.ndarray) -> float:
    """Ties make it cautious; the limit law is used, since the exact one is slow and the batches are large."""
    return float(stats.ks_2samp(x, y, method="asymp").pvalue)


def _ranked(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ranks among both, between -1 and 1, so that no column is loud."""
    ranks = stats.rankdata(np.concatenate([x, y]), axis=0)
    ranks = 2 * (ranks - 0.5) / len(ranks) - 1
    return ranks[: len(x)], ranks[len(x) :]


def _of_tokens(x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> list[float]:
    some = generator.permutation(x.shape[1])[:_MOST_COLUMNS]
    values = [_chi2(x[:, [k]], y[:, [k]]) for k in some] + [_chi2(x, y)]
    if x.shape[1] > 2:
        for _ in range(_PROJECTIONS):
            pair = generator.choice(x.shape[1], 2, replace=False)
            values.append(_chi2(x[:, pair], y[:, pair]))
    return values


def _chi2(x: np.ndarray, y: np.ndarray) -> float:
    """Homogeneity of two lists of outcomes; those seen fewer than 10 times in both together are pooled."""
    counts = [Counter(map(tuple, side.tolist())) for side in (x, y)]
    both = counts[0] + counts[1]
    common = [outcome for outcome, n in both.items() if n >= 2 * _SEEN_OFTEN]
    table = np.array([[count[outcome] for outcome in common] for count in counts], dtype=float).reshape(2, -1)
    rest = np.array([[len(x)], [len(y)]]) - table.sum(1, keepdims=True)
    if rest.sum() >= 2 * _SEEN_OFTEN:
        table = np.concatenate([table, rest], 1)
    if table.shape[1] < 2:
        return 1.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def rows_of(noise: object, rows: Tensor | slice) -> object:
    """The noise of some samples, in the form of the whole."""
    if isinstance(noise, Tensor):
        return noise[rows]
    if is_dataclass(noise):
        return replace(noise, **{field.name: rows_of(getattr(noise, field.name), rows) for field in fields(noise)})
    some = [rows_of(part, rows) for part in noise]
    return type(noise)(*some) if hasattr(noise, "_fields") else type(noise)(some)


def difference(x: object, y: object) -> float:
    """The largest difference of two batches; infinite if a shape or a dtype differs, or where one is nan."""
    if not isinstance(x, Tensor) or not isinstance(y, Tensor) or x.shape != y.shape or x.dtype != y.dtype:
        return float("inf")
    if x.numel() == 0:
        return 0.0
    gap = float(torch.where(x == y, 0.0, (x.double() - y.double()).abs()).max())
    return gap if gap == gap else float("inf")


def rise_p_value(a: Tensor, b: Tensor) -> float:
    """A p-value against "the mean of b is not above that of a", for independent numbers in [0, 1].

    Safe for any law of the numbers, hence cautious (Maurer and Pontil 2009, theorem 4, for both means).
    """
    a, b = a.double(), b.double()
    rise = float(b.mean() - a.mean())
    if rise <= 0:
        return 1.0
    slope = math.sqrt(2 * float(a.var())) / math.sqrt(len(a)) + math.sqrt(2 * float(b.var())) / math.sqrt(len(b))
    curve = 7 / 3 * (1 / (len(a) - 1) + 1 / (len(b) - 1))
    root = (math.sqrt(slope**2 + 4 * curve * rise) - slope) / (2 * curve)
    return min(1.0, 4 * math.exp(-(root**2)))


def odds_p_value(chance: Tensor, happened: Tensor) -> float:
    """A p-value against "each event happened with its stated chance": Bernstein's inequality, twice.

    Once for the number of events, once weighted by how far the chance is from a half.
    """
    chance = chance.double()
    surprise = happened.to(chance) - chance
    values = []
    for weight in (torch.ones_like(chance), 2 * chance - 1):
        total = abs(float((surprise * weight).sum()))
        spread = float((chance * (1 - chance) * weight**2).sum())
        values.append(2 * math.exp(-(total**2) / 2 / (spread + total / 3)) if total > 0 else 1.0)
    return min(1.0, 2 * min(values))
