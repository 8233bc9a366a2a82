"""What stands below a picture, and what is asked before it: kept in `lessons/NN.toml`, apart from the code that a
learner reads.

    show.images(rows, "01.blur")       the caption is that of [blur] in lessons/01.toml
    show.expect("01.cruellest")        the question is that of [expect.cruellest]
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from .._arrays import quoted
from .content import text

_KEY = re.compile(r"(\d\d)\.([a-z][a-z0-9-]*)")


class Question(NamedTuple):
    """What is asked before a picture; `right` is the number of the right choice, from 0."""

    question: str
    choices: tuple[str, ...]
    right: int
    why: str


class Said(NamedTuple):
    """What stands below a picture, what is said to those who cannot see it, and the title above it, if it has one."""

    caption: str
    alt: str
    title: str = ""


def caption_of(caption: str, alt: str = "") -> Said:
    """The caption, the alt text and the title that a key stands for; any other text stands for itself.

    The alt text given is kept where the lesson has none of its own. Raises ValueError for an unknown key.
    """
    text(caption, "caption"), text(alt, "alt")
    if not _KEY.fullmatch(caption):
        return Said(caption, alt)
    return Said(**{"alt": alt, **_entry(caption, "caption")})


def question_of(key: str) -> Question:
    """The question that a key stands for. Raises ValueError for an unknown key."""
    found = _entry(text(key, "key"), "key", "expect")
    return Question(found["question"], tuple(found["choices"]), found["right"] - 1, found["why"])


def _entry(key: str, name: str, *path: str) -> dict:
    match = _KEY.fullmatch(key)
    table = _table(match[1]) if match else {}
    for step in path:
        table = table.get(step, {})
    known = [entry for entry in table if entry != "expect"]
    if not match or match[2] not in known:
        of = f"of lesson {match[1]}, one of {', '.join(known) or 'none'}" if match else 'such as "01.blur"'
        raise ValueError(f"{name} must be a name {of}; got {quoted(key)}")
    return table[match[2]]


@cache
def _table(lesson: str) -> dict[str, dict]:
    """All captions of a lesson, such as "01", by name; those in `expect` are its questions."""
    file = resources.files(__package__) / "lessons" / f"{lesson}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
