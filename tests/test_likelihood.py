"""Bounds, variances and exact likelihoods, each against a value found in another way.

The expectations of a Gaussian chain are exact: its integrands are quadratic in normal variables, and
an average over the 2n points +-sqrt(n) e_i gets those right. Statistical tests state their rate.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import solve_ivp
from torch import distributions

from _worlds import rng
from udm_lessons.divergence import Hutchinson, exact_divergence
from udm_lessons.likelihood import (
    GaussianChain,
    design_bound,
    gaussian_kl,
    gaussian_log_prob,
    ode_log_likelihood,
)
from udm_lessons.oracles import GaussianMixture
from udm_lessons.predictors import posterior_mean, posterior_sample
from udm_lessons.processes import Gaussian
from udm_lessons.refresh import Interpolate
from udm_lessons.sampling import reverse_step
from udm_lessons.schedules import VE, ConstantNoise, DiscreteSchedule, Linear, Trig, VPLinear
from udm_lessons.variances import (
    markov_sigma_tilde,
    reverse_variance,
    variance_from_eps,
    variance_from_errors,
    variance_from_score,
)

F64 = torch.float64


def tensor(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=F64)


def cubature(n: int) -> torch.Tensor:
    """2n points of R^n whose average is the mean under N(0, I) of any polynomial of degree 3."""
    axes = math.sqrt(n) * torch.eye(n, dtype=F64)
    return torch.cat([axes, -axes])


# A chain that can be solved: x0 ~ N(1.3, 1/2), twenty steps.

T, MEAN, VARIANCE = 20, 1.3, 0.5
BETAS = torch.linspace(0.02, 0.5, T, dtype=F64)
CHAIN = DiscreteSchedule(BETAS)
TIMES = list(range(T, -1, -1))
ENTROPY = 0.5 * math.log(2 * math.pi * math.e * VARIANCE)
ABAR = np.concatenate([[1.0], np.cumprod(1 - BETAS.numpy())])
GUESS = posterior_mean(GaussianMixture(tensor([MEAN]), tensor(VARIANCE)), CHAIN)
TRUE_PRIOR = {
    "prior_mean": math.sqrt(ABAR[T]) * MEAN,
    "prior_variance": ABAR[T] * VARIANCE + 1 - ABAR[T],
}


def sigma_bar_squared(t: float) -> float:
    """Var(x0 | x_t) by Bayes' rule for two Gaussians: precisions add up."""
    abar = ABAR[int(t)]
    return 1 / (1 / VARIANCE + abar / (1 - abar))


def best(t: float, s: float) -> float:
    return reverse_variance(CHAIN, t, s, markov_sigma_tilde(CHAIN, t, s), sigma_bar_squared(t))


def large(t: float, s: float) -> float:
    return float(BETAS[int(t) - 1])


def small(t: float, s: float) -> float:
    """The posterior variance given x0, but for the last step, where it is 0."""
    return reverse_variance(CHAIN, t, s, markov_sigma_tilde(CHAIN, t, s), 0.0) if s else best(t, s)


def crooked(x_t, t, generator=None):
    """An affine guess that is wrong in both coefficients."""
    return 0.7 * GUESS(x_t, t) + 0.05 * t - 0.2


def chain(predictor=GUESS, variance=best, **prior) -> GaussianChain:
    return GaussianChain(CHAIN, predictor, TIMES, variance, **(prior or TRUE_PRIOR))


def terms(model: GaussianChain) -> list[float]:
    """The exact expectations of L_T, the sum in the middle, and L_0."""
    z = cubature(2)
    elbo = model.elbo(MEAN + math.sqrt(VARIANCE) * z[:, :1], z[:, 1:])
    assert elbo.steps.shape == (T - 1, len(z))
    assert torch.equal(elbo.total, elbo.prior + elbo.steps.sum(0) + elbo.reconstruction)
    return [float(part.mean()) for part in (elbo.prior, elbo.steps.sum(0), elbo.reconstruction)]


