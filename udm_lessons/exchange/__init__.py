"""Leaving the course for diffusers, and coming back: networks, schedules and folders in its words.

`to_pipeline` puts our U-Net and its schedule into a pipeline of diffusers that draws what `sample` draws, and saves
it as a folder; `from_diffusers` makes a model of diffusers a network of ours. Needs diffusers, and imports it only
when it is used. Uses destroy, flow and learn.
"""

from .back import DiffusersNetwork, from_diffusers
from .models import to_diffusers
from .needed import diffusers_library
from .pipelines import load_pipeline, to_pipeline
from .schedulers import ddim_scheduler, flow_match_scheduler, scheduler_schedule, scheduler_times

__all__ = [
    "DiffusersNetwork", "ddim_scheduler", "diffusers_library", "flow_match_scheduler", "from_diffusers", "load_pipeline",
    "scheduler_schedule", "scheduler_times", "to_diffusers", "to_pipeline",
]  # fmt: skip
