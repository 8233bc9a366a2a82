"""The methods that fall out of one reverse step, against formulas written out from their papers.

Nothing here is statistical. A Gaussian step is affine in (x_t, x0, xi): with one seed xi is one
fixed draw, so that differences give each coefficient. A step on tokens is constant between the
thresholds its uniform draws are compared with, so that a sweep over the draws gives its exact law.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

import udm_lessons.destroy.noise
from udm_lessons.destroy import (
    VE,
    Blur,
    Cosine,
    CosineLevel,
    DiscreteLevel,
    DiscreteSchedule,
    Gaussian,
    Linear,
    LinearLevel,
    Masking,
    Replacement,
    Trig,
    VPLinear,
)
from udm_lessons.rebuild import Ddim, Interpolate, Keep, Markov, Mixture, Redraw, Reflect, reverse_step

from worlds.processes import MASK
from worlds.statistics import assert_same_law, rng

close = torch.testing.assert_close


class Affine(NamedTuple):
    """x_s = from_xt x_t + from_x0 x0 + deviation xi, entry by entry."""

    from_xt: Tensor
    from_x0: Tensor
    deviation: Tensor


def coefficients(process, refresh, t, s, shape=(1, 1), basis=lambda x: x) -> Affine:
    """The coefficients of one step in a basis where it is diagonal; `basis` leads to pixels."""
    one, zero = torch.ones(shape, dtype=torch.float64), torch.zeros(shape, dtype=torch.float64)

    def step(x_t, x0):
        x_s = reverse_step(process, basis(x0), basis(x_t), t, s, refresh, rng(5))
        return process.dct(x_s) if isinstance(process, Blur) else x_s

    xi = torch.randn(shape, generator=rng(5), dtype=torch.float64)
    noise_only = step(zero, zero)
    # The step really is affine, with xi the one draw it makes.
    close(step(2 * one, -3 * one), 2 * step(one, zero) - 3 * step(zero, one) + 2 * noise_only)
    return Affine(step(one, zero) - noise_only, step(zero, one) - noise_only, noise_only / xi)


BETAS = np.linspace(1e-4, 0.02, 1000)
ALPHA_BAR = np.concatenate([[1.0], np.cumprod(1 - BETAS)])


@pytest.mark.parametrize("t", [1, 2, 10, 500, 1000])
def test_markov_is_the_posterior_of_ddpm(t):
    """Ho et al. 2020, eq. 7, from the betas themselves, to a relative 1e-9."""
    beta, bar, bar_before = BETAS[t - 1], ALPHA_BAR[t], ALPHA_BAR[t - 1]
    found = coefficients(Gaussian(DiscreteSchedule.ddpm()), Markov(), t, t - 1)
    expected = (
        np.sqrt(1 - beta) * (1 - bar_before) / (1 - bar),
        np.sqrt(bar_before) * beta / (1 - bar),
        np.sqrt((1 - bar_before) / (1 - bar) * beta),
    )
    for value, formula in zip(found, expected):
        assert float(value) == pytest.approx(formula, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("t, s", [(1000, 999), (900, 400), (20, 1), (1, 0), (600, 0)])
def test_ddim_is_equations_12_and_16(eta, t, s):
    """Song, Meng and Ermon 2021: sigma = eta sqrt((1 - a_s)/(1 - a_t)) sqrt(1 - a_t/a_s),

    x_s = sqrt(a_s) x0 + sqrt(1 - a_s - sigma^2) eps + sigma xi; their alpha is our alpha-bar.
    """
    a_t, a_s = ALPHA_BAR[t], ALPHA_BAR[s]
    sigma = eta * np.sqrt((1 - a_s) / (1 - a_t)) * np.sqrt(1 - a_t / a_s)
    eps = np.sqrt(max(1 - a_s - sigma**2, 0)) / np.sqrt(1 - a_t)  # per unit of x_t - sqrt(a_t) x0
    found = coefficients(Gaussian(DiscreteSchedule.ddpm()), Ddim(eta), t, s)
    for value, formula in zip(found, (eps, np.sqrt(a_s) - np.sqrt(a_t) * eps, sigma)):
        assert float(value) == pytest.approx(formula, rel=1e-9, abs=1e-12)


SCHEDULES = [Linear(), Trig(), VPLinear(), Cosine(), VE(), DiscreteSchedule.ddpm(10, 0.01, 0.5)]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("sigma", [0.0, 0.35, 1.0])
def test_interpolate_has_the_coefficients_of_the_sigma_tilde_design(schedule, sigma):
    """x_s = a_s x0 + s_s ( sqrt(1 - sigma^2) (x_t - a_t x0) / s_t + sigma xi )."""
    t, s = (8, 3) if schedule.t_max > 1 else (0.8, 0.35)
    a_t, a_s, s_t, s_s = (f(v) for f in (schedule.alpha, schedule.sigma) for v in (t, s))
    rho = np.sqrt(1 - sigma**2)
    expected = (s_s * rho / s_t, a_s - a_t * s_s * rho / s_t, s_s * sigma)
    found = coefficients(Gaussian(schedule), Interpolate(sigma), t, s)
    for value, formula in zip(found, expected):
        assert float(value) == pytest.approx(formula, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda v: type(v).__name__)
def test_special_refreshes_agree(schedule):
    """Ddim(0) is Keep, Ddim(1) is Markov, Interpolate(1) is Redraw."""
    t, s = (8, 3) if schedule.t_max > 1 else (0.8, 0.35)
    process = Gaussian(schedule)
    for one, other in [(Ddim(0), Keep()), (Ddim(1), Markov()), (Interpolate(1), Redraw())]:
        for a, b in zip(coefficients(process, one, t, s), coefficients(process, other, t, s)):
            close(a, b, rtol=1e-9, atol=1e-12)
    keep, markov = (coefficients(process, k, t, s) for k in (Keep(), Markov()))
    assert abs(float(keep.from_xt - markov.from_xt)) > 1e-3  # the comparison can tell them apart


@pytest.mark.parametrize("t, s", [(0.9, 0.5), (0.5, 0.45), (0.3, 0.02)])
def test_markov_is_the_posterior_of_blurring_diffusion(t, s):
    """Hoogeboom and Salimans 2023, section 4, per frequency of a 4 x 5 image:

    a_{t|s} = a_t / a_s, v_{t|s} = sigma_t^2 - a_{t|s}^2 sigma_s^2,
    v = 1 / (1 / sigma_s^2 + a_{t|s}^2 / v_{t|s}),
    mean = v ( a_{t|s} / v_{t|s} u_t + a_s / sigma_s^2 u_x ).
    """
    schedule, size, width = VPLinear(), (4, 5), 2.0
    process = Blur(size, width, schedule)
    squares = [(np.pi * np.arange(n) / n) ** 2 for n in size]
    frequency = squares[0][:, None] + squares[1][None, :]
    a_t, a_s = (schedule.alpha(v) * np.exp(-frequency * (width * v) ** 2 / 2) for v in (t, s))
    v_t, v_s = schedule.sigma(t) ** 2, schedule.sigma(s) ** 2
    ratio = a_t / a_s
    v_between = v_t - ratio**2 * v_s
    v = 1 / (1 / v_s + ratio**2 / v_between)
    found = coefficients(process, Markov(), t, s, (1, 1, *size), process.inverse_dct)
    for value, formula in zip(found, (v * ratio / v_between, v * a_s / v_s, np.sqrt(v))):
        close(value[0, 0], torch.as_tensor(formula), rtol=1e-9, atol=1e-12)


# Tokens: the exact law of a step by a sweep over its draws.


def exact_law(monkeypatch, step, cuts: list[float], vocabulary: int = 1) -> dict[tuple, float]:
    """The law of step(batch size), whose draws are compared with `cuts` and nothing else.

    Each uniform draw visits both ends of each cell between the cuts, 1e-9 away from them, each
    integer draw every token, in all combinations: a threshold anywhere else shows as a wrong law.
    """
    edges = sorted({0.0, 1.0, *cuts})
    cells = [(a, b) for a, b in itertools.pairwise(edges) if b - a > 4e-9]
    ends = torch.tensor([e for a, b in cells for e in (a + 1e-9, b - 1e-9)], dtype=torch.float64)
    masses = torch.tensor([(b - a) / 2 for a, b in cells for _ in "ab"], dtype=torch.float64)
    kinds: list[str] = []
    grids: list[Tensor] = []

    def recorder(kind: str):
        def draw(*arguments, **options):
            shape = arguments[1] if kind == "token" else arguments[0]
            kinds.append(kind)
            if not grids:
                return torch.zeros(shape, dtype=torch.int64 if kind == "token" else torch.float64)
            return used.pop(0).reshape(shape)

        return draw

    monkeypatch.setattr(udm_lessons.destroy.noise, "uniform", recorder("uniform"))
    monkeypatch.setattr(udm_lessons.destroy.noise, "integers", recorder("token"))
    step(1)  # counts the draws
    choices = [torch.arange(len(ends) if k == "uniform" else vocabulary) for k in kinds]
    index = torch.cartesian_prod(*choices).reshape(-1, len(kinds)).T
    grids = [ends[i] if k == "uniform" else i for i, k in zip(index, kinds)]
    weight = torch.ones(index.shape[1], dtype=torch.float64)
    for i, k in zip(index, kinds):
        weight = weight * (masses[i] if k == "uniform" else 1 / vocabulary)
    used = list(grids)
    law: dict[tuple, float] = defaultdict(float)
    for row, w in zip(step(len(weight)).tolist(), weight.tolist()):
        law[tuple(row)] += w
    assert not used
    return dict(law)


TOKEN_BETAS = [0.1, 0.3, 0.05, 0.5, 0.25]


def bayes(matrix_of, t: int, x: int, y: int) -> np.ndarray:
    """q(x_{t-1} | x_t = y, x0 = x), as (y Q_t^T) * (x Q_1 ... Q_{t-1}) normalised (D3PM, eq. 3)."""
    before = np.eye(len(matrix_of(0.0)))
    for beta in TOKEN_BETAS[: t - 1]:
        before = before @ matrix_of(beta)
    row = matrix_of(TOKEN_BETAS[t - 1])[:, y] * before[x]
    return row / row.sum()


def run(process, x: int, y: int, t: int):
    """n steps from y at t to t - 1, as a function of n."""

    def step(n: int) -> Tensor:
        x0, x_t = torch.full((n, 1), x), torch.full((n, 1), y)
        return reverse_step(process, x0, x_t, t, t - 1, Markov())

    return step


@pytest.mark.parametrize("t", [1, 2, 3, 5])
def test_markov_is_the_posterior_of_d3pm_absorbing(monkeypatch, t):
    """Austin et al. 2021, appendix A.2.2: Q_t = (1 - beta_t) I + beta_t (all to MASK), to 1e-8."""
    vocabulary, level = 3, DiscreteLevel(TOKEN_BETAS)
    names = [0, 1, 2, MASK]

    def matrix_of(beta):
        matrix = (1 - beta) * np.eye(vocabulary + 1)
        matrix[:, -1] += beta
        return matrix

    for y in (1, MASK):
        law = exact_law(
            monkeypatch, run(Masking(MASK, level), 1, y, t), [level.p(t - 1) / level.p(t)]
        )
        posterior = bayes(matrix_of, t, 1, names.index(y))
        assert_same_law(law, {(v,): p for v, p in zip(names, posterior)}, 1e-8)


@pytest.mark.parametrize("t", [1, 2, 3, 5])
def test_markov_is_the_posterior_of_d3pm_uniform(monkeypatch, t):
    """Austin et al. 2021, appendix A.2.1: Q_t = (1 - beta_t) I + beta_t / V, to 1e-8."""
    vocabulary, level = 3, DiscreteLevel(TOKEN_BETAS)

    def matrix_of(beta):
        return (1 - beta) * np.eye(vocabulary) + beta / vocabulary

    p = level.p(t)
    itself = (p / vocabulary) / (1 - p + p / vocabulary)
    cuts = [level.p(t - 1) / p, itself, TOKEN_BETAS[t - 1]]
    for y in (0, 1):
        step = run(Replacement(vocabulary, level), 1, y, t)
        posterior = bayes(matrix_of, t, 1, y)
        law = exact_law(monkeypatch, step, cuts, vocabulary)
        assert_same_law(law, {(v,): p for v, p in enumerate(posterior)}, 1e-8)


def test_the_sweep_sees_a_threshold_that_is_off_by_a_millionth(monkeypatch):
    level = DiscreteLevel(TOKEN_BETAS)
    step = run(Masking(MASK, level), 1, MASK, 3)
    right = level.p(2) / level.p(3)
    assert_same_law(exact_law(monkeypatch, step, [right]), {(MASK,): right, (1,): 1 - right}, 1e-8)
    wrong = right + 1e-6
    with pytest.raises(AssertionError, match="the laws differ"):
        law = exact_law(monkeypatch, step, [wrong])
        assert_same_law(law, {(MASK,): wrong, (1,): 1 - wrong}, 1e-8)


def at_once(process, x: int, y: int, t: float, s: float, refresh):
    """n steps from y at t to s with one refresh, as a function of n."""
    return lambda n: reverse_step(process, torch.full((n, 1), x), torch.full((n, 1), y), t, s, refresh)


TIMES = [(0.8, 0.35), (0.35, 0.1), (0.95, 0.9), (0.4, 0.0)]
LEVELS = [LinearLevel(), CosineLevel()]
each_level = pytest.mark.parametrize("level", LEVELS, ids=lambda v: type(v).__name__)
each_time = pytest.mark.parametrize("t, s", TIMES)


@each_level
@each_time
def test_keep_is_the_posterior_of_mdlm(monkeypatch, level, t, s):
    """Sahoo et al. 2024, section 3.2: Cat(x_t) where visible, else ((1 - a_s) m + (a_s - a_t) x) / (1 - a_t)."""
    a_t, a_s = 1 - level.p(t), 1 - level.p(s)
    process = Masking(MASK, level)
    for refresh in (Keep(), Markov()):
        step = at_once(process, 1, MASK, t, s, refresh)
        law = exact_law(monkeypatch, step, [level.p(s) / level.p(t)])
        expected = {(MASK,): (1 - a_s) / (1 - a_t), (1,): (a_s - a_t) / (1 - a_t)}
        assert_same_law(law, expected, 1e-8)
        law = exact_law(monkeypatch, at_once(process, 1, 1, t, s, refresh), [])
        assert_same_law(law, {(1,): 1.0}, 1e-8)


def remdm(a_t: float, a_s: float, sigma: float) -> tuple[dict, dict]:
    """Wang et al. 2025, section 3: the laws of x_s from a visible x_t = 1 and from a masked one."""
    visible = {(1,): 1 - sigma, (MASK,): sigma}
    hidden = {
        (1,): (a_s - (1 - sigma) * a_t) / (1 - a_t),
        (MASK,): (1 - a_s - sigma * a_t) / (1 - a_t),
    }
    return visible, hidden


@each_level
@each_time
@pytest.mark.parametrize("redraw", [0.25, 1.0])
def test_mixture_is_remdm(monkeypatch, level, t, s, redraw):
    """Its sigma is redraw (1 - a_s): how often a visible token is masked again."""
    p_t, p_s = level.p(t), level.p(s)
    process = Masking(MASK, level)
    for y, expected in zip((1, MASK), remdm(1 - p_t, 1 - p_s, redraw * p_s)):
        step = at_once(process, 1, y, t, s, Mixture(redraw))
        law = exact_law(monkeypatch, step, [p_s / p_t, p_s, redraw])
        assert_same_law(law, expected, 1e-8)
        wrong = remdm(1 - p_t, 1 - p_s, 0.9 * redraw * p_s)[0 if y == 1 else 1]
        if s > 0:
            with pytest.raises(AssertionError, match="the laws differ"):
                assert_same_law(law, wrong, 1e-8)


@each_level
@each_time
def test_reflect_is_the_largest_sigma_of_remdm(monkeypatch, level, t, s):
    """sigma_max = min(1, (1 - a_s) / a_t) (Wang et al. 2025, section 3)."""
    p_t, p_s = level.p(t), level.p(s)
    cuts = [c for c in ((1 - p_s) / p_t, (1 - p_s - p_t) / (1 - p_t)) if 0 < c < 1]
    for y, expected in zip((1, MASK), remdm(1 - p_t, 1 - p_s, min(1.0, p_s / (1 - p_t)))):
        law = exact_law(monkeypatch, at_once(Masking(MASK, level), 1, y, t, s, Reflect()), cuts)
        assert_same_law(law, expected, 1e-8)


@each_level
@each_time
@pytest.mark.parametrize("redraw", [0.0, 0.4, 1.0])
def test_mixture_is_multinomial_ddim(monkeypatch, level, t, s, redraw):
    """Song et al. 2021, appendix A: Cat(g x_t + (a_s - g a_t) x0 + ((1 - a_s) - (1 - a_t) g) / V),

    with g = (1 - redraw) (1 - a_s) / (1 - a_t); Keep() is redraw = 0.
    """
    vocabulary, p_t, p_s = 3, level.p(t), level.p(s)
    g = (1 - redraw) * p_s / p_t
    itself = (p_t / vocabulary) / (1 - p_t + p_t / vocabulary)
    cuts = [p_s / p_t, itself, *([redraw, p_s] if redraw else [])]
    refresh = Mixture(redraw) if redraw else Keep()
    for y in (1, 2):
        step = at_once(Replacement(vocabulary, level), 1, y, t, s, refresh)
        expected = np.full(vocabulary, (p_s - p_t * g) / vocabulary)
        expected[y] += g
        expected[1] += (1 - p_s) - g * (1 - p_t)
        law = exact_law(monkeypatch, step, cuts, vocabulary)
        law = {(v,): law.get((v,), 0.0) for v in range(vocabulary)}
        assert_same_law(law, {(v,): p for v, p in enumerate(expected)}, 1e-8)
