r"""The judge that tries an answer on the cases of an exercise.

An answer is run on every case beside the reference. Each call gets its own copy of the arguments;
a ``torch.Generator`` is copied with its seed and its state, so that both see the same stream. If
the comparer is ``independent``, the reference gets differently seeded generators instead.

``judge`` answers with a ``Verdict`` and changes nothing: global random state is put back, and
warnings and stderr of the answer are dropped. An answer that does not return is stopped
(``patience``).
"""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .compare import Comparer, Reason, as_tensor
from .crash import Crash, locate
from .exercise import Exercise, Failure, Verdict, parameter_names
from .patience import TookTooLong, limit

_SLOW_HINT = (
    "It was stopped. Does a loop never end? Or does each call make two more, so that the work "
    "doubles with every step?"
)
_SALT = 1_000_003  # keeps the shifted seeds of one case apart from the seeds of the other cases


@dataclass(frozen=True)
class _Outcome:
    """One call: what came back or was raised, and what the call did on the side."""

    output: Any = None
    error: Exception | None = None
    changed: str | None = None
    drew_globally: bool = False
    drew_as_told: bool = False


def judge(exercise: Exercise, answer: Callable, *, seed: int = 0) -> Verdict:
    """Try an answer on all cases of an exercise.

    Args:
        exercise: what is asked.
        answer: what the learner wrote.
        seed: another value shifts the seeds of all generators among the arguments.

    Returns:
        The verdict. A slip that explains all outputs is named before any general hint.
    """
    cases = [tuple(case) for case in exercise.cases()]
    names = parameter_names(exercise.reference)
    salts = [_SALT * (3 * seed + k * _is_independent(exercise.compare)) for k in range(3)]

    got = []
    for case in cases:
        got.append(_run(answer, case, names, salts[0]))
        if isinstance(got[-1].error, TookTooLong):
            crash = locate(got[-1].error, answer)
            return Verdict("crashed", exercise, _SLOW_HINT, crash=crash)
    for outcome in got:
        if isinstance(outcome.error, NotImplementedError):
            crash = locate(outcome.error, answer)
            if crash.is_stub:
                return Verdict("untouched", exercise, _untouched_hint(crash, answer))
    expected = [_run(exercise.reference, case, names, salts[1]) for case in cases]
    reasons = [_reason(exercise.compare, *trio) for trio in zip(got, expected, cases, strict=True)]
    failing = [k for k, reason in enumerate(reasons) if reason]
    raised = [k for k in failing if got[k].error]
    wrong = next((k for k in failing if k not in raised), None)
    changed = next((outcome.changed for outcome in got if outcome.changed), None)
    strayed = any(
        mine.drew_globally > right.drew_globally or right.drew_as_told > mine.drew_as_told
        for mine, right in zip(got, expected, strict=True)
    )

    if not failing and not changed and not strayed:
        return Verdict("correct", exercise, exercise.praise)

    failure = None
    if wrong is not None:
        inputs = {_name(names, k): value for k, value in enumerate(cases[wrong])}
        failure = Failure(inputs, got[wrong].output, expected[wrong].output, reasons[wrong])
    if failing and (wrong is None or not _returns_none(got[wrong], expected[wrong])):
        for slip in exercise.slips:
            runs = (_run(slip.answer, case, names, salts[2]) for case in cases)
            if _same(exercise.compare, got, runs, cases):
                return Verdict("wrong", exercise, slip.hint, slip.name, failure)
    if raised:
        crash = locate(got[raised[0]].error, answer)
        return Verdict("crashed", exercise, _call_hint(crash, names), crash=crash)
    hint = _general_hint(failure, changed, strayed)
    return Verdict("wrong", exercise, hint, failure=failure)


