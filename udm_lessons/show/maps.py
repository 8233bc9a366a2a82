"""Tables of chances as grey maps: the law of a pair, the darker the likelier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from torch import Tensor

from .content import entry, labelled, numbers, words
from .style import STYLE, figure


def maps(
    panels: Mapping[str, Tensor], rows: Sequence[str], columns: Sequence[str], caption: str,
    labels: tuple[str, str] = ("first", "second"),
) -> None:
    """Tables (n, m) of chances side by side on one scale, the darker the likelier; grey goes with the root of the chance.

    rows and columns name the entries; an empty name leaves its tick out. labels name the two axes, that of the rows first.
    Raises ValueError for other shapes, and for numbers below 0.
    """
    words(rows, "rows"), words(columns, "columns")
    if len(words(labels, "labels")) != 2:
        raise ValueError(f"labels must be two, of the rows and of the columns; got {len(labels)}")
    shape = (len(rows), len(columns))
    found = {title: numbers(p, entry("panels", title), shape) for title, p in labelled(panels, "panels").items()}
    for title, p in found.items():
        if not np.isfinite(p).all() or p.min() < 0:
            raise ValueError(f"{entry('panels', title)} must be finite and not below 0")
    top = max(max(np.sqrt(p).max() for p in found.values()), 1e-300)
    with plt.rc_context(STYLE | {"axes.grid": False}):
        fig, axes = plt.subplots(1, len(found), figsize=(3.3 * len(found), 3.5), squeeze=False, sharey=True)
        for axis, (title, p) in zip(axes[0], found.items()):
            axis.imshow(np.sqrt(p), cmap="Greys", vmin=0, vmax=top, interpolation="nearest", aspect="auto")
            axis.set(title=title, xlabel=labels[1])
            axis.set_xticks(*_ticks(columns)), axis.set_yticks(*_ticks(rows))
            axis.tick_params(length=0)
        axes[0][0].set_ylabel(labels[0])
    figure(fig, caption, f"Grey maps of tables, the darker the likelier, from left to right: {'; '.join(found)}.")


def _ticks(names: Sequence[str]) -> tuple[list[int], list[str]]:
    named = [k for k, name in enumerate(names) if name]
    return named, [names[k] for k in named]
