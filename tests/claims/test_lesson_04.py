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
from udm_lessons.exercises.lesson_04.drift import drift
from udm_lessons.exercises.lesson_04.kernel import kernel
from udm_lessons.measure import energy_distance
from udm_lessons.rebuild import GaussianMixture, Interpolate, Keep, Markov, Redraw, reverse_step, sample

from worlds.statistics import assert_plausible, ks, rng

SCHEDULE, N = Trig(), 1000
PROCESS = Gaussian(SCHEDULE)
PINWHEEL = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))
REAL = PINWHEEL.sample(4000, torch.Generator().manual_seed(0))


def mean(x_t, t, generator=None):
    return PINWHEEL.x0_mean(x_t, t, SCHEDULE)


def biased(x_t, t, generator=None):
    return mean(x_t, t) + torch.tensor([0.05, 0.0], dtype=torch.float64)


def exact(x_t, t, generator):
    return PINWHEEL.sample_x0(x_t, t, SCHEDULE, generator)


def distance(predictor, refresh, steps: int, seed: int = 0, **options) -> float:
    generator = rng(steps + 1000 * seed)
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


@pytest.mark.parametrize("old, new", [(0.6, 0.8), (0.8, 0.6), (-0.6, 0.8), (-1.0, 0.0)])
def test_either_part_may_be_the_old_noise_and_rho_may_be_negative(old, new):
    n, t, s = 20_000, 0.7, 0.4
    x0 = torch.full((n, 1), 1.3, dtype=torch.float64)
    x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(14)), t)

    def standardised(weight_of_new):
        def mix(process, noise, t, s, generator):
            return old * noise + weight_of_new * process.noise_law.redraw(noise, generator)

        x_s = reverse_step(PROCESS, x0, x_t, t, s, mix, rng(15))
        return (x_s - SCHEDULE.alpha(s) * x0) / SCHEDULE.sigma(s)

    assert_plausible(ks(standardised(new), "norm"))
    assert max(ks(standardised(new + 0.6), "norm")) < 1e-6  # control: weights off the circle


def test_the_kernel_of_a_design_keeps_q_if_and_only_if_the_design_is_sound():
    thresholds, q = torch.linspace(0.05, 0.95, 10), torch.full((10,), 0.1)
    f_t, f_s = (thresholds < 0.6).long(), (thresholds < 0.3).long()
    gaps = {}
    for name, rows in {
        "nothing": ((1, 0), (0, 1)), "all": ((1, 0), (1, 0)), "forget": ((0.7, 0.3), (0.7, 0.3)), "half": ((1, 0), (0.5, 0.5)),
    }.items():  # fmt: skip
        K = kernel(torch.tensor(rows, dtype=torch.float), f_t, f_s, q)
        torch.testing.assert_close(K.sum(1), torch.ones(10))
        gaps[name] = float((q @ K - q).abs().max())
    assert max(gaps["forget"], gaps["half"]) < 1e-7 and min(gaps["nothing"], gaps["all"]) > 0.02


def test_with_exact_means_more_steps_help_and_delta_needs_fewest():
    draws = [distance(exact, refresh, 16) for refresh in (Keep(), Redraw())]
    assert max(draws) < 8 and abs(draws[0] - draws[1]) < 8  # no design is worse with exact draws
    delta, ddpm, independent = (distance(mean, refresh, 16) for refresh in (Keep(), Markov(), Redraw()))
    assert delta < ddpm < independent
    assert independent > 5 * delta
    assert distance(mean, Keep(), 128) < 3 < 10 < distance(mean, Redraw(), 128)


def test_with_two_steps_the_designs_are_equally_bad():
    found = [distance(biased, refresh, 2) for refresh in (Keep(), Markov(), Redraw())]
    assert min(found) > 100 and max(found) < 1.2 * min(found)
    assert distance(biased, Redraw(), 16) > 2 * distance(biased, Keep(), 16)  # control: later they are not


def test_with_a_biased_guess_more_steps_harm_the_independent_design():
    independent = [distance(biased, Redraw(), steps) for steps in (8, 64, 256)]
    assert independent[0] < independent[1] < independent[2]
    assert independent[2] > 5 * independent[0]
    delta = [distance(biased, Keep(), steps) for steps in (8, 64, 256)]
    assert max(delta) < 60
    assert independent[2] > 10 * delta[2]


def chain(steps: int):
    """The SNRs of the inner times, and the weight of the old noise under DDPM."""
    snr = torch.exp(SCHEDULE.log_snr(torch.linspace(1, 0, steps + 1, dtype=torch.float64)[1:-1]))
    return snr, (snr[:-1] / snr[1:]).sqrt()


