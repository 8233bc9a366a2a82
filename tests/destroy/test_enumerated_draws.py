"""The package's draws and likelihoods beside brute force: masks, replacements, deletions.

For every x_t that x0 can lead to, many draws of `reverse_step` are compared with the exact law of
`worlds/enumeration.py`. Every chi-squared test has a total false-alarm rate of at most 1e-4.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
import torch

from udm_lessons.destroy import Deletion, Masking, Replacement, count_embeddings
from udm_lessons.rebuild import Keep, Markov, Mixture, Redraw, Reflect, reverse_step

from worlds import enumeration as brute
from worlds.enumeration import Noise, axis, deleted, embeddings, masked, replaced
from worlds.processes import MASK, PAD, RATES, leftmost
from worlds.statistics import assert_plausible, chi2, rng, tally

# Under LinearLevel the level is the time.
PAIRS = [(Fraction(3, 10), Fraction(3, 5)), (Fraction(1, 8), Fraction(9, 10))]
V, R, DRAWS = 3, 0.3, 3000
WORLDS = {
    "masking": (Masking(MASK), (0, 1, 1)),
    "replacement": (Replacement(V), (0, 1)),
    "deletion": (Deletion(PAD), (0, 0, 1, 0)),
    "deletion-rates": (Deletion(PAD, rates=RATES), (0, 0, 1, 2)),
}
KERNELS = {
    "keep": (Keep(), brute.keep),
    "redraw": (Redraw(), brute.redraw),
    "mixture": (Mixture(R), brute.mixture(R)),
    "reflect": (Reflect(), brute.reflect),
}


def levels(name: str, p: Fraction) -> list[Fraction]:
    """p_t at every position of the world's x0."""
    rates = RATES.long().tolist() if name == "deletion-rates" else [1] * V
    return [1 - (1 - p) ** rates[token] for token in WORLDS[name][1]]


def forward(name: str, p: Fraction):
    """F_t of the enumeration."""
    x0 = WORLDS[name][1]
    if name == "masking":
        return masked(x0, p, MASK)
    return replaced(x0, p) if name == "replacement" else deleted(x0, levels(name, p))


def all_noise(name: str, *ps: Fraction) -> Noise:
    vocabulary = V if name == "replacement" else 1
    cuts = zip(*(levels(name, p) for p in ps))
    return Noise([axis(*position, vocabulary=vocabulary) for position in cuts])


def kernel_of(name: str, kernel: str, p_s: Fraction, p_t: Fraction):
    """The refresh and its matrix; the Markov kernel depends on the process."""
    if kernel != "markov":
        return KERNELS[kernel]
    if name == "replacement":
        return Markov(), brute.redraw_token(1 - float(1 - p_t) / float(1 - p_s))
    return Markov(), brute.keep


def to_batch(rows, pad: int = PAD) -> torch.Tensor:
    width = max(1, *map(len, rows))
    return torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows])


def assert_draws_follow(name: str, refresh, matrix, p_s: Fraction, p_t: Fraction) -> None:
    """DRAWS reverse steps from every x_t at once, each x_t against its own exact law."""
    process, x0 = WORLDS[name]
    noise, f_t, f_s = all_noise(name, p_s, p_t), forward(name, p_t), forward(name, p_s)
    states = sorted(noise.law(f_t))
    x_t = to_batch(states).repeat_interleave(DRAWS, 0)
    given = to_batch([x0]).expand(len(x_t), -1)
    x_s = reverse_step(process, given, x_t, float(p_t), float(p_s), refresh, rng(1))
    pad = PAD if isinstance(process, Deletion) else None
    assert_plausible(
        chi2(tally(draws, pad), noise.step(f_t, f_s, matrix, state))
        for state, draws in zip(states, x_s.split(DRAWS))
    )


@pytest.mark.parametrize("kernel", [*KERNELS, "markov"])
@pytest.mark.parametrize("name", WORLDS)
def test_draws_follow_the_exact_law_of_the_step(name, kernel):
    for p_s, p_t in PAIRS:
        assert_draws_follow(name, *kernel_of(name, kernel, p_s, p_t), p_s, p_t)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("kernel, other", [("keep", "mixture"), ("redraw", "keep")])
def test_draws_do_not_follow_the_law_of_another_refresh(name, kernel, other):
    with pytest.raises(AssertionError, match="p-values"):
        assert_draws_follow(name, KERNELS[kernel][0], KERNELS[other][1], *PAIRS[0])


def test_markov_of_replacement_is_not_keep():
    with pytest.raises(AssertionError, match="p-values"):
        assert_draws_follow("replacement", Markov(), brute.keep, *PAIRS[0])


# Likelihoods.


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("p", [Fraction(1, 8), Fraction(3, 5), Fraction(99, 100)], ids=str)
def test_log_likelihood_is_the_enumerated_one_and_sums_to_one(name, p):
    process, x0 = WORLDS[name]
    law = all_noise(name, p).law(forward(name, p))
    x_t = to_batch(list(law))
    found = process.log_likelihood(x_t, to_batch([x0]).expand(len(x_t), -1), float(p)).exp()
    expected = torch.tensor(list(law.values()), dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)
    assert abs(float(found.sum()) - 1) < 1e-12


