"""The model that writes around a string: actions, what is impossible, its bound, its draws, containment."""

from __future__ import annotations

import itertools
import math
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from udm_lessons.destroy import Deletion, Masking, count_embeddings
from udm_lessons.learn import (
    EditTransformer,
    edit_actions,
    edit_loss,
    edit_nats,
    edit_predictor,
    impossible_mass,
    train,
)
from udm_lessons.rebuild import Keep, Mixture, Redraw, sample

from worlds.enumeration import embeddings
from worlds.statistics import assert_plausible, chi2, rng, tally

V, WIDTH, PAD = 2, 4, 9
COPY, END = V, V + 1
PROCESS = Deletion(PAD)


def batch(rows, width: int = WIDTH) -> torch.Tensor:
    return torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows])


def network(seed: int = 0, **options) -> EditTransformer:
    torch.manual_seed(seed)
    return EditTransformer(V, WIDTH, PAD, **{"dim": 16, "depth": 1, "heads": 2} | options)


def test_size() -> None:
    said = int(re.search(r"About (\d+) thousand parameters", EditTransformer.__doc__)[1])
    assert round(sum(p.numel() for p in EditTransformer().parameters()) / 1000) == said


def test_actions_by_hand() -> None:
    x0 = batch([(0, 1, 1), (), (1, 0, 1, 1)])
    kept = torch.tensor([[0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]).bool()
    expected = [[0, COPY, 1, END, END], [END] * 5, [COPY, COPY, COPY, COPY, END]]
    assert edit_actions(x0, kept, V, PAD).tolist() == expected


def spelt(actions: list[int], x_t: list[int]) -> list[int]:
    """What actions write, read off one by one."""
    left, written = list(x_t), []
    for action in actions:
        if action == END:
            break
        written.append(left.pop(0) if action == COPY else action)
    assert left == []
    return written


strings = st.lists(st.integers(0, 1), max_size=WIDTH)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(strings, st.data())
def test_actions_spell_x0(x0, data) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(x0), max_size=len(x0)))
    x_t = list(itertools.compress(x0, kept))
    mask = torch.zeros(1, WIDTH, dtype=torch.bool)
    mask[0, : len(x0)] = torch.tensor(kept)
    (actions,) = edit_actions(batch([x0]), mask, V, PAD).tolist()
    assert spelt(actions, x_t) == x0
    # None of them is impossible, and what is impossible is what the definition says.
    found = network().impossible(batch([x_t]), mask)[0]
    copied = 0
    for i in range(len(x0) + 1):
        left = len(x_t) - copied
        full = i + left >= WIDTH
        assert found[i].tolist() == [full, full, left == 0, left > 0]
        assert not bool(found[i, actions[i]])
        copied += actions[i] == COPY


def test_the_answer_rests_on_x_t_and_past_actions_alone() -> None:
    model = network(depth=2).double()
    x_t, x0 = batch([(1, 1)]), batch([(1, 0, 1, 1)])
    kept = torch.tensor([[True, False, True, False]])
    base = model(x_t, 0.5, x0, kept)
    for k in range(WIDTH):
        other = x0.clone()
        other[0, k] = 1 - other[0, k]
        changed = (model(x_t, 0.5, other, kept) - base).abs().amax((0, 2)) > 1e-9
        assert changed.tolist() == [i > k for i in range(WIDTH + 1)]
    later = torch.tensor([[True, False, False, True]])
    changed = (model(x_t, 0.5, x0, later) - base).abs().amax((0, 2)) > 1e-9
    assert changed.tolist() == [False, False, False, True, True]
    assert bool(((model(batch([(1, 0)]), 0.5, x0, kept) - base).abs().amax((0, 2)) > 1e-9).all())
    assert not torch.equal(model(x_t, 0.6, x0, kept), base)


def action_law(model: EditTransformer, x_t: tuple) -> dict:
    """What `draw` should do: the law of (x0, places of x_t), action by action, impossible ones excluded."""
    law: dict[tuple, float] = {}
    for n in range(len(x_t), WIDTH + 1):
        for x0 in itertools.product(range(V), repeat=n):
            for place in embeddings(x0, x_t):
                kept = torch.zeros(1, WIDTH, dtype=torch.bool)
                kept[0, list(place)] = True
                x, y = batch([x0]), batch([x_t])
                with torch.no_grad():
                    logits = model(y, 0.5, x, kept).masked_fill(model.impossible(y, kept), -math.inf)
                logs = logits.double().log_softmax(-1)[0]
                actions = edit_actions(x, kept, V, PAD)[0, : n + 1]
                # The row is full after WIDTH letters, and ends by itself.
                counted = range(min(n + 1, WIDTH))
                law[x0] = law.get(x0, 0.0) + math.exp(sum(float(logs[i, actions[i]]) for i in counted))
    return law


