"""What a lesson shows: pictures with a caption and alt text, tables, sliders, the story in one picture.

A lesson says `from udm_lessons import show` and then `show.curves(...)`. Uses data, destroy and rebuild.
"""

from .areas import areas
from .comparison import compare
from .films import film, film_clouds
from .frames import draw_frame, growing, images, strings
from .knobs import slider, text_box
from .maps import maps
from .plots import curves, draw_curves, histograms, panels, paths, stack
from .points import arrows, clouds, dots
from .questions import expect
from .races import race, ticks
from .story import one_idea, one_idea_moving
from .style import figure
from .symbols import notation, notation_table
from .tables import table
from .vectors import vectors

__all__ = [
    "areas", "arrows", "clouds", "compare", "curves", "dots", "draw_curves", "draw_frame", "expect", "figure", "film",
    "film_clouds", "growing", "histograms", "images", "maps", "notation", "notation_table", "one_idea", "one_idea_moving", "panels", "paths", "race", "slider", "stack", "strings",
    "table", "text_box", "ticks", "vectors",
]  # fmt: skip