def _run(function: Callable, case: tuple, names: list[str], salt: int) -> _Outcome:
    arguments = copy.deepcopy(case)
    generators = [value for value in arguments if isinstance(value, torch.Generator)]
    for generator in generators if salt else ():
        generator.manual_seed((generator.initial_seed() + salt) % 2**63)
    given = [generator.get_state() for generator in generators]
    state = torch.random.get_rng_state()
    torch.default_generator.manual_seed(0)
    fresh = torch.random.get_rng_state()
    output = error = None
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            with limit():
                output = function(*arguments)
    except Exception as caught:
        error = caught
    finally:
        drew = not torch.equal(fresh, torch.random.get_rng_state())
        torch.random.set_rng_state(state)
    changed = next(
        (_name(names, k) for k in range(len(case)) if _differs(case[k], arguments[k])), None
    )
    used = any(
        not torch.equal(before, generator.get_state())
        for before, generator in zip(given, generators, strict=True)
    )
    return _Outcome(output, error, changed, drew and bool(generators), used)


def _reason(compare: Callable, got: _Outcome, expected: _Outcome, case: tuple) -> str | None:
    if got.error or expected.error:
        same = type(got.error) is type(expected.error)
        return None if same else Reason("one of the two raises an error", "type")
    if isinstance(compare, Comparer):
        return compare(got.output, expected.output, case)
    return compare(got.output, expected.output)


def _same(compare: Callable, got: list[_Outcome], slip: Any, cases: list[tuple]) -> bool:
    """Whether the answer is the slip; two functions that only ever raise are not compared."""
    if all(outcome.error for outcome in got):
        return False
    return all(not _reason(compare, *trio) for trio in zip(got, slip, cases, strict=True))


def _is_independent(compare: Callable) -> bool:
    return bool(getattr(compare, "independent", False))


def _returns_none(got: _Outcome, expected: _Outcome) -> bool:
    return got.output is None and not got.error and expected.output is not None


def _general_hint(failure: Failure | None, changed: str | None, strayed: bool) -> str:
    if changed:
        return (
            f"Your function changes its input {changed} in place. It must leave its inputs alone: "
            "compute a new tensor, or work on a clone."
        )
    if failure:
        got, expected = failure.got, failure.expected
        if got is None and expected is not None:
            return "Your function returns None. Did you forget return?"
        kind = getattr(failure.reason, "kind", "value")
        if kind != "value":
            return f"The {kind} of your result is not right."
        if _is_finite(expected) and not _is_finite(got):
            return "Your result contains NaN or inf. Look for a division by zero, a log or a root."
    if strayed:
        return (
            "Your function draws random numbers, but not from the generator it was given. "
            "Pass it on to everything that draws, as in torch.rand(shape, generator=generator)."
        )
    return "This is none of the usual slips. Compare what you got with what is expected."


def _is_finite(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_finite(item) for item in value)
    tensor = as_tensor(value)
    return tensor is None or bool(tensor.isfinite().all())


def _differs(before: Any, after: Any) -> bool:
    """Whether a tensor or array in an argument is not what it was."""
    if isinstance(before, list | tuple):
        return len(before) != len(after) or any(map(_differs, before, after))
    if isinstance(before, dict):
        return set(before) != set(after) or any(_differs(before[k], after[k]) for k in before)
    if not isinstance(before, torch.Tensor | np.ndarray):
        return False
    before, after = torch.as_tensor(before), torch.as_tensor(after)
    if before.shape != after.shape:
        return True
    both_nan = (before != before) & (after != after)
    return not bool(((before == after) | both_nan).all())


def _name(names: list[str], k: int) -> str:
    return names[k] if k < len(names) else f"input {k + 1}"


def _untouched_hint(crash: Crash, answer: Callable) -> str:
    name = getattr(answer, "__name__", None)
    if crash.function and name and crash.function != name:
        return f"Your function calls {crash.function}, which still raises NotImplementedError."
    return "Replace the line that raises NotImplementedError by your own, and run this cell again."


def _call_hint(crash: Crash, names: list[str]) -> str:
    if crash.in_call:
        return f"Your function is called with these inputs, in this order: {', '.join(names)}."
    return ""
