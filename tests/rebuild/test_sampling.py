"""The loop: what it draws, what it hands on, which grids it takes, and the variance it ends with.

Statistical checks allow six standard errors: false alarms below 1e-8 each. The seeds are fixed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from udm_lessons.data import PAD, encode
from udm_lessons.destroy import (
    Blur,
    Cold,
    Cosine,
    Deletion,
    DiscreteLevel,
    DiscreteSchedule,
    Gaussian,
    Linear,
    Masking,
    Replacement,
    Trig,
    VPLinear,
)
from udm_lessons.rebuild import (
    Ddim,
    FiniteData,
    GaussianMixture,
    Interpolate,
    Keep,
    Markov,
    Mixture,
    Redraw,
    Reflect,
    posterior_mean,
    posterior_sample,
    reverse_step,
    sample,
)

from worlds.statistics import rng

IMAGES = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
WORDS = encode(["abc", "aab", "cab", "ba", "c", "bcb"])
PLAIN = WORDS.masked_fill(WORDS == PAD, 0)
B = Blur((4, 4), schedule=Trig(), data=IMAGES)
DETERMINISTIC = [Gaussian(Trig()), B, Cold(lambda x0, t: (1 - t) * x0, data=IMAGES)]
TEXTS = [Masking(26), Replacement(3), Deletion(PAD)]
PROCESSES = [*DETERMINISTIC, *TEXTS]
REFRESHES = [Keep(), Markov(), Redraw(), Mixture(0.5), Interpolate(0.5), Ddim(0.5), Reflect()]
GRID = [1.0, 0.7, 0.4, 0.1, 0.0]
named = {"ids": lambda value: type(value).__name__}


def data_of(process) -> Tensor:
    if isinstance(process, Masking | Replacement):
        return PLAIN
    return WORDS if isinstance(process, Deletion) else IMAGES


def run(process, refresh=Keep(), times=GRID, generator=None, **options) -> Tensor:
    """A chain from the prior with posterior draws; half the data as a guess for `Cold`."""
    data = data_of(process)
    if isinstance(process, Cold):
        predictor = lambda x_t, t, generator: data / 2
    else:
        predictor = posterior_sample(FiniteData(data, process))
    options = {"progress": False, **options}
    x_T = process.sample_prior(data.shape, rng(5), dtype=data.dtype)
    return sample(process, predictor, x_T, times, refresh, generator, **options)


def fits(process, refresh) -> bool:
    if isinstance(process, Cold):
        return isinstance(refresh, Keep | Markov | Redraw | Mixture)
    wanted = Reflect if process in DETERMINISTIC else Interpolate | Ddim
    return not isinstance(refresh, wanted)


@pytest.mark.parametrize("process", DETERMINISTIC, **named)
def test_keep_draws_nothing(process) -> None:
    generator, data = rng(), data_of(process)
    before, outside = generator.get_state(), torch.get_rng_state()
    for refresh in (Keep(), Ddim(0.0)) if not isinstance(process, Cold) else (Keep(),):
        for g in (generator, None):
            sample(process, lambda x, t, g: data / 2, data, GRID, refresh, g, progress=False)
    assert torch.equal(generator.get_state(), before)
    assert torch.equal(torch.get_rng_state(), outside)
    reverse_step(process, data, data, 0.5, 0.4, Mixture(0.5), generator)
    assert not torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("process", PROCESSES, **named)
@pytest.mark.parametrize("refresh", REFRESHES, **named)
def test_a_generator_is_the_only_source_of_chance(process, refresh) -> None:
    if not fits(process, refresh):
        with pytest.raises(TypeError, match="needs"):
            run(process, refresh, generator=rng())
        return
    outside = torch.get_rng_state()
    first, again, other = (run(process, refresh, generator=rng(k)) for k in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), outside)
    assert torch.equal(first, again)
    if not isinstance(process, Cold):
        assert not torch.equal(first, other)
        torch.manual_seed(3)
        unseeded = run(process, refresh)
        torch.manual_seed(3)
        assert torch.equal(run(process, refresh), unseeded)


@pytest.mark.parametrize("process", PROCESSES, **named)
def test_callback_sees_every_step(process) -> None:
    seen = []
    result = run(process, callback=lambda s, x_s, x0_hat: seen.append((s, x_s.clone(), x0_hat)))
    assert [s for s, _, _ in seen] == GRID[1:] and all(type(s) is float for s, _, _ in seen)
    assert torch.equal(seen[-1][1], result)
    x_t = process.sample_prior(data_of(process).shape, rng(5), dtype=data_of(process).dtype)
    if process in DETERMINISTIC:
        for t, (s, x_s, x0_hat) in zip(GRID, seen):
            x_t = reverse_step(process, x0_hat, x_t, t, s)
            assert torch.equal(x_s, x_t)


def test_predictor_is_called_with_state_time_and_generator() -> None:
    calls, generator, x_T = [], rng(), torch.zeros(2, 1)

    def predictor(x_t: Tensor, t: float, g: torch.Generator) -> Tensor:
        calls.append((x_t, t, g))
        return x_t + 1

    sample(
        Gaussian(Linear()), predictor, x_T, [1.0, 0.5, 0.25], generator=generator, progress=False
    )
    assert [t for _, t, _ in calls] == [1.0, 0.5] and all(g is generator for _, _, g in calls)
    assert calls[0][0] is x_T and torch.equal(x_T, torch.zeros(2, 1))


def test_kinds_of_grids() -> None:
    process, expected = Gaussian(Trig()), run(Gaussian(Trig()), generator=rng())
    grids = (tuple(GRID), torch.tensor(GRID).double(), np.array(GRID), iter(GRID))
    for times in (*grids, [torch.tensor(t).double() for t in GRID], (t for t in GRID)):
        assert torch.equal(run(process, times=times, generator=rng()), expected)
    chain = Gaussian(DiscreteSchedule([0.2, 0.5, 0.9]))
    expected = run(chain, times=[3, 2, 1, 0], generator=rng())
    for times in (range(3, -1, -1), torch.arange(3, -1, -1), np.arange(3, -1, -1)):
        assert torch.equal(run(chain, times=times, generator=rng()), expected)


@pytest.mark.parametrize("refresh", [Keep(), Markov(), Redraw()], **named)
def test_the_last_step_to_zero_returns_the_guess(refresh) -> None:
    chains = [
        Gaussian(DiscreteSchedule([0.2, 0.5, 0.9])),
        Deletion(PAD, DiscreteLevel([0.2, 0.5, 1.0])),
    ]
    smooth = [Gaussian(Linear()), Gaussian(VPLinear()), Gaussian(Cosine()), *TEXTS]
    for process in smooth + chains:
        guesses = []
        times = [3, 1, 0] if process in chains else GRID
        result = run(
            process, refresh, times, rng(), callback=lambda s, x, guess: guesses.append(guess)
        )
        torch.testing.assert_close(result, guesses[-1], rtol=0, atol=0)
    early = []
    result = run(
        smooth[0], refresh, GRID[:-1], rng(), callback=lambda s, x, guess: early.append(guess)
    )
    assert not torch.equal(result, early[-1])  # control: at s > 0 noise is put back


def test_progress_bar(capsys: pytest.CaptureFixture) -> None:
    run(Gaussian(Trig()), progress=True)
    assert "sampling" in capsys.readouterr().err
    run(Gaussian(Trig()), progress=False)
    assert capsys.readouterr() == ("", "")


def test_gradients_are_off_in_the_loop_and_on_in_the_step() -> None:
    process, x = Gaussian(Trig()), torch.ones(2, 3, requires_grad=True)
    assert not sample(
        process, lambda x_t, t, g: x_t * x, x.detach(), [0.9, 0.5], progress=False
    ).requires_grad
    reverse_step(process, x * 2, x, 0.9, 0.5).sum().backward()
    assert bool((x.grad != 0).all())


def test_one_step_is_the_textbook_one() -> None:
    """DDIM (Song et al. 2021, eqs. 12, 16) and DDPM's posterior (Ho et al. 2020, eq. 7), in a chain."""
    chain, t = DiscreteSchedule.ddpm(), 600
    process, x0, x_t = Gaussian(chain), IMAGES, IMAGES.flip(0) * 2
    (a_t, s_t), (a_s, s_s) = ((chain.alpha(k), chain.sigma(k)) for k in (t, t - 1))
    ddim = a_s * x0 + s_s * (x_t - a_t * x0) / s_t
    torch.testing.assert_close(
        reverse_step(process, x0, x_t, t, t - 1), ddim, rtol=1e-13, atol=1e-13
    )
    beta = float(torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)[t - 1])
    mean = a_s * beta / s_t**2 * x0 + math.sqrt(1 - beta) * s_s**2 / s_t**2 * x_t
    drawn = reverse_step(process, x0, x_t, t, t - 1, Markov(), rng(1))
    fresh = torch.randn(x0.shape, generator=rng(1), dtype=torch.float64)
    posterior = mean + math.sqrt(beta) * s_s / s_t * fresh
    torch.testing.assert_close(drawn, posterior, rtol=1e-12, atol=1e-12)
    added = 0.6 * math.sqrt((1 - a_s**2) / (1 - a_t**2)) * math.sqrt(1 - a_t**2 / a_s**2)
    kept = math.sqrt(1 - a_s**2 - added**2) * (x_t - a_t * x0) / s_t
    partly = reverse_step(process, x0, x_t, t, t - 1, Ddim(0.6), rng(1))
    torch.testing.assert_close(partly, a_s * x0 + kept + added * fresh, rtol=1e-11, atol=1e-11)
    with pytest.raises(AssertionError):  # control: beta_t as the variance is another method
        torch.testing.assert_close(drawn, mean + math.sqrt(beta) * fresh, rtol=1e-6, atol=1e-6)


