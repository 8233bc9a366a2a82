"""Strings of thousands of letters: exact integers beside the recursions, and how much memory they hold."""

from __future__ import annotations

import math
import random
from decimal import Decimal, localcontext

import pytest
import torch

from udm_lessons._arrays import batches
from udm_lessons.destroy import (
    Deletion,
    Editing,
    alignment,
    alignment_table,
    count_embeddings,
    embeddings,
    log_embeddings,
    sample_alignment,
)
from udm_lessons.destroy.scaled import Scaled
from udm_lessons.rebuild import FiniteData

from worlds.memory import peak_megabytes
from worlds.processes import PAD
from worlds.statistics import rng


def count(x0: list[int], y: list[int]) -> int:
    """The recursion in whole numbers of any size."""
    ways = [0] * len(y) + [1]
    for token in reversed(x0):
        for j, other in enumerate(y):
            if token == other:
                ways[j] += ways[j + 1]
    return ways[0]


def binary(n: int, share: float, seed: int) -> tuple[list[int], list[int]]:
    """A random string of two letters, and what is left if this share stays."""
    draw = random.Random(seed)
    x0 = [draw.randrange(2) for _ in range(n)]
    return x0, [token for token in x0 if draw.random() < share]


def log_of(value: Decimal | int) -> float:
    with localcontext() as context:
        context.prec = 60
        return Decimal(value).ln()


