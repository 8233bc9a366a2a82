"""What a page does with the functions that its learner writes: recorded in the kernel while a solution runs.

The form of a call is what a check could overlook: the types, the number of dimensions, which sizes are equal, and
the values 0 and 1. Where a call has a new form, the other right answers of the exercise are tried on it too.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from udm_lessons.checks import Exercise
from udm_lessons.checks.exercise import parameter_names
from udm_lessons.checks.values import difference
from udm_lessons.exercises import all_exercises

_FIRST, _EVERY = 200, 50  # what is called thousands of times is looked at now and then
_LOOSE = 1e-3  # pages work in single precision here and there
_CALLS: dict[str, list[str]] = {}
_MISFITS: list[str] = []
_FORMS: dict[str, bool] = {}  # exercises in which another right answer gives a tensor (True) or none (False)
_TURNED: dict[str, bool] = {}


def watched(exercise_id: str, function: Callable) -> Callable:
    """The function, whose calls from the page, not those of a check, are recorded."""
    exercise = next(e for e in all_exercises() if e.id == exercise_id)
    seen, calls = _CALLS.setdefault(exercise_id, []), [0]

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if _in_check() or (calls[0] > _FIRST and calls[0] % _EVERY and exercise_id not in _TURNED):
            return function(*args, **kwargs)
        case = tuple(inspect.signature(function).bind(*args, **kwargs).args)
        form = json.dumps(form_of(case))
        new = form not in seen
        given = _copied(case) if new else None
        output = function(*args, **kwargs)
        if exercise_id in _TURNED:
            return _turned(output, _TURNED[exercise_id])
        if new:
            seen.append(form)
            _try_others(exercise, given, _copied(output))
        return output

    return wrapper


def turn() -> None:
    """From now on, numbers and lists come back as tensors, and the reverse, where another right answer does so."""
    _TURNED.update(_FORMS)


def recorded() -> str:
    """All forms and all misfits so far, as JSON."""
    return json.dumps({"forms": _CALLS, "misfits": _MISFITS})


def form_of(case: tuple) -> list:
    """The form of a call: one entry for each input; equal sizes carry equal letters."""
    letters: dict[int, str] = {}
    return [_form(value, letters) for value in case]


def without_values(form: list[list]) -> list[list]:
    """A form in which it does not matter whether a number is 0 or 1."""
    return [_bare(entry) for entry in form]


def kinds_of(form: list) -> list[str]:
    """The bare kinds of the inputs: float, str, list of int, tensor of bool …"""
    return [entry[0] for entry in form]


def _bare(entry: list) -> list:
    if entry[0] in ("int", "float"):
        return entry[:1]
    bare: list = []
    for part in entry:
        part = _bare(part) if isinstance(part, list) else part
        if isinstance(part, str) or part not in bare:
            bare.append(part)
    return bare


def _form(value: Any, letters: dict[int, str]) -> Any:
    if isinstance(value, torch.Tensor | np.ndarray):
        sizes = [str(n) if n < 2 else letters.setdefault(n, chr(97 + len(letters))) for n in value.shape]
        return [_kind(value), *sizes]
    if isinstance(value, list | tuple):
        forms = []
        for part in value:
            form = _form(part, letters)
            forms += [form] if form not in forms else []
        return [_kind(value), "empty" if not len(value) else "one" if len(value) == 1 else "several", *forms]
    if isinstance(value, str):
        return ["str", "empty" if not value else "text"]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [_kind(value), str(int(value)) if value in (0, 1) else "other"]
    return [_kind(value)]


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        kind = "bool" if value.dtype == torch.bool else "float" if value.is_floating_point() else "int"
        return f"tensor of {kind} with a gradient" if value.requires_grad else f"tensor of {kind}"
    if isinstance(value, np.ndarray):
        return "array"
    if isinstance(value, torch.Generator) or not callable(value):
        if isinstance(value, list | tuple):
            parts = sorted({_kind(part) for part in value})
            return f"{type(value).__name__} of {' or '.join(parts)}" if parts else type(value).__name__
        return type(value).__name__
    return "function"


def _in_check() -> bool:
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__") == "udm_lessons.checks.engine":
            return True
        frame = frame.f_back
    return False


def _copied(value: Any) -> Any:
    """A copy in which tensors are leaves; what cannot be copied is shared."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if type(value) in (list, tuple):
        return type(value)(_copied(part) for part in value)
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def _turned(value: Any, to_tensor: bool) -> Any:
    if isinstance(value, torch.Tensor) == to_tensor:
        return value
    return torch.from_numpy(np.array(value)) if to_tensor else value.tolist()


def _try_others(exercise: Exercise, case: tuple, expected: Any) -> None:
    if len(case) != len(parameter_names(exercise.reference)):
        return
    for k, other in enumerate(exercise.also_right):
        try:
            found = other(*_copied(case))
        except Exception as error:
            _MISFITS.append(f"{exercise.id} right answer {k}: {type(error).__name__} {error} on {form_of(case)}")
            continue
        if isinstance(found, torch.Tensor) != isinstance(expected, torch.Tensor):
            _FORMS[exercise.id] = isinstance(found, torch.Tensor)
        if getattr(exercise.compare, "independent", False):
            continue
        # The comparer of an exercise may know its own cases only.
        reason = difference(found, expected, _LOOSE, _LOOSE)
        if reason:
            _MISFITS.append(f"{exercise.id} right answer {k}: {reason} on {form_of(case)}")
