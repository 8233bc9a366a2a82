"""What lesson 05 says, held by numbers of its own for each claim."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.integrate import solve_ivp
from torch.distributions import Normal

from udm_lessons.destroy import VE, DiscreteSchedule, Gaussian, VPLinear
from udm_lessons.measure import markov_sigma_tilde, reverse_variance
from udm_lessons.rebuild import (
    Ddim,
    GaussianMixture,
    Interpolate,
    Keep,
    Markov,
    Redraw,
    posterior_mean,
    posterior_sample,
    reverse_step,
    sample,
)

from worlds.mixtures import F64, HUMPS, PROCESS, TRIG, tensor
from worlds.statistics import rng

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
    monkeypatch.setattr("udm_lessons.destroy.noise.normal_like", lambda *args, **kwargs: xi)
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


def kept(ratio: float, eta: float, steps: int) -> float:
    """The share of the noise that is kept if each of the steps lets the SNR rise by the same factor."""
    return (1 - eta**2 * (1 - ratio ** (1 / steps))) ** (steps / 2)


@pytest.mark.parametrize("eta", [0.0, 0.3, 0.7, 1.0])
def test_small_steps_leave_a_power_of_the_snr_of_the_noise(eta) -> None:
    ratio = 1 / 400
    limit, found = ratio ** (eta**2 / 2), kept(ratio, eta, 100_000)
    assert found == pytest.approx(limit, rel=1e-4)
    others = [ratio ** (eta / 2), ratio ** (eta**2), kept(ratio, eta, 1)]
    wrong = sum(other != pytest.approx(limit, rel=1e-2) for other in others)
    assert wrong == {0.0: 0, 1.0: 1}.get(eta, 3)  # the ends of the knob hide two of the slips


@pytest.mark.parametrize("f, g", [((1.0, -2.0), 1.5), ((-0.5, 1.0), 0.7)])
def test_the_rate_of_an_average_sees_two_moments_of_the_noise(f, g) -> None:
    """x ~ N(0.3, 0.5) and f linear: the average of the cosine is known before and after the step."""
    m, v, h = 0.3, 0.5, 1e-5
    after = (1 + h * f[1]) ** 2 * v + h * g**2
    change = math.cos(m + h * (f[0] + f[1] * m)) * math.exp(-after / 2) - math.cos(m) * math.exp(-v / 2)
    x = m + math.sqrt(v) * torch.linspace(-9, 9, 20_001, dtype=F64)
    weight = torch.exp(-((x - m) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v)
    average = lambda values: float(torch.trapezoid(weight * values, x))  # noqa: E731
    moved, spread = average((f[0] + f[1] * x) * -x.sin()), average(g**2 / 2 * -x.cos())
    assert change / h == pytest.approx(moved + spread, abs=1e-4)
    assert change / h != pytest.approx(moved, abs=1e-2) and change / h != pytest.approx(moved + 2 * spread, abs=1e-2)
    y = [x + h * (f[0] + f[1] * x) + math.sqrt(h) * g * xi for xi in (-1, 1)]  # any noise of variance 1
    assert average(sum(part.cos() for part in y) / 2 - x.cos()) / h == pytest.approx(moved + spread, abs=1e-4)


SPREAD = {  # laws of variance 1, but for the first and the last
    "one point": (tensor([0.0]), tensor(1e-9)),
    "two humps": (tensor([-0.8], [0.8]), tensor(0.36, 0.36)),
    "two points": (tensor([-0.995], [0.995]), tensor(0.009975, 0.009975)),
    "normal": (tensor([0.0]), tensor(1.0)),
    "wide": (tensor([-2.0], [2.0]), tensor(0.5, 0.5)),
}


def left_open(law: GaussianMixture, schedule, t: float) -> float:
    """E Var[x_0 | x_t], by quadrature over x_t."""
    x = torch.linspace(-9, 9, 4001, dtype=F64)[:, None]
    density = law.log_prob(x, t, schedule).exp()
    return float(torch.trapezoid(density * law.x0_cov(x, t, schedule)[:, 0, 0], x[:, 0]))


def test_the_truth_lies_between_the_two_variances_of_ddpm() -> None:
    """Ho et al. 2020, section 3.2: lower and upper bound for data of variance 1, and only for such data."""
    betas = torch.linspace(1e-4, 0.02, 1000, dtype=F64)
    chain = DiscreteSchedule(betas)
    inside = {name: [] for name in SPREAD}
    for t in (100, 400, 700):
        fresh, large = markov_sigma_tilde(chain, t, t - 1), float(betas[t - 1])
        small = (1 - chain.alpha(t - 1) ** 2) / (1 - chain.alpha(t) ** 2) * large
        for name, law in SPREAD.items():
            truth = reverse_variance(chain, t, t - 1, fresh, left_open(GaussianMixture(*law), chain, t))
            inside[name].append((truth - small) / (large - small))
    assert inside["one point"] == pytest.approx([0, 0, 0], abs=1e-6)
    assert inside["normal"] == pytest.approx([1, 1, 1], abs=1e-6)
    assert all(0 < share < 1 for name in ("two humps", "two points") for share in inside[name])
    assert max(inside["wide"]) > 1.5  # the claim is about variance 1


@pytest.mark.slow
def test_an_early_failure_leaves_a_trace_unless_all_is_redrawn() -> None:
    """One of 32 guesses is the mean of all data. The standard errors are those of eight seeds."""
    times, guess = torch.linspace(1, 0, 33), posterior_mean(HUMPS, TRIG)
    truth = HUMPS.sample(1_000_000, rng(20))[:, 0].sort().values[50::100]

    def error(refresh, k, seed):
        def failing(x_t, t, generator=None):
            return torch.full_like(x_t, 0.25) if k is not None and t == times.tolist()[k] else guess(x_t, t)

        x_T = PROCESS.sample_prior((10_000, 1), rng(seed), dtype=F64)
        x = sample(PROCESS, failing, x_T, times, refresh, rng(seed + 100), False)
        return float((x[:, 0].sort().values - truth).abs().mean())

    def extra(refresh, k):
        found = torch.tensor([error(refresh, k, seed) - error(refresh, None, seed) for seed in range(30, 38)])
        return float(found.mean()), float(found.std()) / math.sqrt(8)

    early, late = extra(Keep(), 16), extra(Keep(), 24)
    assert early[0] > 5 * early[1] and late[0] > 2 * early[0]
    mended = extra(Redraw(), 16)
    assert abs(mended[0]) < 4 * mended[1] < early[0]
    assert extra(Keep(), 31)[0] > 0.8 and extra(Redraw(), 31)[0] > 0.8
