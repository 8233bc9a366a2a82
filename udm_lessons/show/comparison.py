"""Numbers that are to be compared: a table of text, right-aligned, with errors in small print and the best ones marked."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
from IPython.display import display
from torch import Tensor

from .._arrays import check_choice, check_whole, quoted
from .captions import caption_of
from .content import entry, labelled, words
from .style import caption_below

Cell = float | tuple[float, float] | str
_CELL = "border: none; padding: 1px 0 1px 1.6em; text-align: right; white-space: nowrap; background: none"


def compare(
    rows: Mapping[str, Sequence[Cell]], columns: Sequence[str], caption: str, *, digits: int = 2, best: str = "",
) -> None:
    """Shows numbers in labelled rows and columns, rounded to `digits` decimals.

    rows   the cells of each row: a number or a tensor of one, a pair (number, its error), or words
    best   "low" or "high" marks the best number of each column, and all that look the same

    Where no HTML is shown the table is text too. Raises ValueError for rows of another length than `columns`, TypeError for
    other cells.
    """
    words(columns, "columns"), check_whole(digits, 0, "digits"), check_choice(best, ("", "low", "high"), "best")
    texts = {
        label: [_texts(cell, entry("rows", label), digits) for cell in _row(row, label, len(columns))]
        for label, row in labelled(rows, "rows").items()
    }
    marked = _best(texts, len(columns), best)
    said = caption_of(caption, "A table of numbers.")
    head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(column)}</th>' for column in columns)
    body = [f'<tr style="background: none"><td style="{_CELL}"></td>{head}</tr>']
    for label, cells in texts.items():
        written = "".join(
            f'<td style="{_CELL}; font-variant-numeric: tabular-nums">{_written(cell, (label, k) in marked)}</td>'
            for k, cell in enumerate(cells)
        )
        name = f'<th scope="row" style="{_CELL}; padding-left: 0; text-align: left; font-weight: normal">{html.escape(label)}</th>'
        body.append(f'<tr style="background: none">{name}{written}</tr>')
    table = f'<div style="overflow-x: auto"><table aria-label="{html.escape(said.alt)}" style="margin: 0">{"".join(body)}</table></div>'
    display({"text/html": caption_below(table, said), "text/plain": _plain(texts, columns, said.caption, marked)}, raw=True)


def _row(row: Sequence[Cell], label: str, length: int) -> Sequence[Cell]:
    if isinstance(row, str) or not isinstance(row, Sequence):
        raise TypeError(f"{entry('rows', label)} must be a sequence of cells; got {quoted(row)}")
    if len(row) != length:
        raise ValueError(f"{entry('rows', label)} must hold {length} cells, one for each column; got {len(row)}")
    return row


def _texts(cell: Cell, name: str, digits: int) -> tuple[str, str]:
    """The number and its error as text; the latter may be empty."""
    if isinstance(cell, str):
        return cell, ""
    pair = tuple(_bare(part) for part in cell) if isinstance(cell, tuple) else (_bare(cell), None)
    if len(pair) != 2 or not isinstance(pair[0], Real) or not isinstance(pair[1], Real | None):
        raise TypeError(f"{name} must hold numbers, pairs of a number and its error, or words; got {quoted(cell)}")
    return f"{pair[0]:.{digits}f}", "" if pair[1] is None else f"{pair[1]:.{digits}f}"


def _bare(value: object) -> object:
    """The number in a tensor or an array of no dimensions."""
    return value.item() if isinstance(value, Tensor | np.ndarray) and value.ndim == 0 else value


def _best(texts: Mapping[str, Sequence[tuple[str, str]]], columns: int, best: str) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for k in range(columns) if best else ():
        values = {label: _number(row[k][0]) for label, row in texts.items()}
        finite = [value for value in values.values() if math.isfinite(value)]
        if len(set(finite)) > 1:
            top = min(finite) if best == "low" else max(finite)
            found |= {(label, k) for label, value in values.items() if value == top}
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _written(cell: tuple[str, str], marked: bool) -> str:
    value, error = (html.escape(part) for part in cell)
    small = f' <small style="opacity: 0.75">± {error}</small>' if error else ""
    return f"{f'<b>{value}</b>' if marked else value}{small}"


def _plain(texts: Mapping, columns: Sequence[str], caption: str, marked: set) -> str:
    lines = [["", *columns]]
    for label, cells in texts.items():
        row = [f"{'*' if (label, k) in marked else ''}{v}{f' ± {e}' if e else ''}" for k, (v, e) in enumerate(cells)]
        lines.append([label, *row])
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    rows = ["  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))]) for line in lines]
    return "\n".join([*(row.rstrip() for row in rows), caption])
