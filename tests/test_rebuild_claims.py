"""What lessons 03, 05 and 06 say, held by numbers of its own for each claim.

Every number is seeded. Where a claim is statistical, the bar lies at least five standard errors away
from what is expected, so that another seed would fail less than once in a million times.
"""

from __future__ import annotations

import math

import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.signal import lfilter
from torch.distributions import Normal, kl_divergence

from udm_lessons.data import digits
from udm_lessons.evaluation import nearest_distance
from udm_lessons.likelihood import GaussianChain, gaussian_log_prob
from udm_lessons.oracles import FiniteData, GaussianMixture
from udm_lessons.predictors import posterior_mean, posterior_sample
from udm_lessons.processes import Gaussian
from udm_lessons.refresh import Ddim, Interpolate, Keep, Markov, Redraw
from udm_lessons.sampling import reverse_step, sample
from udm_lessons.schedules import VE, DiscreteSchedule, Trig, VPLinear
from udm_lessons.variances import markov_sigma_tilde, reverse_variance

F64 = torch.float64
TRIG = Trig()
PROCESS = Gaussian(TRIG)
HUMPS = GaussianMixture(
    torch.tensor([[-1.0], [1.5]], dtype=F64), torch.tensor([0.05, 0.05], dtype=F64)
)


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Lesson 03: predict.


def test_generation_with_the_oracle_of_a_data_set_copies_the_data_set() -> None:
    images, held = digits("train")[0][:300].double(), digits("heldout")[0][:100].double()
    x_T = PROCESS.sample_prior((50, 1, 8, 8), rng(0), dtype=F64)
    guess = posterior_mean(FiniteData(images, PROCESS))
    copies = sample(PROCESS, guess, x_T, torch.linspace(1, 0, 51), Keep(), None, False)
    assert float(nearest_distance(copies, images).median()) < 0.01
    assert float(nearest_distance(held, images).median()) > 1.0


def test_a_product_forgets_which_tokens_belong_together() -> None:
    """Two equal bits, both masked: the best product gives every pair a quarter."""
    p0 = torch.tensor([[0.5, 0.0], [0.0, 0.5]], dtype=F64)
    product = p0.sum(1)[:, None] * p0.sum(0)
    one_by_one = p0.sum(1)[:, None] * (p0 / p0.sum(1, keepdim=True))
    assert float((product - p0).abs().sum() / 2) == 0.5
    assert torch.equal(one_by_one, p0)
    for seed in range(20):
        a, b = torch.rand(2, generator=rng(seed), dtype=F64)
        other = torch.stack([a, 1 - a])[:, None] * torch.stack([b, 1 - b])
        assert -torch.xlogy(p0, other).sum() >= -torch.xlogy(p0, product).sum()


def test_without_the_logarithm_the_loss_falls_for_ever() -> None:
    x0 = HUMPS.sample(20_000, rng(1))
    x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(2)), 0.6)
    guess = HUMPS.x0_mean(x_t, 0.6, TRIG)
    best = float((x0 - guess).square().mean())
    tried = [best * 2.0**k for k in range(-5, 12)]
    whole = [-float(gaussian_log_prob(x0, guess, v).mean()) for v in tried]
    cut = [full - math.log(2 * math.pi * v) / 2 for full, v in zip(whole, tried)]
    assert min(whole) == whole[5]
    assert all(a > b > 0 for a, b in zip(cut, cut[1:]))


CHAIN = DiscreteSchedule(torch.linspace(0.002, 0.2, 50, dtype=F64))


def noise_losses(x0, eps, t: float):
    x_t = Gaussian(CHAIN).forward(x0, eps, t)
    return (HUMPS.eps_mean(x_t, t, CHAIN) - eps).square().sum(1)


