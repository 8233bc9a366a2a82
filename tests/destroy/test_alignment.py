"""Soft alignment beside brute force, and the three laws of the process that is built on it.

Brute force lists every outcome of the noise from the definitions of the header of `alignment.py`, and
knows no recursion. Every statistical test has a false-alarm rate of at most 1e-4 in all.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from udm_lessons.destroy import (
    CosineLevel,
    Deletion,
    Editing,
    LinearLevel,
    alignment_table,
    count_embeddings,
    sample_alignment,
)
from udm_lessons.rebuild import (
    FiniteData,
    Keep,
    Markov,
    Mixture,
    Redraw,
    Reflect,
    posterior_sample,
    reverse_step,
    sample,
)

from worlds.processes import PAD
from worlds.statistics import assert_plausible, assert_same_law, chi2, ks, rng, tally, tv

V = 2
CHANCES = [(0.3, 0.0, 0.0), (0.6, 0.25, 0.0), (0.45, 0.0, 0.2), (0.2, 0.3, 0.4)]


def outcomes(x0: tuple, p: float, r: float, i: float, vocabulary: int = V):
    """Every way to edit x0: (y, per token None or (seen, changed), per gap None or token, probability)."""
    tokens = []
    for x in x0:
        ways = [(None, p), ((x, False), (1 - p) * (1 - r))]
        tokens.append(ways + [((v, True), (1 - p) * r / vocabulary) for v in range(vocabulary)])
    gap = [(None, 1 - i)] + [(v, i / vocabulary) for v in range(vocabulary)]
    for shown in itertools.product(*tokens):
        for new in itertools.product(gap, repeat=len(x0) + 1):
            y = []
            for k, (token, _) in enumerate(new):
                y += [] if token is None else [token]
                if k < len(x0) and shown[k][0] is not None:
                    y.append(shown[k][0][0])
            mass = math.prod(q for _, q in shown) * math.prod(q for _, q in new)
            if mass:
                yield tuple(y), tuple(s for s, _ in shown), tuple(g for g, _ in new), mass


def law(x0: tuple, *chances: float) -> dict[tuple, float]:
    total: dict[tuple, float] = defaultdict(float)
    for y, _, _, mass in outcomes(x0, *chances):
        total[y] += mass
    return dict(total)


def batch(rows, width: int | None = None) -> torch.Tensor:
    width = max(1, *map(len, rows)) if width is None else width
    return torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows])


@pytest.mark.parametrize("chances", CHANCES)
@pytest.mark.parametrize("x0", [(), (1,), (0, 1), (0, 0, 1), (1, 1, 1)])
def test_the_recursion_is_brute_force(x0, chances):
    """Every y of positive probability, padded to one width, and strings that cannot be: to 1e-14."""
    exact = law(x0, *chances)
    y = [*exact, (1,) * (2 * len(x0) + 2)]
    table = alignment_table(batch([x0] * len(y), 4), batch(y), PAD, *chances, vocabulary=V)
    found = table.log_likelihood.exp()
    assert_same_law(dict(zip(exact, found.tolist())), exact, 1e-14)
    assert float(found[-1]) == 0 and float(found[:-1].sum()) == pytest.approx(1, abs=1e-12)


def test_each_sample_has_its_own_chances():
    x0, y = [(0, 1), (0, 0, 1), (1, 1), (0,)], [(1,), (0, 1), (0, 1), ()]
    p, r, i = (torch.tensor(column, dtype=torch.float64) for column in zip(*CHANCES))
    found = alignment_table(batch(x0), batch(y), PAD, p, r, i, V).log_likelihood.exp()
    for k, value in enumerate(found.tolist()):
        assert value == pytest.approx(law(x0[k], *CHANCES[k])[y[k]], abs=1e-15)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 2), max_size=9), st.data(), st.floats(0.05, 0.95))
def test_without_substitution_and_insertion_it_counts_embeddings(x0, data, p):
    kept = data.draw(st.lists(st.booleans(), min_size=len(x0), max_size=len(x0)))
    y = list(itertools.compress(x0, kept))
    pair = batch([x0], 9), batch([y], 9)
    ways = float(count_embeddings(*pair, PAD))
    expected = math.log(ways) + len(y) * math.log(1 - p) + (len(x0) - len(y)) * math.log(p)
    found = float(alignment_table(*pair, PAD, p, vocabulary=3).log_likelihood)
    assert found == pytest.approx(expected, abs=1e-10)
    wrong = float(alignment_table(pair[0], batch([[*y, 0]], 10), PAD, p, vocabulary=3).log_likelihood)
    more = float(count_embeddings(pair[0], batch([[*y, 0]], 10), PAD))
    assert (wrong == -math.inf) == (more == 0)


def test_long_strings_neither_overflow_nor_vanish():
    """C(3000, 1500) has 902 digits, and 200 wrong letters a probability of 1e-500."""
    x0, y = torch.zeros(2, 3000, dtype=torch.int64), torch.zeros(2, 1500, dtype=torch.int64)
    found = alignment_table(x0, y, PAD, 0.5).log_likelihood
    expected = math.lgamma(3001) - 2 * math.lgamma(1501) - 3000 * math.log(2)
    torch.testing.assert_close(found, torch.full((2,), expected, dtype=torch.float64), rtol=1e-10, atol=0)
    x0, y = torch.zeros(1, 200, dtype=torch.int64), torch.ones(1, 200, dtype=torch.int64)
    found = alignment_table(x0, y, PAD, 1e-9, 0.05, vocabulary=26).log_likelihood
    assert float(found) == pytest.approx(200 * math.log((1 - 1e-9) * 0.05 / 26), rel=1e-9)


@pytest.mark.parametrize("chances", CHANCES[1:])
def test_alignments_follow_their_posterior(chances):
    """Draws of who is kept, changed and inserted, against brute force, for several y at once."""
    x0, n = (0, 0, 1), 4000
    p_values = []
    for y in [(0,), (0, 1), (0, 0, 1), (1, 0)]:
        exact: dict[tuple, float] = defaultdict(float)
        for z, shown, new, mass in outcomes(x0, *chances):
            if z == y:
                exact[shown, new] += mass
        total = sum(exact.values())
        if total == 0:
            continue
        found = sample_alignment(
            batch([x0] * n, 4), batch([y] * n, 4), PAD, *chances, V, generator=rng(len(y))
        )
        seen = []
        for kept, changed, token, inserted, gap in zip(*(part.tolist() for part in found)):
            shown = tuple((v, c) if k else None for k, c, v in zip(kept, changed, token))[:3]
            new = tuple(v if k else None for k, v in zip(inserted, gap))[:4]
            assert not any(kept[3:]) and not any(inserted[4:])
            seen.append((shown, new))
        counts = {key: seen.count(key) for key in set(seen)}
        p_values.append(chi2(counts, {key: mass / total for key, mass in exact.items()}))
        # Control: the posterior without regard to how many ways lead there.
        if len(exact) > 3:
            assert chi2(counts, dict.fromkeys(exact, 1 / len(exact))) < 1e-6
    assert_plausible(p_values)


def test_bad_strings_and_chances():
    good = batch([(0, 1)])
    with pytest.raises(ValueError, match="x0 must be padded on the right only"):
        alignment_table(torch.tensor([[0, PAD, 1]]), good, PAD, 0.5)
    with pytest.raises(ValueError, match=r"deletion must lie in \[0, 1\]; got 1.5"):
        alignment_table(good, good, PAD, 1.5)
    with pytest.raises(TypeError, match="y must hold tokens"):
        alignment_table(good, good.float(), PAD, 0.5)
    with pytest.raises(ValueError, match="y must hold as many strings as x0, 1; got 2"):
        alignment_table(good, good.repeat(2, 1), PAD, 0.5)
    with pytest.raises(ValueError, match="y must be reachable from x0; row 0 is not"):
        sample_alignment(good, batch([(1, 0)]), PAD, 0.5)


# The process.

PROCESS = {
    "both": Editing(PAD, V, LinearLevel(), 0.5, 0.3),
    "substitution": Editing(PAD, V, CosineLevel(), 0.6, 0.0),
    "insertion": Editing(PAD, V, LinearLevel(), 0.0, 0.4),
    "neither": Editing(PAD, V, LinearLevel(), 0.0, 0.0),
}
REFRESHES = {"keep": Keep(), "redraw": Redraw(), "mixture": Mixture(0.3), "reflect": Reflect()}
each_process = pytest.mark.parametrize("name", PROCESS)
TIMES = (0.15, 0.4, 0.8)


def corrupted(process, x0, t, seed: int) -> torch.Tensor:
    return process.forward(x0, process.sample_noise(x0, rng(seed)), t)


@each_process
def test_forward_has_the_law_of_brute_force(name):
    process, x0, n = PROCESS[name], (0, 0, 1), 4000
    p_values = []
    for seed, t in enumerate(TIMES):
        seen = tally(corrupted(process, batch([x0] * n, 4), t, seed), PAD)
        p_values.append(chi2(seen, law(x0, *process.chances(t))))
    assert_plausible(p_values)


@each_process
def test_likelihood_is_brute_force(name):
    process, x0 = PROCESS[name], (1, 0, 1)
    for t in TIMES:
        exact = law(x0, *process.chances(t))
        found = process.log_likelihood(batch([*exact]), batch([x0] * len(exact), 4), t).exp()
        assert_same_law(dict(zip(exact, found.tolist())), exact, 1e-14)


@each_process
def test_inferred_noise_leads_back_and_has_law_q(name):
    """Laws (i) and (ii); a control whose thresholds lie in the middle of their intervals fails (ii)."""
    process, n = PROCESS[name], 3000
    p_values, middle = [], []
    for seed, t in enumerate((*TIMES, torch.rand(n, generator=rng(4), dtype=torch.float64))):
        x0 = batch([(0, 0, 1)] * n, 4)
        x_t = corrupted(process, x0, t, seed)
        noise = process.infer_noise(x0, x_t, t, rng(seed + 50))
        again = process.forward(x0, noise, t)
        width = max(again.shape[1], x_t.shape[1])
        again, x_t = (torch.nn.functional.pad(x, (0, width - x.shape[1]), value=PAD) for x in (again, x_t))
        assert torch.equal(again, x_t)
        p_values += ks(torch.cat([noise.delete, noise.change, noise.appear], 1))
        p_values += [
            chi2(tally(column[:, None]), {(v,): 1 / V for v in range(V)})
            for column in (*noise.token.T, *noise.gap_token.T)
        ]
        halves = (2 * torch.cat([noise.delete[:, :3], noise.appear[:, :2]], 1)).long()
        even = {cell: 1 / 32 for cell in itertools.product((0, 1), repeat=5)}
        p_values.append(chi2(tally(halves), even))
        if isinstance(t, float):
            level = process.chances(t)[0]
            middle += ks(torch.where(noise.delete[:, :3] < level, level / 2, (1 + level) / 2))
    assert_plausible(p_values)
    with pytest.raises(AssertionError, match="p-values"):
        assert_plausible(middle)


@each_process
@pytest.mark.parametrize("kernel", REFRESHES)
def test_the_marginal_identity(name, kernel):
    """Law (iii): x_s has its law given x0; not that of t (control)."""
    process, x0, n = PROCESS[name], (0, 0, 1), 4000
    p_values = []
    for seed, (t, s) in enumerate([(0.8, 0.4), (0.4, 0.15), (0.9, 0.0)]):
        rows = batch([x0] * n, 4)
        x_t = corrupted(process, rows, t, seed)
        x_s = tally(reverse_step(process, rows, x_t, t, s, REFRESHES[kernel], rng(seed + 9)), PAD)
        p_values.append(chi2(x_s, law(x0, *process.chances(s))))
        assert chi2(x_s, law(x0, *process.chances(t))) < 1e-6
    assert_plausible(p_values)


def cells(*levels: float) -> list[tuple[float, float]]:
    """Middles and widths of the parts of (0, 1) between the levels."""
    cuts = sorted({0.0, *levels, 1.0})
    return [((a + b) / 2, b - a) for a, b in itertools.pairwise(cuts)]


def kept_steps(x0: tuple, at_t: tuple, at_s: tuple) -> dict[tuple, dict[tuple, float]]:
    """x_s given x_t if all noise is kept, over every cell of u, v and g at both times and every spare token."""

    def written(noise, chances) -> tuple:
        (p, r, i), (gaps, tokens), y = chances, noise, []
        for k, (g, spare) in enumerate(gaps):
            y += [spare] if g < i else []
            if k < len(x0) and tokens[k][0] >= p:
                y.append(tokens[k][2] if tokens[k][1] < r else x0[k])
        return tuple(y)

    u, v, g = (cells(*pair) for pair in zip(at_t, at_s))
    token = [((a, b, w), x * y / V) for a, x in u for b, y in v for w in range(V)]
    gap = [((a, w), x / V) for a, x in g for w in range(V)]
    total: dict[tuple, dict[tuple, float]] = defaultdict(lambda: defaultdict(float))
    for gaps in itertools.product(gap, repeat=len(x0) + 1):
        for tokens in itertools.product(token, repeat=len(x0)):
            noise = [part for part, _ in gaps], [part for part, _ in tokens]
            mass = math.prod(m for _, m in gaps) * math.prod(m for _, m in tokens)
            total[written(noise, at_t)][written(noise, at_s)] += mass
    return {x_t: {x: m / sum(law.values()) for x, m in law.items()} for x_t, law in total.items()}


@pytest.mark.parametrize("t, s", [(0.8, 0.4), (0.45, 0.1)], ids=["intruders come", "intruders go"])
@pytest.mark.parametrize("name", ["both", "insertion"])
def test_a_step_with_kept_noise_has_the_law_of_brute_force(name, t, s):
    """Every x_t of one token; a deleted one returns with 1 - p_s / p_t, an intruder stays with i_s / i_t at most 1."""
    process, n, p_values, redrawn = PROCESS[name], 3000, [], []
    (p_t, _, i_t), (p_s, _, i_s) = (at_t, at_s) = process.chances(t), process.chances(s)
    alone = kept_steps((), at_t, at_s)[(1,)]
    assert alone.get((1,), 0.0) == pytest.approx(min(1.0, i_s / i_t))
    deleted = Editing(PAD, V, LinearLevel(), 0.0, 0.0)
    returns = kept_steps((0,), deleted.chances(t), deleted.chances(s))[()]
    assert returns == pytest.approx({(0,): 1 - p_s / p_t, (): p_s / p_t})
    exact = kept_steps((0,), at_t, at_s)
    for x_t, law_of_step in exact.items():
        rows = batch([(0,)] * n, 3), batch([x_t] * n, 3)
        for refresh, found in ((Keep(), p_values), (Redraw(), redrawn)):
            seen = tally(reverse_step(process, *rows, t, s, refresh, rng(len(found))), PAD)
            found.append(chi2(seen, law_of_step))
    assert_plausible(p_values)
    assert max(redrawn) < 1e-6  # control: noise drawn anew


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_string_is_reachable_up_to_two_tokens_for_each_and_one(n):
    """Of all strings of up to 2 n + 2 letters those of 2 n + 2 cannot be, all else can; at p = 0 and 1 one is left."""
    strings = [y for m in range(2 * n + 3) for y in itertools.product(range(V), repeat=m)]
    for x0 in itertools.product(range(V), repeat=n):
        for t in (0.01, 0.5, 0.99):
            found = PROCESS["both"].log_likelihood(batch(strings), batch([x0] * len(strings)), t)
            assert [value > -math.inf for value in found.tolist()] == [len(y) <= 2 * n + 1 for y in strings]
        for t, only in ((0.0, x0), (1.0, ())):
            found = PROCESS["both"].log_likelihood(batch(strings), batch([x0] * len(strings)), t)
            assert found.tolist() == [0.0 if y == only else -math.inf for y in strings]


def test_the_chances_of_edits_are_their_formulas():
    """By hand at p = 1/4 and at the cosine's p = 1/2, t = 2/3; as tensors too. An intruder's is largest at p = 1/2."""
    assert PROCESS["both"].chances(0.25) == pytest.approx((0.25, 0.125, 0.225))
    assert PROCESS["both"].chances(1.0) == (1.0, 0.5, 0.0)
    cosine = Editing(PAD, V, CosineLevel(), 0.6, 0.1)
    assert cosine.chances(2 / 3) == pytest.approx((0.5, 0.3, 0.1))
    columns = cosine.chances(torch.tensor([0.0, 2 / 3], dtype=torch.float64))
    assert [column.tolist() for column in columns] == [pytest.approx([0.0, x]) for x in (0.5, 0.3, 0.1)]


def test_with_exact_guesses_the_chain_is_exact():
    """From the empty string to three strings of unequal weight, through intruders and substitutes."""
    process, n = PROCESS["both"], 4000
    data, weights = batch([(0, 0, 1), (1,), (1, 1)], 4), torch.tensor([0.5, 0.2, 0.3])
    predictor = posterior_sample(FiniteData(data, process, weights))
    p_values = []
    for seed, refresh in enumerate((Keep(), Mixture(0.3))):
        x = sample(
            process, predictor, process.sample_prior((n, 4)), [1.0, 0.7, 0.4, 0.1, 0.0],
            refresh, rng(seed), progress=False,
        )  # fmt: skip
        p_values.append(chi2(tally(x, PAD), {(0, 0, 1): 0.5, (1,): 0.2, (1, 1): 0.3}))
    assert_plausible(p_values)


def test_guesses_that_do_not_hold_x_t_are_welcome():
    """Where Deletion must refuse."""
    x0, x_t = batch([(0, 0, 1)], 4), batch([(1, 0)], 4)
    with pytest.raises(ValueError, match="x_t must be a subsequence"):
        Deletion(PAD).infer_noise(x0, x_t, 0.5)
    assert reverse_step(PROCESS["both"], x0, x_t, 0.5, 0.2, Keep(), rng(0)).shape[0] == 1
    with pytest.raises(ValueError, match="y must be reachable"):
        PROCESS["both"].infer_noise(x0, batch([(1,) * 8]), 0.5)
    with pytest.raises(TypeError, match="Markov chain"):
        reverse_step(PROCESS["both"], x0, x0, 0.5, 0.2, Markov())


def test_without_noise_of_its_own_it_is_deletion():
    x0 = batch([(0, 0, 1, 0)] * 50, 5)
    x_t = corrupted(Deletion(PAD), x0, 0.4, 1)
    found = PROCESS["neither"].log_likelihood(x_t, x0, 0.4)
    torch.testing.assert_close(found, Deletion(PAD).log_likelihood(x_t, x0, 0.4))
    assert tv(law((0, 0, 1), 0.4, 0.0, 0.0), law((0, 0, 1), 0.4, 0.2, 0.0)) > 0.05


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((1.5, 3), TypeError, "pad must be a whole number"),
        ((9, 1), ValueError, "vocabulary must be at least 2"),
        ((1, 3), ValueError, "not hold pad"),
        ((9, 3, None, 1.2), ValueError, "substitution must lie in"),
        ((9, 3, None, 0.1, -0.2), ValueError, "insertion must lie in"),
    ],
)
def test_bad_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        Editing(*arguments)
    process = Editing(9, 3)
    with pytest.raises(ValueError, match="x0 must hold tokens below 3"):
        process.forward(torch.tensor([[4]]), process.sample_noise(torch.tensor([[1]])), 0.5)
    with pytest.raises(ValueError, match="noise must be EditNoise"):
        process.forward(torch.tensor([[1]]), torch.zeros(1, 1), 0.5)
