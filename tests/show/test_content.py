"""What a picture cannot be drawn from is refused by name, before anything is drawn; and the rest is drawn as it is."""

from __future__ import annotations

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from udm_lessons import show
from udm_lessons.data import PIXEL_MASK
from udm_lessons.show.style import MEANING, colours

IMAGES, POINTS = torch.zeros(2, 1, 3, 3), torch.zeros(4, 2)
REFUSED = {
    "rows": lambda: show.images(IMAGES, "Rows."),
    "rows['x_0']": lambda: show.images({"x_0": IMAGES[:0]}, "Rows."),
    "every image of rows['x_0']": lambda: show.images({"x_0": torch.zeros(2, 3, 4, 4)}, "Rows."),
    "columns": lambda: show.strings({"x_0": ["ann"]}, "Rows.", "one"),
    "rows['x_t']": lambda: show.strings({"x_0": ["ann"], "x_t": "ann"}, "Rows."),
    "lines['loss']": lambda: show.draw_curves([1, 2], {"loss": [1.0, 2.0, 3.0]}, "t", "loss"),
    "yscale": lambda: show.draw_curves([1, 2], {"loss": [1.0, 2.0]}, "t", "loss", yscale="logit"),
    "panels['one']": lambda: show.clouds({"one": POINTS[:, :1]}, "Points."),
    "panels['one']['a']": lambda: show.histograms({"one": {"a": torch.tensor([0.0, np.nan])}}, "x", "A law."),
    "the values of panels['one']": lambda: show.paths({"one": ([0, 1, 2], POINTS)}, "t", "x", "Paths."),
    "values": lambda: show.table([[1, 2], [3]], ["a", "b"], ["c", "d"], {}, "Numbers."),
    "paths['way']": lambda: show.table([[1, 2]], ["a"], ["c", "d"], {"way": [(0, 0, 0)]}, "Numbers."),
    "start": lambda: show.slider(print, "t", [0.0, 0.5], 0.3),
    "draw": lambda: show.text_box(None, "letters", "olv"),
    "fig": lambda: show.figure(None, "A caption.", "A picture."),
    "example": lambda: show.one_idea(example=100_000),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_is_refused_by_name(name):
    with pytest.raises((TypeError, ValueError)) as refusal:
        REFUSED[name]()
    assert str(refusal.value).startswith(f"{name} must")
    assert plt.get_fignums() == []


def test_curves_are_drawn_at_their_values_whatever_holds_them():
    y = [0.5, 0.25, float("nan")]
    for values in (y, tuple(y), np.array(y), torch.tensor(y), torch.tensor(y, requires_grad=True)):
        line = show.draw_curves(range(3), {"loss": values}, "t", "loss").axes[0].lines[0]
        np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
        np.testing.assert_array_equal(line.get_ydata(), y)
    plt.close("all")


@pytest.fixture
def page(monkeypatch):
    """The HTML of what was displayed last."""
    shown = []
    monkeypatch.setattr("udm_lessons.show.style.display", lambda data, raw: shown.append(data["text/html"]))
    return lambda: shown[-1]


def pictures_in(page: str) -> list[np.ndarray]:
    """The images of a page, one per row."""
    coded = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in coded]


def test_images_are_shown_at_their_values_and_their_masks_in_orange(page):
    two = torch.tensor([[[[0.5, -1.0], [PIXEL_MASK, 1.0]]], [[[3.0, -3.0], [0.0, 0.25]]]])
    show.images({"x_<t>": two, "x_0": two[:1]}, "Rows.", ["one", "two"])
    first, second = pictures_in(page())
    scale = first.shape[0] // 2
    pixels = first[scale // 2 :: scale, scale // 2 :: scale]
    assert first.shape == (2 * scale, 6 * scale, 4) and second.shape == (2 * scale, 3 * scale, 4)
    assert pixels[:, [0, 1, 3, 4], 0].tolist() == [[64, 255, 0, 255], [230, 0, 128, 96]]
    assert pixels[1, 0].tolist() == [230, 159, 0, 255] and pixels[0, 0].tolist() == [64, 64, 64, 255]
    assert not pixels[:, [2, 5], 3].any()  # the gaps let the page through
    assert "x_&lt;t&gt;" in page() and "pixelated" in page() and "from top to bottom: x_&lt;t&gt;; x_0" in page()


def test_a_grid_of_images_is_small(page):
    """A tenth of what a plotting library makes of it."""
    show.images({f"t = {k}": torch.rand(6, 1, 8, 8) * 2 - 1 for k in range(6)}, "Rows.")
    assert len(page()) < 20_000


def test_strings_are_text_even_if_they_look_like_a_formula_or_like_html(page):
    show.strings({"x_0": ["$a$", "", "<b>"]}, "Rows.", ["one"])
    assert "$" not in page().replace("&#36;", "").replace("A table of strings. x_0: $a$, empty", "")
    assert "(empty)" in page() and "&lt;b&gt;" in page() and "<img" not in page()


def test_names_stand_at_their_lines_in_their_colours_and_apart():
    lines = {"keep": [3.0, 1.0], "redraw": [2.0, 1.01], "a third": [5.0, 4.0], "real": [0.0, 0.99]}
    axis = show.draw_curves([0, 1], lines, "t", "loss").axes[0]
    places = {text.get_text(): (text.get_position()[1], text.get_color()) for text in axis.texts}
    assert {line.get_label(): line.get_color() for line in axis.lines} == {name: colour for name, (_, colour) in places.items()}
    heights = sorted(height for height, _ in places.values())
    assert min(np.diff(heights)) > 0.05 and [n for n in sorted(places, key=lambda n: places[n][0])][-1] == "a third"
    assert axis.get_legend() is None
    plt.close("all")


def test_a_colour_means_one_thing():
    many = colours(["Keep, 20 steps", "redraw", "keep again", "nothing known"])
    assert many["Keep, 20 steps"] == MEANING["keep"] and many["redraw"] == MEANING["redraw"]
    assert len(set(many.values())) == 4
    apart = colours(["delta, 8 steps", "delta, 128 steps", "redraw"], apart=True)
    assert list(apart.values()) == [MEANING["delta"], MEANING["delta"], MEANING["redraw"]]
    assert len(colours([f"line {k}" for k in range(9)])) == 9