def raw(model: GaussianChain) -> float:
    """The exact expectation of log q(x_{1:T} | x0) - log p(x_{0:T})."""
    z = cubature(T + 1)
    return float(model.raw_bound(MEAN + math.sqrt(VARIANCE) * z[:, :1], z[:, 1:].T[..., None]).mean())


def test_gaussians_against_torch() -> None:
    g = rng(0)
    x, m, n = (torch.randn(5, 3, 2, generator=g, dtype=F64) for _ in range(3))
    q, p = distributions.Normal(m, math.sqrt(0.3)), distributions.Normal(n, math.sqrt(1.7))
    torch.testing.assert_close(gaussian_log_prob(x, m, 0.3), q.log_prob(x).sum((1, 2)))
    want = distributions.kl_divergence(q, p).sum((1, 2))
    torch.testing.assert_close(gaussian_kl(m, 0.3, n, 1.7), want)
    assert not torch.allclose(gaussian_kl(n, 1.7, m, 0.3), want)


@pytest.mark.parametrize("schedule, t, s", [(CHAIN, 7.0, 6.0), (CHAIN, 20.0, 3.0), (Trig(), 0.8, 0.3)])
def test_the_posterior_is_bayes_rule(schedule, t, s) -> None:
    """Condition the joint Gaussian of (x_s, x_t) given x0, x_t = (a_t / a_s) x_s + noise."""
    a_t, a_s, s_t, s_s = schedule.alpha(t), schedule.alpha(s), schedule.sigma(t), schedule.sigma(s)
    model = GaussianChain(schedule, GUESS, [t, 0.0], lambda t, s: 1.0)
    x0, x_t = torch.randn(2, 6, 1, generator=rng(1), dtype=F64)
    mean, variance = model.posterior(x0, x_t, t, s)
    gain = a_t / a_s * s_s**2 / s_t**2
    torch.testing.assert_close(mean, a_s * x0 + gain * (x_t - a_t * x0), rtol=0, atol=1e-13)
    assert variance == pytest.approx(s_s**2 - gain * a_t / a_s * s_s**2, abs=1e-14)


def test_the_posterior_of_one_step_as_published() -> None:
    x0, x_t = torch.randn(2, 6, 1, generator=rng(1), dtype=F64)
    for t in range(2, T + 1):
        beta, abar, before = float(BETAS[t - 1]), ABAR[t], ABAR[t - 1]
        mean, variance = chain().posterior(x0, x_t, float(t), t - 1.0)
        of_x0, of_x_t = math.sqrt(before) * beta / (1 - abar), math.sqrt(1 - beta) * (1 - before) / (1 - abar)
        torch.testing.assert_close(mean, of_x0 * x0 + of_x_t * x_t, rtol=0, atol=1e-13)
        assert variance == pytest.approx(beta * (1 - before) / (1 - abar), abs=1e-14)


@pytest.mark.parametrize("prior", [TRUE_PRIOR, {"prior_variance": 1.0}, {"prior_mean": 0.3}], ids=str)
@pytest.mark.parametrize("variance", [best, large, small], ids=lambda f: f.__name__)
@pytest.mark.parametrize("predictor", [GUESS, crooked], ids=["exact", "crooked"])
def test_three_terms_are_the_raw_bound(predictor, variance, prior) -> None:
    model = chain(predictor, variance, **prior)
    assert sum(terms(model)) == pytest.approx(raw(model), abs=1e-12)
    assert sum(terms(model)) > ENTROPY - 1e-12


