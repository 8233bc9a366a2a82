"""Named arrows in a plane: vectors, walks of several legs, and the area that two of them span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from .._arrays import check_positive, quoted
from .content import entry, labelled, numbers, text, words
from .style import GREY, STYLE, colours, figure

Point = Sequence[float]


def vectors(
    panels: Mapping[str, Mapping[str, Point | Sequence[Point]]],
    caption: str,
    labels: tuple[str, str] = ("$x_1$", "$x_2$"),
    *,
    area: str = "",
    reach: float | None = None,
) -> None:
    """Named arrows, at most three panels in a row, on one scale: an arrow is its end (x, y), or its start and its end.

    area    the name of an arrow from the origin; the parallelogram that it spans with each other such arrow is shaded
    reach   the axes go from -reach to reach in place of holding all arrows

    Raises ValueError for other shapes, or a name in `area` that no panel has.
    """
    panels = {title: _arrows(found, entry("panels", title)) for title, found in labelled(panels, "panels").items()}
    if len(words(labels, "labels")) != 2:
        raise ValueError(f"labels must be two, one for each axis; got {len(labels)}")
    names = list(dict.fromkeys(name for found in panels.values() for name in found))
    if text(area, "area") and area not in names:
        raise ValueError(f"area must be the name of an arrow, {quoted(names)}; got {quoted(area)}")
    shades = {title: _spanned(found, area) for title, found in panels.items()}
    ends = np.concatenate([np.stack(list(found.values())).reshape(-1, 2) for found in panels.values()])
    ends = np.concatenate([ends, *(corners for found in shades.values() for corners in found)])
    low, high = (_reach_of(ends) if reach is None else (-check_positive(reach, "reach"), reach))
    columns = 2 if len(panels) == 4 else min(3, len(panels))
    rows, colour_of = -(-len(panels) // columns), colours(names, apart=True)
    with plt.rc_context(STYLE):
        size = 4.2 if len(panels) == 1 else 3.1
        fig, axes = plt.subplots(
            rows, columns, figsize=(size * columns, size * rows), squeeze=False, sharex=True, sharey=True, layout="constrained"
        )
        for axis, (title, found) in zip(axes.flat, panels.items()):
            for corners in shades[title]:
                axis.add_patch(plt.Polygon(corners, color=GREY, alpha=0.2, linewidth=0))
            axis.axhline(0, color=GREY, linewidth=0.6), axis.axvline(0, color=GREY, linewidth=0.6)
            taken: list[np.ndarray] = []
            for name, (start, end) in found.items():
                look = dict(arrowstyle="-|>", color=colour_of[name], lw=2, shrinkA=0, shrinkB=0, mutation_scale=14)
                axis.annotate("", end, start, arrowprops=look, annotation_clip=False)
                place = _free(np.clip(end, low, high), start, high - low, taken)
                taken.append(place)
                side = "left" if place[0] - end[0] > 0.05 * (high - low) and not start.any() else "center"
                side = "right" if end[0] - place[0] > 0.05 * (high - low) and not start.any() else side
                if side != "center":
                    place = place - 0.04 * (high - low) * (end - start) / np.hypot(*(end - start))
                axis.text(*place, name, color=colour_of[name], ha=side, va="center")
            axis.set_title(title, fontsize=10)
            axis.set(aspect="equal", xlim=(low, high), ylim=(low, high))
            axis.grid(False), axis.locator_params(nbins=5)
        for axis in axes.flat[len(panels):]:
            axis.axis("off")
        fig.supxlabel(labels[0], fontsize=10), fig.supylabel(labels[1], fontsize=10)
    said = (f"{title} ({', '.join(found)})" if title else ", ".join(found) for title, found in panels.items())
    figure(fig, caption, f"Arrows in the plane of {labels[0]} and {labels[1]}: {'; '.join(said)}.")


def _arrows(found: Mapping[str, Point | Sequence[Point]], name: str) -> dict[str, np.ndarray]:
    """Each arrow as its start and its end (2, 2)."""
    arrows = {}
    for label, arrow in labelled(found, name).items():
        one = isinstance(arrow, Sequence) and len(arrow) == 2 and not isinstance(arrow[0], Sequence)
        arrows[label] = numbers([[0.0, 0.0], list(arrow)] if one else arrow, entry(name, label), (2, 2))
        if not np.isfinite(arrows[label]).all():
            raise ValueError(f"{entry(name, label)} must be finite")
    return arrows


def _spanned(found: dict[str, np.ndarray], area: str) -> list[np.ndarray]:
    """The corners of the parallelograms of one arrow with the others, those that start at the origin."""
    ends = {name: end for name, (start, end) in found.items() if not start.any()}
    if area not in ends:
        return []
    a = ends.pop(area)
    return [np.stack([0 * a, a, a + b, b]) for b in ends.values()]


def _reach_of(ends: np.ndarray) -> tuple[float, float]:
    """One range for both axes that holds all ends, and room for their names."""
    low, high = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    room = 0.2 * max(high - low, 1e-9)
    return low - room, high + room


def _free(end: np.ndarray, start: np.ndarray, size: float, taken: list[np.ndarray]) -> np.ndarray:
    """A place for a name beyond the end of its arrow, or beside its middle if it starts elsewhere, apart from other names."""
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-9)
    across, beyond = np.array([-along[1], along[0]]), not start.any()
    base = end if beyond else (start + end) / 2
    moves = [(0.07, 0.0), (0.15, 0.0), (0.07, 0.26), (0.07, -0.26), (0.23, 0.0), (0.15, 0.26), (0.15, -0.26)]
    if not beyond:
        moves = [(0.0, -0.1), (0.0, 0.1), (0.0, -0.18), (0.0, 0.18), (0.1, -0.1), (0.1, 0.1)]
    for far, aside in moves:
        place = base + size * (far * along + aside * across)
        if all(abs(place[1] - other[1]) > 0.07 * size or abs(place[0] - other[0]) > 0.25 * size for other in taken):
            return place
    return base + size * (moves[0][0] * along + moves[0][1] * across)
