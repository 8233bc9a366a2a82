"""What lesson 04 says in words and pictures, held by numbers of its own for each claim.

Every number is seeded. Where a claim is statistical, the bar lies many standard errors away from what
is measured, and the opposite claim is shown to fail.
"""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.data import pinwheel_centres
from udm_lessons.destroy import Gaussian, Trig
from udm_lessons.measure import energy_distance
from udm_lessons.rebuild import GaussianMixture, Interpolate, Keep, Markov, Redraw, reverse_step, sample

from worlds.statistics import rng

SCHEDULE, N = Trig(), 1000
PROCESS = Gaussian(SCHEDULE)
PINWHEEL = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))
REAL = PINWHEEL.sample(4000, torch.Generator().manual_seed(0))


def mean(x_t, t, generator=None):
    return PINWHEEL.x0_mean(x_t, t, SCHEDULE)


def biased(x_t, t, generator=None):
    return mean(x_t, t) + torch.tensor([0.05, 0.0], dtype=torch.float64)


def distance(predictor, refresh, steps: int, **options) -> float:
    generator = rng(steps)
    x_T = PROCESS.sample_prior((N, 2), generator, dtype=torch.float64)
    times = torch.linspace(1, 0, steps + 1)
    x = sample(PROCESS, predictor, x_T, times, refresh, generator, progress=False, **options)
    return 1000 * energy_distance(x, REAL)


@pytest.mark.parametrize("sigma", [0.0, 0.4, 0.9, 1.0])
def test_memory_falls_as_fresh_noise_rises(sigma):
    n, t, s = 40_000, 0.7, 0.4
    x0 = torch.ones(n, 1, dtype=torch.float64)
    x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(4)), t)
    x_s = reverse_step(PROCESS, x0, x_t, t, s, Interpolate(sigma), rng(5))
    memory = float(torch.corrcoef(torch.cat([x_t, x_s], 1).T)[0, 1])
    # Six standard errors, (1 - rho^2) / sqrt(n); the law of x_s stays what it was.
    assert abs(memory - math.sqrt(1 - sigma**2)) < 6 * (sigma**2 + 1e-12) / math.sqrt(n)
    assert float(x_s.std()) == pytest.approx(SCHEDULE.sigma(s), rel=6 / math.sqrt(2 * n))


def test_with_exact_means_more_steps_help_and_delta_needs_fewest():
    delta, ddpm, independent = (distance(mean, refresh, 16) for refresh in (Keep(), Markov(), Redraw()))
    assert delta < ddpm < independent
    assert independent > 5 * delta
    assert distance(mean, Keep(), 128) < 3 < 10 < distance(mean, Redraw(), 128)


def test_with_two_steps_the_designs_are_equally_bad():
    found = [distance(biased, refresh, 2) for refresh in (Keep(), Markov(), Redraw())]
    assert min(found) > 100 and max(found) < 1.2 * min(found)


def test_with_a_biased_guess_more_steps_harm_the_independent_design():
    independent = [distance(biased, Redraw(), steps) for steps in (8, 64, 256)]
    assert independent[0] < independent[1] < independent[2]
    assert independent[2] > 5 * independent[0]
    delta = [distance(biased, Keep(), steps) for steps in (8, 64, 256)]
    assert max(delta) < 60
    assert independent[2] > 10 * delta[2]


def test_the_error_under_delta_grows_like_a_logarithm():
    # Sum over a chain of the share of a guess that delta takes in, 1 - sqrt(SNR_t / SNR_s).
    def total(steps: int) -> float:
        times = torch.linspace(1, 0, steps + 1).tolist()[1:-1]
        return sum(
            1 - float(PROCESS.markov_correlation(t, s, torch.ones(1)))
            for t, s in zip(times, times[1:])
        )

    growth = [total(4 * steps) - total(steps) for steps in (64, 256, 1024)]
    assert growth[1] == pytest.approx(growth[0], rel=0.05)
    assert growth[2] == pytest.approx(growth[1], rel=0.05)


def test_a_gaussian_draw_makes_the_independent_design_worse_with_more_steps():
    values = ([[-1.5], [0.0], [1.0]], [0.01, 0.01, 0.1], [0.6, 0.1, 0.3])
    humps = GaussianMixture(*(torch.tensor(v, dtype=torch.float64) for v in values))
    truth = humps.sample(10_000, rng(6))[:, 0].sort().values

    def gaussian_draw(x_t, t, generator):
        deviation = humps.x0_cov(x_t, t, SCHEDULE).mean().sqrt()
        fresh = torch.randn(x_t.shape, generator=generator, dtype=x_t.dtype)
        return humps.x0_mean(x_t, t, SCHEDULE) + deviation * fresh

    def wasserstein(refresh, steps):
        generator = rng(steps)
        x_T = PROCESS.sample_prior((10_000, 1), generator, dtype=torch.float64)
        times = torch.linspace(1, 0, steps + 1)
        x = sample(PROCESS, gaussian_draw, x_T, times, refresh, generator, progress=False)
        return float((x[:, 0].sort().values - truth).abs().mean())

    assert wasserstein(Redraw(), 128) > wasserstein(Redraw(), 32) + 0.02
    assert wasserstein(Keep(), 128) < 0.05 < 0.1 < wasserstein(Redraw(), 128)


def test_delta_fools_the_predictor_longer():
    def gap_at(refresh, time):
        seen = {}
        distance(biased, refresh, 64, callback=lambda s, x_s, _: seen.update({s: x_s}))
        x0 = PINWHEEL.sample(4000, rng(7))
        truth = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(8)), time)
        return 1000 * energy_distance(seen[time], truth)

    assert gap_at(Redraw(), 0.25) > 3 * max(gap_at(Keep(), 0.25), 3.0)


def test_early_failures_heal_and_the_last_never_does():
    times = torch.linspace(1, 0, 33).tolist()

    def failing_at(k):
        return lambda x_t, t, generator=None: 0 * x_t if t == times[k] else mean(x_t, t)

    for refresh, heals_until in ((Keep(), 16), (Redraw(), 12)):
        healthy = distance(mean, refresh, 32)
        assert abs(distance(failing_at(heals_until), refresh, 32) - healthy) < 4
        assert distance(failing_at(31), refresh, 32) > 500
    late = {refresh: distance(failing_at(28), refresh, 32) for refresh in (Keep(), Redraw())}
    assert late[Redraw()] > 3 * late[Keep()]
