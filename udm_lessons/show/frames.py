"""Frames in rows: images, each row one picture that the page scales up without smoothing; and strings, as text."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from PIL import Image
from torch import Tensor

from ..data import PIXEL_MASK
from .._arrays import check_number
from .captions import caption_of
from .content import entry, image, labelled, words
from .style import GREY, on_page, png

_TILE = 56  # about the height of an image on the page, in its pixels
_ORANGE = (230, 159, 0)
_PLAIN = "border: none; padding: 1px 10px 1px 0; text-align: left; background: none"

# A box comes into sight when it is its turn; where this is not read, all of them stand there.
_COMES = (
    "<style>@keyframes udm-comes {from {opacity: 0}} @media screen and (prefers-reduced-motion: no-preference) "
    "{.udm-comes {animation: udm-comes 0.3s ease-out backwards}}</style>"
)


def draw_frame(axis, content: Tensor | str) -> None:
    """One image (1, height, width) or one string in an axis without frame."""
    if not isinstance(axis, Axes):
        raise TypeError(f"axis must be one of matplotlib's axes; got {type(axis).__name__}")
    if isinstance(content, str):
        written, colour = (content, "black") if content else ("(empty)", GREY)
        axis.text(
            0.5, 0.5, written, ha="center", va="center", family="monospace", color=colour,
            transform=axis.transAxes, fontsize=11, parse_math=False,
        )
        return
    picture = image(content, "content").numpy()
    axis.imshow(picture, cmap="gray_r", vmin=-1, vmax=1)
    cover = np.zeros((*picture.shape, 4))
    cover[picture == PIXEL_MASK] = (*(x / 255 for x in _ORANGE), 1.0)
    axis.imshow(cover)


def images(rows: Mapping[str, Tensor], caption: str, columns: Sequence[str] = ()) -> None:
    """Shows grey images: one labelled row per entry (n, 1, height, width), values in [-1, 1], white to black.

    Values outside that range are clipped; PIXEL_MASK is drawn in orange.
    """
    pictures = {
        label: [image(one, f"every image of {entry('rows', label)}") for one in _batch(images, label)]
        for label, images in labelled(rows, "rows").items()
    }
    words(columns, "columns")
    said = caption_of(caption, f"Grey images, from top to bottom: {'; '.join(rows)}.")
    first = next(iter(pictures.values()))[0]
    width = (first.shape[-1] + 1) * scale_of(first)
    titles = "".join(f'<span style="flex: 0 1 {width}px; min-width: 0; text-align: center">{html.escape(c)}</span>' for c in columns)
    lines = [f'<span></span><div style="display: flex; font-size: 85%">{titles}</div>'] if columns else []
    for label, row in pictures.items():
        picture = png(_png_of(row), label, "max-width: 100%; image-rendering: pixelated; margin: 0")
        lines.append(f'<span style="text-align: right">{html.escape(label)}</span><div>{picture}</div>')
    grid = "display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 12px; align-items: center"
    on_page(f'<div role="group" aria-label="{html.escape(said.alt, quote=True)}" style="{grid}">{"".join(lines)}</div>', said)


def strings(rows: Mapping[str, Sequence[str]], caption: str, columns: Sequence[str] = ()) -> None:
    """Shows short strings as a table of text, one labelled row per entry; "_" is a mask."""
    _check_strings(rows, columns)
    cells = {label: [(_written(string), "") for string in row] for label, row in rows.items()}
    _show_strings(rows, cells, [(column, "") for column in columns], caption)


def growing(rows: Mapping[str, Sequence[str]], caption: str, columns: Sequence[str], seconds: float = 4.0) -> None:
    """Shows strings that change, one labelled row per entry, a column at a time: a film of text, which ends as a table.

    A letter that was not there in the column before is bold, one that is gone in the next is struck through, on one of
    the shortest ways from string to string. Readers who asked for less motion, and printers, get the table at once.
    Raises ValueError for rows of another length than `columns`, or seconds outside (0, 5].
    """
    _check_strings(rows, columns)
    for label, row in rows.items():
        if len(row) != len(columns):
            raise ValueError(f"{entry('rows', label)} must hold {len(columns)} strings, one for each column; got {len(row)}")
    if not 0 < check_number(seconds, "seconds") <= 5:
        raise ValueError(f"seconds must lie in (0, 5]; got {seconds:g}")
    delays = [f' class="udm-comes" style="animation-delay: {seconds * k / len(columns):.2f}s"' for k in range(len(columns))]
    cells = {label: [*zip(_changes(row), delays)] for label, row in rows.items()}
    _show_strings(rows, cells, [*zip(columns, delays)], caption, _COMES)


def _check_strings(rows: Mapping[str, Sequence[str]], columns: Sequence[str]) -> None:
    for label, row in labelled(rows, "rows").items():
        words(row, entry("rows", label))
    words(columns, "columns")


def _show_strings(rows: Mapping, cells: Mapping, columns: Sequence[tuple[str, str]], caption: str, style: str = "") -> None:
    """A table of strings; its cells and columns are pairs of what is written there and what is said of the box around it."""
    lines = (f"{label}: {', '.join(string or 'empty' for string in row)}" for label, row in rows.items())
    said = caption_of(caption, f"A table of strings. {'; '.join(lines)}.")
    short = "; white-space: nowrap" if style else ""
    head = "".join(
        f'<th scope="col" style="{_PLAIN}; font-size: 85%{short}"><span{box}>{html.escape(c)}</span></th>' for c, box in columns
    )
    body = [f'<tr style="background: none"><td style="{_PLAIN}"></td>{head}</tr>'] if columns else []
    for label, row in cells.items():
        line = "".join(
            f'<td style="{_PLAIN}; font-family: monospace; white-space: pre"><span{box}>{written}</span></td>' for written, box in row
        )
        name = f'<th scope="row" style="{_PLAIN}; text-align: right; font-weight: normal; white-space: nowrap">{html.escape(label)}</th>'
        body.append(f'<tr style="background: none">{name}{line}</tr>')
    table = f'<table aria-label="{html.escape(said.alt, quote=True)}" style="margin: 0">{"".join(body)}</table>'
    on_page(f'{style}<div style="overflow-x: auto">{table}</div>', said)


def _changes(row: Sequence[str]) -> list[str]:
    """The strings as HTML; what has come is bold, what will go is struck through."""
    fates = [[["", ""] for _ in string] for string in row]
    for before, after, earlier, later in zip(row, row[1:], fates, fates[1:]):
        left, right = _shared(before, after)
        for k in {*range(len(before))} - left:
            earlier[k][1] = "s"
        for k in {*range(len(after))} - right:
            later[k][0] = "b"
    return [
        "".join(_tagged(_written(letter), fate) for letter, fate in zip(string, each)) if string else _written("")
        for string, each in zip(row, fates)
    ]


def _tagged(written: str, tags: Sequence[str]) -> str:
    for tag in filter(None, tags):
        written = f"<{tag}>{written}</{tag}>"
    return written


def _shared(a: str, b: str) -> tuple[set[int], set[int]]:
    """The places, in a and in b, of a longest string that hides in both."""
    length = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            length[i][j] = length[i + 1][j + 1] + 1 if a[i] == b[j] else max(length[i + 1][j], length[i][j + 1])
    i, j, left, right = 0, 0, set(), set()
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            left.add(i), right.add(j)
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            i += 1
        else:
            j += 1
    return left, right


def _batch(images: Tensor, label: str) -> Tensor:
    if not isinstance(images, Tensor) or images.ndim < 3 or not len(images):
        got = f"shape {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
        raise ValueError(f"{entry('rows', label)} must be images, a tensor (n, 1, height, width); got {got}")
    return images


def scale_of(picture: Tensor) -> int:
    """How many pixels of the page a pixel of the image gets."""
    return max(1, round(_TILE / picture.shape[0]))


def tiles(row: list[Tensor]) -> np.ndarray:
    """The images side by side, (height, width, 4), with a gap of one pixel that lets the page through."""
    parts = []
    for picture in row:
        values = np.nan_to_num(picture.numpy())
        grey = np.round((1 - values.clip(-1, 1)) * 127.5).astype(np.uint8)
        tile = np.stack([grey, grey, grey, np.full_like(grey, 255)], -1)
        tile[values == PIXEL_MASK] = (*_ORANGE, 255)
        parts += [tile, np.zeros((len(tile), 1, 4), np.uint8)]
    return np.hstack(parts)


def _png_of(row: list[Tensor]) -> bytes:
    scale, buffer = scale_of(row[0]), io.BytesIO()
    Image.fromarray(tiles(row).repeat(scale, 0).repeat(scale, 1)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _written(string: str) -> str:
    """The string as HTML; an escape keeps dollars from being read as a formula."""
    if not string:
        return f'<span style="color: {GREY}">(empty)</span>'
    return html.escape(string).replace("$", "&#36;<span></span>")
