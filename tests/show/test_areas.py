"""The area between two curves: how large it is said to be, how it is filled, what is refused."""

from __future__ import annotations

import importlib
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from udm_lessons import show

module = importlib.import_module("udm_lessons.show.areas")  # the door has the function of that name


@pytest.fixture
def drawn(monkeypatch):
    """The axes of what was drawn, and its alt text."""
    found = []
    monkeypatch.setattr(module, "figure", lambda fig, caption, alt="": found.append((fig.axes, alt)))
    yield found
    plt.close("all")


def test_the_area_counts_what_is_gained_less_what_is_lost(drawn):
    x = torch.linspace(0, 2, 201)
    panels = {"gain": (x, {"a": 0 * x, "b": 0 * x + 1.5}), "both": (x, {"a": 0 * x, "b": (x < 1.5).double() * 2 - 1})}
    show.areas(panels, ["x", "time t"], "Areas.")
    (axes, alt), = drawn
    assert [float(re.search("area (.*)", axis.texts[-1].get_text())[1].replace("−", "-")) for axis in axes] == pytest.approx([3.0, 1.0], abs=0.02)
    assert [axis.texts[1].xy[1] for axis in axes] == pytest.approx([1.5, 1.0])  # the name of b where it is above
    assert "gain, +3.000" in alt and [axis.get_xlabel() for axis in axes] == ["x", "time t"]
    for axis, reach in zip(axes, ((0.0, 1.5), (0.0, 1.0))):
        gained = np.concatenate([path.vertices for path in axis.collections[0].get_paths()])
        assert (gained[:, 1].min(), gained[:, 1].max()) == pytest.approx(reach)
    assert not axes[0].collections[1].get_paths() or axes[0].collections[1].get_paths()[0].vertices[:, 1].min() >= 0
    lost = np.concatenate([path.vertices for path in axes[1].collections[1].get_paths()])
    assert lost[:, 1].min() == pytest.approx(-1.0) and lost[:, 0].min() > 1.4


@pytest.mark.parametrize(
    "panel",
    [
        ([0.0, 1.0], {"a": [1.0, 2.0]}),
        ([0.0, 1.0], {"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [1.0, 2.0]}),
        ([1.0, 0.0], {"a": [1.0, 2.0], "b": [1.0, 2.0]}),
        ([0.0, 1.0], {"a": [1.0, 2.0], "b": [1.0, float("nan")]}),
        ([0.0, 1.0], {"a": [1.0, 2.0], "b": [1.0, 2.0, 3.0]}),
        [0.0, 1.0, 2.0],
    ],
)
def test_what_has_no_area_is_refused_by_name(panel):
    with pytest.raises((TypeError, ValueError), match=r"panels\['one'\]"):
        show.areas({"one": panel}, ["x"], "Areas.")
    with pytest.raises(ValueError, match="xlabels"):
        show.areas({"one": ([0.0, 1.0], {"a": [1.0, 2.0], "b": [2.0, 2.0]})}, ["x", "y"], "Areas.")
    assert not plt.get_fignums()
