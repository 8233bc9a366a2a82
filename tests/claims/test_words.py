"""A docstring that says bound, exact, error, probability and the like is held by tests that exist (`words.py`)."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest

from claims.words import NO_CLAIM, WORDS

TESTS = Path(__file__).resolve().parents[1]
DOORS = ("data", "destroy", "rebuild", "flow", "learn", "measure", "exchange", "show", "train")
CLAIM = re.compile(
    r"\b(bounds?|exact(ly)?|errors?|probabilit(y|ies)|chances?|unbiased|bias(ed)?|never|always|uniform as before"
    r"|thousand parameters)\b",
    re.IGNORECASE,
)
METHODS = FunctionType, classmethod, staticmethod, property
# The name of a flow, and sentences that say what is raised.
NO_WORDS = re.compile(r"[Pp]robability[\s-]+flow|\bRaises\b.*?(\.(?=\s)|\Z)", re.DOTALL)


def claims(text: str | None) -> list[str]:
    """The words of a docstring that promise something."""
    text = " ".join(NO_WORDS.sub(" ", text or "").split())
    return [match[0] for match in CLAIM.finditer(text)]


def public() -> dict[str, object]:
    """Every class, method and function behind a door, as door.name or door.class.method."""
    found: dict[str, object] = {}
    for door in DOORS:
        module = importlib.import_module(f"udm_lessons.{door}")
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing):
                methods = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
                found |= {f"{door}.{name}.{key}": value for key, value in methods.items() if isinstance(value, METHODS)}
            if inspect.isclass(thing) or inspect.isroutine(thing):
                found[f"{door}.{name}"] = thing
    return found


CLAIMING = {name: claims(thing.__doc__) for name, thing in public().items() if claims(thing.__doc__)}


@functools.cache
def functions_of(file: str) -> set[str]:
    body = ast.parse((TESTS / file).read_text(encoding="utf-8")).body
    return {f.name for f in body if isinstance(f, ast.FunctionDef)}


@pytest.mark.parametrize("name", CLAIMING)
def test_what_a_docstring_claims_is_held(name):
    assert name in WORDS or name in NO_CLAIM, f"{name} says {', '.join(CLAIMING[name])}: name its test in words.py"


@pytest.mark.parametrize("name", WORDS)
def test_an_entry_names_tests_that_exist(name):
    tests = (WORDS[name],) if isinstance(WORDS[name], str) else WORDS[name]
    for test in tests:
        file, function = test.split("::")
        assert function in functions_of(file), test
    assert len(set(tests)) == len(tests) > 0


def test_no_entry_outlives_its_claim():
    assert {*WORDS, *NO_CLAIM} - {*CLAIMING} == set()
    assert not {*WORDS} & {*NO_CLAIM}


def test_words_are_found_and_what_is_raised_is_not():
    assert claims("An unbiased estimate, with its standard error.") == ["unbiased", "error"]
    assert claims("Raises ValueError for a chance above 1,\n and an error. It is\nnever too\nsmall.") == ["never"]
    assert claims("The probability flow, and the probability-flow\nODE.") == []
    assert claims("The probability\n flow of it; a probability that it flows.") == ["probability"]
    assert claims("Raises ValueError where it is not exact") == claims(None) == []
    assert claims("exactness, boundary, terror") == []
    assert len(CLAIMING) > 50 and "measure.bits_per_token" in CLAIMING and "flow.ReverseSde" not in CLAIMING