def test_the_path_is_a_product_over_all_steps() -> None:
    """With q(x_T | x0) alone in place of q(x_{1:T} | x0) the raw bound is off by more than 10 nats."""
    z = cubature(T + 1)
    x0, noise = MEAN + math.sqrt(VARIANCE) * z[:, :1], z[:, 1:].T[..., None]
    x, product = x0, 0.0
    for beta, eps in zip(BETAS.tolist(), noise):
        x, before = math.sqrt(1 - beta) * x + math.sqrt(beta) * eps, x
        product = product + gaussian_log_prob(x, math.sqrt(1 - beta) * before, beta)
    misprint = gaussian_log_prob(x, math.sqrt(ABAR[T]) * x0, 1 - ABAR[T])
    wrong = raw(chain()) - float(product.mean()) + float(misprint.mean())
    assert sum(terms(chain())) == pytest.approx(ENTROPY, abs=1e-12) and wrong > ENTROPY + 10


@pytest.mark.parametrize(
    "variance, prior, want, tolerance",
    [
        (best, TRUE_PRIOR, 0.0, 1e-12),
        (best, {"prior_variance": 1.0}, 1.37e-3, 5e-6),
    ],
)
def test_the_gap_of_a_solved_chain(variance, prior, want, tolerance) -> None:
    """Exact reverse variance and true prior: the bound is the entropy. N(0, 1): KL(p_T || N(0, 1)) more."""
    assert ENTROPY == pytest.approx(1.072365, abs=5e-7)
    gap = sum(terms(chain(variance=variance, **prior))) - ENTROPY
    assert gap == pytest.approx(want, abs=tolerance)


def test_the_three_terms_of_a_solved_chain() -> None:
    prior, steps, reconstruction = terms(chain(prior_variance=1.0))
    assert prior == pytest.approx(0.0018, abs=5e-5)
    assert steps == pytest.approx(1.619, abs=5e-4)
    assert reconstruction == pytest.approx(-0.547, abs=5e-4)


@pytest.mark.parametrize("variance, size", [(large, 0.0093), (small, 0.7095)], ids=["large", "small"])
def test_the_gap_of_a_wrong_variance(variance, size) -> None:
    """The path's KL: the exact reverse kernel has the same mean, so that only variances count."""
    gap = sum(terms(chain(variance=variance))) - ENTROPY
    want = 0.0
    for t in range(1, T + 1):
        ratio = best(float(t), t - 1.0) / variance(float(t), t - 1.0)
        want += (ratio - 1 - math.log(ratio)) / 2
    assert gap == pytest.approx(want, abs=1e-12) and gap == pytest.approx(size, abs=5e-5)


@pytest.mark.parametrize("predictor", [GUESS, crooked], ids=["exact", "crooked"])
def test_the_best_variance_is_the_measured_one(predictor) -> None:
    """With \\bar\\sigma^2 measured on the guess itself, no other variance lowers any step."""
    z = cubature(2)
    x0, process = MEAN + math.sqrt(VARIANCE) * z[:, :1], Gaussian(CHAIN)

    def fitted(t, s):
        x0_hat = predictor(process.forward(x0, z[:, 1:], t), t)
        left = variance_from_errors(x0, x0_hat)
        return reverse_variance(CHAIN, t, s, markov_sigma_tilde(CHAIN, t, s), left)

    bound = sum(terms(chain(predictor, fitted)))
    for scale in (0.97, 1.03):
        assert sum(terms(chain(predictor, lambda t, s: scale * fitted(t, s)))) > bound + 1e-4


def test_the_weight_of_the_noise_loss() -> None:
    """KL = beta^2 / (2 v alpha (1 - abar)) |eps - eps_hat|^2 + const, in the mean of a step."""
    x0, eps, eps_hat = torch.randn(3, 8, 2, generator=rng(2), dtype=F64)
    for t in (2, 9, 20):
        beta, abar, v = float(BETAS[t - 1]), ABAR[t], 0.37
        x_t = math.sqrt(abar) * x0 + math.sqrt(1 - abar) * eps
        x0_hat = (x_t - math.sqrt(1 - abar) * eps_hat) / math.sqrt(abar)
        (mean, q), (guess, _) = (chain().posterior(x, x_t, float(t), t - 1.0) for x in (x0, x0_hat))
        found = gaussian_kl(mean, q, guess, v) - gaussian_kl(mean, q, mean, v)
        want = beta**2 / (2 * v * (1 - beta) * (1 - abar)) * ((eps - eps_hat) ** 2).sum(1)
        torch.testing.assert_close(found, want, rtol=1e-10, atol=1e-12)


