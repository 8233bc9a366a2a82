"""Pictures for the lessons: images, strings, curves, clouds, histograms, paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from ..data import PIXEL_MASK
from .style import COLOURS, DASHES, MARKERS, STYLE, figure


def draw_frame(axis, content: Tensor | str) -> None:
    """One image (1, height, width) or one string in an axis without frame."""
    if isinstance(content, str):
        text, colour = (content, "black") if content else ("(empty)", "#777777")
        axis.text(
            0.5, 0.5, text, ha="center", va="center", family="monospace", color=colour,
            transform=axis.transAxes, fontsize=11,
        )
        return
    picture = content.reshape(content.shape[-2:]).float()
    axis.imshow(picture, cmap="gray_r", vmin=-1, vmax=1)
    cover = torch.zeros(*picture.shape, 4)
    cover[picture == PIXEL_MASK] = torch.tensor([0.90, 0.62, 0.0, 1.0])
    axis.imshow(cover)


def draw_images(rows: Mapping[str, Tensor], columns: Sequence[str] = (), size: float = 0.85) -> Figure:
    """A grid of grey images: one labelled row per entry (n, 1, height, width), values in [-1, 1].

    Values outside that range are clipped; PIXEL_MASK is drawn in orange.
    """
    n = max(len(images) for images in rows.values())
    with plt.rc_context(STYLE | {"axes.grid": False}):
        fig, axes = plt.subplots(
            len(rows), n, figsize=(size * n + 1.2, size * len(rows) + 0.4), squeeze=False
        )
    for axis in axes.flat:
        axis.axis("off")
    for line, (label, images) in zip(axes, rows.items()):
        line[0].text(-0.15, 0.5, label, ha="right", va="center", transform=line[0].transAxes)
        for axis, image in zip(line, images):
            draw_frame(axis, image)
    for axis, title in zip(axes[0], columns):
        axis.set_title(title, fontsize=9)
    return fig


def images(rows: Mapping[str, Tensor], caption: str, columns: Sequence[str] = ()) -> None:
    """Shows `draw_images(rows, columns)` with a caption."""
    figure(draw_images(rows, columns), caption, f"Grey images, from top to bottom: {'; '.join(rows)}.")


def draw_strings(rows: Mapping[str, Sequence[str]], columns: Sequence[str] = ()) -> Figure:
    """A table of short strings in a fixed-width font, one labelled row per entry; "_" is a mask."""
    n = max(len(strings) for strings in rows.values())
    widest = max(len(string) for strings in rows.values() for string in strings)
    cell = 0.13 * max(widest, 5) + 0.25
    with plt.rc_context(STYLE):
        fig = plt.figure(figsize=(cell * n + 1.4, 0.34 * (len(rows) + 1)))
    axis = fig.add_axes((0, 0, 1, 1))
    axis.set(xlim=(-1.3, cell * n), ylim=(-len(rows) + 0.4, 1.0))
    axis.axis("off")
    for column, title in enumerate(columns):
        axis.text(cell * column, 0.6, title, fontsize=9, va="center")
    for line, (label, strings) in enumerate(rows.items()):
        axis.text(-0.15, -line, label, ha="right", va="center", fontsize=10)
        for column, string in enumerate(strings):
            text, colour = (string, "black") if string else ("(empty)", "#777777")
            axis.text(
                cell * column, -line, text, va="center", family="monospace", fontsize=11, color=colour
            )
    return fig


def strings(
    rows: Mapping[str, Sequence[str]], caption: str, columns: Sequence[str] = ()
) -> None:
    """Shows `draw_strings(rows, columns)` with a caption."""
    lines = (f"{label}: {', '.join(text or 'empty' for text in row)}" for label, row in rows.items())
    figure(draw_strings(rows, columns), caption, f"A table of strings. {'; '.join(lines)}.")


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
) -> Figure:
    """Lines over one axis; `floor` is a labelled level, such as what real data would score."""
    with plt.rc_context(STYLE):
        fig, axis = plt.subplots(figsize=(6.4, 3.4))
        for k, (label, y) in enumerate(lines.items()):
            axis.plot(
                x, y, color=COLOURS[k % 7], linestyle=DASHES[k % 7], linewidth=1.8, label=label,
                marker=MARKERS[k % 7] if markers else None, markersize=5,
            )
        if floor is not None:
            axis.axhline(floor[1], color="#777777", linewidth=1, label=floor[0])
        axis.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
        if xscale == "log":
            axis.set_xticks(list(x), [f"{value:g}" for value in x], minor=False)
            axis.minorticks_off()
        if len(lines) > 1 or floor is not None:
            axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return fig


def curves(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    caption: str,
    **options,
) -> None:
    """Shows `draw_curves(x, lines, xlabel, ylabel, **options)` with a caption."""
    ends = (f"{label} goes from {y[0]:.3g} to {y[-1]:.3g}" for label, y in lines.items())
    alt = f"{ylabel} against {xlabel}, from {x[0]:g} to {x[-1]:g}: {'; '.join(ends)}."
    figure(draw_curves(x, lines, xlabel, ylabel, **options), caption, alt)


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
    n = len(pictures)
    rows = -(-n // 3)
    columns = -(-n // rows)
    names = list(dict.fromkeys(name for lines in pictures.values() for name in lines))
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            rows, columns, figsize=(3.0 * columns, 2.4 * rows), squeeze=False, sharex=True, sharey=sharey,
            layout="constrained",
        )
        for axis, (title, lines) in zip(axes.flat, pictures.items()):
            for name, y in lines.items():
                k = names.index(name) % 7
                axis.plot(x, y, color=COLOURS[k], linestyle=DASHES[k], linewidth=1.8, label=name)
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


def clouds(
    panels: Mapping[str, Tensor],
    caption: str,
    real: Tensor | None = None,
    labels: tuple[str, str] = ("$x_1$ (no unit)", "$x_2$ (no unit)"),
) -> None:
    """2-D samples (n, 2) side by side on one scale, over the real points in grey if those are given."""
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            1, len(panels), figsize=(2.5 * len(panels), 2.7), squeeze=False, sharex=True, sharey=True
        )
        for k, (axis, (title, points)) in enumerate(zip(axes[0], panels.items())):
            if real is not None:
                axis.scatter(real[:, 0], real[:, 1], s=5, color="#BBBBBB", linewidths=0)
            axis.scatter(
                points[:, 0], points[:, 1], s=5, color=COLOURS[k % 7], alpha=0.6, linewidths=0
            )
            axis.set(title=title, xlabel=labels[0], aspect="equal")
        axes[0][0].set_ylabel(labels[1])
    figure(fig, caption, f"Clouds of points in the plane, from left to right: {'; '.join(panels)}.")


def histograms(
    panels: Mapping[str, Mapping[str, Tensor]],
    xlabel: str,
    caption: str,
    bins: int | Sequence[float] = 25,
) -> None:
    """Densities of 1-D samples, one panel per entry; the samples of one panel are drawn over each other.

    `bins` is a number, for each sample's own range, or the edges for all.
    """
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            1, len(panels), figsize=(3.2 * len(panels), 2.7), squeeze=False, sharey=True
        )
        for axis, (title, samples) in zip(axes[0], panels.items()):
            for k, (label, values) in enumerate(samples.items()):
                axis.hist(
                    values.flatten().numpy(), bins=bins, density=True, histtype="step", linewidth=1.8,
                    color=COLOURS[k], linestyle=DASHES[k], label=label,
                )
            axis.set(title=title, xlabel=xlabel)
            axis.legend(fontsize=8)
        axes[0][0].set_ylabel("density")
    parts = (f"{title} ({', '.join(samples)})" for title, samples in panels.items())
    figure(fig, caption, f"Histograms of {xlabel}, from left to right: {'; '.join(parts)}.")


def paths(
    panels: Mapping[str, tuple[Sequence[float], Tensor]], xlabel: str, ylabel: str, caption: str
) -> None:
    """Paths side by side on one scale: a panel is (times (n,), values (k, n)), its k-th path in the k-th colour."""
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(
            1, len(panels), figsize=(3.6 * len(panels), 3.2), squeeze=False, sharey=True
        )
        for axis, (title, (times, values)) in zip(axes[0], panels.items()):
            for k, path in enumerate(values):
                axis.plot(times, path, color=COLOURS[k % 7], linestyle=DASHES[k % 7], linewidth=1.3)
            axis.set(title=title, xlabel=xlabel)
        axes[0][0].set_ylabel(ylabel)
    counts = "; ".join(f"{title}, {len(values)} paths" for title, (_, values) in panels.items())
    figure(fig, caption, f"{ylabel} against {xlabel}, from left to right: {counts}.")
