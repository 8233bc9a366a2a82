"""A table of numbers with paths drawn over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from .content import entry, labelled, numbers, words
from .style import COLOURS, DASHES, MARKERS, STYLE, figure


def draw_table(
    values: Sequence[Sequence], rows: Sequence[str], columns: Sequence[str],
    paths: Mapping[str, Sequence[tuple[int, int]]],
) -> Figure:
    """A table of numbers with labelled rows and columns, and paths of (row, column) cells drawn over it."""
    words(rows, "rows"), words(columns, "columns")
    numbers(values, "values", (len(rows), len(columns)))
    cells_of = {
        label: numbers(cells, entry("paths", label), (None, 2)) for label, cells in labelled(paths, "paths", 0).items()
    }
    with plt.rc_context(STYLE | {"axes.grid": False}):
        fig, axis = plt.subplots(figsize=(1.1 * len(columns) + 2.2, 0.85 * len(rows) + 0.5))
    for i, line in enumerate(values):
        for j, value in enumerate(line):
            axis.add_patch(plt.Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor="#999999"))
            axis.text(j - 0.42, i + 0.08, f"{value}", fontsize=12, ha="left", va="center")
    for k, (label, cells) in enumerate(cells_of.items()):
        # Side by side, on the straight parts and on the slanting ones.
        shift = 0.09 * (k - (len(cells_of) - 1) / 2)
        x, y = [j + shift + 0.02 for _, j in cells], [i - shift for i, _ in cells]
        axis.plot(
            x, y, color=COLOURS[k % 7], linestyle=DASHES[k % 7], marker=MARKERS[k % 7], markersize=4,
            linewidth=1.8, label=label,
        )
    axis.set(xlim=(-0.55, len(columns) - 0.45), ylim=(len(rows) - 0.45, -0.55))
    axis.set_xticks(range(len(columns)), columns)
    axis.set_yticks(range(len(rows)), rows)
    axis.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axis.spines[:].set_visible(False)
    if cells_of:
        axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return fig


def table(
    values: Sequence[Sequence], rows: Sequence[str], columns: Sequence[str],
    paths: Mapping[str, Sequence[tuple[int, int]]], caption: str,
) -> None:
    """Shows `draw_table(values, rows, columns, paths)` with a caption."""
    fig = draw_table(values, rows, columns, paths)
    lines = (f"{row}: {', '.join(map(str, line))}" for row, line in zip(rows, values))
    alt = f"A table with columns {', '.join(columns)}. {'; '.join(lines)}. Paths: {', '.join(paths)}."
    figure(fig, caption, alt)
