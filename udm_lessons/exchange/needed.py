"""The library on the other side, imported when it is first needed and named where it is missing."""

from __future__ import annotations

from types import ModuleType

from .._arrays import check_whole, quoted
from ..destroy import DiscreteSchedule, Gaussian, Schedule

DDIM, FLOW_MATCH = "ddim", "flow_match"
UNDER = (DDIM, FLOW_MATCH)


def diffusers_library() -> ModuleType:
    """The module `diffusers`, ready for its models; raises ImportError, saying what to install, where it is missing.

    Where torchvision is installed, models of diffusers import it, though none of those here uses it. One that was
    built for another torch does not import, and would take them along: diffusers is then told that there is none.
    """
    try:
        import diffusers
        from diffusers.utils import import_utils
    except ImportError as error:
        raise ImportError("diffusers is needed for this: pip install 'diffusers>=0.30'") from error
    if import_utils.is_torchvision_available():
        try:
            import torchvision  # noqa: F401
        except (ImportError, OSError, RuntimeError):
            import_utils._torchvision_available = False
    return diffusers


def schedule_in(process_or_schedule: Gaussian | Schedule) -> Schedule:
    """The schedule itself, or that of a Gaussian process; raises TypeError for anything else."""
    schedule = process_or_schedule.schedule if isinstance(process_or_schedule, Gaussian) else process_or_schedule
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a Schedule or a Gaussian process; got {quoted(process_or_schedule)}")
    return schedule


def check_ticks(ticks: int | None, schedule: Schedule) -> int:
    """How many whole steps diffusers cuts [0, t_max] into: those of a chain, else `ticks`, 1000 unless given.

    Raises TypeError or ValueError unless it is a whole number above 0, and for a chain the number of its steps.
    """
    if isinstance(schedule, DiscreteSchedule):
        if ticks not in (None, int(schedule.t_max)):
            raise ValueError(f"ticks must be the number of steps of the chain, {schedule.t_max:g}; got {quoted(ticks)}")
        return int(schedule.t_max)
    return check_whole(1000 if ticks is None else ticks, 1, "ticks")
