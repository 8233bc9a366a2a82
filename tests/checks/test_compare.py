"""When two results agree: numbers, parts, laws."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch

from udm_lessons.checks import both, close, close_on, equal, same_law


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A progress file of its own."""
    monkeypatch.setenv("UDM_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path


# Comparers

Pair = namedtuple("Pair", "u r")


@pytest.mark.parametrize(
    ("got", "expected", "agree"),
    [
        (torch.ones(2), torch.ones(2).double(), True),
        (torch.full((3,), 1 / 3), torch.full((3,), 1 / 3, dtype=torch.float64), True),
        (np.ones(2), torch.ones(2), True),
        ([1.0, 1.0], torch.ones(2), True),
        (torch.tensor([1, 2]), [1, 2], True),
        (1, torch.tensor(1.0), True),
        (torch.ones(1), 1.0, False),
        (torch.ones(2, requires_grad=True), torch.ones(2), True),
        (torch.tensor([1.0, 2.0]), torch.tensor([1, 2]), True),
        (torch.tensor([1.0, 2.00001]), torch.tensor([1, 2]), False),
        (torch.tensor([True]), torch.tensor([False]), False),
        (1e6 + 1.0, 1e6, True),
        (torch.tensor([1e6, 1.0]), torch.tensor([1e6, 0.0]), True),
        (1.001, 1.0, False),
        (1e-3, 2e-3, False),
        (float("nan"), 1.0, False),
        (float("inf"), 1.0, False),
        ("abc", "abc", True),
        ("abc", "abd", False),
        (Pair(1.0, [2]), (1.0, [2]), True),
        ((1.0, 2.0, 3.0), Pair(1.0, 2.0), False),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        (2**70, 2**70, True),
        (-(2**70), 2**70, False),
        (10**400, 2**70, False),
        (None, 1.0, False),
        (1.0, None, False),
        (torch.zeros(0, 3), torch.zeros(0, 3), True),
        (torch.complex(torch.ones(2), torch.zeros(2)), torch.ones(2, dtype=torch.cfloat), True),
    ],
)
def test_close(got, expected, agree):
    assert (close()(got, expected) is None) is agree


def test_equal_forgives_the_rounding_of_another_order_and_nothing_else():
    assert equal()(0.1 + 0.2, 0.3) is None
    assert equal()([0.25, 8.9e-16], [0.25, 0.0]) is None
    assert equal()(1.0 + 1e-6, 1.0) is not None
    assert equal()(10**9 + 1, 10**9) is not None and equal()(True, False) is not None


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 3**70, -(3**70), 10**400])
def test_whole_numbers_are_compared_exactly_however_large(number):
    """A float of the same size is not the number, unless it is."""
    for compare in (equal(), close()):
        assert compare(number, number) is None
        assert compare(number + 1, number) is not None
        assert compare(0, number) is not None and compare(number, 0) is not None
    assert (equal()(float(2**63), 2**63) is None) and equal()(float(3**70), 3**70) is not None
    assert equal()(np.float64(3**70), 3**70) is not None
    assert equal()(np.int64(7), number) is not None and equal()(torch.tensor(7), number) is not None


def test_close_on_survives_outputs_of_another_form():
    compare = close_on(lambda y: y["a"])
    assert compare({"a": 1.0, "b": 3}, {"a": 1.0, "b": 2}) is None
    assert compare({"a": 2.0}, {"a": 1.0}) is not None
    assert compare(3.0, {"a": 1.0}).kind == "type"


def test_same_law_refuses_no_more_often_than_it_says():
    """2000 pairs at alpha = 0.01: more than 40 refusals have probability below 1e-4."""
    draws = np.random.default_rng(0).normal(size=(2, 2000, 100))
    compare = same_law(lambda y: {"head": y[:50], "tail": y[50:]}, alpha=0.01)
    assert sum(compare(a, b) is not None for a, b in zip(*draws, strict=True)) <= 40
    shifted = sum(compare(a + 1.2, b) is not None for a, b in zip(*draws, strict=True))
    assert shifted > 1900


def test_same_law_looks_at_every_part():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(2, 2000, 2))
    compare = same_law(lambda y: {"left": y[:, 0], "right": y[:, 1]})
    assert compare(one, other) is None
    for part, column in (("left", 0), ("right", 1)):
        bad = one.copy()
        bad[:, column] *= 2
        assert part in compare(bad, other)
    assert compare(one[:1999], other).kind == "shape"
    assert compare(one * np.nan, other) is not None
    assert compare.independent and compare.alpha == 1e-6


def test_both_asks_for_everything():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(2, 2000))
    compare = both(close_on(lambda y: y[0]), same_law(lambda y: {"rest": y[1:]}))
    one[0] = other[0]
    assert compare(one, other) is None and compare.p_value(one, other, ()) > 1e-3
    assert compare(np.r_[9.0, one[1:]], other) is not None
    assert compare(np.r_[one[0], one[1:] * 2], other) is not None
