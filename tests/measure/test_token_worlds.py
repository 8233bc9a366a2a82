"""A world of three tokens with three values, by enumeration: what each choice of predictor costs.

Masked strings are 64 states, a reverse step a 64 x 64 matrix. The law p0 is given below, its posterior
marginals are sums over it; nothing here is drawn, but where a test says so.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from udm_lessons.destroy import CosineLevel, LinearLevel, Masking
from udm_lessons.learn import Categorical, denoising_loss, masking_weight, token_predictor
from udm_lessons.measure import bits_per_token, masked_nats, step_nats
from udm_lessons.rebuild import FiniteData, Keep, Mixture, Redraw, carry_over, posterior_sample, sample

from worlds import enumeration as brute
from worlds.enumeration import Noise, axis, masked, replaced
from worlds.statistics import assert_same_law, rng, tv

V, WIDTH, MASK = 3, 3, 3
WORDS = list(itertools.product(range(V), repeat=WIDTH))
STATES = list(itertools.product(range(V + 1), repeat=WIDTH))
ROW = {state: k for k, state in enumerate(STATES)}
# Neighbours like to agree, and small tokens are common.
P0 = np.array([math.exp(1.6 * ((a == b) + (b == c)) - 0.4 * (a + b + c)) for a, b, c in WORDS])
P0 /= P0.sum()
ENTROPY = -float((P0 * np.log(P0)).sum())
START = np.eye(len(STATES))[ROW[(MASK,) * WIDTH]]


def posterior(state: tuple) -> np.ndarray:
    """p(x0 | x_t): under masking, p0 on the words that agree with what is visible, at every time."""
    agrees = [all(v in (MASK, x) for v, x in zip(state, word)) for word in WORDS]
    return P0 * agrees / (P0 * agrees).sum()


def marginals(state: tuple) -> np.ndarray:
    """The same per position: (width, V)."""
    p = posterior(state)
    return np.array([[sum(q for q, w in zip(p, WORDS) if w[i] == v) for v in range(V)] for i in range(WIDTH)])


MARGINALS = np.array([marginals(state) for state in STATES])
LAW_OF_GUESS = {
    "AR": np.array([posterior(state) for state in STATES]),
    "NAR": np.array(
        [[math.prod(m[i, word[i]] for i in range(WIDTH)) for word in WORDS] for m in MARGINALS]
    ),
}


def step_law(redraw: float, state: tuple, word: tuple, p_s: float, p_t: float) -> np.ndarray:
    """p(x_s | x_t, x0) of masking, from ReMDM's formulas; rebuild/test_enumerated_steps.py holds them to brute force."""
    law = np.ones(1)
    for seen, x in zip(state, word):
        hide = redraw * p_s + (1 - redraw) * (p_s / p_t) * (seen == MASK)
        position = np.zeros(V + 1)
        position[MASK], position[x] = hide, 1 - hide
        law = np.multiply.outer(law, position).ravel()
    return law


def transition(guess: str, redraw: float, p_s: float, p_t: float) -> np.ndarray:
    matrix = np.zeros((len(STATES), len(STATES)))
    for k, state in enumerate(STATES):
        for q, word in zip(LAW_OF_GUESS[guess][k], WORDS):
            if q > 0:
                matrix[k] += q * step_law(redraw, state, word, p_s, p_t)
    return matrix


def distance(guess: str, redraw: float, steps: int) -> float:
    """TV between p0 and what the chain of equal steps makes of all MASK."""
    law = START
    for k in range(steps, 0, -1):
        law = law @ transition(guess, redraw, (k - 1) / steps, k / steps)
    made = np.array([law[ROW[word]] for word in WORDS])
    assert made.sum() == pytest.approx(1, abs=1e-12)
    return float(np.abs(made - P0).sum() / 2)


STEPS = [1, 2, 4, 8, 16, 32]


@pytest.fixture(scope="module")
def errors() -> dict:
    return {
        (guess, redraw): [distance(guess, redraw, n) for n in STEPS]
        for guess in ("NAR", "AR")
        for redraw in (0.0, 0.5, 1.0)
    }


