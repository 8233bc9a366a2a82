"""Films, read back frame by frame; and points, bars and maps at their values."""

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
from udm_lessons.show import plots, points


@pytest.fixture
def page(monkeypatch):
    """The HTML of what was displayed last."""
    pages = []
    monkeypatch.setattr("udm_lessons.show.style.display", lambda data, raw: pages.append(data["text/html"]))
    yield lambda: pages[-1]
    plt.close("all")


def films(page: str) -> tuple[Image.Image, Image.Image]:
    """The film, and its still."""
    data = [base64.b64decode(found) for found in re.findall("webp;base64,([^\"]+)", page)]
    still, moving = (Image.open(io.BytesIO(each)) for each in data)
    return moving, still


def test_a_film_shows_each_frame_and_stays_at_the_last(page):
    rows = {"one": 2 * torch.rand(5, 2, 1, 4, 6) - 1, "two": 2 * torch.rand(5, 3, 1, 4, 6) - 1}
    rows["two"][:, :, :, 0] = PIXEL_MASK
    show.film(rows, "A film.", 2.0)
    moving, still = films(page())
    assert moving.n_frames == 5 and moving.info["loop"] == 1
    for k in range(5):
        moving.seek(k)
        seen = np.asarray(moving.convert("RGBA")).astype(int)
        assert seen.shape == (2 * 5, 3 * 7, 4)
        for line, row in enumerate(rows.values()):
            for n, image in enumerate(row[k, :, 0]):
                tile = seen[5 * line : 5 * line + 4, 7 * n : 7 * n + 6]
                masked = (image == PIXEL_MASK).numpy()
                assert (tile[masked][:, :3] == (230, 159, 0)).all()
                grey = (1 - image.numpy()[~masked]) * 127.5
                assert np.abs(tile[~masked][:, 0] - grey).max() <= 255 / 13 / 2 + 1
        assert (seen[4, :, 3] == 0).all() and (seen[:, 6, 3] == 0).all()
    assert np.array_equal(np.asarray(still.convert("RGBA")), np.asarray(moving.convert("RGBA")))
    assert 'media="(prefers-reduced-motion: reduce), print"' in page()


def test_a_film_of_noise_is_small(page):
    show.film({"noise": 2 * torch.rand(34, 12, 1, 32, 32) - 1}, "Noise.")
    assert len(page()) < 34 * 12 * 32 * 32 / 2 * 4 / 3 * 1.15 + 4000  # half a byte for a pixel, as text


