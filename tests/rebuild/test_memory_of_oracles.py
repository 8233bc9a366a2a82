"""Oracles work in blocks: the same answers and draws, and no temporary that grows with batch times data."""

from __future__ import annotations

import pytest
import torch

from udm_lessons._arrays import batches
from udm_lessons.destroy import Blur, Gaussian, Masking, Schedule, Trig, VPLinear
from udm_lessons.rebuild import FiniteData, GaussianMixture

from worlds.memory import peak_megabytes
from worlds.statistics import rng

PROCESSES = {"Gaussian": Gaussian(Trig()), "Blur": Blur((4, 4), schedule=VPLinear())}
IMAGES = torch.randn(50, 1, 4, 4, generator=rng(0), dtype=torch.float64)
TIMES = torch.linspace(0.2, 0.9, 12, dtype=torch.float64)
TOKENS = torch.randint(0, 4, (300, 16), generator=rng(1))


def mixture(k: int, d: int) -> GaussianMixture:
    means, rest = torch.randn(k, d, generator=rng(2)).double(), torch.rand(2, k, generator=rng(3)).double()
    return GaussianMixture(means, 0.1 + rest[0], 0.1 + rest[1])


@pytest.mark.parametrize("chunk", [1, 60, 1000])
@pytest.mark.parametrize("t", [0.5, TIMES], ids=["one time", "a time for each"])
def test_blocks_change_nothing(t, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = IMAGES[:12].flip(0) + 0.3
    images, gaussians = FiniteData(IMAGES, PROCESSES["Gaussian"]), mixture(9, 5)
    tokens = FiniteData(TOKENS, Masking(4))
    hidden, points = TOKENS[:12].clone(), torch.randn(12, 5, generator=rng(4)).double()
    hidden[:, 3:] = 4

    def everything():
        for name in ("weights", "x0_mean", "x0_cov", "mmse", "entropy"):
            yield getattr(images, name)(x, t)
        yield images.sample_x0(x, t, rng(5))
        yield tokens.marginals(hidden, t, 4)
        yield tokens.sample_x0(hidden, t, rng(6))
        for name in ("log_prob", "x0_mean", "eps_mean", "score", "velocity", "x0_cov"):
            yield getattr(gaussians, name)(points, t, Trig())
        yield gaussians.sample_x0(points, t, Trig(), rng(7))

    whole = [*everything()]
    monkeypatch.setattr(batches, "CHUNK", chunk)
    for one, other in zip(whole, everything(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)
    with pytest.raises(ValueError, match="sample 7 is not"):
        tokens.weights(hidden.index_fill(0, torch.tensor([7]), 5), t)


def test_marginals_count_tokens_without_one_hots() -> None:
    """20,000 rows of 20 tokens of 30: the one-hots would take 96 MB; a token too many is an error."""
    data = torch.randint(0, 30, (20_000, 20), generator=rng(8))
    oracle, x_t = FiniteData(data, Masking(30)), torch.full((2, 20), 30)
    x_t[1, 0] = 7
    found = oracle.marginals(x_t, 0.5, 30)
    for row, kept in zip(found, (data, data[data[:, 0] == 7])):
        expected = torch.stack([column.bincount(minlength=30) for column in kept.T]) / len(kept)
        torch.testing.assert_close(row, expected.double(), rtol=1e-6, atol=1e-7)
    assert peak_megabytes(lambda: oracle.marginals(x_t, 0.5, 30)) < 40
    with pytest.raises(ValueError, match=r"data must lie in \[0, 28\]; got 29"):
        oracle.marginals(x_t, 0.5, 29)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_time_for_each_sample_costs_no_memory(name: str) -> None:
    """In MB, of which the answer has 1.6: as with one time for all, whatever the data's dimension."""
    data, x = IMAGES.repeat(40, 1, 1, 1), IMAGES.repeat(2, 1, 1, 1)
    oracle, times = FiniteData(data, PROCESSES[name]), torch.linspace(0.2, 0.9, 100).double()
    one = peak_megabytes(lambda: oracle.weights(x, 0.5))
    assert peak_megabytes(lambda: oracle.weights(x, times)) < one + 1 < 9


class Faint(Schedule):
    """A signal of this strength at all times, beside noise of strength 1."""

    def __init__(self, strength: float):
        self.strength = strength

    def alpha(self, t):
        return self.strength + 0 * t

    def sigma(self, t):
        return 1.0 + 0 * t

    def d_alpha(self, t):
        return 0 * t

    def d_sigma(self, t):
        return 0 * t


@pytest.mark.parametrize("dtype, rtol", [(torch.float64, 1e-13), (torch.float32, 1e-5)])
@pytest.mark.parametrize("strength", [0.0, 1e-300, 1e-40, 1e-12, 1e-5, 1.0, 1e4])
def test_faint_signals_with_a_time_for_each(strength: float, dtype: torch.dtype, rtol: float) -> None:
    """Beside the one-time path, which knows no division by alpha."""
    process, x = Gaussian(Faint(strength)), IMAGES[:4].to(dtype) * 30
    together = process.pairwise_log_likelihood(x, IMAGES.to(dtype), torch.full((4,), 0.5).double())
    torch.testing.assert_close(
        together, process.pairwise_log_likelihood(x, IMAGES.to(dtype), 0.5), rtol=rtol, atol=rtol
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", PROCESSES)
def test_half_precision_data_has_a_posterior(name: str, dtype: torch.dtype) -> None:
    """With one time and a time for each, beside float64: 2% is the rounding of x_t and of alpha."""
    x = IMAGES[:6].to(dtype)
    exact = FiniteData(x.double(), PROCESSES[name]).weights(x.double(), 0.7)
    for t in (0.7, torch.full((6,), 0.7, dtype=torch.float64)):
        found = FiniteData(x, PROCESSES[name]).weights(x, t)
        torch.testing.assert_close(found.double(), exact, rtol=0, atol=0.02)


def test_covariances_and_mixtures_are_taken_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """In MB. Whole, the largest temporaries would be 40 (batch x data x d) and 16 (batch x k x d)."""
    monkeypatch.setattr(batches, "CHUNK", 100_000)
    data = torch.randn(2000, 25, generator=rng(9), dtype=torch.float64)
    oracle = FiniteData(data, PROCESSES["Gaussian"])
    assert peak_megabytes(lambda: oracle.x0_cov(data[:100], 0.5)) < 8
    gaussians = mixture(200, 20)
    points = gaussians.sample(500, rng(10))
    for name in ("velocity", "x0_cov"):
        assert peak_megabytes(lambda: getattr(gaussians, name)(points, 0.5, Trig())) < 8
    assert peak_megabytes(lambda: gaussians.sample_x0(points, 0.5, Trig())) < 8
