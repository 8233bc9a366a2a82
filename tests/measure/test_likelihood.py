"""Gaussians and the bound of a chain, each against a value found in another way. And bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import distributions

from udm_lessons.destroy import VE, ConstantNoise, Gaussian, Linear, Trig
from udm_lessons.measure import (
    GaussianChain,
    Hutchinson,
    design_bound,
    exact_divergence,
    gaussian_kl,
    gaussian_log_prob,
    markov_sigma_tilde,
    ode_log_likelihood,
    reverse_variance,
    variance_from_eps,
    variance_from_errors,
    variance_from_score,
)
from udm_lessons.rebuild import GaussianMixture, posterior_mean

from worlds.mixtures import ABAR, BETAS, CHAIN, F64, MEAN, PLANE, VARIANCE, T, tensor
from worlds.statistics import rng


def cubature(n: int) -> torch.Tensor:
    """2n points of R^n whose average is the mean under N(0, I) of any polynomial of degree 3."""
    axes = math.sqrt(n) * torch.eye(n, dtype=F64)
    return torch.cat([axes, -axes])


TIMES = list(range(T, -1, -1))
ENTROPY = 0.5 * math.log(2 * math.pi * math.e * VARIANCE)
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


def own_cross_entropy(predictor, variance, prior_mean=0.0, prior_variance=1 - ABAR[T]) -> float:
    """E[-log p(x0)] under the chain's own law of x0: every step is affine, so that law is a Gaussian."""
    m, v = prior_mean, prior_variance
    for t in range(T, 0, -1):
        beta, abar, before = float(BETAS[t - 1]), ABAR[t], ABAR[t - 1]
        of_x0, of_x_t = math.sqrt(before) * beta / (1 - abar), math.sqrt(1 - beta) * (1 - before) / (1 - abar)
        offset, ahead = (float(predictor(tensor([x]), float(t))) for x in (0.0, 1.0))
        slope = of_x0 * (ahead - offset) + of_x_t
        m, v = of_x0 * offset + slope * m, slope**2 * v + variance(float(t), t - 1.0)
    return 0.5 * math.log(2 * math.pi * v) + (VARIANCE + (MEAN - m) ** 2) / (2 * v)


@pytest.mark.parametrize("prior", [TRUE_PRIOR, {"prior_variance": 1.0}, {"prior_mean": 3.0}], ids=str)
@pytest.mark.parametrize("variance", [best, large, small], ids=lambda f: f.__name__)
@pytest.mark.parametrize("predictor", [GUESS, crooked], ids=["exact", "crooked"])
def test_the_total_is_above_the_chain_itself(predictor, variance, prior) -> None:
    """E total >= E[-log p(x0)] of the model, which is itself above the entropy; equal where all is solved."""
    parts = terms(chain(predictor, variance, **prior))
    truth = own_cross_entropy(predictor, variance, **prior)
    assert sum(parts) > truth - 1e-12 and truth > ENTROPY - 1e-12
    if (predictor, variance, prior) == (GUESS, best, TRUE_PRIOR):
        assert sum(parts) == pytest.approx(truth, abs=1e-12)
    else:
        assert sum(parts) > truth + 1e-4


def test_control_terms_that_are_left_out_are_no_bound() -> None:
    """Without the prior's term the sum is below the model's own value, without the steps by far."""
    first, steps, last = terms(chain(prior_mean=3.0))
    truth = own_cross_entropy(GUESS, best, prior_mean=3.0)
    assert steps + last < truth - 1e-3 < truth < first + steps + last
    first, _, last = terms(chain(prior_variance=1.0))
    assert first + last < own_cross_entropy(GUESS, best, prior_variance=1.0) - 1


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


def mixture_chain(steps: int) -> GaussianChain:
    schedule = Trig()
    guess, process = posterior_mean(PLANE, schedule), Gaussian(schedule)
    x0 = PLANE.sample(20_000, rng(7))

    def variance(t, s):
        x_t = process.forward(x0, process.sample_noise(x0, rng(8)), t)
        left = variance_from_errors(x0, guess(x_t, t))
        return reverse_variance(schedule, t, s, markov_sigma_tilde(schedule, t, s), left)

    return GaussianChain(schedule, guess, np.linspace(1, 0, steps + 1).tolist(), variance)


def test_a_mixture_is_bounded_more_tightly_with_more_steps() -> None:
    """Paired differences to -log p(x0); each comparison has 5 standard errors: rate below 1e-5."""
    x0 = PLANE.sample(4000, rng(3))
    exact, gaps = -PLANE.log_prob(x0, 0.0, Trig()), []
    for steps in (2, 8, 32):
        model = mixture_chain(steps)
        elbo, path = model.elbo(x0, generator=rng(4)).total, model.raw_bound(x0, generator=rng(5))
        differ = elbo - path
        assert abs(differ.mean()) < 5 * differ.std() / math.sqrt(len(x0))
        gaps.append(elbo - exact)
    assert gaps[-1].mean() > 5 * gaps[-1].std() / math.sqrt(len(x0))
    for loose, tight in zip(gaps, gaps[1:]):
        assert (loose - tight).mean() > 5 * (loose - tight).std() / math.sqrt(len(x0))


# The exact likelihood of a flow.


def at(t: float, schedule):
    return lambda x: PLANE.log_prob(x, t, schedule)


def field(schedule):
    return lambda x, t: PLANE.velocity(x, t, schedule)


POINTS = PLANE.sample(12, rng(40))
SIGNS = tensor([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0])


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
