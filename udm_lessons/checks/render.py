"""The panel that a learner sees after a check, as HTML for notebooks and as text for terminals.

A panel shows the kind of mistake and the smallest failing case. From the second miss on it adds what to try, from the
third the law: the ladder of hints. Equal verdicts on equal rungs give equal panels: no times or addresses.
What an answer says of itself is shown as code, and never typeset.
"""

from __future__ import annotations

import html
import inspect
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
_HELP = "var(--jp-info-color1, #2f7fc1)"
_MARKS = {
    "correct": ("✓", "is right", "--jp-success-color1", "#2e9e4f"),
    "untouched": ("…", "is waiting for you", "--jp-warn-color1", "#c98a00"),
    "wrong": ("✗", "is not right yet", "--jp-error-color1", "#d64545"),
    "crashed": ("✗", "stopped with an error", "--jp-error-color1", "#d64545"),
}


# For terminals that know little: every mark keeps a look of its own.
_SIMPLER = str.maketrans({
    "✓": "+", "✗": "x", "…": "...", "●": "*", "○": "o", "■": "#", "▣": "S", "◪": "/", "□": ".", "×": "x",
    "–": "-", "“": '"', "”": '"', "≤": "<=", "≥": ">=", "≠": "!=", "√": "sqrt", "·": "*", "α": "alpha", "β": "beta",
    "σ": "sigma", "ε": "eps", "μ": "mu", "λ": "lambda", "π": "pi", "Σ": "sum", "Π": "prod", "∈": " in ",
    "\u0302": "_hat", "\u0304": "_bar", "\u0303": "_tilde", "\u0307": "_dot",
})  # fmt: skip


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
    try:
        as_text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        as_text = as_text.translate(_SIMPLER).encode("ascii", "replace").decode("ascii")
    print(as_text)


def stars(exercise: Exercise) -> str:
    """The difficulty as dots: ●○○, ●●○ or ●●●."""
    return "●" * exercise.difficulty + "○" * (3 - exercise.difficulty)


def worth(exercise: Exercise) -> str:
    """The points in words."""
    return f"{exercise.points} point{'s' if exercise.points > 1 else ''}"


def panel_text(verdict: Verdict, rung: int = 1) -> str:
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
    for title, words in help_lines(verdict, rung):
        lines += ["", *textwrap.wrap(f"{title}: {plain(words)}".removeprefix(": "), _WIDTH)]
    return "\n".join(lines)


def help_lines(verdict: Verdict, rung: int) -> list[tuple[str, str]]:
    """What a miss shows besides the kind of mistake: more from rung to rung."""
    exercise = verdict.exercise
    if verdict.status not in ("wrong", "crashed"):
        return []
    lines = [("Try this", exercise.idea)] if rung >= 2 and exercise.idea else []
    if rung >= 3:
        lines.append(("What must hold", exercise.law))
        lines.append(("", f'Still stuck? `solution("{exercise.id}")` shows an answer, and why it is right.'))
    else:
        lines.append(("", f'Stuck? `hint("{exercise.id}")` says more.'))
    return lines


def panel_html(verdict: Verdict, rung: int = 1) -> str:
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
        where = f" in {_quoted(crash.where)}" if crash.where else ""
        body.append(f"<div><b>{_quoted(crash.kind)}</b>{where}: {_quoted(crash.message)}</div>")
        if crash.line:
            code = f"margin:4px 0 4px 12px;background:none;{_CODE_FONT}"
            body.append(f'<pre style="{code}">{html.escape(crash.line)}</pre>')
    if verdict.hint:
        body.append(f"<div>{_prose(verdict.hint)}</div>")
    if failure:
        rows = (_html_row(r, colour, dim) for r in table(failure, not _is_random(exercise)))
        body.append(
            f'<div style="margin-top:6px"><span style="{dim}">The smallest case that fails:</span> '
            f"{_untypeset(failure.reason)}.</div>"
            f"<table style={_PLAIN_TABLE}>{''.join(rows)}</table>"
        )
    body += [_html_help(title, words, dim) for title, words in help_lines(verdict, rung)]
    return frame(colour, body)


def frame(colour: str, body: list[str]) -> str:
    """A box in a notebook with a coloured edge."""
    return (
        f'<div style="border-left:4px solid {colour};padding:6px 12px;margin:4px 0;overflow-x:auto;'
        "background:var(--jp-layout-color2, rgba(127,127,127,0.1));"
        'color:var(--jp-ui-font-color1, inherit);line-height:1.5">' + "".join(body) + "</div>"
    )


def rung_text(exercise: Exercise, rung: int) -> str:
    """A rung of the ladder, asked for by name, for a terminal."""
    return "\n".join(textwrap.wrap(f"{exercise.id} {_rung(exercise, rung)[0]}: {plain(_rung(exercise, rung)[1])}", _WIDTH))


def rung_html(exercise: Exercise, rung: int) -> str:
    """The same for a notebook."""
    title, words = _rung(exercise, rung)
    return frame(_HELP, [_html_help(f"{exercise.id} {title}", words, "font-weight:bold")])


def solution_text(exercise: Exercise) -> str:
    """The reference as it is written, and why it is right, for a terminal."""
    why = textwrap.wrap(plain(exercise.why), _WIDTH)
    return "\n".join([f"{exercise.id} {exercise.title}", "", source(exercise), *why])


def solution_html(exercise: Exercise) -> str:
    """The same for a notebook."""
    code = f'<pre style="margin:6px 0;background:none;{_CODE_FONT}">{html.escape(source(exercise))}</pre>'
    title = f"<div><b>{exercise.id} {html.escape(exercise.title)}</b></div>"
    return frame(_HELP, [title, code, f"<div>{_prose(exercise.why)}</div>"])


def source(exercise: Exercise) -> str:
    """The lines of the reference."""
    return textwrap.dedent(inspect.getsource(exercise.reference))


def _rung(exercise: Exercise, rung: int) -> tuple[str, str]:
    if rung <= 1:
        return "hint", "Run the check first: it says what kind of mistake it is, and shows the smallest case that fails."
    if rung == 2 and exercise.idea:
        return "hint: try this", exercise.idea
    return "hint: what must hold", exercise.law


def _html_help(title: str, words: str, dim: str) -> str:
    head = f'<span style="{dim}">{html.escape(title)}:</span> ' if title else ""
    return f'<div style="margin-top:6px">{head}{_prose(words)}</div>'


def _is_random(exercise: Exercise) -> bool:
    return getattr(exercise.compare, "independent", False)


def _quoted(text: str) -> str:
    """What comes from an answer, as code: a typesetter leaves it alone."""
    return f'<code style="background:none">{html.escape(text)}</code>'


def _untypeset(text: str) -> str:
    """Words that may hold a part of an answer, so that no $...$ in them is typeset."""
    return html.escape(text).replace("$", "&#36;<span></span>").replace("\\", "&#92;<span></span>")


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
            f'<td style="{number}{mark if differs else ""}">{_untypeset(text)}</td>'
            for text, differs in line
        )
        + "</tr>"
        for line in row.grid
    )
    label = "".join(f"<br>{_untypeset(part)}" for part in row.label.split(", ", 1) if part)
    return (
        f'<tr style={_PLAIN_ROW}><td style="{cell}"><b>{_untypeset(row.name)}</b>'
        f'<span style="{dim}">{label}</span></td>'
        f'<td style="{cell}"><table style={_PLAIN_TABLE}>{lines}</table></td></tr>'
    )
