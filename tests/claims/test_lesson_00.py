"""What lesson 00 says, held by numbers of its own, each with the opposite claim, which must fail.

Every number is seeded. Where a claim is statistical, the bar lies many standard errors away from what is measured.
"""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.data import MASK, digits
from udm_lessons.destroy import Blur, ConstantNoise, DiscreteSchedule, Gaussian, Masking, Trig
from udm_lessons.rebuild import (
    FiniteData,
    Keep,
    Markov,
    Redraw,
    posterior_mean,
    posterior_sample,
    reverse_step,
    sample,
)

from worlds.statistics import rng

DATA, LABELS = digits()
PROCESS = Gaussian(Trig())
ORACLE = FiniteData(DATA, PROCESS)


def distances(predictor, steps: int, n: int = 200) -> torch.Tensor:
    """Of each of n chains: how far its end lies from the nearest digit."""
    generator = rng(1)
    x_T = PROCESS.sample_prior((n, 1, 8, 8), generator)
    x0 = sample(PROCESS, predictor, x_T, torch.linspace(1, 0, steps + 1), generator=generator, progress=False)
    return torch.cdist(x0.flatten(1), DATA.flatten(1)).amin(1)


def test_with_the_mean_one_step_ends_at_a_shadow_and_eight_end_at_digits():
    """Measured: 3.03, 2.07, .50, .01, .00 at 1, 2, 4, 8, 16 steps; standard errors up to .04."""
    found = {steps: distances(posterior_mean(ORACLE), steps).mean().item() for steps in (1, 2, 4, 8, 16)}
    assert 3.02 < found[1] < 3.05 and 1.85 < found[2] < 2.25 and 0.3 < found[4] < 0.7
    assert found[8] < 0.04 and found[16] < 0.005
    apart = torch.cdist(DATA.flatten(1), DATA.flatten(1)).fill_diagonal_(math.inf).amin(1).mean()
    assert abs(float(apart) - 2.05) < 0.01


def test_with_draws_any_number_of_steps_ends_at_digits():
    draws, means = posterior_sample(ORACLE), posterior_mean(ORACLE)
    assert [float(distances(draws, steps, 50).max()) < 1e-3 for steps in (1, 4, 16)] == [True] * 3
    # Control: the mean does not.
    assert [float(distances(means, steps, 50).max()) < 1e-3 for steps in (1, 4)] == [False] * 2


def brought_back(t: float) -> tuple[float, float]:
    """The shares of 200 digits, destroyed up to t, that come back as the same image and as the same number."""
    generator = rng(0)
    rows = torch.randperm(len(DATA), generator=generator)[:200]
    x_t = PROCESS.forward(DATA[rows], PROCESS.sample_noise(DATA[rows], generator), t)
    grid = torch.linspace(t, 0, 11)
    x0 = sample(PROCESS, posterior_sample(ORACLE), x_t, grid, generator=generator, progress=False)
    found = torch.cdist(x0.flatten(1), DATA.flatten(1)).argmin(1)
    return float((found == rows).float().mean()), float((LABELS[found] == LABELS[rows]).float().mean())


def test_the_number_outlives_the_image():
    """Standard errors are .033 and .025 at t = .5, and .025 at .9."""
    image, number = brought_back(0.5)
    assert 0.2 < image < 0.45 and 0.75 < number < 0.95
    image, number = brought_back(0.9)
    assert image < 0.05 and 0.05 < number < 0.27


# Discrete or continuous time: one loop, and the law of the data at its end.

POINTS, WEIGHTS = torch.tensor([[-1.0], [0.2], [1.3]]).double(), torch.tensor([0.5, 0.2, 0.3]).double()


def largest_gap(process, times, asked=lambda t: t, n: int = 20_000) -> float:
    """How far the shares of three points at the end of n chains lie from the true ones; `asked` tells the oracle the time."""
    oracle, generator = FiniteData(POINTS, process, WEIGHTS), rng(3)

    def guess(x_t, t, generator):
        return oracle.sample_x0(x_t, asked(t), generator)

    x0 = POINTS[torch.multinomial(WEIGHTS, n, True, generator=generator)]
    x_T = process.forward(x0, torch.randn(n, 1, generator=generator).double(), times[0])
    found = sample(process, guess, x_T, times, generator=generator, progress=False)
    shares = torch.stack([(found == point).double().mean() for point in POINTS])
    return float((shares - WEIGHTS).abs().max())


