"""The exercises of all lessons, found by the name of their modules (``lesson_NN``)."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from types import ModuleType

from .exercise import Exercise

_PREFIX = "lesson_"


def lesson_numbers() -> tuple[str, ...]:
    """The numbers of the lessons that have exercises here, such as ("00", "01"), in order."""
    package = importlib.import_module(__package__)
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(n.removeprefix(_PREFIX) for n in names if n.startswith(_PREFIX)))


def lesson_module(number: str) -> ModuleType:
    """The module with the exercises of one lesson; imported on first use."""
    return importlib.import_module(f"{__package__}.{_PREFIX}{number}")


def all_exercises() -> tuple[Exercise, ...]:
    """Every exercise, in the order of the lessons."""
    return tuple(exercise for number in lesson_numbers() for exercise in _of_lesson(number))


def get(exercise_id: str) -> Exercise:
    """The exercise with this id.

    Raises:
        ValueError: if there is none; the message names ids that look alike.
    """
    number = exercise_id.partition(".")[0]
    if number in lesson_numbers():
        for exercise in _of_lesson(number):
            if exercise.id == exercise_id:
                return exercise
    ids = [exercise.id for exercise in all_exercises()]
    near = difflib.get_close_matches(exercise_id, ids, n=4, cutoff=0.5) or ids[:4]
    raise ValueError(f"there is no exercise {exercise_id!r}; did you mean {', '.join(near)}?")


@functools.cache
def _of_lesson(number: str) -> tuple[Exercise, ...]:
    exercises = tuple(lesson_module(number).EXERCISES)
    ids = [exercise.id for exercise in exercises]
    if len(set(ids)) < len(ids) or not all(i.startswith(f"{number}.") for i in ids):
        raise ValueError(f"ids of lesson {number} must be unique and start with {number}.: {ids}")
    return exercises
