"""What lesson 09 says, held by numbers of its own for each claim.

The data is a lopsided mixture in one dimension, which is not that of the lesson. Sums over fine grids stand
for integrals: of smooth functions that vanish at both ends they are exact to rounding. Where particles
are drawn, the bar lies at least five standard errors away from what is expected.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from udm_lessons.destroy import VE, Linear, Schedule, Trig, VPLinear
from udm_lessons.rebuild import GaussianMixture

from worlds.statistics import rng

F64 = torch.float64
DATA = GaussianMixture(
    torch.tensor([[-1.2], [0.3], [1.4]], dtype=F64),
    torch.tensor([0.08, 0.2, 0.05], dtype=F64),
    torch.tensor([0.5, 0.2, 0.3], dtype=F64),
)
SCHEDULES = [Linear(), Trig(), VPLinear(), VE(0.05, 5.0)]
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
TIMES = [0.25, 0.4, 0.7]


def numbers(schedule: Schedule, t: float) -> tuple[float, ...]:
    return tuple(f(t) for f in (schedule.alpha, schedule.sigma, schedule.d_alpha, schedule.d_sigma))


def normal(x: Tensor, mean, deviation) -> Tensor:
    """The normal density, in the precision of x."""
    return torch.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * math.sqrt(2 * math.pi))


class Grid:
    """x0 (1, n0) and x (n, 1) with the weight of each pair, and of each x."""

    def __init__(self, schedule: Schedule, t: float):
        self.a, self.s, self.da, self.ds = numbers(schedule, t)
        self.t, self.schedule = t, schedule
        self.x0 = torch.linspace(-4.5, 4.5, 901, dtype=F64)[None]
        reach = 4.5 * self.a + 8 * self.s
        self.x = torch.linspace(-reach, reach, 1201, dtype=F64)[:, None]
        parts = zip(DATA.weights, DATA.means[:, 0], DATA.variances.sqrt())
        p_x0 = sum(w * normal(self.x0, m, d) for w, m, d in parts) * 0.01
        step = float(self.x[1] - self.x[0])
        self.pair = p_x0 * normal(self.x, self.a * self.x0, self.s) * step
        self.weight = self.pair.sum(1, keepdim=True)
        self.score = -(self.x - self.a * self.x0) / self.s**2
        self.velocity = self.da * self.x0 + self.ds / self.s * (self.x - self.a * self.x0)

    def mean_given_x(self, values: Tensor) -> Tensor:
        return (self.pair * values).sum(1, keepdim=True) / self.weight

    def left(self) -> float:
        """The mean posterior variance of x0."""
        square = self.mean_given_x(self.x0**2) - self.mean_given_x(self.x0) ** 2
        return float((square * self.weight).sum())


@each_schedule
@pytest.mark.parametrize("t", TIMES)
def test_the_score_and_the_velocity_are_means_of_conditional_ones(schedule, t) -> None:
    grid = Grid(schedule, t)
    assert float(grid.weight.sum()) == pytest.approx(1.0, abs=1e-12)
    here = grid.weight[:, 0] > 1e-6  # elsewhere the grid of x0 is too narrow
    for conditional, exact in ((grid.score, DATA.score), (grid.velocity, DATA.velocity)):
        gap = (grid.mean_given_x(conditional) - exact(grid.x, t, schedule))[here].abs().max()
        assert float(gap) < 1e-10 * float(conditional.abs().max())


@each_schedule
@pytest.mark.parametrize("t", TIMES)
def test_conditional_losses_differ_by_the_constants(schedule, t) -> None:
    """C = -(a/s^2)^2 and -(W/s)^2 times what is left; to ten digits, for guesses of any kind."""
    grid = Grid(schedule, t)
    W = grid.da * grid.s - grid.a * grid.ds
    sides = (
        (grid.score, DATA.score, -((grid.a / grid.s**2) ** 2)),
        (grid.velocity, DATA.velocity, -((W / grid.s) ** 2)),
    )
    for conditional, exact, factor in sides:
        target = exact(grid.x, t, schedule)
        for guess in (0 * grid.x, -grid.x, grid.x.sin(), target):
            wanted = float(((guess - target) ** 2 * grid.weight).sum())
            found = float(((guess - conditional) ** 2 * grid.pair).sum())
            assert wanted - found == pytest.approx(factor * grid.left(), rel=1e-10)
            assert wanted - found != pytest.approx(2 * factor * grid.left(), rel=1e-2)  # control


def test_both_losses_have_one_gradient() -> None:
    grid = Grid(Trig(), 0.4)
    exact, phi = DATA.score(grid.x, 0.4, Trig()), torch.tensor([0.3, -1.0, 0.5], dtype=F64)
    gradients = []
    for target, weight in ((exact, grid.weight), (grid.score, grid.pair), (grid.score.flip(1), grid.pair)):
        phi = phi.detach().requires_grad_()
        guess = phi[0] + phi[1] * grid.x + phi[2] * (2 * grid.x).sin()
        gradients.append(torch.autograd.grad(((guess - target) ** 2 * weight).sum(), phi)[0])
    assert torch.allclose(gradients[0], gradients[1], rtol=1e-10, atol=1e-12)
    assert not torch.allclose(gradients[0], gradients[2], rtol=1e-2)  # control: x0 of another


@each_schedule
def test_two_targets_at_each_point_measure_the_wanted_loss(schedule) -> None:
    """The mean product of two errors, from draws; with one target twice it is the conditional loss."""
    n, t = 200_000, 0.5
    x0, eps = DATA.sample(n, rng(14)), torch.randn(n, 1, generator=rng(15), dtype=F64)
    a, s = schedule.alpha(t), schedule.sigma(t)
    x = a * x0 + s * eps
    exact = DATA.score(x, t, schedule)
    first, second = (-(x - a * DATA.sample_x0(x, t, schedule, rng(seed))) / s**2 for seed in (16, 17))
    for guess in (0 * x, x.sin(), exact):
        products, wanted = (guess - first) * (guess - second), (guess - exact) ** 2
        error = float((products - wanted).std()) / math.sqrt(n)
        assert abs(float((products - wanted).mean())) < 5 * error
        assert float(((guess - first) ** 2 - wanted).mean()) > 10 * error  # control


def test_the_floor_of_the_loss() -> None:
    """Never 0; unbounded for early times; below 1 if it is weighted as the loss of a noise predictor."""
    floors, weighted = [], []
    for t in (0.02, 0.05, 0.2, 0.5, 0.8, 0.95):
        x0 = DATA.sample(20_000, rng(1))
        x = Trig().alpha(t) * x0 + Trig().sigma(t) * torch.randn(x0.shape, generator=rng(2), dtype=F64)
        own = -(x - Trig().alpha(t) * x0) / Trig().sigma(t) ** 2
        floors.append(float((DATA.score(x, t, Trig()) - own).square().mean()))
        weighted.append(Trig().sigma(t) ** 2 * floors[-1])
    assert all(floor > 0.005 for floor in floors) and floors[0] > 100
    assert all(0 < floor < 1.05 for floor in weighted)


def test_pairs_that_are_not_drawn_together_teach_a_straight_line() -> None:
    """On the lesson's data: the line is further from the score than 0 is; so it is on other data."""
    lesson = GaussianMixture(torch.tensor([[-1.0], [1.5]], dtype=F64), torch.tensor([0.05] * 2, dtype=F64))
    for data, said in ((lesson, (1.257, 2.744)), (DATA, None)):
        a, s = Trig().alpha(0.4), Trig().sigma(0.4)
        x = torch.linspace(-6, 6, 1201, dtype=F64)[:, None]
        p = data.log_prob(x, 0.4, Trig()).exp()[:, None] * 0.01
        centre, exact = float(data.weights @ data.means[:, 0]), data.score(x, 0.4, Trig())
        line = -(x - a * centre) / s**2
        size, error = (math.sqrt(float((f**2 * p).sum())) for f in (exact, line - exact))
        assert error > 1.5 * size
        if said:
            assert (size, error) == pytest.approx(said, abs=5e-4)
        x0 = data.sample(200_000, rng(3))
        x_t = a * x0 + s * torch.randn(x0.shape, generator=rng(4), dtype=F64)
        for own, slope in ((False, -1 / s**2), (True, None)):
            target = -(x_t - a * (x0 if own else x0.roll(1, 0))) / s**2
            fit = float(((x_t - x_t.mean()) * target).mean() / x_t.var())
            assert (abs(fit + 1 / s**2) < 0.05) == (slope is not None)


