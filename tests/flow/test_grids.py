"""Grids of times: even in what they say, and as published."""

from __future__ import annotations

import math

import numpy as np
import pytest

from udm_lessons.destroy import VE, Linear, Trig, VPLinear
from udm_lessons.flow import (
    angle_times,
    karras_times,
    leading_times,
    log_snr_times,
    trailing_times,
    uniform_times,
)

# Grids of times.


def ratio(schedule, t):
    return schedule.sigma(t) / schedule.alpha(t)


@pytest.mark.parametrize("schedule", [VE(0.02, 80.0), VPLinear(), Trig()], ids=["VE", "VP", "Trig"])
def test_grids_are_even_in_what_they_say(schedule) -> None:
    def even(values):
        steps = np.diff(values)
        np.testing.assert_allclose(steps, steps.mean(), rtol=1e-6)

    options = (schedule, 7, 0.97, 0.02)
    even([schedule.log_snr(t) for t in log_snr_times(*options)])
    even([ratio(schedule, t) ** (1 / 7) for t in karras_times(*options)])
    even([ratio(schedule, t) ** (1 / 3) for t in karras_times(*options, rho=3.0)])
    even([math.atan(ratio(schedule, t) / 0.5) for t in angle_times(*options, scale=0.5)])
    for grid in (log_snr_times, karras_times, angle_times):
        times = grid(*options)
        assert len(times) == 8 and (times[0], times[-1]) == (0.97, 0.02)


def test_karras_times_are_the_published_ones() -> None:
    """Karras et al. 2022, eq. 5, with sigma from 80 to 0.002."""
    sigma = [
        (80 ** (1 / 7) + k / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7 for k in range(18)
    ]
    schedule = VE(0.002, 80.0)
    np.testing.assert_allclose([schedule.sigma(t) for t in karras_times(schedule, 17, 1.0, 0.0)], sigma, rtol=1e-9)


def test_trailing_times_start_at_pure_noise_and_leading_times_do_not() -> None:
    """As diffusers spaces them: its index k is our step k + 1."""
    diffusers = pytest.importorskip("diffusers")
    for spacing, grid in (("trailing", trailing_times), ("leading", leading_times)):
        scheduler = diffusers.DDIMScheduler(timestep_spacing=spacing)
        scheduler.set_timesteps(20)
        assert grid(20) == [*(t + 1.0 for t in scheduler.timesteps.tolist()), 0.0]
    assert (trailing_times(5, 10), leading_times(5, 10)) == (
        [10.0, 8.0, 6.0, 4.0, 2.0, 0.0], [9.0, 7.0, 5.0, 3.0, 1.0, 0.0],
    )  # fmt: skip
    for grid in (trailing_times, leading_times):
        with pytest.raises(ValueError, match="steps must divide chain = 1000; got 7"):
            grid(7)


def test_an_angle_grid_reaches_both_ends() -> None:
    times = angle_times(Trig(), 8, 1.0, 0.0)
    np.testing.assert_allclose(times, uniform_times(8), atol=1e-12)


def test_grids_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="start must be a time with a finite place"):
        log_snr_times(Trig(), 5, 1.0, 0.1)
    with pytest.raises(ValueError, match="end must be a time with a finite place"):
        log_snr_times(Trig(), 5, 0.9, 0.0)
    with pytest.raises(ValueError, match="start must be a time with a finite place"):
        karras_times(Linear(), 5, 1.0, 0.0)
    for steps, problem in ((0, ValueError), (2.5, TypeError), (True, TypeError)):
        with pytest.raises(problem, match="steps must be"):
            uniform_times(steps)
    with pytest.raises(ValueError, match="0 <= end < start"):
        uniform_times(5, 0.2, 0.8)
    with pytest.raises(TypeError, match="schedule"):
        angle_times("trig", 5, 1.0, 0.0)
