"""The look of every figure, and how it comes on the page: with a caption below, and alt text.

Colours are those of Okabe and Ito, which survive colour blindness; lines differ in dash and marker
too, so that they survive grey print. Figures keep a white ground, in a dark theme as well.
"""

from __future__ import annotations

import base64
import html
import io

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

from .captions import caption_of

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
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


def figure(fig: Figure, caption: str, alt: str = "") -> None:
    """Displays a figure with its caption below and `alt` for those who cannot see it, and closes it.

    A caption such as "01.blur" is a name in the captions of a lesson, which may hold the alt text too.
    """
    if not isinstance(fig, Figure):
        raise TypeError(f"fig must be one of matplotlib's figures; got {type(fig).__name__}")
    caption, alt = caption_of(caption, alt)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor="white")
    plt.close(fig)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    page = (
        '<figure style="margin: 0.5em 0"><img style="max-width: 100%; background: white" '
        f'alt="{html.escape(alt, quote=True)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )
    display({"text/html": page, "text/plain": f"[figure] {caption}"}, raw=True)
