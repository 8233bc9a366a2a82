"""A course: the exercises of a package, found by name, and the two calls that a learner makes."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from . import progress as record
from . import render
from .aside import Ended, aside
from .engine import SLOW_HINT, judge
from .exercise import Exercise, Verdict

_PREFIX = "lesson_"
_ENDED_HINT = "Your function ended the whole program, or asked for more memory than there is. It must return a result."


class Course:
    """The exercises of a package with a module or package `lesson_NN` for each lesson.

    Each of those holds `EXERCISES`, a tuple in the order of the lesson. A lesson is imported when one of
    its exercises is asked for.

    Args:
        package: its name, such as "udm_lessons.exercises".
    """

    def __init__(self, package: str):
        self.package = package
        self._of_lesson = functools.cache(self._load)

    def lesson_numbers(self) -> tuple[str, ...]:
        """The numbers of the lessons that have exercises, such as ("00", "01"), in order."""
        path = importlib.import_module(self.package).__path__
        names = (module.name for module in pkgutil.iter_modules(path))
        return tuple(sorted(n.removeprefix(_PREFIX) for n in names if n.startswith(_PREFIX)))

    def lesson(self, number: str) -> ModuleType:
        """The module with the exercises of one lesson."""
        return importlib.import_module(f"{self.package}.{_PREFIX}{number}")

    def all_exercises(self) -> tuple[Exercise, ...]:
        """Every exercise, in the order of the lessons."""
        return tuple(e for number in self.lesson_numbers() for e in self._of_lesson(number))

    def get(self, exercise_id: str) -> Exercise:
        """The exercise with this id.

        Raises:
            TypeError: if the id is no string.
            ValueError: if there is none; the message names ids that look alike.
        """
        if not isinstance(exercise_id, str):
            raise _short_error(
                TypeError, f'exercise_id must be a string such as "01.2", got {type(exercise_id).__name__}'
            )
        number = exercise_id.partition(".")[0]
        if number in self.lesson_numbers():
            for exercise in self._of_lesson(number):
                if exercise.id == exercise_id:
                    return exercise
        ids = [exercise.id for exercise in self.all_exercises()]
        near = difflib.get_close_matches(exercise_id, ids, n=4, cutoff=0.5) or ids[:4]
        raise ValueError(f"there is no exercise {exercise_id!r}; did you mean {', '.join(near)}?")

    def check(self, exercise_id: str, answer: Callable) -> None:
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
        exercise = self.get(exercise_id)
        rung = min(3, record.entry(exercise_id)["rung"] + 1)
        try:
            seen = aside(lambda: _Seen.of(judge(exercise, answer), rung))
        except Ended as end:
            hint = SLOW_HINT if end.hung else _ENDED_HINT
            seen = _Seen.of(Verdict("crashed", exercise, hint), rung)
        if seen.printed:
            print(seen.printed, end="" if seen.printed.endswith("\n") else "\n")
        render.show(seen.as_html, seen.as_text)
        record.record(exercise_id, seen.status)
        if seen.status != "correct":
            kind = NotImplementedError if seen.status == "untouched" else AssertionError
            raise _short_error(kind, f"{seen.headline}: see the panel above.")

    def hint(self, exercise_id: str) -> None:
        """Say a little more: first what to try, then the law.

        Raises:
            TypeError: if the id is no string.
            ValueError: if there is no such exercise.
        """
        exercise = self.get(exercise_id)
        rung = min(3, max(2, record.entry(exercise_id)["rung"] + 1))
        render.show(render.rung_html(exercise, rung), render.rung_text(exercise, rung))
        record.climb(exercise_id, rung)

    def solution(self, exercise_id: str) -> None:
        """Show an answer, and why it is right. The map marks an exercise whose answer was seen before it was done.

        Raises:
            TypeError: if the id is no string.
            ValueError: if there is no such exercise.
        """
        exercise = self.get(exercise_id)
        render.show(render.solution_html(exercise), render.solution_text(exercise))
        record.see(exercise_id)

    def progress(self) -> None:
        """Draw the map of the exercises: which are done, tried or open, and what they are worth."""
        exercises, done = self.all_exercises(), record.load()
        render.show(record.map_html(exercises, done), record.map_text(exercises, done))

    def _load(self, number: str) -> tuple[Exercise, ...]:
        exercises = tuple(self.lesson(number).EXERCISES)
        ids = [exercise.id for exercise in exercises]
        if len(set(ids)) < len(ids) or not all(i.startswith(f"{number}.") for i in ids):
            raise ValueError(
                f"ids of lesson {number} must be unique and start with {number}.: {ids}"
            )
        return exercises


class _Seen(NamedTuple):
    """What a check shows, as plain text that can be sent from one process to another."""

    status: str
    headline: str
    as_html: str
    as_text: str
    printed: str

    @classmethod
    def of(cls, verdict: Verdict, rung: int) -> _Seen:
        return cls(
            verdict.status, render.headline(verdict), render.panel_html(verdict, rung),
            render.panel_text(verdict, rung), verdict.printed,
        )  # fmt: skip


def _short_error(kind: type[Exception], line: str) -> Exception:
    """An error that IPython shows as one line, without a traceback."""
    error = kind(line)
    shown = line if kind is not TypeError else f"TypeError: {line}"
    error._render_traceback_ = lambda: [shown]
    error.__suppress_context__ = True
    return error