def test_the_weight_of_ddpm_falls_a_hundredfold_and_rises_again() -> None:
    betas = np.linspace(1e-4, 0.02, 1000)
    weight = betas / (2 * (1 - betas) * (1 - np.cumprod(1 - betas)))
    assert weight[0] / weight[299] == pytest.approx(100, rel=0.05)
    assert weight[999] > 1.9 * weight[299]


MIXTURE = GaussianMixture(tensor([-1.0, 0.5], [1.2, 1.0], [0.3, -1.4]), tensor(0.05, 0.2, 0.02))


def mixture_chain(steps: int) -> GaussianChain:
    schedule = Trig()
    guess, process = posterior_mean(MIXTURE, schedule), Gaussian(schedule)
    x0 = MIXTURE.sample(20_000, rng(7))

    def variance(t, s):
        x_t = process.forward(x0, process.sample_noise(x0, rng(8)), t)
        left = variance_from_errors(x0, guess(x_t, t))
        return reverse_variance(schedule, t, s, markov_sigma_tilde(schedule, t, s), left)

    return GaussianChain(schedule, guess, np.linspace(1, 0, steps + 1).tolist(), variance)


def test_a_mixture_is_bounded_more_tightly_with_more_steps() -> None:
    """Paired differences to -log p(x0); each comparison has 5 standard errors: rate below 1e-5."""
    x0 = MIXTURE.sample(4000, rng(3))
    exact, gaps = -MIXTURE.log_prob(x0, 0.0, Trig()), []
    for steps in (2, 8, 32):
        model = mixture_chain(steps)
        elbo, path = model.elbo(x0, generator=rng(4)).total, model.raw_bound(x0, generator=rng(5))
        differ = elbo - path
        assert abs(differ.mean()) < 5 * differ.std() / math.sqrt(len(x0))
        gaps.append(elbo - exact)
    assert gaps[-1].mean() > 5 * gaps[-1].std() / math.sqrt(len(x0))
    for loose, tight in zip(gaps, gaps[1:]):
        assert (loose - tight).mean() > 5 * (loose - tight).std() / math.sqrt(len(x0))


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


def test_three_formulas_on_samples() -> None:
    """x_t drawn from p_t in two dimensions: within 5 standard errors of E tr Cov / 2, rate below 1e-5."""
    n, t, schedule = 40_000, 0.4, Linear()
    x0 = MIXTURE.sample(n, rng(10))
    x_t = Gaussian(schedule).forward(x0, torch.randn(n, 2, generator=rng(11), dtype=F64), t)
    want = MIXTURE.x0_cov(x_t, t, schedule).diagonal(dim1=1, dim2=2).mean(1)
    eps, ratio = MIXTURE.eps_mean(x_t, t, schedule), (schedule.sigma(t) / schedule.alpha(t)) ** 2
    errors = (x0 - MIXTURE.x0_mean(x_t, t, schedule)).square().mean(1)
    found = [
        (variance_from_errors(x0, MIXTURE.x0_mean(x_t, t, schedule)), errors),
        (variance_from_eps(eps, t, schedule), ratio * (1 - eps.square().mean(1))),
    ]
    for value, each in found:
        assert abs(value - float(want.mean())) < 5 * float((each - want).std()) / math.sqrt(n)
    score = variance_from_score(MIXTURE.score(x_t, t, schedule), t, schedule)
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
    x0, process = MIXTURE.sample(n, rng(20)), Gaussian(schedule)
    x_t = process.forward(x0, process.sample_noise(x0, rng(21)), t)
    guess = posterior_sample(MIXTURE, schedule)(x_t, t, rng(22))
    x_s = reverse_step(process, guess, x_t, t, s, Interpolate(sigma_tilde), rng(23))
    mean = MIXTURE.x0_mean(x_t, t, schedule)
    kept = math.sqrt(1 - sigma_tilde**2) * process.infer_noise(mean, x_t, t)
    squares = (x_s - process.forward(mean, kept, s)).square().mean(1)
    left = float(MIXTURE.x0_cov(x_t, t, schedule).diagonal(dim1=1, dim2=2).mean())
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