def strings(n: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """n random strings, and what is left of each at p = 0.4."""
    x0 = torch.randint(0, 3, (n, width), generator=rng(0))
    return x0, Deletion(PAD).forward(x0, torch.rand(x0.shape, generator=rng(1), dtype=torch.float64), 0.4)


@pytest.mark.parametrize("n, share", [(900, 0.5), (1030, 0.9), (1031, 0.5), (2000, 0.5), (2000, 0.97)])
def test_the_likelihood_of_long_strings_is_exact(n: int, share: float) -> None:
    """log p beside 60 digits: the relative error of p is below 1e-11."""
    x0, y = binary(n, share, n)
    ways, p = count(x0, y), 0.45
    with localcontext() as context:
        context.prec = 60
        gone = len(x0) - len(y)
        exact = Decimal(ways).ln() + len(y) * (1 - Decimal(p)).ln() + gone * Decimal(p).ln()
    pair = torch.tensor([x0]), torch.tensor([y])
    for found in (
        Deletion(PAD).log_likelihood(pair[1], pair[0], p),
        Editing(PAD, 2, None, 0.0, 0.0).log_likelihood(pair[1], pair[0], p),
        alignment_table(*pair, PAD, p).log_likelihood,
    ):
        assert abs(float(Decimal(float(found)) - exact)) < 1e-11
    assert abs(float(Decimal(float(log_embeddings(*pair, PAD))) - log_of(ways))) < 1e-11


def test_a_count_is_exact_or_refused() -> None:
    """C(n, n/2) passes the largest float64 at n = 1030; a small count in long strings does not."""
    x = lambda n: torch.zeros(1, n, dtype=torch.int64)  # noqa: E731
    for n, m in [(1000, 500), (1029, 514), (2000, 3), (2000, 1999), (3000, 2998)]:
        assert float(count_embeddings(x(n), x(m), PAD)) == pytest.approx(math.comb(n, m), rel=1e-12)
    assert float(count_embeddings(x(1500), x(1501), PAD)) == 0
    assert float(log_embeddings(x(1500), x(1501), PAD)) == -math.inf
    with pytest.raises(ValueError, match=r"x0 must hold x_t in at most 1.8e308 ways; row 1 does in e\^710"):
        count_embeddings(x(1030).repeat(2, 1), torch.cat([torch.full((1, 515), 1), x(515)]), PAD)
    expected = float(log_of(math.comb(4000, 2000)))
    assert float(log_embeddings(x(4000), x(2000), PAD)) == pytest.approx(expected, abs=1e-11)


def test_a_small_count_beside_a_huge_one_is_kept() -> None:
    """ "b" stands once, before it 1,500 a hide in 3,000: its count of 1 must not vanish beside e^2000."""
    x0 = torch.tensor([[2] + [1] * 1500 + [0] * 3000 + [3] + [0] * 1500])
    y = torch.tensor([[2] + [1] * 1500 + [3] + [0] * 1500])
    assert float(count_embeddings(x0, y, PAD)) == 1
    assert float(count_embeddings(x0, y[:, :-1], PAD)) == 1500


def test_scaled_numbers_are_numbers() -> None:
    """Sums and products beside whole numbers of 4,000 digits; 0 is no trouble at any power."""
    one, half = Scaled.of(torch.ones(2, dtype=torch.float64)), torch.full((2,), 0.25, dtype=torch.float64)
    small = one
    for _ in range(3000):
        small = small.times(half).plus(Scaled.of(torch.zeros(2, dtype=torch.float64)))
    assert small.log().tolist() == pytest.approx([-6000 * math.log(2)] * 2, rel=1e-15)
    big = one
    for _ in range(3000):
        big = big.plus(big)
    assert big.log().tolist() == pytest.approx([3000 * math.log(2)] * 2, rel=1e-15)
    assert torch.equal(big.plus(small).value, big.value) and float(small.times(0 * half).log()[0]) == -math.inf


@pytest.mark.parametrize("width", [30, 1001])
def test_blocks_change_no_draw(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x0, x_t = strings(4, width)
    chances = torch.linspace(0.3, 0.6, 4, dtype=torch.float64), 0.1, 0.05, 3

    def everything():
        return (
            Deletion(PAD).infer_noise(x0, x_t, 0.4, rng(2)),
            Deletion(PAD).log_likelihood(x_t, x0, 0.4),
            *sample_alignment(x0, x_t, PAD, *chances, rng(3)),
            alignment.alignment_likelihood(x0, x_t, PAD, *chances),
        )

    whole = everything()
    for module in (embeddings, alignment):
        monkeypatch.setattr(module, "TABLE", 1)
        monkeypatch.setattr(module, "ROWS", 3 * width)
    for one, other in zip(whole, everything(), strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ValueError, match="row 3 is not"):
        Deletion(PAD).infer_noise(x0, x_t.index_fill(0, torch.tensor([3]), 5), 0.4)
    with pytest.raises(ValueError, match="row 3 is not"):
        sample_alignment(x0, x_t.index_fill(0, torch.tensor([3]), 5), PAD, 0.4)
    with pytest.raises(ValueError, match="deletion must be a number or one per sample, 4; got 2"):
        sample_alignment(x0, x_t, PAD, chances[0][:2])


def test_likelihoods_hold_a_row_and_draws_a_block() -> None:
    """In MB. All rows of the 2,000 pairs would take 20 and 40, all tables of the 12 draws 5 and 10."""
    x0, x_t = strings(2000, 30)
    assert peak_megabytes(lambda: count_embeddings(x0, x_t, PAD)) < 3
    assert peak_megabytes(lambda: Editing(PAD, 3).log_likelihood(x_t, x0, 0.4)) < 12
    x0, x_t = strings(12, 250)
    with pytest.MonkeyPatch.context() as patch:
        for module in (embeddings, alignment):
            patch.setattr(module, "TABLE", 1 << 17)
        assert peak_megabytes(lambda: Deletion(PAD).sample_alignment(x0, x_t, 0.4)) < 3
        assert peak_megabytes(lambda: sample_alignment(x0, x_t, PAD, 0.4, 0.1, 0.05, 3)) < 4


@pytest.mark.parametrize("process", [Deletion(PAD), Editing(PAD, 3)], ids=["Deletion", "Editing"])
def test_all_pairs_are_taken_in_blocks(process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one string beside data that is larger than a block."""
    monkeypatch.setattr(batches, "CHUNK", 6_000)
    data, x_t = strings(600, 20)
    oracle = FiniteData(data, process)
    pairs = 30 * len(data) * 8 / 1e6  # the answer itself
    assert peak_megabytes(lambda: oracle.weights(x_t[:30], 0.4)) < 4 * pairs + 1
    together = process.pairwise_log_likelihood(x_t[:3], data, torch.tensor([0.4, 0.5, 0.6]))
    monkeypatch.undo()
    for k, t in enumerate((0.4, 0.5, 0.6)):
        alone = process.pairwise_log_likelihood(x_t[k : k + 1], data, torch.tensor(t).double())
        torch.testing.assert_close(together[k : k + 1], alone, rtol=1e-6, atol=1e-5)
