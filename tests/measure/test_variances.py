"""The variance of x0 given x_t, and of a step: three formulas, samples, and quadrature."""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.destroy import Gaussian, Linear, Trig, VPLinear
from udm_lessons.measure import (
    gaussian_log_prob,
    markov_sigma_tilde,
    reverse_variance,
    variance_from_eps,
    variance_from_errors,
    variance_from_score,
)
from udm_lessons.rebuild import GaussianMixture, Interpolate, posterior_sample, reverse_step

from worlds.mixtures import ABAR, BETAS, CHAIN, F64, PLANE, T, tensor
from worlds.statistics import rng

# The variance of x0 given x_t, and of a step.

LINE = GaussianMixture(tensor([-1.5], [0.2], [1.4]), tensor(0.2, 0.3, 0.1), tensor(0.5, 0.2, 0.3))
X = torch.linspace(-9, 9, 1201, dtype=F64)[:, None]


def three_variances(schedule, t: float) -> list[float]:
    """From errors, noise and score, by the trapezoid rule in x_t, and in (x0, x_t) for the errors."""
    weights = LINE.log_prob(X, t, schedule).exp()
    a, s = schedule.alpha(t), schedule.sigma(t)
    given = (-((X.T - a * X) ** 2) / (2 * s**2)).exp() * LINE.log_prob(X, 0.0, Trig()).exp()[:, None]
    x0 = X.expand(-1, len(X)).reshape(-1, 1)
    x0_hat = LINE.x0_mean(X, t, schedule).T.expand(len(X), -1).reshape(-1, 1)
    return [
        variance_from_errors(x0, x0_hat, given.flatten()),
        variance_from_eps(LINE.eps_mean(X, t, schedule), t, schedule, weights),
        variance_from_score(LINE.score(X, t, schedule), t, schedule, weights),
    ]


