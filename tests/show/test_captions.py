"""Captions and questions live in tables beside the code; each is used, by its own lesson, and none is missing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from udm_lessons import show
from udm_lessons.show.captions import caption_of, _table, question_of
from udm_lessons.show.questions import _answer

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))
KEY = re.compile(r"\d\d\.[a-z][a-z0-9-]*")
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def keys_in(source: str) -> dict[str, list[str]]:
    """The keys in the calls of `show`, those of captions and those of questions."""
    found: dict[str, list[str]] = {"caption": [], "expect": []}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("show."):
            words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            found["expect" if ast.unparse(node.func) == "show.expect" else "caption"] += filter(KEY.fullmatch, words)
    return found


@each_lesson
def test_each_caption_is_used_once_and_none_is_missing(path):
    lesson, used = path.stem[:2], keys_in(path.read_text(encoding="utf-8"))
    table = _table(lesson)
    assert sorted(used["caption"]) == sorted(f"{lesson}.{name}" for name in table if name != "expect")
    assert sorted(used["expect"]) == sorted(f"{lesson}.{name}" for name in table.get("expect", {}))


@each_lesson
def test_entries_are_complete(path):
    lesson = path.stem[:2]
    table = _table(lesson)
    for name, entry in table.items():
        if name != "expect":
            assert set(entry) <= {"title", "caption", "alt"} and entry["caption"].rstrip(")").endswith((".", "?", "!")), name
    for name in table.get("expect", {}):
        asked = question_of(f"{lesson}.{name}")
        assert asked.question.endswith("?") and asked.why.endswith(".")
        assert len(set(asked.choices)) == len(asked.choices) >= 2 and 0 <= asked.right < len(asked.choices)


def test_other_text_stands_for_itself():
    assert caption_of("Eight digits.", "alt") == ("Eight digits.", "alt", "")
    assert caption_of("00.six-chains", "rows")[1] == "rows"


@pytest.mark.parametrize("key", ["00.nothing-of-the-kind", "99.six-chains", "00.expect"])
def test_an_unknown_key_is_named(key):
    with pytest.raises(ValueError, match=key):
        caption_of(key)
    with pytest.raises(ValueError, match=key):
        question_of(key)


def test_a_figure_shows_what_its_key_stands_for(shown):
    show.figure(plt.figure(), "00.six-ways")
    page = shown[0]["text/html"]
    assert "Six ways to destroy" in page and 'alt="A grid with six rows' in page


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, one bundle after the other."""
    bundles = []
    for module in ("style", "questions"):
        monkeypatch.setattr(f"udm_lessons.show.{module}.display", lambda data, raw: bundles.append(data))
    return bundles


@pytest.fixture
def asked(monkeypatch):
    """A question of a lesson that does not exist."""
    entry = {"question": "How many?", "choices": ["<one>", "two"], "right": 2, "why": "Count them."}
    monkeypatch.setattr("udm_lessons.show.captions._table", lambda lesson: {"expect": {"many": entry}})
    return "98.many"


def test_a_question_stands_there_as_text(asked, shown):
    show.expect(asked)
    data = shown[0]
    assert data["text/plain"] == "[question] How many?\n  - <one>\n  - two"
    assert "&lt;one&gt;" in data["text/html"] and "<details>" in data["text/html"] and "Count them." in data["text/html"]


def test_the_first_choice_is_final_and_answered(asked, shown, monkeypatch):
    made = []
    import ipywidgets

    plain = ipywidgets.RadioButtons
    monkeypatch.setattr(ipywidgets, "RadioButtons", lambda **options: made.append(plain(**options)) or made[-1])
    show.expect(asked)
    (choose,) = made
    assert choose.value is None and not choose.disabled
    choose.value = "<one>"
    assert choose.disabled
    assert _answer(question_of(asked), 0) == "You said “&lt;one&gt;”. <b>two</b> Count them."
    assert _answer(question_of(asked), 1) == "That is so. <b>two</b> Count them."
