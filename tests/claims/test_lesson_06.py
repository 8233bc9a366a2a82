"""What lesson 06 says, held by numbers of its own for each claim."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from udm_lessons.destroy import DiscreteSchedule
from udm_lessons.exercises.lesson_06.guesses import cost_of_guesses
from udm_lessons.exercises.lesson_06.moments import moments_back
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
    assert abs(float(loss - p.entropy() - kl_divergence(p, q))) > 0.1  # turned round


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


LINE = torch.linspace(-4, 4, 301, dtype=F64)
WIDTH = float(LINE[1] - LINE[0])


def normal_density(x, mean, variance):
    return torch.exp(-((x - mean) ** 2) / (2 * variance)) / (2 * math.pi * variance) ** 0.5


def off_after(m: float, steps: int) -> float:
    """Total variation to two humps at -m and m, of variance 1, of a chain with the moments of the true steps."""
    target = GaussianMixture(torch.tensor([[-m], [m]], dtype=F64), torch.full((2,), 1 - m**2, dtype=F64))
    law, grid = normal_density(LINE, 0.0, 1.0), torch.linspace(1, 0, steps + 1, dtype=F64).tolist()
    for t, s in zip(grid, grid[1:]):
        keep = TRIG.alpha(t) / TRIG.alpha(s)
        density = target.log_prob(LINE[:, None], s, TRIG).exp()
        added = TRIG.sigma(t) ** 2 - (keep * TRIG.sigma(s)) ** 2
        mean, variance = moments_back(LINE, density, LINE, keep, added)
        law = WIDTH * law @ normal_density(LINE, mean[:, None], variance[:, None])
    return WIDTH / 2 * float((law - target.log_prob(LINE[:, None], 0.0, TRIG).exp()).abs().sum())


def test_the_number_of_steps_grows_with_the_distance_from_normal_and_saturates() -> None:
    """Within 0.01 after 1, 5, 8, 16 steps and no fewer; twice as far from normal takes at most 20 steps."""
    assert off_after(0.0, 1) < 1e-3
    for m, steps in ((0.7, 5), (0.8, 9), (0.92, 16)):
        assert off_after(m, steps) < 0.01 < off_after(m, steps - 2)
    assert off_after(0.92, 1) == pytest.approx(0.31, abs=0.01) and off_after(0.98, 1) > 0.55
    assert off_after(0.98, 20) < 0.01


PLACES = torch.linspace(-6, 6, 121, dtype=F64)
WANTED = torch.tensor([-2.0, 0.3, 1.6], dtype=F64)


def three_humps(means, t):
    alpha, sigma = TRIG.alpha(t), TRIG.sigma(t)
    total, off = 0.06 * alpha**2 + sigma**2, PLACES - alpha * means[..., None]
    parts = -(off**2) / (2 * total) - 0.5 * math.log(18 * math.pi * total)
    guess = parts.softmax(-2) * (means[..., None] + 0.06 * alpha / total * off)
    return parts.logsumexp(-2), guess.sum(-2)


def divergence(means):
    truth, model = three_humps(WANTED, 0.0)[0], three_humps(means, 0.0)[0]
    return torch.trapezoid(truth.exp() * (truth - model), PLACES)


def hidden(weight, means, steps=8):
    total = 0.0
    for t in torch.linspace(0, 0.98, steps + 1, dtype=F64)[1:].tolist():
        (log_x, exact), (_, guess) = three_humps(WANTED, t), three_humps(means, t)
        total = total + weight(t, t - 0.98 / steps) * torch.trapezoid(log_x.exp() * (guess - exact) ** 2, PLACES)
    return total


def snr(t: float) -> float:
    return (TRIG.alpha(t) / TRIG.sigma(t)) ** 2


def of_the_bound(t: float, s: float) -> float:
    return (snr(s) - snr(t)) / 2 if s > 1e-4 else (1 / 0.06 + snr(t)) / 2


def stuck(loss, seed: int) -> int:
    means = (1.5 * torch.randn(40, 3, generator=rng(seed), dtype=F64)).requires_grad_()
    optimizer = torch.optim.Adam([means], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        loss(means).sum().backward()
        optimizer.step()
    return int((divergence(means.detach()) > 0.1).sum())


@pytest.mark.slow
def test_hidden_states_help_no_start_but_equal_weights_do() -> None:
    """Other starts than on the page; the weights of the bound are the control of the equal ones."""
    assert stuck(divergence, 11) >= 5 and stuck(lambda means: hidden(of_the_bound, means), 11) >= 5
    assert stuck(lambda means: hidden(lambda t, s: 1.0, means), 11) <= 1


def test_in_many_steps_the_bound_is_the_divergence_of_one_law_at_all_times() -> None:
    means = torch.tensor([[-1.8, 0.1, 1.7], [-2.2, 0.6, 1.5]], dtype=F64)
    rough, fine = (hidden(of_the_bound, means, steps) / divergence(means) for steps in (8, 400))
    assert ((fine - 1).abs() < 0.05).all() and ((rough - 1).abs() > 0.1).any()


def exact_terms(betas: torch.Tensor) -> tuple[float, float, float]:
    """L_T, the middle and L_0 of exact steps for N(1.3, 1/2) that start from N(0, 1), by formulas."""
    chain = DiscreteSchedule(betas)
    end, first = chain.alpha(len(betas)) ** 2, chain.alpha(1) ** 2
    start = (end * (1.3**2 + 0.5) - end - math.log(1 - end)) / 2
    variance = 1 / (1 / 0.5 + first / (1 - first))
    last = math.log(2 * math.pi * math.e * variance) / 2
    law = end * 1.3**2 + end * 0.5 + 1 - end - 1 - math.log(end * 0.5 + 1 - end)
    return start, math.log(2 * math.pi * math.e * 0.5) / 2 + law / 2 - start - last, last


def test_the_first_step_moves_nats_between_terms_and_the_last_moves_the_bound() -> None:
    betas = torch.linspace(0.02, 0.2, 20, dtype=F64)
    ours, deeper = exact_terms(betas), exact_terms(torch.linspace(0.02, 0.5, 20, dtype=F64))
    finer = exact_terms(torch.cat([betas[:1] / 10, betas[1:]]))
    assert ours == pytest.approx((0.11, 1.60, -0.55), abs=0.01)
    assert deeper == pytest.approx((0.00, 1.62, -0.55), abs=0.01)
    assert finer == pytest.approx((0.11, 2.74, -1.69), abs=0.01)
    assert abs(sum(finer) - sum(ours)) < 0.01 < 0.07 < sum(ours) - sum(deeper)


def middle_sum(log_snrs: torch.Tensor) -> float:
    x, errors = torch.linspace(-6, 6, 601, dtype=F64)[:, None], []
    for t in (torch.atan(torch.exp(-log_snrs / 2)) * 2 / math.pi).tolist():
        density = HUMPS.log_prob(x, t, TRIG).exp()
        errors.append(float(torch.trapezoid(density * HUMPS.x0_cov(x, t, TRIG)[:, 0, 0], x[:, 0])))
    return cost_of_guesses(torch.sigmoid(log_snrs).tolist(), errors)


def test_in_many_steps_only_the_ends_of_a_schedule_matter() -> None:
    """Three speeds between the same ends; another end is the control."""
    sums = {n: [middle_sum((6 - 14 * v)) for v in speeds(n)] for n in (5, 500)}
    assert max(sums[500]) - min(sums[500]) < 0.03 and max(sums[5]) - min(sums[5]) > 1
    assert middle_sum(4 - 12 * speeds(500)[0]) < min(sums[500]) - 0.5


def speeds(n: int) -> list[torch.Tensor]:
    u = torch.linspace(0, 1, n, dtype=F64)
    return [u, u**2, 1 - (1 - u) ** 2]
