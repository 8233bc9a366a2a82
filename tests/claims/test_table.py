"""Every claim of the course is taught in one cell and held by a test that exists (`rows.py`)."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import jupytext
import pytest

from claims.rows import CLAIMS, OWNED

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def cells_of(lesson: str) -> list[str]:
    (path,) = (ROOT / "solutions").glob(f"{lesson}_*.py")
    return [cell.source for cell in jupytext.read(path).cells]


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
