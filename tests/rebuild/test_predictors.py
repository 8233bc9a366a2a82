"""Predictors: the Gaussian draw and the clipped guess, under every design.

Where all maps are linear the law of a chain is computed, not sampled: each fresh normal number is
replaced by a unit vector, one row of the batch per number, and the squares of the rows add up to the
variance. Statistical tests state their false-alarm rate.
"""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from udm_lessons.destroy import VE, DiscreteSchedule, Gaussian, Linear, Schedule, Trig, VPLinear, noise
from udm_lessons.measure import markov_sigma_tilde, reverse_variance
from udm_lessons.rebuild import (
    Ddim,
    GaussianMixture,
    Interpolate,
    Keep,
    Markov,
    Mixture,
    Redraw,
    clipped,
    gaussian_draw,
    posterior_mean,
    predictors,
    reverse_step,
    sample,
)

from worlds.statistics import assert_plausible, ks, rng

F64 = torch.float64
VARIANCE = 0.5
DESIGNS = [Keep(), Redraw(), Markov(), Ddim(0.5), Interpolate(0.6)]
SCHEDULES = [VPLinear(), Trig(), Linear(), VE(0.05, 5.0)]


def sigma_bar(schedule: Schedule, variance: float = VARIANCE):
    """The deviation of p(x0 | x_t) for x0 ~ N(0, variance): precisions add up."""

    def at(t):
        a, s = schedule.alpha(t), schedule.sigma(t)
        return (variance * s**2 / (a**2 * variance + s**2)) ** 0.5

    return at


def gaussian_data(variance: float = VARIANCE) -> GaussianMixture:
    return GaussianMixture(torch.zeros(1, 1, dtype=F64), torch.tensor([variance], dtype=F64))


