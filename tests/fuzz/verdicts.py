"""What came of a call: a right value, a clean error, or a finding."""

from __future__ import annotations

import inspect
import random
import re
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .calls import REFUSED, SPECS, Call
from .draws import Spec
from .mutations import CALLABLES

RIGHT, CLEAN = "right value", "clean error"
PACKAGE = Path(inspect.getfile(__import__("udm_lessons"))).parent
SECONDS = 20.0  # by the clock of a machine that may be busy


def verdict(call: Call) -> tuple[str, str]:
    """The outcome of a call and a word on it."""
    function, given, said = call.build()
    return verdict_of(SPECS[call.name], function, given, changed=bool(said), refuses=call.name in REFUSED)


def verdict_of(spec: Spec, function: Callable, given: dict[str, Any], *, changed: bool, refuses: bool = False) -> tuple[str, str]:
    """The outcome of any function with any arguments."""
    before, streams = _copied(given), _streams()
    try:
        with warnings.catch_warnings(record=True) as warned, _limited():
            warnings.simplefilter("always")
            torch.set_warn_always(True)
            result = function(**given)
    except Exception as error:
        found = _of_error(error, function, given, refuses)
        if found == CLEAN and not changed and not refuses:
            return "refused", f"{type(error).__name__}: {error}"
        return found, f"{type(error).__name__}: {error}"
    if not _same(before, given):
        return "mutated", "an argument is not what it was"
    told = isinstance(given.get("generator"), torch.Generator)
    if not spec.draws and ("generator" not in given or told) and not _same(streams, _streams()):
        return "global-rng", "a global stream has moved"
    if warned:
        return "warned", str(warned[0].message)
    return _of_value(spec, function, given, before, result)


@contextmanager
def _limited() -> Iterator[None]:
    def late(*_: Any) -> None:
        raise TimeoutError("took too long")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    old = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def _of_error(error: Exception, function: Callable, given: dict[str, Any], refuses: bool) -> str:
    if isinstance(error, TimeoutError):
        return "hang"
    if not isinstance(error, (TypeError, ValueError)):
        return "ugly"
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = Path(last.filename).is_relative_to(PACKAGE)
    named = refuses or set(re.findall(r"\w+", str(error))) & _words(function, given)
    return CLEAN if ours and named else "ugly"


def _words(function: Callable, given: dict[str, Any]) -> set[str]:
    """The names of all parameters, those of the constructor too, and what values are called that functions return."""
    owner = getattr(function, "__self__", function)
    places = [function, type(owner), owner, getattr(owner, "forward", None)]
    words = {*given, "method", "model", "predictor", "state", "schedule", "process", "level", "data", "network"}
    words |= {"logits", "eps", "velocity", "every", "target", "x_t", "x0", "x0_hat", "exercise"}
    for place in places:
        try:
            words |= set(inspect.signature(place).parameters)
        except (TypeError, ValueError):
            continue
    return words - {"self", "args", "kwargs"}


def _of_value(spec: Spec, function: Callable, given: dict, before: dict, result: Any) -> tuple[str, str]:
    infinite = bool(spec.infinite) or _too_large(given, result)
    asked_for_nan = any(value is CALLABLES["returns nan"] for value in given.values())
    if _finite(given) and not asked_for_nan and not _finite(result, infinite):
        return "nan-or-inf", "from finite arguments"
    if spec.like and isinstance(result, Tensor):
        whole, _, name = spec.like.rpartition(":")
        wanted = getattr(given.get(name), "shape", None)
        wanted = wanted[:1] if whole and wanted is not None else wanted
        if wanted is not None and tuple(result.shape) != tuple(wanted):
            return "broadcast", f"shape {tuple(result.shape)} and not {tuple(wanted)}"
    if spec.keeps and isinstance(result, Tensor) and isinstance(given.get(spec.keeps), Tensor):
        kept = given[spec.keeps].dtype
        beside = {x.dtype for x in given.values() if isinstance(x, Tensor) and x.is_floating_point()}
        allowed = {kept, torch.promote_types(kept, torch.float32), *(torch.promote_types(kept, other) for other in beside)}
        if kept.is_floating_point and result.dtype not in allowed:
            return "dtype", f"{result.dtype} from {kept}"
    if "generator" in given:
        if isinstance(before["generator"], torch.Generator):
            again = function(**_copied(before))
            if not _same(result, again):
                return "unseeded", "one seed, two results"
        return RIGHT, ""
    return _against_rows(spec, function, before, result)


def _too_large(given: Any, result: Any) -> bool:
    """Whether a number was given that the dtype of the result cannot hold."""
    if not isinstance(result, Tensor) or not result.is_floating_point():
        return False
    most = torch.finfo(result.dtype).max
    return any(isinstance(value, float | int) and abs(value) > most for value in given.values())


def _against_rows(spec: Spec, function: Callable, given: dict, result: Any) -> tuple[str, str]:
    """The same call one sample at a time, in float64."""
    tensors = [given[name] for name in spec.batched if isinstance(given.get(name), Tensor) and given[name].ndim]
    if not spec.batched or not isinstance(result, Tensor) or not tensors or len({len(x) for x in tensors}) != 1:
        return RIGHT, ""
    n = len(tensors[0])
    if len(result) != n:
        return RIGHT, ""
    narrow = [x.dtype for x in tensors if x.is_floating_point()] + [result.dtype]
    coarse = max((torch.finfo(x).eps for x in narrow if x.is_floating_point), default=0.0)
    for k in range(n):
        row = {key: _row(value, k, key in spec.batched, n) for key, value in _copied(given).items()}
        try:
            alone = function(**row)
        except Exception:  # networks, for one, keep their own dtype
            return RIGHT, ""
        one, other = result[k].detach().double(), alone[0].detach().double()
        scale = max(1.0, float(other.nan_to_num(0, 0, 0).abs().max()) if other.numel() else 1.0)
        same = ((one - other).abs() <= 40 * coarse * scale) | (one == other) | (one.isnan() & other.isnan())
        if not bool(same.all()):
            return "wrong", f"sample {k} alone is another"
    return RIGHT, ""


def _row(value: Any, k: int, batched: bool, n: int) -> Any:
    if not isinstance(value, Tensor):
        return value
    value = value.detach()
    if batched and value.ndim and len(value) == n:
        value = value[k : k + 1]
    return value


def _finite(value: Any, infinite: bool = False) -> bool:
    if isinstance(value, Tensor):
        if not (value.is_floating_point() or value.is_complex()):
            return True
        return not bool(value.isnan().any() if infinite else (~value.isfinite()).any())
    if isinstance(value, float | np.floating):
        return value == value if infinite else bool(np.isfinite(value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind != "f" or bool(np.isfinite(value).all())
    if isinstance(value, dict):
        return all(_finite(part, infinite) for part in value.values())
    return all(_finite(part, infinite) for part in value) if isinstance(value, list | tuple) else True


def _copied(value: Any) -> Any:
    """Tensors, arrays, generators and containers of their own; all else as it is."""
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, torch.Generator):
        return torch.Generator().set_state(value.get_state())
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_copied, value))
    return type(value)(map(_copied, value)) if type(value) in (list, tuple) else value


def _same(one: Any, other: Any) -> bool:
    """Bit for bit; generators may move on, and what is neither data nor a container is not looked at."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and bool(((one == other) | ((one != one) & (other != other))).all())
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    if isinstance(one, dict):
        return all(_same(part, other[key]) for key, part in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float | int | str):
        return one == other or one != one
    return True


def _streams() -> tuple:
    return torch.get_rng_state(), np.random.get_state()[1], np.random.get_state()[2], hash(random.getstate())
