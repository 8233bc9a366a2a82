"""The exercises of the lessons, one package `lesson_NN` for each: what is asked, tried and said.

An exercise is data: a reference, the cases it is tried on, and the classic wrong answers with their
hints. `check` tries an answer, `hint` says more, `solution` shows one, `progress` draws the map of what is done.
Uses checks, destroy, rebuild and measure.
"""

from ..checks import Course

_course = Course(__name__)
all_exercises, get = _course.all_exercises, _course.get
check, hint, solution, progress = _course.check, _course.hint, _course.solution, _course.progress

__all__ = ["all_exercises", "check", "get", "hint", "progress", "solution"]
