"""The ladder of hints: a rung says no more than it should, and every exercise has all of them."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from udm_lessons.exercises import all_exercises

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = all_exercises()
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)


def formulas(text: str) -> list[str]:
    """What stands between dollars and states something: more than a name or two symbols."""
    inside = [re.sub(r"\s|\\[,;!]", "", part) for part in re.findall(r"\$([^$]+)\$", text)]
    return [part for part in inside if len(part) > 14 and re.search(r"=|\\le|\\ge|\\sim|<|>|\\propto", part)]


def gives_away(law: str, text: str) -> list[str]:
    """The formulas of a law that stand in an earlier text, whole or their right sides."""
    squeezed = re.sub(r"\s|\\[,;!]", "", text)
    sides = [side for formula in formulas(law) for side in (formula, formula.split("=", 1)[-1])]
    return [side for side in sides if len(side) > 14 and side in squeezed]


@functools.cache
def page(lesson: str) -> str:
    """The text of a lesson as learners get it."""
    (path,) = (ROOT / "notebooks").glob(f"{lesson}_*.py")
    return path.read_text(encoding="utf-8").replace("\n# ", " ")


@each_exercise
def test_every_rung_is_there(exercise):
    assert 4 <= len(exercise.idea.split()) <= 60 and 4 <= len(exercise.why.split()) <= 80
    assert exercise.law


@each_exercise
def test_the_second_rung_is_in_words(exercise):
    """No equation in it, and no line of code."""
    assert formulas(exercise.idea) == []
    tried = re.sub(r"\$[^$=]*= *-?[\d.]+ *\$", "", exercise.idea)  # "at $s = 0$" is something to try
    assert not re.search(r"\$[^$]*=[^$]*\$", tried), exercise.idea
    assert not re.search(r"`[^`]*[-+*/=][^`]*`", exercise.idea), exercise.idea


@each_exercise
def test_no_earlier_rung_holds_the_law(exercise):
    texts = {"idea": exercise.idea, **{slip.name: slip.hint for slip in exercise.slips}}
    known = re.sub(r"\s|\\[,;!]", "", page(exercise.id[:2]))  # what the page gives is no secret
    told = {
        name: [formula for formula in gives_away(exercise.law, text) if formula not in known]
        for name, text in texts.items()
    }
    assert {name: found for name, found in told.items() if found} == {}


def test_control_a_formula_that_is_told_is_noticed():
    law = r"$x_t = \alpha_t x_0 + \sigma_t \varepsilon$ for all $t$"
    assert gives_away(law, r"Write $x_t=\alpha_t x_0+\sigma_t\,\varepsilon$.")
    assert gives_away(law, r"It is $\alpha_t x_0 + \sigma_t \varepsilon$.")
    assert gives_away(law, r"Something is missing beside $\sigma_t$.") == []
