"""What was found when the laws of a process were tried: as text, and as a table in a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Law:
    """One law: its name, whether it held (None: it could not be tried), and what was seen."""

    name: str
    holds: bool | None
    seen: str


@dataclass(frozen=True)
class LawReport:
    """What `laws` found; as text and, in a notebook, as a table.

    false_alarm  the chance, at most, that a process that satisfies all laws is called broken
    """

    process: str
    laws: tuple[Law, ...]
    false_alarm: float

    @property
    def holds(self) -> bool:
        """Whether no law is broken."""
        return not self.broken

    @property
    def broken(self) -> tuple[str, ...]:
        """The names of the broken laws."""
        return tuple(law.name for law in self.laws if law.holds is False)

    def __str__(self) -> str:
        width = max(len(law.name) for law in self.laws)
        lines = [f"{law.name:{width}}  {_WORD[law.holds]:9}  {law.seen}" for law in self.laws]
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        cell = "border: none; padding: 2px 0.9em; text-align: left"
        rows = "".join(
            f'<tr style="background: none"><th scope="row" style="{cell}">{law.name}</th>'
            f'<td style="{cell}">{_SIGN[law.holds]} {_WORD[law.holds]}</td><td style="{cell}">{html.escape(law.seen)}</td></tr>'
            for law in self.laws
        )
        return f'<p>{html.escape(self._title())}</p><table style="margin: 0">{rows}</table>'

    def _title(self) -> str:
        verdict = "no law is broken" if self.holds else f"broken: {', '.join(self.broken)}"
        return f"{self.process}: {verdict} (chance of a false alarm at most {self.false_alarm:g})"


_WORD = {True: "holds", False: "BROKEN", None: "not tried"}
_SIGN = {True: "✓", False: "✗", None: "–"}