# One step back, by densities.


def kernel(sigma_tilde: float, s: float = 0.3, t: float = 0.6) -> tuple[float, float, float]:
    schedule = Trig()
    c_t = schedule.sigma(s) * math.sqrt(1 - sigma_tilde**2) / schedule.sigma(t)
    return schedule.alpha(s) - schedule.alpha(t) * c_t, c_t, schedule.sigma(s) * sigma_tilde


def step_losses(sigma_tilde: float, guess) -> tuple[float, float, float]:
    """J_KL, J_CKL and I by sums over (x_s, x_t, x0), without any closed form of the mixture."""
    t, (c_0, c_t, d) = 0.6, kernel(sigma_tilde)
    a, s = Trig().alpha(t), Trig().sigma(t)
    x0, x_t = (torch.linspace(-end, end, n, dtype=F64) for end, n in ((3.2, 81), (5.2, 121)))
    x_s = torch.linspace(-4.8, 4.8, max(121, int(9.6 / d * 1.6)), dtype=F64)
    h0, ht, hs = (float(g[1] - g[0]) for g in (x0, x_t, x_s))
    parts = zip(DATA.weights, DATA.means[:, 0], DATA.variances.sqrt())
    p_x0 = sum(w * normal(x0, m, dev) for w, m, dev in parts) * h0
    pair = p_x0[:, None] * normal(x_t, a * x0[:, None], s) * ht
    weight = pair.sum(0)
    mean = c_0 * x0[:, None] + c_t * x_t
    log_given = Normal(mean, torch.full_like(mean, d)).log_prob(x_s[:, None, None])
    p = torch.einsum("sot,ot->st", log_given.exp(), pair / weight)
    phi = Normal(c_0 * guess(x_t) + c_t * x_t, torch.full_like(x_t, 1.3 * d)).log_prob(x_s[:, None])
    wanted = (weight * torch.xlogy(p, p) - weight * p * phi).sum() * hs
    conditional = (pair * log_given.exp() * (log_given - phi[:, None])).sum() * hs
    information = (pair * log_given.exp() * (log_given - p.clamp(min=1e-300).log()[:, None])).sum() * hs
    return float(wanted), float(conditional), float(information)


