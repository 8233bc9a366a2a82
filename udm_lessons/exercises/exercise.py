"""An exercise as data: what is asked, how it is tried, and what is said about an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .compare import close
from .crash import Crash


@dataclass(frozen=True)
class Slip:
    """A classic wrong answer, and the hint a good teacher gives on seeing it.

    A hint may hold $mathematics$ and `code`. Where the answer raises, a learner's answer that
    raises the same type of error counts as equal; it must not raise on every case.
    """

    name: str
    answer: Callable
    hint: str


@dataclass(frozen=True)
class Exercise:
    """A function to write, how it is tried, and what is said about it.

    Attributes:
        id: lesson and number, such as "01.2".
        title: a few words.
        difficulty: 1, 2 or 3.
        minutes: how long it takes.
        points: what it is worth, at least 1.
        reference: a right answer; its parameter names name the inputs of a case.
        cases: returns fresh argument tuples, smallest first, the same ones each time.
        law: one sentence that says what must hold ($math$ allowed).
        slips: the classic wrong answers.
        compare: ``(got, expected) -> None`` if they agree, else a short reason.
        also_right: right answers that are written differently.
        false_alarm: the probability that a right answer is refused, at most 1e-4.
        praise: one sentence for a right answer ($math$ allowed).

    Raises:
        ValueError: if a number is out of range or two slips share a name.
    """

    id: str
    title: str
    difficulty: int
    minutes: int
    points: int
    reference: Callable
    cases: Callable[[], Sequence[tuple]]
    law: str
    slips: tuple[Slip, ...]
    compare: Callable[[Any, Any], str | None] = close()
    also_right: tuple[Callable, ...] = ()
    false_alarm: float = 0.0
    praise: str = ""

    def __post_init__(self) -> None:
        if self.difficulty not in (1, 2, 3):
            raise ValueError(f"difficulty of {self.id} must be 1, 2 or 3, not {self.difficulty}")
        if self.minutes < 1 or self.points < 1:
            raise ValueError(f"minutes and points of {self.id} must be at least 1")
        if not 0 <= self.false_alarm <= 1e-4:
            raise ValueError(f"false_alarm of {self.id} must be in [0, 1e-4]: {self.false_alarm}")
        names = [slip.name for slip in self.slips]
        if len(set(names)) < len(names):
            raise ValueError(f"slips of {self.id} must have different names: {names}")


@dataclass(frozen=True)
class Failure:
    """One case on which an answer is wrong."""

    inputs: dict[str, Any]
    got: Any
    expected: Any
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What ``judge`` found; ``status`` is "untouched", "crashed", "correct" or "wrong"."""

    status: str
    exercise: Exercise
    hint: str = ""
    slip: str | None = None
    failure: Failure | None = None
    crash: Crash | None = None
