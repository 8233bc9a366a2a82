"""The notation of the course: one table, `notation.toml`, as a page and as what a lesson has met so far."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from IPython.display import Markdown, display

from .._arrays import quoted


class _Symbol(NamedTuple):
    """A symbol in TeX, what it is, its name in code, the lesson where it first stands, the Chinese term if there is one."""

    tex: str
    meaning: str
    code: str
    first: str
    chinese: str = ""


def notation(lesson: str = "14") -> None:
    """Shows the symbols that the course has met by the end of a lesson, such as "04", all of them unless told."""
    display(Markdown(notation_table(lesson)))


def notation_table(lesson: str = "14") -> str:
    """The same as a table in Markdown. Raises ValueError for anything but two digits."""
    if not isinstance(lesson, str) or len(lesson) != 2 or not lesson.isdecimal():
        raise ValueError(f'lesson must be two digits, such as "04"; got {quoted(lesson)}')
    lines = ["| symbol | what it is | in code | first in | 中文 |", "|---|---|---|---|---|"]
    for s in (symbol for symbol in _symbols() if symbol.first <= lesson):
        names = ", ".join(f"`{name}`" for name in s.code.split(", "))
        lines.append(f"| ${s.tex}$ | {s.meaning} | {names} | {s.first} | {s.chinese} |")
    return "\n".join(lines)


@cache
def _symbols() -> tuple[_Symbol, ...]:
    """All symbols, in the order in which the lessons meet them."""
    text = (resources.files(__package__) / "notation.toml").read_text(encoding="utf-8")
    return tuple(_Symbol(**entry) for entry in tomllib.loads(text)["symbol"])
