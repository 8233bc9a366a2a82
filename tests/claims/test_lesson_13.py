"""Lesson 13: small spaces, one scale, and what guidance samples."""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.data import letters
from udm_lessons.destroy import Gaussian, Trig
from udm_lessons.exercises.lesson_13.clock_of_scale import clock_of_scale
from udm_lessons.exercises.lesson_13.latent_scale import latent_scale
from udm_lessons.exercises.lesson_13.lifted_mean import lifted_mean
from udm_lessons.exercises.lesson_13.split_error import split_error
from udm_lessons.exercises.lesson_13.tilted import tilted
from udm_lessons.learn import Autoencoder
from udm_lessons.rebuild import FiniteData, GaussianMixture, Keep, sample
from worlds.statistics import rng

F64 = torch.float64
PROCESS = Gaussian(Trig())


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=rng(seed), dtype=F64)


def plane(d: int, k: int, seed: int = 0) -> torch.Tensor:
    return torch.linalg.qr(normal(d, k, seed=seed))[0]


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9, 1.0])
def test_on_a_subspace_the_small_guess_is_all_there_is_to_know(t: float) -> None:
    """Bayes' rule over a list of points in all dimensions; data that leaves the plane makes the two differ."""
    U, mu, z = plane(9, 3), normal(9, seed=1), normal(40, 3, seed=2)
    small = FiniteData(z, PROCESS)
    x0 = mu + z @ U.T
    alpha, sigma = PROCESS.schedule.alpha(t), PROCESS.schedule.sigma(t)
    x_t = alpha * x0 + sigma * normal(40, 9, seed=3)
    lifted = lifted_mean(lambda z_t: small.x0_mean(z_t, t), U, mu, x_t, alpha)
    assert float((lifted - FiniteData(x0, PROCESS).x0_mean(x_t, t)).abs().max()) < 1e-12
    beside = torch.eye(9, dtype=F64) - U @ U.T
    if t < 1:
        left_the_plane = x0 + normal(40, 9, seed=4) @ beside
        assert float((lifted - FiniteData(left_the_plane, PROCESS).x0_mean(x_t, t)).abs().max()) > 0.1


def test_beside_the_subspace_the_score_is_a_formula() -> None:
    """By finite differences of the log density of a list of points."""
    U, mu, z, t = plane(5, 2), normal(5, seed=1), normal(7, 2, seed=2), 0.4
    alpha, sigma = PROCESS.schedule.alpha(t), PROCESS.schedule.sigma(t)
    points = alpha * (mu + z @ U.T)

    def log_density(x: torch.Tensor) -> float:
        return float((-((x - points) ** 2).sum(1) / (2 * sigma**2)).logsumexp(0))

    x, h = points[0] + 0.5 * normal(5, seed=3), 1e-5
    steps = h * torch.eye(5, dtype=F64)
    score = torch.tensor([(log_density(x + step) - log_density(x - step)) / (2 * h) for step in steps], dtype=F64)
    beside = torch.eye(5, dtype=F64) - U @ U.T
    rest = beside @ (x - alpha * mu)
    assert float((beside @ score + rest / sigma**2).abs().max()) < 1e-6
    assert float((score + (x - alpha * mu) / sigma**2).abs().max()) > 0.1  # within the plane it is not that


