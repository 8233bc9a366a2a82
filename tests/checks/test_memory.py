"""An answer may remember, as long as its memory knows all that the result depends on."""

from __future__ import annotations

import functools

import pytest
import torch

from udm_lessons.checks import Exercise, judge, normal, same_law

STORE: dict = {}
LAST: float | None = None
LETTERS = ["a", "b"]


def scaled(x, p, w):
    return w * x + p


def cases():
    return [(normal(k, 2 + k, 2), 0.1 * k, 1.5 - k) for k in range(4)]


TOY = Exercise("98.9", "t", 1, 1, 1, scaled, cases, "law")


def in_a_global_dict(x, p, w):
    if (x.shape, p) not in STORE:
        STORE[x.shape, p] = scaled(x, p, w)
    return STORE[x.shape, p]


def in_a_default(x, p, w, seen={}):  # noqa: B006
    return seen.setdefault((tuple(x.flatten().tolist()), p), scaled(x, p, w))


def in_an_attribute(x, p, w):
    return in_an_attribute.seen.setdefault((x.shape, w), scaled(x, p, w))


in_an_attribute.seen = {}


def in_a_global_name(x, p, w):
    global LAST
    if LAST is None:
        LAST = w
    return scaled(x, p, LAST)


SLOPES: dict = {}


def step(x, t, s):
    return x + (s - t) * x * t


def chained(x, t, s):
    """Keeps a slope for the call that begins where this one ended, as if x were the same there."""
    slope = SLOPES[t] if t in SLOPES else x * t
    SLOPES.clear()
    SLOPES[s] = (x + (s - t) * slope) * s
    return x + (s - t) * slope


def test_a_memory_for_the_next_step_of_a_chain():
    toy = Exercise("98.8", "t", 1, 1, 1, step, lambda: [(normal(k, 3), 0.9 - 0.1 * k, 0.2) for k in range(3)], "law")
    assert judge(toy, step).status == "correct"
    verdict = judge(toy, chained)
    assert (verdict.status, verdict.kind) == ("wrong", "remembered") and "SLOPES" in verdict.hint


@functools.cache
def slope_of_the_first(p):
    return [0]


def in_a_cache(x, p, w):
    slope = slope_of_the_first(p)
    slope[0] = slope[0] or w
    return scaled(x, p, slope[0])


def with_the_middle_left_out(x, p, w):
    ends = x.flatten()
    return STORE.setdefault((x.shape, float(ends[0]), float(ends[-1]), p, w), scaled(x, p, w))


@pytest.mark.parametrize(
    "answer", [in_a_global_dict, in_a_default, in_an_attribute, in_a_global_name, in_a_cache, with_the_middle_left_out],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_a_memory_that_overlooks_an_input_is_refused(answer):
    for _ in range(2):  # the second time the memory is full already
        STORE.clear()
        verdict = judge(TOY, answer)
        assert (verdict.status, verdict.kind) == ("wrong", "remembered"), verdict
        assert "keeps something" in verdict.hint


def test_a_memory_that_was_filled_by_the_page_is_refused():
    STORE.clear()
    for case in cases():
        in_a_global_dict(*case)
    assert judge(TOY, in_a_global_dict).kind == "remembered"
    assert len(STORE) == 4


def test_a_memory_that_knows_all_is_right():
    STORE.clear()

    def answer(x, p, w):
        key = tuple(x.flatten().tolist()), x.shape, p, w
        return STORE.setdefault(key, scaled(x, p, w)).clone()

    @functools.lru_cache
    def factor(w):
        return 1.0 * w

    def with_a_cache(x, p, w):
        return factor(w) * x + p

    def with_a_table(x, p, w):
        return scaled(x, p, w) + 0 * len(LETTERS)

    for right in (answer, with_a_cache, with_a_table):
        assert judge(TOY, right).status == "correct"
    assert LETTERS == ["a", "b"]


def test_base_cases_in_a_memory_are_no_fault():
    known = {0: 0, 1: 1}

    def fibonacci(n):
        if n not in known:
            known[n] = fibonacci(n - 1) + fibonacci(n - 2)
        return known[n]

    def reference(n):
        a, b = 0, 1
        for _ in range(n):
            a, b = b, a + b
        return a

    toy = Exercise("98.9", "t", 1, 1, 1, reference, lambda: [(2,), (7,), (5,)], "law")
    assert judge(toy, fibonacci).status == "correct"


def test_a_generator_that_is_seeded_is_refused():
    def draw(n, generator):
        return torch.randn(n, generator=generator)

    def seeded(n, generator):
        return torch.randn(n, generator=generator.manual_seed(3))

    def seeded_afterwards(n, generator):
        drawn = draw(n, generator)
        generator.manual_seed(3)
        return drawn

    toy = Exercise(
        "98.9", "t", 1, 1, 1, draw, lambda: [(400, torch.Generator().manual_seed(1))], "law",
        compare=same_law(), false_alarm=1e-6,
    )  # fmt: skip
    assert judge(toy, draw).status == "correct"
    for answer in (seeded, seeded_afterwards):
        verdict = judge(toy, answer)
        assert verdict.status == "wrong" and "seeds the generator" in verdict.hint