@pytest.mark.parametrize("redraw", [0.0, 0.5, 1.0])
def test_a_joint_predictor_is_exact_at_any_number_of_steps(errors, redraw):
    assert max(errors["AR", redraw]) < 1e-13


def test_a_factorised_predictor_errs_by_one_over_steps_under_keep(errors):
    """TV .382, .193, .099, .050, .025, .0126: doubling the steps halves the distance."""
    found = errors["NAR", 0.0]
    assert found[0] > 0.3
    ratios = [a / b for a, b in itertools.pairwise(found)]
    assert all(abs(ratio - 2) < 0.08 for ratio in ratios[2:]) and abs(ratios[-1] - 2) < 0.02


def test_a_factorised_predictor_errs_by_one_over_root_steps_where_noise_is_redrawn(errors):
    """TV .382, .193, .100, .056, .034, .023 (half redrawn) and .382, .193, .108, .068, .045, .030 (all):
    doubling divides by 1.5, and by less and less towards the root of 2."""
    for redraw in (0.5, 1.0):
        found, kept = errors["NAR", redraw], errors["NAR", 0.0]
        assert found[0] == pytest.approx(kept[0], abs=1e-12)  # one step is one guess
        assert 1.35 < found[-2] / found[-1] < 1.6 < kept[-2] / kept[-1]
        assert found[-1] > 1.5 * kept[-1]
    assert errors["NAR", 1.0][-1] > 2 * errors["NAR", 0.0][-1]


def bound(steps: int, level=lambda t: t) -> float:
    """sum over steps of (1 - p_s / p_t) E sum over masked positions of the entropy of a marginal, nats."""
    total = 0.0
    for k in range(1, steps + 1):
        p_t, p_s = level(k / steps), level((k - 1) / steps)
        for state, m in zip(STATES, MARGINALS):
            weight = sum(
                q * math.prod(p_t if v == MASK else (1 - p_t) * (v == x) for v, x in zip(state, word))
                for q, word in zip(P0, WORDS)
            )
            hidden = sum(
                -sum(q * math.log(q) for q in m[i] if q > 0) for i in range(WIDTH) if state[i] == MASK
            )
            total += (1 - p_s / p_t) * weight * hidden
    return total


def test_the_bound_falls_to_the_entropy_of_the_data():
    """2.762, 2.398, 2.314, 2.293, 2.288 nats at 1, 4, 16, 64, 256 steps; H(p0) = 2.2861 in the limit."""
    values = [bound(n) for n in (1, 4, 16, 64, 256)]
    first = MARGINALS[ROW[(MASK,) * WIDTH]]
    assert values[0] == pytest.approx(-float((first * np.log(first)).sum()), abs=1e-12)
    assert all(a > b > ENTROPY for a, b in itertools.pairwise(values))
    assert (values[-2] - ENTROPY) / (values[-1] - ENTROPY) == pytest.approx(4, abs=0.1)
    assert values[-1] - ENTROPY < 2e-3 < 0.2 < values[0] - ENTROPY


def test_the_limit_is_that_of_every_schedule():
    quadratic = [bound(n, lambda t: t**2) for n in (16, 256)]
    assert abs(quadratic[1] - bound(256)) < 2e-3 and quadratic[1] > ENTROPY
    assert abs(quadratic[0] - bound(16)) > 3e-3  # at finitely many steps the schedule does matter


# The package in this world.

TABLE = torch.tensor(MARGINALS)


def oracle_network(x_t: torch.Tensor, t) -> torch.Tensor:
    powers = torch.tensor([(V + 1) ** 2, V + 1, 1])
    logits = TABLE[(x_t * powers).sum(1)].log()
    return torch.cat([logits, torch.full((*x_t.shape, 1), -math.inf)], -1)


def rows_of(n: int, seed: int) -> torch.Tensor:
    cumulative = torch.tensor(P0).cumsum(0)
    return torch.tensor(WORDS)[
        torch.searchsorted(cumulative, torch.rand(n, generator=rng(seed), dtype=torch.float64)).clamp(max=26)
    ]