def test_a_straight_guess_costs_as_its_inputs() -> None:
    """The excess of least squares over the best guess is about (d + 1) / (n - d - 1) noise: d / k for many examples."""
    d, k, alpha = 32, 4, math.sqrt(0.5)

    def excess(n: int, seed: int) -> tuple[float, float]:
        x0 = torch.zeros(n, d, dtype=F64)
        x0[:, :k] = normal(n, k, seed=seed)
        x_t = alpha * x0 + alpha * normal(n, d, seed=seed + 1000)
        found = []
        for width in (d, k):
            right = torch.zeros(width, width, dtype=F64)
            right[:k, :k] = alpha * torch.eye(k, dtype=F64)
            law = torch.diag(torch.tensor([1.0] * k + [0.5] * (d - k), dtype=F64)[:width])
            wrong = torch.linalg.lstsq(x_t[:, :width], x0[:, :width]).solution - right
            found.append(float((wrong.T @ law @ wrong).trace()))
        return found[0], found[1]

    for n, low, high in ((1000, 7.3, 9.0), (320, 8.0, 9.6), (40, 25.0, 80.0)):
        full, small = (torch.tensor(part, dtype=F64).mean() for part in zip(*(excess(n, seed) for seed in range(60))))
        assert low < float(full / small) < high
        # E of a Wishart's inverse: k numbers, each with variance 1/2 left over, from `width` inputs
        assert float(full) == pytest.approx(k * 0.5 * d / (n - d - 1), rel=0.35 if n == 40 else 0.1)
        assert float(small) == pytest.approx(k * 0.5 * k / (n - k - 1), rel=0.25)


def test_the_two_errors_add_up_to_the_whole() -> None:
    U, mu, x0, guess = plane(6, 2), normal(6, seed=1), 3 * normal(50, 6, seed=2), normal(50, 2, seed=3)
    within, beside = split_error(x0, guess, U, mu)
    whole = ((x0 - mu - guess @ U.T) ** 2).sum(1).mean()
    assert float(within + beside - whole).__abs__() < 1e-12
    slanted = U + 0.3  # with columns that are not orthonormal they do not
    within, beside = split_error(x0, guess, slanted, mu)
    assert abs(float(within + beside - ((x0 - mu - guess @ slanted.T) ** 2).sum(1).mean())) > 0.1


def test_with_few_examples_neither_the_fewest_nor_the_most_directions_are_best() -> None:
    flat = letters("train")[0].flatten(1).double()
    mu, t, n = flat.mean(0), 0.5, 300
    directions = torch.linalg.svd(flat - mu, full_matrices=False)[2].T

    def error(k: int, seed: int) -> float:
        order, U = torch.randperm(len(flat), generator=rng(seed)), directions[:, :k]
        x_t = math.cos(math.pi * t / 2) * (flat - mu) + math.sin(math.pi * t / 2) * normal(*flat.shape, seed=seed + 50)
        z, z_t = (flat - mu) @ U, x_t @ U
        guess = z_t[order[n:]] @ torch.linalg.lstsq(z_t[order[:n]], z[order[:n]]).solution
        return float(sum(split_error(flat[order[n:]], guess, U, mu)))

    for seed in range(3):
        few, between, many = (error(k, seed) for k in (4, 32, 200))
        assert between < few and between < many


def test_one_scale_is_the_one_that_the_autoencoder_keeps() -> None:
    """Whatever the batches; that of the first batch alone is another."""
    torch.manual_seed(0)
    network, x = Autoencoder().double(), letters("heldout", dtype=F64)[0][:200]
    with torch.no_grad():
        batches = [network.down(some) for some in x.split(90)]
    mean, scale = latent_scale(batches)
    network.fit_scale(x)
    assert float((mean - network.mean.flatten()).abs().max()) < 1e-12 and abs(float(scale - network.scale)) < 1e-12
    assert abs(float(latent_scale(batches[:1])[1] - network.scale)) > 1e-5


@pytest.mark.parametrize("scale", [7.0, 1.0, 0.2])
def test_a_scale_is_a_clock(scale: float) -> None:
    """At the two times the ratio of signal and noise is one and the same, so that the guess is too."""
    law = GaussianMixture(torch.tensor([[-1.0], [0.6]], dtype=F64), torch.tensor([0.1, 0.3], dtype=F64))
    scaled = GaussianMixture(scale * law.means, scale**2 * law.variances)
    schedule = Trig()
    for t in (0.1, 0.5, 0.9):
        other = clock_of_scale(t, scale)
        assert scale * schedule.alpha(t) / schedule.sigma(t) == pytest.approx(schedule.alpha(other) / schedule.sigma(other))
        x = normal(50, 1)
        stretched = x * schedule.sigma(t) / schedule.sigma(other)
        guess, same = law.x0_mean(x, other, schedule), scaled.x0_mean(stretched, t, schedule) / scale
        assert float((guess - same).abs().max()) < 1e-10
        if scale != 1:
            assert float((law.x0_mean(x, t, schedule) - scaled.x0_mean(x, t, schedule) / scale).abs().max()) > 0.05


