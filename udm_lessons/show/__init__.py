"""What a lesson shows: pictures with a caption and alt text, tables, sliders, the story in one picture.

A lesson says `from udm_lessons import show` and then `show.curves(...)`. Uses data, destroy and rebuild.
"""

from .comparison import compare
from .frames import draw_frame, images, strings
from .knobs import slider, text_box
from .plots import clouds, curves, draw_curves, histograms, panels, paths
from .questions import expect
from .story import one_idea
from .style import figure
from .symbols import notation, notation_table
from .tables import draw_table, table

__all__ = [
    "clouds", "compare", "curves", "draw_curves", "draw_frame", "draw_table", "expect", "figure", "histograms", "images",
    "notation", "notation_table", "one_idea", "panels", "paths", "slider", "strings", "table", "text_box",
]  # fmt: skip
