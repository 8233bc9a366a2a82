"""The exact oracles against libraries, quadrature, enumeration and sampled pairs (x0, eps).

Statistical checks fail by chance with probability below 1e-6 each; the seeds are fixed. Every group
runs once more on `SLIP`, which takes deviations for variances, and must then fail.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import cumulative_simpson, simpson
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from udm_lessons.destroy import VE, Cosine, DiscreteSchedule, Linear, Schedule, Trig, VPLinear
from udm_lessons.rebuild import GaussianMixture, posterior_mean, posterior_sample

SCHEDULES = [Linear(), Trig(), VPLinear(), Cosine(), VE(0.02, 20.0)]
TIMES = [0.02, 0.25, 0.4, 0.77, 0.98]


def mixture(d: int) -> tuple[Tensor, Tensor, Tensor]:
    means = torch.tensor([[-1.4, 0.3], [0.5, 1.1], [1.2, -0.8]], dtype=torch.float64)[:, :d]
    return means, torch.tensor([0.09, 0.5, 0.02]).double(), torch.tensor([0.5, 0.2, 0.3]).double()


PLANE, LINE = GaussianMixture(*mixture(2)), GaussianMixture(*mixture(1))


def slip(oracle: GaussianMixture) -> GaussianMixture:
    return GaussianMixture(oracle.means, oracle.variances.sqrt(), oracle.weights)


def holds_but_not_for_a_slip(
    check: Callable[[GaussianMixture], None], right: GaussianMixture
) -> None:
    check(right)
    with pytest.raises(AssertionError):
        check(slip(right))


def law(d: int, t: float, schedule: Schedule) -> MixtureSameFamily:
    """p_t as torch.distributions knows it."""
    means, variances, weights = mixture(d)
    scale = (
        (schedule.alpha(t) ** 2 * variances + schedule.sigma(t) ** 2)
        .sqrt()[:, None]
        .expand_as(means)
    )
    return MixtureSameFamily(
        Categorical(weights), Independent(Normal(schedule.alpha(t) * means, scale), 1)
    )


def points(n: int, d: int, seed: int = 0) -> Tensor:
    return 1.5 * torch.randn(
        n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def close(a: Tensor, b: Tensor, atol: float, rtol: float = 0.0) -> None:
    torch.testing.assert_close(a, b, atol=atol, rtol=rtol)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_density_score_and_covariance(schedule: Schedule) -> None:
    """The score is the gradient of log p_t, and Cov = (s^2 / a^2) (I + s^2 Hessian of log p_t)."""

    def check(oracle: GaussianMixture) -> None:
        for t in TIMES:
            p_t, x = law(2, t, schedule), points(16, 2).requires_grad_()
            log_p = p_t.log_prob(x)
            (gradient,) = torch.autograd.grad(log_p.sum(), x)
            close(oracle.log_prob(x.detach(), t, schedule), log_p.detach(), 1e-11)
            close(oracle.score(x.detach(), t, schedule), gradient, 1e-11, 1e-11)
            hessian = torch.stack(
                [torch.autograd.functional.hessian(p_t.log_prob, row) for row in x.detach()]
            )
            alpha, sigma = schedule.alpha(t), schedule.sigma(t)
            second_order = sigma**2 / alpha**2 * (torch.eye(2) + sigma**2 * hessian)
            scale = max(1.0, sigma**2 / alpha**2, sigma**4 / alpha**2)
            close(oracle.x0_cov(x.detach(), t, schedule), second_order, 1e-12 * scale, 1e-9)

    holds_but_not_for_a_slip(check, PLANE)


def posterior_1d(x_t: float, t: float, schedule: Schedule) -> tuple[np.ndarray, np.ndarray]:
    """A grid of x0 and p(x0 | x_t) on it, by Bayes and Simpson's rule."""
    means, variances, weights = (value.numpy() for value in mixture(1))
    grid = np.linspace(-5, 5, 40_001)
    prior = sum(
        w * stats.norm.pdf(grid, m, v**0.5) for w, (m,), v in zip(weights, means, variances)
    )
    log_density = stats.norm.logpdf(x_t, schedule.alpha(t) * grid, schedule.sigma(t))
    density = prior * np.exp(log_density - log_density.max())
    return grid, density / simpson(density, x=grid)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_expectations_by_quadrature(schedule: Schedule) -> None:
    def check(oracle: GaussianMixture) -> None:
        for t in TIMES:
            for x_t in (-1.1, 0.0, 0.63):
                grid, density = posterior_1d(x_t, t, schedule)
                expect = lambda values: simpson(values * density, x=grid)
                eps = (x_t - schedule.alpha(t) * grid) / schedule.sigma(t)
                x = torch.tensor([[x_t]], dtype=torch.float64)
                mean = expect(grid)
                motion = schedule.d_alpha(t) * grid + schedule.d_sigma(t) * eps
                for got, expected in (
                    (oracle.x0_mean(x, t, schedule), mean),
                    (oracle.eps_mean(x, t, schedule), expect(eps)),
                    (oracle.velocity(x, t, schedule), expect(motion)),
                    (oracle.x0_cov(x, t, schedule), expect((grid - mean) ** 2)),
                ):
                    assert got.item() == pytest.approx(expected, rel=1e-7, abs=1e-7)

    holds_but_not_for_a_slip(check, LINE)


