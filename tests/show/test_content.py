"""What a picture cannot be drawn from is refused by name, before anything is drawn; and the rest is drawn as it is."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from udm_lessons import show
from udm_lessons.data import PIXEL_MASK

IMAGES, POINTS = torch.zeros(2, 1, 3, 3), torch.zeros(4, 2)
REFUSED = {
    "rows": lambda: show.draw_images(IMAGES),
    "rows['x_0']": lambda: show.draw_images({"x_0": IMAGES[:0]}),
    "every image of rows['x_0']": lambda: show.draw_images({"x_0": torch.zeros(2, 3, 4, 4)}),
    "columns": lambda: show.draw_strings({"x_0": ["ann"]}, "one"),
    "rows['x_t']": lambda: show.draw_strings({"x_0": ["ann"], "x_t": "ann"}),
    "lines['loss']": lambda: show.draw_curves([1, 2], {"loss": [1.0, 2.0, 3.0]}, "t", "loss"),
    "yscale": lambda: show.draw_curves([1, 2], {"loss": [1.0, 2.0]}, "t", "loss", yscale="logit"),
    "panels['one']": lambda: show.clouds({"one": POINTS[:, :1]}, "Points."),
    "panels['one']['a']": lambda: show.histograms({"one": {"a": torch.tensor([0.0, np.nan])}}, "x", "A law."),
    "the values of panels['one']": lambda: show.paths({"one": ([0, 1, 2], POINTS)}, "t", "x", "Paths."),
    "values": lambda: show.draw_table([[1, 2], [3]], ["a", "b"], ["c", "d"], {}),
    "paths['way']": lambda: show.draw_table([[1, 2]], ["a"], ["c", "d"], {"way": [(0, 0, 0)]}),
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


def test_an_image_is_drawn_at_its_values_and_its_masks_in_orange():
    image = torch.tensor([[[0.5, -1.0], [PIXEL_MASK, 1.0]]])
    grey, cover = show.draw_images({"x_t": image[None]}).axes[0].images
    np.testing.assert_array_equal(grey.get_array(), image[0])
    assert cover.get_array()[..., 3].tolist() == [[0, 0], [1, 0]]
    plt.close("all")


def test_a_string_is_written_as_it_is_even_if_it_looks_like_a_formula():
    fig = show.draw_strings({"x_0": ["$a$", ""]})
    fig.canvas.draw()
    texts = fig.axes[0].texts
    assert [text.get_text() for text in texts[1:]] == ["$a$", "(empty)"]
    assert not texts[1].get_parse_math()
    plt.close("all")
