"""Brute force on small worlds: the exact law of one reverse step for masks, tokens, strings.

`worlds/enumeration.py` sums over all cells of the noise, from the definitions of F_t, q and K alone. Here
its laws are compared with closed forms of the literature, to 1e-12. The package's own draws are
compared with the same laws in destroy/test_enumerated_draws.py.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from worlds import enumeration as brute
from worlds.enumeration import Noise, axis, deleted, embeddings, masked, replaced
from worlds.processes import MASK
from worlds.statistics import assert_same_law, tv

# (p_s, p_t)
PAIRS = [
    (Fraction(3, 10), Fraction(3, 5)),
    (Fraction(1, 8), Fraction(9, 10)),
    (Fraction(1, 4), Fraction(2, 5)),
]
R = 0.3
KERNELS = {
    "keep": brute.keep,
    "redraw": brute.redraw,
    "mixture": brute.mixture(R),
    "reflect": brute.reflect,
}
X0 = (0, 1, 1)
STRINGS = [(0, 0, 1), (0, 1, 0, 1), (0, 0, 1, 2, 0), (1, 1, 1, 1), (2,)]
V = 3

parametrize_pairs = pytest.mark.parametrize("p_s, p_t", PAIRS, ids=lambda p: f"{float(p):.3g}")
parametrize_kernels = pytest.mark.parametrize("kernel", KERNELS)


def product_law(rows: list[dict]) -> dict[tuple, float]:
    """Positions that are independent given x_t: the law of all of them."""
    return {
        tuple(v for v, _ in combination): math.prod(p for _, p in combination)
        for combination in itertools.product(*(row.items() for row in rows))
    }


def remdm(kernel: str, p_s, p_t) -> tuple[float, float]:
    """(visible -> masked, masked -> masked), from the sigma of ReMDM (Wang et al. 2025)."""
    s, t = float(p_s), float(p_t)
    sigma = {"keep": 0.0, "redraw": s, "mixture": R * s, "reflect": min(1.0, s / (1 - t))}[kernel]
    return sigma, (s - sigma * (1 - t)) / t


def all_masked_states(x0: tuple) -> list[tuple]:
    return list(itertools.product(*((x, MASK) for x in x0)))


# The exact law of one step, against closed forms.


@parametrize_kernels
@parametrize_pairs
def test_masking_is_remdm(kernel, p_s, p_t):
    """Keep is sigma = 0 (D3PM-absorbing, MDLM), Reflect is ReMDM's largest sigma."""
    noise = Noise([axis(p_s, p_t)] * len(X0))
    hide, stay = remdm(kernel, p_s, p_t)
    for x_t in all_masked_states(X0):
        rows = [
            {MASK: stay, x: 1 - stay} if y == MASK else {MASK: hide, x: 1 - hide}
            for x, y in zip(X0, x_t)
        ]
        step = noise.step(masked(X0, p_t, MASK), masked(X0, p_s, MASK), KERNELS[kernel], x_t)
        assert_same_law(step, product_law(rows))


@parametrize_pairs
def test_masking_keep_is_bayes_under_markov_masking(p_s, p_t):
    """The D3PM-absorbing posterior q(x_s | x_t, x0), from matrices over {0, 1, 2, MASK}."""
    s, t = float(p_s), float(p_t)
    states = [0, 1, 2, MASK]

    def transition(p):  # rows: from
        matrix = (1 - p) * np.eye(4)
        matrix[:, 3] += p
        return matrix

    to_s, s_to_t = transition(s), transition((t - s) / (1 - s))
    np.testing.assert_allclose(to_s @ s_to_t, transition(t), atol=1e-15)
    noise = Noise([axis(p_s, p_t)])
    for y in (1, MASK):
        row = to_s[1] * s_to_t[:, states.index(y)]
        bayes = {(state,): p for state, p in zip(states, row / row.sum())}
        step = noise.step(masked((1,), p_t, MASK), masked((1,), p_s, MASK), brute.keep, (y,))
        assert_same_law(step, bayes)


def again(p_s, p_t) -> float:
    """The chance of a second replacement in (s, t]: Markov() draws r again with it."""
    return 1 - (1 - float(p_t)) / (1 - float(p_s))


