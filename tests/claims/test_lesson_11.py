"""What lesson 11 says of orders and of its networks."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from udm_lessons.data import (
    GREY_MASK,
    GREYS,
    MASK,
    PAD,
    VOCABULARY,
    digit_tokens,
    digits,
    encode,
    names,
    token_images,
)
from udm_lessons.destroy import Masking
from udm_lessons.learn import Categorical, TokenTransformer, TokenUNet, denoising_loss, token_predictor, train
from udm_lessons.measure import NGram, bits_per_token, energy_distance, judge_digits
from udm_lessons.rebuild import FiniteData, Keep, Mixture, carry_over, posterior_sample, sample

from worlds.statistics import assert_plausible, rng


def orders(refresh_time_steps: int, n: int = 12_000) -> torch.Tensor:
    """In which step each of three tokens is opened for good, under Keep: (n, 3)."""
    process, seen = Masking(9), []
    oracle = posterior_sample(FiniteData(torch.tensor([[0, 1, 2]]), process))
    times = torch.linspace(1, 0, refresh_time_steps + 1, dtype=torch.float64).tolist()
    note = lambda s, x, _: seen.append(x != 9)  # noqa: E731
    sample(process, oracle, torch.full((n, 3), 9), times, Keep(), rng(1), False, note)
    return torch.stack(seen).long().sum(0)


def test_under_keep_tokens_open_in_every_order_alike() -> None:
    """Six orders, equally likely where no two open in one step; chi-squared at a rate of 1e-4."""
    opened = orders(400)
    distinct = opened[torch.tensor([len(set(row)) == 3 for row in opened.tolist()])]
    assert len(distinct) > 11_000
    code = distinct.argsort(1) @ torch.tensor([9, 3, 1])
    counts = torch.unique(code, return_counts=True)[1]
    assert len(counts) == 6
    assert_plausible([stats.chisquare(counts.numpy()).pvalue])
    # A control that opens from left to right more often than not.
    skewed = counts.clone()
    skewed[0] += 300
    assert stats.chisquare(skewed.numpy()).pvalue < 1e-6


def trained(network, process, data, steps, lr):
    loss = denoising_loss(process, Categorical(), t_min=1e-3, weight=lambda t: t**-0.5)
    options = dict(steps=steps, lr=lr, decay=True, ema=0.99, generator=rng(2), progress=False)
    return train(network, loss, data, **options)


GREY = Masking(GREY_MASK)


@pytest.fixture(scope="module")
def digit_network() -> TokenUNet:
    torch.manual_seed(1)
    return trained(TokenUNet(GREYS + 1, 8, GREY_MASK), GREY, digit_tokens("train")[0], 1500, 3e-3)


def made(network, refresh, seed: int) -> torch.Tensor:
    """400 digits in 32 steps."""
    predictor = carry_over(GREY, token_predictor(network))
    times = torch.linspace(1, 0, 33, dtype=torch.float64).tolist()
    return token_images(sample(GREY, predictor, torch.full((400, 64), GREY_MASK), times, refresh, rng(seed), False))


@pytest.mark.slow
def test_digits_as_tokens_reach_their_bar(digit_network) -> None:
    """Another seed than the lesson's: at most 1.85 bits a pixel, and a law near that of digits."""
    found = bits_per_token(digit_network, digit_tokens("heldout")[0], GREY, generator=rng(3))
    assert found.value < 1.85 and found.error < 0.02
    assert energy_distance(made(digit_network, Keep(), 4), digits("heldout")[0]) < 0.03


@pytest.mark.slow
def test_half_redrawn_digits_are_harder_to_tell_from_real_ones(digit_network) -> None:
    """Two-sample accuracy .565 against .601 over three seeds, the difference known to .014: with another
    arithmetic its sign may turn once in about 200 times."""

    def told_apart(refresh) -> float:
        drawn = [made(digit_network, refresh, seed) for seed in (39, 49, 59)]
        judged = [judge_digits(x, digits("train"), digits("heldout"), rng(0)) for x in drawn]
        return sum(found["two_sample"].value for found in judged) / 3

    assert told_apart(Mixture(0.5)) < told_apart(Keep())


@pytest.mark.slow
def test_names_reach_their_bar_and_not_that_of_four_letters() -> None:
    torch.manual_seed(1)
    process, width = Masking(MASK), max(map(len, names()))
    train_names, held_names = (encode(names(part), width) for part in ("train", "heldout"))
    network = trained(TokenTransformer(VOCABULARY + 2, width, MASK), process, train_names, 2000, 2e-3)
    found = bits_per_token(network, held_names, process, pad=PAD, generator=rng(5))
    assert found.value < 3.15
    assert NGram(train_names, 4).bits_per_character(held_names) < found.value
    assert found.value < NGram(train_names, 2).bits_per_character(held_names)
