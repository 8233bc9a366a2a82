"""Pictures of numbers: curves, clouds, histograms, paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from .._arrays import check_choice, check_number, check_whole, quoted
from .content import entry, flag, labelled, numbers, text, words
from .style import COLOURS, DASHES, GREY, MARKERS, STYLE, colours, figure


SCALES = ("linear", "log", "symlog")


def draw_curves(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    *,
    xscale: str = "linear",
    yscale: str = "linear",
    floor: tuple[str, float] | None = None,
    markers: bool = True,
    measured: Sequence[str] = (),
    lowest: bool = False,
) -> Figure:
    """Lines over one axis; `floor` is a labelled level, such as what real data would score.

    xscale, yscale  "linear", "log" or "symlog"
    measured        the lines that are drawn as points, since their values were counted or drawn by lot
    lowest          puts a ring round the lowest point of each line, unless that is one of its ends
    """
    x, lines = numbers(x, "x"), _lines(x, lines, "lines")
    _check_axes(xlabel, ylabel, xscale, yscale)
    if floor is not None:
        floor = _floor(floor)
    if not set(words(measured, "measured")) <= set(lines):
        raise ValueError(f"measured must be names of lines, {quoted(list(lines))}; got {quoted(measured)}")
    colour_of = colours(lines)
    with plt.rc_context(STYLE):
        fig, axis = plt.subplots(figsize=(6.4, 3.4))
        for k, (label, y) in enumerate(lines.items()):
            alone = label in measured
            axis.plot(
                x, y, color=colour_of[label], linestyle="none" if alone else DASHES[k % 7], linewidth=1.8, label=label,
                marker=MARKERS[k % 7] if markers or alone else None, markersize=6 if alone else 4, zorder=3 if alone else 2,
            )
            place = int(np.argmin(y))
            if flag(lowest, "lowest") and 0 < place < len(y) - 1:
                axis.scatter(x[place], y[place], s=110, facecolors="none", edgecolors=colour_of[label], linewidths=1.5)
        if floor is not None:
            axis.axhline(floor[1], color=GREY, linewidth=1, label=floor[0])
        axis.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
        if xscale == "log":
            axis.set_xticks(list(x), [f"{value:g}" for value in x], minor=False)
            axis.minorticks_off()
        if len(lines) > 1 or floor is not None:
            _name_lines(axis)
    return fig


def _name_lines(axis: Axes) -> None:
    """Writes the name of each line at its right end, in its colour; names that would meet are moved apart."""
    axis.figure.canvas.draw()  # the limits are known only then
    height, right = axis.get_window_extent().height, axis.get_xlim()[1]
    ends = []
    for line in axis.get_lines():
        y = [value for value in line.get_ydata() if np.isfinite(value)]
        if y:
            ends.append((axis.transLimits.transform((right, axis.transScale.transform((right, y[-1]))[1]))[1], line))
    ends.sort(key=lambda end: end[0])
    places = _apart([float(np.clip(y, 0, 1)) for y, _ in ends], 1.25 * 10 * axis.figure.dpi / 72 / height)
    for (_, line), place in zip(ends, places):
        axis.text(
            1.02, place, line.get_label(), transform=axis.transAxes, color=line.get_color(), va="center", ha="left",
        )


def _apart(places: list[float], least: float) -> list[float]:
    """Rising places, each moved as little as it must be so that neighbours are `least` apart."""
    groups: list[list[float]] = []  # the mean of the first places that a group would have, and how many it holds
    for k, place in enumerate(places):
        groups.append([place - k * least, 1])
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (a, n), (b, m) = groups[-2:]
            groups[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    firsts = [first for first, n in groups for _ in range(n)]
    return [first + k * least for k, first in enumerate(firsts)]


def _lines(x: Sequence[float], lines: Mapping[str, Sequence[float]], name: str) -> dict[str, np.ndarray]:
    n = len(numbers(x, "x"))
    return {label: numbers(y, entry(name, label), (n,)) for label, y in labelled(lines, name).items()}


def _check_axes(xlabel: str, ylabel: str, xscale: str, yscale: str) -> None:
    text(xlabel, "xlabel"), text(ylabel, "ylabel")
    check_choice(xscale, SCALES, "xscale"), check_choice(yscale, SCALES, "yscale")


def _floor(floor: tuple[str, float]) -> tuple[str, float]:
    if not isinstance(floor, tuple | list) or len(floor) != 2:
        raise TypeError(f"floor must be a pair of a label and a number; got {quoted(floor)}")
    return text(floor[0], "the label of floor"), check_number(floor[1], "the number of floor")


def curves(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    caption: str,
    **options,
) -> None:
    """Shows `draw_curves(x, lines, xlabel, ylabel, **options)` with a caption."""
    fig = draw_curves(x, lines, xlabel, ylabel, **options)
    ends = (f"{label} goes from {y[0]:.3g} to {y[-1]:.3g}" for label, y in lines.items())
    alt = f"{ylabel} against {xlabel}, from {x[0]:g} to {x[-1]:g}: {'; '.join(ends)}."
    figure(fig, caption, alt)


def panels(
    x: Sequence[float],
    pictures: Mapping[str, Mapping[str, Sequence[float]]],
    xlabel: str,
    ylabel: str,
    caption: str,
    *,
    xscale: str = "linear",
    yscale: str = "linear",
    sharey: bool = False,
) -> None:
    """Small pictures over one axis x, at most three in a row, each with its title and its lines.

    A line keeps its colour and dash in all of them; one legend names the lines if there are several.
    """
    _check_axes(xlabel, ylabel, xscale, yscale)
    flag(sharey, "sharey")
    pictures = {title: _lines(x, lines, entry("pictures", title)) for title, lines in labelled(pictures, "pictures").items()}
    x, n = numbers(x, "x"), len(pictures)
    rows = -(-n // 3)
    columns = -(-n // rows)
    names = list(dict.fromkeys(name for lines in pictures.values() for name in lines))
    colour_of = colours(names)
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            rows, columns, figsize=(3.0 * columns, 2.4 * rows), squeeze=False, sharex=True, sharey=sharey,
            layout="constrained",
        )
        for axis, (title, lines) in zip(axes.flat, pictures.items()):
            for name, y in lines.items():
                dash = DASHES[names.index(name) % 7]
                axis.plot(x, y, color=colour_of[name], linestyle=dash, linewidth=1.8, label=name)
            axis.set(title=title, xscale=xscale, yscale=yscale)
        for axis in axes.flat[n:]:
            axis.axis("off")
        fig.supxlabel(xlabel, fontsize=10)
        fig.supylabel(ylabel, fontsize=10)
        if len(names) > 1:
            handles = {h.get_label(): h for axis in axes.flat for h in axis.get_lines()}
            fig.legend(handles.values(), handles.keys(), loc="outside right upper")
    parts = (f"{title} ({', '.join(lines)})" for title, lines in pictures.items())
    figure(fig, caption, f"{ylabel} against {xlabel}, in {n} small pictures: {'; '.join(parts)}.")


def stack(terms: Mapping[str, float], ylabel: str, caption: str) -> None:
    """Terms of a sum, each a bar that begins where the one before ends; the last one ends at the sum."""
    terms = {name: check_number(value, entry("terms", name)) for name, value in labelled(terms, "terms").items()}
    text(ylabel, "ylabel")
    ends = np.cumsum(list(terms.values()))
    with plt.rc_context(STYLE):
        fig, axis = plt.subplots(figsize=(max(4.0, 0.36 * len(terms)), 3.2))
        shades = [COLOURS[0] if value >= 0 else COLOURS[1] for value in terms.values()]
        axis.bar(list(terms), list(terms.values()), bottom=ends - list(terms.values()), color=shades, width=0.8)
        axis.axhline(ends[-1], color=GREY, linewidth=1)
        axis.text(1.01, ends[-1], f"sum {ends[-1]:.2f}", transform=axis.get_yaxis_transform(), color=GREY, va="center")
        axis.set_ylabel(ylabel)
        axis.grid(False, axis="x")
    parts = ", ".join(f"{name} {value:.3g}" for name, value in terms.items())
    figure(fig, caption, f"{ylabel} as a stack of bars: {parts}; together {ends[-1]:.3g}.")


def histograms(
    panels: Mapping[str, Mapping[str, Tensor]],
    xlabel: str,
    caption: str,
    bins: int | Sequence[float] = 25,
) -> None:
    """Densities of 1-D samples, one panel per entry; the samples of one panel are drawn over each other.

    `bins` is a number, for each sample's own range, or the edges for all.
    """
    text(xlabel, "xlabel")
    panels = {
        title: {label: _sample(x, title, label) for label, x in labelled(samples, entry("panels", title)).items()}
        for title, samples in labelled(panels, "panels").items()
    }
    bins = np.sort(numbers(bins, "bins")) if isinstance(bins, Sequence | Tensor) else check_whole(bins, 1, "bins")
    if np.ndim(bins) and len(bins) < 2:
        raise ValueError("bins must be a number, or at least two edges; got one edge")
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            1, len(panels), figsize=(3.2 * len(panels), 2.7), squeeze=False, sharey=True
        )
        for axis, (title, samples) in zip(axes[0], panels.items()):
            colour_of = colours(samples)
            for k, (label, values) in enumerate(samples.items()):
                axis.hist(
                    values, bins=bins, density=True, histtype="step", linewidth=1.8,
                    color=colour_of[label], linestyle=DASHES[k], label=label,
                )
            axis.set(title=title, xlabel=xlabel)
            axis.legend(fontsize=8)
        axes[0][0].set_ylabel("density")
    parts = (f"{title} ({', '.join(samples)})" for title, samples in panels.items())
    figure(fig, caption, f"Histograms of {xlabel}, from left to right: {'; '.join(parts)}.")


def _sample(values: Tensor, title: str, label: str) -> np.ndarray:
    name = entry(entry("panels", title), label)
    values = numbers(values.flatten() if isinstance(values, Tensor) else values, name)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite")
    return values


def paths(
    panels: Mapping[str, tuple[Sequence[float], Tensor]],
    xlabel: str,
    ylabel: str,
    caption: str,
    density: tuple[Sequence[float], Sequence[float], Tensor] | None = None,
) -> None:
    """Paths side by side on one scale: a panel is (times (n,), values (k, n)), its k-th path in the k-th colour.

    density is (times (n,), values (m,), p (m, n)), a law that changes: each time's column of p is drawn behind the
    paths, the darker the denser, as a share of the densest value at that time; the paths are thin and of one colour then.
    """
    text(xlabel, "xlabel"), text(ylabel, "ylabel")
    panels = {title: _path(panel, entry("panels", title)) for title, panel in labelled(panels, "panels").items()}
    law = None if density is None else _density(density)
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            1, len(panels), figsize=(max(3.6 * len(panels), 4.8), 3.2), squeeze=False, sharey=True
        )
        for axis, (title, (times, values)) in zip(axes[0], panels.items()):
            if law is not None:
                axis.grid(False)
                axis.pcolormesh(*law, cmap="Greys", vmin=0, vmax=1.6, shading="nearest", rasterized=True)
                axis.set_ylim(law[1][0], law[1][-1])
            for k, path in enumerate(values):
                look = dict(color=COLOURS[k % 7], linestyle=DASHES[k % 7], linewidth=1.3)
                axis.plot(times, path, **(look if law is None else dict(color=COLOURS[1], linewidth=0.8, alpha=0.8)))
            axis.set(title=title, xlabel=xlabel)
        axes[0][0].set_ylabel(ylabel)
    counts = "; ".join(f"{title}, {len(values)} paths" for title, (_, values) in panels.items())
    behind = "" if law is None else " The law of the values lies behind them as a grey map."
    figure(fig, caption, f"{ylabel} against {xlabel}, from left to right: {counts}.{behind}")


def _density(density: tuple[Sequence[float], Sequence[float], Tensor]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not isinstance(density, tuple | list) or len(density) != 3:
        raise TypeError(f"density must be times, values and p; got {type(density).__name__}")
    times, values = numbers(density[0], "the times of density"), numbers(density[1], "the values of density")
    p = numbers(density[2], "the p of density", (len(values), len(times)))
    if not np.isfinite(p).all() or p.min() < 0:
        raise ValueError("the p of density must be finite and not below 0")
    order, rising = np.argsort(times), np.argsort(values)
    p = p[rising][:, order]
    return times[order], values[rising], p / np.maximum(p.max(0), 1e-300)


def _path(panel: tuple[Sequence[float], Tensor], name: str) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(panel, tuple | list) or len(panel) != 2:
        raise TypeError(f"{name} must be a pair of times and values; got {type(panel).__name__}")
    times = numbers(panel[0], f"the times of {name}")
    return times, numbers(panel[1], f"the values of {name}", (None, len(times)))
