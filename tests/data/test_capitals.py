"""Letters from typefaces."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib import font_manager, get_data_path
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from PIL import Image

from udm_lessons.data import FACES, letters
from udm_lessons.data import capitals as module


def test_parts_are_whole_typefaces_in_order() -> None:
    images, labels = letters(copies=2)
    train, heldout = letters("train", copies=2)[0], letters("heldout", copies=2)[0]
    assert images.shape == (16 * 26 * 2, 1, 32, 32) and images.dtype == torch.float32 and len(set(FACES)) == 16
    assert torch.equal(torch.cat([train, heldout]), images) and len(train) == 12 * 26 * 2
    assert torch.equal(labels, torch.arange(26).repeat_interleave(2).repeat(16))
    assert (images.min(), images.max()) == (-1, 1)
    for image in heldout[::7]:
        assert float((train - image).square().flatten(1).mean(1).min()) > 0.01


@pytest.mark.parametrize("letter, face", [("A", 0), ("Q", 5), ("M", 10), ("W", 15)])
def test_a_letter_covers_what_its_outline_encloses(letter: str, face: int) -> None:
    """Against matplotlib, which fills the outlines that it reads from the same file by a way of its own."""
    image = letters(size=128, copies=1)[0][26 * face + ord(letter) - ord("A"), 0]
    font = font_manager.FontProperties(fname=f"{get_data_path()}/fonts/ttf/{FACES[face]}.ttf")
    outline = TextPath((0, 0), letter, size=92, prop=font)
    box = outline.get_extents()
    ys, xs = np.mgrid[0:128, 0:128] + 0.5
    places = np.stack([xs.ravel() - 64 + (box.x0 + box.x1) / 2, 64 - ys.ravel() + (box.y0 + box.y1) / 2], 1)
    turns = sum(turns_round(places, part) for part in outline.to_polygons())
    inside = torch.tensor(turns != 0).reshape(128, 128)
    agree = ((image > 0) == inside).double().mean()
    assert agree > 0.975  # all but pixels at the edge, and a place rounded to whole pixels
    assert ((image > 0).roll(6, 1) == inside).double().mean() < agree - 0.02  # control: elsewhere


def turns_round(places: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """1 or -1 inside, by the direction of the outline: strokes that overlap add up, a hole takes away."""
    x, y = polygon.T
    area = (x[:-1] * y[1:] - x[1:] * y[:-1]).sum()
    return np.sign(area) * Path(polygon).contains_points(places)


def test_copies_are_moved_as_far_as_is_said() -> None:
    """The middle of the ink wanders within the shift and the ink grows with the square of the scale; one seed, one set."""
    upright = (letters(copies=1)[0][:26].repeat_interleave(6, 0) + 1).double()
    images = (letters()[0][: 26 * 6] + 1).double()
    places = torch.arange(32, dtype=torch.float64) + 0.5
    for axes in ((1, 2), (1, 3)):
        middles = [(x.sum(axes) * places).sum(1) / x.sum((1, 2, 3)) for x in (images, upright)]
        moved = (middles[0] - middles[1]).abs().max()
        assert 1.0 < float(moved) < 6 / 4 + 0.8  # and what a turn adds to a letter whose ink is not in the middle
    area = images.sum((1, 2, 3)) / upright.sum((1, 2, 3))
    assert 0.85**2 - 0.05 < float(area.min()) < 0.8 and 1.12 < float(area.max()) < 1.1**2 + 0.05
    assert not torch.equal(letters(seed=1)[0][:10], letters()[0][:10])
    assert torch.equal(letters()[0][:10], letters()[0][:10])


def test_an_affine_map_turns_scales_and_shifts_as_it_says() -> None:
    """Two dots of a page go where the map sends them; the map is written down here once more, forward."""
    def middle(picture: Image.Image) -> np.ndarray:
        ink = np.asarray(picture, dtype=float)
        ys, xs = np.mgrid[0:128, 0:128] + 0.5
        return np.array([(ink * xs).sum(), (ink * ys).sum()]) / ink.sum()

    for dot in ((90, 40), (50, 80)):
        page = Image.new("L", (128, 128))
        page.paste(255, (dot[0] - 2, dot[1] - 2, dot[0] + 2, dot[1] + 2))
        start = middle(page) - 64
        found = middle(module._moved(page, 1.0, 0.0, 1.0, 0.5, -1.0)) - 64
        angle, scale = np.radians(12), 1.1
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ start
        one = np.abs(found - (scale * turned + [3, -6])).max()
        turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ start
        other = np.abs(found - (scale * turned + [3, -6])).max()
        assert min(one, other) < 0.6 < max(one, other)
        slanted = middle(module._moved(page, 0.0, 1.0, 0.2, 0.0, 0.0)) - 64
        assert abs(slanted[1] - start[1]) < 0.4 and abs(abs(slanted[0] - start[0]) - abs(0.15 * start[1])) < 0.6


def test_another_part_or_size_is_refused() -> None:
    for call, named in (
        (lambda: letters("test"), "part"), (lambda: letters(size=30), "size"), (lambda: letters(size=2), "size"),
        (lambda: letters(copies=0), "copies"), (lambda: letters(seed=-1), "seed"), (lambda: letters(dtype=torch.int64), "dtype"),
    ):  # fmt: skip
        with pytest.raises((TypeError, ValueError), match=named):
            call()
