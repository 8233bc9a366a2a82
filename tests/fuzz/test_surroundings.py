"""Valid calls give the same whatever is set around them; and what is made can be copied and sent to another process."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from .calls import SPECS, Call
from .doors import public_callables

CALLED = [name for name in SPECS if not name.startswith(("show.", "exercises."))]
MADE = [name for name, thing in public_callables().items() if inspect.isclass(thing) and name in SPECS]
# A prior that is told no dtype has torch's default one.
AS_TORCH_SAYS = "destroy.Gaussian.sample_prior"


@contextmanager
def default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextmanager
def strict() -> Iterator[None]:
    with warnings.catch_warnings(action="error"), np.errstate(all="raise"):
        yield


SURROUNDINGS: dict[str, Callable[[], AbstractContextManager]] = {
    "default float64": lambda: default(torch.float64), "default bfloat16": lambda: default(torch.bfloat16),
    "inference mode": torch.inference_mode, "no gradients": torch.no_grad, "deterministic": deterministic,
    "warnings are errors": strict, "anomalies": lambda: torch.autograd.set_detect_anomaly(True, check_nan=False),
}  # fmt: skip


def result(call: Call, around: Callable[[], AbstractContextManager] = nullcontext) -> Any:
    torch.manual_seed(0)
    function, given, _ = call.build()
    with around():
        return function(**given)


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        one, other = (x.detach().double().nan_to_num(7, 8, 9) for x in (one, other))
        return torch.allclose(one, other, rtol=1e-5, atol=1e-7)
    if isinstance(one, dict):
        return set(one) == set(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float):
        return isinstance(other, float) and (abs(one - other) <= 1e-6 * max(1, abs(one)) or one != one and other != other)
    return one == other if isinstance(one, int | str) else True


def strays(names: list[str], around: Callable[[], AbstractContextManager]) -> list[str]:
    """The calls whose result is another, or which stop with an error."""
    found = []
    for name in names:
        for double in (True, False):
            call = Call(name, 1, 3, double)
            try:
                plain = result(call)
            except (TypeError, ValueError):  # some refuse one of the two precisions
                continue
            try:
                same = alike(plain, result(call, around))
            except Exception as error:
                found.append(f"{name}: {type(error).__name__}: {error}")
            else:
                found += [] if same else [f"{name}: another result"]
    return found


@pytest.mark.parametrize("around", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_what_is_set_around_a_call_changes_nothing(around):
    assert strays([name for name in CALLED if name != AS_TORCH_SAYS], around) == []


def test_control_a_result_that_depends_on_its_surroundings_is_found():
    assert set(strays([AS_TORCH_SAYS], SURROUNDINGS["default float64"])) == {f"{AS_TORCH_SAYS}: another result"}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_can_be_copied_and_pickled(name):
    """Unless a function of the caller is in it, which Python itself cannot pickle."""
    function, given, _ = Call(name, 1, 3).build()
    made = function(**given)
    assert repr(copy.deepcopy(made)).split(" at 0x")[0] == repr(made).split(" at 0x")[0]
    if not any(inspect.isfunction(value) for value in given.values()):
        pickle.loads(pickle.dumps(made))


def tensors(value: Any) -> list[Tensor]:
    """All tensors in a result or in arguments."""
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [found for part in parts for found in tensors(part)]


def spoils_itself(function: Callable, given: dict[str, Any]) -> bool:
    """Whether writing in a result changes what the next call gives: it was a view of what is kept inside."""

    def call() -> Any:
        torch.manual_seed(0)
        return function(**{k: v.clone_state() if isinstance(v, torch.Generator) else v for k, v in given.items()})

    first, theirs = call(), {tensor.untyped_storage().data_ptr() for tensor in tensors(given)}
    before = [tensor.detach().clone() for tensor in tensors(first)]
    with torch.no_grad():
        for tensor in tensors(first):
            if tensor.untyped_storage().data_ptr() not in theirs and tensor.is_contiguous():
                tensor.logical_not_() if tensor.dtype == torch.bool else tensor.add_(1)
    return not all(map(alike, before, tensors(call())))


@pytest.mark.parametrize("name", CALLED)
def test_what_comes_back_is_the_callers(name):
    function, given, _ = Call(name, 1, 3).build()
    try:
        assert not spoils_itself(function, given)
    except (TypeError, ValueError):  # some calls are there to be refused
        assert is_refused(function, given)


def is_refused(function: Callable, given: dict[str, Any]) -> bool:
    try:
        function(**given)
    except (TypeError, ValueError):
        return True
    return False


def test_control_a_view_of_what_is_kept_is_found():
    kept = torch.zeros(3)
    assert spoils_itself(lambda x: kept[:2], {"x": 1}) and not spoils_itself(lambda x: kept[:2].clone(), {"x": 1})