@parametrize_pairs
@pytest.mark.parametrize("vocabulary", [2, 3, 5])
def test_replacement_markov_is_d3pm_uniform(vocabulary, p_s, p_t):
    """Bayes under the chain with Q = (1 - p) I + p / V is 'keep u, redraw r with a chance'."""
    s, t = float(p_s), float(p_t)

    def transition(p):
        return (1 - p) * np.eye(vocabulary) + p / vocabulary

    to_s, s_to_t = transition(s), transition(again(p_s, p_t))
    np.testing.assert_allclose(to_s @ s_to_t, transition(t), atol=1e-15)
    noise = Noise([axis(p_s, p_t, vocabulary=vocabulary)])
    kernel = brute.redraw_token(again(p_s, p_t))
    for x, y in itertools.product(range(vocabulary), repeat=2):
        row = to_s[x] * s_to_t[:, y]
        bayes = {(v,): p for v, p in enumerate(row / row.sum())}
        assert_same_law(noise.step(replaced((x,), p_t), replaced((x,), p_s), kernel, (y,)), bayes)


@parametrize_pairs
@pytest.mark.parametrize("kernel", ["keep", "redraw", "mixture"])
def test_replacement_is_multinomial_ddim(kernel, p_s, p_t):
    """Cat(g x_t + (a_s - g a_t) x0 + (1 - a_s - (1 - a_t) g) / V), g = w (1 - a_s) / (1 - a_t),

    with w the chance of keeping the noise (Song et al. 2021, appendix A; a = 1 - p).
    """
    s, t = float(p_s), float(p_t)
    g = {"keep": 1.0, "redraw": 0.0, "mixture": 1 - R}[kernel] * s / t
    noise = Noise([axis(p_s, p_t, vocabulary=V)])
    for x, y in itertools.product(range(V), repeat=2):
        law = np.full(V, (s - t * g) / V)
        law[x] += (1 - s) - g * (1 - t)
        law[y] += g
        step = noise.step(replaced((x,), p_t), replaced((x,), p_s), KERNELS[kernel], (y,))
        assert_same_law(step, {(v,): p for v, p in enumerate(law)})


@parametrize_pairs
def test_d3pm_uniform_is_no_multinomial_ddim(p_s, p_t):
    """No g fits: the two families differ (TV over all g and the worst x_t: above 0.005)."""
    s, t = float(p_s), float(p_t)
    noise, kernel = Noise([axis(p_s, p_t, vocabulary=V)]), brute.redraw_token(again(p_s, p_t))

    def distance(g: float) -> float:
        worst = 0.0
        for y in range(V):
            law = np.full(V, (s - t * g) / V)
            law[0] += (1 - s) - g * (1 - t)
            law[y] += g
            step = noise.step(replaced((0,), p_t), replaced((0,), p_s), kernel, (y,))
            worst = max(worst, tv(step, {(v,): p for v, p in enumerate(law)}))
        return worst

    assert min(distance(g) for g in np.linspace(0, s / t, 101)) > 0.005


def subsequences(x0: tuple) -> list[tuple]:
    return sorted({x for m in range(len(x0) + 1) for x in itertools.combinations(x0, m)})


def bernoulli(x0: tuple, p: float) -> dict[tuple, float]:
    """The law of x0 after deletion with probability p, by summing over the sets of kept places."""
    law: dict[tuple, float] = {}
    for kept in itertools.product((False, True), repeat=len(x0)):
        left = tuple(itertools.compress(x0, kept))
        law[left] = law.get(left, 0.0) + (1 - p) ** sum(kept) * p ** (len(x0) - sum(kept))
    return law


@parametrize_pairs
@pytest.mark.parametrize("x0", STRINGS)
def test_deletion_keep_is_the_closed_form_and_bayes_under_markov_deletion(x0, p_s, p_t):
    """C(x0, x_s) C(x_s, x_t) / C(x0, x_t) g^{n-k} (1 - g)^{k-m}, g = p_s / p_t, n, k, m lengths."""
    s, t, n = float(p_s), float(p_t), len(x0)
    noise = Noise([axis(p_s, p_t)] * n)
    to_s, to_t = bernoulli(x0, s), bernoulli(x0, t)
    for x_t in subsequences(x0):
        closed, bayes = {}, {}
        for x_s in subsequences(x0):
            k, m = len(x_s), len(x_t)
            ways = len(embeddings(x0, x_s)) * len(embeddings(x_s, x_t)) / len(embeddings(x0, x_t))
            if ways:
                closed[x_s] = ways * (s / t) ** (n - k) * (1 - s / t) ** (k - m)
            onward = bernoulli(x_s, (t - s) / (1 - s)).get(x_t, 0.0)
            bayes[x_s] = to_s[x_s] * onward / to_t[x_t]
        step = noise.step(deleted(x0, p_t), deleted(x0, p_s), brute.keep, x_t)
        assert_same_law(step, closed)
        assert_same_law(step, bayes)


