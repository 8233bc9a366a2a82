"""Wrong answers that good habits make where they do not belong: a guard against zero, a memory, a seed.

A guard is right but for the smallest values, a memory is right until something changes that its key leaves out, and a
seed gives the right law once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch

from udm_lessons.checks import Exercise
from udm_lessons.checks.exercise import parameter_names

_STEPS = (0.05, 0.001)
_NEARLY_ONE = 1 - 1e-3


def habits(exercise: Exercise) -> Iterator[tuple[str, Callable]]:
    """All of them, for each input of the reference, with a word on what was done."""
    reference, names = exercise.reference, parameter_names(exercise.reference)
    cases = [tuple(case) for case in exercise.cases()]
    for k, name in enumerate(names):
        values = [case[k] for case in cases if k < len(case)]
        if any(isinstance(value, torch.Generator) for value in values):
            yield "generator seeded in place", with_changed(reference, k, lambda g: g.manual_seed(0))
            continue
        if any(map(_is_scale, values)):
            for step in _STEPS:
                yield f"{name} kept from 0 by {step}", with_changed(reference, k, lambda value, step=step: kept_from_zero(value, step))
            yield f"{name} kept below 1", with_changed(reference, k, _kept_below_one)
        if len(names) > 1:
            yield f"remembered without {name}", _remembering(reference, lambda case, k=k: (*case[:k], *case[k + 1 :]))
        if any(isinstance(value, torch.Tensor | list | str) for value in values):
            yield f"remembered by the size of {name}", _remembering(
                reference, lambda case, k=k: (*case[:k], _size(case[k]), *case[k + 1 :])
            )


def kept_from_zero(value: Any, step: float = 1e-3) -> Any:
    """A number, or the entries of a tensor, moved away from 0 to at least this distance; its sign is kept."""
    if isinstance(value, torch.Tensor):
        edge = torch.where(value < 0, -step, step).to(value)
        return torch.where(value.abs() < step, edge, value) if value.is_floating_point() else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return value if abs(value) >= step else -step if value < 0 else step


def _kept_below_one(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clamp(max=_NEARLY_ONE) if value.is_floating_point() and bool((value <= 1).all()) else value
    return min(value, _NEARLY_ONE) if isinstance(value, float) and 0 <= value <= 1 else value


def _is_scale(value: Any) -> bool:
    """Whether it is a number or a list of numbers, rather than data."""
    return isinstance(value, float) or (isinstance(value, torch.Tensor) and value.is_floating_point() and value.dim() < 2)


def with_changed(reference: Callable, k: int, change: Callable) -> Callable:
    """The reference, with one of its inputs changed."""
    return lambda *case: reference(*case[:k], change(case[k]), *case[k + 1 :])


def _remembering(reference: Callable, key_of: Callable) -> Callable:
    memory: dict = {}

    def answer(*case: Any) -> Any:
        key = repr([_frozen(value) for value in key_of(case)])
        if key not in memory:
            memory[key] = reference(*case)
        return copy.deepcopy(memory[key])

    return answer


def _frozen(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.dtype, value.tolist()
    if isinstance(value, torch.Generator):
        return value.get_state().sum()
    return [_frozen(part) for part in value] if isinstance(value, list | tuple) else value


def _size(value: Any) -> Any:
    return value.shape if isinstance(value, torch.Tensor) else len(value) if isinstance(value, list | str) else value
