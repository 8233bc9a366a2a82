"""The exercises of the lessons: ``check`` an answer, ``progress`` draws the map of what is done."""

from __future__ import annotations

from collections.abc import Callable

from . import progress as _progress
from . import render as _render
from .engine import judge
from .registry import all_exercises, get

__all__ = ["all_exercises", "check", "get", "judge", "progress"]


def check(exercise_id: str, answer: Callable) -> None:
    """Say whether an answer to an exercise is right, and what is wrong with it if it is not.

    Args:
        exercise_id: such as "01.2".
        answer: the function itself, not its result.

    Raises:
        NotImplementedError: if nothing is written yet.
        AssertionError: if the answer is wrong or stops with an error.
        TypeError: if the arguments are not an id and a function.
        ValueError: if there is no such exercise.
    """
    if not isinstance(exercise_id, str):
        raise _short_error(
            TypeError,
            "exercise_id must come first and be a string such as "
            f'"01.2", got {type(exercise_id).__name__}: check("01.2", my_function)',
        )
    if not callable(answer):
        raise _short_error(
            TypeError,
            f"answer must be a function, got {type(answer).__name__}: "
            "pass the function itself, without calling it",
        )
    verdict = judge(exercise_id, answer)
    _render.show(_render.panel_html(verdict), _render.panel_text(verdict))
    _progress.record(exercise_id, verdict.status)
    if verdict.status != "correct":
        kind = NotImplementedError if verdict.status == "untouched" else AssertionError
        raise _short_error(kind, f"{_render.headline(verdict)}: see the panel above.")


def progress() -> None:
    """Draw the map of the exercises: which are done, tried or open, and what they are worth."""
    exercises, done = all_exercises(), _progress.load()
    _render.show(_progress.map_html(exercises, done), _progress.map_text(exercises, done))


def _short_error(kind: type[Exception], line: str) -> Exception:
    """An error that IPython shows as one line, without a traceback."""
    error = kind(line)
    shown = line if kind is not TypeError else f"TypeError: {line}"
    error._render_traceback_ = lambda: [shown]
    error.__suppress_context__ = True
    return error
