"""A limit on how long an answer may run: an endless loop should end in a sentence, not in a hang."""

from __future__ import annotations

import contextlib
import ctypes
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator

SECONDS = 20.0
_LOOK = 0.25  # seconds between two looks at the clocks
_AGAIN = 2.0  # seconds before it is said again to a block that went on
_ASLEEP = 0.05  # a thread that has worked for less than this share of the time is waiting, not crowded out


class TookTooLong(BaseException):
    """The code under ``limit`` was still running when its time was up; no `except Exception` stops it."""

    def __str__(self) -> str:
        return "still running when its time was up"


@contextlib.contextmanager
def limit(seconds: float = SECONDS) -> Iterator[None]:
    """Raises TookTooLong inside the block once this thread has worked, or slept, in it for `seconds`.

    Time in which other programs or threads had the processor does not count, so that a busy machine
    condemns no right answer. An alarm looks at the clocks where the system has one, in the main
    thread; a second thread looks too, in case that the block switches the alarm off. One long operation of a
    library is interrupted only when it returns.
    """
    raiser = _Raiser(_overdue(seconds))
    with _alarm(raiser), _second_look(raiser):
        yield


def too_long(worked: float, passed: float, seconds: float) -> bool:
    """Whether something has worked too long, or done nothing for too long (all in seconds)."""
    return worked > seconds or (passed > seconds and worked < _ASLEEP * passed)


def _overdue(seconds: float) -> Callable[[], bool]:
    """Says whether the calling thread is over its time, whichever thread asks."""
    clock = _clock_of_this_thread()
    worked, passed = clock(), time.monotonic()
    return lambda: too_long(clock() - worked, time.monotonic() - passed, seconds)


def _clock_of_this_thread() -> Callable[[], float]:
    if not hasattr(time, "pthread_getcpuclockid"):  # Windows: the time on the wall must do
        return time.monotonic
    number = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(number)


class _Raiser:
    """Raises once, and not again before the block had time to end; never after it has ended."""

    def __init__(self, overdue: Callable[[], bool]):
        self._overdue, self._last, self.over = overdue, -math.inf, False

    def due(self) -> bool:
        """Whether it is time to raise."""
        now = time.monotonic()
        if self.over or now - self._last < _AGAIN or not self._overdue():
            return False
        self._last = now
        return True


@contextlib.contextmanager
def _alarm(raiser: _Raiser) -> Iterator[None]:
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def look(number: int, frame: object) -> None:
        if raiser.due():
            raise TookTooLong

    before = signal.signal(signal.SIGALRM, look)
    timer = signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
    try:
        yield
    finally:
        raiser.over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


@contextlib.contextmanager
def _second_look(raiser: _Raiser) -> Iterator[None]:
    done, lock = threading.Event(), threading.Lock()
    thread = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def look() -> None:
        while not done.wait(2 * _LOOK):
            with lock:
                if not done.is_set() and raiser.due():
                    raise_in(thread, ctypes.py_object(TookTooLong))

    watch = threading.Thread(target=look, name="patience", daemon=True)
    watch.start()
    try:
        yield
    finally:
        raiser.over = True
        with lock:
            done.set()
            raise_in(thread, None)
