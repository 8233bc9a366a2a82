"""The exercises of the lessons, one package `lesson_NN` for each: what is asked, tried and said.

An exercise is data: a reference, the cases it is tried on, and the classic wrong answers with their
hints. `check` tries an answer, `progress` draws the map of what is done. May use every other wing.
"""

from ..checks import Course

_course = Course(__name__)
all_exercises, get = _course.all_exercises, _course.get
check, progress = _course.check, _course.progress

__all__ = ["all_exercises", "check", "get", "progress"]
