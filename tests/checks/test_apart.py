"""An answer that is right up to some number, or for some sizes, is told so; one that is wrong by chance is not."""

from __future__ import annotations

import random

import pytest

from udm_lessons.checks import Exercise, judge, normal


def energy(x, c):
    return (x**2).sum(1) * c


def inputs(rng):
    n, d = rng.choice([(2, 2), (3, 3), (1, 4), (4, 1), (2, 3), (3, 2), (5, 1)])
    return normal(rng.getrandbits(31), n, d), rng.choice([2.0, rng.uniform(0.2, 3.0)])


TOY = Exercise(
    "98.4", "t", 1, 1, 1, energy, lambda: [inputs(random.Random(k)) for k in range(6)], "law", inputs=inputs
)


def rows_for_columns(x, c):
    return (x**2).mean(1) * len(x) * c


def first_column_alone(x, c):
    return x[:, 0] ** 2 * c


def capped(x, c):
    return energy(x, min(c, 2.0)) + (0.3 * x[:, 0] if c > 2 else 0)


def where_c_is_2(x, c):
    return energy(x, c) + (0.1 * x[:, 0] if c != 2.0 else 0)


def by_chance(x, c):
    return energy(x, c) + 0.1 * x[:, 0] * (int(1000 * c) % 3 == 0)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (rows_for_columns, "size", "`x` has as many rows as columns"),
        (first_column_alone, "size", "`x` has one column"),
        (where_c_is_2, "value", "Right only where `c` is 2."),
        (capped, "beyond a number", "wrong where `c` is 2."),
    ],
)
def test_what_sets_right_cases_apart_is_said(answer, kind, words):
    verdict = judge(TOY, answer)
    assert (verdict.status, verdict.kind) == ("wrong", kind) and words in verdict.hint


def test_control_nothing_is_said_where_no_cut_tells_them_apart():
    assert judge(TOY, by_chance).kind not in ("size", "beyond a number")
