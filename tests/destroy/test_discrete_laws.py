"""The three laws of masking, replacement and deletion at sizes, times and rates that hypothesis chooses.

Laws that are exact are checked to 1e-12 by enumeration; draws are tested at 1e-4 over all examples of a
test. Each has a control: the left-most alignment for deletion, the middle of the interval for masking.
"""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from udm_lessons.destroy import Deletion, LinearLevel, Masking, Replacement
from udm_lessons.rebuild import Keep, Mixture, Redraw, reverse_step

from worlds import enumeration as brute
from worlds.enumeration import Noise, axis, deleted, embeddings, masked, replaced
from worlds.processes import MASK, PAD, World, ignoring, leftmost
from worlds.statistics import assert_same_law, chi2, ks, rng, tally, tv

EXAMPLES = 12
chosen = settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
few = settings(derandomize=True, deadline=None, max_examples=6)
strings = st.lists(st.integers(0, 2), min_size=1, max_size=4).map(tuple)
rates = st.lists(st.integers(1, 3), min_size=3, max_size=3)


@st.composite
def levels(draw) -> tuple[Fraction, Fraction]:
    """p_s < p_t, hundredths, away from 0 and 1."""
    p_t = draw(st.integers(3, 97))
    return Fraction(draw(st.integers(2, p_t - 1)), 100), Fraction(p_t, 100)


KERNELS = {"keep": brute.keep, "redraw": brute.redraw, "mixture": brute.mixture(0.3)}
REFRESHES = {"keep": Keep(), "redraw": Redraw(), "mixture": Mixture(0.3)}
kernels = st.sampled_from(list(KERNELS))


def levels_of(x0: tuple, rate: list[int], p: Fraction) -> list[Fraction]:
    return [1 - (1 - p) ** rate[token] for token in x0]


def deletion(rate: list[int]) -> Deletion:
    return Deletion(PAD, LinearLevel(), torch.tensor(rate, dtype=torch.float64))


def row(x: tuple, width: int = 5) -> torch.Tensor:
    return torch.tensor([[*x, *[PAD] * (width - len(x))]])


@chosen
@given(strings, rates, levels())
def test_likelihood_of_deletion_with_unequal_rates_is_brute_force(x0, rate, pair):
    _, p = pair
    process = deletion(rate)
    exact = Noise([axis(q) for q in levels_of(x0, rate, p)]).law(deleted(x0, levels_of(x0, rate, p)))
    found = {x: float(process.log_likelihood(row(x), row(x0), float(p)).exp()) for x in exact}
    assert_same_law(found, exact)


@chosen
@given(strings, rates, levels(), kernels)
def test_the_marginal_identity_of_deletion_with_unequal_rates(x0, rate, pair, kernel):
    """By enumeration: E over x_t of the step has the law of x_s."""
    p_s, p_t = pair
    at_s, at_t = levels_of(x0, rate, p_s), levels_of(x0, rate, p_t)
    noise = Noise([axis(a, b) for a, b in zip(at_s, at_t)])
    reached: dict[tuple, float] = {}
    for x_t, p in noise.law(deleted(x0, at_t)).items():
        step = noise.step(deleted(x0, at_t), deleted(x0, at_s), KERNELS[kernel], x_t)
        for x_s, q in step.items():
            reached[x_s] = reached.get(x_s, 0.0) + p * q
    assert_same_law(reached, noise.law(deleted(x0, at_s)))


@chosen
@given(strings, rates, levels())
def test_the_alignment_is_even_whatever_the_rates(x0, rate, pair):
    """Every embedding of x_t keeps the same tokens, so rates cannot tell embeddings apart."""
    _, p = pair
    at_t = levels_of(x0, rate, p)
    noise = Noise([axis(q) for q in at_t])
    for x_t in noise.law(deleted(x0, at_t)):
        mass = noise.posterior(deleted(x0, at_t), x_t)
        by_place: dict[tuple, float] = {}
        for point, q in zip(noise.points, mass.ravel()):
            kept = tuple(i for i, ((u, _), level) in enumerate(zip(point, at_t)) if u >= level)
            by_place[kept] = by_place.get(kept, 0.0) + float(q)
        places = embeddings(x0, x_t)
        even = dict.fromkeys(places, 1 / len(places))
        assert_same_law({k: q for k, q in by_place.items() if q > 0}, even)


def enumerated(kind: str, x0: tuple, rate: list[int], *ps: Fraction):
    """(the process, the noise, F at each level)."""
    if kind == "deletion":
        cuts = [levels_of(x0, rate, p) for p in ps]
        noise = Noise([axis(*position) for position in zip(*cuts)])
        return deletion(rate), noise, [deleted(x0, q) for q in cuts]
    if kind == "masking":
        return Masking(MASK), Noise([axis(*ps)] * len(x0)), [masked(x0, p, MASK) for p in ps]
    one = axis(*ps, vocabulary=3)
    return Replacement(3), Noise([one] * len(x0)), [replaced(x0, p) for p in ps]


def pad_of(kind: str) -> int | None:
    return PAD if kind == "deletion" else None