@pytest.mark.parametrize("x_t", [(), (1,), (0, 1), (1, 1, 0), (0, 0, 0, 0)])
def test_draws_have_the_law_of_the_actions(x_t) -> None:
    """Against every supersequence and every embedding, through the cache of keys and values; rate 1e-4."""
    model = network(3, depth=2)
    with torch.no_grad():
        model.last.weight.mul_(2.0)
    law = action_law(model, x_t)
    assert sum(law.values()) == pytest.approx(1, abs=1e-5)
    drawn = model.draw(batch([x_t] * 8000), 0.5, rng(1))
    assert drawn.shape == (8000, WIDTH)
    assert_plausible([chi2(tally(drawn, PAD), law)])
    if len(law) > 4:
        even = dict.fromkeys(law, 1 / len(law))
        assert chi2(tally(drawn, PAD), even) < 1e-6  # control


HIDDEN = [((0, 0, 1), (0,)), ((1, 1, 1), (1, 1)), ((0, 1), ()), ((0, 1, 0, 1), (0, 1))]


@pytest.mark.parametrize("x0, x_t", HIDDEN)
def test_the_bound_is_above_the_truth_by_a_divergence(x0, x_t) -> None:
    """E_A[-log q(A)] - log C over all embeddings against -log sum_A q(A), and equal where there is one."""
    model = network(4).double()
    nats = []
    for place in embeddings(x0, x_t):
        kept = torch.zeros(1, WIDTH, dtype=torch.bool)
        kept[0, list(place)] = True
        logs = model(batch([x_t]), 0.5, batch([x0]), kept).log_softmax(-1)[0]
        actions = edit_actions(batch([x0]), kept, V, PAD)[0]
        nats.append(-sum(float(logs[i, actions[i]].detach()) for i in range(len(x0) + 1)))
    truth = -math.log(sum(math.exp(-value) for value in nats))
    mean = sum(nats) / len(nats) - math.log(len(nats))
    n = 4000
    drawn = edit_nats(model, PROCESS, batch([x0] * n), batch([x_t] * n), 0.5, rng(5)).detach()
    if len(nats) == 1:
        torch.testing.assert_close(drawn, torch.full_like(drawn, truth))
    else:
        assert mean > truth
        assert abs(float(drawn.mean()) - mean) < 4 * float(drawn.std()) / math.sqrt(n) + 1e-12


WORDS = [(0, 0, 1), (1,), (1, 1, 0, 0)]


@pytest.fixture(scope="module")
def trained() -> EditTransformer:
    model = network(dim=32, depth=2)
    return train(
        model, edit_loss(PROCESS), batch(WORDS), steps=700, batch_size=64, lr=5e-3, ema=0.99,
        decay=True, generator=rng(0), progress=False,
    )  # fmt: skip


def test_what_is_learnt(trained) -> None:
    """Three words at equal chances: log 3 nats from nothing; what is impossible gets next to nothing."""
    x0 = batch(WORDS)
    with torch.no_grad():
        nats = edit_nats(trained, PROCESS, x0, batch([()] * 3), 1.0)
    assert float(nats.mean()) == pytest.approx(math.log(3), abs=0.1)
    assert impossible_mass(trained, PROCESS, x0.repeat(200, 1), rng(1)) < 0.02
    assert impossible_mass(network(), PROCESS, x0.repeat(200, 1), rng(1)) > 0.1  # control: untrained


@pytest.mark.parametrize("refresh", [Keep(), Mixture(0.5), Redraw()], ids=lambda r: type(r).__name__)
@pytest.mark.parametrize("steps", [1, 4])
def test_every_guess_holds_x_t_and_the_chain_brings_the_words(trained, refresh, steps) -> None:
    held = []

    def predictor(x_t, t, generator=None):
        x0 = edit_predictor(trained)(x_t, t, generator)
        held.append(bool((count_embeddings(x0, x_t, PAD) > 0).all()))
        return x0

    times = [1 - k / steps for k in range(steps + 1)]
    x = sample(PROCESS, predictor, PROCESS.sample_prior((600, WIDTH)), times, refresh, rng(2), False)
    assert all(held) and len(held) == steps
    seen = tally(x, PAD)
    assert sum(seen[word] for word in WORDS) > 0.85 * 600 and min(seen[word] for word in WORDS) > 100


