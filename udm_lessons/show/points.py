"""Pictures of points: clouds in the plane, arrows from place to place, dots with their errors in a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from torch import Tensor

from .._arrays import check_choice, check_number, quoted
from .content import entry, labelled, numbers, text, words
from .plots import SCALES
from .style import GREY, MARKERS, ORANGE, STYLE, colours, figure


def clouds(
    panels: Mapping[str, Tensor],
    caption: str,
    real: Tensor | None = None,
    labels: tuple[str, str] = ("$x_1$", "$x_2$"),
) -> None:
    """2-D samples (n, 2) side by side on one scale, over the real points in grey if those are given."""
    panels = {title: numbers(x, entry("panels", title), (None, 2)) for title, x in labelled(panels, "panels").items()}
    real = None if real is None else numbers(real, "real", (None, 2))
    if len(words(labels, "labels")) != 2:
        raise ValueError(f"labels must be two, one for each axis; got {len(labels)}")
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            1, len(panels), figsize=(2.5 * len(panels), 2.7), squeeze=False, sharex=True, sharey=True
        )
        colour_of = colours(panels, apart=True)
        for axis, (title, points) in zip(axes[0], panels.items()):
            if real is not None:
                axis.scatter(real[:, 0], real[:, 1], s=5, color="#BBBBBB", linewidths=0)
            axis.scatter(
                points[:, 0], points[:, 1], s=5, color=colour_of[title], alpha=0.6, linewidths=0
            )
            axis.set(title=title, xlabel=labels[0], aspect="equal")
        axes[0][0].set_ylabel(labels[1])
    figure(fig, caption, f"Clouds of points in the plane, from left to right: {'; '.join(panels)}.")


def arrows(
    panels: Mapping[str, tuple[Tensor, Tensor]],
    caption: str,
    real: Tensor | None = None,
    labels: tuple[str, str] = ("$x_1$", "$x_2$"),
) -> None:
    """Arrows in the plane, side by side on one scale: a panel is (starts (n, 2), ends (n, 2)), over the real points in grey."""
    panels = {title: _moves(move, entry("panels", title)) for title, move in labelled(panels, "panels").items()}
    real = None if real is None else numbers(real, "real", (None, 2))
    if len(words(labels, "labels")) != 2:
        raise ValueError(f"labels must be two, one for each axis; got {len(labels)}")
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(1, len(panels), figsize=(3.4 * len(panels), 3.5), squeeze=False, sharex=True, sharey=True)
        for axis, (title, (start, end)) in zip(axes[0], panels.items()):
            if real is not None:
                axis.scatter(real[:, 0], real[:, 1], s=4, color="#CCCCCC", linewidths=0)
            axis.scatter(start[:, 0], start[:, 1], s=6, color=GREY, linewidths=0)
            axis.quiver(
                *start.T, *(end - start).T, angles="xy", scale_units="xy", scale=1, width=0.005, headwidth=4,
                headlength=5, color=ORANGE,
            )
            axis.scatter(end[:, 0], end[:, 1], s=0)  # so that the ends are in the picture too
            axis.set(title=title, xlabel=labels[0], aspect="equal")
        axes[0][0].set_ylabel(labels[1])
    figure(fig, caption, f"Arrows in the plane, from left to right: {'; '.join(panels)}.")


def dots(
    x: Sequence[float],
    points: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    caption: str,
    band: tuple[str, float, float] | None = None,
    errors: Mapping[str, Sequence[float]] | None = None,
    xscale: str = "linear",
) -> None:
    """Single values at each x, side by side if several are named; chance is a labelled grey band, such as (name, low, high).

    errors holds the standard error of each point, drawn as a bar of two of them up and down. xscale is as in `draw_curves`.
    """
    at = numbers(x, "x")
    points = {label: numbers(y, entry("points", label), (len(at),)) for label, y in labelled(points, "points").items()}
    bars = {label: numbers(y, entry("errors", label), (len(at),)) for label, y in labelled(errors or {"": at}, "errors").items()}
    if errors is not None and set(bars) != set(points):
        raise ValueError(f"errors must have the names of points, {quoted(list(points))}; got {quoted(list(bars))}")
    if errors is not None and min(bar.min() for bar in bars.values()) < 0:
        raise ValueError("errors must not be below 0")
    text(xlabel, "xlabel"), text(ylabel, "ylabel"), check_choice(xscale, SCALES, "xscale")
    if band is not None:
        band = _band(band)
    colour_of = colours(points)
    with plt.rc_context(STYLE):
        fig, axis = plt.subplots(figsize=(6.4, 3.4))
        if band is not None:
            axis.axhspan(band[1], band[2], color=GREY, alpha=0.2, linewidth=0, label=band[0])
        for k, (label, y) in enumerate(points.items()):
            place = _beside(at, k - (len(points) - 1) / 2, len(points), xscale)
            bar = 2 * bars[label] if errors is not None else None
            axis.errorbar(
                place, y, yerr=bar, linestyle="none", marker=MARKERS[k % 7], markersize=5, color=colour_of[label],
                label=label, elinewidth=1.2,
            )
        axis.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale)
        axis.set_xticks(list(at), [f"{value:g}" for value in at])
        axis.minorticks_off()
        axis.grid(False, axis="x")
        axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    parts = (f"{label} from {y.min():.3g} to {y.max():.3g}" for label, y in points.items())
    inside = "" if band is None else f" {band[0]}: from {band[1]:.3g} to {band[2]:.3g}."
    figure(fig, caption, f"{ylabel} against {xlabel}, as single points: {'; '.join(parts)}.{inside}")


def _beside(x: np.ndarray, step: float, count: int, xscale: str) -> np.ndarray:
    """x moved by a small step to the right, a fifth of the least distance for all steps together."""
    if len(x) == 1 or count == 1:
        return x
    if xscale == "log":
        gap = np.diff(np.sort(np.log(x))).min()
        return x * np.exp(step * 0.5 * gap / count)
    return x + step * 0.5 * np.diff(np.sort(x)).min() / count


def _band(band: tuple[str, float, float]) -> tuple[str, float, float]:
    if not isinstance(band, tuple | list) or len(band) != 3:
        raise TypeError(f"band must be a label and two numbers; got {quoted(band)}")
    low, high = check_number(band[1], "the low end of band"), check_number(band[2], "the high end of band")
    if not low <= high:
        raise ValueError(f"the low end of band must not be above the high end; got {low:g} and {high:g}")
    return text(band[0], "the label of band"), low, high


def _moves(move: tuple[Tensor, Tensor], name: str) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(move, tuple | list) or len(move) != 2:
        raise TypeError(f"{name} must be a pair of starts and ends; got {type(move).__name__}")
    start = numbers(move[0], f"the starts of {name}", (None, 2))
    return start, numbers(move[1], f"the ends of {name}", (len(start), 2))
