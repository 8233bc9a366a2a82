"""Where the wrong numbers of a result lie, and how far off they are: beyond a bound, on one side, nearly right.

Each function looks at all cases of a trial and says one sentence, or nothing (see ``diagnosis``).
"""

from __future__ import annotations

import torch

from .numeric import pairs_of
from .trial import Trial
from .values import mismatch


def cut_off(trial: Trial) -> str | None:
    """Numbers beyond a bound come out as the bound, and nothing lies beyond it; on one side or on both."""
    mine, right = _all_numbers(trial)
    wrong = mismatch(mine, right)
    said = []
    for side, sign in (("above", 1.0), ("below", -1.0)):
        here = wrong & (sign * (right - mine) > 0)
        if not bool(here.any()):
            continue
        bound = float(mine[here][0])
        close = 1e-6 * max(1.0, abs(bound))
        apart = (mine[here] - bound).abs() > close
        if bool(apart.any()) or bool((sign * (mine - bound) > close).any()) or len(right[here].unique()) < 2:
            return None
        said.append(f"{side} {bound:.4g} it says {bound:.4g}")
    if not said or not bool(mine.isfinite().all()):
        return None
    return f"Your result is cut off: {' and '.join(said)}, and the right one goes on."


def one_value(trial: Trial) -> str | None:
    """All that is wrong is one and the same number."""
    mine, right = _all_numbers(trial)
    wrong = mismatch(mine, right)
    values, beyond = mine[wrong], right[wrong]
    if len(beyond.unique()) < 2 or not bool((values - values[0]).abs().max() <= 1e-6 * max(1.0, abs(float(values[0])))):
        return None
    return f"Wherever your result is wrong, it says {float(values[0]):.4g}. Is that a special case, and does it hold there?"


def _all_numbers(trial: Trial) -> tuple[torch.Tensor, torch.Tensor]:
    """All numbers of all results, and the right ones."""
    pairs = pairs_of(trial)
    mine, right = ([torch.zeros(0, dtype=torch.float64)] for _ in range(2))
    return torch.cat(mine + [p.got.flatten() for p in pairs]), torch.cat(right + [p.right.flatten() for p in pairs])


_CLOSE = 0.02


def nearly(trial: Trial) -> str | None:
    """Off by little everywhere."""
    worst = 0.0
    for pair in pairs_of(trial):
        scale = float(pair.right.abs().max())
        gap = float((pair.got - pair.right).abs().nan_to_num(torch.inf).max())
        if pair.whole or gap > _CLOSE * scale:
            return None
        worst = max(worst, gap / scale if scale else 0.0)
    if not worst:
        return None
    return (
        f"Nearly right, off by up to {100 * worst:.2g}% of the largest number. An approximation, a rounding, an estimate, or a "
        "small number added for safety stands where the exact thing is asked for."
    )


def one_side(trial: Trial) -> str | None:
    """Always too large, or always too small."""
    gaps = []
    for pair in pairs_of(trial):
        if pair.whole:
            return None
        gaps.append((pair.got - pair.right)[mismatch(pair.got, pair.right)].flatten())
    found = torch.cat(gaps) if gaps else torch.zeros(0)
    if found.numel() < 4 or not bool(found.isfinite().all()):
        return None
    for said, wrong_way in (("large", found < 0), ("small", found > 0)):
        if not bool(wrong_way.any()):
            return f"Wherever your result is wrong, it is too {said}. Is something counted twice, left out, or cut off?"
    return None


def some_entries(trial: Trial) -> str | None:
    """What the wrong entries share, when others are right."""
    pairs = [p for p in pairs_of(trial) if p.right.ndim and p.right.numel() > 2 and bool(mismatch(p.got, p.right).any())]
    if not pairs:
        return None
    ends = {"first": 0, "last": -1}
    wrong = [mismatch(pair.got, pair.right) for pair in pairs]
    for said, k in ends.items():
        axis = [w.any(dim=tuple(range(w.ndim - 1))) if w.ndim > 1 else w for w in wrong]
        if all(len(a) > 2 and bool(a[k]) and int(a.sum()) == 1 for a in axis):
            return f"Only the {said} entry (along the last axis) is wrong. The others are right."
    right_entries = sum(int((~w).sum()) for w in wrong)
    total = sum(w.numel() for w in wrong)
    if total > right_entries > 0.3 * total:
        starts = [int(w.flatten().to(torch.int8).argmax()) for w in wrong]
        runs = [bool(w.flatten()[k:].all()) for w, k in zip(wrong, starts, strict=True)]
        if all(w.ndim == 1 for w in wrong) and all(runs) and min(starts) > 0:
            return "Your result begins well and goes wrong from one entry on: what happens there, or is carried along?"
        shown = [bool(w.all()) for pair, w in zip(pairs, wrong, strict=True) if pair.case == trial.failing[0]]
        if shown and not any(shown):
            return "Some entries of your result are right and some are not: they are marked below."
    return None
