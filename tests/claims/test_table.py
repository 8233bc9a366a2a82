"""Every claim of the course is taught in one cell and held by a test that exists (`rows.py`)."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import jupytext
import pytest

from claims.rows import CLAIMS, OWNED
from udm_lessons.show.captions import _table

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def cells_of(lesson: str) -> list[str]:
    (path,) = (ROOT / "solutions").glob(f"{lesson}_*.py")
    return [_as_read(cell.source) for cell in jupytext.read(path).cells]


def _as_read(source: str) -> str:
    """What a reader sees: links between lessons as words, keys of captions as the captions."""
    source = re.sub(r"\[([^\]]*)\]\([^)]*\.ipynb\)", r"\1", source)
    return re.sub(r'"(\d\d\.[a-z][a-z0-9-]*)"', lambda key: _caption(key[1]), source)


def _caption(key: str) -> str:
    name = key[3:]
    return _table(key[:2]).get(name, {}).get("caption", key)


@pytest.mark.parametrize("row", CLAIMS)
def test_a_claim_is_taught_and_held(row):
    lesson, words, test = CLAIMS[row]
    words = " ".join(words.split())
    teaching = [cell for cell in cells_of(lesson) if words in " ".join(cell.split())]
    assert len(teaching) == 1, f"{len(teaching)} cells of lesson {lesson} hold the words {words!r}"
    file, name = test.split("::")
    functions = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8")).body
    assert name in {f.name for f in functions if isinstance(f, ast.FunctionDef)}, test


@pytest.mark.parametrize("row", OWNED)
def test_no_row_is_left_out(row):
    assert any(row in claim.split() for claim in CLAIMS), f"no cell and no test for row {row}"
