r"""Ways to say whether an answer agrees with the reference.

A comparer is called as ``compare(got, expected)`` and returns None if the two agree, else a short
reason. ``close`` and ``equal`` compare values, ``same_law`` compares samples, ``close_on`` looks
at one deterministic part of a random output, and ``both`` asks for several things at once:

    both(close_on(lambda noise, x0, x_t, t, generator: forward(x0, noise, t)),
         same_law(lambda noise: {"u": noise}))

``part`` and ``parts`` take the output, or, with more parameters, the output and the case's inputs.

``same_law`` needs two independent samples. A comparer that holds one has ``independent=True``;
``judge`` then runs the reference with differently seeded generators. It must see the noise of the
answer through ``same_law`` only, hence ``close_on`` and not ``close`` beside it.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import stats

from .text import type_name


class Reason(str):
    """Why two outputs differ; ``kind`` is "type", "shape" or "value"."""

    kind: str

    def __new__(cls, text: str, kind: str = "value") -> Reason:
        reason = super().__new__(cls, text)
        reason.kind = kind
        return reason


@dataclass(frozen=True)
class Comparer:
    """A rule of agreement.

    Attributes:
        reason: ``(got, expected, inputs) -> Reason | None``.
        p_value: ``(got, expected, inputs) -> float``, adjusted for the number of tests;
            0 or 1 where nothing is random.
        independent: whether the reference must be run with other seeds than the answer.
        alpha: the probability that a right answer is refused on one case.
    """

    reason: Callable[[Any, Any, tuple], Reason | None]
    p_value: Callable[[Any, Any, tuple], float]
    independent: bool = False
    alpha: float = 0.0

    def __call__(self, got: Any, expected: Any, inputs: tuple = ()) -> Reason | None:
        return self.reason(got, expected, inputs)


def close(rtol: float = 1e-4, atol: float = 1e-5) -> Comparer:
    r"""Equal shapes and nearly equal values.

    Numbers agree if $|got - expected| \le rtol |expected| + atol \max(0.1, \max|expected|)$, which
    float32 answers to float64 data meet. Integers, booleans and strings are compared exactly;
    dicts, lists and tuples by their items. Numbers, arrays and tensors may stand for each other.
    """
    return _exact_comparer(lambda got, expected, inputs: difference(got, expected, rtol, atol))


def equal() -> Comparer:
    """Equal shapes and exactly equal values."""
    return close(0.0, 0.0)


def close_on(part: Callable, say: str = "", rtol: float = 1e-4, atol: float = 1e-5) -> Comparer:
    """``close`` for ``part(output)`` or ``part(output, *inputs)`` instead of the whole output.

    ``say`` is the reason to give where the part differs; empty for the size of the difference.
    """

    def reason(got: Any, expected: Any, inputs: tuple) -> Reason | None:
        right = _call(part, expected, inputs)
        try:
            mine = _call(part, got, inputs)
        except Exception:  # an output of another type or shape may break `part` in any way
            return difference(got, expected, rtol, atol) or _unreadable()
        found = difference(mine, right, rtol, atol)
        return Reason(say, found.kind) if found and say else found

    return _exact_comparer(reason)


def ks_p_value(got: np.ndarray, expected: np.ndarray) -> float:
    """The p-value of the two-sample Kolmogorov-Smirnov test (conservative where there are ties)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy says so when it falls back to the asymptotic law
        return float(stats.ks_2samp(got, expected).pvalue)


def same_law(
    parts: Callable | None = None,
    alpha: float = 1e-6,
    statistic: Callable[[np.ndarray, np.ndarray], float] = ks_p_value,
    same_shape: bool = True,
) -> Comparer:
    """The output has the law of the reference's output.

    Args:
        parts: maps an output to a dict of named samples, 1-D tensors that are compared one by one;
            None takes all entries of the output as one sample.
        alpha: the probability to refuse a right answer on one case, shared equally by the parts
            (Bonferroni). With k cases the exercise's false alarm is at most k alpha.
        statistic: ``(got, expected) -> p-value`` for two 1-D arrays.
        same_shape: whether the output must have the shape of the reference's output.
    """

    def p_values(got: Any, expected: Any, inputs: tuple) -> dict[str, float] | Reason:
        if same_shape and (reason := difference(got, expected, values=False)):
            return reason
        right = _samples(parts, expected, inputs)
        try:
            mine = _samples(parts, got, inputs)
        except Exception:  # see close_on
            return _unreadable()
        if set(mine) != set(right) or any(mine[k].size == 0 < right[k].size for k in right):
            return _unreadable()
        return {
            name: statistic(mine[name], right[name]) if np.isfinite(mine[name]).all() else 0.0
            for name in right
            if right[name].size
        }

    def p_value(got: Any, expected: Any, inputs: tuple) -> float:
        found = p_values(got, expected, inputs)
        if isinstance(found, Reason):
            return 0.0
        return min(1.0, len(found) * min(found.values())) if found else 1.0

    def reason(got: Any, expected: Any, inputs: tuple) -> Reason | None:
        found = p_values(got, expected, inputs)
        if isinstance(found, Reason):
            return found
        refused = [name for name, p in found.items() if p < alpha / len(found)]
        if not refused:
            return None
        mine = _samples(parts, got, inputs)[refused[0]]
        right = _samples(parts, expected, inputs)[refused[0]]
        where = f"the part “{refused[0]}” of the" if refused[0] else "the"
        return Reason(
            f"{where} result does not have the right law: mean {mine.mean():.3g} and standard "
            f"deviation {mine.std():.3g}, against {right.mean():.3g} and {right.std():.3g}"
        )

    return Comparer(reason, p_value, independent=True, alpha=alpha)


