"""An exercise as data: what is asked, how it is tried, and what is said about an answer."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, eq=False)
class Exercise:
    """A function to write, how it is tried, and what is said about it.

    The classic wrong answers follow it, each a short function below its hint, and right answers that
    are written differently. Both take, by name, those inputs of the reference that they use:

        @EXERCISE.slip("You mixed variance and standard deviation.")
        def variance(x0, eps, alpha, sigma):
            return alpha * x0 + sigma**2 * eps

        @EXERCISE.slip("The noise goes in at full strength.")
        def noise_not_scaled(**given):
            return reference(**given | {"sigma": 1.0})

    Attributes:
        id: lesson and number, such as "01.2".
        title: a few words.
        difficulty: 1, 2 or 3.
        minutes: how long it takes.
        points: what it is worth, at least 1.
        reference: a right answer; its parameter names name the inputs of a case.
        cases: returns fresh argument tuples, smallest first, the same ones each time.
        law: one sentence that says what must hold ($math$ allowed); the third rung of the ladder of hints.
        idea: what to test or to draw on paper, in words and without a formula; the second rung.
        why: one or two sentences on why the reference is right, shown beside it when it is asked for.
        inputs: draws a valid input, a tuple, from a ``random.Random``: all types, sizes and ranges, and
            the edges, that the text promises. Wrong answers are told from right ones on these.
        compare: ``(got, expected) -> None`` if they agree, else a short reason.
        false_alarm: the probability that a right answer is refused, at most 1e-4.
        praise: one sentence for a right answer ($math$ allowed).
        also_right: right answers that are written differently.
        slips: the classic wrong answers, in the order in which they are tried.

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
    compare: Callable[[Any, Any], str | None] = close()
    false_alarm: float = 0.0
    praise: str = ""
    idea: str = ""
    why: str = ""
    inputs: Callable[[random.Random], tuple] | None = None
    also_right: list[Callable] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.difficulty not in (1, 2, 3):
            raise ValueError(f"difficulty of {self.id} must be 1, 2 or 3, not {self.difficulty}")
        if self.minutes < 1 or self.points < 1:
            raise ValueError(f"minutes and points of {self.id} must be at least 1")
        if not 0 <= self.false_alarm <= 1e-4:
            raise ValueError(f"false_alarm of {self.id} must be in [0, 1e-4]: {self.false_alarm}")
        for k, slip in enumerate(self.slips):
            self._must_be_new(slip.name, self.slips[:k])

    def slip(self, hint: str) -> Callable[[Callable], Callable]:
        """Adds the function below as a classic wrong answer, under its own name, with its hint.

        Raises:
            TypeError: if it takes something that the reference does not.
            ValueError: if two slips share a name.
        """

        def add(function: Callable) -> Callable:
            self._must_be_new(function.__name__, self.slips)
            self.slips.append(Slip(function.__name__, self._answer(function), hint))
            return function

        return add

    def right(self, function: Callable) -> Callable:
        """Adds the function below as a right answer that is written differently.

        Raises:
            TypeError: if it takes something that the reference does not.
        """
        self.also_right.append(self._answer(function))
        return function

    def _answer(self, function: Callable) -> Callable:
        """The function, to be called with all inputs in their order; it gets those that it names."""
        inputs, wanted = parameter_names(self.reference), parameter_names(function)
        strange = [name for name in wanted if name not in inputs]
        if strange:
            raise TypeError(
                f"{function.__name__} of {self.id} must take inputs of the reference, "
                f"{', '.join(inputs)}; got {', '.join(strange)}"
            )
        parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
        takes_rest = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)

        def answer(*case: Any) -> Any:
            given = dict(zip(inputs, case, strict=True))
            return function(**(given if takes_rest else {name: given[name] for name in wanted}))

        return answer

    def _must_be_new(self, name: str, slips: Sequence[Slip]) -> None:
        if name in [slip.name for slip in slips]:
            raise ValueError(f"slips of {self.id} must have different names; got {name!r} twice")


@dataclass(frozen=True)
class Failure:
    """One case on which an answer is wrong."""

    inputs: dict[str, Any]
    got: Any
    expected: Any
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What ``judge`` found.

    Attributes:
        status: "untouched", "crashed", "correct" or "wrong".
        hint: a sentence; the praise of a right answer.
        slip: the name of the slip that explains all outputs, if there is one.
        failure: the first case that fails.
        crash: where the answer stopped with an error.
        kind: "slip", "crash", "too long", or the name of a diagnosis; empty if nothing is known.
        printed: what the answer printed, cut if it is long.
    """

    status: str
    exercise: Exercise
    hint: str = ""
    slip: str | None = None
    failure: Failure | None = None
    crash: Crash | None = None
    kind: str = ""
    printed: str = ""


def parameter_names(function: Callable) -> list[str]:
    """The names of the positional parameters of a function."""
    fixed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind in fixed]
