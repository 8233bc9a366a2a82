"""A table of numbers as text: what stands in it, what is marked, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from udm_lessons import show

ROWS = {"keep": [1.234, (0.5, 0.04)], "<redraw>": [1.231, "none"], "all": [2, (0.25, 0.1)]}


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr("udm_lessons.show.comparison.display", lambda data, raw: bundles.append(data))
    return bundles


def test_a_table_is_text_with_its_best_marked(shown):
    show.compare(ROWS, ["5 steps", "50 steps"], "Lower is better.", best="low")
    assert shown[0]["text/plain"].split("\n") == [
        "          5 steps      50 steps",
        "keep        *1.23   0.50 ± 0.04",
        "<redraw>    *1.23          none",
        "all          2.00  *0.25 ± 0.10",
        "Lower is better.",
    ]
    page = shown[0]["text/html"]
    assert "&lt;redraw&gt;" in page and page.count("<b>1.23</b>") == 2 and "<b>0.25</b>" in page and "<b>0.50</b>" not in page


def test_a_tensor_of_one_number_is_a_number(shown):
    rows = {"x": [torch.tensor(1.25, dtype=torch.float64), (torch.tensor(0.5), np.array(0.25))]}
    show.compare(rows, ["a", "b"], "Numbers.")
    assert shown[0]["text/plain"].split("\n")[1].split() == ["x", "1.25", "0.50", "±", "0.25"]
    with pytest.raises(TypeError, match="must hold numbers"):
        show.compare({"x": [torch.ones(1), 1.0]}, ["a", "b"], "Numbers.")


def test_nothing_is_marked_unless_asked_for_and_never_where_all_are_alike(shown):
    show.compare(ROWS, ["a", "b"], "Numbers.")
    show.compare({"x": [1.0], "y": [1.0]}, ["a"], "Numbers.", best="high")
    assert all("<b>" not in bundle["text/html"] for bundle in shown)


def test_what_is_no_number_is_never_the_best(shown):
    show.compare({"x": [math.nan], "y": [3.0], "z": [math.inf], "w": [1.0]}, ["a"], "Numbers.", best="high")
    assert "<b>3.00</b>" in shown[0]["text/html"] and shown[0]["text/html"].count("<b>") == 1


@pytest.mark.parametrize(
    ("rows", "error", "said"),
    [({"x": [1.0]}, ValueError, "must hold 2 cells"), ({"x": "ab"}, TypeError, "rows"), ({"x": [1.0, None]}, TypeError, "rows"),
     ({"x": [1.0, (1.0, 2.0, 3.0)]}, TypeError, "rows"), ([1.0], TypeError, "rows")],
)  # fmt: skip
def test_other_tables_are_refused(rows, error, said):
    with pytest.raises(error, match=said):
        show.compare(rows, ["a", "b"], "Numbers.")