def both(*comparers: Comparer) -> Comparer:
    """All the comparers must agree; the first that does not gives the reason."""

    def reason(got: Any, expected: Any, inputs: tuple) -> Reason | None:
        return next((r for c in comparers if (r := c(got, expected, inputs))), None)

    def p_value(got: Any, expected: Any, inputs: tuple) -> float:
        return min(c.p_value(got, expected, inputs) for c in comparers)

    return Comparer(
        reason,
        p_value,
        independent=any(c.independent for c in comparers),
        alpha=sum(c.alpha for c in comparers),
    )


def difference(
    got: Any, expected: Any, rtol: float = 0.0, atol: float = 0.0, *, values: bool = True
) -> Reason | None:
    """The first difference between two outputs, or None; ``values=False`` looks at shapes only."""
    return _difference(got, expected, rtol, atol, values, "the result")


def as_tensor(value: Any) -> torch.Tensor | None:
    """A number, array or tensor as a detached CPU tensor; None for anything else."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        return torch.view_as_real(value) if value.is_complex() else value
    if _is_large(value):
        value = float(max(-(10**308), min(value, 10**308)))
    if isinstance(value, bool | int | float | np.bool_ | np.number):
        return torch.from_numpy(np.array(value))  # keeps Python floats in float64
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return torch.from_numpy(value.copy())
    return None


def _is_large(value: Any) -> bool:
    """Whether a float would round this whole number."""
    return type(value) is int and abs(value) > 2**53


def _difference(
    got: Any, expected: Any, rtol: float, atol: float, values: bool, where: str
) -> Reason | None:
    if _is_large(got) or _is_large(expected):
        numbers = [float(v) if isinstance(v, float) else v for v in (got, expected)]
        if all(isinstance(v, int | float) for v in numbers):  # Python compares these exactly
            same = not values or numbers[0] == numbers[1]
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
    found = (_difference(g, e, rtol, atol, values, name) for name, g, e in items)
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
    if not expected.is_floating_point():
        rtol = atol = 0.0
    got, expected = got.double(), expected.double()
    if mismatch(got, expected, rtol, atol).any():
        gap = (got - expected).abs().nan_to_num(nan=torch.inf, posinf=torch.inf).max().item()
        return Reason(f"the largest difference of {where} is {gap:.3g}")
    return None


def mismatch(
    got: torch.Tensor, expected: torch.Tensor, rtol: float = 1e-4, atol: float = 1e-5
) -> torch.Tensor:
    """Where two float64 tensors of one shape differ by more than the tolerance of ``close``."""
    finite = expected[expected.isfinite()].abs()
    scale = max(0.1, finite.max().item() if finite.numel() else 0.0)
    return ~torch.isclose(got, expected, rtol=rtol, atol=atol * scale, equal_nan=True)


def as_number_tensor(value: Any) -> torch.Tensor | None:
    """Like as_tensor, and a list or tuple of numbers too."""
    if isinstance(value, list | tuple):
        items = [as_tensor(item) for item in value]
        plain = items and all(item is not None and item.ndim == 0 for item in items)
        return torch.from_numpy(np.array([item.item() for item in items])) if plain else None
    return as_tensor(value)


def _type(where: str, got: Any, expected: Any) -> Reason:
    return Reason(f"{where} is {type_name(got)} instead of {type_name(expected)}", "type")


def _unreadable() -> Reason:
    return Reason("the result does not have the form that is asked for", "type")


def _samples(parts: Callable | None, output: Any, inputs: tuple) -> dict[str, np.ndarray]:
    named = {"": output} if parts is None else _call(parts, output, inputs)
    return {name: as_tensor(value).double().flatten().numpy() for name, value in named.items()}


def _call(function: Callable, output: Any, inputs: tuple) -> Any:
    takes_inputs = len(inspect.signature(function).parameters) > 1
    return function(output, *inputs) if takes_inputs else function(output)


def _exact_comparer(reason: Callable[[Any, Any, tuple], Reason | None]) -> Comparer:
    return Comparer(reason, lambda got, expected, inputs: float(not reason(got, expected, inputs)))
