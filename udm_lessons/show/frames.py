"""Frames in rows: images, strings, and grids of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from .._arrays import check_positive
from ..data import PIXEL_MASK
from .content import entry, image, labelled, words
from .style import STYLE, figure


def draw_frame(axis, content: Tensor | str) -> None:
    """One image (1, height, width) or one string in an axis without frame."""
    if not isinstance(axis, Axes):
        raise TypeError(f"axis must be one of matplotlib's axes; got {type(axis).__name__}")
    if isinstance(content, str):
        written, colour = (content, "black") if content else ("(empty)", "#777777")
        axis.text(
            0.5, 0.5, written, ha="center", va="center", family="monospace", color=colour,
            transform=axis.transAxes, fontsize=11, parse_math=False,
        )
        return
    picture = image(content, "content").numpy()
    axis.imshow(picture, cmap="gray_r", vmin=-1, vmax=1)
    cover = np.zeros((*picture.shape, 4))
    cover[picture == PIXEL_MASK] = (0.90, 0.62, 0.0, 1.0)
    axis.imshow(cover)


def draw_images(rows: Mapping[str, Tensor], columns: Sequence[str] = (), size: float = 0.85) -> Figure:
    """A grid of grey images: one labelled row per entry (n, 1, height, width), values in [-1, 1].

    Values outside that range are clipped; PIXEL_MASK is drawn in orange.
    """
    pictures = {
        label: [image(one, f"every image of {entry('rows', label)}") for one in _batch(images, label)]
        for label, images in labelled(rows, "rows").items()
    }
    words(columns, "columns"), check_positive(size, "size")
    n = max(map(len, pictures.values()))
    with plt.rc_context(STYLE | {"axes.grid": False}):
        fig, axes = plt.subplots(
            len(rows), n, figsize=(size * n + 1.2, size * len(rows) + 0.4), squeeze=False
        )
    for axis in axes.flat:
        axis.axis("off")
    for line, (label, images) in zip(axes, pictures.items()):
        line[0].text(-0.15, 0.5, label, ha="right", va="center", transform=line[0].transAxes)
        for axis, one in zip(line, images):
            draw_frame(axis, one)
    for axis, title in zip(axes[0], columns):
        axis.set_title(title, fontsize=9)
    return fig


def _batch(images: Tensor, label: str) -> Tensor:
    if not isinstance(images, Tensor) or images.ndim < 3 or not len(images):
        got = f"shape {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
        raise ValueError(f"{entry('rows', label)} must be images, a tensor (n, 1, height, width); got {got}")
    return images


def images(rows: Mapping[str, Tensor], caption: str, columns: Sequence[str] = ()) -> None:
    """Shows `draw_images(rows, columns)` with a caption."""
    figure(draw_images(rows, columns), caption, f"Grey images, from top to bottom: {'; '.join(rows)}.")


def draw_strings(rows: Mapping[str, Sequence[str]], columns: Sequence[str] = ()) -> Figure:
    """A table of short strings in a fixed-width font, one labelled row per entry; "_" is a mask."""
    lengths = [len(words(strings, entry("rows", label))) for label, strings in labelled(rows, "rows").items()]
    words(columns, "columns")
    n = max(1, *lengths)
    widest = max((len(string) for strings in rows.values() for string in strings), default=0)
    cell = 0.13 * max(widest, 5) + 0.25
    with plt.rc_context(STYLE):
        fig = plt.figure(figsize=(cell * n + 1.4, 0.34 * (len(rows) + 1)))
    axis = fig.add_axes((0, 0, 1, 1))
    axis.set(xlim=(-1.3, cell * n), ylim=(-len(rows) + 0.4, 1.0))
    axis.axis("off")
    for column, title in enumerate(columns):
        axis.text(cell * column, 0.6, title, fontsize=9, va="center")
    for line, (label, strings) in enumerate(rows.items()):
        axis.text(-0.15, -line, label, ha="right", va="center", fontsize=10)
        for column, string in enumerate(strings):
            written, colour = (string, "black") if string else ("(empty)", "#777777")
            axis.text(
                cell * column, -line, written, va="center", family="monospace", fontsize=11, color=colour,
                parse_math=False,
            )
    return fig


def strings(
    rows: Mapping[str, Sequence[str]], caption: str, columns: Sequence[str] = ()
) -> None:
    """Shows `draw_strings(rows, columns)` with a caption."""
    fig = draw_strings(rows, columns)
    lines = (f"{label}: {', '.join(string or 'empty' for string in row)}" for label, row in rows.items())
    figure(fig, caption, f"A table of strings. {'; '.join(lines)}.")
