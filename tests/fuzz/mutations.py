"""What goes wrong with an argument: shapes, dtypes, values, and things that are no such argument at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from types import FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Unhashable:
    """Something that cannot be looked up in a table."""

    __hash__ = None


def _with(x: Tensor, value: float) -> Tensor:
    x = x.clone()
    if x.numel():
        x.view(-1)[x.numel() // 2] = value
    return x


SHAPES: dict[str, Callable[[Tensor], Any]] = {
    "an axis in front": lambda x: x[None],
    "an axis behind": lambda x: x[..., None],
    "an axis less": lambda x: x[0],
    "transposed": lambda x: x.transpose(0, -1),
    "a batch twice as long": lambda x: torch.cat([x, x]),
    "a shorter batch": lambda x: x[:-1],
    "an empty batch": lambda x: x[:0],
    "a row of no entries": lambda x: x[..., :0],
    "0-d": lambda x: x.flatten()[0],
    "not contiguous": lambda x: torch.stack([x, x], -1)[..., 0],
    "expanded": lambda x: x[:1].expand(x.shape),
}
DTYPES: dict[str, Callable[[Tensor], Any]] = {
    str(dtype).removeprefix("torch."): lambda x, dtype=dtype: x.to(dtype)
    for dtype in (
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.int32,
        torch.int64, torch.bool,
    )
}  # fmt: skip
VALUES: dict[str, Callable[[Tensor], Any]] = {
    "nan": lambda x: _with(x, math.nan),
    "inf": lambda x: _with(x, math.inf),
    "-inf": lambda x: _with(x, -math.inf),
    "large": lambda x: x * 1e4,
    "small": lambda x: x * 1e-4,
    "zero": lambda x: x * 0,
    "negative": lambda x: -x,
    "gradients": lambda x: x.detach().clone().requires_grad_(),
}
TOKENS: dict[str, Callable[[Tensor], Any]] = {
    "out of the vocabulary": lambda x: x + 1000,
    "below 0": lambda x: -x - 1,
    "one of them -100": lambda x: _with(x, -100),
    "all pad": lambda x: torch.full_like(x, 27),
    "all mask": lambda x: torch.full_like(x, 26),
    "pad in front": lambda x: torch.cat([torch.full_like(x[:, :1], 27), x[:, 1:]], 1),
}
AS_OTHER: dict[str, Callable[[Any], Any]] = {
    "an array": lambda x: x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x),
    "a list": lambda x: x.tolist() if isinstance(x, Tensor) else [x],
}
TIMES = {
    "7": 7.0, "-.1": -0.1, "time nan": math.nan, "time inf": math.inf, "whole 1": 1, "0": 0.0, "1": 1.0,
    "half a step": 0.5, "a 0-d tensor": torch.tensor(0.5), "a 0-d nan": torch.tensor(math.nan),
    "a fraction": Fraction(1, 2), "numpy's": np.float32(0.5), "complex": 0.5j,
    "one for each of three": torch.tensor([0.2, 0.5, 0.8]),
    "one for each of three, float32": torch.tensor([0.2, 0.5, 0.8], dtype=torch.float32),
    "three, one nan": torch.tensor([0.2, math.nan, 0.8]), "three, one late": torch.tensor([0.2, 1.5, 0.8]),
    "a column": torch.tensor([[0.2], [0.5], [0.8]]),
}  # fmt: skip
NUMBERS = {
    "0": 0, "-1": -1, "1": 1, "2.5": 2.5, "nan": math.nan, "inf": math.inf, "1e300": 1e300, "10**400": 10**400,
    "2**70": 2**70, "true": True, "a fraction": Fraction(1, 3), "numpy's": np.float32(0.25), "a 0-d tensor": torch.tensor(0.5),
}  # fmt: skip
JUNK = {
    "None": None, "3": 3, "a string": "junk", "an empty list": [], "unhashable": Unhashable(), "a class": Unhashable,
    "bytes": b"x0", "an object": object(),
}  # fmt: skip
GENERATORS = {"None": None, "a seed": 3, "numpy's": np.random.default_rng(0), "a string": "seed"}
CALLABLES = {
    "returns None": lambda *given, **named: None,
    "returns 0": lambda *given, **named: 0.0,
    "returns one entry": lambda *given, **named: torch.zeros(1),
    "returns a column": lambda *given, **named: torch.zeros(3, 1),
    "returns nan": lambda *given, **named: math.nan,
}


def mutations_of(name: str, value: Any) -> dict[str, Any]:
    """By name, what a valid argument may be turned into; thunks, since not every one fits every value."""
    junk = {f"junk: {key}": lambda item=item: item for key, item in JUNK.items()}
    if isinstance(value, torch.Generator):
        return {f"generator: {key}": lambda item=item: item for key, item in GENERATORS.items()}
    if isinstance(value, Tensor):
        kinds = SHAPES | DTYPES | (VALUES if value.is_floating_point() else TOKENS) | AS_OTHER
        return {key: lambda change=change: change(value) for key, change in kinds.items()} | junk
    if name in ("t", "s", "t_min", "t_max", "start", "end") and isinstance(value, float | int):
        return {f"time: {key}": lambda item=item: item for key, item in TIMES.items()} | junk
    if isinstance(value, bool | str):
        return junk
    if isinstance(value, float | int):
        return {f"number: {key}": lambda item=item: item for key, item in NUMBERS.items()} | junk
    if isinstance(value, list | tuple):
        return _lists(value) | junk
    if isinstance(value, dict):
        return _mappings(value) | junk
    if isinstance(value, FunctionType):
        return {f"a function that {key}": lambda item=item: item for key, item in CALLABLES.items()} | junk
    return junk


def _lists(value: list | tuple) -> dict[str, Any]:
    kind = type(value) if type(value) in (list, tuple) else list
    changed = {
        "reversed": kind(reversed(value)), "one less": kind(value[:-1]), "empty": kind(()), "twice": kind([*value, *value]),
        "nan in it": kind([*value[:-1], math.nan]), "None in it": kind([*value[:-1], None]),
    }  # fmt: skip
    return {f"list: {key}": lambda item=item: item for key, item in changed.items()}


def _mappings(value: dict) -> dict[str, Any]:
    """Keys of another type, none, one of another kind of value, or one entry turned into anything."""
    changed = {"empty": {}, "other keys": {3: part for part in value.values()}, "pairs": list(value.items())}
    kinds = {f"mapping: {key}": lambda item=item: item for key, item in changed.items()}
    for key, part in value.items():
        for kind, change in mutations_of("", part).items():
            kinds[f"[{key!r}] {kind}"] = lambda key=key, change=change: {**value, key: change()}
    return kinds
