"""Where an answer is right and where not, by sizes and by numbers: told apart by one cut, on cases and drawn inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from .trial import Trial
from .values import as_number_tensor

_LEAST = 3  # of either kind, or chance would tell them apart


def by_size(trial: Trial) -> str | None:
    """Right only where an input has as many rows as columns, or one column."""
    for name, values in _inputs(trial):
        shapes = [_shape(value) for value in values]
        right, wrong = _split(trial, shapes)
        if len(right) < _LEAST or len(wrong) < _LEAST:
            continue
        if all(n == m for n, m, *_ in right) and all(n != m for n, m, *_ in wrong):
            return f"Right only where `{name}` has as many rows as columns. Did you take the number of one for that of the other?"
        if all(m == 1 for _, m, *_ in right) and all(m > 1 for _, m, *_ in wrong):
            return f"Right only where `{name}` has one column. What becomes of the others?"
    return None


def by_value(trial: Trial) -> str | None:
    """Right only where an input has one certain value."""
    for name, values in _inputs(trial):
        right, wrong = _split(trial, [_number(value) for value in values])
        if len(right) >= _LEAST <= len(wrong) and len(set(right)) == 1 and right[0] not in wrong:
            if right[0] in (0, 1):  # most terms or factors drop out there
                return f"Right only where `{name}` is {right[0]:g}. What drops out there is missing elsewhere, or too much."
            return f"Right only where `{name}` is {right[0]:g}. Is that number written into your function?"
    return None


def by_number(trial: Trial) -> str | None:
    """Wrong only where an input, or an entry of it, lies beyond some number."""
    for name, values in _inputs(trial):
        for said, measure in _MEASURES.items():
            right, wrong = _split(trial, [measure(value) for value in values])
            if len(right) < _LEAST or len(wrong) < _LEAST:
                continue
            words = said.format(name)
            if max(right) < min(wrong):
                return f"Right on some cases and wrong on others: wrong where {words} is {min(wrong):.3g} or more, right up to {max(right):.3g}."
            if max(wrong) < min(right):
                return f"Right on some cases and wrong on others: wrong where {words} is {max(wrong):.3g} or less, right from {min(right):.3g} on."
    return None


def _shape(value: Any) -> tuple | None:
    """The shape of a tensor with rows and columns, or of the first one in a list."""
    if isinstance(value, list | tuple) and value:
        value = value[0]
    return tuple(value.shape) if isinstance(value, torch.Tensor) and value.ndim >= 2 else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _largest(value: Any) -> float | None:
    numbers = as_number_tensor(value) if isinstance(value, torch.Tensor | list) else None
    return float(numbers.double().abs().max()) if numbers is not None and numbers.numel() else None


_MEASURES: dict[str, Callable[[Any], float | None]] = {"`{}`": _number, "the size of the largest entry of `{}`": _largest}


def _inputs(trial: Trial) -> Iterator[tuple[str, list]]:
    """The name of each input with its value in every case."""
    for k, name in enumerate(trial.names):
        yield name, [case[k] if k < len(case) else None for case in trial.cases]


def _split(trial: Trial, measured: list) -> tuple[list, list]:
    """What was measured on right cases and on wrong ones; nothing, if it could not be measured everywhere."""
    if any(value is None for value in measured):
        return [], []
    wrong = set(trial.failing)
    return [v for k, v in enumerate(measured) if k not in wrong], [v for k, v in enumerate(measured) if k in wrong]
