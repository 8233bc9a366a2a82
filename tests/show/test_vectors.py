"""Named arrows in a plane."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from udm_lessons import show

MODULE = sys.modules[show.vectors.__module__]


@pytest.fixture
def drawn(monkeypatch):
    """The axes of what was drawn, and its alt text."""
    found = []
    monkeypatch.setattr(MODULE, "figure", lambda fig, caption, alt="": found.append((fig.axes, alt)))
    yield found
    plt.close("all")


def test_arrows_start_at_the_origin_or_where_they_are_told_to(drawn) -> None:
    show.vectors({"one": {"a": (1.0, 2.0), "b": ((1.0, 0.0), (2.0, -1.0)), "c": (1.0, -1.0)}}, "Arrows.", area="a")
    (axes, alt), = drawn
    arrows = [(note.xyann, note.xy) for note in axes[0].texts if getattr(note, "arrow_patch", None) is not None]
    np.testing.assert_allclose(arrows, [((0, 0), (1, 2)), ((1, 0), (2, -1)), ((0, 0), (1, -1))])
    (shade,) = axes[0].patches
    corners = shade.get_xy()[:4]
    np.testing.assert_allclose(corners, [(0, 0), (1, 2), (2, 1), (1, -1)])
    assert "a, b, c" in alt
    names = {note.get_text(): note.get_position() for note in axes[0].texts if note.get_text()}
    assert set(names) == {"a", "b", "c"} and names["a"][1] > 2 and names["c"][1] < -1 and 1 < names["b"][0] < 2


def test_names_at_one_place_are_moved_apart(drawn) -> None:
    show.vectors({"": {"a": (0.0, 1.0), "b": (0.01, 1.0), "c": (0.0, 0.99)}}, "Arrows.")
    (axes, _), = drawn
    places = [note.get_position() for note in axes[0].texts if note.get_text()]
    size = np.ptp(axes[0].get_ylim())
    apart = [abs(p[1] - q[1]) > 0.06 * size or abs(p[0] - q[0]) > 0.2 * size for p in places for q in places if p is not q]
    assert len(places) == 3 and all(apart)


def test_all_panels_have_the_scale_that_is_asked_for(drawn) -> None:
    show.vectors({"one": {"a": (1.0, 2.0)}, "two": {"a": (0.1, 9.0)}}, "Arrows.", reach=1.5)
    (axes, _), = drawn
    assert all(axis.get_xlim() == axis.get_ylim() == (-1.5, 1.5) for axis in axes[:2])


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: show.vectors({"one": {"a": (1.0, 2.0, 3.0)}}, "Arrows."), r"panels\['one'\]\['a'\]"),
        (lambda: show.vectors({"one": {"a": (1.0, float("nan"))}}, "Arrows."), r"panels\['one'\]\['a'\]"),
        (lambda: show.vectors({"one": {"a": (1.0, 2.0)}}, "Arrows.", area="b"), "area"),
        (lambda: show.vectors({"one": {"a": (1.0, 2.0)}}, "Arrows.", reach=0.0), "reach"),
        (lambda: show.vectors({}, "Arrows."), "panels"),
        (lambda: show.vectors({"one": {"a": (1.0, 2.0)}}, "Arrows.", ("x",)), "labels"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_by_name(call, named) -> None:
    with pytest.raises((TypeError, ValueError), match=named):
        call()
    assert not plt.get_fignums()