def test_the_divergences_differ_by_the_mutual_information() -> None:
    """J_KL = J_CKL - I, for every guess; J_CKL as for normal laws, and I as a difference of entropies."""
    found = [step_losses(0.6, guess) for guess in (lambda x: 0 * x, lambda x: x, torch.sin)]
    c_0, c_t, d = kernel(0.6)
    for (wanted, conditional, information), guess in zip(found, (lambda x: 0 * x, lambda x: x, torch.sin)):
        assert wanted - conditional == pytest.approx(-information, abs=1e-9)
        assert information == pytest.approx(found[0][2], abs=1e-12) and information > 0.05
        x0 = DATA.sample(400_000, rng(5))
        x_t = Trig().alpha(0.6) * x0 + Trig().sigma(0.6) * torch.randn(x0.shape, generator=rng(6), dtype=F64)
        ratio = 1 / 1.3**2
        off = c_0**2 * (x0 - guess(x_t)) ** 2 / (1.3 * d) ** 2
        drawn = 0.5 * (ratio - 1 - math.log(ratio) + off)
        error = float(drawn.std()) / math.sqrt(len(drawn))
        assert abs(float(drawn.mean()) - conditional) < 5 * error
    # Given x_t, x_s is a mixture of normal laws: its entropy, from draws, less that of the noise.
    x0_again = DATA.sample_x0(x_t, 0.6, Trig(), rng(7))
    x_s = c_0 * x0_again + c_t * x_t + d * torch.randn(x_t.shape, generator=rng(8), dtype=F64)
    terms = -log_back(x_s[:, 0], x_t[:, 0], c_0, c_t, d) - 0.5 * math.log(2 * math.pi * math.e * d**2)
    assert abs(float(terms.mean()) - found[0][2]) < 5 * float(terms.std()) / math.sqrt(len(terms))


def log_back(x_s: Tensor, x_t: Tensor, c_0: float, c_t: float, d: float) -> Tensor:
    """log p(x_s | x_t), from the posterior of each component."""
    a, s = Trig().alpha(0.6), Trig().sigma(0.6)
    total = a**2 * DATA.variances + s**2
    off = x_t[:, None] - a * DATA.means[:, 0]
    share = (DATA.weights.log() - off**2 / (2 * total) - total.log() / 2).log_softmax(1)
    mean = c_0 * (DATA.means[:, 0] + a * DATA.variances / total * off) + c_t * x_t[:, None]
    spread = (d**2 + c_0**2 * DATA.variances * s**2 / total).sqrt()
    return (share + Normal(mean, spread.expand_as(mean)).log_prob(x_s[:, None])).logsumexp(1)


