"""A device that is not the CPU and computes on the CPU: code that mixes devices is found without a GPU.

`torch.device("stand_in")` is PyTorch's PrivateUse1, set up as a backend in Python. A tensor there is a wrapper that
holds a tensor of the CPU; every operation on it comes by here, and is refused where CUDA would refuse it: a tensor
of the CPU beside one of the device, tensors of no dimension in element-wise operations and indices apart, and a
generator of the CPU. `without_float64()` makes it a device like Apple's MPS, on which no tensor is float64.

To set it up changes the whole process, which then has an accelerator: autograd starts a thread for it, and a forked
copy can no longer compute gradients. So the tests on it run in processes of their own: `tests/devices/test_stand_ins.py`.

What it cannot do: a generator of its own (the hooks of Python make none), autocast (PrivateUse1 has no rules for it),
a second device (autograd knows one), and operations that make their argument larger or smaller in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor
from torch.utils._mode_utils import no_dispatch

from udm_lessons._arrays import widest

aten = torch.ops.aten
DEVICE = torch.device("privateuseone", 0)
# What PyTorch says where devices are mixed, on CUDA and here.
APART = "device|is on cpu|weight type"
_COPIES = {aten.copy_.default, aten._to_copy.default, aten._copy_from.default}
_INDEXED = {
    aten.index.Tensor, aten._unsafe_index.Tensor, aten.index_put.default, aten.index_put_.default,
    aten._index_put_impl_.default,
}  # fmt: skip
# Beside what is element-wise: a tensor of the CPU without dimensions is a number here.
_TAKES_NUMBERS = {aten.fill_.Tensor, aten.fill.Tensor, aten.masked_fill.Tensor, aten.masked_fill_.Tensor, *_INDEXED}
# They make a tensor and take none; those that are not here are made of these.
_FACTORIES = [
    "empty.memory_format", "empty_strided", "arange", "arange.start", "arange.start_step", "eye", "eye.m", "linspace", "logspace", "randperm",
    "randperm.generator", "tril_indices", "triu_indices",
]  # fmt: skip
_libraries: list[torch.library.Library] = []
_narrow = False


class OnDevice(Tensor):
    """A tensor of the device; what it holds lies on the CPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: Tensor) -> OnDevice:
        if _narrow and held.dtype in (torch.float64, torch.complex128):
            raise TypeError(f"the stand-in has no {held.dtype}; use float32")
        return torch.Tensor._make_wrapper_subclass(
            cls, held.shape, strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype, device=DEVICE
        )

    def __init__(self, held: Tensor):
        self.held = held

    def __repr__(self, **options) -> str:
        return f"OnDevice({self.held!r})"

    def tolist(self) -> list:
        """PyTorch refuses this to subclasses, though not to devices."""
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return _run(function, args, kwargs or {})


def _run(function: Callable, args: tuple, kwargs: dict):
    """The operation on what the arguments hold; an argument that is changed in place is the one that comes back."""
    given: list[OnDevice] = []
    beside: list[Tensor] = []
    held = _held(args, given, beside)
    options = {name: _held(value, given, beside) for name, value in kwargs.items()}
    if given and function not in _COPIES:
        _check_generator(kwargs.get("generator"))
        if beside:
            _check_devices(function, args, kwargs, beside)
    if function is aten._fused_sdp_choice.default:
        return 0  # the plain formula; the others are kernels of real devices
    device = kwargs.get("device")
    if device is not None:
        options["device"] = "cpu"
    found = function(*held, **options)
    if _is(function, torch.Tag.inplace_view):  # the wrapper changes its form as well
        with no_dispatch():
            function(*args, **kwargs)
    for x in given:
        if x.held.shape != x.shape:
            raise NotImplementedError(f"{function} makes its argument larger or smaller, which the stand-in cannot follow")
    if device is not None and torch.device(device).type == "cpu":
        return found
    return _wrapped(found, {id(x.held): x for x in given})


def _held(value, given: list, beside: list):
    """A value with what the tensors of the device hold in their place, which are listed; those of the CPU as well."""
    if type(value) is OnDevice:
        given.append(value)
        return value.held
    if type(value) in (tuple, list):
        return [_held(x, given, beside) for x in value]
    if isinstance(value, Tensor):
        beside.append(value)
    return value


def _wrapped(value, own: dict[int, OnDevice]):
    if isinstance(value, Tensor):
        return own[id(value)] if id(value) in own else OnDevice(value)
    if isinstance(value, tuple | list):
        return [_wrapped(x, own) for x in value]
    return value


def _check_generator(generator: torch.Generator | None) -> None:
    if generator is not None and generator.device.type != DEVICE.type:
        raise RuntimeError(f"Expected a '{DEVICE.type}' device type for generator but found '{generator.device.type}'")


def _check_devices(function: Callable, args: tuple, kwargs: dict, beside: list[Tensor]) -> None:
    if function in _INDEXED:
        beside = []
        _held((args[0], *args[2:], *kwargs.values()), [], beside)
    numbers = _is(function, torch.Tag.pointwise) or function in _TAKES_NUMBERS
    changed = args[0] if _is(function, "mutable") else None
    for x in beside:
        if not (numbers and x.ndim == 0 and x is not changed):
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two devices, {DEVICE} and "
                f"{x.device}! ({function})"
            )


@cache
def _is(function: Callable, what: torch.Tag | str) -> bool:
    return function._schema.is_mutable if what == "mutable" else what in function.tags


def _factory(function: Callable) -> Callable:
    def make(*args, **kwargs):
        return _run(function, args, kwargs)

    return make


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    """How `torch.tensor(..., device=...)` fills a tensor, past the operations above."""
    held = source.held if isinstance(source, OnDevice) else source
    (target.held if isinstance(target, OnDevice) else target).copy_(held)
    return target


def set_up() -> torch.device:
    """Makes the device known to PyTorch; must come before the first gradient of the process, and once."""
    global DEVICE
    if not _libraries:
        from torch.utils.backend_registration import _setup_privateuseone_for_python_backend  # new in 2.13

        _setup_privateuseone_for_python_backend("stand_in")
        DEVICE = torch.device("stand_in", 0)
        library = torch.library.Library("aten", "IMPL")
        for name in _FACTORIES:
            packet, _, overload = name.partition(".")
            library.impl(name, _factory(getattr(getattr(aten, packet), overload or "default")), "PrivateUse1")
        library.impl("_copy_from", _copy_from, "PrivateUse1")
        _libraries.append(library)
    return DEVICE


@contextmanager
def without_float64() -> Iterator[None]:
    """Inside, the device has no float64."""
    global _narrow
    _narrow = True
    widest.cache_clear()
    try:
        yield
    finally:
        _narrow = False
        widest.cache_clear()