def expected_impossible(x0: tuple, weight) -> tuple[float, float]:
    """Sum over the actions on the way to x0 of E weight(impossible), and its square's mean: who is kept is even

    over the patterns with as many letters, and a letter is kept with chance 1 - t, t uniform.
    """
    n, mean, square = len(x0), 0.0, 0.0
    for kept in itertools.product((0, 1), repeat=n):
        k = sum(kept)
        chance = math.factorial(k) * math.factorial(n - k) / math.factorial(n + 1)
        total = 0.0
        for i in range(n + 1):
            left = k - sum(kept[:i])
            total += weight([i + left >= WIDTH] * V + [left == 0, left > 0])
        mean, square = mean + chance * total, square + chance * total**2
    return mean, square


def test_impossible_mass_is_the_mean_over_the_actions() -> None:
    """Of a network with one law for all, summed over every pattern of kept letters: 4 standard errors (rate 6e-5)."""
    model = network().double()
    law = torch.tensor([0.05, 0.05, 0.1, 0.8], dtype=torch.float64)
    with torch.no_grad():
        model.last.weight.zero_()
        model.last.bias.copy_(law.log())
    words, n = [(0, 1, 1, 0), (1,), (0, 0)], 4000
    found = impossible_mass(model, PROCESS, batch(words).repeat(n, 1), rng(3))
    moments = [
        expected_impossible(word, lambda wrong: sum(p for p, w in zip(law.tolist(), wrong) if w)) for word in words
    ]
    actions = sum(len(word) + 1 for word in words)
    sure = 4 * math.sqrt(sum(square - mean**2 for mean, square in moments) / n) / actions
    want = sum(mean for mean, _ in moments) / actions
    assert abs(found - want) < sure < 0.015
    places = sum(mean for mean, _ in moments) / (len(words) * (WIDTH + 1))
    rows = sum(mean / (len(word) + 1) for (mean, _), word in zip(moments, words)) / len(words)
    shares = sum(expected_impossible(word, sum)[0] / 4 for word in words) / actions
    assert min(abs(wrong - want) for wrong in (places, rows, shares)) > 2 * sure  # controls


@pytest.mark.parametrize("action", range(V + 2))
def test_a_network_that_wants_one_action_holds_x_t(action) -> None:
    """All 31 strings, and a network that wants nothing but one letter, to copy, or to end."""
    model = network()
    with torch.no_grad():
        model.last.bias[action] += 1e4
    x_t = batch([row for n in range(WIDTH + 1) for row in itertools.product(range(V), repeat=n)])
    for seed in range(3):
        x0 = edit_predictor(model)(x_t, 0.3, rng(seed))
        assert bool((count_embeddings(x0, x_t, PAD) > 0).all())
    assert action >= V or bool((x0 != PAD).all())  # letters as long as there is room


def test_even_an_untrained_network_holds_x_t() -> None:
    x_t = batch([(), (1, 1, 1, 1), (0,), (1, 0, 1)]).repeat(100, 1)
    x0 = edit_predictor(network())(x_t, 0.3, rng(0))
    assert bool((count_embeddings(x0, x_t, PAD) > 0).all())
    assert bool((x0[1::4] == 1).all())  # no room for more


def test_bad_arguments() -> None:
    with pytest.raises(TypeError, match="process must be Deletion; got Masking"):
        edit_loss(Masking(9))
    with pytest.raises(ValueError, match="pad must be no token"):
        EditTransformer(26, 5, pad=3)
    with pytest.raises(ValueError, match="x_t must be 4 tokens wide"):
        network().draw(batch([(0,)], 6), 0.5)
    with pytest.raises(ValueError, match=r"x_t must lie in \[0, 1\]"):
        network().draw(batch([(3,)]), 0.5)
    with pytest.raises(ValueError, match="kept must have the shape of x0"):
        edit_actions(batch([(0,)]), torch.zeros(1, 2, dtype=torch.bool), V, PAD)
    with pytest.raises(ValueError, match="x_t must be a subsequence"):
        edit_nats(network(), PROCESS, batch([(0,)]), batch([(1,)]), 0.5)
