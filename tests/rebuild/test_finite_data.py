"""The exact posterior over a data set, against direct likelihoods and brute-force enumeration.

Statistical checks fail by chance with probability below 1e-6 each; the seeds are fixed.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.fft import dctn, idctn
from torch import Tensor

from udm_lessons._arrays import batches
from udm_lessons.destroy import (
    Blur,
    Cold,
    CosineLevel,
    Deletion,
    DiscreteSchedule,
    ForwardProcess,
    Gaussian,
    Masking,
    Replacement,
    Trig,
    VPLinear,
)
from udm_lessons.rebuild import FiniteData, posterior_mean, posterior_sample

MASK, PAD = 3, 9
IMAGES = torch.randn(7, 1, 2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
TOKENS = torch.tensor([[0, 1, 2], [0, 1, 1], [2, 2, 0], [1, 0, 1]])
STRINGS = torch.tensor([[0, 1, 0, 1], [0, 0, 1, PAD], [1, 0, PAD, PAD], [1, 1, 0, 0], [0, 1, 0, 1]])
PRIOR = torch.tensor([1.0, 2.0, 0.5, 3.0, 0.25, 1.0, 4.0]).double()


def softmax(log_likelihood: np.ndarray, prior: Tensor | None = None) -> Tensor:
    """Bayes, in the plain domain."""
    weights = np.exp(log_likelihood) * (1.0 if prior is None else prior.numpy())
    return torch.as_tensor(weights / weights.sum(1, keepdims=True))


def noisy(process: ForwardProcess, data: Tensor, t: float | Tensor, copies: int = 1) -> Tensor:
    x0, generator = data.repeat_interleave(copies, 0), torch.Generator().manual_seed(4)
    return process.forward(x0, process.sample_noise(x0, generator), t)


def close(a: Tensor, b: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(a, b, atol=tolerance, rtol=tolerance)


def gaussian_likelihood(x_t: Tensor, means: np.ndarray, sigma: float) -> np.ndarray:
    return stats.norm.logpdf(x_t[:, None].numpy(), means[None], sigma).sum((2, 3, 4))


@pytest.mark.parametrize("prior", [None, PRIOR], ids=["equal", "weighted"])
@pytest.mark.parametrize("t", [0.2, 0.4, 0.6])
def test_weights_of_noisy_images(t: float, prior: Tensor | None) -> None:
    schedule = VPLinear()
    process = Gaussian(schedule)
    x_t = noisy(process, IMAGES, t)
    log_p = gaussian_likelihood(x_t, schedule.alpha(t) * IMAGES.numpy(), schedule.sigma(t))
    weights = FiniteData(IMAGES, process, prior).weights(x_t, t)
    close(weights, softmax(log_p, prior))
    variance = gaussian_likelihood(x_t, schedule.alpha(t) * IMAGES.numpy(), schedule.sigma(t) ** 2)
    with pytest.raises(AssertionError):  # control: the variance in place of the deviation
        close(weights, softmax(variance, prior), 1e-6)
    if prior is not None:
        with pytest.raises(AssertionError):  # control: a prior that is left out
            close(weights, softmax(log_p), 1e-6)


@pytest.mark.parametrize("t", [0.2, 0.7, 1.0])
def test_weights_of_blurred_images(t: float) -> None:
    """E[x_t | x0] by scipy's DCT: (k, l) fades by exp(-((pi k/2)^2 + (pi l/3)^2) w^2 / 2)."""
    process = Blur((2, 3), width=1.5, schedule=VPLinear(0.1, 1.0))
    x_t = noisy(process, IMAGES, t)
    k, axes = np.meshgrid(np.arange(2), np.arange(3), indexing="ij"), (2, 3)
    decay = np.exp(-((math.pi * k[0] / 2) ** 2 + (math.pi * k[1] / 3) ** 2) * (1.5 * t) ** 2 / 2)
    alpha, sigma = VPLinear(0.1, 1.0).alpha(t), VPLinear(0.1, 1.0).sigma(t)
    means = alpha * idctn(
        decay * dctn(IMAGES.numpy(), axes=axes, norm="ortho"), axes=axes, norm="ortho"
    )
    close(
        FiniteData(IMAGES, process).weights(x_t, t), softmax(gaussian_likelihood(x_t, means, sigma))
    )


