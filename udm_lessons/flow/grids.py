r"""Which times a sampler visits: explicit decreasing lists, one rule for each name in the papers.

A rule spreads the times evenly in some function of the noise ratio r_t = \sigma_t / \alpha_t:

    log_snr_times    even in log r          (Lu et al. 2022, DPM-Solver, section 3)
    karras_times     even in r^{1/7}        (Karras et al. 2022, eq. 5)
    angle_times      even in arctan r       (the angle of the point (alpha_t, sigma_t))

`uniform_times` is even in t itself. `leading_times` and `trailing_times` pick steps of a chain of
`chain` steps; the first never visits the noisiest one (Lin et al. 2024, section 3.3).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from .._arrays import check_number, check_positive, check_range, check_whole
from ..destroy import Schedule, check_schedule


def uniform_times(steps: int, start: float = 1.0, end: float = 0.0) -> list[float]:
    """`steps` + 1 times from `start` down to `end`, evenly spaced. Raises unless 0 <= end < start."""
    n, start, end = check_whole(steps, 1, "steps"), check_number(start, "start"), check_number(end, "end")
    if not 0 <= end < start:
        raise ValueError(f"end must be earlier than start: 0 <= end < start; got {end} and {start}")
    return [start + (end - start) * k / n for k in range(n)] + [end]


def log_snr_times(schedule: Schedule, steps: int, start: float, end: float) -> list[float]:
    """`steps` + 1 times from `start` to `end`, evenly spaced in the log SNR.

    Raises ValueError where the log SNR of an end is infinite: alpha_t = 0 at the start, sigma_t = 0 at
    the end.
    """
    return _even_in(math.log, math.exp, schedule, steps, start, end)


def karras_times(
    schedule: Schedule, steps: int, start: float, end: float, rho: float = 7.0
) -> list[float]:
    r"""`steps` + 1 times from `start` to `end`, evenly spaced in (\sigma_t / \alpha_t)^{1/\rho}.

    Raises ValueError where alpha_t = 0 at the start.
    """
    rho = check_positive(rho, "rho")
    return _even_in(lambda r: r ** (1 / rho), lambda u: u**rho, schedule, steps, start, end)


def angle_times(
    schedule: Schedule, steps: int, start: float, end: float, scale: float = 1.0
) -> list[float]:
    r"""`steps` + 1 times from `start` to `end`, evenly spaced in \arctan( \sigma_t / (scale \alpha_t) ).

    The angle is finite at both ends of any schedule, alpha_t = 0 and sigma_t = 0 included. `scale` is
    the noise ratio in the middle of the grid: about the deviation of the data, or of its finer parts.
    """
    scale = check_positive(scale, "scale")
    return _even_in(
        lambda r: math.atan(r / scale), lambda u: scale * math.tan(u), schedule, steps, start, end
    )


def trailing_times(steps: int, chain: int = 1000) -> list[float]:
    """Steps `chain`, `chain` - h, ... of a chain, then 0, with h = `chain` / `steps`: the noisiest first.

    Raises ValueError unless `steps` divides `chain`.
    """
    h = _stride(steps, chain)
    return [float(t) for t in range(chain, 0, -h)] + [0.0]


def leading_times(steps: int, chain: int = 1000) -> list[float]:
    """Steps `chain` - h + 1, ..., 1, then 0: the grid of DDIM's code, which starts h - 1 steps too early.

    Raises ValueError unless `steps` divides `chain`.
    """
    h = _stride(steps, chain)
    return [float(t - h + 1) for t in range(chain, 0, -h)] + [0.0]


def _stride(steps: int, chain: int) -> int:
    steps, chain = check_whole(steps, 1, "steps"), check_whole(chain, 1, "chain")
    if chain % steps:
        raise ValueError(f"steps must divide chain = {chain}; got {steps}")
    return chain // steps


def _even_in(
    function: Callable[[float], float],
    inverse: Callable[[float], float],
    schedule: Schedule,
    steps: int,
    start: float,
    end: float,
) -> list[float]:
    check_schedule(schedule)
    for name, t in (("start", start), ("end", end)):
        check_range(check_number(t, name), 0.0, schedule.t_max, name)
    steps, (first, *_, last) = check_whole(steps, 1, "steps"), uniform_times(2, start, end)
    ends = []
    for name, t in (("start", first), ("end", last)):
        alpha, sigma = schedule.alpha(t), schedule.sigma(t)
        try:
            ends.append(function(sigma / alpha if alpha > 0 else math.inf))
        except ValueError:
            ends.append(-math.inf)
        if not math.isfinite(ends[-1]):
            raise ValueError(
                f"{name} must be a time with a finite place on this grid; got t = {t:g}, "
                f"where alpha_t = {alpha:g} and sigma_t = {sigma:g}"
            )
    inner = (ends[0] + (ends[1] - ends[0]) * k / steps for k in range(1, steps))
    targets = [-2 * math.log(inverse(u)) for u in inner]
    times = schedule.time_at_log_snr(torch.tensor(targets, dtype=torch.float64)).tolist()
    return [first, *times, last]