@pytest.mark.parametrize("steps", [1, 4, 16])
def test_bits_per_token_is_the_enumerated_bound(steps):
    """Within 4 standard errors (false-alarm rate 6e-5 each); not within 4 of another chain's (control)."""
    times = [1 - k / steps for k in range(steps + 1)]
    found = bits_per_token(
        oracle_network, rows_of(20_000, steps), Masking(MASK), times=times, draws=2, generator=rng(1)
    )
    exact = bound(steps) / math.log(2) / WIDTH
    assert 0 < found.error < 0.01 and abs(found.value - exact) < 4 * found.error
    other = bound(4 if steps != 4 else 1) / math.log(2) / WIDTH
    assert abs(found.value - other) > 4 * found.error


@pytest.mark.parametrize("level", [LinearLevel(), CosineLevel()], ids=lambda v: type(v).__name__)
def test_bits_per_token_in_continuous_time_is_the_entropy(level):
    found = bits_per_token(
        oracle_network, rows_of(20_000, 3), Masking(MASK, level), draws=4, generator=rng(2)
    )
    exact = ENTROPY / math.log(2) / WIDTH
    assert 0 < found.error < 0.01 and abs(found.value - exact) < 4 * found.error
    assert abs(found.value - bound(4) / math.log(2) / WIDTH) > 4 * found.error  # control


@pytest.mark.parametrize("level", [LinearLevel(), CosineLevel()], ids=lambda v: type(v).__name__)
def test_the_weighted_loss_is_the_bound_per_token(level):
    """The mean of 40 losses of 8000 rows: the entropy, to 4 standard errors (false-alarm rate 6e-5)."""

    def mean_loss(weight) -> tuple[float, float]:
        loss = denoising_loss(Masking(MASK, level), Categorical(), weight=weight)
        values = torch.stack([loss(oracle_network, rows_of(8000, k), rng(k + 100)) for k in range(40)])
        return float(values.mean()), float(values.std()) / math.sqrt(40)

    value, error = mean_loss(masking_weight(level))
    assert abs(value - ENTROPY / WIDTH) < 4 * error < 0.015
    for wrong in (None, lambda t: 0.5 * masking_weight(level)(t), lambda t: 2 * level.d_p(t)):  # controls
        assert abs(mean_loss(wrong)[0] - ENTROPY / WIDTH) > 0.03


class Slow(LinearLevel):
    """p_t = t / 2 on [0, 2]."""

    t_max = 2.0

    def p(self, t):
        return super().p(t / 2)

    def d_p(self, t):
        return super().d_p(t / 2) / 2


def test_a_level_may_take_its_time():
    """The same bound over twice the time; the loss is a mean over it, so half of the bound. To 4 standard errors."""
    process, x0 = Masking(MASK, Slow()), rows_of(20_000, 3)
    found = bits_per_token(oracle_network, x0, process, draws=4, generator=rng(2))
    assert abs(found.value - ENTROPY / math.log(2) / WIDTH) < 4 * found.error < 0.04
    loss = denoising_loss(process, Categorical(), weight=masking_weight(Slow()))
    values = torch.stack([loss(oracle_network, rows_of(8000, k), rng(k + 100)) for k in range(40)])
    error = float(values.std()) / math.sqrt(40)
    assert abs(float(values.mean()) - ENTROPY / WIDTH / 2) < 4 * error < 0.01


def bound_of(word: tuple) -> float:
    """The bound in the limit of many steps for one row: k masks weigh the integral of t^(k-1) (1-t)^(width-k)."""
    total = 0.0
    for hidden in itertools.product((False, True), repeat=WIDTH):
        state = tuple(MASK if h else x for h, x in zip(hidden, word))
        k = sum(hidden)
        share = math.factorial(k - 1) * math.factorial(WIDTH - k) / math.factorial(WIDTH) if k else 0.0
        total -= share * sum(math.log(MARGINALS[ROW[state]][i, word[i]]) for i in range(WIDTH) if hidden[i])
    return total


def test_more_draws_leave_the_error_of_the_rows():
    """At 100 draws a row, the deviation of the rows' own bounds; at 1 draw more. Control: draws as if independent."""
    bounds = np.array([bound_of(word) for word in WORDS])
    assert float(P0 @ bounds) == pytest.approx(ENTROPY, abs=1e-12)
    n, own = 1000, math.sqrt(float(P0 @ (bounds - ENTROPY) ** 2))
    left = own / math.sqrt(n) / math.log(2) / WIDTH
    once, often = (
        bits_per_token(oracle_network, rows_of(n, 5), Masking(MASK), draws=draws, generator=rng(6))
        for draws in (1, 100)
    )
    assert often.error == pytest.approx(left, rel=0.1) and once.error > 1.3 * left
    assert often.error / 10 < 0.2 * left


