"""A table of numbers with paths through it, which answers to the pointer."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from .captions import caption_of
from .content import entry, labelled, numbers, words
from .style import on_page

_CELL = "border: 1px solid #99999966; padding: 2px 0.9em; text-align: right; font-variant-numeric: tabular-nums"
_HEAD = "border: none; padding: 2px 0.9em; text-align: center; background: none; font-weight: normal"
_VISITED, _MARKED = "#0072B21F", "#0072B266"


def table(
    values: Sequence[Sequence], rows: Sequence[str], columns: Sequence[str],
    paths: Mapping[str, Sequence[tuple[int, int]]], caption: str,
) -> None:
    """Shows numbers in labelled rows and columns, and the paths of (row, column) cells below them, by name.

    Cells that a path visits are tinted. Pointing at the name of a path marks its cells; pointing at a cell marks all
    paths that visit it. Raises ValueError for a cell outside the table.
    """
    words(rows, "rows"), words(columns, "columns")
    numbers(values, "values", (len(rows), len(columns)))
    through = _visits(paths, len(rows), len(columns))
    written = (f"{row}: {', '.join(map(str, line))}" for row, line in zip(rows, values))
    said = caption_of(caption, f"A table with columns {', '.join(columns)}. {'; '.join(written)}. Paths: {', '.join(paths)}.")
    head = "".join(f'<th scope="col" style="{_HEAD}">{html.escape(column)}</th>' for column in columns)
    body = [f'<tr style="background: none"><td style="{_HEAD}"></td>{head}</tr>']
    for i, (row, line) in enumerate(zip(rows, values)):
        cells = "".join(_cell(str(value), through.get((i, j), [])) for j, value in enumerate(line))
        body.append(f'<tr style="background: none"><th scope="row" style="{_HEAD}">{html.escape(row)}</th>{cells}</tr>')
    name = "padding: 2px 0.6em; font-family: monospace; white-space: pre; cursor: default"
    names = "".join(
        f'<span tabindex="0" class="udm-path-{k}" style="{name}">{html.escape(label)}</span> ' for k, label in enumerate(paths)
    )
    grid = f'<table aria-label="{html.escape(said.alt, quote=True)}" style="margin: 0 0 6px">{"".join(body)}</table>'
    on_page(f'{_style(len(paths))}<div class="udm-paths"><div style="overflow-x: auto">{grid}</div><div>{names}</div></div>', said)


def _visits(paths: Mapping, rows: int, columns: int) -> dict[tuple[int, int], list[int]]:
    """Which paths visit a cell, by their numbers."""
    through: dict[tuple[int, int], list[int]] = {}
    for k, (label, cells) in enumerate(labelled(paths, "paths", 0).items()):
        numbers(cells, entry("paths", label), (None, 2))
        for i, j in cells:
            if not (0 <= i < rows and 0 <= j < columns):
                raise ValueError(f"{entry('paths', label)} must stay in the table, {rows} by {columns}; got the cell ({i}, {j})")
            through.setdefault((i, j), []).append(k)
    return through


def _cell(value: str, paths: Sequence[int]) -> str:
    named = f' class="{" ".join(f"udm-path-{k}" for k in paths)}"' if paths else ""
    return f'<td{named} style="{_CELL}; background: {_VISITED if paths else "none"}">{html.escape(value)}</td>'


def _style(paths: int) -> str:
    """Whatever belongs to a path is marked while the pointer, or the focus, is on any part of it."""
    parts = (
        f".udm-paths:has(.udm-path-{k}:hover, .udm-path-{k}:focus) .udm-path-{k} {{background: {_MARKED} !important}}"
        for k in range(paths)
    )
    return f"<style>{' '.join(parts)}</style>" if paths else ""