def test_the_information_of_a_step_grows_without_bound_as_its_noise_vanishes() -> None:
    shares = (0.8, 0.4, 0.2, 0.1)
    found = [step_losses(share, lambda x: x)[2] for share in shares]
    assert all(a < b for a, b in zip(found, found[1:]))
    # Half the noise, log 2 more: the entropy of x_s given x_t stays, that of the kernel falls.
    assert found[3] - found[2] == pytest.approx(math.log(2), abs=0.1)


# The divergence of a step, and what flows through a point.


@pytest.mark.parametrize("times", [(0.6, 0.3), (0.7, 0.5), (0.4, 0.38)])
@each_schedule
def test_the_divergence_of_a_step_is_a_weighted_error_least_for_ddpm(schedule, times) -> None:
    """The weight from torch's divergence of two normal laws; on a grid of shares it is least at DDPM's, half the gain of SNR."""
    (t, s), x_t, x0, guess = times, 0.7, 1.3, -0.4

    def law(x0: float, share: float) -> Normal:
        mean = schedule.alpha(s) * x0 + schedule.sigma(s) * math.sqrt(1 - share**2) * (x_t - schedule.alpha(t) * x0) / schedule.sigma(t)
        return Normal(torch.tensor(mean, dtype=F64), torch.tensor(schedule.sigma(s) * share, dtype=F64))

    snr_t, snr_s = ((schedule.alpha(u) / schedule.sigma(u)) ** 2 for u in times)
    shares = [k / 1000 for k in range(20, 1001)]
    weights = []
    for share in shares:
        found = float(kl_divergence(law(x0, share), law(guess, share))) / (x0 - guess) ** 2
        weights.append((math.sqrt(snr_s) - math.sqrt(1 - share**2) * math.sqrt(snr_t)) ** 2 / (2 * share**2))
        assert found == pytest.approx(weights[-1], rel=1e-9)
    ddpm = math.sqrt(1 - snr_t / snr_s)
    assert shares[weights.index(min(weights))] == pytest.approx(ddpm, abs=1e-3)
    assert min(weights) == pytest.approx((snr_s - snr_t) / 2, rel=1e-4) and weights[-1] > 1.0001 * min(weights)
    assert min(weights) != pytest.approx(snr_s - snr_t, rel=0.1)  # control


@each_schedule
@pytest.mark.parametrize("t", TIMES)
def test_what_a_side_gains_flows_through_the_point(schedule, t) -> None:
    """The share to the left, from the error function, by differences of fourth order in t."""

    def left_of(a: float, t: float) -> float:
        deviation = (schedule.alpha(t) ** 2 * DATA.variances + schedule.sigma(t) ** 2).sqrt()
        return float(DATA.weights @ Normal(schedule.alpha(t) * DATA.means[:, 0], deviation).cdf(torch.tensor(a, dtype=F64)))

    h = 1e-3
    for a in (-1.0, 0.0, 0.8):
        rate = (8 * (left_of(a, t + h) - left_of(a, t - h)) - left_of(a, t + 2 * h) + left_of(a, t - 2 * h)) / (12 * h)
        place = torch.tensor([[a]], dtype=F64)
        flow = float(DATA.velocity(place, t, schedule) * DATA.log_prob(place, t, schedule).exp())
        assert rate == pytest.approx(-flow, abs=1e-8)
        assert rate != pytest.approx(flow, abs=1e-4)  # control: the other way


@pytest.mark.parametrize("t", TIMES)
def test_in_the_plane_a_density_does_not_settle_the_velocity(t) -> None:
    """A score turned by a right angle moves points and leaves p_t as it is; turned by less it does not."""
    data = GaussianMixture(torch.tensor([[-1.2, 0.4], [0.8, 1.0], [0.5, -1.0]], dtype=F64), torch.tensor([0.1, 0.2, 0.05], dtype=F64))
    x = torch.randn(50, 2, generator=rng(13), dtype=F64).requires_grad_()
    p, score = data.log_prob(x, t, Trig()).exp(), data.score(x, t, Trig())
    swirl = torch.stack([-score[:, 1], score[:, 0]], 1)

    def divergence(u: Tensor) -> Tensor:
        return sum(torch.autograd.grad((p * u[:, i]).sum(), x, retain_graph=True)[0][:, i] for i in range(2))

    assert float(divergence(swirl).abs().max()) < 1e-12
    assert float(divergence(swirl + 0.1 * score).abs().max()) > 1e-3  # control
    assert float(swirl.detach().norm(dim=1).min()) > 0.01


# Points in motion.