def test_a_path_costs_more_than_single_times_and_only_marginals_count() -> None:
    """Three ways to draw x_1, ..., x_T: equal means (five standard errors), unequal variances."""
    n, generator = 6000, rng(3)
    x0 = HUMPS.sample(n, generator)
    x, path = x0, 0.0
    shared, once = torch.randn(x0.shape, generator=generator, dtype=F64), 0.0
    for t in range(1, 51):
        keep = CHAIN.alpha(t) / (CHAIN.alpha(t - 1) if t > 1 else 1.0)
        fresh = torch.randn(x0.shape, generator=generator, dtype=F64)
        x = keep * x + math.sqrt(1 - keep**2) * fresh
        path = path + noise_losses(x0, (x - CHAIN.alpha(t) * x0) / CHAIN.sigma(t), float(t))
        once = once + noise_losses(x0, shared, float(t))
    x0 = HUMPS.sample(50 * n, generator)
    t = torch.randint(1, 51, (50 * n,), generator=generator).double()
    eps = torch.randn(x0.shape, generator=generator, dtype=F64)
    single = 50 * noise_losses(x0, eps, t).reshape(n, 50).mean(1)
    for other in (path, once):
        error = math.sqrt(float(other.var() + single.var()) / n)
        assert abs(float(other.mean() - single.mean())) < 5 * error
        assert float(other.var() / single.var()) > 5


def test_dependent_examples_shift_nothing_and_cost_accuracy() -> None:
    """Slopes from x_t to x0, exactly 0.8: scattered about it, more widely for a stream."""
    slopes = {"independent": [], "stream": []}
    for seed in range(40):
        fresh, eps = torch.randn(2, 20_000, generator=rng(seed), dtype=F64)
        stream = lfilter([math.sqrt(1 - 0.95**2)], [1, -0.95], fresh.numpy())
        for name, x0 in {"independent": fresh, "stream": torch.tensor(stream)}.items():
            x0 = x0[1000:]  # the stream has reached its law
            x_t = 0.8 * x0 + 0.6 * eps[1000:]
            slopes[name].append(float((x0 * x_t).mean() / x_t.square().mean()))
    found = {name: torch.tensor(values) for name, values in slopes.items()}
    for values in found.values():
        assert abs(float(values.mean()) - 0.8) < 5 * float(values.std()) / math.sqrt(40)
    assert float(found["stream"].std()) > 1.5 * float(found["independent"].std())


def test_nothing_is_lost_in_a_plane_that_holds_the_data_and_variance_is_lost_in_others() -> None:
    """x0 = U z: the posterior mean is U times that of z; the rest of the score is -x / sigma^2."""
    U = torch.linalg.qr(torch.randn(6, 2, generator=rng(4), dtype=F64)).Q
    centres = torch.randn(7, 2, generator=rng(5), dtype=F64)
    small, large = (FiniteData(x, PROCESS) for x in (centres, centres @ U.T))
    x_t, t = torch.randn(9, 6, generator=rng(6), dtype=F64), 0.6
    torch.testing.assert_close(large.x0_mean(x_t, t), small.x0_mean(x_t @ U, t) @ U.T)
    score = (TRIG.alpha(t) * large.x0_mean(x_t, t) - x_t) / TRIG.sigma(t) ** 2
    away = torch.eye(6, dtype=F64) - U @ U.T
    torch.testing.assert_close(score @ away, -x_t @ away / TRIG.sigma(t) ** 2)
    pixels = digits("train")[0].flatten(1).double()
    centred = pixels - pixels.mean(0)
    values, axes = torch.linalg.eigh(centred.T @ centred / len(pixels))
    kept = axes[:, -16:]
    lost = (centred - centred @ kept @ kept.T).square().sum(1).mean()
    assert float(lost) == pytest.approx(float(values[:-16].sum()), rel=1e-9)
    assert 0.1 < float(lost / values.sum()) < 0.2  # digits fill more than 16 directions
    assert float(values[-32:].sum() / values.sum()) == pytest.approx(0.97, abs=0.005)  # half of them


# Lesson 05: one sampler.


def test_ddim_reuses_the_noise_and_ddpm_a_share_of_it() -> None:
    chain, n = DiscreteSchedule.ddpm(), 200_000
    process, x0 = Gaussian(DiscreteSchedule.ddpm()), torch.full((n, 1), 0.7, dtype=F64)
    eps = process.sample_noise(x0, rng(7))
    for t in (2, 10, 500):
        x_t = process.forward(x0, eps, t)
        again = {}
        for refresh in (Keep(), Markov()):
            x_s = reverse_step(process, x0, x_t, t, t - 1, refresh, rng(8))
            new = (x_s - chain.alpha(t - 1) * x0) / chain.sigma(t - 1)
            again[refresh] = float((new * eps).mean())
        share = chain.alpha(t) * chain.sigma(t - 1) / (chain.alpha(t - 1) * chain.sigma(t))
        assert again[Keep()] == pytest.approx(float(eps.square().mean()), rel=1e-9)
        assert again[Markov()] == pytest.approx(share, abs=5 * math.sqrt(2 / n))
        assert share < 1