def test_a_film_of_points_moves_them(page):
    still_ones = torch.zeros(1, 5, 2).expand(3, 5, 2)
    moved = torch.stack([torch.full((5, 2), 2.0 * k) for k in range(3)])
    show.film_clouds({"keep": still_ones, "redraw": moved}, "Points.", real=torch.tensor([[0.0, 4.0]]), titles=["a", "b", "c"])
    moving, still = films(page())
    frames = [np.asarray(moving.convert("RGB")) for k in range(3) if not moving.seek(k)]
    half = frames[0].shape[1] // 2
    assert moving.n_frames == 3
    changed = [[int((one[:, part] != other[:, part]).any(-1).sum()) for part in (slice(half), slice(half, None))] for one, other in zip(frames, frames[1:])]
    title = 60 * half  # the name of the frame is written below both
    assert all(right > 20 for _, right in changed) and all(left < title for left, _ in changed)
    assert np.array_equal(frames[-1], np.asarray(still.convert("RGB")))


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: show.film({"one": torch.zeros(2, 1, 4, 4)}, "A film."), r"rows\['one'\]"),
        (lambda: show.film({"one": torch.zeros(2, 1, 1, 4, 4), "two": torch.zeros(3, 1, 1, 4, 4)}, "A film."), r"rows\['two'\]"),
        (lambda: show.film({"one": torch.zeros(2, 1, 1, 4, 4)}, "A film.", 9.0), "seconds"),
        (lambda: show.film_clouds({"one": torch.zeros(2, 3, 3)}, "A film."), r"panels\['one'\]"),
        (lambda: show.film_clouds({"one": torch.full((2, 3, 2), torch.nan)}, "A film."), r"panels\['one'\]"),
        (lambda: show.film_clouds({"one": torch.zeros(2, 3, 2)}, "A film.", titles=["a"]), "titles"),
        (lambda: show.dots([1, 2], {"a": [1, 2]}, "x", "y", "Dots.", band=("real", 2, 1)), "band"),
        (lambda: show.dots([1, 2], {"a": [1, 2]}, "x", "y", "Dots.", errors={"b": [1, 2]}), "errors"),
        (lambda: show.dots([1, 2], {"a": [1, 2]}, "x", "y", "Dots.", errors={"a": [1, -2]}), "errors"),
        (lambda: show.arrows({"a": torch.zeros(2, 2)}, "Arrows."), r"panels\['a'\]"),
        (lambda: show.stack({"a": "one"}, "nats", "A stack."), r"terms\['a'\]"),
        (lambda: show.paths({"a": ([0, 1], torch.zeros(2, 2))}, "t", "x", "Paths.", ([0, 1], [0, 1], torch.ones(2, 3))), "density"),
        (lambda: show.draw_curves([1, 2], {"a": [1, 2]}, "t", "x", measured=["b"]), "measured"),
        (lambda: show.one_idea_moving("a b"), "word"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_by_name(call, named):
    with pytest.raises((TypeError, ValueError), match=named):
        call()
    assert not plt.get_fignums()


@pytest.fixture
def drawn(monkeypatch):
    """The axes of what was drawn, and its alt text."""
    found = []
    for module in (plots, points):
        monkeypatch.setattr(module, "figure", lambda fig, caption, alt="": found.append((fig.axes, alt)))
    yield found
    plt.close("all")


def test_arrows_lead_from_start_to_end(drawn):
    start, end = torch.rand(6, 2), torch.rand(6, 2)
    show.arrows({"one": (start, end)}, "Arrows.", real=torch.zeros(1, 2))
    (axes, _), = drawn
    (quiver,) = [found for found in axes[0].collections if hasattr(found, "U")]
    np.testing.assert_allclose(np.stack([quiver.X, quiver.Y], 1), start, rtol=1e-6)
    np.testing.assert_allclose(np.stack([quiver.U, quiver.V], 1), end - start, rtol=1e-5, atol=1e-7)


def test_dots_stand_at_their_values_beside_each_other_with_two_errors(drawn):
    values, errors = {"keep": [3.0, 2.0, 1.0], "redraw": [2.0, 2.5, 0.5]}, {"keep": [0.1, 0.2, 0.3], "redraw": [0.0, 0.1, 0.4]}
    show.dots([1, 2, 4], values, "steps", "error", "Dots.", ("real", 0.2, 0.9), errors, "log")
    (axes, alt), = drawn
    for line, (name, y) in zip(axes[0].containers, values.items()):
        points_, _, (bars,) = line.lines
        assert list(points_.get_ydata()) == y
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 4 * np.array(errors[name]), atol=1e-12)
    left, right = (line.lines[0].get_xdata() for line in axes[0].containers)
    assert (left < right).all() and (np.abs(np.log(left / [1, 2, 4])) < np.log(2) / 3).all()
    band = axes[0].patches[0].get_bbox()
    assert (band.y0, band.y1) == (pytest.approx(0.2), pytest.approx(0.9)) and "real: from 0.2 to 0.9" in alt


def test_a_stack_ends_at_its_sum(drawn):
    terms = {"a": 1.0, "b": 0.5, "c": -0.7}
    show.stack(terms, "nats", "A stack.")
    (axes, alt), = drawn
    spans = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in axes[0].patches]
    np.testing.assert_allclose(spans, [(0, 1), (1, 1.5), (1.5, 0.8)])
    assert "together 0.8" in alt


def test_a_map_is_darkest_where_the_law_is_densest(drawn):
    times, x = [0.0, 0.5, 1.0], [0.0, 1.0, 2.0, 3.0]
    p = torch.tensor([[4.0, 0.1, 0.0], [1.0, 0.2, 0.0], [0.0, 0.4, 0.0], [0.0, 0.1, 8.0]])
    show.paths({"one": (times, torch.zeros(2, 3))}, "t", "x", "Paths.", (times[::-1], x[::-1], p.flip(0).flip(1)))
    (axes, _), = drawn
    shown = axes[0].collections[0].get_array().reshape(4, 3)
    np.testing.assert_allclose(shown, p / p.max(0).values)


def test_the_lowest_point_is_ringed_and_what_was_measured_is_dotted():
    lines = {"falls": [3.0, 2.0, 1.0], "turns": [3.0, 1.0, 2.0]}
    axis = show.draw_curves([1, 2, 3], lines, "t", "loss", lowest=True, measured=["turns"], markers=False).axes[0]
    assert [tuple(ring.get_offsets()[0]) for ring in axis.collections] == [(2, 1.0)]
    assert [line.get_linestyle() for line in axis.get_lines()[:2]] == ["-", "None"]
    assert not show.draw_curves([1, 2, 3], lines, "t", "loss").axes[0].collections
    plt.close("all")


def test_the_film_of_the_story_begins_with_the_word_and_ends_with_letters():
    from udm_lessons.data import letters

    data = letters(copies=1)[0]
    for row in show.one_idea_moving("AB", seed=2).values():
        assert row.shape == (34, 2, 1, 32, 32)
        for place, letter in enumerate("AB"):
            near = (data - row[0, place]).abs().flatten(1).amax(1)
            assert near.min() < 0.07 and int(near.argmin()) % 26 == ord(letter) - ord("A")
            assert (data - row[-1, place]).abs().flatten(1).amax(1).min() < 0.07
            assert (data - row[13, place]).abs().flatten(1).amax(1).min() > 0.3
