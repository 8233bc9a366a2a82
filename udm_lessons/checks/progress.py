"""What is done, in a small local file, and the map drawn from it.

The file is ``.udm_progress.json`` in the current folder, or the path in the environment variable
UDM_PROGRESS. It maps an exercise id to {"status": "done" | "tried" | "open", "attempts": int, "rung": int, "seen": bool}:
how far up the ladder of hints the learner is, and whether the solution was looked at. Losing it costs nothing but the map, so
no trouble with it ever stops a lesson, and none costs a mark. Several notebooks may write at a time.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from filelock import FileLock

from .exercise import Exercise

_LOOKS = {
    "done": ("■", "--jp-success-color1", "#2e9e4f"),
    "seen": ("▣", "--jp-info-color1", "#2f7fc1"),
    "tried": ("◪", "--jp-warn-color1", "#c98a00"),
    "open": ("□", "--jp-ui-font-color2", "#808080"),
}
_NEW = {"status": "open", "attempts": 0, "rung": 0, "seen": False}
_LARGEST = 1_000_000  # bytes; a record of all exercises takes some thousands
_WAIT = 2.0  # seconds for another notebook to finish writing


def path() -> Path:
    """Where the record lies."""
    return Path(os.environ.get("UDM_PROGRESS") or ".udm_progress.json")


def load() -> dict[str, dict]:
    """The record; empty if there is none. A file that is not a record is set aside as *.bad."""
    file = path()
    try:
        if file.stat().st_size <= _LARGEST:
            record = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(record, dict) and all(map(_is_entry, record.values())):
                return {key: {**_NEW, **entry} for key, entry in record.items()}
    except OSError:
        return {}
    except (ValueError, RecursionError):
        pass
    with contextlib.suppress(OSError):
        os.replace(file, file.with_name(file.name + ".bad"))
    return {}


def entry(exercise_id: str) -> dict:
    """What is known of one exercise."""
    return dict(load().get(exercise_id, _NEW))


def record(exercise_id: str, status: str) -> None:
    """Note the status of a verdict. Once done, an exercise stays done; a miss leads up one rung."""
    with _changing(exercise_id) as known:
        if status == "correct":
            known["status"] = "done"
        elif status != "untouched":
            known["rung"] = min(3, known["rung"] + 1)
            if known["status"] == "open":
                known["status"] = "tried"
        known["attempts"] += status != "untouched"


def climb(exercise_id: str, rung: int) -> None:
    """Note that a hint was asked for, and which."""
    with _changing(exercise_id) as known:
        known["rung"] = max(known["rung"], rung)


def see(exercise_id: str) -> None:
    """Note that the solution was looked at before the exercise was done."""
    with _changing(exercise_id) as known:
        known["seen"] = known["seen"] or known["status"] != "done"


def map_text(exercises: Sequence[Exercise], done: dict[str, dict]) -> str:
    """One row of squares per lesson, and the totals."""
    lines = [
        f"lesson {lesson}  {''.join(_LOOKS[_look(e, done)][0] for e in row)}"
        for lesson, row in _lessons(exercises)
    ]
    key = "   ".join(f"{look[0]} {name}" for name, look in _key(exercises, done))
    return "\n".join([*lines, key, _totals(exercises, done)])


def map_html(exercises: Sequence[Exercise], done: dict[str, dict]) -> str:
    """The same as a table; each square says its id and title."""
    rows = "".join(
        f'<tr style="background:none"><th style="text-align:left">lesson {lesson}</th>'
        '<td style="text-align:left;font-size:1.4em;letter-spacing:3px">'
        + "".join(_square(_look(e, done), f"{e.id} {e.title}") for e in row)
        + "</td></tr>"
        for lesson, row in _lessons(exercises)
    )
    key = " &nbsp; ".join(f"{_square(name, name)} {name}" for name, _ in _key(exercises, done))
    return (
        '<div style="color:var(--jp-ui-font-color1, inherit)">'
        f'<table style="margin:2px 0;border-collapse:collapse">{rows}</table>'
        f"<div>{key}</div><div>{_totals(exercises, done)}</div></div>"
    )


@contextlib.contextmanager
def _changing(exercise_id: str) -> Iterator[dict]:
    """An entry to change; what becomes of it is written down, if that can be done at all."""
    lock = contextlib.nullcontext()
    with contextlib.suppress(Exception):
        lock = FileLock(f"{path()}.lock", timeout=_WAIT)
        lock.acquire()
    try:
        done = load()
        known = {**_NEW, **done.get(exercise_id, {})}
        yield known
        with contextlib.suppress(OSError):
            _write(path(), json.dumps({**done, exercise_id: known}, indent=1, sort_keys=True) + "\n")
    finally:
        with contextlib.suppress(Exception):
            lock.release()


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    known = {**_NEW, **entry}
    whole = all(type(known[name]) is int and 0 <= known[name] < 10**9 for name in ("attempts", "rung"))
    return known["status"] in ("done", "tried", "open") and whole and isinstance(known["seen"], bool)


def _look(exercise: Exercise, done: dict[str, dict]) -> str:
    known = {**_NEW, **done.get(exercise.id, {})}
    return "seen" if known["seen"] else known["status"]


def _key(exercises: Sequence[Exercise], done: dict[str, dict]) -> list[tuple[str, tuple]]:
    """The looks that are explained below the map: "seen" only if there is one."""
    looks = {_look(e, done) for e in exercises}
    return [(name, look) for name, look in _LOOKS.items() if name != "seen" or name in looks]


def _lessons(exercises: Sequence[Exercise]) -> list[tuple[str, list[Exercise]]]:
    return [(k, list(row)) for k, row in groupby(exercises, lambda e: e.id.partition(".")[0])]


def _totals(exercises: Sequence[Exercise], done: dict[str, dict]) -> str:
    finished = [e for e in exercises if done.get(e.id, _NEW)["status"] == "done"]
    points, of = (sum(e.points for e in group) for group in (finished, exercises))
    left = sum(e.minutes for e in exercises) - sum(e.minutes for e in finished)
    return (
        f"{len(finished)} of {len(exercises)} exercises done, {points} of {of} points, "
        f"about {left} minutes left"
    )


def _square(look: str, title: str) -> str:
    mark, variable, fallback = _LOOKS[look]
    return (
        f'<span style="color:var({variable}, {fallback})" title="{html.escape(title)}">'
        f"{mark}</span>"
    )


def _write(file: Path, text: str) -> None:
    """Write beside the file and move it there, so that a stop in between loses nothing."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(name, file)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