def final_variance(process, variance: float, times, refresh, n: int, exact: bool = False) -> float:
    """Generated variance for data N(0, variance), started from the exact law of x_T."""
    data = GaussianMixture(torch.zeros(1, 1).double(), torch.tensor([variance]).double())
    alpha, sigma = process.schedule.alpha(times[0]), process.schedule.sigma(times[0])
    x_T = math.sqrt(alpha**2 * variance + sigma**2) * torch.randn(
        n, 1, generator=rng(), dtype=torch.float64
    )
    predictor = (posterior_sample if exact else posterior_mean)(data, process.schedule)
    return float(sample(process, predictor, x_T, times, refresh, rng(1), progress=False).var())


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("refresh", [Keep(), Markov(), Redraw(), Interpolate(0.6)], **named)
def test_posterior_draws_keep_the_variance_at_every_step_count(steps: int, refresh) -> None:
    n, process = 100_000, Gaussian(VPLinear())
    times = torch.linspace(1, 0, steps + 1).tolist()
    error = 6 * math.sqrt(2 / n)
    assert abs(final_variance(process, 0.5, times, refresh, n, exact=True) / 0.5 - 1) < error
    assert (
        abs(final_variance(process, 0.5, times, refresh, n) / 0.5 - 1) > error
    )  # control: plug-in


