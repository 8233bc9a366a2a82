"""The look of every figure, and how it comes on the page: with a caption below, and alt text.

Colours are those of Okabe and Ito, which survive colour blindness; lines differ in dash and marker
too, so that they survive grey print. Figures keep a white ground, in a dark theme as well.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

from .captions import Said, caption_of

BLACK, GREY, ORANGE = "#000000", "#777777", "#E69F00"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", ORANGE, "#56B4E9", BLACK)
# What a colour means in the whole course; a name is known by its first word.
MEANING = {
    "data": BLACK, "real": BLACK, "noise": GREY, "floor": GREY, "prediction": ORANGE, "network": ORANGE, "yours": ORANGE,
    "keep": COLOURS[0], "delta": COLOURS[0], "ddim": COLOURS[0], "markov": COLOURS[2], "ddpm": COLOURS[2],
    "redraw": COLOURS[1], "independent": COLOURS[1],
    "eps": COLOURS[3], "x0": COLOURS[0], "score": COLOURS[2], "v": COLOURS[1], "velocity": COLOURS[1],
}  # fmt: skip
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "figure.facecolor": "white",
    "legend.frameon": False,
}


def colours(names: Iterable[str], apart: bool = False) -> dict[str, str]:
    """A colour for each name: that of its meaning, if no other name has it; else the next one that is free.

    Names in panels of their own, `apart`, keep the colour of their meaning even if they share it.
    """
    names, found = list(names), {}
    for name in names:
        word = re.match(r"\W*(\w*)", name)[1].casefold()
        if word in MEANING and (apart or MEANING[word] not in found.values()):
            found[name] = MEANING[word]
    free = [colour for colour in COLOURS if colour not in found.values()] or list(COLOURS)
    rest = [name for name in names if name not in found]
    return found | {name: free[k % len(free)] for k, name in enumerate(rest)}


def on_page(body: str, said: Said) -> None:
    """Displays HTML with its title above and its caption below; where no HTML is shown, the caption stands for it."""
    display({"text/html": caption_below(body, said), "text/plain": f"[figure] {said.caption}"}, raw=True)


def caption_below(body: str, said: Said) -> str:
    """A figure of a page: the title, the body, the caption."""
    title = f"<b>{html.escape(said.title)}</b>" if said.title else ""
    return f'<figure style="margin: 0.5em 0">{title}{body}<figcaption>{html.escape(said.caption)}</figcaption></figure>'


def png(data: bytes, alt: str, style: str) -> str:
    """An image of a page, with the image itself in it."""
    encoded = base64.b64encode(data).decode("ascii")
    return f'<img style="{style}" alt="{html.escape(alt, quote=True)}" src="data:image/png;base64,{encoded}">'


def figure(fig: Figure, caption: str, alt: str = "") -> None:
    """Displays a figure with its caption below and `alt` for those who cannot see it, and closes it.

    A caption such as "01.blur" is a name in the captions of a lesson, which may hold the alt text too.
    """
    if not isinstance(fig, Figure):
        raise TypeError(f"fig must be one of matplotlib's figures; got {type(fig).__name__}")
    said = caption_of(caption, alt)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor="white")
    plt.close(fig)
    picture = png(buffer.getvalue(), said.alt, "display: block; max-width: 100%; background: white")
    on_page(picture, said)
