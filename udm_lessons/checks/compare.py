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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .values import Reason, as_tensor, difference, unreadable


@dataclass(frozen=True)
class Comparer:
    """A rule of agreement.

    Attributes:
        reason: ``(got, expected, inputs) -> Reason | None``.
        p_value: ``(got, expected, inputs) -> float``, adjusted for the number of tests;
            0 or 1 where nothing is random.
        independent: whether the reference must be run with other seeds than the answer.
        alpha: the probability that a right answer is refused on one case.
        samples: ``(got, expected, inputs) -> {name: (mine, right)}``, the samples that are compared.
    """

    reason: Callable[[Any, Any, tuple], Reason | None]
    p_value: Callable[[Any, Any, tuple], float]
    independent: bool = False
    alpha: float = 0.0
    samples: Callable[[Any, Any, tuple], dict[str, tuple[np.ndarray, np.ndarray]]] | None = None

    def __call__(self, got: Any, expected: Any, inputs: tuple = ()) -> Reason | None:
        return self.reason(got, expected, inputs)


def close(rtol: float = 1e-4, atol: float = 1e-5) -> Comparer:
    r"""Equal shapes and nearly equal values.

    Numbers agree if $|got - expected| \le rtol |expected| + atol \max(0.01, \max|expected|)$, which
    float32 answers to float64 data meet. Integers, booleans and strings are compared exactly;
    dicts, lists and tuples by their items. Numbers, arrays and tensors may stand for each other.
    """
    return _exact_comparer(lambda got, expected, inputs: difference(got, expected, rtol, atol))


def equal() -> Comparer:
    """Equal shapes and equal values: whole numbers exactly, others but for the rounding of another order."""
    return close(1e-9, 1e-12)


def close_on(part: Callable, say: str = "", rtol: float = 1e-4, atol: float = 1e-5) -> Comparer:
    """``close`` for ``part(output)`` or ``part(output, *inputs)`` instead of the whole output.

    ``say`` is the reason to give where the part differs; empty for the size of the difference.
    """

    def reason(got: Any, expected: Any, inputs: tuple) -> Reason | None:
        right = _call(part, expected, inputs)
        try:
            mine = _call(part, got, inputs)
        except Exception:  # an output of another type or shape may break `part` in any way
            return difference(got, expected, rtol, atol) or unreadable()
        found = difference(mine, right, rtol, atol)
        return Reason(say, found.kind) if found and say else found

    return _exact_comparer(reason)


def ks_p_value(got: np.ndarray, expected: np.ndarray) -> float:
    """The p-value of the two-sample Kolmogorov-Smirnov test (conservative where there are ties)."""
    from scipy import stats  # takes longer to import than all the rest of the judge

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
            return unreadable()
        if set(mine) != set(right) or any(mine[k].size == 0 < right[k].size for k in right):
            return unreadable()
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

    def samples(got: Any, expected: Any, inputs: tuple) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        mine, right = _samples(parts, got, inputs), _samples(parts, expected, inputs)
        return {name: (mine[name], right[name]) for name in right if name in mine}

    return Comparer(reason, p_value, independent=True, alpha=alpha, samples=samples)


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
        samples=next((c.samples for c in comparers if c.samples), None),
    )


def _samples(parts: Callable | None, output: Any, inputs: tuple) -> dict[str, np.ndarray]:
    named = {"": output} if parts is None else _call(parts, output, inputs)
    return {name: as_tensor(value).double().flatten().numpy() for name, value in named.items()}


def _call(function: Callable, output: Any, inputs: tuple) -> Any:
    takes_inputs = len(inspect.signature(function).parameters) > 1
    return function(output, *inputs) if takes_inputs else function(output)


def _exact_comparer(reason: Callable[[Any, Any, tuple], Reason | None]) -> Comparer:
    return Comparer(reason, lambda got, expected, inputs: float(not reason(got, expected, inputs)))
