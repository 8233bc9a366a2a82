"""Arguments: what must hold for them, and what an error says of those for which it does not."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Sequence
from numbers import Integral, Real

import torch
from torch import Tensor

from .devices import moved, precise, widest

Time = float | Tensor

_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxlist = _SHORT.maxtuple = 12
_SHORT.maxstring = _SHORT.maxother = 80


def quoted(value: object) -> str:
    """A value as error messages quote it: as Python writes it, cut short if it is long, on one line."""
    length = None
    if isinstance(value, Tensor):
        if value.ndim > 1 and value.numel() > _SHORT.maxlist:
            return f"a tensor of shape {tuple(value.shape)}"
        length = len(value) if value.ndim else None
        value = (value[: _SHORT.maxlist + 1] if value.ndim else value).tolist()
    elif isinstance(value, (list, tuple, dict)):
        length = len(value)
    text = " ".join(_SHORT.repr(value).split())
    return f"{text}, {length} in all" if length and length > _SHORT.maxlist else text


def as_time(t: Time, name: str = "t") -> Time:
    """A time as a Python float, or as a 1-d tensor with one entry per sample.

    Numbers and 0-d tensors become floats: coefficients computed from a Python float enter the
    hot loop at a quarter of the cost of 0-d tensors.
    """
    if type(t) is float:
        return t
    if isinstance(t, Tensor):
        check_real(t, name)
        if t.ndim == 0:
            return float(t.detach())
        if t.ndim == 1:
            return t
        raise ValueError(
            f"{name} must be a number, a 0-d tensor or a 1-d tensor with one time per sample; "
            f"got a tensor of shape {tuple(t.shape)}"
        )
    if isinstance(t, Real) and not isinstance(t, bool):
        return _as_float(t, name)
    raise TypeError(f"{name} must be a number or a tensor; got {type(t).__name__}")


def check_real(t: Tensor, name: str) -> Tensor:
    """The tensor; raises TypeError for complex numbers and truth values."""
    if t.is_complex() or t.dtype == torch.bool:
        raise TypeError(f"{name} must hold real numbers; got dtype {t.dtype}")
    return t


def _as_float(value: Real, name: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must be a number that a float can hold; got a larger one") from None


def align(t: Time, x: Tensor, name: str = "t") -> Time:
    """`t` shaped to multiply `x` sample by sample: a float stays a float, (batch,) -> (batch, 1, ...).

    Raises ValueError if `t` holds another number of times than `x` holds samples.
    """
    t = as_time(t, name)
    if type(t) is float:
        return t
    check_tensor(x, "x")
    if x.ndim == 0 or t.shape[0] != x.shape[0]:
        raise ValueError(
            f"{name} must hold one time per sample: got {t.shape[0]} times "
            f"for a tensor of shape {tuple(x.shape)}"
        )
    # float64 even beside half-precision data, which cannot tell step 998 from step 999.
    return precise(t, x.device).reshape(-1, *[1] * (x.ndim - 1))


def check_range(value: Time, low: float, high: float, name: str) -> None:
    """Raises ValueError unless every entry of `value` lies in [low, high]; NaN fails too."""
    if type(value) is float:
        if not low <= value <= high:
            raise ValueError(f"{name} must lie in [{low:g}, {high:g}]; got {value}")
    elif isinstance(value, Tensor):
        bad = ~((value >= low) & (value <= high))
        if bad.any():
            raise ValueError(
                f"{name} must lie in [{low:g}, {high:g}]; got {float(value[bad][0])}"
            )
    else:
        check_range(as_time(value, name), low, high, name)


def check_number(value: float, name: str) -> float:
    """The number as a float; raises TypeError for anything else, ValueError unless it is finite."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number; got {type(value).__name__}")
    number = _as_float(value, name)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite; got {value}")
    return number


