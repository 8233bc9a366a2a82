"""The area between two curves: what one of them has more than the other, and what less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from .content import entry, labelled, numbers, words
from .style import COLOURS, GREY, STYLE, figure


def areas(
    panels: Mapping[str, tuple[Sequence[float], Mapping[str, Sequence[float]]]], xlabels: Sequence[str], caption: str,
) -> None:
    """Areas between two curves, side by side: a panel is (x, {name: first, name: second}), x rising.

    Blue is where the second curve lies above the first, vermilion where below; blue less vermilion is written in the panel.
    xlabels names the axis of each panel. Raises ValueError unless a panel has two curves, all finite.
    """
    found = {title: _curves(panel, entry("panels", title)) for title, panel in labelled(panels, "panels").items()}
    if len(words(xlabels, "xlabels")) != len(found):
        raise ValueError(f"xlabels must be {len(found)}, one for each panel; got {len(xlabels)}")
    signed = {title: float(np.trapezoid(two[1] - two[0], x)) for title, (x, _, two) in found.items()}
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(1, len(found), figsize=(3.5 * len(found), 3.0), squeeze=False, layout="constrained")
        for axis, xlabel, (title, (x, names, (first, second))) in zip(axes[0], xlabels, found.items()):
            axis.fill_between(x, first, second, second >= first, interpolate=True, color=COLOURS[0], alpha=0.45, linewidth=0)
            axis.fill_between(x, first, second, second < first, interpolate=True, color=COLOURS[1], alpha=0.45, linewidth=0)
            for name, y, other, colour in ((names[0], first, second, GREY), (names[1], second, first, "black")):
                axis.plot(x, y, color=colour, linewidth=1.5)
                _name(axis, name, x, y, other, colour)
            axis.text(0.03, 0.97, f"area {signed[title]:+.3f}".replace("-", "−"), transform=axis.transAxes, va="top")
            axis.set(title=title, xlabel=xlabel)
            axis.margins(y=0.18)
            axis.locator_params(nbins=5)
    parts = (f"{title}, {signed[title]:+.3f}" for title in found)
    figure(fig, caption, f"Areas between two curves, from left to right: {'; '.join(parts)}.")


def _name(axis: Axes, name: str, x: np.ndarray, y: np.ndarray, other: np.ndarray, colour: str) -> None:
    """The name of a curve where it lies farthest above the other one; where it never does, farthest below."""
    above = y - other
    k = int(np.argmax(above if above.max() > 0 else -above))
    if k == len(x) - 1:  # beside the end
        axis.annotate(name, (x[k], y[k]), xytext=(4, 0), textcoords="offset points", color=colour, va="center")
        return
    up = above[k] >= 0
    axis.annotate(
        name, (x[k], y[k]), xytext=(0, 4 if up else -4), textcoords="offset points", color=colour, ha="center",
        va="bottom" if up else "top",
    )


def _curves(panel: tuple[Sequence[float], Mapping], name: str) -> tuple[np.ndarray, list[str], list[np.ndarray]]:
    if not isinstance(panel, tuple | list) or len(panel) != 2:
        raise TypeError(f"{name} must be a pair of x and two curves; got {type(panel).__name__}")
    x = numbers(panel[0], f"the x of {name}")
    two = {label: numbers(y, f"{name}: {label}", (len(x),)) for label, y in labelled(panel[1], f"the curves of {name}", 2).items()}
    if not all(np.isfinite(values).all() for values in (x, *two.values())):
        raise ValueError(f"{name} must be finite")
    if len(two) != 2 or len(x) < 2 or not (np.diff(x) > 0).all():
        raise ValueError(f"{name} must have two curves over an x of at least 2 numbers that rise; got {len(two)} over {len(x)}")
    return x, list(two), list(two.values())