@pytest.mark.parametrize(
    "schedule", [Linear(), VPLinear(), Cosine()], ids=lambda s: type(s).__name__
)
def test_expectations_from_sampled_pairs(schedule: Schedule) -> None:
    """Self-normalised importance sampling, x0 ~ p0, within 6 standard errors (p < 1e-8 each)."""
    x0 = law(2, 0.0, schedule).sample((200_000,)).double()
    x_t, t = points(4, 2, seed=3) * 0.6, 0.6
    alpha, sigma = schedule.alpha(t), schedule.sigma(t)

    def check(oracle: GaussianMixture) -> None:
        for row in x_t:
            eps = (row - alpha * x0) / sigma
            weights = (-(eps**2).sum(1) / 2).softmax(0)[:, None]
            motion = schedule.d_alpha(t) * x0 + schedule.d_sigma(t) * eps
            methods = ((x0, oracle.x0_mean), (eps, oracle.eps_mean), (motion, oracle.velocity))
            for values, method in methods:
                estimate = (weights * values).sum(0)
                error = ((weights * (values - estimate)) ** 2).sum(0).sqrt()
                assert bool(
                    ((method(row[None], t, schedule)[0] - estimate).abs() < 6 * error).all()
                )

    holds_but_not_for_a_slip(check, PLANE)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_velocity_transports_the_density(schedule: Schedule) -> None:
    """dp/dt = -d(v p)/dx, both sides by central differences (their error is of order h^2)."""
    x, h = torch.linspace(-2, 2, 41, dtype=torch.float64)[:, None], 1e-5

    def flow(oracle: GaussianMixture, x: Tensor, t: float) -> Tensor:
        return oracle.velocity(x, t, schedule)[:, 0] * law(1, t, schedule).log_prob(x).exp()

    def check(oracle: GaussianMixture) -> None:
        for t in (0.25, 0.4, 0.77):
            after, before = (law(1, t + step, schedule).log_prob(x).exp() for step in (h, -h))
            change = (after - before) / (2 * h)
            divergence = (flow(oracle, x + h, t) - flow(oracle, x - h, t)) / (2 * h)
            close(change, -divergence, 1e-6 * float(change.abs().max()))

    holds_but_not_for_a_slip(check, LINE)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("t", [0.01, 0.13, 0.25, 0.37, 0.5, 0.61, 0.74, 0.88, 0.95, 0.99])
def test_the_four_expectations_are_one(schedule: Schedule, t: float) -> None:
    """x = a x* + s e*, e* = -s sc*, v* = a' x* + s' e*: three relations between four formulas."""
    x = points(32, 2, seed=1) * max(1.0, schedule.sigma(t))
    x0, eps, score, velocity = (
        method(x, t, schedule)
        for method in (PLANE.x0_mean, PLANE.eps_mean, PLANE.score, PLANE.velocity)
    )
    d_alpha, d_sigma = schedule.d_alpha(t), schedule.d_sigma(t)
    size = 1 + abs(d_alpha) + abs(d_sigma)
    close(schedule.alpha(t) * x0 + schedule.sigma(t) * eps, x, 1e-12, 1e-12)
    close(-schedule.sigma(t) * score, eps, 1e-12, 1e-12)
    close(d_alpha * x0 + d_sigma * eps, velocity, 1e-12 * size, 1e-12)
    with pytest.raises(AssertionError):  # control: the variance in place of the deviation
        close(-(schedule.sigma(t) ** 2) * score, eps, 1e-12, 1e-12)


def test_ends_of_time() -> None:
    x = points(8, 2)
    for schedule in (Linear(), Trig()):
        close(PLANE.x0_mean(x, 0.0, schedule), x, 1e-14)
        close(PLANE.eps_mean(x, 1.0, schedule), x, 1e-14)
        prior_mean = (PLANE.weights[:, None] * PLANE.means).sum(0)
        close(PLANE.x0_mean(x, 1.0, schedule), prior_mean.expand(8, 2), 1e-14)
        close(PLANE.x0_cov(x, 0.0, schedule), torch.zeros(8, 2, 2).double(), 1e-14)


