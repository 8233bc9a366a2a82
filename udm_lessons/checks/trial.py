"""One answer tried beside the reference on all cases of an exercise: what came back, what was done on the side."""

from __future__ import annotations

import copy
import functools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
import torch

from .compare import Comparer
from .exercise import Exercise, parameter_names
from .guard import Call, guarded, trusted
from .patience import TookTooLong
from .values import Reason, as_tensor, mismatch

_DRAWS, _SECONDS = 40, 0.1
_SALT = 1_000_003  # keeps the shifted seeds of one case apart from the seeds of the other cases


@dataclass(frozen=True)
class Outcome:
    """One call: what came back or was raised, and what the call did on the side."""

    output: Any = None
    error: BaseException | None = None
    printed: str = ""
    changed: str | None = None
    drew: bool = False  # from a global stream
    drew_globally: bool = False  # although a generator was given
    drew_as_told: bool = False
    left: tuple = ()  # the states of the generators
    gradients: tuple = ()


@dataclass
class Trial:
    """The outcomes of an answer and of the reference, case by case; ``reasons`` says where they differ."""

    exercise: Exercise
    answer: Callable
    cases: list[tuple]
    names: list[str]
    seed: int = 0
    expected: list[Outcome] = field(default_factory=list)
    got: list[Outcome] = field(default_factory=list)
    reasons: list[Reason | None] = field(default_factory=list)
    _lent: list[_Lent] = field(default_factory=list)
    _lenders: dict[tuple[int, FunctionType], Callable] = field(default_factory=dict)
    _known: dict[tuple[int, int], Outcome] = field(default_factory=dict)
    others: dict[tuple[int, int], list[tuple]] = field(default_factory=dict)  # a case with other values of one input

    @classmethod
    def of(cls, exercise: Exercise, answer: Callable, seed: int) -> Trial:
        """A trial whose reference has been run; run_answer() and compare() are to follow."""
        trial = cls(
            exercise, answer, [tuple(case) for case in exercise.cases()],
            parameter_names(exercise.reference), seed,
        )  # fmt: skip
        trial.expected = [trial.run(exercise.reference, case, 1) for case in trial.cases]
        return trial

    def run_answer(self) -> Iterator[Outcome]:
        """The outcomes of the answer, one case after the other."""
        for case in self.cases:
            self.got.append(self.run(self.answer, case, 0))
            yield self.got[-1]

    def compare(self) -> None:
        """Fills in the reasons."""
        trios = zip(self.got, self.expected, self.cases, strict=True)
        self.reasons = [self.reason(*trio) for trio in trios]

    @property
    def failing(self) -> list[int]:
        """The numbers of the cases on which the two differ."""
        return [k for k, reason in enumerate(self.reasons) if reason]

    @property
    def independent(self) -> bool:
        """Whether results are compared as laws, so that each side draws for itself."""
        return bool(getattr(self.exercise.compare, "independent", False))

    def run(self, function: Callable, case: tuple, stream: int) -> Outcome:
        """Calls a function on a copy of a case; streams 0, 1, 2 are those of answer, reference and slips."""
        ours = function is self.exercise.reference
        arguments = copy.deepcopy(case, {id(value): value for value in case if isinstance(value, torch.Tensor)} if ours else None)
        salt = _SALT * (3 * self.seed + stream * self.independent)
        generators = [value for value in arguments if isinstance(value, torch.Generator)]
        for generator in generators if salt else ():
            generator.manual_seed((generator.initial_seed() + salt) % 2**63)
        given = [generator.get_state() for generator in generators]
        sloped = [v for v in arguments if isinstance(v, torch.Tensor) and v.requires_grad]
        call, changed = (trusted(function, arguments), []) if ours else self._watched(function, case, arguments)
        used = any(
            not torch.equal(before, generator.get_state())
            for before, generator in zip(given, generators, strict=True)
        )
        return Outcome(
            _own(call.output), call.error, call.printed,
            self.name(changed[0]) if changed else None,
            call.drew_globally, call.drew_globally and bool(generators), used,
            tuple(generator.get_state().numpy().tobytes() for generator in generators),
            () if call.error else _gradients(call.output, sloped),
        )  # fmt: skip

    def _watched(self, function: Callable, case: tuple, arguments: tuple) -> tuple[Call, list[int]]:
        """The call, and the numbers of the inputs that it changed."""
        self._lent.clear()
        call = guarded(function, tuple(self._lending(k, value) for k, value in enumerate(arguments)))
        changed = [k for k in range(len(case)) if _differs(case[k], arguments[k])]
        return call, changed + [one.source for one in self._lent if one.tensor._version != one.version]

    def once(self, function: Callable, case: tuple) -> Outcome:
        """run(function, case, 0) for one of the `others`; what came out before is known."""
        key = id(function), id(case)
        if key not in self._known:
            self._known[key] = self.run(function, case, 0)
        return self._known[key]

    def right(self, case: int) -> Outcome:
        """The right result with the answer's random numbers; the one at hand, where no law is compared."""
        return self.run(self.exercise.reference, self.cases[case], 0) if self.independent else self.expected[case]

    def widened(self) -> Trial:
        """The cases and, behind them, drawn inputs: what a few cases share by chance, more of them do not."""
        if self.independent or self.exercise.inputs is None:
            return self
        wide = replace(self, cases=[*self.cases], got=[*self.got], expected=[*self.expected])
        began = time.process_time()
        for k in range(_DRAWS):
            if time.process_time() - began > _SECONDS:
                break
            case = tuple(self.exercise.inputs(random.Random(k)))
            mine = self.run(self.answer, case, 0)
            if isinstance(mine.error, TookTooLong):
                break
            if not mine.error:
                wide.cases.append(case)
                wide.got.append(mine)
                wide.expected.append(self.run(self.exercise.reference, case, 1))
        wide.compare()
        return wide

    def reseeds(self) -> bool:
        """Whether an answer whose law is right draws the same from two streams."""
        for case, right in zip(self.cases, self.expected, strict=True):
            if self.independent and right.drew_as_told:
                one, other = (self.run(self.answer, case, stream) for stream in (0, 2))
                return one.left == other.left
        return False

    def first_refused(self, answer: Callable) -> int | None:
        """The number of the first case on which an answer is not right; what follows it is not tried."""
        for k, (case, right) in enumerate(zip(self.cases, self.expected, strict=True)):
            got = self.run(answer, case, 0)
            if strays(got, right) or self.reason(got, right, case):
                return k
        return None

    def reason(self, got: Outcome, expected: Outcome, case: tuple) -> Reason | None:
        """Why two outcomes differ, or None."""
        if got.error or expected.error:
            same = type(got.error) is type(expected.error)
            return None if same else Reason("one of the two raises an error", "type")
        compare = self.exercise.compare
        inputs = (case,) if isinstance(compare, Comparer) else ()
        found = compare(got.output, expected.output, *inputs)
        return found or _gradients_differ(got.gradients, expected.gradients)

    def is_slip(self, slip: Callable) -> bool:
        """Whether the answer is the slip; two functions that only ever raise are not compared."""
        if all(outcome.error for outcome in self.got):
            return False
        for got, case in zip(self.got, self.cases, strict=True):
            slipped = self.run(slip, case, 2)
            try:
                reason = self.reason(got, slipped, case)
            except Exception:  # a comparer may not know what to make of what a slip returns
                return False
            if reason or _has_none(got) != _has_none(slipped):
                return False
        return True

    def _lending(self, k: int, value: Any) -> Any:
        """A function whose results are remembered in `_lent`, the same one each time; anything else as it is."""
        if not isinstance(value, FunctionType):
            return value
        if (k, value) not in self._lenders:

            @functools.wraps(value)
            def lends(*args: Any, **kwargs: Any) -> Any:
                output = value(*args, **kwargs)
                if isinstance(output, torch.Tensor):
                    self._lent.append(_Lent(k, output, output._version))
                return output

            self._lenders[k, value] = lends
        return self._lenders[k, value]

    def name(self, k: int) -> str:
        """What the k-th input is called."""
        return self.names[k] if k < len(self.names) else f"input {k + 1}"