def exact_gain(process, variance: float, times) -> float:
    """Keep with a plugged-in mean is linear, x_0 = gain * x_T: the variance without draws."""
    data = GaussianMixture(torch.zeros(1, 1).double(), torch.tensor([variance]).double())
    one = torch.ones(1, 1, dtype=torch.float64)
    predictor = posterior_mean(data, process.schedule)
    gain = float(sample(process, predictor, one, times, progress=False))
    return gain**2 * (
        process.schedule.alpha(times[0]) ** 2 * variance + process.schedule.sigma(times[0]) ** 2
    )


def test_the_error_of_plugged_in_means_is_of_first_order() -> None:
    """Data N(0, 1/2), VP-linear, equal steps. Errors of the variance by an independent computation:
    -.185, -.022, -.0023 in 10, 100, 1000 steps without fresh noise; -.248, -.049 in 10, 100 steps
    with DDPM's; redrawn -.500, -.326, -.268 in 1, 10, 100 steps, towards half the variance."""
    process = Gaussian(VPLinear())
    grid = {steps: torch.linspace(1, 0, steps + 1).tolist() for steps in (1, 10, 100, 1000)}
    for steps, error in ((10, -0.185), (100, -2.2e-2), (1000, -2.3e-3)):
        assert exact_gain(process, 0.5, grid[steps]) - 0.5 == pytest.approx(error, rel=0.03)
    markov, redraw = {10: -0.248, 100: -0.049}, {1: -0.500, 10: -0.326, 100: -0.268}
    for refresh, errors in ((Markov(), markov), (Redraw(), redraw)):
        for steps, error in errors.items():
            n = 100_000
            found = final_variance(process, 0.5, grid[steps], refresh, n) - 0.5
            assert abs(found - error) < 6 * math.sqrt(2 / n) * (0.5 + error) + 6e-4


def plug_in_law(schedule, times, c: float) -> float:
    """The variance recursion for data N(0, 1) and noise correlation c, written out by hand."""
    variance = schedule.alpha(times[0]) ** 2 + schedule.sigma(times[0]) ** 2
    for t, s in zip(times, times[1:]):
        (a, b), (a_s, b_s) = ((schedule.alpha(k), schedule.sigma(k)) for k in (t, s))
        gain = a / (a**2 + b**2)
        variance *= (a_s * gain + c * b_s * (1 - a * gain) / b) ** 2
        variance += b_s**2 * (1 - c**2)
    return variance


@pytest.mark.parametrize("c", [0.0, 0.5, 1.0])
def test_plugged_in_means_lose_variance_for_good(c: float) -> None:
    """N(0, 1), sigma/alpha from 20 to 0.01 in equal ratios: the variance tends to (1 + c) / 2."""
    schedule, n = Linear(), 50_000
    refresh = Redraw() if c == 0 else Interpolate(math.sqrt(1 - c**2))
    limits = []
    for steps in (10, 50, 300):
        log_ratio = torch.linspace(math.log(20), math.log(0.01), steps, dtype=torch.float64)
        times = [*schedule.time_at_log_snr(-2 * log_ratio).tolist(), 0.0]
        found = final_variance(Gaussian(schedule), 1.0, times, refresh, n)
        law = plug_in_law(schedule, times, c)
        assert abs(found / law - 1) < 6 * math.sqrt(2 / n)
        limits.append(law)
    if c == 0:
        assert limits == pytest.approx([0.345, 0.464, 0.494], abs=6e-4)
    assert limits == sorted(limits) and limits[-1] == pytest.approx((1 + c) / 2, rel=0.02)
