"""Draws docs/house.svg, the wings of the package and what each one uses: `make house`.

The arrows are the imports as they stand in the code. An arrow that follows from two others is left out of the
drawing, though not of `arrows`.
"""

from __future__ import annotations

import ast
import html
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "udm_lessons"
DRAWING = ROOT / "docs" / "house.svg"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

# From the ground up; a wing imports only from wings before its own line.
FLOORS = (
    ("_arrays",),
    ("data", "checks"),
    ("destroy",),
    ("rebuild",),
    ("flow", "show"),
    ("learn",),
    ("measure", "exchange"),
    ("exercises", "train"),
)


class Import(NamedTuple):
    """One name that a module takes, the wing it comes from, and the module that holds it."""

    wing: str
    module: str
    name: str


def imports(module: str, tree: ast.AST) -> list[Import]:
    """What a module takes from the package, wherever in the file it does."""
    return [
        Import(path[0] if path else "", resolve(path), path[-1] if path else "")
        for node in ast.walk(tree)
        for path in _paths(node, module.split("."))
    ]


def resolve(path: list[str]) -> str:
    """The module that an import of this path, below the package, reads; a package is a.__init__."""
    for end in range(len(path), -1, -1):
        for candidate in (".".join(path[:end]), ".".join([*path[:end], "__init__"])):
            if candidate in MODULES:
                return candidate
    raise ValueError(f"nothing in the package has the path {path}")


def _paths(node: ast.AST, home: list[str]) -> Iterator[list[str]]:
    """The paths below the package, such as ["destroy", "Gaussian"], that a statement imports."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            package, *path = alias.name.split(".")
            if package == "udm_lessons":
                yield path
    elif isinstance(node, ast.ImportFrom):
        path = node.module.split(".") if node.module else []
        if node.level:
            path = home[: len(home) - node.level] + path
        elif path[:1] == ["udm_lessons"]:
            path = path[1:]
        else:
            return
        yield from ([*path, alias.name] for alias in node.names)


def arrows() -> dict[str, set[str]]:
    """Which wings each wing imports."""
    used: dict[str, set[str]] = {wing: set() for floor in FLOORS for wing in floor}
    for module, tree in TREES.items():
        wing = module.split(".")[0]
        if wing in used:
            used[wing] |= {entry.wing for entry in imports(module, tree)} - {wing}
    return used


def reduced(used: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that do not follow from two or more others."""

    def below(wing: str) -> set[str]:
        return used[wing] | {other for lower in used[wing] for other in below(lower)}

    return {
        wing: {
            other for other in lower if not any(other in below(third) for third in lower - {other})
        }
        for wing, lower in used.items()
    }


WIDTH, HEIGHT, GAP, MARGIN = 250, 78, 26, 26
# Column and row of each wing in the drawing.
PLACE = {
    "exercises": (1, 0), "exchange": (0, 1), "measure": (1, 1), "checks": (2, 1), "learn": (1, 2), "show": (2, 2), "flow": (0, 3),
    "rebuild": (1, 3), "destroy": (1, 4), "data": (2, 4),
}  # fmt: skip
STYLE = """
  .ground { fill: #ffffff; stroke: #d0d0d0 }
  .room { fill: #f4f6f8; stroke: #51606e }
  .name { font: bold 15px ui-monospace, Menlo, Consolas, monospace; fill: #14202b }
  .says { font: 12px system-ui, sans-serif; fill: #33414e }
  .arrow { fill: none; stroke: #51606e; stroke-width: 1.4; marker-end: url(#head) }
"""


def says(wing: str) -> str:
    """The first line of what stands at the door of a wing."""
    return ast.get_docstring(TREES[f"{wing}.__init__"]).splitlines()[0]


def drawing() -> str:
    """The SVG: one box for each wing."""
    spot = {
        wing: (MARGIN + column * (WIDTH + 2 * GAP), MARGIN + row * (HEIGHT + GAP))
        for wing, (column, row) in PLACE.items()
    }
    width = 3 * WIDTH + 4 * GAP + 2 * MARGIN
    height = (1 + max(row for _, row in PLACE.values())) * (HEIGHT + GAP) - GAP + 2 * MARGIN
    title = "The wings of the package: " + "; ".join(
        f"{wing} uses {', '.join(sorted(arrows()[wing] - {'_arrays'})) or 'no other'}" for wing in spot
    )
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
        f"<title>{html.escape(title)}.</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
        '<path d="M0,0 L9,4 L0,8 z" fill="#51606e"/></marker></defs>',
        f'<rect class="ground" x="1" y="1" width="{width - 2}" height="{height - 2}" rx="8"/>',
        *(_arrow(spot, *pair) for pair in _pairs(spot)),
        *(_room(wing, *at) for wing, at in spot.items()),
        "</svg>\n",
    ])  # fmt: skip


def _pairs(spot: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    drawn = {wing: lower - {"_arrays"} for wing, lower in arrows().items() if wing in spot}
    return [(wing, other) for wing, lower in reduced(drawn).items() for other in sorted(lower)]


def _room(wing: str, x: int, y: int) -> str:
    lines = textwrap.wrap(says(wing).replace("`", ""), 35)
    text = "".join(
        f'<text class="says" x="{x + 12}" y="{y + 38 + 15 * k}">{html.escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    return (
        f'<rect class="room" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text class="name" x="{x + 12}" y="{y + 20}">{wing}/</text>{text}'
    )


def _arrow(spot: dict[str, tuple[int, int]], wing: str, other: str) -> str:
    """Down a column; or down and in at the side; or out at the side and down; or around."""
    (x1, y1), (x2, y2) = spot[wing], spot[other]

    def free(x: int, first: int, last: int) -> bool:
        return not any(x == a and first <= b <= last for a, b in spot.values())

    if x1 == x2:
        way = f"M{x1 + WIDTH // 2},{y1 + HEIGHT} V{y2 - 2}"
    elif free(x1, y1 + 1, y2):
        edge = x2 - 2 if x1 < x2 else x2 + WIDTH + 2
        way = f"M{x1 + WIDTH // 4},{y1 + HEIGHT} V{y2 + HEIGHT // 4} H{edge}"
    elif free(x2, y1, y2 - 1):
        edge = x1 if x2 < x1 else x1 + WIDTH
        way = f"M{edge},{y1 + HEIGHT // 2} H{x2 + WIDTH // 2} V{y2 - 2}"
    else:
        lane = x2 + WIDTH + MARGIN // 2
        way = f"M{x1 + WIDTH},{y1 + HEIGHT // 4} H{x1 + WIDTH + GAP} V{y1 - GAP // 2} H{lane} V{y2 + HEIGHT // 2} H{x2 + WIDTH + 2}"
    return f'<path class="arrow" d="{way}"/>'


if __name__ == "__main__":
    DRAWING.write_text(drawing(), encoding="utf-8")
    print(f"wrote {DRAWING.relative_to(ROOT)}")
