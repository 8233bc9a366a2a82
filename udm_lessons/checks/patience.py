"""A limit on how long an answer may run: an endless loop should end in a sentence, not in a hang."""

from __future__ import annotations

import ctypes
import math
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

SECONDS = 20.0
_LOOK = 0.25  # seconds between two looks at the clocks
_AGAIN = 2.0  # seconds before it is said again to a block that went on
_ASLEEP = 0.05  # a thread that has worked for less than this share of the time is waiting, not crowded out


class TookTooLong(BaseException):
    """The work under ``limited`` was still running when its time was up; no `except Exception` stops it."""

    def __str__(self) -> str:
        return "still running when its time was up"


def limited(work: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """work(), stopped once this thread has worked, or slept, in it for `seconds`.

    Time in which other programs or threads had the processor does not count, so that a busy machine
    condemns no right answer. An alarm looks at the clocks where the system has one, in the main
    thread; a second thread looks too, in case that the work switches the alarm off. One long operation of a
    library is interrupted only when it returns.

    Raises:
        TookTooLong: if the time was up.
    """
    watch = _Watch(_overdue(seconds))
    try:
        watch.start()
        return watch.over(work)
    finally:
        watch.stop()


def too_long(worked: float, passed: float, seconds: float) -> bool:
    """Whether something has worked too long, or done nothing for too long (all in seconds)."""
    return worked > seconds or (passed > seconds and worked < _ASLEEP * passed)


def _overdue(seconds: float) -> Callable[[], bool]:
    """Says whether the calling thread is over its time, whichever thread asks."""
    clock, begun, idle = _clock_of_this_thread(), time.monotonic(), None

    def overdue() -> bool:
        nonlocal idle
        passed = time.monotonic() - begun
        if idle is None:  # to read the clock costs more than most answers take: not before somebody asks
            idle = clock() - passed
        return too_long(clock() - idle, passed, seconds)

    return overdue


def _clock_of_this_thread() -> Callable[[], float]:
    if not hasattr(time, "pthread_getcpuclockid"):  # Windows: the time on the wall must do
        return time.monotonic
    number = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(number)


class _Watch:
    """Two watchmen over one piece of work: an alarm and a thread.

    What they raise may strike anywhere, in the very lines that were to call them off too. So each of them
    first looks whether the work is still being done, and goes home if it is not.
    """

    def __init__(self, overdue: Callable[[], bool]):
        self._overdue, self._last = overdue, -math.inf
        self._frame: FrameType | None = None
        self._ended = self._looking = self._struck = False
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._rings = hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()

    def start(self) -> None:
        if self._rings:
            self._handler = signal.signal(signal.SIGALRM, self._ring)
            self._timer = signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
        _patrol(self)

    def over(self, work: Callable[[], Any]) -> Any:
        self._frame = sys._getframe()
        return work()

    def stop(self) -> None:
        self._ended = True
        with self._lock:  # the thread is not just about to strike
            struck = self._struck
        if struck:
            _take_back(self._thread)
        self._silence()
        _watches.discard(self)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        """The alarm, which may ring between any two steps: it takes no lock."""
        if self._looking:  # on a stack so deep that a look takes longer than the alarm waits
            return
        self._looking = True
        try:
            if self._is_due(frame):
                raise TookTooLong
            if self._goes_home(frame):
                self._silence()
        finally:
            self._looking = False

    def look(self) -> bool:
        """A look from another thread; says whether to come again."""
        with self._lock:
            frame = sys._current_frames().get(self._thread)
            if self._is_due(frame):
                self._struck = True
                _raise_in(self._thread, TookTooLong)
            return not self._goes_home(frame)

    def _silence(self) -> None:
        self._ended = True
        self._frame = None  # a frame holds all that its function holds
        if self._rings:
            self._rings = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._handler or signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, *self._timer)

    def _is_at_work(self, frame: FrameType | None) -> bool:
        """Whether the work's frame waits for this one."""
        while frame is not None and frame is not self._frame:
            frame = frame.f_back
        return frame is not None

    def _goes_home(self, frame: FrameType | None) -> bool:
        """Whether the work is over."""
        return self._ended or (self._frame is not None and not self._is_at_work(frame))

    def _is_due(self, frame: FrameType | None) -> bool:
        """Whether to raise: once, and not again before the work had time to end."""
        now = time.monotonic()
        if now - self._last < _AGAIN or not self._overdue():
            return False
        if self._ended or not self._is_at_work(frame):
            return False
        self._last = now
        return True


_watches: set[_Watch] = set()
_rounds: list[threading.Thread] = []
_desk = threading.Lock()


def _patrol(watch: _Watch) -> None:
    """Has the one thread that walks round look at this work too; it goes home when there is none left."""
    with _desk:
        _watches.add(watch)
        if not (_rounds and _rounds[0].is_alive()):  # not alive: a child of this process has no thread but one
            _rounds[:] = [threading.Thread(target=_walk, name="patience", daemon=True)]
            _rounds[0].start()


def _walk() -> None:
    while True:
        time.sleep(2 * _LOOK)
        for watch in list(_watches):
            if not watch.look():
                _watches.discard(watch)
        with _desk:
            if not _watches:
                _rounds.clear()
                return


class _Called(BaseException):
    """Raised and caught to no other end than to take the place of what was not raised yet."""


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raises in a thread at its next step."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


def _take_back(thread: int) -> None:
    """Nothing that this thread was to raise is raised from here on.

    Taken back with no exception in its place, a flag of the interpreter stays up: Python 3.11 then hangs as soon
    as a debugger traces it.
    """
    try:
        _raise_in(thread, _Called)
        while True:
            pass
    except _Called:
        pass
