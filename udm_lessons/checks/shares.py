"""Results that are sums of inputs, each with its factor: which factor is wrong.

Much of the course is of that form: x_t = alpha x0 + sigma eps. The factors are read off the outputs by least squares.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from .numeric import Pair, pairs_of
from .trial import Trial
from .values import mismatch


class _Fit(NamedTuple):
    """The factors before the inputs of one case, in the result and in the right result."""

    names: list[str]
    mine: torch.Tensor
    right: torch.Tensor


def wrong_share(trial: Trial) -> str | None:
    """Names the inputs whose factors are wrong, if all results are sums of inputs."""
    wrong = [pair for pair in pairs_of(trial) if bool(mismatch(pair.got, pair.right).any())]
    fits = [fit for pair in wrong if (fit := _fit(trial, pair))]
    if not fits or len(fits) < len(wrong) / 2:
        return None
    names = fits[0].names
    if any(fit.names != names for fit in fits):
        return None
    apart = torch.stack([mismatch(fit.mine, fit.right) for fit in fits]).any(0).tolist()
    bad = [name for name, is_wrong in zip(names, apart, strict=True) if is_wrong]
    if not bad:
        return None
    if len(bad) == len(names):
        return f"Your result holds wrong shares of {_and(bad)}: check each factor by itself."
    sure = torch.stack([_equal(fit.mine, fit.right) for fit in fits]).all(0).tolist()
    good = [name for name, is_right in zip(names, sure, strict=True) if is_right]
    k = names.index(bad[0])
    turned = len(bad) == 1 and all(bool(~mismatch(fit.mine[k], -fit.right[k]).any()) for fit in fits)
    said = "stands with the wrong sign" if turned else "stand with wrong factors" if len(bad) > 1 else "stands with a wrong factor"
    rest = f" The share of {_and(good)} is right." if good else ""
    return f"In your result {_and(bad)} {said}.{rest}"


def _fit(trial: Trial, pair: Pair) -> _Fit | None:
    """The factors, if both results are sums of inputs with one factor each and the inputs tell them apart."""
    case, shape, size = trial.cases[pair.case], pair.right.shape, pair.right.numel()
    columns: dict[str, torch.Tensor] = {}
    for name, value in zip(trial.names, case, strict=False):
        if isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim:
            try:
                columns[name] = value.detach().double().expand(shape).flatten()
            except RuntimeError:
                continue
    if not 2 <= len(columns) < size:
        return None
    table = torch.stack(list(columns.values()), 1)
    if not bool(table.isfinite().all()) or int(torch.linalg.matrix_rank(table, rtol=1e-4)) < len(columns):
        return None
    found = []
    for numbers in (pair.got.flatten(), pair.right.flatten()):
        if not bool(numbers.isfinite().all()):
            return None
        factors = torch.linalg.lstsq(table, numbers[:, None]).solution[:, 0]
        if bool(mismatch(table @ factors, numbers).any()):
            return None
        found.append(factors)
    return _Fit(list(columns), *found)


def _equal(mine: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Much nearer than what passes: a factor that is nearly right is not called right."""
    return (mine - right).abs() <= 2e-6 * right.abs().clamp(min=0.1)


def _and(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
