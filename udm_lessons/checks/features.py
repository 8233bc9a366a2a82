"""What is special about a case, in words: a zero, a batch of one, a square, nothing at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch

from .trial import Trial
from .values import as_number_tensor

_RESULT = "the right result"
_OF_RESULT = re.compile(r" is (0|1|empty|negative)$|one item$|negative numbers$")
_EDGE = re.compile(
    r"is 0$|is empty|one sample|one item|is None|holds a 0|twice|equal lengths|is square|more than two|right result"
)
# What has no say beside a special value, or if it is missing from the cases that are wrong.
_BY_CHANCE = re.compile(r"square|float32| axes|axis|is a number|shorter|longer")


def shared(trial: Trial, cases: list[int]) -> str:
    """In words, what these cases have and the others have not."""
    chosen, others = _having(trial, cases)
    if not chosen or not others:
        return ""
    only = set.intersection(*chosen) - set.union(*others)
    if len(cases) == 1:  # what sets a single case apart may be chance; an edge is not
        only = {feature for feature in only if _EDGE.search(feature)}
    telling = {feature for feature in only if not _BY_CHANCE.search(feature)}
    return " and ".join(sorted(telling or only)[:3])


def lacking(trial: Trial, cases: list[int]) -> str:
    """In words, what the other cases have and these have not."""
    chosen, others = _having(trial, cases)
    if len(chosen) < 2 or not others:
        return ""
    lacking = set.intersection(*others) - set.union(*chosen)
    return " and ".join(sorted(feature for feature in lacking if not _BY_CHANCE.search(feature))[:3])


def _having(trial: Trial, cases: list[int]) -> tuple[list[set[str]], list[set[str]]]:
    """The features of these cases, and those of the others."""
    having = [
        case_features(trial.names, case, right.output)
        for case, right in zip(trial.cases, trial.expected, strict=True)
    ]
    return [having[k] for k in cases], [having[k] for k in range(len(having)) if k not in cases]


def case_features(names: list[str], case: tuple, expected: Any = None) -> set[str]:
    """Such as "`sigma` is 0", "the batch is square", or "the right result is empty"."""
    found: set[str] = set()
    for k, value in enumerate(case):
        name = names[k] if k < len(names) else f"input {k + 1}"
        found.update(_of_value(name, value))
    found.update(_of_lengths(names, case))
    found.update(_of_pairs(names, case))
    if expected is not None:
        found.update(said for said in _of_value(_RESULT, expected) if _OF_RESULT.search(said))
    return found


def _of_value(name: str, value: Any) -> Iterator[str]:
    """What is special about a value that goes by this name."""
    name = name if name == _RESULT else f"`{name}`"
    if value is None:
        yield f"{name} is None"
    elif isinstance(value, str | list | tuple) and len(value) == 0:
        yield f"{name} is empty"
    elif isinstance(value, str | list | tuple) and len(value) == 1:
        yield f"{name} has one item"
    elif isinstance(value, bool):
        yield f"{name} is {value}"
    elif isinstance(value, int | float):
        yield from _of_number(name, float(value))
        yield f"{name} is a number"
    elif isinstance(value, torch.Tensor):
        yield from _of_tensor(name, value)
    if isinstance(value, str | list | tuple) and _has_doubles(value):
        yield f"something stands twice in {name}"


def _of_number(name: str, value: float) -> Iterator[str]:
    if value in (0.0, 1.0):
        yield f"{name} is {value:g}"
    if value < 0:
        yield f"{name} is negative"
    if value > 1:
        yield f"{name} is larger than 1"
    for bound in (0.1, 0.01):
        if 0 < value < bound:
            yield f"{name} is above 0 and below {bound:g}"


def _of_tensor(name: str, value: torch.Tensor) -> Iterator[str]:
    if value.numel() == 0:
        yield f"{name} is empty"
        return
    if value.ndim == 0:
        yield f"{name} is a tensor without axes"
        yield from _of_number(name, float(value.detach()))
    else:
        yield f"{name} is a tensor with {value.ndim} ax{'i' if value.ndim == 1 else 'e'}s"
    if value.ndim >= 1 and value.shape[0] == 1:
        yield "the batch holds one sample"
    if value.ndim >= 2 and value.shape[0] == value.shape[1]:
        yield "the batch is square"
    if value.ndim > 2:
        yield f"{name} has more than two axes"
    if value.dtype == torch.float32:
        yield f"{name} is in float32"
    numbers = as_number_tensor(value)
    if numbers is not None and numbers.numel():
        numbers = numbers.double()
        if bool((numbers == 0).any()):
            yield f"{name} holds a 0"
        if bool((numbers == 1).any()):
            yield f"{name} holds a 1"
        if bool((numbers < 0).any()):
            yield f"{name} holds negative numbers"
        if bool((numbers.abs() > 100).any()):
            yield f"{name} holds numbers above 100"


def _of_lengths(names: list[str], case: tuple) -> Iterator[str]:
    sized = [
        (names[k], len(value))
        for k, value in enumerate(case)
        if k < len(names) and (isinstance(value, str | list | tuple) or (isinstance(value, torch.Tensor) and value.ndim))
    ]
    for i, (one, n) in enumerate(sized):
        for other, m in sized[i + 1 :]:
            if n == m:
                yield f"`{one}` and `{other}` have equal lengths"
            elif n < m:
                yield f"`{one}` is shorter than `{other}`"
            else:
                yield f"`{one}` is longer than `{other}`"


def _of_pairs(names: list[str], case: tuple) -> Iterator[str]:
    """Which of two numbers of one kind, such as `p_t` and `p_s`, is the larger one."""
    numbers = [(name, float(v)) for name, v in zip(names, case, strict=False) if isinstance(v, int | float) and not isinstance(v, bool)]
    for i, (one, a) in enumerate(numbers):
        for other, b in numbers[i + 1 :]:
            if "_" not in one or one.split("_")[0] != other.split("_")[0]:
                continue
            yield f"`{one}` is {'larger than' if a > b else 'smaller than' if a < b else 'equal to'} `{other}`"


def _has_doubles(value: Any) -> bool:
    try:
        return len(set(value)) < len(value)
    except TypeError:
        return False
