"""A U-Net trained on a folder of your own pictures, from the command line: `python -m udm_lessons.train FOLDER`.

The same process, loss, loop and sampler as in the lessons, put together; on one process or, started by torchrun or accelerate
launch, on several. What it leaves in its folder opens again by `load_trained`. Uses data, destroy, rebuild and learn.
"""

from .command import main
from .recipe import Recipe, draw, load_trained, picture_of

__all__ = ["Recipe", "draw", "load_trained", "main", "picture_of"]
