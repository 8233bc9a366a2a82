"""The claims of the lesson on strings that change length, each against a list of all cases.

What the package draws or computes is compared with brute force that is written here from the definitions:
thresholds below p_t delete, gaps and letters have their fates.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict

import pytest
import torch

from udm_lessons.data import PAD, decode, encode, names
from udm_lessons.destroy import Deletion, Editing, alignment_table, count_embeddings
from udm_lessons.learn import EditTransformer, edit_predictor
from udm_lessons.rebuild import FiniteData, Keep, Mixture, reverse_step, sample

from worlds.enumeration import embeddings
from worlds.statistics import rng

PROCESS = Deletion(PAD)
WORDS = [("banana", 0.8, 0.3), ("nana", 0.7, 0.3), ("aabb", 0.9, 0.2)]


def joint(x0: str, p_t: float, p_s: float) -> dict:
    """p(x_s, x_t | x0) when nothing returns: each letter survives t, goes in between, or is gone by s."""
    law: dict = defaultdict(float)
    for fate in itertools.product(range(3), repeat=len(x0)):
        x_t, x_s = ("".join(a for a, f in zip(x0, fate) if f <= last) for last in (0, 1))
        law[x_s, x_t] += math.prod((1 - p_t, p_t - p_s, p_s)[f] for f in fate)
    return law


def marginal(x0: str, p: float) -> dict:
    law: dict = defaultdict(float)
    for gone in itertools.product((False, True), repeat=len(x0)):
        law["".join(a for a, g in zip(x0, gone) if not g)] += math.prod(p if g else 1 - p for g in gone)
    return law


def rebuilt(x0: str, p_t: float, p_s: float, choose, back: float, lost: float = 0.0) -> dict:
    """The law of x_s: destroy up to t, choose embeddings, let letters return or vanish one by one."""
    law: dict = defaultdict(float)
    for x_t, chance in marginal(x0, p_t).items():
        chosen = choose(sorted(embeddings(tuple(x0), tuple(x_t))))
        for kept, seen in itertools.product(chosen, itertools.product((False, True), repeat=len(x0))):
            ways = [
                ((1 - lost) if s else lost) if i in kept else (back if s else 1 - back)
                for i, s in enumerate(seen)
            ]
            law["".join(a for a, s in zip(x0, seen) if s)] += chance * math.prod(ways) / len(chosen)
    return law


def distance(a: dict, b: dict) -> float:
    return sum(abs(a.get(k, 0.0) - b.get(k, 0.0)) for k in {*a, *b}) / 2


def count(x0: str, y: str) -> int:
    width = max(len(x0), len(y), 1)
    return int(count_embeddings(encode([x0], width), encode([y], width), PAD))


def test_the_table_by_hand() -> None:
    """“na” in “nana”: the fifteen numbers of the picture."""
    table = [[count("nana"[i:], "na"[j:]) for j in range(3)] for i in range(5)]
    assert table == [[3, 2, 1], [1, 2, 1], [1, 1, 1], [0, 1, 1], [0, 0, 1]]


@pytest.mark.parametrize("x0, p_t, p_s", WORDS)
def test_every_embedding_is_equally_likely_at_any_level(x0, p_t, p_s) -> None:
    """By Bayes over all thresholds, and together they make the likelihood of the package."""
    for p in (p_t, p_s):
        by_places: dict = defaultdict(list)
        for gone in itertools.product((False, True), repeat=len(x0)):
            x_t = "".join(a for a, g in zip(x0, gone) if not g)
            by_places[x_t].append(math.prod(p if g else 1 - p for g in gone))
        for x_t, chances in by_places.items():
            assert len(chances) == count(x0, x_t)
            assert max(chances) == pytest.approx(min(chances), rel=1e-12)
            log_p = PROCESS.log_likelihood(encode([x_t], len(x0)), encode([x0]), p)
            assert float(log_p.exp()) == pytest.approx(sum(chances), rel=1e-12)


@pytest.mark.parametrize("x0, p_t, p_s", WORDS)
def test_the_closed_form_of_a_step_is_bayes(x0, p_t, p_s) -> None:
    law = joint(x0, p_t, p_s)
    total: dict = defaultdict(float)
    for (_, x_t), chance in law.items():
        total[x_t] += chance

    def form(x_s: str, x_t: str, stay: float) -> float:
        ways = count(x0, x_s) * count(x_s, x_t) / count(x0, x_t)
        return ways * stay ** (len(x0) - len(x_s)) * (1 - stay) ** (len(x_s) - len(x_t))

    bayes = {(x_s, x_t): chance / total[x_t] for (x_s, x_t), chance in law.items()}
    assert max(abs(form(*key, p_s / p_t) - value) for key, value in bayes.items()) < 1e-12
    assert max(abs(form(*key, 1 - p_s / p_t) - value) for key, value in bayes.items()) > 0.01  # control


def test_the_left_most_alignment_fails() -> None:
    """One step back with “barbara” from .8: exact distances, and the numbers of the picture."""
    found = {
        name: [distance(rebuilt("barbara", 0.8, p, rule, 1 - p / 0.8), marginal("barbara", p)) for p in (0.3, 0.4)]
        for name, rule in {"all": lambda w: w, "left": lambda w: w[:1], "right": lambda w: w[-1:]}.items()
    }
    assert max(found["all"]) < 1e-12
    assert min(found["left"] + found["right"]) > 0.03


def taken_for_kept(x0: str, p: float, choose) -> list[float]:
    """How often each letter of x0 is taken for kept: destroy it, then choose among the embeddings."""
    taken = [0.0] * len(x0)
    for x_t, chance in marginal(x0, p).items():
        chosen = choose(sorted(embeddings(tuple(x0), tuple(x_t))))
        for i in (i for c in chosen for i in c):
            taken[i] += chance / len(chosen)
    return taken


@pytest.mark.parametrize("word", ["barbara", "aaaa", "banana", "abcd"])
def test_only_a_fair_draw_takes_each_letter_for_kept_as_often_as_it_is(word) -> None:
    fair, left, right = (taken_for_kept(word, 0.8, rule) for rule in (lambda w: w, lambda w: w[:1], lambda w: w[-1:]))
    assert fair == pytest.approx([0.2] * len(word), abs=1e-12)
    assert sum(left) == pytest.approx(0.2 * len(word)) and sum(right) == pytest.approx(0.2 * len(word))
    off = max(abs(x - 0.2) for x in left + right)
    assert off > 0.1 if len(set(word)) < len(word) else off < 1e-12  # control: no letter comes twice
    if word == "aaaa":
        tails = [sum(math.comb(4, m) * 0.2**m * 0.8 ** (4 - m) for m in range(i + 1, 5)) for i in range(4)]
        assert left == pytest.approx(tails, abs=1e-12)


def test_the_left_most_rule_is_right_where_equal_letters_stand_together() -> None:
    """All patterns of up to five letters, one step from .8 to .4; and how many names are such."""

    def pattern(word) -> str:
        return "".join("abcde"[list(dict.fromkeys(word)).index(a)] for a in word)

    def together(word: str) -> bool:
        return len([a for a, _ in itertools.groupby(word)]) == len(set(word))

    patterns = {pattern(w) for n in range(1, 6) for w in itertools.product("abcde", repeat=n)}
    missed = {w: distance(rebuilt(w, 0.8, 0.4, lambda ways: ways[:1], 0.5), marginal(w, 0.4)) for w in patterns}
    assert [sum(map(together, patterns)), len(patterns)] == [31, 75]
    for word, value in missed.items():
        assert value < 1e-12 if together(word) else value > 0.03  # the second is the control
    assert sum(map(together, names())) == 2815 and len(names()) == 5163


def gone(m: int, lengths: list[float], p: float) -> list[float]:
    """P(k letters are gone | m are left), from the fates of all letters."""
    found = [0.0] * (len(lengths) - m)
    for n, share in enumerate(lengths):
        for fate in itertools.product((False, True), repeat=n):
            if n - sum(fate) == m:
                found[sum(fate)] += share * math.prod(p if went else 1 - p for went in fate)
    return [x / sum(found) for x in found]


def test_how_many_letters_are_gone() -> None:
    """By Bayes over all fates; with Poisson lengths the number left tells nothing, with those of names it does."""
    census = [sum(len(x) == n for x in names()) / len(names()) for n in range(12)]
    for m in (0, 2, 6):
        weights = [census[n] * math.comb(n, m) * 0.4 ** (n - m) for n in range(m, 12)]
        assert gone(m, census, 0.4) == pytest.approx([w / sum(weights) for w in weights], abs=1e-12)

    def mean(m: int, lengths: list[float]) -> float:
        weights = [lengths[n] * math.comb(n, m) * 0.5 ** (n - m) for n in range(m, len(lengths))]
        return sum(k * w for k, w in enumerate(weights)) / sum(weights)

    poisson = [math.exp(-6) * 6.0**n / math.factorial(n) for n in range(60)]
    assert max(abs(mean(m, poisson) - 3) for m in range(9)) < 1e-9
    assert all(mean(m, census) > mean(m + 1, census) + 0.3 for m in range(8))  # control
    assert mean(0, census) == pytest.approx(4.5, abs=0.05) and mean(8, census) == pytest.approx(1.1, abs=0.05)
    assert sum(census[4:9]) > 0.9


@pytest.mark.parametrize("r", [0.0, 0.25, 1.0])
def test_a_mixture_lets_letters_come_and_go(r) -> None:
    """The exact law with chances (1-r)(1-p_s/p_t) + r(1-p_s) and r p_s, and draws of the package.

    2 frequencies of 20000 draws, each within 5 standard deviations: false alarm below 1e-5.
    """
    p_t, p_s, n = 0.8, 0.5, 20_000
    back, lost = (1 - r) * (1 - p_s / p_t) + r * (1 - p_s), r * p_s
    assert distance(rebuilt("nana", p_t, p_s, lambda w: w, back, lost), marginal("nana", p_s)) < 1e-12
    x_s = decode(reverse_step(PROCESS, encode(["abcd"] * n), encode(["b"] * n, 4), p_t, p_s, Mixture(r), rng(3)))
    for letter, chance in (("a", back), ("b", 1 - lost)):
        seen = sum(letter in x for x in x_s) / n
        assert abs(seen - chance) < 5 * math.sqrt(chance * (1 - chance) / n) + 1e-12
    # Control: a letter that was seen can vanish only if thresholds are drawn anew.
    assert (sum("b" in x for x in x_s) == n) == (r == 0)


def test_under_keep_strings_only_grow() -> None:
    data = encode(names()[::40], 12)
    oracle = FiniteData(data, PROCESS)
    times = [1 - k / 8 for k in range(9)]

    def grows(refresh) -> bool:
        film = [PROCESS.sample_prior((60, 12))]
        sample(PROCESS, oracle.sample_x0, film[0], times, refresh, rng(1), False, lambda s, x, _: film.append(x))
        return all(bool((count_embeddings(b, a, PAD) > 0).all()) for a, b in itertools.pairwise(film))

    assert grows(Keep())
    assert not grows(Mixture(0.3))  # control


def test_nothing_is_known_from_the_empty_string() -> None:
    """At p_T = 1 the posterior is the law of the data, uneven as it may be; before that it is not."""
    data = encode(["al", "jane", "olivia"])
    weights = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    oracle, empty = FiniteData(data, PROCESS, weights), torch.full((1, 6), PAD)
    torch.testing.assert_close(oracle.weights(empty, 1.0)[0], weights)
    assert float((oracle.weights(empty, 0.5)[0] - weights).abs().max()) > 0.1  # control


def listed(x0: str, p: float, r: float, iota: float, letters: str = "ab") -> Counter:
    """p(y | x0) from the fates of all letters and gaps."""
    V, law = len(letters), Counter()
    gap = [("", 1 - iota), *((c, iota / V) for c in letters)]
    parts = [gap]
    for x in x0:
        parts += [[("", p), (x, (1 - p) * (1 - r)), *((c, (1 - p) * r / V) for c in letters)], gap]
    for way in itertools.product(*parts):
        law["".join(a for a, _ in way)] += math.prod(chance for _, chance in way)
    return law


@pytest.mark.parametrize("p, r, iota", [(0.3, 0.4, 0.0), (0.3, 0.0, 0.2), (0.6, 0.4, 0.2), (0.5, 0.0, 0.0)])
def test_misprints_by_the_same_recursion(p, r, iota) -> None:
    law = listed("ab", p, r, iota)
    strings = ["".join(w) for n in range(6) for w in itertools.product("ab", repeat=n)]
    n = len(strings)
    table = alignment_table(encode(["ab"] * n, 5), encode(strings, 5), PAD, p, r, iota, 2)
    found = dict(zip(strings, table.log_likelihood.exp().tolist()))
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)
    assert max(abs(found[y] - law[y]) for y in strings) < 1e-12
    if r:  # control: without r/V for equal letters
        assert abs(found["ab"] - (1 - p) ** 2 * (1 - r) ** 2) > 1e-3


def test_intruders_survive_with_the_ratio_of_their_levels() -> None:
    """20000 draws, 5 standard deviations: false alarm below 1e-6. Control: the level of s alone."""
    process, n, t, s = Editing(PAD, 26, substitution=0.0, insertion=0.3), 20_000, 0.7, 0.2
    x_s = reverse_step(process, encode(["anna"] * n, 9), encode(["xann"] * n, 9), t, s, Keep(), rng(4))
    share, ratio = sum("x" in x for x in decode(x_s)) / n, process.chances(s)[2] / process.chances(t)[2]
    error = math.sqrt(ratio * (1 - ratio) / n)
    assert abs(share - ratio) < 5 * error
    assert abs(share - process.chances(s)[2]) > 50 * error


def test_while_their_level_rises_all_intruders_stay_and_new_ones_come() -> None:
    """From .9 to .5 iota rises from .108 to .3: every empty gap is filled with (i' - i) / (1 - i).

    20000 draws, five standard deviations: false alarm below 1e-6.
    """
    process, n, t, s = Editing(PAD, 26, substitution=0.0, insertion=0.3), 20_000, 0.9, 0.5
    x0 = encode(["anna"] * n, 12)
    level_t, level_s = (process.chances(time)[2] for time in (t, s))
    assert level_t < 0.11 < 0.29 < level_s
    kept = decode(reverse_step(process, x0, encode(["x"] * n, 12), t, s, Keep(), rng(5)))
    assert all("x" in x for x in kept)
    grown = decode(reverse_step(process, x0, encode([""] * n, 12), t, s, Keep(), rng(6)))
    p_t, p_s = (process.chances(time)[0] for time in (t, s))
    # Five gaps, and four letters that return with 1 - p_s / p_t.
    arrives, returns = (level_s - level_t) / (1 - level_t), 1 - p_s / p_t
    mean = sum(map(len, grown)) / n
    error = math.sqrt((5 * arrives * (1 - arrives) + 4 * returns * (1 - returns)) / n)
    assert abs(mean - 5 * arrives - 4 * returns) < 5 * error
    assert mean > 4 * returns + 50 * error  # control: letters that return are not all that comes


def test_typed_letters_are_never_lost() -> None:
    """Whatever the weights: an untrained network, one guess, and a chain of Keep; a mixture may lose them."""
    torch.manual_seed(0)
    writer = edit_predictor(EditTransformer(26, 12, PAD, dim=16, depth=1, heads=2))
    letters = encode(["jn", "olv", "mry", "xq"] * 30, 12)
    assert bool((count_embeddings(writer(letters, 0.4, rng(0)), letters, PAD) > 0).all())

    def held(refresh) -> bool:
        x = sample(PROCESS, writer, letters, [0.6, 0.4, 0.2, 0.0], refresh, rng(1), False)
        return bool((count_embeddings(x, letters, PAD) > 0).all())

    assert held(Keep()) and not held(Mixture(0.5))
