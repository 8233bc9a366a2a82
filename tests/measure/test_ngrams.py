"""n-grams: by hand, against an implementation from the definition, and on names."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from udm_lessons.data import PAD, encode, names
from udm_lessons.measure import NGram


def kneser_ney(strings: list[list[int]], order: int, vocabulary: int, discount: float):
    """p(w | context) from Chen and Goodman 1999, eq. 24-26, with dictionaries and recursion."""
    end, begin = vocabulary, vocabulary + 1
    counts = [Counter() for _ in range(order + 1)]
    for string in strings:
        padded = [begin] * (order - 1) + string + [end]
        for k in range(order - 1, len(padded)):
            counts[order][tuple(padded[k - order + 1 : k + 1])] += 1
    for n in range(order - 1, 0, -1):
        before = defaultdict(set)
        for gram in counts[n + 1]:
            before[gram[1:]].add(gram[0])
        counts[n] = Counter({gram: len(seen) for gram, seen in before.items()})
        for gram in list(counts[n]):
            # A context that begins the string can only follow another beginning.
            if n > 1 and gram[0] == begin:
                counts[n][gram] = sum(v for g, v in counts[n + 1].items() if g[1:] == gram)

    def p(word: int, context: tuple) -> float:
        n = len(context) + 1
        shorter = p(word, context[1:]) if context else 1 / (vocabulary + 1)
        after = {g: c for g, c in counts[n].items() if g[:-1] == context}
        if not after:
            return shorter
        total = sum(after.values())
        own = max(after.get((*context, word), 0) - discount, 0)
        return (own + discount * len(after) * shorter) / total

    return p


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    st.lists(st.lists(st.integers(0, 2), max_size=5), min_size=1, max_size=6),
    st.integers(1, 3),
    st.sampled_from([0.1, 0.5, 0.75]),
)
def test_the_table_is_the_definition(strings, order, discount):
    width = max(1, *map(len, strings)) if strings else 1
    tokens = torch.tensor([[*s, *[9] * (width - len(s))] for s in strings])
    model, p = NGram(tokens, order, 3, 9, discount), kneser_ney(strings, order, 3, discount)
    for context in ([], [0], [1, 2], [2, 2, 0]):
        found = model.probabilities(context)
        asked = tuple(([4] * (order - 1) + context)[len(context) :])
        for word in range(4):
            assert float(found[word]) == pytest.approx(p(word, asked), abs=1e-12)
        assert float(found.sum()) == pytest.approx(1, abs=1e-12)


def test_by_hand():
    """Two strings, "aa" and "a": after the beginning always a, after a either a or the end."""
    model = NGram(torch.tensor([[0, 0], [0, 9]]), 2, 2, 9, 0.5)
    # p(a | begin) = (2 - .5) / 2 + .5 / 2 p(a), where p(a) counts contexts: a follows 2 things, end 1.
    single = {0: (2 - 0.5) / 3 + 0.5 * 2 / 3 / 3, 2: (1 - 0.5) / 3 + 0.5 * 2 / 3 / 3}
    assert float(model.probabilities([])[0]) == pytest.approx(0.75 + 0.25 * single[0])
    after = model.probabilities([0])  # counts after a: a once, end twice
    assert float(after[0]) == pytest.approx((1 - 0.5) / 3 + 0.5 * 2 / 3 * single[0])
    assert float(after[2]) == pytest.approx((2 - 0.5) / 3 + 0.5 * 2 / 3 * single[2])
    expected = math.log(model.probabilities([])[0]) + math.log(after[2])
    found = model.log_prob(torch.tensor([[0, 9, 9]]))
    assert float(found) == pytest.approx(expected)
    assert model.bits_per_character(torch.tensor([[0, 9]])) == pytest.approx(-expected / math.log(2) / 2)


def test_all_strings_have_probability_one_together():
    """Up to a length beyond which almost nothing is left."""
    model = NGram(torch.tensor([[0, 1, 0], [1, 9, 9], [0, 9, 9]]), 3, 2, 9)
    total = 0.0
    for n in range(12):
        rows = torch.cartesian_prod(*[torch.arange(2)] * n).reshape(-1, n) if n else torch.zeros(1, 0)
        total += float(model.log_prob(rows.long()).exp().sum())
    assert 0.97 < total < 1 + 1e-12


def test_names_are_what_other_texts_report():
    """Bits a character, the end counted: about 4.04, 3.37, 3.04, 2.81 for orders 1 to 4."""
    train, heldout = (encode(names(part), 11) for part in ("train", "heldout"))
    found = [NGram(train, order).bits_per_character(heldout) for order in (1, 2, 3, 4)]
    assert [round(bits, 1) for bits in found] == [4.0, 3.4, 3.0, 2.8]
    order = torch.rand(heldout.shape, generator=torch.Generator().manual_seed(0))
    shuffled = heldout.gather(1, order.masked_fill(heldout == PAD, 2.0).argsort(1))
    assert NGram(train, 4).bits_per_character(shuffled) > 4.5  # control: the same letters in any order


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((torch.tensor([[0, 5]]), 2, 3, 9), ValueError, "strings must lie in"),
        ((torch.tensor([[9, 0]]), 2, 3, 9), ValueError, "padded on the right"),
        ((torch.tensor([[0.0]]), 2, 3, 9), TypeError, "strings must hold tokens"),
        ((torch.tensor([[0]]), 0, 3, 9), ValueError, "order must be at least 1"),
        ((torch.tensor([[0]]), 9, 26, 27), ValueError, "order must be small enough"),
        ((torch.tensor([[0]]), 2, 3, 9, 1.5), ValueError, "discount must lie in"),
    ],
)
def test_bad_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        NGram(*arguments)
    model = NGram(torch.tensor([[0]]), 2, 3, 9)
    with pytest.raises(ValueError, match="context must hold symbols below 3"):
        model.probabilities([3])
    with pytest.raises(ValueError, match="at least one string"):
        model.bits_per_character(torch.zeros(0, 3, dtype=torch.int64))