def test_strings_are_counted_by_their_letters_and_their_end():
    """With 2 for padding: the same bits, over letters and one end for each row; without the end it would be more."""
    x0 = rows_of(500, 8)
    times = [1.0, 0.5, 0.0]
    whole, found = (
        bits_per_token(oracle_network, x0, Masking(MASK), times=times, draws=2, pad=pad, generator=rng(9))
        for pad in (None, 2)
    )
    letters = sum(v != 2 for row in x0.tolist() for v in row)
    assert found.value == pytest.approx(whole.value * WIDTH * 500 / (letters + 500), rel=1e-12)
    assert found.value != pytest.approx(whole.value * WIDTH * 500 / letters, rel=0.1)


# A joint guess.


def joint_law(state: tuple, before: tuple) -> np.ndarray:
    """p(x_i | x_t, x_0 before i) for i = len(before)."""
    p = posterior(state) * [word[: len(before)] == before for word in WORDS]
    law = np.array([sum(q for q, word in zip(p, WORDS) if word[len(before)] == v) for v in range(V)])
    return law / law.sum()


def joint_network(x_t: torch.Tensor, t, x0: torch.Tensor) -> torch.Tensor:
    """The logits of the true law, from left to right."""
    laws = [
        [joint_law(tuple(state), tuple(word[:i])) for i in range(WIDTH)]
        for state, word in zip(x_t.tolist(), x0.tolist())
    ]
    logits = torch.tensor(np.array(laws)).log()
    return torch.cat([logits, torch.full((*x_t.shape, 1), -math.inf)], -1)


def test_one_step_of_a_joint_guess_is_the_probability_itself():
    """-log2 p0 of every row, its mean and its standard error: nothing is left to the masks."""
    x0 = rows_of(60, 10)
    found = bits_per_token(
        joint_network, x0, Masking(MASK), times=[1.0, 0.0], draws=2, autoregressive=True, generator=rng(11)
    )
    bits = -np.log2([P0[WORDS.index(tuple(row))] for row in x0.tolist()]) / WIDTH
    assert found.value == pytest.approx(bits.mean(), abs=1e-12)
    assert found.error == pytest.approx(bits.std(ddof=1) / math.sqrt(60), rel=1e-9)
    apart = bits_per_token(oracle_network, x0, Masking(MASK), times=[1.0, 0.0], draws=1, generator=rng(11))
    assert abs(apart.value - bits.mean()) > 0.04  # control: one token by itself


def test_the_sum_is_no_bound_for_a_joint_guess_in_more_steps():
    """Of the true joint law, enumerated: 2.286, 2.177, 2.086 nats at 1, 2, 16 steps; only the first is H(p0)."""
    found = []
    for steps in (1, 2, 16):
        total = 0.0
        for k in range(1, steps + 1):
            p_t, p_s = k / steps, (k - 1) / steps
            for state in STATES:
                law = posterior(state)
                seen = math.prod(p_t if v == MASK else 1 - p_t for v in state)
                mass = float(P0[[all(v in (MASK, x) for v, x in zip(state, word)) for word in WORDS]].sum())
                hidden = -float(np.sum(law[law > 0] * np.log(law[law > 0])))
                total += (1 - p_s / p_t) * seen * mass * hidden
        found.append(total)
    assert found[0] == pytest.approx(ENTROPY, abs=1e-12)
    assert found[2] < found[1] < ENTROPY - 0.1


class Short(LinearLevel):
    """p_t = .9 t: a tenth of the tokens is still seen at the end."""

    def p(self, t):
        return 0.9 * super().p(t)

    def d_p(self, t):
        return 0.9 * super().d_p(t)


