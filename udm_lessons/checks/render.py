"""The panel that a learner sees after a check, as HTML for notebooks and as text for terminals.

A panel shows numbers of the smallest failing case, never a formula of the reference. Equal verdicts
give equal panels: no times, addresses or counters.
"""

from __future__ import annotations

import html
import re
import sys
import textwrap

from .exercise import Exercise, Verdict
from .table import Row, table
from .text import plain

_WIDTH = 88
_CODE_FONT = "font-family:var(--jp-code-font-family, monospace)"
_PLAIN_ROW = '"background:none"'  # JupyterLab stripes and shrinks tables of its own accord
_PLAIN_TABLE = '"margin:0;border-collapse:collapse;color:inherit;font-size:inherit"'
_MARKS = {
    "correct": ("✓", "is right", "--jp-success-color1", "#2e9e4f"),
    "untouched": ("…", "is waiting for you", "--jp-warn-color1", "#c98a00"),
    "wrong": ("✗", "is not right yet", "--jp-error-color1", "#d64545"),
    "crashed": ("✗", "stopped with an error", "--jp-error-color1", "#d64545"),
}


def headline(verdict: Verdict) -> str:
    """What happened in a few words, such as "01.2 is not right yet"."""
    return f"{verdict.exercise.id} {_MARKS[verdict.status][1]}"


def show(as_html: str, as_text: str) -> None:
    """Display in a notebook or an IPython shell, or print."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display({"text/html": as_html, "text/plain": as_text}, raw=True)
        return
    encoding = sys.stdout.encoding or "utf-8"
    print(as_text.encode(encoding, "replace").decode(encoding))


def stars(exercise: Exercise) -> str:
    """The difficulty as dots: ●○○, ●●○ or ●●●."""
    return "●" * exercise.difficulty + "○" * (3 - exercise.difficulty)


def worth(exercise: Exercise) -> str:
    """The points in words."""
    return f"{exercise.points} point{'s' if exercise.points > 1 else ''}"


def panel_text(verdict: Verdict) -> str:
    """The panel for a terminal: mathematics is simplified, differing entries carry a star."""
    exercise, failure, crash = verdict.exercise, verdict.failure, verdict.crash
    about = f"{exercise.title}, {stars(exercise)}, {worth(exercise)}"
    lines = [f"{_MARKS[verdict.status][0]} {headline(verdict)}  ({about})"]
    if crash:
        where = f" in {crash.where}" if crash.where else ""
        lines += textwrap.wrap(f"{crash.kind}{where}: {crash.message}", _WIDTH)
        lines += [f"    {crash.line}"] if crash.line else []
    lines += textwrap.wrap(plain(verdict.hint), _WIDTH)
    if failure:
        lines += ["", *textwrap.wrap(f"The smallest case that fails: {failure.reason}.", _WIDTH)]
        for row in table(failure, marked=not _is_random(exercise)):
            lines += _text_row(row)
        lines += ["", *textwrap.wrap(f"What must hold: {plain(exercise.law)}", _WIDTH)]
    return "\n".join(lines)


def panel_html(verdict: Verdict) -> str:
    """The panel for a notebook; JupyterLab typesets the $...$ in it and sets the colours."""
    exercise, failure, crash = verdict.exercise, verdict.failure, verdict.crash
    mark, _, variable, fallback = _MARKS[verdict.status]
    colour = f"var({variable}, {fallback})"
    dim = "color:var(--jp-ui-font-color2, inherit)"
    body = [
        f'<div><span style="color:{colour};font-weight:bold">{mark}</span> '
        f"<b>{html.escape(headline(verdict))}</b> "
        f'<span style="{dim}">{html.escape(exercise.title)} · '
        f'<span title="difficulty {exercise.difficulty} of 3">{stars(exercise)}</span> · '
        f"{worth(exercise)}</span></div>"
    ]
    if crash:
        where = f" in {html.escape(crash.where)}" if crash.where else ""
        body.append(
            f"<div><b>{html.escape(crash.kind)}</b>{where}: "
            f"<code>{html.escape(crash.message)}</code></div>"
        )
        if crash.line:
            code = f"margin:4px 0 4px 12px;background:none;{_CODE_FONT}"
            body.append(f'<pre style="{code}">{html.escape(crash.line)}</pre>')
    if verdict.hint:
        body.append(f"<div>{_prose(verdict.hint)}</div>")
    if failure:
        rows = (_html_row(r, colour, dim) for r in table(failure, not _is_random(exercise)))
        body.append(
            f'<div style="margin-top:6px"><span style="{dim}">The smallest case that fails:</span> '
            f"{html.escape(failure.reason)}.</div>"
            f"<table style={_PLAIN_TABLE}>{''.join(rows)}</table>"
            f'<div style="margin-top:6px"><span style="{dim}">What must hold:</span> '
            f"{_prose(exercise.law)}</div>"
        )
    return (
        f'<div style="border-left:4px solid {colour};padding:6px 12px;margin:4px 0;overflow-x:auto;'
        "background:var(--jp-layout-color2, rgba(127,127,127,0.1));"
        'color:var(--jp-ui-font-color1, inherit);line-height:1.5">' + "".join(body) + "</div>"
    )


def _is_random(exercise: Exercise) -> bool:
    return getattr(exercise.compare, "independent", False)


def _prose(text: str) -> str:
    """Escaped text whose `code` is set as code and whose $...$ is left to JupyterLab."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _text_row(row: Row) -> list[str]:
    cells = [[f"{text}{'*' if differs else ' '}" for text, differs in line] for line in row.grid]
    width = max(len(cell) for line in cells for cell in line)
    lines = ["  ".join(cell.rjust(width) for cell in line).rstrip() for line in cells]
    if not row.label:
        return [f"  {row.name}: {lines[0].strip()}"]
    return [f"  {row.name}: {row.label}", *(f"      {line}" for line in lines)]


def _html_row(row: Row, colour: str, dim: str) -> str:
    cell = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;white-space:nowrap"
    number = f"text-align:right;padding:0 6px;{_CODE_FONT}"
    mark = f";outline:1px solid {colour};font-weight:bold"
    lines = "".join(
        f"<tr style={_PLAIN_ROW}>"
        + "".join(
            f'<td style="{number}{mark if differs else ""}">{html.escape(text)}</td>'
            for text, differs in line
        )
        + "</tr>"
        for line in row.grid
    )
    label = "".join(f"<br>{html.escape(part)}" for part in row.label.split(", ", 1) if part)
    return (
        f'<tr style={_PLAIN_ROW}><td style="{cell}"><b>{html.escape(row.name)}</b>'
        f'<span style="{dim}">{label}</span></td>'
        f'<td style="{cell}"><table style={_PLAIN_TABLE}>{lines}</table></td></tr>'
    )