@pytest.mark.parametrize("schedule", [Trig(), Linear(), VPLinear()], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("t", [0.2, 0.45, 0.8])
def test_three_formulas_of_one_variance(schedule, t) -> None:
    weights = LINE.log_prob(X, t, schedule).exp()
    want = float((weights * LINE.x0_cov(X, t, schedule)[:, 0, 0]).sum() / weights.sum())
    for found in three_variances(schedule, t):
        assert found == pytest.approx(want, rel=1e-9)
    total = float((LINE.weights * (LINE.variances + LINE.means[:, 0] ** 2)).sum())
    mean_square = float((weights * LINE.x0_mean(X, t, schedule)[:, 0] ** 2).sum() / weights.sum())
    assert want == pytest.approx(total - mean_square, rel=1e-9)


def test_answers_that_are_not_exact_need_the_errors() -> None:
    """A guess pulled to 0 by a tenth: only `variance_from_errors` says its error, found by the trapezoid rule."""
    schedule, t = Linear(), 0.45
    a, s = schedule.alpha(t), schedule.sigma(t)
    weights = LINE.log_prob(X, t, schedule).exp()
    mean, left = LINE.x0_mean(X, t, schedule), LINE.x0_cov(X, t, schedule)[:, 0, 0]
    want = float((weights * (left + (0.1 * mean[:, 0]) ** 2)).sum() / weights.sum())
    given = (-((X.T - a * X) ** 2) / (2 * s**2)).exp() * LINE.log_prob(X, 0.0, Trig()).exp()[:, None]
    x0, x0_hat = X.expand(-1, len(X)).reshape(-1, 1), (0.9 * mean).T.expand(len(X), -1).reshape(-1, 1)
    assert variance_from_errors(x0, x0_hat, given.flatten()) == pytest.approx(want, rel=1e-9)
    eps = (X - 0.9 * a * mean) / s
    assert variance_from_eps(eps, t, schedule, weights) != pytest.approx(want, rel=0.05)
    assert variance_from_score(-eps / s, t, schedule, weights) != pytest.approx(want, rel=0.05)


def test_three_formulas_on_samples() -> None:
    """x_t drawn from p_t in two dimensions: within 5 standard errors of E tr Cov / 2, rate below 1e-5."""
    n, t, schedule = 40_000, 0.4, Linear()
    x0 = PLANE.sample(n, rng(10))
    x_t = Gaussian(schedule).forward(x0, torch.randn(n, 2, generator=rng(11), dtype=F64), t)
    want = PLANE.x0_cov(x_t, t, schedule).diagonal(dim1=1, dim2=2).mean(1)
    eps, ratio = PLANE.eps_mean(x_t, t, schedule), (schedule.sigma(t) / schedule.alpha(t)) ** 2
    errors = (x0 - PLANE.x0_mean(x_t, t, schedule)).square().mean(1)
    found = [
        (variance_from_errors(x0, PLANE.x0_mean(x_t, t, schedule)), errors),
        (variance_from_eps(eps, t, schedule), ratio * (1 - eps.square().mean(1))),
    ]
    for value, each in found:
        assert abs(value - float(want.mean())) < 5 * float((each - want).std()) / math.sqrt(n)
    score = variance_from_score(PLANE.score(x_t, t, schedule), t, schedule)
    assert score == pytest.approx(found[1][0], rel=1e-10)


@pytest.mark.parametrize("sigma_tilde", [0.0, 0.3, 0.631, 1.0, "markov"])
@pytest.mark.parametrize("t, s", [(0.5, 0.45), (0.8, 0.2), (0.3, 0.05)])
def test_the_reverse_variance_of_analytic_dpm(sigma_tilde, t, s) -> None:
    """Bao et al. 2022, theorem 1, as printed: lambda is the deviation of the noise that is added."""
    schedule = VPLinear()
    if sigma_tilde == "markov":
        sigma_tilde = markov_sigma_tilde(schedule, t, s)
    bbar_t, bbar_s = schedule.sigma(t) ** 2, schedule.sigma(s) ** 2
    alpha = (1 - bbar_t) / (1 - bbar_s)
    weights = LINE.log_prob(X, t, schedule).exp()
    norm = float((weights * LINE.score(X, t, schedule)[:, 0] ** 2).sum() / weights.sum())
    lam = math.sqrt(bbar_s) * sigma_tilde
    root = math.sqrt(bbar_t / alpha) - math.sqrt(bbar_s - lam**2)
    want = lam**2 + root**2 * (1 - bbar_t * norm)
    for left in three_variances(schedule, t):
        assert reverse_variance(schedule, t, s, sigma_tilde, left) == pytest.approx(want, rel=1e-8)
    low, high = (
        reverse_variance(schedule, t, s, sigma_tilde, x) for x in (0.0, bbar_t / (1 - bbar_t))
    )
    assert low < want < high


@pytest.mark.parametrize("sigma_tilde", [0.0, 0.5, 1.0])
def test_the_reverse_variance_is_that_of_the_step(sigma_tilde) -> None:
    """x_s drawn by a step with exact guesses, about its mean: 5 standard errors, rate below 1e-6."""
    n, t, s, schedule = 40_000, 0.6, 0.35, Linear()
    x0, process = PLANE.sample(n, rng(20)), Gaussian(schedule)
    x_t = process.forward(x0, process.sample_noise(x0, rng(21)), t)
    guess = posterior_sample(PLANE, schedule)(x_t, t, rng(22))
    x_s = reverse_step(process, guess, x_t, t, s, Interpolate(sigma_tilde), rng(23))
    mean = PLANE.x0_mean(x_t, t, schedule)
    kept = math.sqrt(1 - sigma_tilde**2) * process.infer_noise(mean, x_t, t)
    squares = (x_s - process.forward(mean, kept, s)).square().mean(1)
    left = float(PLANE.x0_cov(x_t, t, schedule).diagonal(dim1=1, dim2=2).mean())
    gap = lambda value: abs(float(squares.mean()) - value) * math.sqrt(n) / float(squares.std())
    assert gap(reverse_variance(schedule, t, s, sigma_tilde, left)) < 5
    assert gap(reverse_variance(schedule, t, s, sigma_tilde, 0.0)) > 20


def test_small_and_large_variance_are_the_extremes() -> None:
    for t in range(1, T + 1):
        fresh = markov_sigma_tilde(CHAIN, float(t), t - 1.0)
        found = reverse_variance(CHAIN, float(t), t - 1.0, fresh, 1 - ABAR[t])
        assert found == pytest.approx(float(BETAS[t - 1]), rel=1e-12)


def test_times_per_sample() -> None:
    t, s = tensor(0.4, 0.9), tensor(0.1, 0.3)
    fresh = markov_sigma_tilde(Trig(), t, s)
    found = reverse_variance(Trig(), t, s, fresh, tensor(0.2, 0.5))
    for i, left in enumerate((0.2, 0.5)):
        one = [float(t[i]), float(s[i])]
        alone = markov_sigma_tilde(Trig(), *one)
        assert float(fresh[i]) == pytest.approx(alone, rel=1e-12)
        want = reverse_variance(Trig(), *one, alone, left)
        assert float(found[i]) == pytest.approx(want, rel=1e-12)


def test_the_variance_of_a_guess_is_fitted_afterwards() -> None:
    """The full cross-entropy is least at E|x0 - G|^2 / d; without its log term, at infinity."""
    x0, guess = torch.randn(2, 50, 3, generator=rng(30), dtype=F64)
    left = variance_from_errors(x0, guess)
    full = lambda v: float(-gaussian_log_prob(x0, guess, v).mean())
    assert full(left) < min(full(0.99 * left), full(1.01 * left))
    bare = [full(v) - 1.5 * math.log(2 * math.pi * v) for v in (left, 10 * left, 1e6 * left)]
    assert bare[0] > bare[1] > bare[2] > 0