def guided_ends(w: float, m: float, v: float, V: float, steps: int) -> tuple[float, float]:
    """Mean and deviation after guided flow, which is a straight map for normal laws."""
    all_data, told = (GaussianMixture(torch.tensor([[a]], dtype=F64), torch.tensor([b], dtype=F64)) for a, b in ((0.0, V), (m, v)))

    def guess(x_t, t, generator=None):
        whole = all_data.x0_mean(x_t, t, PROCESS.schedule)
        return whole + w * (told.x0_mean(x_t, t, PROCESS.schedule) - whole)

    grid = torch.linspace(1, 0, steps + 1, dtype=F64)
    low, middle, high = sample(PROCESS, guess, torch.tensor([[-1.0], [0.0], [1.0]], dtype=F64), grid, Keep(), progress=False)[:, 0].tolist()
    assert middle == pytest.approx((low + high) / 2, abs=1e-9)
    return middle, (high - low) / 2


def test_guided_flow_does_not_sample_the_tilted_law() -> None:
    """By the sampler, and by an ODE solver for mean and deviation that knows nothing of it."""
    from scipy.integrate import solve_ivp

    m, v, V = 1.5, 0.25, 1.0
    for w, mean, deviation in ((0.0, 0.0, 1.0), (1.0, 1.5, 0.5)):
        found = guided_ends(w, m, v, V, 500)
        assert found == pytest.approx((mean, deviation), abs=4e-3)
        asked = tilted(m, v, V, w)
        assert (asked[0], math.sqrt(asked[1])) == pytest.approx((mean, deviation), abs=1e-12)
    for w in (2.0, 4.0):
        mean, deviation = guided_ends(w, m, v, V, 500)
        asked_mean, asked_variance = tilted(m, v, V, w)
        assert mean > 1.15 * asked_mean and deviation < 0.7 * math.sqrt(asked_variance)

        def velocity(t: float, x: list[float], w: float = w) -> list[float]:
            a, s = math.cos(math.pi * t / 2), math.sin(math.pi * t / 2)
            both = [(a * a * b + s * s, mu) for b, mu in ((V, 0.0), (v, m))]
            scores = [[-(one - a * mu) / total for one in x] for total, mu in both]
            score = [u + w * (c - u) for u, c in zip(*scores)]
            # d_alpha x0 + d_sigma eps, with x0 = (x + s^2 score) / a, eps = -s score and a^2 + s^2 = 1
            return [-math.pi / 2 * s / a * (one + g) for one, g in zip(x, score)]

        ends = solve_ivp(velocity, (1 - 1e-4, 0.0), [-1.0, 1.0], rtol=1e-7, atol=1e-9).y[:, -1]
        assert (sum(ends) / 2, (ends[1] - ends[0]) / 2) == pytest.approx((mean, deviation), abs=1e-2)


def test_the_tilted_law_is_the_product_on_a_grid() -> None:
    x = torch.linspace(-8, 8, 40_001, dtype=F64)
    m, v, V = 1.5, 0.25, 1.0
    log_all, log_told = (-((x - mean) ** 2) / (2 * b) - 0.5 * math.log(b) for mean, b in ((0.0, V), (m, v)))
    for w in (0.0, 0.5, 1.0, 3.0):
        p = (log_all + w * (log_told - log_all)).exp()
        p = p / p.sum()
        mean = float((p * x).sum())
        assert tilted(m, v, V, w) == pytest.approx((mean, float((p * (x - mean) ** 2).sum())), abs=1e-8)
        wrong = (log_all + w * log_told).exp()
        if w:
            assert abs(float((wrong * x).sum() / wrong.sum()) - mean) > 1e-2
