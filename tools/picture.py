"""Writes docs/one_idea.png, the picture of the README: `make picture`."""

from pathlib import Path

from udm_lessons.show import one_idea

path = Path(__file__).parent.parent / "docs" / "one_idea.png"
path.parent.mkdir(exist_ok=True)
one_idea().savefig(path, dpi=100, bbox_inches="tight", facecolor="white")
print(f"wrote {path.relative_to(path.parent.parent)}")