def test_the_error_under_delta_grows_like_a_logarithm():
    def growth(rho) -> list[float]:
        """What four times as many steps add to the drift."""
        total = [float(drift(chain(n)[0], rho(chain(n)[1]))) for n in (64, 256, 1024, 4096)]
        return [b - a for a, b in zip(total, total[1:])]

    for rho in (torch.ones_like, lambda ddpm: ddpm):
        first, second, third = growth(rho)
        assert second == pytest.approx(first, rel=0.05) and third == pytest.approx(second, rel=0.05)
    for rho in (torch.zeros_like, lambda ddpm: 0.75**0.5 + 0 * ddpm):  # control: shares that do not shrink
        first, second, third = growth(rho)
        assert second > 3 * first and third > 3 * second


def test_the_drift_is_that_of_a_chain_on_data_without_end():
    """With widely spread data x_t / alpha_t is the best guess; here it is one too large."""
    snr, ddpm = chain(12)
    times = torch.linspace(1, 0, 13).tolist()[1:-1]
    x_T = torch.zeros(4000, 1, dtype=torch.float64)
    found = {}
    for name, refresh, rho in (("keep", Keep(), 1 + 0 * ddpm), ("ddpm", Markov(), ddpm), ("redraw", Redraw(), 0 * ddpm)):
        guess = lambda x_t, t, generator: x_t / SCHEDULE.alpha(t) + 1
        x = sample(PROCESS, guess, x_T, times, refresh, rng(16), False) / SCHEDULE.alpha(times[-1])
        error = float(x.std()) / len(x) ** 0.5
        assert abs(float(x.mean()) - float(drift(snr, rho))) < 6 * error + 1e-6
        found[name] = float(x.mean()), error
    assert found["redraw"][0] - found["keep"][0] > 20 * found["redraw"][1]  # control: they differ


def test_a_gaussian_draw_makes_the_independent_design_worse_with_more_steps():
    values = ([[-1.5], [0.0], [1.0]], [0.01, 0.01, 0.1], [0.6, 0.1, 0.3])
    humps = GaussianMixture(*(torch.tensor(v, dtype=torch.float64) for v in values))
    truth = humps.sample(10_000, rng(6))[:, 0].sort().values

    def gaussian_draw(x_t, t, generator):
        deviation = humps.x0_cov(x_t, t, SCHEDULE).mean().sqrt()
        fresh = torch.randn(x_t.shape, generator=generator, dtype=x_t.dtype)
        return humps.x0_mean(x_t, t, SCHEDULE) + deviation * fresh

    def mean_of(x_t, t, generator):
        return humps.x0_mean(x_t, t, SCHEDULE)

    def wasserstein(refresh, steps, predictor=gaussian_draw):
        generator = rng(steps)
        x_T = PROCESS.sample_prior((10_000, 1), generator, dtype=torch.float64)
        times = torch.linspace(1, 0, steps + 1)
        x = sample(PROCESS, predictor, x_T, times, refresh, generator, progress=False)
        return float((x[:, 0].sort().values - truth).abs().mean())

    assert wasserstein(Redraw(), 128) > wasserstein(Redraw(), 32) + 0.02
    assert wasserstein(Keep(), 128) < 0.05 < 0.1 < wasserstein(Redraw(), 128)
    # Control: with the mean in place of the draw, more steps help this design too.
    assert wasserstein(Redraw(), 128, mean_of) < wasserstein(Redraw(), 32, mean_of) - 0.02


def test_delta_fools_the_predictor_longer():
    def gap_at(refresh, time):
        seen = {}
        distance(biased, refresh, 64, callback=lambda s, x_s, _: seen.update({s: x_s}))
        x0 = PINWHEEL.sample(4000, rng(7))
        truth = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(8)), time)
        return 1000 * energy_distance(seen[time], truth)

    assert gap_at(Redraw(), 0.25) > 3 * max(gap_at(Keep(), 0.25), 3.0)


@pytest.mark.slow
def test_early_failures_heal_and_the_last_never_does():
    """What a failure adds, from pairs of chains with the same noise: (mean, standard error)."""
    times = torch.linspace(1, 0, 33).tolist()

    def failing_at(k):
        return lambda x_t, t, generator=None: 0 * x_t if t == times[k] else mean(x_t, t)

    def added(refresh, k, pairs=4):
        found = torch.tensor([
            distance(failing_at(k), refresh, 32, seed) - distance(mean, refresh, 32, seed) for seed in range(pairs)
        ])  # fmt: skip
        return float(found.mean()), float(found.std() / pairs**0.5)

    assert abs(added(Redraw(), 8)[0]) < 0.1  # healed
    trace, error = added(Keep(), 16)  # not healed: the claim that keep heals completely fails here
    assert trace > 1 and trace > 5 * error
    assert added(Redraw(), 28, 2)[0] > 3 * added(Keep(), 28, 2)[0] > 30
    assert min(added(refresh, 31, 2)[0] for refresh in (Keep(), Redraw())) > 500