@pytest.mark.parametrize("name", WORLDS)
def test_log_likelihood_takes_a_time_for_each_sample(name):
    process, x0 = WORLDS[name]
    times = [0.1, 0.45, 0.8]
    x_t = to_batch(sorted(all_noise(name, PAIRS[0][1]).law(forward(name, PAIRS[0][1]))))
    n = len(x_t)
    given = to_batch([x0]).expand(3 * n, -1)
    together = process.log_likelihood(
        x_t.repeat(3, 1), given, torch.tensor(times, dtype=torch.float64).repeat_interleave(n)
    )
    apart = [process.log_likelihood(x_t, given[:n], t) for t in times]
    torch.testing.assert_close(together, torch.cat(apart), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "name, outside",
    [("masking", (1, MASK, 1)), ("deletion", (1, 1)), ("deletion-rates", (2, 0))],
)
def test_what_cannot_come_from_x0_has_no_likelihood(name, outside):
    process, x0 = WORLDS[name]
    value = process.log_likelihood(to_batch([outside]), to_batch([x0]), 0.5)
    assert value.tolist() == [-math.inf]


# Alignments.


def test_count_embeddings_is_the_number_of_combinations():
    words = [w for n in range(1, 6) for w in itertools.product((0, 1, 2), repeat=n)]
    chosen = [words[i] for i in torch.randperm(len(words), generator=rng(0))[:60]]
    longer = [(*w, *w[::-1]) for w in chosen[:8]]
    pairs = list(itertools.product(longer + chosen[:12], [(), *chosen]))
    x0, x_t = (to_batch(rows) for rows in zip(*pairs))
    expected = [float(len(embeddings(a, b))) for a, b in pairs]
    assert count_embeddings(x0, x_t, PAD).tolist() == expected
    assert max(expected) >= 10 and min(expected) == 0


def test_count_embeddings_of_long_strings_is_the_binomial_coefficient():
    for n, m in [(60, 30), (1000, 3), (1000, 500)]:
        x0, x_t = (torch.zeros(1, length, dtype=torch.int64) for length in (n, m))
        assert float(count_embeddings(x0, x_t, PAD)) == pytest.approx(math.comb(n, m), rel=1e-12)


LONG = (0, 1, 0, 2, 0, 1)
SEEN = [(0,), (0, 1), (0, 0), (0, 2, 1), (1, 0), (), LONG]


def alignment_law(x0, x_t, rates, t: float) -> dict[tuple, float]:
    """Weights of all embeddings: survival of the kept times loss of the rest, normalised."""
    p = [1 - (1 - t) ** rates[token] for token in x0]
    weights = {
        tuple(i in places for i in range(len(x0))): math.prod(
            1 - q if i in places else q for i, q in enumerate(p)
        )
        for places in embeddings(x0, x_t)
    }
    return {kept: w / sum(weights.values()) for kept, w in weights.items()}


def assert_alignment(process: Deletion, sample) -> None:
    """Draws of the alignment against its exact law; false-alarm rate 1e-4."""
    p_values, n = [], 4000
    rates = [1.0] * V if process.rates is None else process.rates.tolist()
    for x_t, t in itertools.product(SEEN, (0.1, 0.7)):
        kept = sample(process, to_batch([LONG] * n), to_batch([x_t] * n), t)
        p_values.append(chi2(tally(kept), alignment_law(LONG, x_t, rates, t)))
    assert_plausible(p_values)


def by_draw(process, x0, x_t, t):
    return process.sample_alignment(x0, x_t, t, rng(3))


def by_greed(process, x0, x_t, t):
    return leftmost(process)(x0, x_t, t, rng(3)) >= t


@pytest.mark.parametrize("rates", [None, RATES], ids=["equal", "unequal"])
def test_the_alignment_has_its_exact_law(rates):
    assert_alignment(Deletion(PAD, rates=rates), by_draw)


@pytest.mark.parametrize("rates", [[1.0] * V, RATES.tolist()], ids=["equal", "unequal"])
def test_that_law_is_uniform_even_if_rates_differ_by_token(rates):
    """Every embedding keeps the same tokens and loses the same tokens, in other places."""
    for x_t in SEEN:
        weights = list(alignment_law(LONG, x_t, rates, 0.4).values())
        assert weights == pytest.approx([1 / len(weights)] * len(weights), rel=1e-12)


def test_the_left_most_alignment_has_another_law():
    with pytest.raises(AssertionError, match="p-values"):
        assert_alignment(Deletion(PAD), by_greed)


@pytest.mark.parametrize("rates", [None, torch.ones(V)], ids=["equal", "unequal"])
def test_long_strings_keep_their_likelihood_and_their_noise(rates):
    """One of 400 tokens is left: p(x_t | x0) = 400 (0.9) 0.1^399 is below the least float64."""
    process = Deletion(PAD, rates=rates)
    x0, x_t = torch.zeros(1, 400, dtype=torch.int64), to_batch([(0,)])
    expected = math.log(400) + math.log(0.9) + 399 * math.log(0.1)
    assert float(process.log_likelihood(x_t, x0, 0.1)) == pytest.approx(expected, rel=1e-12)
    kept = process.infer_noise(x0, x_t, 0.1, rng(0)) >= 0.1
    assert int(kept.sum()) == 1
