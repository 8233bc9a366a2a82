"""The notation of the course: one table, `notation.toml`, as a page and as what a lesson has met so far."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from IPython.display import Markdown, display


class Symbol(NamedTuple):
    """A symbol in TeX, what it is, its name in code, the lesson where it first stands, the Chinese term if there is one."""

    tex: str
    meaning: str
    code: str
    first: str
    chinese: str = ""


def notation(lesson: str = "14") -> None:
    """Shows the symbols that the course has met by the end of a lesson, such as "04".

    Raises ValueError for a lesson before which nothing stands.
    """
    known = [symbol for symbol in symbols() if isinstance(lesson, str) and symbol.first <= lesson]
    if not known or len(lesson) != 2 or not lesson.isdigit():
        raise ValueError(f'lesson must be two digits, such as "04"; got {lesson!r}')
    display(Markdown(as_markdown(known)))


@cache
def symbols() -> tuple[Symbol, ...]:
    """All symbols, in the order in which the lessons meet them."""
    text = (resources.files(__package__) / "notation.toml").read_text(encoding="utf-8")
    return tuple(Symbol(**entry) for entry in tomllib.loads(text)["symbol"])


def as_markdown(rows: tuple[Symbol, ...] | list[Symbol]) -> str:
    """A table in Markdown."""
    lines = ["| symbol | what it is | in code | first in | 中文 |", "|---|---|---|---|---|"]
    for s in rows:
        lines.append(f"| ${s.tex}$ | {s.meaning} | {', '.join(f'`{name}`' for name in s.code.split(', '))} | {s.first} | {s.chinese} |")
    return "\n".join(lines)
