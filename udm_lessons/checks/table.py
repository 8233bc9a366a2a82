"""A failing case as rows of short texts; a large tensor is cut to a window with the difference."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from .exercise import Failure
from .patience import limited
from .text import type_name
from .values import as_number_tensor, mismatch

_LONGEST_LOOK = 0.5  # seconds
_ROWS, _COLUMNS, _ITEMS, _LONGEST = 3, 6, 4, 72
_DEEPEST = 4
Window = tuple[int, int]


@dataclass(frozen=True)
class Row:
    """One value: its name, a label with its shape, and a grid of (text, differs)."""

    name: str
    label: str
    grid: list[list[tuple[str, bool]]]


def table(failure: Failure, marked: bool = True) -> list[Row]:
    """The inputs, what came back and what was expected.

    Args:
        failure: the case.
        marked: whether entries that differ are marked; False for random results, of which
            ``got`` and ``expected`` are each one draw.
    """
    names = ("got", "expected") if marked else ("got (one draw)", "expected (one draw)")
    got, expected = _leaves(names[0], failure.got), _leaves(names[1], failure.expected)
    inputs = [leaf for name, value in failure.inputs.items() for leaf in _leaves(name, value)]
    if not marked or len(got) != len(expected):
        return [_row(*leaf) for leaf in inputs + got + expected]
    pairs = [_pair(*mine, *right) for mine, right in zip(got, expected, strict=True)]
    windows = {pair.shape: pair.window for pair in reversed(pairs) if pair.shape}
    return [
        *(_row(*leaf, windows) for leaf in inputs),
        *(pair.got for pair in pairs),
        *(pair.expected for pair in pairs),
    ]


def _leaves(name: str, value: Any, depth: int = 0) -> list[tuple[str, Any]]:
    """The parts of nested tuples, lists and dicts, each with its name."""
    if depth > _DEEPEST:
        return [(name, "…")]
    if as_number_tensor(value) is not None:
        return [(name, value)]
    if isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        keys = getattr(value, "_fields", range(1, len(value) + 1))
        items = [(str(key), item) for key, item in zip(keys, value, strict=True)]
    else:
        return [(name, value)]
    if len(items) > _ITEMS:
        rest = f"and {len(items) - _ITEMS} more"
        items = [*items[:_ITEMS], ("…", rest)]
    return [leaf for key, item in items for leaf in _leaves(f"{name}, {key}", item, depth + 1)]


def _row(name: str, value: Any, windows: Mapping[torch.Size, Window] | None = None) -> Row:
    numbers = as_number_tensor(value)
    if numbers is None:
        return Row(name, "", [[(_words(value), False)]])
    start = (windows or {}).get(numbers.shape, (0, 0))
    return Row(name, _label(value, numbers, start), _grid(numbers, None, start))


@dataclass(frozen=True)
class _Pair:
    got: Row
    expected: Row
    shape: torch.Size | None = None
    window: Window = (0, 0)


def _pair(name: str, got: Any, right_name: str, expected: Any) -> _Pair:
    mine, right = as_number_tensor(got), as_number_tensor(expected)
    if mine is None or right is None or mine.shape != right.shape:
        return _Pair(_row(name, got), _row(right_name, expected))
    differs = _as_matrix(mismatch(mine.double(), right.double()))
    start = _window(differs)
    digits = 4 if _texts(mine, 4, start) != _texts(right, 4, start) else 9
    return _Pair(
        Row(name, _label(got, mine, start), _grid(mine, differs, start, digits)),
        Row(right_name, _label(expected, right, start), _grid(right, differs, start, digits)),
        right.shape,
        start,
    )


def _as_matrix(numbers: torch.Tensor) -> torch.Tensor:
    if numbers.ndim == 0:
        return numbers.reshape(1, 1)
    return numbers.reshape(-1, numbers.shape[-1]) if numbers.numel() else numbers.reshape(0, 0)


def _window(differs: torch.Tensor) -> Window:
    """The first row and column to show, so that the first difference is among them."""
    if not differs.any():
        return 0, 0
    first, sizes, shown = differs.nonzero()[0].tolist(), differs.shape, (_ROWS, _COLUMNS)
    row, column = (
        0 if k < show else min(k, size - show)
        for k, size, show in zip(first, sizes, shown, strict=True)
    )
    return row, column


def _cut(matrix: torch.Tensor, start: Window) -> torch.Tensor:
    return matrix[start[0] : start[0] + _ROWS, start[1] : start[1] + _COLUMNS]


def _texts(numbers: torch.Tensor, digits: int, start: Window) -> list[list[str]]:
    matrix = _as_matrix(numbers)
    if not matrix.is_floating_point():
        return [[str(entry) for entry in line] for line in _cut(matrix, start).tolist()]
    finite = matrix[matrix.isfinite()].abs()
    dust = 1e-6 * finite.max().item() if finite.numel() else 0.0  # rounding noise prints as 0
    return [
        [f"{0.0 if abs(entry) <= dust else entry:.{digits}g}" for entry in line]
        for line in _cut(matrix, start).tolist()
    ]


def _grid(
    numbers: torch.Tensor, differs: torch.Tensor | None, start: Window, digits: int = 4
) -> list[list[tuple[str, bool]]]:
    texts = _texts(numbers, digits, start)
    marks = [[False] * len(line) for line in texts]
    if differs is not None:
        marks = _cut(differs, start).tolist()
    grid = [list(zip(line, mark, strict=True)) for line, mark in zip(texts, marks, strict=True)]
    return grid or [[("empty", False)]]


def _label(value: Any, numbers: torch.Tensor, start: Window) -> str:
    """Such as "5×9 float64, rows 2–4, columns 0–5"."""
    if not isinstance(value, torch.Tensor) and numbers.ndim == 0:
        return ""
    shape = "×".join(map(str, numbers.shape)) or "0-d"
    kind = value.dtype if isinstance(value, torch.Tensor) else type_name(value).split()[-1]
    shown = [
        f"{axis} {first}–{min(first + show, size) - 1}"
        for axis, first, show, size in zip(
            ("rows", "columns"), start, (_ROWS, _COLUMNS), _as_matrix(numbers).shape, strict=True
        )
        if size > show
    ]
    label = f"{shape} {str(kind).removeprefix('torch.')}"
    return ", ".join([label, *shown])


def _safe_repr(value: Any) -> str:
    """repr, where a strange object may raise, hang, or say very much."""
    if type(value).__module__ != "builtins":
        try:
            return limited(lambda: repr(value), _LONGEST_LOOK)
        except BaseException:  # whatever it raises, the panel must be shown
            return type_name(value)
    return reprlib.repr(value) if isinstance(value, list | tuple | dict | set) else repr(value)


def _words(value: Any) -> str:
    """A value that is not a number, without memory addresses."""
    if isinstance(value, torch.Generator):
        return f"a generator with seed {value.initial_seed()}"
    text = _safe_repr(value)
    if re.search(r"0x|\n", text) or len(text) > _LONGEST:
        return f"{text[:_LONGEST]}…" if isinstance(value, str) else type_name(value)
    return text
