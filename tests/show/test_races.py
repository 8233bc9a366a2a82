"""Races and grids, at their values."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from udm_lessons import show
from udm_lessons.show import races
from udm_lessons.show.style import MEANING, colours


@pytest.fixture
def figures(monkeypatch):
    """The figures that were shown, and their alt texts."""
    found = []
    monkeypatch.setattr(races, "figure", lambda fig, caption, alt: found.append((fig, alt)))
    yield found
    plt.close("all")


def test_a_race_has_its_slopes_drawn_from_the_upper_left(figures):
    show.race([5, 10, 20, 40], {"one": [0.4, 0.2, 0.1, 0.05], "two": [0.2, 0.05, 0.0125, 0.003]}, "error", "Two.", [1, 2])
    (axis,) = figures[0][0].axes
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    *methods, first, second = axis.get_lines()
    assert [line.get_label() for line in methods] == ["one", "two"]
    for slope, line in ((1, first), (2, second)):
        x, y = (np.log(values) for values in line.get_data())
        assert (np.diff(y) / np.diff(x))[0] == pytest.approx(-slope)
        assert (np.exp(x[0]), np.exp(y[0])) == pytest.approx((5, 1.8 * 0.4))
        assert np.exp(y[-1]) >= axis.get_ylim()[0] * 0.999 and x[-1] <= np.log(40) + 1e-9
    assert {"slope 1", "slope 2"} <= {text.get_text() for text in axis.texts}
    assert "one from 0.4 to 0.05" in figures[0][1]


def test_each_grid_has_a_line_of_its_own_with_a_tick_at_each_value(figures):
    rows = {"even": [1.0, 2.0, 3.0], "yours": [0.1, 1.0]}
    show.ticks(rows, "ratio", "Two.", "log", ("bends", 0.2, 0.9))
    (axis,) = figures[0][0].axes
    marked = [line for line in axis.get_lines() if line.get_marker() == "|"]
    assert [list(line.get_xdata()) for line in marked] == list(rows.values())
    assert [line.get_color() for line in marked] == [colours(rows)[name] for name in rows]
    assert marked[1].get_color() == MEANING["yours"]
    assert [set(line.get_ydata()) for line in marked] == [{0}, {1}]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["even", "yours"]
    assert "even, 3 from 3 to 1" in figures[0][1] and "bends" in {text.get_text() for text in axis.texts}


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: show.race([5, 10], {"a": [0.1, 0.0]}, "error", "One."), "lines['a']"),
        (lambda: show.race([0, 10], {"a": [0.1, 0.2]}, "error", "One."), "calls"),
        (lambda: show.race([5, 10], {"a": [0.1, 0.2]}, "error", "One.", [0]), "slopes"),
        (lambda: show.ticks({"a": []}, "r", "One."), "rows['a']"),
        (lambda: show.ticks({"a": [1.0]}, "r", "One.", band=("b", 2, 1)), "the low end of band"),
        (lambda: show.ticks({"a": [1.0]}, "r", "One.", "logit"), "xscale"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(call, name):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value).startswith(name)
