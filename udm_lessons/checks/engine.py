r"""The judge that tries an answer on the cases of an exercise.

The reference is run on every case, then the answer. Each call gets its own copy of the arguments;
a ``torch.Generator`` is copied with its seed and its state, so that both see the same stream. If
the comparer is ``independent``, the reference gets differently seeded generators instead.

``judge`` answers with a ``Verdict`` and changes nothing, whatever the answer does (``guard``). An answer that
does not return is stopped (``patience``).
"""

from __future__ import annotations

from collections.abc import Callable

from .crash import Crash, locate
from .diagnosis import diagnose
from .exercise import Exercise, Failure, Verdict
from .guard import unchanged_names, unchanged_streams
from .memory import Memory, stale
from .patience import TookTooLong
from .precision import is_coarse
from .trial import Trial, strays

SLOW_HINT = (
    "It was stopped. Does a loop never end? Or does each call make two more, so that the work "
    "doubles with every step?"
)
_KEPT = (
    "Your function keeps something from one call to the next, in `{}`, and then gives an old result again{}. Does that memory "
    "know all that the result depends on?"
)
_RESEEDS = (
    "Your function seeds the generator that it is given, so that each call draws the same numbers, and so does all "
    "that comes after it. Whoever hands it over has seeded it."
)
_COARSE = (
    "One thing: your result has seven digits where sixteen were given. Somewhere it goes through single precision, as "
    "`torch.tensor(0.3)`, `torch.linspace` and `torch.zeros` do unless you say `dtype=torch.float64`."
)
_UNKNOWN = "This is none of the usual slips. Compare what you got with what is expected."
_UNKNOWN_IN_PART = "Right on {} of {} cases, and none of the usual slips. Look at what is special about the one below."


def judge(exercise: Exercise, answer: Callable, *, seed: int = 0) -> Verdict:
    """Try an answer on all cases of an exercise.

    Args:
        exercise: what is asked.
        answer: what the learner wrote.
        seed: another value shifts the seeds of all generators among the arguments.

    Returns:
        The verdict. A slip that explains all outputs is named first, then the kind of mistake.
    """
    with unchanged_streams():
        return _judge(Trial.of(exercise, answer, seed), Memory(answer))


def _judge(trial: Trial, memory: Memory) -> Verdict:
    exercise, answer = trial.exercise, trial.answer
    with unchanged_names():
        for outcome in trial.run_answer():
            if isinstance(outcome.error, TookTooLong):
                crash = locate(outcome.error, answer)
                return Verdict("crashed", exercise, SLOW_HINT, crash=crash, kind="too long")
    printed = next((outcome.printed for outcome in trial.got if outcome.printed), "")
    for outcome in trial.got:
        if isinstance(outcome.error, NotImplementedError):
            crash = locate(outcome.error, answer)
            if crash.is_stub:
                return Verdict("untouched", exercise, _untouched_hint(crash, answer))
    trial.compare()
    failing = trial.failing
    if not failing and not any(map(strays, trial.got, trial.expected)):
        with unchanged_names():
            fault = _fault_beside_the_cases(trial, memory)
        if fault:
            return Verdict("wrong", exercise, fault[1], kind=fault[0], printed=printed)
        said = f"{exercise.praise} {_COARSE}" if is_coarse(trial) else exercise.praise
        return Verdict("correct", exercise, said, printed=printed)
    return _wrong(trial, memory, printed)


def _fault_beside_the_cases(trial: Trial, memory: Memory) -> tuple[str, str] | None:
    """The kind of a fault that no case shows, and a sentence about it."""
    if trial.reseeds():
        return "drawing", _RESEEDS
    kept = memory.place()
    changed = stale(trial, memory) if kept else None
    return ("remembered", _KEPT.format(kept, f" where `{changed}` has changed")) if changed else None


def _wrong(trial: Trial, memory: Memory, printed: str) -> Verdict:
    exercise, failing = trial.exercise, trial.failing
    raised = [k for k in failing if trial.got[k].error]
    wrong = next((k for k in failing if k not in raised), None)
    failure = None
    if wrong is not None:
        inputs = {trial.name(k): value for k, value in enumerate(trial.cases[wrong])}
        failure = Failure(
            inputs, trial.got[wrong].output, trial.expected[wrong].output, trial.reasons[wrong]
        )
    if kept := _remembered(trial, memory):
        return Verdict("wrong", exercise, _KEPT.format(kept, ""), failure=failure, kind="remembered", printed=printed)
    if failing and not (wrong is not None and _returns_none(trial, wrong)):
        with unchanged_names():
            slip = next((slip for slip in exercise.slips if trial.is_slip(slip.answer)), None)
        if slip:
            return Verdict("wrong", exercise, slip.hint, slip.name, failure, kind="slip", printed=printed)
    if raised:
        crash = locate(trial.got[raised[0]].error, trial.answer)
        hint = _call_hint(crash, trial.names)
        return Verdict("crashed", exercise, hint, crash=crash, kind="crash", printed=printed)
    with unchanged_names():
        found = diagnose(trial)
    if found:
        return Verdict("wrong", exercise, found.hint, failure=failure, kind=found.kind, printed=printed)
    right, total = len(trial.cases) - len(failing), len(trial.cases)
    hint = _UNKNOWN_IN_PART.format(right, total) if right else _UNKNOWN
    return Verdict("wrong", exercise, hint, failure=failure, printed=printed)


def _remembered(trial: Trial, memory: Memory) -> str | None:
    """Where the answer keeps something, if each failing case is right as soon as that is forgotten."""
    place = memory.place()
    if not place or not trial.failing:
        return None
    for before in (memory.put_back, memory.emptied):
        if all(_right_after(before, trial, k) for k in trial.failing):
            return place
    return None


def _right_after(before: Callable, trial: Trial, k: int) -> bool:
    with before(), unchanged_names():
        again = trial.run(trial.answer, trial.cases[k], 0)
    return not trial.reason(again, trial.expected[k], trial.cases[k])


def _returns_none(trial: Trial, k: int) -> bool:
    return trial.got[k].output is None and trial.expected[k].output is not None


def _untouched_hint(crash: Crash, answer: Callable) -> str:
    name = getattr(answer, "__name__", None)
    if crash.function and name and crash.function != name:
        return f"Your function calls {crash.function}, which still raises NotImplementedError."
    return "Replace the line that raises NotImplementedError by your own, and run this cell again."


def _call_hint(crash: Crash, names: list[str]) -> str:
    if crash.in_call:
        return f"Your function is called with these inputs, in this order: {', '.join(names)}."
    return ""