def masking_chance(x_t: tuple, x0: tuple, p: float) -> float:
    return math.prod(p if a == MASK else (1 - p) * (a == b) for a, b in zip(x_t, x0))


def replacement_chance(x_t: tuple, x0: tuple, p: float) -> float:
    return math.prod((1 - p) * (a == b) + p / 3 for a, b in zip(x_t, x0))


def deletion_chance(x_t: tuple, x0: tuple, p: float) -> float:
    """Sums over all 2^n ways to delete."""
    word, seen = ([v for v in x if v != PAD] for x in (x0, x_t))
    total = 0.0
    for kept in product([False, True], repeat=len(word)):
        if [v for v, keep in zip(word, kept) if keep] == seen:
            total += math.prod(1 - p if keep else p for keep in kept)
    return total


TEXTS = [
    (Masking(MASK, CosineLevel()), TOKENS, masking_chance, product(range(4), repeat=3)),
    (Replacement(3, CosineLevel()), TOKENS, replacement_chance, product(range(3), repeat=3)),
    (
        Deletion(PAD, CosineLevel()),
        STRINGS,
        deletion_chance,
        [word + (PAD,) * (4 - n) for n in range(5) for word in product(range(2), repeat=n)],
    ),
]


@pytest.mark.parametrize(
    "process, data, chance, possible", TEXTS, ids=["mask", "replace", "delete"]
)
def test_weights_of_texts_by_enumeration(process, data, chance, possible) -> None:
    """Over every text there is: p(x_t | x0) sums to one, and Bayes gives the weights."""
    t, p, every = 0.7, CosineLevel().p(0.7), torch.tensor(list(possible))
    table = np.array(
        [[chance(tuple(x), tuple(row), p) for row in data.tolist()] for x in every.tolist()]
    )
    np.testing.assert_allclose(table.sum(0), 1, rtol=1e-13)
    close(process.pairwise_log_likelihood(every, data, t).exp(), torch.as_tensor(table))
    reachable = table.sum(1) > 0
    expected = torch.as_tensor(table[reachable] / table[reachable].sum(1, keepdims=True))
    oracle = FiniteData(data, process)
    close(oracle.weights(every[reachable], t), expected)

    marginals = np.zeros((len(expected), data.shape[1], 10))
    for n, row in enumerate(data.tolist()):
        for position, token in enumerate(row):
            marginals[:, position, token] += expected[:, n].numpy()
    close(oracle.marginals(every[reachable], t, 10), torch.as_tensor(marginals))
    close(
        oracle.entropy(every[reachable], t),
        torch.as_tensor(stats.entropy(expected.numpy(), axis=1)),
    )
    for row in every[~reachable][:3]:
        with pytest.raises(
            ValueError, match="x_t must be reachable from some row of the data; sample 0"
        ):
            oracle.weights(row[None], t)


def test_moments_of_images() -> None:
    process, t = Gaussian(Trig()), 0.6
    oracle, x_t, flat = (
        FiniteData(IMAGES, process, PRIOR),
        noisy(process, IMAGES, t),
        IMAGES.flatten(1).numpy(),
    )
    for k, weights in enumerate(oracle.weights(x_t, t).numpy()):
        mean = sum(w * row for w, row in zip(weights, flat))
        cov = np.cov(flat.T, aweights=weights, ddof=0)
        error = sum(w * ((row - mean) ** 2).mean() for w, row in zip(weights, flat))
        one = x_t[k : k + 1]
        close(oracle.x0_mean(one, t)[0], torch.as_tensor(mean).reshape(1, 2, 3))
        close(oracle.x0_cov(one, t)[0], torch.as_tensor(cov))
        close(oracle.mmse(one, t)[0], torch.tensor(error))
        close(oracle.mmse(one, t)[0], oracle.x0_cov(one, t)[0].trace() / 6)
        close(oracle.entropy(one, t)[0], torch.tensor(stats.entropy(weights)))