# The bound for every design, on finite worlds: x0, noise and x_t from small sets.


def random_law(g: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=g, dtype=F64).pow(2).add(0.02).softmax(-1)


def invariant(g: torch.Generator, q: torch.Tensor) -> torch.Tensor:
    """A random kernel with q K = q: Metropolis's rule on random proposals."""
    propose = random_law(g, len(q), len(q))
    flow = torch.minimum(q[:, None] * propose, (q[:, None] * propose).T)
    kernel = flow / q[:, None]
    return kernel - torch.diag(kernel.diag()) + torch.diag(1 - kernel.sum(1) + kernel.diag())


class World:
    """Random maps F_t on 3 objects and 4 noises, random designs, guesses that are a little wrong."""

    def __init__(self, seed: int, error: float, sound: bool = True, n=3, noises=4, m=3, steps=3):
        g = rng(seed)
        self.p0, q = random_law(g, n), random_law(g, noises)
        maps = [torch.randint(m, (n, noises), generator=g) for _ in range(steps)]
        identity = torch.arange(n)[:, None].expand(n, noises)
        hot = [torch.nn.functional.one_hot(f, m).double() for f in maps]
        hot += [torch.nn.functional.one_hot(identity, n).double()]
        self.likelihoods = [torch.einsum("e,xem->xm", q, f) for f in hot]
        self.steps, self.guesses = [], []
        for forward_t, forward_s, law in zip(hot, hot[1:], self.likelihoods):
            kernel = invariant(g, q) if sound else random_law(g, noises, noises)
            joint = torch.einsum("e,xem->mxe", q, forward_t)
            inferred = joint / joint.sum(-1, keepdim=True).clamp(min=1e-300)
            self.steps.append(torch.einsum("mxe,ef,xfs->mxs", inferred, kernel, forward_s))
            exact = self.p0 * law.T
            exact = exact / exact.sum(-1, keepdim=True).clamp(min=1e-300)
            exact = torch.where(exact.sum(-1, keepdim=True) > 0, exact, self.p0)
            reach = (exact > 0).double() * random_law(g, m, n)
            wrong = reach / reach.sum(-1, keepdim=True)
            self.guesses.append((1 - error) * exact + error * wrong)
        p_T = self.p0 @ self.likelihoods[0]
        self.prior = (1 - error) * p_T + error * random_law(g, m)

    def divergence(self) -> float:
        """KL(p_0 || q_0), by running the chain on the whole law."""
        law = self.prior
        for guess, step in zip(self.guesses, self.steps):
            law = torch.einsum("m,mx,mxs->s", law, guess, step)
        return float((self.p0 * (self.p0 / law).log()).sum())

    def bound(self) -> tuple[torch.Tensor, torch.Tensor]:
        return design_bound(self.p0, self.likelihoods[:-1], self.guesses, self.prior)


@pytest.mark.parametrize("error", [0.0, 0.1, 0.5, 1.0])
def test_the_bound_holds_for_every_design(error) -> None:
    gaps = []
    for seed in range(60):
        world = World(seed, error)
        prior, steps = world.bound()
        assert steps.shape == (3,) and float(prior) >= -1e-15 and float(steps.min()) >= -1e-15
        gaps.append(float(prior + steps.sum()) - world.divergence())
    assert min(gaps) > -1e-12
    assert max(gaps) < 1e-12 if error == 0 else max(gaps) > 1e-3