@parametrize_kernels
@parametrize_pairs
def test_deletion_is_an_even_choice_of_embedding_then_remdm_per_token(kernel, p_s, p_t):
    """Mixture inserts and deletes: kept tokens go with chance r p_s, deleted ones may return."""
    x0 = (0, 0, 1, 0)
    noise = Noise([axis(p_s, p_t)] * len(x0))
    go, stay_gone = remdm(kernel, p_s, p_t)
    for x_t in subsequences(x0):
        law: dict[tuple, float] = {}
        places = embeddings(x0, x_t)
        for kept in places:
            gone = [go if i in kept else stay_gone for i in range(len(x0))]
            for left in itertools.product((False, True), repeat=len(x0)):
                chance = math.prod(1 - q if here else q for q, here in zip(gone, left))
                x_s = tuple(itertools.compress(x0, left))
                law[x_s] = law.get(x_s, 0.0) + chance / len(places)
        assert_same_law(noise.step(deleted(x0, p_t), deleted(x0, p_s), KERNELS[kernel], x_t), law)


# The marginal identity, exactly.


def worlds(p_s, p_t) -> dict:
    """name -> (noise, F_t, F_s), the last one with rates of deletion that differ per position."""
    one, pair = axis(p_s, p_t), axis(p_s, p_t, vocabulary=V)
    rates = {p: [p, 1 - (1 - p) ** 2, 1 - (1 - p) ** 3, p] for p in (p_s, p_t)}
    uneven = Noise([axis(a, b) for a, b in zip(rates[p_s], rates[p_t])])
    x0 = (0, 0, 1, 0)
    return {
        "masking": (Noise([one] * 3), masked(X0, p_t, MASK), masked(X0, p_s, MASK)),
        "replacement": (Noise([pair] * 2), replaced((0, 1), p_t), replaced((0, 1), p_s)),
        "deletion": (Noise([one] * 4), deleted(x0, p_t), deleted(x0, p_s)),
        "deletion-rates": (uneven, deleted(x0, rates[p_t]), deleted(x0, rates[p_s])),
    }


def assert_exact_marginal(noise: Noise, forward_t, forward_s, kernel) -> None:
    """sum over x_t of p(x_t | x0) p(x_s | x_t, x0) = p(x_s | x0), to 1e-12."""
    reached: dict[tuple, float] = {}
    for x_t, p in noise.law(forward_t).items():
        for x_s, q in noise.step(forward_t, forward_s, kernel, x_t).items():
            reached[x_s] = reached.get(x_s, 0.0) + p * q
    assert_same_law(reached, noise.law(forward_s))


@parametrize_kernels
@pytest.mark.parametrize("name", worlds(*PAIRS[0]))
def test_marginal_identity_holds_exactly(name, kernel):
    for pair in PAIRS:
        assert_exact_marginal(*worlds(*pair)[name], KERNELS[kernel])


@pytest.mark.parametrize("name", worlds(*PAIRS[0]))
def test_a_kernel_that_changes_q_breaks_the_identity(name):
    def towards_zero(one):  # every threshold moves to the cell below with chance 1/2
        step = one.vocabulary
        below = np.maximum(np.arange(len(one.mass)) - step, 0)
        return (np.eye(len(one.mass)) + np.eye(len(one.mass))[below]) / 2

    with pytest.raises(AssertionError, match="the laws differ"):
        assert_exact_marginal(*worlds(*PAIRS[0])[name], towards_zero)


@pytest.mark.parametrize("p_s, p_t", [PAIRS[0], PAIRS[2]])
def test_the_left_most_alignment_breaks_the_identity(p_s, p_t):
    """Exact marginal of Keep when x_t is always placed left-most: off by more than 0.02 in TV."""
    x0 = (0, 0, 1, 0)
    noise, forward_t, forward_s = worlds(p_s, p_t)["deletion"]
    reached: dict[tuple, float] = {}
    for x_t, p in noise.law(forward_t).items():
        first = embeddings(x0, x_t)[0]  # combinations come in lexicographic order
        agrees = [
            tuple(i for i, (u, _) in enumerate(point) if u >= p_t) == first
            for point in noise.points
        ]
        mass = noise.prior * np.array(agrees).reshape(noise.prior.shape)
        for x_s, q in noise.law(forward_s, mass / mass.sum()).items():
            reached[x_s] = reached.get(x_s, 0.0) + p * q
    assert tv(reached, noise.law(forward_s)) > 0.02
    with pytest.raises(AssertionError, match="the laws differ"):
        assert_same_law(reached, noise.law(forward_s))