def test_no_bound_is_claimed_for_a_chain_that_begins_with_something_seen():
    """Of uniform tokens nobody can know more than log2 V bits; counted from p = .9 on, a tenth was free."""

    def knows_nothing(x_t, t):
        return torch.zeros(*x_t.shape, 8, dtype=torch.float64)

    x0 = torch.randint(8, (4000, 3), generator=rng(0))
    assert bits_per_token(knows_nothing, x0, Masking(8), generator=rng(1)).value == pytest.approx(3, abs=0.05)
    for problem in (lambda: masking_weight(Short()), lambda: bits_per_token(knows_nothing, x0, Masking(8, Short()))):
        with pytest.raises(ValueError, match="^level must reach p = 1 at t_max = 1, .* got p = 0.9"):
            problem()
    with pytest.raises(ValueError, match="times must fall from p = 1"):
        bits_per_token(knows_nothing, x0, Masking(8, Short()), times=[1.0, 0.5, 0.0])
    # Control: the sum from p = .9 down, as it was, is below the truth.
    t = torch.arange(1, 1001, dtype=torch.float64) / 1000
    assert float((1 / t * 0.9 * t * 3).mean()) == pytest.approx(2.7)


def test_the_standard_error_is_that_of_repetitions():
    """Over 60 fresh data sets the values scatter as the mean error says, to a third (p < 1e-4: 36%)."""
    found = [
        bits_per_token(oracle_network, rows_of(300, k), Masking(MASK), draws=2, generator=rng(k))
        for k in range(60)
    ]
    scatter = float(torch.tensor([bits.value for bits in found]).std())
    assert scatter == pytest.approx(sum(bits.error for bits in found) / 60, rel=0.36)


def test_step_nats_is_the_kl_of_a_step():
    """Against the two laws of x_s, written out, for every state and word; exact to 1e-12."""
    process, p_s, p_t = Masking(MASK), 0.3, 0.7
    for state in STATES:
        for word in WORDS:
            if any(v not in (MASK, x) for v, x in zip(state, word)):
                continue
            true = step_law(0.0, state, word, p_s, p_t)
            model = np.ones(1)
            for i, seen in enumerate(state):
                position = np.append((1 - p_s / p_t) * MARGINALS[ROW[state]][i], p_s / p_t)
                if seen != MASK:
                    position = np.eye(V + 1)[seen]
                model = np.multiply.outer(model, position).ravel()
            kl = sum(a * math.log(a / b) for a, b in zip(true, model) if a > 0)
            x_t, x0 = torch.tensor([state]), torch.tensor([word])
            found = float(step_nats(oracle_network(x_t, p_t), x0, x_t, process, p_t, p_s))
            assert found == pytest.approx(kl, abs=1e-12)


def test_the_network_that_knows_marginals_makes_the_enumerated_chain():
    """The package's predictor, carry-over and sampler: TV to the enumerated law within sampling error."""
    process, n, steps = Masking(MASK), 20_000, 4
    data = FiniteData(torch.tensor(WORDS), process, torch.tensor(P0))
    x_t = torch.tensor(STATES)
    torch.testing.assert_close(data.marginals(x_t, 0.4, V), TABLE)
    times = [1 - k / steps for k in range(steps + 1)]
    for guess, predictor in [
        ("NAR", carry_over(process, token_predictor(oracle_network))),
        ("AR", posterior_sample(data)),
    ]:
        for redraw, refresh in [(0.0, Keep()), (0.5, Mixture(0.5)), (1.0, Redraw())]:
            law = START
            for t, s in itertools.pairwise(times):
                law = law @ transition(guess, redraw, s, t)
            x = sample(
                process, predictor, process.sample_prior((n, 3)), times, refresh, rng(7), progress=False
            )
            seen = torch.bincount((x * torch.tensor([16, 4, 1])).sum(1), minlength=64) / n
            # E TV <= sqrt(27 / n) / 2 = .018; above twice that with probability below 1e-6.
            assert float(np.abs(seen.numpy() - law).sum() / 2) < 0.037


# Probabilities in the place of samples.

PAIRS = [(Fraction(3, 10), Fraction(3, 5)), (Fraction(1, 8), Fraction(9, 10))]
GUESS = (0.6, 0.3, 0.1)


