"""What kind of mistake it is, from the outputs alone: for answers that are none of the known slips.

Each diagnosis looks at all cases of a trial and says one sentence, or nothing. The first that speaks is taken. Those that
look at numbers see drawn inputs besides: a sentence must hold there too.
None holds a formula: it says what is wrong with the result, not how to get the right one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import NamedTuple

from . import apart, errors, influence, numeric, shares
from .features import lacking, shared
from .memory import other_cases
from .trial import Outcome, Trial
from .values import difference


class Diagnosis(NamedTuple):
    """The name of a kind of mistake, and a sentence about it."""

    kind: str
    hint: str


def diagnose(trial: Trial) -> Diagnosis | None:
    """The first diagnosis that explains the failing cases of a trial; None if none does."""
    wide = None
    for kind, look in _LOOKS.items():
        if kind not in _ON_THE_CASES_ALONE and wide is None:
            wide = trial.widened()
        if hint := look(trial if kind in _ON_THE_CASES_ALONE else wide):
            return Diagnosis(kind, hint)
    return None


def _nothing(trial: Trial) -> str | None:
    returned = [k for k in trial.failing if not trial.got[k].error]
    if returned and all(trial.got[k].output is None for k in returned):
        return "Your function returns None. Did you forget return?"
    return None


def _changed(trial: Trial) -> str | None:
    case = next((k for k, outcome in enumerate(trial.got) if outcome.changed), None)
    if case is None:
        return None
    name = trial.got[case].changed
    lender = dict(zip(trial.names, trial.cases[case], strict=False)).get(name)
    if isinstance(lender, FunctionType):
        return f"Your function works in place in a tensor that {name} gave it, and that {name} may still need. Compute a new one."
    new = "make a new list, and new things in it" if isinstance(lender, list) else "compute a new tensor"
    return f"Your function changes its input {name} in place. It must leave its inputs alone: {new}, or work on a copy."


def _input_returned(trial: Trial) -> str | None:
    for k, name in enumerate(trial.names):
        same = [
            difference(got.output, case[k], 1e-6, 1e-9) is None
            for got, case in zip(trial.got, trial.cases, strict=True)
            if k < len(case) and not got.error and case[k] is not None
        ]
        if len(same) == len(trial.cases) and all(same):
            return f"Your function returns its input `{name}` as it is. Is the result lost on the way?"
    return None


def _gradient(trial: Trial) -> str | None:
    kinds = {getattr(trial.reasons[k], "kind", "") for k in trial.failing}
    if kinds != {"gradient"}:
        return None
    if "carries no" in trial.reasons[trial.failing[0]]:
        return (
            "The values are right, but your result carries no gradient, and nothing could be trained with it. "
            "Somewhere on the way stands detach, no_grad, item, float, numpy, or a new torch.tensor."
        )
    return (
        "The values are right, but the gradient is not the right one: a part of the computation "
        "is cut off from it, by detach or no_grad perhaps."
    )


def _type(trial: Trial) -> str | None:
    for k in trial.failing:
        reason = trial.reasons[k]
        if getattr(reason, "kind", "") == "type" and not trial.got[k].error:
            if trial.expected[k].error:
                return (
                    "On this input your function should stop with an error of the kind "
                    f"{type(trial.expected[k].error).__name__}, and it returns something."
                )
            return f"The type of your result is not right: {reason}."
    return None


def _shape(trial: Trial) -> str | None:
    for k in trial.failing:
        if getattr(trial.reasons[k], "kind", "") != "shape" or trial.got[k].error:
            continue
        for pair in numeric.tensors_in(k, "", trial.got[k].output, trial.expected[k].output):
            mine, right = tuple(pair.got.shape), tuple(pair.right.shape)
            if mine == right:
                continue
            said = f"The shape of your result is not right: {_of(pair.part)}{mine} instead of {right}."
            if mine == right[::-1] and mine != right:
                return f"{said} It is transposed."
            if right and len(mine) == len(right) + 1 and mine.count(1) == 0 and math.prod(mine) > math.prod(right):
                return (
                    f"{said} Something of shape (batch,) met something of shape (batch, 1), and the two were spread "
                    "out into a square. Give both the same number of dimensions first."
                )
            if math.prod(mine) == math.prod(right) > 1:
                return f"{said} The numbers of entries agree: an axis is missing, or one too many."
            if len(mine) < len(right):
                return f"{said} You summed or averaged over an axis too many."
            return said
        return f"The shape of your result is not right: {trial.reasons[k]}."
    return None


def _drew(trial: Trial) -> str | None:
    """Four different mistakes with random numbers."""
    pairs = list(zip(trial.got, trial.expected, strict=True))
    should = [right.drew_as_told for _, right in pairs]
    if not any(should):
        strayed = any(mine.drew_as_told or mine.drew > right.drew for mine, right in pairs)
        if strayed and trial.failing:
            return "Your function draws random numbers where nothing is random. What it needs is among its inputs."
        return None
    if any(mine.drew_globally for mine, _ in pairs):
        return (
            "Your function draws random numbers, but not from the generator it was given. "
            "Pass it on to everything that draws, as in torch.rand(shape, generator=generator)."
        )
    silent = [k for k, (mine, right) in enumerate(pairs) if right.drew_as_told and not mine.drew_as_told]
    if not silent or any(trial.got[k].error for k in silent):
        return None
    again = [trial.run(trial.answer, trial.cases[k], 2) for k in silent]
    if any(difference(a.output, trial.got[k].output, 1e-9, 1e-12) for a, k in zip(again, silent, strict=True)):
        return (
            "Your function draws random numbers from a generator of its own. The one that it is given must be used, "
            "so that a seed decides everything."
        )
    if len(silent) < sum(should):
        where = shared(trial, silent)
        return (
            f"Now and then your function draws nothing from the generator{f', namely where {where}' if where else ''}: there the "
            "result is the same each time, and chance has a part to play there too."
        )
    return (
        "Nothing is drawn from the generator: the result is the same each time. "
        "Here chance has a part to play."
    )


def _not_finite(trial: Trial) -> str | None:
    bad = [
        pair.case
        for pair in numeric.pairs_of(trial)
        if bool(pair.right.isfinite().all()) and not bool(pair.got.isfinite().all())
    ]
    if trial.failing[0] not in bad:  # what is shown is wrong for another reason
        return None
    where = shared(trial, sorted(set(bad)))
    return (
        f"Your result contains NaN or inf{f', namely where {where}' if where else ''}. "
        "Look for a division by zero, the logarithm of 0, 0 times inf, or the root of a negative number."
    )


def _does_not_depend(trial: Trial) -> str | None:
    bases = [trial.right(case) for case in range(len(trial.cases))]
    for k, name in enumerate(trial.names):
        seen = False
        for case, base in enumerate(bases):
            verdict = _ignores(trial, case, k, base)
            if verdict is False:
                break
            seen = seen or bool(verdict)
        else:
            if seen and not any(_may_ignore(trial, right, k, bases) for right in trial.exercise.also_right):
                return f"Your result does not depend on `{name}`, and it should."
    return None


def _spread(trial: Trial) -> str | None:
    """For draws: what is wrong with their mean and spread."""
    samples = getattr(trial.exercise.compare, "samples", None)
    if not trial.independent or samples is None:
        return None
    said = []
    for k in trial.failing:
        if not trial.expected[k].drew_as_told:
            return None
        reason = str(trial.reasons[k])
        if "right law" not in reason and "largest difference" not in reason:
            return f"What you draw is not right: {reason}."
        try:
            parts = samples(trial.got[k].output, trial.expected[k].output, trial.cases[k])
        except Exception:  # a result of another form
            continue
        for name, (mine, right) in parts.items():
            if len(mine) < 20 or len(right) < 20 or ("“" in reason and f"“{name}”" not in reason):
                continue
            error = math.sqrt(mine.var() / len(mine) + right.var() / len(right)) or 1e-9
            if mine.std() < 1e-9 < right.std():
                said.append(f"all draws{_of_part(name)} are alike")
            elif abs(mine.mean() - right.mean()) > 6 * error:
                side = "large" if mine.mean() > right.mean() else "small"
                said.append(f"the draws{_of_part(name)} are too {side} on average")
            elif not 0.9 < mine.std() / max(right.std(), 1e-12) < 1.1:
                side = "much" if mine.std() > right.std() else "little"
                said.append(f"the draws{_of_part(name)} have the right mean but scatter too {side}")
            elif difference(mine, right):
                said.append(f"the draws{_of_part(name)} have about the right mean and spread, but another law")
            if said:
                return f"What you draw does not have the right law: {said[0]}."
    return None


def _some_cases(trial: Trial) -> str | None:
    where = shared(trial, trial.failing)
    return f"Right on some cases and wrong on others: wrong where {where}." if where else None


def _all_but(trial: Trial) -> str | None:
    where = lacking(trial, trial.failing)
    return f"Right on some cases and wrong on others: wrong where it does not hold that {where}." if where else None


_LOOKS: dict[str, Callable[[Trial], str | None]] = {
    "nothing returned": _nothing,
    "input changed": _changed,
    "gradient": _gradient,
    "input returned": _input_returned,
    "type": _type,
    "drawing": _drew,
    "not finite": _not_finite,
    "factor": numeric.factor,
    "input ignored": _does_not_depend,
    "shape": _shape,
    "law": _spread,
    "items swapped": numeric.items_swapped,
    "offset": numeric.offset,
    "root or square": numeric.root_or_square,
    "moved": numeric.moved,
    "mixed": influence.mixed,
    "one item": numeric.one_item,
    "cut off": errors.cut_off,
    "nearly": errors.nearly,
    "some cases": _some_cases,
    "size": apart.by_size,
    "value": apart.by_value,
    "share": shares.wrong_share,
    "one value": errors.one_value,
    "all but some cases": _all_but,
    "beyond a number": apart.by_number,
    "followed": influence.followed,
    "one side": errors.one_side,
    "some entries": errors.some_entries,
}
_ON_THE_CASES_ALONE = {
    "nothing returned", "input changed", "gradient", "input returned", "type", "drawing", "not finite",
    "input ignored", "shape", "law",
}  # fmt: skip


def _of(part: str) -> str:
    return f"{part} has " if part else ""


def _of_part(name: str) -> str:
    return f" of the part “{name}”" if name else ""


def _may_ignore(trial: Trial, right: Callable, k: int, bases: list[Outcome]) -> bool:
    """Whether a right answer does without the input, since the others say the same."""
    other = replace(trial, answer=right, got=[trial.run(right, case, 0) for case in trial.cases])
    verdicts = [_ignores(other, case, k, base) for case, base in enumerate(bases)]
    return any(verdicts) and False not in verdicts


def _ignores(trial: Trial, case: int, k: int, base: Outcome) -> bool | None:
    """Whether the answer stays the same where the reference changes with input k; None if nothing can be said."""
    seen = False
    if trial.got[case].error or base.error:
        return None
    for changed in other_cases(trial, case, k):
        right = trial.once(trial.exercise.reference, changed)
        if right.error or difference(right.output, base.output, 1e-6, 1e-9) is None:
            continue
        mine = trial.once(trial.answer, changed)
        if mine.error or difference(mine.output, trial.got[case].output, 1e-9, 1e-12):
            return False
        seen = True
    return seen or None
