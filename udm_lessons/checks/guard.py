"""A call after which the session is as it was, whatever the called function did.

An answer may set global states, replace functions of libraries, print without end, raise SystemExit, or
draw from global streams. `guarded` calls it, notes what it did on the side, and puts global states back;
`unchanged_names` puts back what was replaced in libraries, in this package too. A context of `unchanged_streams` around
many calls saves each of them the work.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import io
import math
import operator
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch

from .patience import limited

_MOST_PRINTED = 4000  # characters
_PACKAGE = __name__.split(".")[0]
_LIBRARIES = (builtins, math, random, np, torch, torch.nn.functional)


@dataclass(frozen=True)
class Call:
    """What came back or was raised, and what the call did on the side."""

    output: Any = None
    error: BaseException | None = None
    printed: str = ""
    drew_globally: bool = False


def guarded(function: Callable, arguments: tuple) -> Call:
    """Calls function(*arguments), within the time of ``patience``, and leaves no trace in the session.

    Raises:
        KeyboardInterrupt: if somebody interrupts; one that the function itself raises is its error.
    """
    output = error = None
    printed = _Cut()
    with _interrupts() as interrupted, unchanged_streams(), _unchanged_states():
        try:
            with (
                warnings.catch_warnings(),
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                warnings.simplefilter("ignore")
                output = limited(lambda: function(*arguments))
        except BaseException as caught:  # SystemExit too: it must not end the session
            error = caught
        drew = not _same_streams(_seeded(), _streams())
        if drew:
            _set_streams(_seeded())
    if interrupted:
        raise KeyboardInterrupt
    return Call(output, error, printed.text(), drew)


def trusted(function: Callable, arguments: tuple) -> Call:
    """Calls a function of ours, which is known to change nothing and to draw from no global stream."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Call(function(*arguments))
        except Exception as error:
            return Call(error=error)


class _Cut(io.TextIOBase):
    """Keeps the beginning of what is written, and counts the rest."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room, self._lost = _MOST_PRINTED, 0

    def write(self, text: str) -> int:
        kept = text[: self._room]
        self._parts += [kept] if kept else []
        self._room -= len(kept)
        self._lost += len(text) - len(kept)
        return len(text)

    def text(self) -> str:
        end = f"\n… and {self._lost} more characters\n" if self._lost else ""
        return "".join(self._parts) + end


_within: list[bool] = []


@contextlib.contextmanager
def unchanged_streams() -> Iterator[None]:
    """All global streams begin at seed 0, and are put back at the end; one such context inside another does nothing."""
    if _within:
        yield
        return
    before = _streams()
    _within.append(True)
    _set_streams(_seeded())
    try:
        yield
    finally:
        _within.clear()
        _set_streams(before)


@functools.cache
def _seeded() -> tuple:
    """The streams of seed 0: to set a state is faster than to seed."""
    return torch.Generator().manual_seed(0).get_state(), np.random.RandomState(0).get_state(), random.Random(0).getstate()


def _streams() -> tuple:
    return torch.default_generator.get_state(), np.random.get_state(), random.getstate()


def _set_streams(streams: tuple) -> None:
    torch.default_generator.set_state(streams[0])
    np.random.set_state(streams[1])
    random.setstate(streams[2])


def _same_streams(one: tuple, other: tuple) -> bool:
    (_, keys, *rest), (_, other_keys, *other_rest) = one[1], other[1]
    return torch.equal(one[0], other[0]) and rest == other_rest and bool((keys == other_keys).all()) and one[2] == other[2]


@contextlib.contextmanager
def _interrupts() -> Iterator[list]:
    """A list that is no longer empty once somebody has interrupted the program from outside."""
    seen: list = []
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def note(number: int, frame: object) -> None:
        seen.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)


def _environment() -> dict:
    """The environment as the system has it: to decode all of it takes longer than most answers."""
    return dict(os.environ._data)


@contextlib.contextmanager
def _unchanged_states() -> Iterator[None]:
    folder, environment = os.getcwd(), _environment()
    dtype, device = torch.get_default_dtype(), torch.empty(0).device  # to ask for the default takes ten times as long
    gradients, threads = torch.is_grad_enabled(), torch.get_num_threads()
    recursion, paths, std = sys.getrecursionlimit(), list(sys.path), (sys.stdin, sys.stdout, sys.stderr)
    filters, trace, numpy_errors = list(warnings.filters), sys.gettrace(), np.geterr()
    words, set_recursion_limit = dict(vars(builtins)), sys.setrecursionlimit
    # A limit just above where we stand would stop the very code that is to put things back.
    sys.setrecursionlimit = lambda limit: set_recursion_limit(max(limit, recursion))
    try:
        yield
    finally:
        vars(builtins).update(words)  # first of all: what follows uses them
        sys.setrecursionlimit = set_recursion_limit
        sys.stdin, sys.stdout, sys.stderr = std
        if sys.gettrace() is not trace:
            sys.settrace(trace)
        sys.setrecursionlimit(recursion)
        sys.path[:], warnings.filters[:] = paths, filters
        np.seterr(**numpy_errors)
        with contextlib.suppress(OSError):
            os.chdir(folder)
        if _environment() != environment:
            os.environ.clear()
            for name, value in environment.items():
                os.environ[os.environ.decodekey(name)] = os.environ.decodevalue(value)
        if torch.empty(0).device != device:
            torch.set_default_device(None if device.type == "cpu" else device)
        if torch.get_default_dtype() != dtype:
            torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


@contextlib.contextmanager
def unchanged_names() -> Iterator[None]:
    """Puts back what was replaced, added or taken away in libraries and in this package."""
    modules = dict(sys.modules)
    names = [(space, dict(vars(space))) for space in _namespaces(len(modules))]
    try:
        yield
    finally:
        for space, before in names:
            if not _same_names(vars(space), before):
                _put_back(space, before)
        if not modules.keys() <= sys.modules.keys():
            for name, module in modules.items():
                sys.modules.setdefault(name, module)


@functools.lru_cache(maxsize=1)
def _namespaces(loaded: int) -> list[ModuleType | type]:
    """The modules whose names an answer could replace, and the classes of this package; looked for anew if more are loaded."""
    own = [module for name, module in list(sys.modules.items()) if name.split(".")[0] == _PACKAGE]
    classes = {
        id(value): value
        for module in own
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__.split(".")[0] == _PACKAGE
    }
    return [*_LIBRARIES, torch.Tensor, *own, *classes.values()]


def _same_names(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether the same names stand for the same things, in the same order: asked without a loop of Python."""
    same = len(now) == len(before) and all(map(operator.is_, now, before))
    return same and all(map(operator.is_, now.values(), before.values()))


def _put_back(space: ModuleType | type, before: dict[str, Any]) -> None:
    now = vars(space)
    for name, value in before.items():
        if now.get(name, before) is not value:
            with contextlib.suppress(AttributeError, TypeError):
                setattr(space, name, value)
    if isinstance(space, type) or space in _LIBRARIES:
        for name in set(now) - set(before):
            if isinstance(now[name], ModuleType):  # a part of a library that is loaded when it is first used
                continue
            with contextlib.suppress(AttributeError, TypeError):
                delattr(space, name)