class Units:
    """Stands in for `normal_like`: the k-th call returns the k-th unit vector."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x, generator=None):
        self.calls += 1
        unit = torch.zeros_like(x)
        unit[self.calls] = 1
        return unit


def final_variance(monkeypatch, predictor, schedule: Schedule, refresh, steps: int) -> float:
    """Var(x_s at the last time) of a chain of linear maps that starts from the exact p_T."""
    units = Units()
    for module in (noise, predictors):
        monkeypatch.setattr(module, "normal_like", units)
    x_T = torch.zeros(2 * steps + 1, 1, dtype=F64)
    x_T[0] = math.sqrt(schedule.alpha(1.0) ** 2 * VARIANCE + schedule.sigma(1.0) ** 2)
    times = torch.linspace(1, 0, steps + 1, dtype=F64)
    x = sample(Gaussian(schedule), predictor, x_T, times, refresh, progress=False)
    assert units.calls <= 2 * steps
    return float(x.square().sum())


@pytest.mark.parametrize("steps", [1, 2, 10, 100])
@pytest.mark.parametrize("refresh", DESIGNS, ids=str)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_gaussian_draws_are_exact_for_gaussian_data(monkeypatch, schedule, refresh, steps) -> None:
    mean = posterior_mean(gaussian_data(), schedule)
    draw = gaussian_draw(mean, sigma_bar(schedule))
    want = schedule.alpha(0.0) ** 2 * VARIANCE + schedule.sigma(0.0) ** 2
    assert final_variance(monkeypatch, draw, schedule, refresh, steps) == pytest.approx(want, abs=1e-13)
    assert final_variance(monkeypatch, mean, schedule, refresh, steps) < want - 1e-4
    wrong = gaussian_draw(mean, lambda t: 1.1 * sigma_bar(schedule)(t))
    assert final_variance(monkeypatch, wrong, schedule, refresh, steps) > want + 1e-4


@pytest.mark.parametrize(
    "refresh, errors",
    [
        (Keep(), {10: -0.185, 100: -0.0223, 1000: -0.00232}),
        (Markov(), {10: -0.248, 100: -0.0485, 1000: -0.00579}),
        (Redraw(), {1: -0.500, 10: -0.326, 100: -0.268, 1000: -0.254}),
    ],
    ids=str,
)
def test_plugged_in_means_lose_variance(monkeypatch, refresh, errors) -> None:
    """Of first order in 1/T for Keep and Markov; Redraw ends at half the variance of the data."""
    mean = posterior_mean(gaussian_data(), VPLinear())
    for steps, error in errors.items():
        found = final_variance(monkeypatch, mean, VPLinear(), refresh, steps) - VARIANCE
        assert found == pytest.approx(error, rel=5e-3)


@pytest.mark.parametrize("refresh", DESIGNS, ids=str)
def test_a_step_with_a_gaussian_draw_has_the_reverse_variance(monkeypatch, refresh) -> None:
    """Var[x_s | x_t] of the step is the optimal variance for its sigma-tilde."""
    schedule, t, s = Linear(), 0.7, 0.45
    fresh = {
        "Keep": 0.0, "Redraw": 1.0, "Interpolate": 0.6, "Markov": markov_sigma_tilde(schedule, t, s),
        "Ddim": 0.5 * markov_sigma_tilde(schedule, t, s),
    }[type(refresh).__name__]  # fmt: skip
    units = Units()
    for module in (noise, predictors):
        monkeypatch.setattr(module, "normal_like", units)
    x_t = torch.zeros(4, 1, dtype=F64)
    x0_hat = gaussian_draw(lambda x, t, generator: torch.zeros_like(x), 0.3)(x_t, t)
    x_s = reverse_step(Gaussian(schedule), x0_hat, x_t, t, s, refresh)
    want = reverse_variance(schedule, t, s, fresh, 0.3**2)
    assert float(x_s.square().sum()) == pytest.approx(want, rel=1e-12)


def assert_gaussian_is_reached(predictor, refresh, steps: int) -> None:
    """KS against N(0.4, 1/2), in two columns; total false-alarm rate 1e-4."""
    schedule = Trig()
    x_T = Gaussian(schedule).sample_prior((20_000, 2), rng(1), dtype=F64)
    times = torch.linspace(1, 0, steps + 1, dtype=F64)
    x = sample(Gaussian(schedule), predictor(schedule), x_T, times, refresh, rng(2), progress=False)
    assert_plausible(ks(x, stats.norm(0.4, math.sqrt(VARIANCE)).cdf))


SHIFTED = GaussianMixture(torch.full((1, 2), 0.4, dtype=F64), torch.tensor([VARIANCE], dtype=F64))


@pytest.mark.parametrize("steps", [1, 3, 12])
@pytest.mark.parametrize("refresh", [*DESIGNS, Mixture(0.3)], ids=str)
def test_gaussian_draws_reach_gaussian_data(refresh, steps) -> None:
    draw = lambda schedule: gaussian_draw(posterior_mean(SHIFTED, schedule), sigma_bar(schedule))
    assert_gaussian_is_reached(draw, refresh, steps)
    with pytest.raises(AssertionError, match="p-values"):
        assert_gaussian_is_reached(lambda schedule: posterior_mean(SHIFTED, schedule), refresh, steps)


def test_gaussian_draws_are_not_exact_for_other_data() -> None:
    """Two narrow modes, exact mean, exact \\bar\\sigma at t = 1: one step draws one wide Gaussian."""
    two = GaussianMixture(torch.tensor([[-1.0], [1.0]], dtype=F64), torch.full((2,), 0.01, dtype=F64))
    draw = gaussian_draw(posterior_mean(two, Trig()), math.sqrt(1.01))
    x_T = torch.randn(5000, 1, generator=rng(3), dtype=F64)
    x = sample(Gaussian(Trig()), draw, x_T, [1.0, 0.0], generator=rng(4), progress=False)
    assert float(x.var()) == pytest.approx(1.01, abs=0.1)
    cdf = lambda v: (stats.norm.cdf(v, -1, 0.1) + stats.norm.cdf(v, 1, 0.1)) / 2
    with pytest.raises(AssertionError, match="p-values"):
        assert_plausible(ks(x, cdf))


def test_the_draw_is_seeded_and_keeps_the_kind_of_data() -> None:
    zero = lambda x, t, generator: torch.zeros_like(x)
    for dtype in (torch.float32, F64):
        x = torch.ones(3, 1, 2, 2, dtype=dtype)
        once, again = (gaussian_draw(zero, 0.2)(x, 0.5, rng(5)) for _ in range(2))
        assert torch.equal(once, again) and once.dtype == dtype and once.shape == x.shape
    assert torch.equal(gaussian_draw(zero, 0.0)(x, 0.5, rng(5)), torch.zeros_like(x))


def test_a_deviation_per_sample() -> None:
    """A (batch,) time, with as many samples as entries: each row gets its own deviation."""
    schedule, t = Trig(), torch.tensor([0.2, 0.5, 0.9], dtype=F64)
    zero = lambda x, t, generator: torch.zeros_like(x)
    x = torch.zeros(3, 3, dtype=F64)
    found = gaussian_draw(zero, sigma_bar(schedule))(x, t, rng(6))
    unit = gaussian_draw(zero, 1.0)(x, t, rng(6))
    want = torch.tensor([sigma_bar(schedule)(float(one)) for one in t], dtype=F64)
    torch.testing.assert_close(found, want[:, None] * unit)


# Clipping.


def overshoot(x0: torch.Tensor):
    """A guess that leaves [-1, 1] wherever the truth sits at its edge: clipping it gives the truth."""
    return lambda x_t, t, generator=None: torch.where(x0.abs() == 1, 1.5 * x0, x0)


EDGE = torch.tensor([[1.0, -1.0, 0.3, 1.0], [-1.0, 0.0, 1.0, -0.6]], dtype=F64)


@pytest.mark.parametrize("refresh", [*DESIGNS, Mixture(0.3)], ids=str)
@pytest.mark.parametrize("schedule", [Trig(), VPLinear()], ids=lambda s: type(s).__name__)
def test_clipped_guesses_under_every_design(schedule, refresh) -> None:
    """The guess is the truth once clipped: every chain ends in it. Without clipping none does."""
    process, ends = Gaussian(schedule), []
    x_T = process.forward(EDGE, process.sample_noise(EDGE, rng(7)), 1.0)
    for guess in (clipped(overshoot(EDGE), -1.0, 1.0), overshoot(EDGE)):
        times = [1.0, 0.6, 0.3, 0.0]
        ends.append(sample(process, guess, x_T, times, refresh, rng(8), progress=False))
    torch.testing.assert_close(ends[0], EDGE, rtol=0, atol=1e-12)
    assert float((ends[1] - EDGE).abs().max()) == pytest.approx(0.5)


def clip_without_inferring(process, raw, x_t, t, s, low, high):
    """What not to do: the noise of the raw guess, pushed forward with the clipped guess."""
    return process.forward(raw.clamp(low, high), process.infer_noise(raw, x_t, t), s)


@pytest.mark.parametrize("schedule", [Trig(), VPLinear(), Linear()], ids=lambda s: type(s).__name__)
def test_the_noise_is_inferred_from_the_clipped_guess(schedule) -> None:
    """With Keep the step stays on the path of the truth. Clipping alone leaves it, by a known amount."""
    process, t, s = Gaussian(schedule), 0.7, 0.4
    eps = torch.randn(EDGE.shape, generator=rng(9), dtype=F64)
    x_t, on_path = process.forward(EDGE, eps, t), process.forward(EDGE, eps, s)
    guess = clipped(overshoot(EDGE), -1.0, 1.0)(x_t, t)
    torch.testing.assert_close(process.forward(guess, process.infer_noise(guess, x_t, t), t), x_t)
    torch.testing.assert_close(reverse_step(process, guess, x_t, t, s), on_path)
    raw = overshoot(EDGE)(x_t, t)
    off = clip_without_inferring(process, raw, x_t, t, s, -1.0, 1.0) - on_path
    amount = schedule.sigma(s) * schedule.alpha(t) / schedule.sigma(t)
    torch.testing.assert_close(off, amount * (EDGE - raw))
    assert float(off.abs().max()) > 0.03


@pytest.mark.parametrize("reinfer", [True, False])
def test_diffusers_names_the_same_choice(reinfer) -> None:
    """DDIMScheduler's use_clipped_model_output is the noise inferred again; its default is not."""
    diffusers = pytest.importorskip("diffusers")
    peer = diffusers.DDIMScheduler(50, 0.02, 0.3, clip_sample=True, set_alpha_to_one=True)
    peer.set_timesteps(50)
    process = Gaussian(DiscreteSchedule(peer.betas.double()))
    t, s = 31.0, 30.0
    x_t, eps_hat = torch.randn(2, 4, 1, 3, 3, generator=rng(10))
    raw = (x_t - process.schedule.sigma(t) * eps_hat) / process.schedule.alpha(t)
    assert float(raw.abs().max()) > 1.5
    theirs = peer.step(eps_hat, 30, x_t, eta=0.0, use_clipped_model_output=reinfer).prev_sample
    ours = reverse_step(process, clipped(lambda x, t, g: raw, -1, 1)(x_t, t), x_t, t, s)
    close = torch.allclose(theirs, ours, rtol=0, atol=2e-5)
    assert close == reinfer
    kept = clip_without_inferring(process, raw, x_t, t, s, -1, 1)
    assert torch.allclose(theirs, kept, rtol=0, atol=2e-5) != reinfer


