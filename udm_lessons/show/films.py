"""Films: what moves, shown moving. A film plays once and ends on its last frame, which is its still too."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from torch import Tensor

from .._arrays import check_number
from .captions import Said, caption_of
from .content import entry, image, labelled, numbers, words
from .frames import scale_of, tiles
from .style import STYLE, colours, on_page

_STILL = "(prefers-reduced-motion: reduce), print"


def film(rows: Mapping[str, Tensor], caption: str, seconds: float = 4.0) -> None:
    """Shows grey images that change: one labelled row per entry (frames, n, 1, height, width), values as in `images`.

    All rows have as many frames and images of one size. The last frame stays; readers who asked their computer
    for less motion, and printers, get it alone. Raises ValueError for other shapes, or seconds outside (0, 5].
    """
    found = {label: _frames(row, entry("rows", label)) for label, row in labelled(rows, "rows").items()}
    first = next(iter(found.values()))
    for label, row in found.items():
        if (len(row), row[0][0].shape) != (len(first), first[0][0].shape):
            raise ValueError(f"{entry('rows', label)} must have as many frames as the first row, of images as large")
    said = caption_of(caption, f"A film of grey images, from top to bottom: {'; '.join(rows)}.")
    pictures = []
    for moment in zip(*found.values()):
        lines = [_few_greys(tiles(line)) for line in moment]
        widest = max(line.shape[1] for line in lines)
        lines = [np.pad(line, ((0, 1), (0, widest - line.shape[1]), (0, 0))) for line in lines]
        pictures.append(Image.fromarray(np.vstack(lines)))
    width = pictures[0].width * scale_of(first[0][0])
    style = f"width: {width}px; max-width: 100%; image-rendering: pixelated; margin: 0; display: block"
    names = "".join(f'<span style="text-align: right; align-self: center">{html.escape(label)}</span>' for label in rows)
    grid = f"display: grid; grid-template-rows: repeat({len(found)}, 1fr)"
    moving = _moving(pictures, said, seconds, style)
    on_page(f'<div style="display: flex; gap: 12px"><div style="{grid}">{names}</div><div>{moving}</div></div>', said)


def film_clouds(
    panels: Mapping[str, Tensor], caption: str, real: Tensor | None = None, titles: Sequence[str] = (), seconds: float = 4.0
) -> None:
    """Shows points of the plane that move: a panel is (frames, n, 2), all on one scale, over the real points in grey.

    titles name the frames. Ends and stills as `film`. Raises ValueError for other shapes.
    """
    found = {title: _motion(x, entry("panels", title)) for title, x in labelled(panels, "panels").items()}
    count = len(next(iter(found.values())))
    for title, x in found.items():
        if len(x) != count:
            raise ValueError(f"{entry('panels', title)} must have as many frames as the first, {count}; got {len(x)}")
    real = None if real is None else numbers(real, "real", (None, 2))
    if titles and len(words(titles, "titles")) != count:
        raise ValueError(f"titles must be as many as the frames, {count}; got {len(titles)}")
    said = caption_of(caption, f"A film of points in the plane, from left to right: {'; '.join(panels)}.")
    every = np.concatenate([*(x.reshape(-1, 2) for x in found.values()), *([] if real is None else [real])])
    middle, reach = (every.max(0) + every.min(0)) / 2, 0.52 * max(float(np.ptp(every, 0).max()), 1e-9)
    pictures, colour_of = [], colours(found, apart=True)
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(1, len(found), figsize=(2.6 * len(found), 2.9), squeeze=False, sharex=True, sharey=True)
        clouds = []
        for axis, (title, x) in zip(axes[0], found.items()):
            if real is not None:
                axis.scatter(real[:, 0], real[:, 1], s=4, color="#CCCCCC", linewidths=0)
            clouds.append(axis.scatter(x[0, :, 0], x[0, :, 1], s=5, color=colour_of[title], linewidths=0))
            axis.set(title=title, aspect="equal")
            axis.set(xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] - reach, middle[1] + reach))
        for k in range(count):
            for cloud, x in zip(clouds, found.values()):
                cloud.set_offsets(x[k])
            fig.supxlabel(titles[k] if titles else "", fontsize=10)
            buffer = io.BytesIO()
            fig.savefig(buffer, format="png", dpi=90, facecolor="white")
            pictures.append(Image.open(buffer).convert("RGB").quantize(16, dither=Image.Dither.NONE).convert("RGB"))
        plt.close(fig)
    on_page(_moving(pictures, said, seconds, "display: block; max-width: 100%; background: white"), said)


def _few_greys(tile: np.ndarray) -> np.ndarray:
    """14 greys: with the mask and the gap 16 colours, which a frame holds in half a byte for each pixel."""
    grey = (tile[..., 0] == tile[..., 1]) & (tile[..., 3] > 0)
    few = np.round(np.round(tile[..., :3] * (13 / 255)) * (255 / 13)).astype(np.uint8)
    return np.concatenate([np.where(grey[..., None], few, tile[..., :3]), tile[..., 3:]], -1)


def _frames(row: Tensor, name: str) -> list[list[Tensor]]:
    if not isinstance(row, Tensor) or row.ndim != 5 or not row.shape[0] * row.shape[1]:
        got = f"shape {tuple(row.shape)}" if isinstance(row, Tensor) else type(row).__name__
        raise ValueError(f"{name} must be a tensor (frames, n, 1, height, width); got {got}")
    return [[image(one, f"every image of {name}") for one in frame] for frame in row]


def _motion(x: Tensor, name: str) -> np.ndarray:
    if not isinstance(x, Tensor) or x.ndim != 3 or not x.shape[0] * x.shape[1]:
        got = f"shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"{name} must be a tensor (frames, n, 2); got {got}")
    flat = numbers(x.flatten(0, 1), name, (None, 2))
    if not np.isfinite(flat).all():
        raise ValueError(f"{name} must be finite")
    return flat.reshape(tuple(x.shape))


def _moving(pictures: list[Image.Image], said: Said, seconds: float, style: str) -> str:
    """A lossless WebP that plays once, and its last frame for those who want no motion."""
    seconds = check_number(seconds, "seconds")
    if not 0 < seconds <= 5:
        raise ValueError(f"seconds must lie in (0, 5]; got {seconds:g}")
    each = max(20, round(1000 * seconds / len(pictures)))
    moving, still = io.BytesIO(), io.BytesIO()
    pictures[0].save(moving, "WEBP", save_all=True, append_images=pictures[1:], duration=each, loop=1, lossless=True, quality=90)
    pictures[-1].save(still, "WEBP", lossless=True)
    plays, stays = ("data:image/webp;base64," + base64.b64encode(x.getvalue()).decode("ascii") for x in (moving, still))
    alt = html.escape(said.alt, quote=True)
    return f'<picture><source media="{_STILL}" srcset="{stays}"><img style="{style}" alt="{alt}" src="{plays}"></picture>'
