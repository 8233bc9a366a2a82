"""A gradient is the right one, or there is none: never the part of one that a detach on the way has left over.

Every valid call is differentiated in each of its tensors, along a random direction, and held beside the central
difference.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from .calls import SPECS, Call

CALLED = [name for name in SPECS if not name.startswith(("show.", "exercises."))]
# These say in their docstrings that no gradient passes.
WITHOUT = {
    "rebuild.sample", "flow.solve", "learn.network_predictor()", "measure.nearest_distance", "measure.exact_divergence",
    "measure.Hutchinson.__call__", "measure.ode_log_likelihood", "measure.PrincipalComponents.__call__",
    "measure.DigitClassifier.probabilities",
}  # fmt: skip
STEPS = 1e-5, 1e-6


class Slope(NamedTuple):
    """The slope along a direction; `ours` is None where no gradient comes back."""

    ours: float | None
    right: float


def floats(value: Any) -> list[Tensor]:
    """All tensors of real numbers in a result."""
    if isinstance(value, Tensor):
        return [value] if value.is_floating_point() and value.numel() else []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [found for part in parts for found in floats(part)]


def slopes(function: Callable, given: dict[str, Any]) -> Iterator[tuple[str, Slope]]:
    """The slope in each tensor of real numbers; where two steps disagree, as at an end of the times, it says nothing."""
    stream = torch.Generator().manual_seed(5)
    for key, value in given.items():
        if not (isinstance(value, Tensor) and value.dtype == torch.float64 and value.ndim and value.numel()):
            continue
        direction = torch.randn(value.shape, generator=stream, dtype=torch.float64)
        direction /= direction.norm()

        def weighted(at: Tensor, key: str = key) -> Tensor:
            torch.manual_seed(0)
            clones = {k: v.clone_state() if isinstance(v, torch.Generator) else v for k, v in given.items()}
            weights = torch.Generator().manual_seed(6)
            parts = floats(function(**{**clones, key: at}))
            return sum(((p * torch.randn(p.shape, generator=weights, dtype=torch.float64)).sum() for p in parts), torch.zeros(()))

        at = value.detach().clone().requires_grad_()
        try:
            total = weighted(at)
            one, other = (float(weighted(value + h * direction) - weighted(value - h * direction)) / (2 * h) for h in STEPS)
        except (TypeError, ValueError):  # refused, or a step beyond what is allowed
            continue
        if not abs(one - other) <= 1e-3 * max(abs(other), 1e-3):
            continue
        if not total.requires_grad:
            yield key, Slope(None, other)
            continue
        (gradient,) = torch.autograd.grad(total, at, allow_unused=True)
        yield key, Slope(0.0 if gradient is None else float((gradient * direction).sum()), other)


def is_right(slope: Slope) -> bool:
    ours = slope.ours or 0.0
    return abs(ours - slope.right) <= 1e-3 * max(abs(ours), abs(slope.right)) + 2e-5


@pytest.mark.parametrize("name", CALLED)
def test_a_gradient_is_right_or_there_is_none(name):
    for seed in (1, 2):
        for batch in (1, 3):
            function, given, _ = Call(name, seed, batch).build()
            with warnings.catch_warnings(action="ignore"):
                for key, slope in slopes(function, given):
                    if name in WITHOUT:
                        assert slope.ours is None, key
                    else:
                        assert is_right(slope), (key, slope)


def test_control_a_part_of_a_gradient_is_found():
    given = {"x": torch.linspace(0.5, 1, 3, dtype=torch.float64), "scale": torch.ones(3, dtype=torch.float64)}
    found = dict(slopes(lambda x, scale: x.detach() * x * scale, given))
    assert not is_right(found["x"]) and is_right(found["scale"])
    (_, cut) = next(slopes(lambda x, scale: (x * scale).detach(), given))
    assert cut.ours is None and not is_right(cut)
