"""Work in a process aside: whatever happens there, this one goes on as it was.

On Linux a copy of the process does the work and sends back what it found. Nothing that an answer does can then reach
the session, and one that hangs in a single operation of a library is ended from outside. Where a copy cannot be
made safely (another system, a GPU in use, a second thread) the work is done here.
"""

from __future__ import annotations

import contextlib
import gc
import glob
import os
import pickle
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch

from .patience import SECONDS, too_long

_LOOK = 0.25
_GRACE = 3.0  # seconds that the copy has to say for itself that an answer took too long


class Ended(Exception):
    """The process aside ended without a word: it hung, ran out of memory, or was ended by the answer."""

    def __init__(self, hung: bool):
        super().__init__("it hung" if hung else "it ended by itself")
        self.hung = hung


def can_copy() -> bool:
    """Whether a copy of this process can work."""
    return (
        sys.platform == "linux"
        and threading.current_thread() is threading.main_thread()
        and not torch.cuda.is_initialized()
        and not _autograd_has_threads()
    )


def _autograd_has_threads() -> bool:
    """Whether autograd has a thread for a device, as it does from the first gradient on where there is one.

    A copy then computes no gradient, not even on the CPU.
    """
    for name in glob.iglob("/proc/self/task/*/comm"):
        with contextlib.suppress(OSError), open(name, encoding="ascii", errors="replace") as file:
            if file.read().startswith("pt_autograd"):
                return True
    return False


def aside(work: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """work(), done in a copy of this process where that is possible; its result must be picklable.

    Raises:
        Ended: if the copy ends without a result, or has to be ended.
        KeyboardInterrupt: if somebody interrupts; the copy is ended too.
    """
    if not can_copy():
        return work()
    reader, writer = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # what is buffered now must not be written twice
            stream.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of a copy of a process with threads
        child = os.fork()
    if child == 0:
        _work_and_end(work, reader, writer)
    os.close(writer)
    try:
        return _result(child, reader, seconds + _GRACE)
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _work_and_end(work: Callable[[], Any], reader: int, writer: int) -> None:
    """The life of the copy. It never returns, and leaves no traces at its end."""
    code = 1
    gc.disable()  # what the original holds, the sockets of a notebook's kernel above all, is not the copy's to clean up
    try:
        os.close(reader)
        torch.set_num_threads(1)  # the threads of the original were not copied
        found = pickle.dumps(work())
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(len(found).to_bytes(8, "big") + found)
        code = 0
    finally:
        os._exit(code)


def _result(child: int, reader: int, seconds: float) -> Any:
    start, received = time.monotonic(), b""
    while len(received) < 8 or len(received) < 8 + int.from_bytes(received[:8], "big"):
        if not select.select([reader], [], [], _LOOK)[0]:
            if too_long(_worked(child), time.monotonic() - start, seconds):
                raise Ended(hung=True)
            continue
        part = os.read(reader, 1 << 20)
        if not part:
            raise Ended(hung=False)
        received += part
    return pickle.loads(received[8:])


def _worked(child: int) -> float:
    """The seconds of processor time that the copy has used."""
    try:
        with open(f"/proc/{child}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