def check_whole(value: int, least: int, name: str) -> int:
    """The number as an int; raises TypeError unless it is whole, ValueError below `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number; got {quoted(value)}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}; got {value}")
    if value >= 2**63:
        raise ValueError(f"{name} must fit into 64 bits; got a larger number")
    return int(value)


def check_positive(value: float, name: str) -> float:
    """The number as a float; raises TypeError or ValueError unless it is positive and finite."""
    value = check_number(value, name)
    if not value > 0:
        raise ValueError(f"{name} must be positive; got {value}")
    return value


def check_time(t: Time, t_max: float) -> Time:
    """`t` as a float or a floating-point tensor of any shape; raises ValueError outside [0, t_max]."""
    if type(t) is float and 0.0 <= t <= t_max:
        return t
    if not isinstance(t, Tensor):
        t = as_time(t)
    elif not t.is_floating_point():
        check_real(t, "t")
        t = precise(t)
    check_range(t, 0.0, t_max, "t")
    return t


def check_order(t: Time, s: Time, strict: bool = True) -> None:
    """Raises ValueError unless 0 <= s < t for every sample; s = t will do if not strict."""
    t, s = as_time(t, "t"), as_time(s, "s")
    if type(t) is float and type(s) is float:
        ordered = 0 <= s < t or (not strict and s == t)
    elif isinstance(t, Tensor) and isinstance(s, Tensor) and t.shape != s.shape:
        raise ValueError(f"s must hold as many times as t, {len(t)}; got {len(s)}")
    else:
        if isinstance(t, Tensor) and isinstance(s, Tensor):
            s = moved(s, t.device)
        later = (s < t) if strict else (s <= t)
        ordered = bool(torch.all((0 <= torch.as_tensor(s)) & later))
    if not ordered:
        raise ValueError(f"s must be earlier than t: 0 <= s < t; got t = {quoted(t)} and s = {quoted(s)}")


def check_times(times: Iterable[Time], t_max: float) -> list[float]:
    """The grid as floats; raises ValueError unless it decreases strictly within [0, t_max]."""
    if not isinstance(times, Iterable) or isinstance(times, str | bytes):
        raise TypeError(f"times must be a sequence of numbers; got {type(times).__name__}")
    if isinstance(times, Tensor):
        times = times.cpu()
    else:
        times = [check_number(as_time(t, "every entry of times"), "every entry of times") for t in times]
    grid = torch.as_tensor(times, dtype=torch.float64)
    if grid.ndim != 1 or len(grid) < 2:
        raise ValueError(f"times must hold at least two times; got shape {tuple(grid.shape)}")
    check_range(grid, 0.0, t_max, "times")
    if not bool((grid.diff() < 0).all()):
        raise ValueError(f"times must decrease strictly; got {quoted(grid)}")
    return grid.tolist()


def check_tensor(x: Tensor, name: str) -> None:
    """Raises TypeError unless `x` is a tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor; got {type(x).__name__}")


def check_callable(function: object, name: str, takes: str) -> None:
    """Raises TypeError unless it can be called; `takes` says with what, as in "(x, t)"."""
    if not callable(function) or isinstance(function, type):
        raise TypeError(f"{name} must be a function {takes}; got {quoted(function)}")


def check_choice(value: object, choices: Iterable[str], name: str) -> None:
    """Raises ValueError unless the value is one of these strings."""
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {quoted(value)}")


def check_batch(x: Tensor, name: str) -> None:
    """Raises TypeError unless `x` is a tensor, ValueError unless it holds at least one sample."""
    check_tensor(x, name)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"{name} must hold at least one sample; got shape {tuple(x.shape)}")


def check_floating(x: Tensor, name: str) -> None:
    """Raises TypeError unless `x` is a floating-point tensor."""
    if isinstance(x, Tensor) and x.is_floating_point():
        return
    check_tensor(x, name)
    raise TypeError(f"{name} must be a floating-point tensor; got dtype {x.dtype}")


def check_tokens(x: Tensor, name: str) -> None:
    """Raises TypeError unless `x` is an integer tensor, ValueError unless it is (batch, width)."""
    check_tensor(x, name)
    if x.dtype != torch.int64:
        raise TypeError(f"{name} must hold tokens (dtype torch.int64); got dtype {x.dtype}")
    if x.ndim != 2:
        raise ValueError(f"{name} must have shape (batch, width); got {tuple(x.shape)}")


def check_same_shape(a: Tensor, b: Tensor, a_name: str, b_name: str) -> None:
    """Raises ValueError unless the two tensors have one and the same shape, TypeError for others."""
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.shape == b.shape:
        return
    check_tensor(a, a_name)
    check_tensor(b, b_name)
    raise ValueError(
        f"{a_name} must have the shape of {b_name}, {tuple(b.shape)}; got {tuple(a.shape)}"
    )


def check_probability(value: float, name: str) -> float:
    """The number as a float; raises TypeError or ValueError unless it lies in [0, 1]."""
    value = check_number(value, name)
    check_range(value, 0.0, 1.0, name)
    return value


def check_shape(shape: Sequence[int], name: str = "shape") -> tuple[int, ...]:
    """The shape as a tuple; raises TypeError or ValueError unless it holds lengths, at least one."""
    if not isinstance(shape, Sequence) or not all(isinstance(n, Integral) for n in shape):
        raise TypeError(f"{name} must be a sequence of whole numbers; got {quoted(shape)}")
    if len(shape) == 0 or min(shape) < 0:
        raise ValueError(f"{name} must hold at least one length and none below 0; got {quoted(shape)}")
    return tuple(shape)


def check_cast(dtype: torch.dtype | None, device, floating: bool = False) -> torch.device:
    """The device; raises TypeError or ValueError for what is no dtype or None, or no device of this machine."""
    if dtype is not None and not isinstance(dtype, torch.dtype):
        raise TypeError(f"dtype must be a torch.dtype or None; got {quoted(dtype)}")
    if floating and dtype is not None and not dtype.is_floating_point:
        raise TypeError(f"dtype must be floating-point; got {dtype}")
    try:
        device = torch.device(device)
        torch.empty(0, device=device)
    except (TypeError, RuntimeError, AssertionError) as error:
        raise ValueError(f"device must be a device of this machine; got {quoted(device)}") from error
    if dtype == torch.float64 and widest(device) != dtype:
        raise ValueError(f"dtype must be one that {device} has; got {dtype}")
    return device
