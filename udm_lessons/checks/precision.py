"""Whether an answer loses half of the digits on its way, as `torch.tensor(0.3)` and `torch.linspace` do."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from .trial import Trial
from .values import difference

_LOOSE, _TIGHT = (1e-4, 1e-5), (1e-9, 1e-10)


def is_coarse(trial: Trial) -> bool:
    """Whether results agree to single precision and no better, in at least half of the cases given in double."""
    double = [k for k, case in enumerate(trial.cases) if _is_double(case) and not trial.expected[k].error]
    found = [trial.got[k].output for k in double]
    right = [trial.expected[k].output for k in double]
    close, exact = (
        [difference(one, other, *tolerance) is None for one, other in zip(found, right, strict=True)]
        for tolerance in (_LOOSE, _TIGHT)
    )
    coarse = sum(near and not same for near, same in zip(close, exact, strict=True))
    return not trial.independent and coarse >= 2 and 2 * coarse >= len(double)


def _is_double(case: tuple) -> bool:
    """Whether a case holds numbers that are not whole, none of them in single precision."""
    widths = {width for value in case for width in _widths(value)}
    return bool(widths) and min(widths) == 8


def _widths(value: Any) -> set[int]:
    """How many bytes each kind of real number in an input takes."""
    if isinstance(value, torch.Tensor):
        return {value.element_size()} if value.is_floating_point() else set()
    if isinstance(value, np.ndarray | np.generic):
        return {value.dtype.itemsize} if value.dtype.kind == "f" else set()
    if isinstance(value, list | tuple):
        return set().union(*map(_widths, value))
    return {8} if isinstance(value, float) else set()
