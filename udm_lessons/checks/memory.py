"""What an answer keeps from one call to the next: a memory whose key leaves something out gives old results again.

`Memory` finds the places where a function could keep something (global names that its code reads, cells, defaults,
attributes, caches of functools), and puts them back as they were. `stale` changes one input of a case after
another and looks whether the result is the one that a first call would give.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import CodeType, FunctionType
from typing import Any

import torch

from .trial import Outcome, Trial
from .values import difference

_TRIED = 4  # other values of an input, in each case
_CASES = 4
_CONTAINERS = (dict, list, set, bytearray)


class Memory:
    """The state that a function carries, as it was when the memory was made."""

    def __init__(self, function: Callable):
        self._caches: dict[str, Any] = {}
        self._held: list[tuple[str, Any, Any]] = []  # a container, and what it held
        self._spaces: list[tuple[dict, str, Any]] = []  # a global name that may be bound anew, and its value
        self._seen: set[int] = set()
        self._look(getattr(function, "__name__", "the function"), function)

    def place(self) -> str | None:
        """The name of a place that the calls have changed, or else of one that they could change; None if there is none."""
        names = [name for name, holder, before in self._held if _contents(holder) != _contents(before)]
        names += [name for space, name, before in self._spaces if space.get(name) is not before]
        names += [name for name, cache in self._caches.items() if cache.cache_info().currsize]
        return next(iter([*names, *(name for name, _, _ in self._held), *(name for _, name, _ in self._spaces)]), None)

    def forget(self) -> None:
        """Puts every place back as it was; caches of functools are emptied."""
        for _, holder, before in self._held:
            holder.clear()
            holder.extend(before) if isinstance(holder, list | bytearray) else holder.update(before)
        for space, name, before in self._spaces:
            space[name] = before
        for cache in self._caches.values():
            cache.cache_clear()

    @contextmanager
    def put_back(self) -> Iterator[None]:
        """A context that begins as it was when the memory was made, and ends so."""
        self.forget()
        try:
            yield
        finally:
            self.forget()

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """A context in which every container is empty; then all is as it was."""
        try:
            for _, holder, _ in self._held:
                holder.clear()
            yield
        finally:
            self.forget()

    def _look(self, name: str, value: Any) -> None:
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        if isinstance(value, _CONTAINERS):
            self._held.append((name, value, value.copy()))
        elif hasattr(value, "cache_clear") and hasattr(value, "__wrapped__"):
            value.cache_clear()
            self._caches[name] = value
            self._look(name, value.__wrapped__)
        elif isinstance(value, FunctionType):
            self._look_into(name, value)

    def _look_into(self, name: str, function: FunctionType) -> None:
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._look(f"a default of {name}", default)
        for cell, free in zip(function.__closure__ or (), function.__code__.co_freevars, strict=True):
            try:
                self._look(free, cell.cell_contents)
            except ValueError:  # nothing in it yet
                continue
        for attribute in tuple(vars(function).values()):
            self._look(f"an attribute of {name}", attribute)
        if function.__dict__:
            self._held.append((f"the attributes of {name}", function.__dict__, dict(function.__dict__)))
        space = function.__globals__
        for used in _names(function.__code__) & set(space):
            value = space[used]
            if not isinstance(value, FunctionType) or value.__globals__ is space:
                self._look(used, value)
            if used in _names(function.__code__, bound=True):
                self._spaces.append((space, used, value))


def stale(trial: Trial, memory: Memory) -> str | None:
    """The name of an input that the memory overlooks; None if every result is that of a first call."""
    for k, name in enumerate(trial.names):
        for case in range(min(_CASES, len(trial.cases))):
            others = other_cases(trial, case, k)
            if others:
                trial.run(trial.answer, trial.cases[case], 0)
            for changed, after in zip(others, [trial.run(trial.answer, changed, 0) for changed in others], strict=True):
                with memory.put_back():
                    first = trial.run(trial.answer, changed, 0)
                if _differ(after, first) or _right_without(trial, memory, changed, after):
                    return name
    chained = range(min(_CASES, len(trial.cases)))
    return trial.name(0) if any(_breaks_a_chain(trial, memory, case) for case in chained) else None


def _breaks_a_chain(trial: Trial, memory: Memory, case: int) -> bool:
    """Whether a call that begins where the one before ended, at t = s say, is not as a first call would be."""
    for changed in _going_on(trial.cases[case]):
        trial.run(trial.answer, trial.cases[case], 0)
        after = trial.run(trial.answer, changed, 0)
        with memory.put_back():
            if _differ(after, trial.run(trial.answer, changed, 0)):
                return True
    return False


def _going_on(case: tuple) -> Iterator[tuple]:
    """The case with one number in the place of another, which goes as far again: (t, s) -> (s, s - (t - s))."""
    numbers = [k for k, value in enumerate(case) if isinstance(value, int | float) and not isinstance(value, bool)]
    for a in numbers:
        for b in numbers:
            if case[a] != case[b]:
                changed = list(case)
                changed[a], changed[b] = case[b], 2 * case[b] - case[a]
                yield tuple(changed)


def _right_without(trial: Trial, memory: Memory, changed: tuple, after: Outcome) -> bool:
    """Whether an answer that differs from the reference agrees with it as soon as nothing at all is remembered."""
    right = trial.once(trial.exercise.reference, changed)
    if right.error or not _differ(after, right):
        return False
    with memory.emptied():
        first = trial.run(trial.answer, changed, 0)
    return not first.error and not _differ(first, right)


def _differ(one: Outcome, other: Outcome) -> bool:
    return bool(one.error) != bool(other.error) or difference(one.output, other.output, 1e-6, 1e-9) is not None


def other_cases(trial: Trial, case: int, k: int) -> list[tuple]:
    """The case with other values of input k; they need not be allowed by the exercise."""
    given = trial.cases[case]
    if k >= len(given) or isinstance(given[k], torch.Generator):
        return []
    if (case, k) not in trial.others:
        values = islice(_others(trial, case, k), _TRIED)
        trial.others[case, k] = [(*given[:k], value, *given[k + 1 :]) for value in values]
    return trial.others[case, k]


def _others(trial: Trial, case: int, k: int) -> Iterator[Any]:
    """Other values for an input: a little moved, changed in the middle alone, or those of the other cases."""
    value = trial.cases[case][k]
    if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel():
        yield value.detach() * 0.75 + 0.0625
        yield _changed_inside(value.detach())
        yield value.detach().flip(0).roll(1, -1) * 0.9 - 0.03125
    elif isinstance(value, float):
        yield value * 0.75
        yield value * 1.25 + 0.0625
    for other in trial.cases:
        if k < len(other) and type(other[k]) is type(value) and difference(other[k], value):
            if not isinstance(value, torch.Tensor) or value.shape == other[k].shape:
                yield other[k]
    if isinstance(value, int) and not isinstance(value, bool):
        yield value + 1


def _changed_inside(value: torch.Tensor) -> torch.Tensor:
    changed = value.clone()
    changed.reshape(-1)[value.numel() // 2] *= 0.9
    return changed


def _contents(holder: Any) -> list[int]:
    return [id(value) for value in ([*holder, *holder.values()] if isinstance(holder, dict) else holder)]


def _names(code: CodeType, bound: bool = False) -> set[str]:
    """The global names that a code reads, those of the functions inside it too; or only those that it may bind."""
    found = {
        instruction.argval
        for instruction in dis.get_instructions(code)
        if instruction.opname in (("STORE_GLOBAL",) if bound else ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"))
    }
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found.union(*(_names(code, bound) for code in inner))