@pytest.mark.parametrize("eta, slope", [(0.0, 2.0), (0.5, 1.5), (1.0, 1.5)])
def test_a_small_step_is_one_of_the_reverse_sde(monkeypatch, eta, slope) -> None:
    """The step of the sampler against Euler-Maruyama with gamma = eta g, from equal noise."""
    t, x = 0.6, torch.tensor([[0.4]], dtype=F64)
    xi = torch.tensor([[0.7]], dtype=F64)
    monkeypatch.setattr("udm_lessons.noise.normal_like", lambda *args, **kwargs: xi)
    a, s = TRIG.alpha(t), TRIG.sigma(t)
    g = math.sqrt(2 * s * (TRIG.d_sigma(t) - TRIG.d_alpha(t) * s / a))
    v, score = HUMPS.velocity(x, t, TRIG), HUMPS.score(x, t, TRIG)
    gaps = []
    for h in (1e-3, 1e-4):
        step = reverse_step(PROCESS, HUMPS.x0_mean(x, t, TRIG), x, t, t - h, Ddim(eta))
        sde = x - (v - (eta * g) ** 2 / 2 * score) * h + eta * g * math.sqrt(h) * xi
        gaps.append(abs(float(step - sde)))
    assert math.log10(gaps[0] / gaps[1]) == pytest.approx(slope, abs=0.1)
    shares = [markov_sigma_tilde(TRIG, t, t - h) ** 2 * s**2 / (g**2 * h) for h in (1e-3, 1e-5)]
    assert shares[1] == pytest.approx(1, abs=1e-4) and abs(shares[0] - 1) > 1e-4


def chain_variance(schedule, times, sigma_tilde, v: float, drawn: bool) -> float:
    """The variance at the end for data N(0, v), followed through linear steps."""
    V = schedule.alpha(times[0]) ** 2 * v + schedule.sigma(times[0]) ** 2
    for t, s in zip(times, times[1:]):
        a, b = schedule.alpha(t), schedule.sigma(t)
        gain, left = a * v / (a * a * v + b * b), v * b * b / (a * a * v + b * b)
        fresh = sigma_tilde(schedule, t, s)
        kept = schedule.sigma(s) * math.sqrt(1 - fresh**2) / b
        c_0 = schedule.alpha(s) - a * kept
        V = (c_0 * gain + kept) ** 2 * V + (schedule.sigma(s) * fresh) ** 2
        V += c_0**2 * left if drawn else 0.0
    return V


ETAS = {
    0.0: lambda schedule, t, s: 0.0,
    1.0: lambda schedule, t, s: markov_sigma_tilde(schedule, t, s),
}


@pytest.mark.parametrize("eta, last", [(0.0, 2.378e-4), (1.0, 6.143e-4)])
def test_plugged_in_means_converge_at_first_order_and_draws_are_exact(eta, last) -> None:
    schedule, errors = VPLinear(), []
    for steps in (1000, 10_000):
        times = torch.linspace(1, 0, steps + 1, dtype=F64).tolist()
        errors.append(0.5 - chain_variance(schedule, times, ETAS[eta], 0.5, drawn=False))
        drawn = chain_variance(schedule, times, ETAS[eta], 0.5, drawn=True)
        assert drawn == pytest.approx(0.5, abs=1e-12)
    assert math.log10(errors[0] / errors[1]) == pytest.approx(1.0, abs=0.1)
    assert errors[1] == pytest.approx(last, rel=1e-3)


@pytest.mark.parametrize("c", [0.0, 0.5, 0.9, 1.0])
def test_the_variance_settles_at_half_of_one_plus_c(c) -> None:
    schedule = VE(0.01, 10.0)
    times = torch.linspace(1, 0, 10_001, dtype=F64).tolist()
    fresh = lambda schedule, t, s: math.sqrt(1 - c * c)  # noqa: E731
    V = chain_variance(schedule, times, fresh, 1.0, drawn=False)
    assert V == pytest.approx((1 + c) / 2, abs=2e-3)
    # A remainder of noise is left at sigma = 0.01; with draws nothing else is wrong.
    assert chain_variance(schedule, times, fresh, 1.0, drawn=True) == pytest.approx(1 + 1e-4, abs=1e-9)