def test_a_design_that_changes_the_law_of_the_noise_breaks_the_bound() -> None:
    """Exact guesses make the bound 0; a kernel with q K != q still misses the data."""
    missed = 0
    for seed in range(60):
        world = World(seed, 0.0, sound=False)
        prior, steps = world.bound()
        assert float(prior + steps.sum()) < 1e-12
        missed += world.divergence() > 1e-4
    assert missed > 40


def test_the_bound_is_cross_entropy_less_entropy() -> None:
    world = World(4, 0.4)
    _, steps = world.bound()
    for law, guess, step in zip(world.likelihoods, world.guesses, steps):
        joint = world.p0[:, None] * law
        cross = -torch.xlogy(joint, guess.T).sum()
        own = -(torch.xlogy(joint, joint).sum() - torch.xlogy(joint.sum(0), joint.sum(0)).sum())
        assert float(cross - own) == pytest.approx(float(step), abs=1e-12)


def test_a_guess_that_excludes_the_truth_costs_infinity() -> None:
    p0, law = tensor(0.5, 0.5), tensor([1.0, 0.0], [0.0, 1.0])
    _, steps = design_bound(p0, [law], [tensor([0.0, 1.0], [0.0, 1.0])], p0)
    assert float(steps[0]) == math.inf


# The exact likelihood of a flow.


def at(t: float, schedule):
    return lambda x: MIXTURE.log_prob(x, t, schedule)


def field(schedule):
    return lambda x, t: MIXTURE.velocity(x, t, schedule)


def grid(steps: int, start: float = 0.0) -> list[float]:
    return np.linspace(start, 1.0, steps + 1).tolist()


POINTS = MIXTURE.sample(12, rng(40))


@pytest.mark.parametrize(
    "schedule, start",
    [(Linear(), 0.0), (Trig(), 0.0), (VPLinear(), 0.01), (VE(0.1, 10.0), 0.0)],
    ids=["Linear", "Trig", "VPLinear", "VE"],
)
def test_the_flow_knows_the_density(schedule, start) -> None:
    """160 steps of order 4 leave 1e-5 nats; the same flow without its divergence is off by 0.1 nats."""
    found = ode_log_likelihood(field(schedule), POINTS, grid(160, start), at(1.0, schedule))
    want = MIXTURE.log_prob(POINTS, start, schedule)
    torch.testing.assert_close(found, want, rtol=0, atol=1e-5)
    still = lambda v, x, t: (v(x, t), x.new_zeros(len(x)))
    none = ode_log_likelihood(field(schedule), POINTS, grid(160, start), at(1.0, schedule), still)
    assert float((none - want).abs().max()) > 0.1


def test_the_prior_of_a_straight_flow_is_normal() -> None:
    normal = lambda x: gaussian_log_prob(x, 0.0, 1.0)
    found = ode_log_likelihood(field(Linear()), POINTS, grid(160), normal)
    torch.testing.assert_close(found, MIXTURE.log_prob(POINTS, 0.0, Linear()), rtol=0, atol=1e-5)


def test_against_an_adaptive_solver() -> None:
    """scipy's Dormand-Prince at tolerance 1e-10, with the divergence by finite differences."""
    schedule, x = Linear(), POINTS[:4]

    def slope(t, state):
        z = torch.as_tensor(state[:8].reshape(4, 2))
        v, div, h = MIXTURE.velocity(z, t, schedule), 0.0, 1e-5
        for e in torch.eye(2, dtype=F64):
            ahead, behind = (MIXTURE.velocity(z + k * h * e, t, schedule) for k in (1, -1))
            div = div + ((ahead - behind) @ e) / (2 * h)
        return np.concatenate([v.numpy().ravel(), div.numpy()])

    start = np.concatenate([x.numpy().ravel(), np.zeros(4)])
    end = solve_ivp(slope, (0.0, 1.0), start, rtol=1e-10, atol=1e-10).y[:, -1]
    want = stats.norm.logpdf(end[:8].reshape(4, 2)).sum(1) + end[8:]
    found = ode_log_likelihood(field(schedule), x, grid(160), at(1.0, schedule))
    np.testing.assert_allclose(found.numpy(), want, atol=2e-5)