@pytest.mark.parametrize("t", [0.15, 0.55, 0.95])
def test_sample_x0_has_the_posterior_law(t: float) -> None:
    """Kolmogorov-Smirnov with 20 000 draws against the CDF by quadrature; alarm at p < 1e-6."""
    schedule, x_t, n = Trig(), -0.3, 20_000
    grid, density = posterior_1d(x_t, t, schedule)
    cdf = np.concatenate([[0.0], cumulative_simpson(density, x=grid)])

    def check(oracle: GaussianMixture) -> None:
        for time in (t, torch.full((n,), t, dtype=torch.float64)):
            x = torch.full((n, 1), x_t, dtype=torch.float64)
            draws = oracle.sample_x0(x, time, schedule, torch.Generator().manual_seed(5))
            p_value = stats.kstest(draws[:, 0].numpy(), lambda v: np.interp(v, grid, cdf)).pvalue
            assert p_value > 1e-6

    holds_but_not_for_a_slip(check, LINE)


def test_sample_x0_in_the_plane() -> None:
    """Mean and covariance of 50 000 draws, within 6 standard errors (p < 1e-8 each)."""
    schedule, t, n = VPLinear(), 0.35, 50_000
    x = torch.tensor([[0.4, 0.2]], dtype=torch.float64)

    def check(oracle: GaussianMixture) -> None:
        draws = oracle.sample_x0(x.expand(n, 2), t, schedule, torch.Generator().manual_seed(2))
        mean = PLANE.x0_mean(x, t, schedule)
        products = (draws - mean)[:, :, None] * (draws - mean)[:, None, :]
        for values, expected in ((draws, mean[0]), (products, PLANE.x0_cov(x, t, schedule)[0])):
            error = values.std(0) / math.sqrt(n)
            assert bool(((values.mean(0) - expected).abs() < 6 * error).all())

    holds_but_not_for_a_slip(check, PLANE)


def test_sample_draws_from_the_mixture() -> None:
    """Kolmogorov-Smirnov of each coordinate, 20 000 draws; alarm at p < 1e-6."""
    means, variances, weights = (value.numpy() for value in mixture(2))

    def check(oracle: GaussianMixture) -> None:
        draws = oracle.sample(20_000, torch.Generator().manual_seed(7)).numpy()
        for axis in (0, 1):
            cdf = lambda v: stats.norm.cdf(v[:, None], means[:, axis], variances**0.5) @ weights
            assert stats.kstest(draws[:, axis], cdf).pvalue > 1e-6

    holds_but_not_for_a_slip(check, PLANE)


@pytest.mark.parametrize("name", ["log_prob", "x0_mean", "eps_mean", "score", "velocity", "x0_cov"])
@pytest.mark.parametrize("batch", [0, 1, 2, 3])
def test_one_time_per_sample(name: str, batch: int) -> None:
    """Batches of 2 and 3 are square against the dimension and the number of components."""
    x, method = points(batch, 2), getattr(PLANE, name)
    times = torch.linspace(0.1, 0.9, batch, dtype=torch.float64)
    together = method(x, times, VPLinear())
    assert together.shape == (batch, *{"log_prob": (), "x0_cov": (2, 2)}.get(name, (2,)))
    for k in range(batch):
        alone = method(x[k : k + 1], float(times[k]), VPLinear())
        close(together[k : k + 1], alone, 1e-12, 1e-12)
    single = method(x.float(), times, VPLinear())
    assert single.dtype == torch.float32
    close(single.double(), together, 1e-3, 1e-3)


def test_a_chain_of_whole_steps() -> None:
    chain, x = DiscreteSchedule.ddpm(), points(4, 2)
    for k in (1, 400, 1000):
        total = chain.alpha(k) * PLANE.x0_mean(x, k, chain) + chain.sigma(k) * PLANE.eps_mean(
            x, k, chain
        )
        close(total, x, 1e-12)
    with pytest.raises(TypeError, match="d_alpha needs continuous time"):
        PLANE.velocity(x, 400, chain)


def test_predictors_of_a_mixture() -> None:
    x, schedule = points(5, 2), VPLinear()
    close(posterior_mean(PLANE, schedule)(x, 0.4), PLANE.x0_mean(x, 0.4, schedule), 0.0)
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    drawn = posterior_sample(PLANE, schedule)(x, 0.4, generators[0])
    close(drawn, PLANE.sample_x0(x, 0.4, schedule, generators[1]), 0.0)
