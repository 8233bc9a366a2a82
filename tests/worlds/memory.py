"""How much memory a call needs, from the allocator: the tensors that C++ makes inside count too."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from torch.profiler import ProfilerActivity, profile


def peak_megabytes(call: Callable[[], object]) -> float:
    """The most that is held at one moment on the CPU, beyond what was there before, in MB of 1e6 bytes."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        call()
    events = seen.profiler.kineto_results.events()
    moves = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    return max(itertools.accumulate((size for _, size in moves), initial=0)) / 1e6
