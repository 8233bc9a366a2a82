"""The table of notation against the lessons: a symbol first stands where the table says, and its name is in the code."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import notation as tool
import pytest

from udm_lessons import show
from udm_lessons.show.symbols import _Symbol, _symbols

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def formulas(lesson: str) -> str:
    """All that stands between dollars in the text of a lesson."""
    (path,) = (ROOT / "solutions").glob(f"{lesson}_*.py")
    text = " ".join(re.findall(r"(?m)^# (.*)$", path.read_text(encoding="utf-8")))
    return " ".join(re.findall(r"\$\$?(.+?)\$\$?", text))


@functools.cache
def code() -> str:
    files = [*(ROOT / "udm_lessons").rglob("*.py"), *(ROOT / "solutions").glob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def stands_in(symbol: _Symbol, lesson: str) -> bool:
    before = r"(?<![A-Za-z\\_{])" if symbol.tex[0].isalpha() else ""
    after = r"(?![A-Za-z_])" if symbol.tex.isalpha() else r"(?![A-Za-z])"
    return bool(re.search(before + re.escape(symbol.tex) + after, formulas(lesson)))


def misplaced(symbol: _Symbol) -> str:
    """What is wrong with the row, or nothing."""
    earlier = [f"{k:02}" for k in range(int(symbol.first))]
    if not stands_in(symbol, symbol.first):
        return f"{symbol.tex} does not stand in lesson {symbol.first}"
    return next((f"{symbol.tex} stands in lesson {lesson} already" for lesson in earlier if stands_in(symbol, lesson)), "")


@pytest.mark.parametrize("symbol", _symbols(), ids=lambda symbol: symbol.tex)
def test_a_symbol_first_stands_where_the_table_says(symbol):
    assert misplaced(symbol) == ""
    for name in symbol.code.split(", "):
        last = re.sub(r"\(.*\)", "", name.split(".")[-1])
        assert re.search(rf"\b{last}\b", code()), name


def test_control_a_wrong_lesson_is_noticed():
    (beta,) = [symbol for symbol in _symbols() if symbol.tex == r"\beta_t"]
    assert "does not stand" in misplaced(beta._replace(first="01"))
    assert "already" in misplaced(beta._replace(first="04"))


def test_the_table_is_in_order_and_names_each_symbol_once():
    assert [s.first for s in _symbols()] == sorted(s.first for s in _symbols())
    assert len({s.tex for s in _symbols()}) == len(_symbols())


def test_the_page_is_what_the_table_makes():
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page()


def test_a_lesson_shows_what_it_has_met(monkeypatch):
    shown = []
    monkeypatch.setattr("udm_lessons.show.symbols.display", lambda page: shown.append(page.data))
    show.notation("01")
    assert r"$\alpha_t$" in shown[0] and "$u_i$" in shown[0] and r"$\beta_t$" not in shown[0]
    for lesson in ("1", "x", 1, ""):
        with pytest.raises(ValueError, match="lesson must be"):
            show.notation(lesson)
