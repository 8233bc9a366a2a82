"""Pictures of solvers: what a method costs, and where its steps lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt

from .._arrays import check_choice, check_number, quoted
from .content import entry, labelled, numbers, text
from .plots import SCALES, draw_curves
from .style import GREY, STYLE, colours, figure


def race(
    calls: Sequence[float], lines: Mapping[str, Sequence[float]], ylabel: str, caption: str, slopes: Sequence[float] = (1, 2),
) -> None:
    """Lines over calls of the network, both on log axes, over thin grey lines of the given slopes.

    The slopes fan out from above the first points: a method of order p runs along the line of slope p. Raises ValueError for
    values that are not above 0, and for slopes that are not.
    """
    x, slopes = numbers(calls, "calls"), numbers(slopes, "slopes")
    errors = {label: numbers(y, entry("lines", label), (len(x),)) for label, y in labelled(lines, "lines").items()}
    for name, values in {"calls": x, "slopes": slopes, **{entry("lines", label): y for label, y in errors.items()}}.items():
        if not (values > 0).all():
            raise ValueError(f"{name} must be above 0; got {values.min():g}")
    fig = draw_curves(calls, lines, "calls of the network", ylabel, xscale="log", yscale="log")
    (axis,) = fig.axes
    left, right, low = x.min(), x.max(), axis.get_ylim()[0]
    top = 1.8 * max(y.max() for y in errors.values())
    for slope in slopes:
        end = min(right, left * (top / low) ** (1 / slope))
        axis.plot([left, end], [top, top * (left / end) ** slope], color=GREY, linewidth=0.8, zorder=1)
        place = left * (end / left) ** 0.85
        axis.annotate(
            f"slope {slope:g}", (place, top * (left / place) ** slope), (0, 2), textcoords="offset points", color=GREY,
            fontsize=8, ha="left", va="bottom",
        )
    axis.set_ylim(low, 1.3 * top)
    ends = (f"{label} from {y[0]:.2g} to {y[-1]:.2g}" for label, y in errors.items())
    figure(fig, caption, f"{ylabel} against calls of the network, from {calls[0]:g} to {calls[-1]:g}: {'; '.join(ends)}.")


def ticks(
    rows: Mapping[str, Sequence[float]], xlabel: str, caption: str, xscale: str = "linear",
    band: tuple[str, float, float] | None = None,
) -> None:
    """One line for each entry, with a tick at each of its values; band is a labelled grey stretch, such as (name, low, high)."""
    text(xlabel, "xlabel"), check_choice(xscale, SCALES, "xscale")
    rows = {label: numbers(x, entry("rows", label)) for label, x in labelled(rows, "rows").items()}
    if band is not None:
        if not isinstance(band, tuple | list) or len(band) != 3:
            raise TypeError(f"band must be a label and two numbers; got {quoted(band)}")
        text(band[0], "the label of band")
        low, high = check_number(band[1], "the low end of band"), check_number(band[2], "the high end of band")
        if not low <= high:
            raise ValueError(f"the low end of band must not be above the high end; got {low:g} and {high:g}")
    with plt.rc_context(STYLE | {"axes.grid": False}):
        fig, axis = plt.subplots(figsize=(6.4, 0.45 * len(rows) + 1.1))
        if band is not None:
            axis.axvspan(band[1], band[2], color=GREY, alpha=0.2, linewidth=0)
            axis.annotate(
                band[0], (band[2], 1), (0, 2), xycoords=("data", "axes fraction"), textcoords="offset points", color=GREY,
                ha="right", va="bottom",
            )
        colour_of = colours(rows)
        for k, (label, x) in enumerate(rows.items()):
            axis.axhline(k, color=GREY, linewidth=0.6, zorder=1)
            axis.plot(x, [k] * len(x), linestyle="none", marker="|", markersize=14, markeredgewidth=1.6, color=colour_of[label])
        axis.set(xlabel=xlabel, xscale=xscale, ylim=(len(rows) - 0.4, -0.6))
        axis.set_yticks(range(len(rows)), list(rows))
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    parts = (f"{label}, {len(x)} from {x.max():.3g} to {x.min():.3g}" for label, x in rows.items())
    figure(fig, caption, f"Ticks along {xlabel}, one line for each: {'; '.join(parts)}.")
