"""Many calls, what came of them, and for each finding the simplest call that shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from tqdm import tqdm

from .calls import Call, calls, smaller
from .verdicts import CLEAN, RIGHT, verdict

_CHUNK = 500


@dataclass
class Outcomes:
    """How often each outcome came, by wing, and one call for each finding."""

    counts: Counter = field(default_factory=Counter)
    findings: dict[tuple[str, str], tuple[Call, str]] = field(default_factory=dict)

    def record(self, call: Call) -> None:
        kind, word = verdict(call)
        self.counts[call.name.split(".")[0], kind] += 1
        if kind not in (RIGHT, CLEAN):
            self.findings.setdefault((call.name, kind), (call, word))

    def lines(self) -> list[str]:
        """A table of outcomes, then the findings."""
        kinds = sorted({kind for _, kind in self.counts}, key=lambda kind: (kind != RIGHT, kind != CLEAN, kind))
        wings = sorted({wing for wing, _ in self.counts})
        widths = [max(len(kind), 7) for kind in kinds]
        table = ["  ".join(["wing   ", *(kind.rjust(width) for kind, width in zip(kinds, widths))])]
        for wing in wings:
            table.append("  ".join([wing.ljust(7), *(str(self.counts[wing, kind]).rjust(w) for kind, w in zip(kinds, widths))]))
        total = [sum(self.counts[wing, kind] for wing in wings) for kind in kinds]
        table.append("  ".join(["all    ", *(str(n).rjust(width) for n, width in zip(total, widths))]))
        found = [f"{kind}: {self._simplest(call, kind)}\n    {word[:300]}" for (_, kind), (call, word) in sorted(self.findings.items())]
        return [*table, "", f"{len(found)} findings", *found]

    def _simplest(self, call: Call, kind: str) -> Call:
        return smaller(call, lambda candidate: verdict(candidate)[0] == kind)


def run(n: int, start: int = 0, names: list[str] | None = None, progress: bool = False) -> Outcomes:
    """n calls, the same ones for the same `start`."""
    outcomes = Outcomes()
    for chunk in tqdm(range(0, n, _CHUNK), desc="calls", unit_scale=_CHUNK, disable=not progress):
        size = min(_CHUNK, n - chunk)

        @seed(start + chunk)
        @settings(
            max_examples=size, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(call=calls(names))
        def many(call: Call) -> None:
            outcomes.record(call)

        many()
    return outcomes


def part(n: int, start: int, names: list[str] | None, progress: bool) -> Outcomes:
    """A share of a campaign, for a process of its own."""
    torch.set_num_threads(1)
    return run(n, start, names, progress)
