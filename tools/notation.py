"""Write docs/notation.md from the one table of notation.

    python tools/notation.py
"""

from __future__ import annotations

from pathlib import Path

from udm_lessons.show import notation_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "notation.md"
HEAD = """# Notation

Formulas, code and messages use the same letters. A hat is a guess, a bar belongs to a whole chain or to a mean, a tilde to a
step that the sampler chooses. In a notebook `show.notation("04")` shows what stands here up to that lesson.

"""


def page() -> str:
    """The text of the page."""
    return HEAD + notation_table() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
