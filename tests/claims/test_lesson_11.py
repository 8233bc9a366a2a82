"""What lesson 11 says of orders, of openings, of long rows and of its networks."""

from __future__ import annotations

import itertools
import math

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
from udm_lessons.destroy import CosineLevel, Masking
from udm_lessons.exercises import get
from udm_lessons.learn import Categorical, TokenTransformer, TokenUNet, denoising_loss, token_predictor, train
from udm_lessons.measure import NGram, bits_per_token, energy_distance, judge_digits
from udm_lessons.rebuild import FiniteData, Keep, Redraw, carry_over, posterior_sample, sample

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
    skewed[0] += 900
    assert stats.chisquare(skewed.numpy()).pvalue < 1e-6


def opened_by_the_chain(levels: list[float], redraw: float) -> float:
    """The mean number of openings of one token, from its chain of two states."""
    masked, total = 1.0, 0.0
    for p_t, p_s in itertools.pairwise(levels):
        stays, again = redraw * p_s + (1 - redraw) * p_s / p_t, redraw * p_s
        total += masked * (1 - stays)
        masked = masked * stays + (1 - masked) * again
    return total


def test_a_redrawn_token_is_guessed_about_a_sixth_of_the_steps_more() -> None:
    reference = get("11.2").reference
    for steps, redraw in ((8, 0.5), (32, 1.0), (200, 0.3)):
        levels = [k / steps for k in range(steps, -1, -1)]
        chain = opened_by_the_chain(levels, redraw)
        assert reference(levels, redraw) == pytest.approx(chain, abs=1e-12)
        assert opened_by_the_chain(levels, 0.0) == pytest.approx(1, abs=1e-12)
        assert chain - 1 == pytest.approx(redraw * (steps - 1) * (steps - 2) / (6 * steps), abs=1e-12)
        assert abs(chain - 1 - redraw * steps / 4) > 0.1  # a control: not a fourth


def spoilt_by_the_chain(n: int, steps: int, forget: bool = False) -> float:
    """The chance that n equal bits end unequal, over all ways to open them; forget: each opening is a toss anew."""
    alive, lost = {n: 1.0}, 0.0  # by the number of hidden bits, as long as all visible ones agree
    for k in range(steps, 0, -1):
        later: dict[int, float] = {}
        for hidden, chance in alive.items():
            for opened in range(hidden + 1):
                share = chance * math.comb(hidden, opened) * (1 / k) ** opened * (1 - 1 / k) ** (hidden - opened)
                agree = 2 ** (1 - opened) if opened and (hidden == n or forget) else 1.0
                later[hidden - opened] = later.get(hidden - opened, 0.0) + share * agree
                lost += share * (1 - agree)
        alive = later
    return lost


def test_the_error_of_equal_bits_grows_like_their_number() -> None:
    reference = get("11.3").reference
    for n, steps in ((2, 3), (5, 4), (8, 32), (40, 1)):
        assert reference(n, steps) == pytest.approx(spoilt_by_the_chain(n, steps), abs=1e-12)
    at = {n: spoilt_by_the_chain(n, 2048) * 4 * 2048 / n for n in (4, 16, 64)}
    assert all(ratio == pytest.approx(1, abs=0.03) for ratio in at.values()), at
    # A control: were tokens tossed anew in every step, the pairs would count, and the error grow like their number.
    tossed = [spoilt_by_the_chain(n, 2048, forget=True) for n in (4, 16)]
    assert tossed[1] / tossed[0] > 8


def price_of_hiding(law: torch.Tensor, p: float) -> float:
    """f(p): the sum of the entropies of the tokens, if each other one is hidden with chance p."""
    n, total = law.ndim, 0.0
    entropy = lambda x: -float(torch.special.xlogy(x, x).sum())  # noqa: E731
    for i in range(n):
        for seen in itertools.product((False, True), repeat=n - 1):
            others = [j for j in range(n) if j != i]
            hidden = [j for j, visible in zip(others, seen) if not visible]
            with_i = law.sum(hidden) if hidden else law
            without = law.sum([*hidden, i])
            total += p ** len(hidden) * (1 - p) ** (n - 1 - len(hidden)) * (entropy(with_i) - entropy(without))
    return total


@pytest.mark.parametrize("seed", range(4))
def test_the_excess_of_the_bound_is_linear_in_what_tokens_know_of_each_other(seed) -> None:
    """Between 0 and (f(1) - f(0)) / T, and half of that for many steps; f(1) - f(0) is at most n log V."""
    law = torch.rand(3, 3, 3, generator=rng(seed), dtype=torch.float64) ** 6
    law = law / law.sum()
    entropy, known = -float(torch.special.xlogy(law, law).sum()), price_of_hiding(law, 1.0) - price_of_hiding(law, 0.0)
    assert 0 < known < 3 * math.log(3)
    values = [price_of_hiding(law, k / 10) for k in range(11)]
    assert values == sorted(values)
    for steps in (1, 2, 8, 64):
        excess = sum(price_of_hiding(law, k / steps) for k in range(1, steps + 1)) / steps - entropy
        assert 0 <= excess <= known / steps
        assert steps < 64 or 0.49 < excess * steps / known < 0.51  # so a third of it would be no bound


def test_maskgit_opens_few_tokens_first_and_the_other_cosine_many() -> None:
    """Of eight calls the first opens 2% at p_t = sin(pi t / 2), 12.5% at p_t = t, 20% at 1 - cos(pi t / 2)."""
    first = [1 - math.sin(math.pi / 2 * 7 / 8), 1 / 8, 1 - CosineLevel().p(7 / 8)]
    assert first == pytest.approx([0.0192, 0.125, 0.1951], abs=1e-4)


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
def test_redrawn_digits_are_further_as_a_law_and_no_easier_to_tell(digit_network) -> None:
    """Over six seeds of another run: energy .029 +- .003 against .009 +- .001, two-sample .577 against .585, +- .006."""

    def judged(refresh) -> tuple[float, float]:
        found = [judge_digits(made(digit_network, refresh, seed), digits("train"), digits("heldout"), rng(0)) for seed in (39, 49, 59)]
        return tuple(sum(one[name].value for one in found) / 3 for name in ("energy", "two_sample"))

    redrawn, kept = judged(Redraw()), judged(Keep())
    assert redrawn[0] > kept[0] + 0.004
    assert redrawn[1] < kept[1] + 0.03
    # A control: digits that are two grey levels darker are told apart.
    shifted = made(digit_network, Keep(), 39) + 1 / 4
    assert judge_digits(shifted, digits("train"), digits("heldout"), rng(0))["two_sample"].value > kept[1] + 0.03


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