def test_the_sampler_itself_loses_that_variance() -> None:
    """Twenty thousand chains: the standard error of a variance is 1%."""
    process = Gaussian(VE(0.01, 10.0))
    oracle = GaussianMixture(torch.zeros(1, 1, dtype=F64), torch.ones(1, dtype=F64))
    x_T = math.sqrt(101) * torch.randn(20_000, 1, generator=rng(9), dtype=F64)
    times = torch.linspace(1, 0, 301)
    for refresh, want in ((Redraw(), 0.5), (Interpolate(math.sqrt(0.75)), 0.75)):
        guess = posterior_mean(oracle, process.schedule)
        x = sample(process, guess, x_T, times, refresh, rng(10), False)
        assert float(x.var()) == pytest.approx(want, abs=0.05)


def test_what_a_mean_leaves_out_shrinks_with_the_step_except_when_redrawn() -> None:
    t, factors = 0.5, {}
    for h in (0.01, 0.001):
        for name, fresh in (
            ("keep", 0.0),
            ("markov", markov_sigma_tilde(TRIG, t, t - h)),
            ("redraw", 1.0),
        ):
            with_x0 = reverse_variance(TRIG, t, t - h, fresh, 1.0)
            factors[name, h] = math.sqrt(with_x0 - reverse_variance(TRIG, t, t - h, fresh, 0.0))
    for name in ("keep", "markov"):
        assert factors[name, 0.01] / factors[name, 0.001] == pytest.approx(10, rel=0.05)
    assert factors["redraw", 0.001] == pytest.approx(TRIG.alpha(0.499), rel=1e-9)


def total_variation(x, t: float) -> float:
    edges = torch.linspace(-4, 4, 61, dtype=F64)
    fine = torch.linspace(-4, 4, 2401, dtype=F64)[:, None]
    density = HUMPS.log_prob(fine, t, TRIG).exp()
    exact = torch.stack([torch.trapezoid(part, dx=8 / 2400) for part in density.unfold(0, 41, 40)])
    found = torch.histogram(x[:, 0].contiguous(), edges).hist / len(x)
    return float((found - exact).abs().sum() / 2)


def test_exact_draws_fool_the_denoiser_at_every_step_and_means_do_not() -> None:
    """The mean of the counting noise is about 0.4 sqrt(60 / n) = 0.02 at most for n = 20 000."""
    worst = {}
    for kind, predictor in (
        ("draw", posterior_sample(HUMPS, TRIG)),
        ("mean", posterior_mean(HUMPS, TRIG)),
    ):
        for refresh in (Redraw(), Markov(), Keep()):
            seen = []
            x_T = PROCESS.sample_prior((20_000, 1), rng(11), dtype=F64)
            note = lambda s, x, _, seen=seen: seen.append(total_variation(x, s))  # noqa: E731
            sample(PROCESS, predictor, x_T, torch.linspace(1, 0, 21), refresh, rng(12), False, note)
            worst[kind, refresh] = max(seen) if kind == "draw" else seen[-1]
    assert all(worst["draw", refresh] < 0.03 for refresh in (Redraw(), Markov(), Keep()))
    assert worst["mean", Redraw()] > 0.15 > worst["mean", Markov()] > worst["mean", Keep()] > 0.03


def test_the_flow_is_the_quantile_map_and_can_be_undone() -> None:
    """A map without chance, with the right law at each time: x and x_t have equal quantiles."""

    def flow(x, start, end):
        def field(t, y):
            return HUMPS.velocity(torch.tensor(y, dtype=F64)[:, None], float(t), TRIG)[:, 0].numpy()

        return solve_ivp(field, (start, end), x, method="DOP853", rtol=1e-10, atol=1e-12).y[:, -1]

    def quantile(x, t):
        a, s = TRIG.alpha(t), TRIG.sigma(t)
        parts = Normal(a * HUMPS.means[:, 0], (a * a * HUMPS.variances + s * s).sqrt())
        return (HUMPS.weights * parts.cdf(torch.tensor(x, dtype=F64)[:, None])).sum(1)

    x = [-1.3, -0.9, 0.1, 1.2, 1.9]
    later = flow(x, 0.0, 0.95)
    torch.testing.assert_close(quantile(later, 0.95), quantile(x, 0.0), atol=1e-7, rtol=0)
    back = torch.tensor(flow(later, 0.95, 0.0))
    torch.testing.assert_close(back, torch.tensor(x, dtype=F64), atol=1e-6, rtol=0)


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
