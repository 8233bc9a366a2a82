"""Results as numbers: what may stand for what, and where two results differ.

Numbers, NumPy's and PyTorch's arrays, fractions, lists of numbers may stand for each other. Nothing in here trusts
what it is given: a list that holds itself, a tensor without data or an object that raises when looked at
is a result that cannot be read, not an error.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from .text import type_name

_DEEPEST = 20


class Reason(str):
    """Why two outputs differ; ``kind`` is "type", "shape" or "value"."""

    kind: str

    def __new__(cls, text: str, kind: str = "value") -> Reason:
        reason = super().__new__(cls, text)
        reason.kind = kind
        return reason


def as_tensor(value: Any) -> torch.Tensor | None:
    """A number, array or tensor as a detached, dense CPU tensor; None for anything else."""
    if isinstance(value, torch.Tensor):
        return _plain(value)
    if is_large(value):
        value = float(max(-(10**308), min(value, 10**308)))
    if isinstance(value, bool | int | float | np.bool_ | np.number):
        return torch.from_numpy(np.array(value))  # keeps Python floats in float64
    if isinstance(value, numbers.Real):  # such as Fraction
        return torch.tensor(float(value), dtype=torch.float64)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return torch.from_numpy(np.array(value, dtype=value.dtype.newbyteorder("="), order="C"))
    return None


def _plain(value: torch.Tensor) -> torch.Tensor | None:
    """The numbers of a tensor of any layout; None if it holds none, as on the device meta."""
    try:
        value = value.detach().as_subclass(torch.Tensor)
        if value.is_nested or value.device.type == "meta":
            return None
        if value.layout != torch.strided:
            value = value.to_dense()
        value = (value.dequantize() if value.is_quantized else value).cpu().resolve_conj().resolve_neg()
        return torch.view_as_real(value) if value.is_complex() else value
    except Exception:  # a broken tensor may fail in any way
        return None


def as_number_tensor(value: Any) -> torch.Tensor | None:
    """Like as_tensor, and a list or tuple of numbers too."""
    if isinstance(value, list | tuple):
        items = [as_tensor(item) for item in value]
        plain = items and all(item is not None and item.ndim == 0 for item in items)
        return torch.from_numpy(np.array([item.item() for item in items])) if plain else None
    return as_tensor(value)


def is_large(value: Any) -> bool:
    """Whether a float would round this whole number."""
    return type(value) is int and abs(value) > 2**53


def difference(
    got: Any, expected: Any, rtol: float = 0.0, atol: float = 0.0, *, values: bool = True
) -> Reason | None:
    """The first difference between two outputs, or None; ``values=False`` looks at shapes only."""
    try:
        return _difference(got, expected, rtol, atol, values, "the result", 0)
    except Exception:  # a result may raise when it is looked at
        return unreadable()


def unreadable() -> Reason:
    """What is said of a result that cannot be compared at all."""
    return Reason("the result does not have the form that is asked for", "type")


def mismatch(
    got: torch.Tensor, expected: torch.Tensor, rtol: float = 1e-4, atol: float = 1e-5
) -> torch.Tensor:
    """Where two float64 tensors of one shape differ by more than the tolerance of ``close``."""
    finite = expected[expected.isfinite()].abs()
    scale = max(0.01, finite.max().item() if finite.numel() else 0.0)
    return ~torch.isclose(got, expected, rtol=rtol, atol=atol * scale, equal_nan=True)


def _difference(
    got: Any, expected: Any, rtol: float, atol: float, values: bool, where: str, depth: int
) -> Reason | None:
    if depth > _DEEPEST:
        return unreadable()
    if is_large(got) or is_large(expected):
        pair = [float(v) if isinstance(v, float) else v for v in (got, expected)]
        if all(isinstance(v, int | float) for v in pair):  # Python compares these exactly
            same = not values or pair[0] == pair[1]
            return None if same else Reason(f"{where} is not exactly the expected whole number")
    right = as_tensor(expected)
    if right is not None:
        mine = as_number_tensor(got)
        if mine is None:
            return _type(where, got, expected)
        return _values(mine, right, rtol, atol, values, where)
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping):
            return _type(where, got, expected)
        if set(got) != set(expected):
            return Reason(f"{where} has other keys than it should", "shape")
        items = [(f"{where}[{key!r}]", got[key], expected[key]) for key in expected]
    elif isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple):
            mine, right = as_tensor(got), as_number_tensor(expected)
            if not expected and mine is not None and mine.shape == (0,):
                return None
            if mine is None or right is None:
                return _type(where, got, expected)
            return _values(mine, right, rtol, atol, values, where)
        if len(got) != len(expected):
            return Reason(f"{where} has {len(got)} items instead of {len(expected)}", "shape")
        names = getattr(expected, "_fields", range(1, len(expected) + 1))
        items = [
            (f"item {name} of {where}", g, e)
            for name, g, e in zip(names, got, expected, strict=True)
        ]
    elif type(got) is not type(expected):
        return _type(where, got, expected)
    else:
        return Reason(f"{where} is not the expected one") if values and got != expected else None
    found = (_difference(g, e, rtol, atol, values, name, depth + 1) for name, g, e in items)
    return next((reason for reason in found if reason), None)


def _values(
    got: torch.Tensor, expected: torch.Tensor, rtol: float, atol: float, values: bool, where: str
) -> Reason | None:
    if got.shape != expected.shape:
        return Reason(
            f"{where} has shape {tuple(got.shape)} instead of {tuple(expected.shape)}", "shape"
        )
    if not values or expected.numel() == 0:
        return None
    if not expected.is_floating_point():  # whole numbers: exactly, but for the rounding of a float
        rounding = 1e-9 if got.is_floating_point() and rtol else 0.0
        rtol = atol = rounding
    got, expected = got.double(), expected.double()
    if mismatch(got, expected, rtol, atol).any():
        gap = (got - expected).abs().nan_to_num(nan=torch.inf, posinf=torch.inf).max().item()
        return Reason(f"the largest difference of {where} is {gap:.3g}")
    return None


def _type(where: str, got: Any, expected: Any) -> Reason:
    return Reason(f"{where} is {type_name(got)} instead of {type_name(expected)}", "type")