def test_sample_x0_frequencies() -> None:
    """Chi-square of 40 000 draws from one posterior; alarm at p < 1e-6, and the prior must fail."""
    process, t, n = Gaussian(Trig()), 0.7, 40_000
    oracle, x_t = FiniteData(IMAGES, process, PRIOR), noisy(process, IMAGES, t)[2:3]
    weights = oracle.weights(x_t, t)[0].numpy()
    draws = oracle.sample_x0(x_t.expand(n, 1, 2, 3), t, torch.Generator().manual_seed(0))
    which = (draws[:, None] == IMAGES[None]).flatten(2).all(2)
    assert bool((which.sum(1) == 1).all())
    counts = which.sum(0).numpy()
    assert weights.min() * n > 5
    assert stats.chisquare(counts, weights * n).pvalue > 1e-6
    assert stats.chisquare(counts, (PRIOR / PRIOR.sum()).numpy() * n).pvalue < 1e-6


@pytest.mark.parametrize("chunk", [1, 100, 4_000_000])
def test_the_general_path_is_the_fast_one(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", chunk)
    for process in (Gaussian(VPLinear()), Blur((2, 3), schedule=VPLinear())):
        x_t = noisy(process, IMAGES, 0.4)
        general = ForwardProcess.pairwise_log_likelihood(process, x_t, IMAGES, 0.4)
        close(process.pairwise_log_likelihood(x_t, IMAGES, 0.4), general)


@pytest.mark.parametrize("chunk", [1, 100, 4_000_000])
@pytest.mark.parametrize("batch", [0, 1, 4, 7])
def test_one_time_per_sample(batch: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of 7 are square against the seven rows of data."""
    monkeypatch.setattr(batches, "CHUNK", chunk)
    process, times = Gaussian(VPLinear()), torch.linspace(0.2, 0.9, batch, dtype=torch.float64)
    oracle, x_t = FiniteData(IMAGES, process), noisy(process, IMAGES[:batch], times)
    together = oracle.weights(x_t, times)
    assert together.shape == (batch, 7) and oracle.x0_mean(x_t, times).shape == (batch, 1, 2, 3)
    for k in range(batch):
        close(together[k : k + 1], oracle.weights(x_t[k : k + 1], float(times[k])))
    for wrong in (batch + 1, batch + 7):
        with pytest.raises(ValueError, match="t must hold one time per sample"):
            oracle.weights(x_t, torch.full((wrong,), 0.5))


def test_early_and_late() -> None:
    """Near t = 0 the posterior knows the row; where the signal is gone it is the prior."""
    chain = DiscreteSchedule([0.001] * 10 + [1.0])
    oracle = FiniteData(IMAGES, Gaussian(chain), PRIOR)
    close(oracle.weights(noisy(oracle.process, IMAGES, 1), 1), torch.eye(7).double())
    close(oracle.weights(noisy(oracle.process, IMAGES, 11), 11), (PRIOR / PRIOR.sum()).expand(7, 7))
    close(oracle.entropy(noisy(oracle.process, IMAGES, 1), 1), torch.zeros(7).double())


def test_what_is_refused() -> None:
    images, tokens = FiniteData(IMAGES, Gaussian(Trig())), FiniteData(TOKENS, Masking(MASK))
    with pytest.raises(ValueError, match="sample 1 is not"):
        images.weights(torch.stack([IMAGES[0], torch.full_like(IMAGES[0], math.nan)]), 0.5)
    with pytest.raises(ValueError, match="sigma_t > 0"):
        images.weights(IMAGES, 0.0)
    with pytest.raises(TypeError, match="data must hold tokens"):
        images.marginals(IMAGES, 0.5, 4)
    for method in (tokens.x0_mean, tokens.x0_cov, tokens.mmse):
        with pytest.raises(TypeError, match="data must be a floating-point tensor"):
            method(TOKENS, 0.5)
    with pytest.raises(TypeError, match=r"Cold has no tractable log p\(x_t \| x0\)"):
        FiniteData(IMAGES, Cold(lambda x0, t: (1 - t) * x0)).weights(IMAGES, 0.5)


def test_predictors_of_finite_data() -> None:
    oracle = FiniteData(IMAGES, Gaussian(Trig()))
    x_t = noisy(oracle.process, IMAGES, 0.5)
    close(posterior_mean(oracle)(x_t, 0.5), oracle.x0_mean(x_t, 0.5), 0.0)
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    drawn = posterior_sample(oracle)(x_t, 0.5, generators[0])
    close(drawn, oracle.sample_x0(x_t, 0.5, generators[1]), 0.0)