def test_the_order_of_the_flow_is_four() -> None:
    """exp is the flow of v = x: halving the step divides the error of its divergence-free end by 16."""
    errors = []
    for steps in (4, 8, 16):
        end = ode_log_likelihood(lambda x, t: t * x, tensor([1.0]), grid(steps), lambda x: x[:, 0])
        errors.append(abs(float(end) - math.exp(0.5) - 0.5))
    slopes = [math.log2(a / b) for a, b in zip(errors, errors[1:])]
    assert all(3.7 < slope < 4.4 for slope in slopes)


def test_the_divergence_of_images() -> None:
    """A linear field on (batch, 1, 2, 3): the trace of its matrix."""
    matrix = torch.randn(6, 6, generator=rng(50), dtype=F64)
    x = torch.randn(4, 1, 2, 3, generator=rng(51), dtype=F64)
    v, div = exact_divergence(lambda x, t: (x.flatten(1) @ matrix.T).reshape(x.shape), x, 0.0)
    torch.testing.assert_close(v.flatten(1), x.flatten(1) @ matrix.T)
    torch.testing.assert_close(div, matrix.trace().expand(4))


SIGNS = tensor([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0])


def test_hutchinson_is_unbiased() -> None:
    """The average over all four sign vectors is the exact answer: no chance is left to test."""
    schedule = Linear()
    run = lambda d: ode_log_likelihood(field(schedule), POINTS, grid(40), at(1.0, schedule), d)
    exact = run(exact_divergence)
    each = torch.stack([run(Hutchinson(z.expand(1, *POINTS.shape))) for z in SIGNS])
    torch.testing.assert_close(each.mean(0), exact, rtol=0, atol=1e-11)
    together = run(Hutchinson(SIGNS[:, None].expand(4, *POINTS.shape)))
    torch.testing.assert_close(together, exact, rtol=0, atol=1e-11)
    assert float((each[0] - exact).abs().max()) > 1e-2


def test_probes_are_seeded_signs() -> None:
    """The mean of z z^T over 20000 probes is I to 5 standard errors, rate below 1e-5."""
    x = torch.zeros(2, 2, dtype=F64)
    probes = Hutchinson.signs(x, 10_000, rng(60)).probes
    assert torch.equal(probes, Hutchinson.signs(x, 10_000, rng(60)).probes)
    assert torch.equal(probes.abs(), torch.ones_like(probes)) and probes.dtype == F64
    flat = probes.reshape(-1, 2)
    assert abs(float((flat[:, 0] * flat[:, 1]).mean())) < 5 / math.sqrt(len(flat))
    assert float(flat.mean(0).abs().max()) < 5 / math.sqrt(len(flat))


def test_a_network_serves_as_velocity_without_leaving_gradients() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)).double()
    with torch.no_grad():
        found = ode_log_likelihood(lambda x, t: net(x), POINTS, grid(3), at(1.0, Linear()))
    assert found.shape == (12,) and not found.requires_grad
    assert all(p.grad is None for p in net.parameters())


# Bad input.

ROW = torch.ones(1, 1, dtype=F64)


