"""What is wrong with all numbers of a result: a sign, a factor, an order, an item.

Each function looks at all cases of a trial and says one sentence, or nothing (see ``diagnosis``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

from .trial import Trial
from .values import as_number_tensor, difference, mismatch


class Pair(NamedTuple):
    """One tensor of a result beside the one that is right; ``part`` says which item of the result it is.

    ``whole`` says that the right one holds whole numbers or truth values: tokens, counts, places.
    """

    case: int
    part: str
    got: torch.Tensor
    right: torch.Tensor
    whole: bool = False


def items_swapped(trial: Trial) -> str | None:
    """The two items of every result stand in each other's place."""
    found = []
    for k in range(len(trial.cases)):
        got, right = trial.got[k].output, trial.expected[k].output
        if not isinstance(got, list | tuple) or not isinstance(right, list | tuple) or len(got) != 2 != len(right):
            return None
        if len(right) != 2:
            return None
        found.append(difference(list(got), list(right)[::-1], 1e-4, 1e-5) is None)
    return "The two items of your result have changed places." if all(found) else None


def one_item(trial: Trial) -> str | None:
    """All wrong numbers stand in one item of the result."""
    wrong, all_parts = set(), set()
    for pair in pairs_of(trial):
        all_parts.add(pair.part)
        if _apart(pair.got, pair.right):
            wrong.add(pair.part)
    if len(wrong) == 1 and len(all_parts) > 1:
        return f"Only {wrong.pop()} of your result is wrong. The rest is right."
    return None


_FACTORS = {
    "twice": 2.0, "half of": 0.5, "four times": 4.0, "a quarter of": 0.25, "log 2 times": math.log(2),
    "1 / log 2 times": 1 / math.log(2), "log 10 times": math.log(10), "1 / log 10 times": 1 / math.log(10),
    "pi times": math.pi, "1 / pi times": 1 / math.pi, "2 pi times": 2 * math.pi, "1 / (2 pi) times": 0.5 / math.pi,
    "the square root of 2 times": math.sqrt(2), "1 / the square root of 2 times": math.sqrt(0.5),
}  # fmt: skip


def factor(trial: Trial) -> str | None:
    """A sign, a known or unknown constant, or a power of an input."""
    pairs = pairs_of(trial)
    if not pairs:
        return None
    if all(_same(pair.got, -pair.right) for pair in pairs):
        return "The sign of your result is turned round, on every case."
    for name, factor in _FACTORS.items():
        if all(_same(pair.got, factor * pair.right) for pair in pairs):
            return f"Your result is {name} what it should be, on every case."
    ratios = [_ratio(pair) for pair in pairs]
    if any(ratio is None for ratio in ratios):
        return None
    first = next((r for r in ratios if r == r), None)
    if first is not None and abs(first - 1) > 5e-3 and all(r != r or abs(r / first - 1) < 1e-3 for r in ratios) and len(pairs) > 1:
        return f"Your result is {first:.4g} times what it should be, on every case: a constant factor is wrong."
    for k, name in enumerate(trial.names):
        for said, power in ((name, 1.0), (f"1 / {name}", -1.0), (f"{name} squared", 2.0),
                            (f"1 / {name} squared", -2.0), (f"the root of {name}", 0.5)):  # fmt: skip
            if any(r == r and abs(r - 1) > 5e-3 for r in ratios) and all(_is_power(r, trial.cases[p.case], k, power) for r, p in zip(ratios, pairs, strict=True)):
                return f"Your result is off by a factor, the same for all entries of a case: it equals {said}."
    return None


def offset(trial: Trial) -> str | None:
    """The same number has been added everywhere."""
    pairs = pairs_of(trial)
    gaps = [(pair.got - pair.right).flatten() for pair in pairs]
    gaps = torch.cat(gaps) if gaps else torch.zeros(0)
    if gaps.numel() < 2 or not bool(gaps.isfinite().all()) or abs(float(gaps[0])) < 1e-6:
        return None
    if float((gaps - gaps[0]).abs().max()) < 1e-4 * max(1.0, abs(float(gaps[0]))):
        return f"Every number of your result is off by the same amount, {float(gaps[0]):.4g}."
    return None


def root_or_square(trial: Trial) -> str | None:
    """A root, a square, a reciprocal, a logarithm of what is right."""
    pairs = pairs_of(trial)
    if not pairs or any(bool((pair.right < 0).any()) for pair in pairs):
        return None
    transforms: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "the square of what it should be": torch.square, "the square root of what it should be": torch.sqrt,
        "one over what it should be": torch.reciprocal, "one less what it should be": lambda x: 1 - x,
        "the logarithm of what it should be": torch.log, "the exponential of what it should be": torch.exp,
    }  # fmt: skip
    for said, change in transforms.items():
        if all(_same(pair.got, change(pair.right)) for pair in pairs):
            return f"Your result is {said}, on every case."
    return None


