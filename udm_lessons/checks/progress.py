"""What is done, in a small local file, and the map drawn from it.

The file is ``.udm_progress.json`` in the current folder, or the path in the environment variable
UDM_PROGRESS. It maps an exercise id to {"status": "done" | "tried" | "open", "attempts": int}.
Losing it costs nothing but the map, so no trouble with it ever stops a lesson.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from .exercise import Exercise

_LOOKS = {
    "done": ("■", "--jp-success-color1", "#2e9e4f"),
    "tried": ("◪", "--jp-warn-color1", "#c98a00"),
    "open": ("□", "--jp-ui-font-color2", "#808080"),
}


def path() -> Path:
    """Where the record lies."""
    return Path(os.environ.get("UDM_PROGRESS") or ".udm_progress.json")


def load() -> dict[str, dict]:
    """The record; empty if there is none. A file that is not a record is set aside as *.bad."""
    file = path()
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(record, dict) and all(_is_entry(entry) for entry in record.values()):
            return record
    except OSError:
        return {}
    except ValueError:
        pass
    with contextlib.suppress(OSError):
        os.replace(file, file.with_name(file.name + ".bad"))
    return {}


def record(exercise_id: str, status: str) -> None:
    """Note the status of a verdict. Once done, an exercise stays done."""
    done = load()
    entry = done.get(exercise_id, {"status": "open", "attempts": 0})
    if status == "correct":
        entry["status"] = "done"
    elif status != "untouched" and entry["status"] == "open":
        entry["status"] = "tried"
    entry["attempts"] += status != "untouched"
    with contextlib.suppress(OSError):
        _write(path(), json.dumps({**done, exercise_id: entry}, indent=1, sort_keys=True) + "\n")


def map_text(exercises: Sequence[Exercise], done: dict[str, dict]) -> str:
    """One row of squares per lesson, and the totals."""
    lines = [
        f"lesson {lesson}  {''.join(_LOOKS[_status(e, done)][0] for e in row)}"
        for lesson, row in _lessons(exercises)
    ]
    key = "   ".join(f"{look[0]} {name}" for name, look in _LOOKS.items())
    return "\n".join([*lines, key, _totals(exercises, done)])


def map_html(exercises: Sequence[Exercise], done: dict[str, dict]) -> str:
    """The same as a table; each square says its id and title."""
    rows = "".join(
        f'<tr style="background:none"><th style="text-align:left">lesson {lesson}</th>'
        '<td style="text-align:left;font-size:1.4em;letter-spacing:3px">'
        + "".join(_square(_status(e, done), f"{e.id} {e.title}") for e in row)
        + "</td></tr>"
        for lesson, row in _lessons(exercises)
    )
    key = " &nbsp; ".join(f"{_square(name, name)} {name}" for name in _LOOKS)
    return (
        '<div style="color:var(--jp-ui-font-color1, inherit)">'
        f'<table style="margin:2px 0;border-collapse:collapse">{rows}</table>'
        f"<div>{key}</div><div>{_totals(exercises, done)}</div></div>"
    )


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("status") in _LOOKS
        and isinstance(entry.get("attempts"), int)
    )


def _status(exercise: Exercise, done: dict[str, dict]) -> str:
    return done.get(exercise.id, {"status": "open"})["status"]


def _lessons(exercises: Sequence[Exercise]) -> list[tuple[str, list[Exercise]]]:
    return [(k, list(row)) for k, row in groupby(exercises, lambda e: e.id.partition(".")[0])]


def _totals(exercises: Sequence[Exercise], done: dict[str, dict]) -> str:
    finished = [e for e in exercises if _status(e, done) == "done"]
    points, of = (sum(e.points for e in group) for group in (finished, exercises))
    left = sum(e.minutes for e in exercises) - sum(e.minutes for e in finished)
    return (
        f"{len(finished)} of {len(exercises)} exercises done, {points} of {of} points, "
        f"about {left} minutes left"
    )


def _square(status: str, title: str) -> str:
    mark, variable, fallback = _LOOKS[status]
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