@few
@given(st.sampled_from(["masking", "replacement", "deletion"]), strings, rates, levels(), kernels)
def test_the_three_laws_of_draws(kind, x0, rate, pair, kernel):
    """(i) exactly; (ii) per coordinate; (iii) the law of x_s. False-alarm rate 1e-4 in all examples."""
    x0 = x0[:2] if kind == "replacement" else x0
    p_s, p_t = pair
    process, noise_of, (f_s, f_t) = enumerated(kind, x0, rate, p_s, p_t)
    n, p_values = 2500, []
    start = torch.tensor([x0] * n)
    x_t = process.forward(start, process.sample_noise(start, rng(1)), float(p_t))
    p_values.append(chi2(tally(x_t, pad_of(kind)), noise_of.law(f_t)))
    noise = process.infer_noise(start, x_t, float(p_t), rng(2))
    assert torch.equal(process.forward(start, noise, float(p_t)), x_t)
    p_values += ks(noise.threshold if kind == "replacement" else noise)
    x_s = reverse_step(process, start, x_t, float(p_t), float(p_s), REFRESHES[kernel], rng(3))
    p_values.append(chi2(tally(x_s, pad_of(kind)), noise_of.law(f_s)))
    assert min(p_values) > 1e-4 / (6 * len(p_values))


def first(x0: tuple, rate: list[int], p_s, p_t) -> float:
    """TV between the law of x_s and what Keep makes of x_t placed left-most, by enumeration."""
    at_s, at_t = levels_of(x0, rate, p_s), levels_of(x0, rate, p_t)
    noise = Noise([axis(a, b) for a, b in zip(at_s, at_t)])
    reached: dict[tuple, float] = {}
    for x_t, p in noise.law(deleted(x0, at_t)).items():
        place = embeddings(x0, x_t)[0]
        here = [
            tuple(i for i, ((u, _), level) in enumerate(zip(point, at_t)) if u >= level) == place
            for point in noise.points
        ]
        mass = noise.prior * torch.tensor(here).reshape(noise.prior.shape).numpy()
        for x_s, q in noise.law(deleted(x0, at_s), mass / mass.sum()).items():
            reached[x_s] = reached.get(x_s, 0.0) + p * q
    return tv(reached, noise.law(deleted(x0, at_s)))


@pytest.mark.parametrize("rate", [[1, 1, 1], [1, 3, 2], [3, 1, 1]])
def test_control_the_left_most_alignment_breaks_the_identity_with_any_rates(rate):
    """0 1 0 1 hides 0 1 in three ways; left-most is wrong by .01 in TV and more."""
    assert first((0, 1, 0, 1), rate, Fraction(3, 10), Fraction(6, 10)) > 0.01
    assert first((0, 1, 2), rate, Fraction(3, 10), Fraction(6, 10)) < 1e-12  # one way only: right


@pytest.mark.parametrize("rate", [[1, 1, 1], [1, 3, 2]])
def test_control_draws_with_the_left_most_alignment(rate):
    """The package's own draws, with that alignment put in: law (ii) fails at 1e-6, law (i) holds."""
    world = World(deletion(rate), row((0, 1, 0, 1)), (0.4,), "uniform")
    if rate != [1, 1, 1]:
        # `leftmost` knows equal levels only: place by it, then draw each threshold at its own level.
        equal = Deletion(PAD)
        infer = leftmost(equal)

        def placed(x0, x_t, t, generator=None):
            kept = infer(x0, x_t, t, generator) >= t
            p = world.process._p(t, x0)
            u = world.process.sample_noise(x0, generator)
            return torch.where(kept, p + (1 - p) * u, p * u)

    else:
        placed = leftmost(world.process)
    n = 4000
    start = world.repeat(n)
    x_t = world.process.forward(start, world.process.sample_noise(start, rng(1)), 0.4)
    noise = placed(start, x_t, 0.4, rng(2))
    assert torch.equal(world.process.forward(start, noise, 0.4), x_t)
    assert min(ks(noise[:, :4])) < 1e-6
    assert min(ks(world.process.infer_noise(start, x_t, 0.4, rng(2))[:, :4])) > 1e-4 / 4


@pytest.mark.parametrize("kind", ["masking", "replacement", "deletion"])
def test_control_noise_that_ignores_x_t(kind):
    """Law (iii) cannot see it, law (i) does."""
    process, noise_of, (f_s,) = enumerated(kind, (0, 1), [1, 2, 3], Fraction(3, 10))
    start = torch.tensor([[0, 1]] * 3000)
    x_t = process.forward(start, process.sample_noise(start, rng(1)), 0.6)
    noise = ignoring(process)(start, x_t, 0.6, rng(2))
    assert not torch.equal(process.forward(start, noise, 0.6), x_t)
    x_s = process.forward(start, noise, 0.3)
    assert chi2(tally(x_s, pad_of(kind)), noise_of.law(f_s)) > 1e-4


def test_sizes_of_the_worlds():
    """Log-counts stay exact where strings are long: C(400, 200) against math.comb."""
    x0, x_t = torch.zeros(1, 400, dtype=torch.int64), torch.zeros(1, 200, dtype=torch.int64)
    found = float(Deletion(PAD).log_likelihood(x_t, x0, 0.5))
    assert found == pytest.approx(math.log(math.comb(400, 200)) - 400 * math.log(2), rel=1e-10)