def moved(trial: Trial) -> str | None:
    """The right numbers in other places."""
    single = [pair for pair in pairs_of(trial) if not pair.right.ndim or pair.right.numel() < 2]
    pairs = [pair for pair in pairs_of(trial) if pair.right.ndim and pair.right.numel() > 1]
    wrong = any(_apart(pair.got, pair.right) for pair in pairs)
    if not wrong or any(_apart(pair.got, pair.right) for pair in single):
        return None
    square = [p for p in pairs if p.right.ndim == 2 and p.right.shape[0] == p.right.shape[1]]
    if square and len(square) == len(pairs) and all(_same(p.got, p.right.T) for p in square):
        return "Your result is transposed: rows and columns have changed places."
    if all(_same(pair.got, pair.right.flip(-1)) for pair in pairs):
        return "Your result runs backwards along its last axis."
    if all(_same(pair.got, pair.right.flip(0)) for pair in pairs):
        return "Your result runs backwards along its first axis."
    for shift, said in ((1, "late"), (-1, "early")):
        if all(_shifted(pair, shift) for pair in pairs):
            return f"Your result is shifted: each entry stands one place too {said}."
    many = any(len(pair.right.unique()) > 2 for pair in pairs if _apart(pair.got, pair.right))
    if many and all(_same(pair.got.flatten().sort().values, pair.right.flatten().sort().values) for pair in pairs):
        return "Your result holds the right numbers in the wrong order."
    return None


def pairs_of(trial: Trial) -> list[Pair]:
    """All tensors of the results of equal form beside the right ones; none for laws."""
    if trial.independent:
        return []
    found: list[Pair] = []
    for k, (mine, right) in enumerate(zip(trial.got, trial.expected, strict=True)):
        if mine.error or right.error:
            return []
        pairs = list(tensors_in(k, "", mine.output, right.output))
        if not pairs or any(pair.got.shape != pair.right.shape for pair in pairs):
            return []
        found += [pair for pair in pairs if pair.right.numel()]
    return found


def tensors_in(case: int, part: str, got: Any, right: Any, depth: int = 0) -> Iterator[Pair]:
    """The tensors of two results of the same form, side by side."""
    one, other = as_number_tensor(got), as_number_tensor(right)
    if one is not None and other is not None:
        yield Pair(case, part, one.double(), other.double(), not other.is_floating_point())
    elif depth < 4 and isinstance(right, dict) and isinstance(got, dict) and set(got) == set(right):
        for key in right:
            yield from tensors_in(case, f"the item {key!r}", got[key], right[key], depth + 1)
    elif depth < 4 and isinstance(right, list | tuple) and isinstance(got, list | tuple):
        if len(got) == len(right):
            names = getattr(right, "_fields", [f"item {k + 1}" for k in range(len(right))])
            for name, a, b in zip(names, got, right, strict=True):
                yield from tensors_in(case, f"{part}, {name}" if part else f"{name}", a, b, depth + 1)


def _same(got: torch.Tensor, right: torch.Tensor) -> bool:
    return got.shape == right.shape and not _apart(got, right)


def _apart(got: torch.Tensor, right: torch.Tensor) -> bool:
    return bool(mismatch(got, right).any())


def _ratio(pair: Pair) -> float | None:
    """The constant factor between the two; NaN if it cannot be seen, None if there is none."""
    large = pair.right.abs() > 1e-6
    if bool((pair.got[~large].abs() > 1e-5).any()):
        return None
    if not bool(large.any()):
        return math.nan if _same(pair.got, pair.right) else None
    ratios = pair.got[large] / pair.right[large]
    if not bool(ratios.isfinite().all()) or float(ratios.abs().max()) < 1e-9:
        return None
    if float((ratios - ratios[0]).abs().max()) > 1e-3 * abs(float(ratios[0])):
        return None
    return float(ratios[0])


def _is_power(ratio: float, case: tuple, k: int, power: float) -> bool:
    if ratio != ratio:
        return True
    value = case[k] if k < len(case) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0 or value == 1:
        return False
    return abs(ratio / float(value) ** power - 1) < 1e-3


def _shifted(pair: Pair, shift: int) -> bool:
    n = pair.right.shape[-1]
    if n < 3:
        return False
    mine, right = pair.got, pair.right
    if shift > 0:
        return _same(mine[..., 1:], right[..., :-1]) and _apart(mine, right)
    return _same(mine[..., :-1], right[..., 1:]) and _apart(mine, right)