class _Lent(NamedTuple):
    """A tensor that a function among the inputs gave out: it may be kept there, so it is not the answer's to change."""

    source: int
    tensor: torch.Tensor
    version: int


def _own(output: Any) -> Any:
    """A list or a dict as it is now: the answer may hold it and go on writing in it."""
    try:
        return copy.deepcopy(output) if isinstance(output, list | dict) else output
    except Exception:  # what cannot be copied is shown as it is
        return output


def strays(mine: Outcome, right: Outcome) -> bool:
    """Whether an input was changed on the way, or random numbers came from elsewhere."""
    return bool(
        mine.changed
        or mine.drew_globally > right.drew_globally
        or right.drew_as_told > mine.drew_as_told
    )


def _has_none(outcome: Outcome) -> bool:
    """Whether a gradient was asked for, and the result carries none."""
    return outcome.gradients == ("none",)


def _differs(before: Any, after: Any) -> bool:
    """Whether a tensor, an array or a container in an argument is not what it was."""
    if isinstance(before, list | tuple):
        return len(before) != len(after) or any(map(_differs, before, after))
    if isinstance(before, dict):
        return set(before) != set(after) or any(_differs(before[k], after[k]) for k in before)
    if isinstance(before, torch.Tensor | np.ndarray):
        if not isinstance(after, torch.Tensor | np.ndarray) or before.shape != after.shape:
            return True
        before, after = torch.as_tensor(before), torch.as_tensor(after)
        if torch.equal(before, after):
            return False
        both_nan = (before != before) & (after != after)
        return not bool(((before == after) | both_nan).all())
    plain = isinstance(before, int | float | str | bytes)
    return plain and isinstance(after, int | float | str | bytes) and before != after and before == before


def _gradients(output: Any, wanted: list[torch.Tensor]) -> tuple:
    """The slopes of the result in the inputs that asked for them before the call; "none" where the result has none."""
    if not wanted or not isinstance(output, torch.Tensor):
        return ()
    if not output.requires_grad:
        return ("none",)
    weights = torch.linspace(1, 2, max(output.numel(), 1), dtype=output.dtype)[: output.numel()]
    try:
        found = torch.autograd.grad(
            (output * weights.reshape(output.shape)).sum(), wanted, allow_unused=True
        )
    except RuntimeError:  # a graph that was freed, or broken by work in place
        return ("none",)
    return tuple(torch.zeros_like(v) if g is None else g for g, v in zip(found, wanted, strict=True))


def _gradients_differ(got: tuple, expected: tuple) -> Reason | None:
    if not expected or expected == ("none",):
        return None
    if not got or isinstance(got[0], str):
        return Reason("the result carries no gradient", "gradient")
    for mine, right in zip(got, expected, strict=True):
        one, other = as_tensor(mine), as_tensor(right)
        if one.shape != other.shape or mismatch(one.double(), other.double()).any():
            return Reason("the result is right, but its gradient is not", "gradient")
    return None
