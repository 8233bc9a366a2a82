"""Which inputs a result follows as it should: one input is changed at a time, and both results are watched.

The changed inputs need not be allowed by an exercise; what is said is about how the numbers move.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from .memory import other_cases
from .trial import Outcome, Trial
from .values import as_number_tensor, mismatch

_CASES = 3
_FULL = 1e-6  # what counts as a move of the right result, against its largest number


class _Move(NamedTuple):
    """How far the result went, and the right one."""

    mine: torch.Tensor
    right: torch.Tensor


def followed(trial: Trial) -> str | None:
    """Names the inputs whose changes the result follows rightly, and those that it does not."""
    right, wrong = [], []
    for k, name in enumerate(trial.names):
        moves = [move for case in _shown(trial) for move in _moves(trial, case, k)]
        if not any(bool((move.right.abs() > _FULL).any()) for move in moves):
            continue
        (wrong if any(bool(mismatch(*move).any()) for move in moves) else right).append(name)
    if not right or not wrong:
        return None
    return (
        f"Where only {_or(right)} changes, your result changes as it should; where {_or(wrong)} changes, it does not. "
        "Look at the part that holds the latter."
    )


def mixed(trial: Trial) -> str | None:
    """Names an input of which one row, or one entry, changes what it must leave alone."""
    for k, name in enumerate(trial.names):
        for said in ("row", "entry"):
            verdicts = [_leaks(trial, case, k, said) for case in range(min(2 * _CASES, len(trial.cases)))]
            if any(verdicts):
                return (
                    f"Other {'rows' if said == 'row' else 'entries'} of your result change when one {said} of `{name}` changes. "
                    f"Each {said} must go by itself: is something shared, summed or averaged that should not be?"
                )
    return None


def _shown(trial: Trial) -> list[int]:
    return trial.failing[:_CASES]


def _moves(trial: Trial, case: int, k: int) -> list[_Move]:
    base = _numbers(trial.got[case]), _numbers(trial.right(case))
    found = []
    for changed in other_cases(trial, case, k):
        after = _numbers(trial.once(trial.answer, changed)), _numbers(trial.once(trial.exercise.reference, changed))
        if any(x is None for x in (*base, *after)) or len({x.shape for x in (*base, *after)}) > 1:
            continue
        scale = float(torch.stack([base[1].abs().max(), after[1].abs().max()]).max()) if base[1].numel() else 0.0
        if scale > 0 and all(bool(x.isfinite().all()) for x in (*base, *after)):
            found.append(_Move((after[0] - base[0]) / scale, (after[1] - base[1]) / scale))
    return found


def _leaks(trial: Trial, case: int, k: int, said: str) -> bool:
    """Whether a change of the first row, or entry, reaches other places of the result, and of the right one none."""
    given, right = trial.cases[case], trial.expected[case].output
    value = given[k] if k < len(given) else None
    if not isinstance(value, torch.Tensor) or not isinstance(right, torch.Tensor) or not value.is_floating_point():
        return False
    fits = right.shape == value.shape if said == "entry" else right.ndim and value.ndim > 1 and len(right) == len(value)
    if not fits or value.numel() < 2:
        return False
    changed = value.detach().clone()
    first = changed.view(-1)[:1] if said == "entry" else changed[:1]
    first.mul_(0.5).add_(0.3)
    changed_case = (*given[:k], changed, *given[k + 1 :])
    for function, before, moves in ((trial.exercise.reference, trial.right(case), False), (trial.answer, trial.got[case], True)):
        one, other = _rest(before, said), _rest(trial.run(function, changed_case, 0), said)
        if one is None or other is None or one.shape != other.shape or not bool((one.isfinite() & other.isfinite()).all()):
            return False
        if bool(mismatch(other, one).any()) != moves:
            return False
    return True


def _rest(outcome: Outcome, said: str) -> torch.Tensor | None:
    """The result but for its first row, or entry."""
    numbers = None if outcome.error else as_number_tensor(outcome.output)
    if numbers is None or not numbers.ndim:
        return None
    return (numbers.flatten() if said == "entry" else numbers)[1:].detach().double()


def _numbers(outcome: Outcome) -> torch.Tensor | None:
    """All numbers of a result in one row; None if it is something else."""
    if outcome.error:
        return None
    output = outcome.output
    parts = output if isinstance(output, tuple) else (output,)
    found = [as_number_tensor(part) for part in parts]
    if not found or any(part is None for part in found):
        return None
    return torch.cat([part.detach().double().flatten() for part in found])


def _or(names: list[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)