def test_clipping_leaves_good_guesses_alone() -> None:
    x = torch.tensor([[-2.0, -1.0, 0.2, 1.0, 5.0]])
    found = clipped(lambda x, t, generator: x, -1, 1)(x, 0.5)
    assert found.tolist() == [[-1.0, -1.0, pytest.approx(0.2), 1.0, 1.0]]


IDENTITY = lambda x, t, generator=None: x  # noqa: E731
FLOATS, TOKENS = torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.int64)


@pytest.mark.parametrize(
    "error, words, call",
    [
        (TypeError, "^mean_predictor ", lambda: gaussian_draw(0.5, 0.1)),
        (TypeError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, "0.1")),
        (ValueError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, -0.1)),
        (ValueError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, math.nan)),
        (ValueError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, math.inf)),
        (ValueError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, lambda t: -t)(FLOATS, 0.5)),
        (ValueError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, lambda t: math.inf)(FLOATS, 0.5)),
        (ValueError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, lambda t: t)(FLOATS, torch.ones(3))),
        (TypeError, "^sigma_bar ", lambda: gaussian_draw(IDENTITY, lambda t: None)(FLOATS, 0.5)),
        (TypeError, "^x_t ", lambda: gaussian_draw(IDENTITY, 0.1)(TOKENS, 0.5)),
        (TypeError, "^the guess of mean_predictor ", lambda: gaussian_draw(lambda x, t, g: TOKENS, 0.1)(FLOATS, 0.5)),
        (TypeError, "^predictor ", lambda: clipped(None, -1, 1)),
        (TypeError, "^low ", lambda: clipped(IDENTITY, None, 1)),
        (TypeError, "^high ", lambda: clipped(IDENTITY, -1, torch.ones(2))),
        (ValueError, "^low must be below high", lambda: clipped(IDENTITY, 1, -1)),
        (ValueError, "^low must be below high", lambda: clipped(IDENTITY, 1, 1)),
        (ValueError, "^low ", lambda: clipped(IDENTITY, math.nan, 1)),
        (TypeError, "^x_t ", lambda: clipped(IDENTITY, 0, 1)(TOKENS, 0.5)),
        (TypeError, "^the guess of predictor ", lambda: clipped(lambda x, t, g: TOKENS, 0, 1)(FLOATS, 0.5)),
    ],
)  # fmt: skip
def test_bad_input(error, words, call) -> None:
    with pytest.raises(error, match=words):
        call()