def test_the_interpolant_has_a_velocity_and_a_path_of_the_sde_has_none() -> None:
    n, t, schedule = 100_000, 0.4, Trig()
    x0, eps, fresh = DATA.sample(n, rng(9)), *torch.randn(2, n, 1, generator=rng(10), dtype=F64)
    a, s, da, ds = numbers(schedule, t)
    rough, smooth = [], []
    for h in (1e-2, 1e-4):
        a_next, s_next = schedule.alpha(t + h), schedule.sigma(t + h)
        x, keep = a * x0 + s * eps, a_next / a
        after = keep * x + math.sqrt(s_next**2 - (keep * s) ** 2) * fresh
        moved = a_next * x0 + s_next * eps
        assert abs(float(after.var() - moved.var())) < 0.02  # one law
        smooth.append(float(((moved - x) / h - (da * x0 + ds * eps)).abs().max()))
        rough.append(float(((after - x) / h).square().mean().sqrt()))
    assert smooth[0] < 0.5 and smooth[1] == pytest.approx(smooth[0] / 100, rel=0.05)
    assert rough[1] == pytest.approx(10 * rough[0], rel=0.05)


def residual(schedule: Schedule, t: float, drift, gamma: float, direction: int) -> float:
    """dp/dt + (drift p)' - direction gamma^2/2 p'', by central differences of fourth order."""
    x, h = torch.linspace(-3, 3, 61, dtype=F64)[:, None], 1e-3
    p = lambda x, t: DATA.log_prob(x, t, schedule).exp()[:, None]  # noqa: E731
    flux = lambda x: drift(x, t) * p(x, t)  # noqa: E731
    slope = lambda f: (8 * (f(h) - f(-h)) - f(2 * h) + f(-2 * h)) / (12 * h)  # noqa: E731
    rate, out = slope(lambda k: p(x, t + k)), slope(lambda k: flux(x + k))
    bend = (
        16 * (p(x + h, t) + p(x - h, t)) - p(x + 2 * h, t) - p(x - 2 * h, t) - 30 * p(x, t)
    ) / (12 * h * h)
    return float((rate + out - direction * gamma**2 / 2 * bend).abs().max())


@each_schedule
@pytest.mark.parametrize("t", TIMES)
def test_every_member_of_the_family_obeys_its_equation(schedule, t) -> None:
    v = lambda x, t: DATA.velocity(x, t, schedule)  # noqa: E731
    score = lambda x, t: DATA.score(x, t, schedule)  # noqa: E731
    a, s, da, ds = numbers(schedule, t)
    g = s * math.sqrt(2 * (ds / s - da / a))
    assert residual(schedule, t, v, 0.0, 1) < 1e-8
    assert residual(schedule, t, lambda x, t: da / a * x, g, 1) < 1e-7  # no score in it
    for gamma, direction in ((0.7, -1), (1.5, -1), (2.0, 1)):
        drift = lambda x, t: v(x, t) + direction * gamma**2 / 2 * score(x, t)  # noqa: E731, B023
        assert residual(schedule, t, drift, gamma, direction) < 1e-7
        for factor in (-1.0, 0.0, 2.0):  # controls: sign, no extra drift, the half missing
            wrong = lambda x, t: v(x, t) + factor * direction * gamma**2 / 2 * score(x, t)  # noqa: E731, B023
            assert residual(schedule, t, wrong, gamma, direction) > 1e-3


@pytest.mark.parametrize("gamma", [0.0, 1.0, pytest.param(2.0, marks=pytest.mark.slow)])
def test_particles_keep_the_law_for_every_gamma(gamma: float) -> None:
    """Mean and mean square at the end, to five standard errors and the error of 500 steps."""
    n, schedule, h = 8000, Trig(), 1 / 500
    ends = {}
    for extra in (True, False)[: 1 if gamma == 0 else 2]:
        x, generator = torch.randn(n, 1, generator=rng(11), dtype=F64), rng(12)
        for k in range(500):
            t = 1 - k * h
            drift = DATA.velocity(x, t, schedule)
            if extra:
                drift = drift - gamma**2 / 2 * DATA.score(x, t, schedule)
            x = x - drift * h + gamma * math.sqrt(h) * torch.randn(x.shape, generator=generator, dtype=F64)
        ends[extra] = x
    mean = float(DATA.weights @ DATA.means[:, 0])
    square = float(DATA.weights @ (DATA.means[:, 0] ** 2 + DATA.variances))
    assert abs(float(ends[True].mean()) - mean) < 5 * math.sqrt(square / n) + 0.01
    assert abs(float(ends[True].square().mean()) - square) < 5 * math.sqrt(2 * square**2 / n) + 0.02
    if gamma > 0:  # control
        assert float(ends[False].square().mean()) - square > 0.3
