"""A limit on how long an answer may run: an endless loop should end in a sentence, not in a hang."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator

SECONDS = 20.0
_LOOK = 0.25  # seconds between two looks at the clock


class TookTooLong(Exception):
    """The code under ``limit`` was still at work when its time was up."""


@contextlib.contextmanager
def limit(seconds: float = SECONDS) -> Iterator[None]:
    """Raises TookTooLong inside the block once this thread has worked in it for `seconds`.

    Time in which other programs or threads had the processor does not count, so that a busy machine
    condemns no right answer. Without a limit where the system has no alarm (Windows) and outside
    the main thread. One long operation of a library is interrupted only when it returns.
    """
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    start = time.thread_time()

    def look(number: int, frame: object) -> None:
        if time.thread_time() - start > seconds:
            raise TookTooLong(f"still at work after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, look)
    timer = signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)