@pytest.mark.parametrize(
    "error, words, call",
    [
        (ValueError, "^variance ", lambda: gaussian_log_prob(ROW, ROW, 0.0)),
        (ValueError, "^variance_p ", lambda: gaussian_kl(ROW, 1.0, ROW, -1.0)),
        (ValueError, "^s must be earlier", lambda: markov_sigma_tilde(Trig(), 0.3, 0.3)),
        (ValueError, "^s must be earlier", lambda: reverse_variance(Trig(), 0.3, 0.4, 0.0, 0.1)),
        (ValueError, "^sigma_tilde ", lambda: reverse_variance(Trig(), 0.3, 0.1, 1.1, 0.1)),
        (ValueError, "^sigma_bar_squared ", lambda: reverse_variance(Trig(), 0.3, 0.1, 0.0, -0.1)),
        (ValueError, "^sigma_bar_squared ", lambda: reverse_variance(Trig(), 0.3, 0.1, 0.0, math.nan)),
        (ValueError, "^t must lie", lambda: reverse_variance(Trig(), 1.3, 0.1, 0.0, 0.1)),
        (ValueError, "^t must have alpha_t > 0", lambda: variance_from_eps(ROW, 1.0, Linear())),
        (ValueError, "^t must have sigma_t > 0", lambda: variance_from_score(ROW, 0.0, Linear())),
        (ValueError, "^x0_hat ", lambda: variance_from_errors(ROW, ROW.expand(2, 1))),
        (ValueError, "^weights ", lambda: variance_from_errors(ROW, ROW, tensor(1.0, 1.0))),
        (ValueError, "^x0 - x0_hat ", lambda: variance_from_errors(ROW[:0], ROW[:0])),
        (TypeError, "^eps_hat ", lambda: variance_from_eps(ROW.long(), 0.5, Linear())),
        (TypeError, "^predictor ", lambda: GaussianChain(CHAIN, 3.0, [1, 0], best)),
        (TypeError, "^variance ", lambda: GaussianChain(CHAIN, GUESS, [1, 0], 0.1)),
        (TypeError, "^schedule ", lambda: GaussianChain("vp", GUESS, [1, 0], best)),
        (ValueError, "^times .*decrease", lambda: GaussianChain(CHAIN, GUESS, [0, 1], best)),
        (ValueError, "^times .*two", lambda: GaussianChain(CHAIN, GUESS, [0], best)),
        (ValueError, "^times must end", lambda: GaussianChain(CHAIN, GUESS, [3, 2], best)),
        (ValueError, "^times must end", lambda: GaussianChain(VE(), GUESS, [1, 0], best)),
        (ValueError, "^times must end", lambda: GaussianChain(ConstantNoise(), GUESS, [1, 0], best)),
        (ValueError, "^variance ", lambda: chain(variance=lambda t, s: 0.0).elbo(ROW)),
        (ValueError, "^noise ", lambda: chain().elbo(ROW, ROW.expand(2, 1))),
        (ValueError, "^noise ", lambda: chain().raw_bound(ROW, ROW)),
        (ValueError, "^guesses must be as many", lambda: design_bound(tensor(1.0), [ROW], [], tensor(1.0))),
        (ValueError, "^p0 ", lambda: design_bound(tensor(0.5), [ROW], [ROW], tensor(1.0))),
        (ValueError, "^prior ", lambda: design_bound(tensor(1.0), [ROW], [ROW], tensor(0.5, 0.5))),
        (ValueError, "^every entry of guesses", lambda: design_bound(tensor(1.0), [ROW], [2 * ROW], ROW[0])),
        (ValueError, "^times .*increase", lambda: ode_log_likelihood(field(Trig()), POINTS, [1, 0], at(1, Trig()))),
        (TypeError, "^x ", lambda: ode_log_likelihood(field(Trig()), POINTS.long(), [0, 1], at(1, Trig()))),
        (ValueError, r"^velocity\(x, t\) ", lambda: exact_divergence(lambda x, t: x[:, :1], POINTS, 0.5)),
        (ValueError, "^velocity must be diff", lambda: exact_divergence(lambda x, t: x.detach(), POINTS, 0.5)),
        (ValueError, "^probes ", lambda: Hutchinson(SIGNS)(field(Trig()), POINTS, 0.5)),
    ],
)  # fmt: skip
def test_bad_input(error, words, call) -> None:
    with pytest.raises(error, match=words):
        call()
