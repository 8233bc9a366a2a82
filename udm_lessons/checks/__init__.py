"""The judge: tries an answer on the cases of an exercise, and says what went wrong and why.

Knows nothing of diffusion and uses no other wing. `Course` finds the exercises of a package; `judge` tries
one answer; `close`, `equal`, `close_on`, `same_law` and `both` say when two results agree; `stream`,
`normal` and `uniform` draw the seeded inputs of cases.
"""

from .compare import Comparer, both, close, close_on, equal, same_law
from .course import Course
from .draws import normal, stream, uniform
from .engine import judge
from .exercise import Exercise, Failure, Slip, Verdict
from .render import panel_html, panel_text

__all__ = [
    "Comparer", "Course", "Exercise", "Failure", "Slip", "Verdict", "both", "close", "close_on",
    "equal", "judge", "normal", "panel_html", "panel_text", "same_law", "stream", "uniform",
]  # fmt: skip
