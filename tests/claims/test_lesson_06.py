"""What lesson 06 says, held by numbers of its own for each claim."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from udm_lessons.measure import GaussianChain, gaussian_log_prob, markov_sigma_tilde, reverse_variance
from udm_lessons.rebuild import GaussianMixture, posterior_mean

from worlds.mixtures import F64, HUMPS, PROCESS, TRIG
from worlds.statistics import rng

# Lesson 06: likelihood and variance.


def test_the_negative_log_likelihood_is_entropy_plus_divergence() -> None:
    q, p = (Normal(torch.tensor(m, dtype=F64), s) for m, s in ((0.3, 0.8), (-0.5, 1.4)))
    x = torch.linspace(-12, 12, 20_001, dtype=F64)
    loss = -torch.trapezoid(q.log_prob(x).exp() * p.log_prob(x), x)
    assert float(loss) == pytest.approx(float(q.entropy() + kl_divergence(q, p)), abs=1e-9)


def divergence_of_a_step(beta: float) -> tuple[float, float]:
    """E KL(true step back || normal one): with its variance at each x_t, and with one for all."""
    x_s = torch.linspace(-3.5, 4, 3001, dtype=F64)
    x_t = torch.linspace(-4.5, 5, 401, dtype=F64)[:, None]
    joint = HUMPS.log_prob(x_s[:, None], 0.3, TRIG) - (x_t - math.sqrt(1 - beta) * x_s) ** 2 / (2 * beta)
    joint = joint.exp()
    total = torch.trapezoid(joint, x_s)
    step = joint / total[:, None]
    mean = torch.trapezoid(step * x_s, x_s)
    variance = torch.trapezoid(step * (x_s - mean[:, None]) ** 2, x_s)
    entropy, weight = -torch.trapezoid(torch.xlogy(step, step), x_s), total / total.sum()
    normal = lambda v: torch.log(2 * math.pi * math.e * v) / 2  # noqa: E731
    own = (weight * (normal(variance) - entropy)).sum()
    return float(own), float(normal((weight * variance).sum()) - (weight * entropy).sum())


def test_true_steps_back_become_normal_at_second_or_third_order() -> None:
    (own, fixed), (own_half, fixed_half) = map(divergence_of_a_step, (0.05, 0.025))
    assert math.log2(fixed / fixed_half) == pytest.approx(2, abs=0.05)
    assert math.log2(own / own_half) == pytest.approx(2.6, abs=0.1)
    (own, fixed), (own_half, fixed_half) = map(divergence_of_a_step, (0.00625, 0.003125))
    assert math.log2(fixed / fixed_half) == pytest.approx(2, abs=0.05)
    assert math.log2(own / own_half) == pytest.approx(3, abs=0.15)
    assert own < fixed / 10


def test_the_small_variance_is_too_small_above_all_in_the_last_steps() -> None:
    """Beside the best one, in 50 steps; what is left of x_0 by quadrature."""
    x, h, ratios = torch.linspace(-6, 6, 4001, dtype=F64)[:, None], 0.99 / 50, []
    for k in (40, 10, 5, 2):
        t, s = k * h, (k - 1) * h
        weight = HUMPS.log_prob(x, t, TRIG).exp()
        left = float((weight * HUMPS.x0_cov(x, t, TRIG)[:, 0, 0]).sum() / weight.sum())
        fresh = markov_sigma_tilde(TRIG, t, s)
        small = (TRIG.sigma(s) * fresh) ** 2
        ratios.append(small / reverse_variance(TRIG, t, s, fresh, left))
    assert ratios == pytest.approx([0.97, 0.92, 0.72, 0.26], abs=0.01)


def test_one_step_is_exact_for_normal_data_only() -> None:
    """The bound less the exact value, with one step and the best variance."""
    gaps = []
    normal = GaussianMixture(torch.tensor([[0.3]], dtype=F64), torch.tensor([1.6], dtype=F64))
    for oracle in (normal, HUMPS):
        x0 = oracle.sample(100_000, rng(13))
        x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(14)), 0.8)
        left = float((x0 - oracle.x0_mean(x_t, 0.8, TRIG)).square().mean())
        variance = lambda t, s, left=left: left  # noqa: E731
        law = oracle.log_prob(x_t, 0.8, TRIG)
        chain = GaussianChain(TRIG, posterior_mean(oracle, TRIG), [0.8, 0.0], variance)
        step = gaussian_log_prob(x0, *chain.step(x_t, 0.8, 0.0))
        forward = gaussian_log_prob(x_t, TRIG.alpha(0.8) * x0, TRIG.sigma(0.8) ** 2)
        bound = forward - law - step
        gaps.append(float((bound + oracle.log_prob(x0, 0.0, TRIG)).mean()))
    assert abs(gaps[0]) < 1e-3 and gaps[1] > 0.3
