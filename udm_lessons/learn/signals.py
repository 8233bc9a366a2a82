"""Ctrl+C and SIGTERM during work that must not stop by half."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


class Signals:
    """A context in which SIGINT raises KeyboardInterrupt and SIGTERM SystemExit, but not inside `held`.

    A signal that arrives inside `held` is raised at its end. Signals that somebody else handles, and threads other
    than the main one, are left alone.
    """

    def __init__(self) -> None:
        self._before: dict[int, object] = {}
        self._holds = 0
        self._waiting: int | None = None

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number, usual in _USUAL.items():
                if signal.getsignal(number) == usual:
                    self._before[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Signals wait until the end of this context."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            if self._waiting is not None and not self._holds:
                number, self._waiting = self._waiting, None
                self._raise(number)

    def _arrived(self, number: int, frame: object) -> None:
        if self._holds:
            self._waiting = number
        else:
            self._raise(number)

    def _raise(self, number: int) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)
