"""Two more things to look at: a table with paths drawn over it, and a box for text to type into."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
from IPython.display import display
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure

from .plots import _COLOURS, _DASHES, _MARKERS, _STYLE, show


def draw_table(
    values: Sequence[Sequence], rows: Sequence[str], columns: Sequence[str],
    paths: Mapping[str, Sequence[tuple[int, int]]],
) -> Figure:
    """A table of numbers with labelled rows and columns, and paths of (row, column) cells drawn over it."""
    with plt.rc_context(_STYLE | {"axes.grid": False}):
        fig, axis = plt.subplots(figsize=(1.1 * len(columns) + 2.2, 0.85 * len(rows) + 0.5))
    for i, line in enumerate(values):
        for j, value in enumerate(line):
            axis.add_patch(plt.Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor="#999999"))
            axis.text(j - 0.42, i + 0.08, f"{value}", fontsize=12, ha="left", va="center")
    for k, (label, cells) in enumerate(paths.items()):
        # Side by side, on the straight parts and on the slanting ones.
        shift = 0.09 * (k - (len(paths) - 1) / 2)
        x, y = [j + shift + 0.02 for _, j in cells], [i - shift for i, _ in cells]
        axis.plot(
            x, y, color=_COLOURS[k % 7], linestyle=_DASHES[k % 7], marker=_MARKERS[k % 7], markersize=4,
            linewidth=1.8, label=label,
        )
    axis.set(xlim=(-0.55, len(columns) - 0.45), ylim=(len(rows) - 0.45, -0.55))
    axis.set_xticks(range(len(columns)), columns)
    axis.set_yticks(range(len(rows)), rows)
    axis.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axis.spines[:].set_visible(False)
    if paths:
        axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return fig


def table(
    values: Sequence[Sequence], rows: Sequence[str], columns: Sequence[str],
    paths: Mapping[str, Sequence[tuple[int, int]]], caption: str,
) -> None:
    """Shows `draw_table(values, rows, columns, paths)` with a caption."""
    lines = (f"{row}: {', '.join(map(str, line))}" for row, line in zip(rows, values))
    alt = f"A table with columns {', '.join(columns)}. {'; '.join(lines)}. Paths: {', '.join(paths)}."
    show(draw_table(values, rows, columns, paths), caption, alt)


def text_box(draw: Callable, name: str, start: str) -> None:
    """A box for text, called `name`, that calls draw(text) when Enter is pressed.

    Where no kernel runs, the pictures of the text `start` stand in its place.
    """
    import ipywidgets

    words = f"[text box] Run this cell to type {name} of your own."
    knob = ipywidgets.Text(value=start, description=name, continuous_update=False)
    panel = ipywidgets.interactive(lambda value: draw(value), value=knob)
    bundle = panel._repr_mimebundle_()
    with capture_output() as still:
        draw(start)
    pictures = "".join(output.data.get("text/html", "") for output in still.outputs)
    bundle |= {"text/plain": words, "text/html": f"{pictures}<p>{html.escape(words)}</p>"}
    display(bundle, raw=True)
    panel.update()