def stepped(kind: str, x0: int, x_t: int, p_s: Fraction, p_t: Fraction) -> dict:
    if kind == "masking":
        f_t, f_s = masked((x0,), p_t, MASK), masked((x0,), p_s, MASK)
        return Noise([axis(p_s, p_t)]).step(f_t, f_s, brute.keep, (x_t,))
    kernel = brute.keep
    if kind == "d3pm-uniform":
        kernel = brute.redraw_token(1 - float(1 - p_t) / float(1 - p_s))
    noise = Noise([axis(p_s, p_t, vocabulary=V)])
    return noise.step(replaced((x0,), p_t), replaced((x0,), p_s), kernel, (x_t,))


def sampled(kind: str, x_t: int, p_s, p_t) -> dict:
    """x0 ~ GUESS, then the step."""
    total: dict = {}
    for x0, q in enumerate(GUESS):
        for x_s, p in stepped(kind, x0, x_t, p_s, p_t).items():
            total[x_s] = total.get(x_s, 0.0) + q * p
    return total


@pytest.mark.parametrize("p_s, p_t", PAIRS)
def test_probabilities_in_bayes_rule_are_another_kernel(p_s, p_t):
    """Multinomial diffusion (Hoogeboom et al. 2021, eq. 13-15) feeds the probabilities of x0 to

    q(x_s | x_t, x0) ~ (a x_t + (1 - a) / V) (a_s x0 + (1 - a_s) / V), a = a_t / a_s,

    and normalises; D3PM sums q(x_s | x_t, x0) over x0. Equal for a certain x0, else not: TV .13, .16, .09
    at the first pair of times, .06, .06, .03 at the second, for the three values of x_t.
    """
    s, t = 1 - float(p_s), 1 - float(p_t)
    onward, gaps = t / s, []
    for x_t in range(V):
        weight = np.full(V, (1 - onward) / V)
        weight[x_t] += onward
        for certain in range(V):
            fed = weight * (s * np.eye(V)[certain] + (1 - s) / V)
            fed = {(v,): p for v, p in enumerate(fed / fed.sum())}
            assert_same_law(fed, stepped("d3pm-uniform", certain, x_t, p_s, p_t))
        fed = weight * (s * np.array(GUESS) + (1 - s) / V)
        fed = {(v,): p for v, p in enumerate(fed / fed.sum())}
        gaps.append(tv(fed, sampled("d3pm-uniform", x_t, p_s, p_t)))
    assert [round(gap, 2) for gap in gaps] == {0.6: [0.13, 0.16, 0.09], 0.9: [0.06, 0.06, 0.03]}[float(p_t)]


@pytest.mark.parametrize("p_s, p_t", PAIRS)
def test_probabilities_are_as_good_as_samples_where_the_step_is_linear(p_s, p_t):
    """Masking, and multinomial DDIM: for one token the law is linear in x0, so nothing is lost."""
    s, t = float(p_s), float(p_t)
    fed = {(v,): (1 - s / t) * q for v, q in enumerate(GUESS)} | {(MASK,): s / t}
    assert_same_law(fed, sampled("masking", MASK, p_s, p_t))
    g = s / t
    for x_t in range(V):
        law = np.full(V, (s - t * g) / V) + ((1 - s) - g * (1 - t)) * np.array(GUESS)
        law[x_t] += g
        assert_same_law({(v,): p for v, p in enumerate(law)}, sampled("multinomial-ddim", x_t, p_s, p_t))


def test_masked_nats_counts_only_what_is_hidden():
    logits = torch.zeros(1, 3, 4, dtype=torch.float64)
    x0, x_t = torch.tensor([[0, 1, 2]]), torch.tensor([[0, MASK, MASK]])
    found = masked_nats(logits, x0, x_t, Masking(MASK))
    torch.testing.assert_close(found, torch.tensor([2 * math.log(4)], dtype=torch.float64))
    with pytest.raises(ValueError, match="logits must have shape"):
        masked_nats(logits[:, :2], x0, x_t, Masking(MASK))
    for outside in (-100, 4):  # the first is what a cross-entropy leaves out without a word
        with pytest.raises(ValueError, match=r"^x0 must lie in \[0, 3\]"):
            masked_nats(logits, torch.tensor([[0, outside, 2]]), x_t, Masking(MASK))
