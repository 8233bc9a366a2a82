"""Where the learner's own code raised an error, without the frames of any library."""

from __future__ import annotations

import linecache
import re
import sysconfig
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = str(Path(__file__).resolve().parents[1])
_STDLIB = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
_LONGEST_MESSAGE = 300


@dataclass(frozen=True)
class Crash:
    """An error of the learner's function.

    Attributes:
        kind: the type of the error, such as "RuntimeError".
        message: its text, cut if it is long, without memory addresses.
        where: such as "forward, line 3 of its cell"; empty if it is not known.
        line: the source text of that line.
        function: the name of the function that holds the line.
        in_call: whether the call itself failed, as with a wrong number of parameters.
        is_stub: whether the line says that nothing is written yet.
    """

    kind: str
    message: str
    where: str
    line: str
    function: str
    in_call: bool
    is_stub: bool


def locate(error: BaseException, answer: Callable) -> Crash:
    """Describe an error by the deepest line of its traceback that is not library code."""
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(error.__traceback__), lookup_lines=False
    )
    own = [frame for frame in frames if not _is_library(frame.filename)]
    code = getattr(answer, "__code__", None)
    if own:
        filename, number, function = own[-1].filename, own[-1].lineno, own[-1].name
    elif code is not None:
        filename, number, function = code.co_filename, code.co_firstlineno, code.co_name
    else:
        filename, number, function = "", 0, ""
    line = linecache.getline(filename, number).strip() if filename else ""
    raised_here = bool(own) and own[-1] is frames[-1]
    says_so = not error.args or not line or "NotImplementedError" in line
    return Crash(
        kind=type(error).__name__,
        message=_message(error),
        where=_where(filename, number, function),
        line=line,
        function=function,
        in_call=not own and isinstance(error, TypeError),
        is_stub=isinstance(error, NotImplementedError) and raised_here and says_so,
    )


def _is_library(filename: str) -> bool:
    return (
        "site-packages" in filename
        or "dist-packages" in filename
        or filename.startswith((_PACKAGE, *_STDLIB, "<frozen", "<string>", "<__array_function__"))
    )


def _where(filename: str, number: int, function: str) -> str:
    if not filename:
        return ""
    path = Path(filename)
    if path.parent.name.startswith("ipykernel_") or filename.startswith("<ipython-input"):
        place = " of its cell"
    else:
        place = "" if filename.startswith("<") else f" of {path.name}"
    who = "" if function.startswith("<") else f"{function}, "
    return f"{who}line {number}{place}"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # an error of the learner's own may raise when it is read
        return ""
    text = re.sub(r"0x[0-9a-fA-F]+", "0x…", text).strip()
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE].rstrip() + "…"
