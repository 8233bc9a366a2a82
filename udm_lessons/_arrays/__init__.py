"""Small helpers of all wings but checks: arguments and their errors, batches, random numbers."""

from .arguments import (
    Time,
    align,
    as_time,
    check_batch,
    check_callable,
    check_cast,
    check_choice,
    check_floating,
    check_number,
    check_order,
    check_positive,
    check_probability,
    check_range,
    check_real,
    check_same_shape,
    check_shape,
    check_tensor,
    check_time,
    check_times,
    check_tokens,
    check_whole,
    quoted,
)
from .batches import CHUNK, blocks, library, per_sample, times_of, wide
from .devices import default_device, home, in_float64, moved, precise, widest
from .draws import Generator, choose, integers, normal, normal_like, uniform

__all__ = [
    "CHUNK", "Generator", "Time", "align", "as_time", "blocks", "check_batch", "check_callable",
    "check_cast", "check_choice", "check_floating", "check_number", "check_order",
    "check_positive", "check_probability", "check_range", "check_real", "check_same_shape",
    "check_shape", "check_tensor", "check_time", "check_times", "check_tokens", "check_whole", "choose",
    "default_device", "home", "in_float64", "integers", "library", "moved", "normal", "normal_like", "per_sample",
    "precise", "quoted", "times_of", "uniform", "wide", "widest",
]  # fmt: skip