def test_time_may_be_smooth_or_in_whole_steps():
    """A share of 20,000 has a standard error of at most .0036; the bar is 6 of them."""
    smooth, whole = Gaussian(Trig()), Gaussian(DiscreteSchedule([0.05, 0.2, 0.5, 0.7, 0.9]))
    assert largest_gap(smooth, [1.0, 0.83, 0.4, 0.1, 0.0]) < 0.022
    assert largest_gap(whole, [5, 3, 2, 1, 0]) < 0.022
    # Control: an oracle that is told an earlier time than the true one.
    assert largest_gap(smooth, [0.8, 0.5, 0.3, 0.0], lambda t: t / 2) > 0.022
    assert largest_gap(whole, [4, 3, 2, 1, 0], lambda t: max(1, int(t) - 1)) > 0.022


# The named methods are one step each.


def moments(refresh) -> tuple[float, float]:
    """Mean and deviation of x_2, given x_3 = .7 and x_0 = -.4, under a chain of 3 steps."""
    process, n = Gaussian(DiscreteSchedule([0.1, 0.3, 0.4])), 200_000
    x0, x_t = torch.full((n, 1), -0.4).double(), torch.full((n, 1), 0.7).double()
    x_s = reverse_step(process, x0, x_t, 3, 2, refresh, rng(4))
    return float(x_s.mean()), float(x_s.std())


BEFORE, AFTER, BETA = 0.9 * 0.7, 0.9 * 0.7 * 0.6, 0.4


def is_ddpm(refresh) -> bool:
    """Ho et al. 2020, equations 6 and 7; the standard error of the mean is about .0012."""
    mean = (math.sqrt(BEFORE) * BETA * -0.4 + math.sqrt(1 - BETA) * (1 - BEFORE) * 0.7) / (1 - AFTER)
    deviation = math.sqrt((1 - BEFORE) / (1 - AFTER) * BETA)
    return moments(refresh) == pytest.approx((mean, deviation), abs=0.006)


def is_ddim(refresh) -> bool:
    """Song et al. 2021, equation 12 with sigma = 0."""
    eps = (0.7 + math.sqrt(AFTER) * 0.4) / math.sqrt(1 - AFTER)
    return moments(refresh) == pytest.approx((-math.sqrt(BEFORE) * 0.4 + math.sqrt(1 - BEFORE) * eps, 0.0), abs=1e-6)


def is_d3pm(refresh) -> bool:
    """Austin et al. 2021, absorbing: a hidden letter comes back with chance (p_t - p_s) / p_t; the standard error is .0015."""
    x0, x_t = torch.full((100_000, 1), 4), torch.full((100_000, 1), MASK)
    x_s = reverse_step(Masking(MASK), x0, x_t, 0.8, 0.3, refresh, rng(5))
    return abs(float((x_s == 4).double().mean()) - 0.5 / 0.8) < 0.01


def is_cold(refresh) -> bool:
    """Bansal et al. 2022, algorithm 2: x_s = x_t - D(x0_hat, t) + D(x0_hat, s)."""
    process, x0, x_t = Blur((8, 8), 3.0, ConstantNoise(0.05)), DATA[:4], DATA[4:8]
    silent = torch.zeros_like(x0)
    expected = x_t - process.forward(x0, silent, 0.7) + process.forward(x0, silent, 0.4)
    return torch.allclose(reverse_step(process, x0, x_t, 0.7, 0.4, refresh, rng(6)), expected, atol=1e-4)


@pytest.mark.parametrize(
    "is_it, right, wrong",
    [(is_ddpm, Markov(), [Keep(), Redraw()]), (is_ddim, Keep(), [Markov(), Redraw()]), (is_d3pm, Keep(), [Redraw()]), (is_cold, Keep(), [Redraw()])],
    ids=["DDPM", "DDIM", "D3PM", "Cold Diffusion"],
)
def test_a_named_method_is_one_step_with_its_refresh_and_no_other(is_it, right, wrong):
    assert is_it(right)
    assert not any(is_it(refresh) for refresh in wrong)
