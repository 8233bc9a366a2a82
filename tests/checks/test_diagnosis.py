"""What is said of wrong answers that nobody foresaw: the right kind, and none that does not apply."""

from __future__ import annotations

import functools
from fractions import Fraction

import numpy as np
import pytest
import torch

from udm_lessons.checks import Exercise, close_on, judge, normal, same_law, stream


def scaled(x, scale, power):
    return scale * x**power


def on(reference, *cases, **options) -> Exercise:
    return Exercise("98.9", "t", 1, 1, 1, reference, lambda: cases, "law", **options)


NUMBERS = on(
    scaled,
    (normal(0, 2, 3).abs(), 0.5, 2), (normal(1, 4, 3).abs(), 3.0, 1), (normal(2, 3, 5).abs(), 0.25, 3),
)  # fmt: skip


def right(x, scale, power):
    return scale * x**power


@pytest.mark.parametrize(
    ("kind", "words", "answer"),
    [
        ("nothing returned", "forget return", lambda *c: None),
        ("input returned", "its input `x`", lambda x, scale, power: x),
        ("input changed", "changes its input x", lambda x, scale, power: x.pow_(power) * scale),
        ("type", "a string instead of a tensor", lambda *c: "text"),
        ("shape", "transposed", lambda *c: right(*c).T),
        ("shape", "an axis is missing", lambda *c: right(*c).flatten()),
        ("shape", "over an axis too many", lambda *c: right(*c).sum(1)),
        ("factor", "sign", lambda *c: -right(*c)),
        ("factor", "twice", lambda *c: 2 * right(*c)),
        ("factor", "half of", lambda *c: right(*c) / 2),
        ("factor", "log 2 times", lambda *c: right(*c) * np.log(2)),
        ("factor", "constant factor", lambda *c: right(*c) * 1.7),
        ("factor", "equals scale", lambda x, scale, power: scale**2 * x**power),
        ("factor", "equals 1 / scale", lambda x, scale, power: x**power),
        ("offset", "same amount, 0.3", lambda *c: right(*c) + 0.3),
        ("root or square", "the square of", lambda *c: right(*c) ** 2),
        ("root or square", "the logarithm of", lambda *c: right(*c).log()),
        ("root or square", "one over", lambda *c: 1 / right(*c)),
        ("moved", "backwards along its last", lambda *c: right(*c).flip(-1)),
        ("moved", "late", lambda *c: right(*c).roll(1, -1)),
        ("moved", "wrong order", lambda *c: right(*c).flatten().sort().values.reshape(c[0].shape)),
        ("not finite", "NaN or inf", lambda *c: right(*c) / 0),
        ("input ignored", "depend on `power`", lambda x, scale, power: scale * x),
        ("one side", "too small", lambda x, scale, power: min(scale, 1) * x**power),
        ("nearly", "up to 0.1%", lambda x, scale, power: (scale + 0.0005 * (scale > 0.3)) * x**power),
        ("some entries", "marked below", lambda x, scale, power: torch.where(x > 1, x, scale * x**power)),
        ("", "none of the usual", lambda *c: right(*c).sin() + right(*c).cos() * 3 + c[0]),
    ],
)  # fmt: skip
def test_numbers(kind, words, answer):
    verdict = judge(NUMBERS, answer)
    assert (verdict.status, verdict.kind) == ("wrong", kind), verdict.hint
    assert words in verdict.hint


def test_a_batch_that_met_a_column():
    def shifted(x, t):
        return x + t

    exercise = on(shifted, (normal(0, 4), normal(1, 4)), (normal(0, 3), normal(1, 3)))
    verdict = judge(exercise, lambda x, t: x + t[:, None])
    assert verdict.kind == "shape" and "spread out into a square" in verdict.hint


def test_where_it_is_wrong_is_said_only_where_it_is_no_chance():
    """Of one failing case an edge is named; of several, what they share."""

    def shifted(x, shift):
        return x + shift

    cases = [(normal(k, n, 2), shift) for k, (n, shift) in enumerate([(1, 0.5), (4, 0.0), (3, 0.7), (2, 0.3)])]
    exercise = on(shifted, *cases)
    assert "where `shift` is 0" in judge(exercise, lambda x, s: x + (s or 1.0)).hint
    assert "one sample" in judge(exercise, lambda x, s: x + s * (1 if len(x) > 1 else 2)).hint
    assert "Right on 3 of 4" in judge(exercise, lambda x, s: x + s + (x if s == 0.7 else 0)).hint


def test_what_is_special_about_the_right_result_is_said():
    def kept(word, n):
        return word[:n]

    exercise = on(kept, ("abc", 0), ("defg", 2), ("hi", 1))
    assert "the right result is empty" in judge(exercise, lambda word, n: word[:max(n, 1)]).hint


def mixed(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps


MIXED = on(mixed, *((normal(k, 4, 2), normal(k + 9, 4, 2), 0.8 - 0.1 * k, 0.3 + 0.2 * k) for k in range(3)))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("`eps` stands with a wrong factor. The share of `x0` is right", lambda x0, eps, a, s: a * x0 + s**2 * eps),
        ("`x0` stands with a wrong factor. The share of `eps` is right", lambda x0, eps, a, s: a**0.5 * x0 + s * eps),
        ("`eps` stands with the wrong sign", lambda x0, eps, a, s: a * x0 - s * eps),
        ("wrong shares of `x0` and `eps`", lambda x0, eps, a, s: a**2 * x0 + s**2 * eps),
    ],
)  # fmt: skip
def test_a_factor_before_an_input(words, answer):
    verdict = judge(MIXED, answer)
    assert verdict.kind == "share" and words in verdict.hint


def test_a_list_that_goes_wrong_on_the_way():
    def sums(steps):
        return torch.tensor(steps).cumsum(0)

    exercise = on(sums, ([1.0, -2.0, 3.0, -4.0, 5.0, -7.0],), ([2.0, 5.0, -1.0, 1.0, 7.0, -30.0],))

    def forgets(steps):
        total = sums(steps)
        return torch.cat([total[:3], total[3:] - 2 * total[2] * torch.tensor([1, -1, 1])])

    assert "begins well" in judge(exercise, forgets).hint


def test_right_numbers_in_the_usual_forms():
    def third(n):
        return n / 3

    exercise = on(third, (3,), (5,))
    for answer in (
        lambda n: Fraction(n, 3), lambda n: np.float64(n) / 3, lambda n: np.array(n / 3), lambda n: torch.tensor(n / 3),
        lambda n: np.where(True, n / 3, 0.0), functools.partial(lambda k, n: n / k, 3),
    ):  # fmt: skip
        assert judge(exercise, answer).status == "correct"
    whole = on(lambda n: list(range(n)), (3,), (0,))
    for answer in (range, np.arange, lambda n: torch.arange(n), lambda n: [k + 1e-15 for k in range(n)]):
        status = judge(whole, answer).status
        assert status == "correct" or answer is range


def test_items_that_changed_places_or_are_wrong_alone():
    def two(x):
        return x + 1, 3 * x

    exercise = on(two, (normal(0, 3),), (normal(1, 4),))
    assert judge(exercise, lambda x: (3 * x, x + 1)).kind == "items swapped"
    verdict = judge(exercise, lambda x: (x + 1, 3 * x + x.sin()))
    assert verdict.kind == "one item" and "item 2" in verdict.hint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda w, x: (w.detach() * x).sum(), "carries no gradient"),
        (lambda w, x: torch.tensor(float((w * x).sum()), dtype=torch.float64), "carries no gradient"),
        (lambda w, x: (w.detach() * x).sum() + 0 * w.sum(), "gradient is not the right one"),
    ],
)
def test_a_gradient_that_is_cut_is_refused(answer, words):
    def product(w, x):
        return (w * x).sum()

    exercise = on(product, (torch.ones(3, dtype=torch.float64, requires_grad=True), normal(0, 3)))
    assert judge(exercise, lambda w, x: x @ w).status == "correct"
    verdict = judge(exercise, answer)
    assert (verdict.status, verdict.kind) == ("wrong", "gradient") and words in verdict.hint


def draw(mean, n, generator):
    return mean + torch.randn(n, generator=generator)


DRAWS = on(
    draw, (2.0, 3000, stream(0)), (-1.0, 3000, stream(1)), compare=same_law(alpha=1e-6), false_alarm=1e-5
)


@pytest.mark.parametrize(
    ("kind", "words", "answer"),
    [
        ("drawing", "not from the generator", lambda m, n, g: m + torch.randn(n)),
        ("drawing", "generator of its own", lambda m, n, g, mine=stream(4): m + torch.randn(n, generator=mine)),
        ("drawing", "same each time", lambda m, n, g: m + torch.linspace(-2, 2, n)),
        ("law", "too large on average", lambda m, n, g: m + 1 + torch.randn(n, generator=g)),
        ("law", "scatter too much", lambda m, n, g: m + 2 * torch.randn(n, generator=g)),
        ("law", "scatter too little", lambda m, n, g: m + torch.randn(n, generator=g) / 2),
        ("law", "another law", lambda m, n, g: m + (torch.rand(n, generator=g) - 0.5) * 12**0.5),
        ("law", "are alike", lambda m, n, g: (m + torch.randn(1, generator=g)).expand(n)),
    ],
)
def test_draws(kind, words, answer):
    verdict = judge(DRAWS, answer)
    assert (verdict.status, verdict.kind) == ("wrong", kind), verdict.hint
    assert words in verdict.hint


def test_drawing_where_nothing_is_random():
    def shifted(x, generator):
        return x + 1

    exercise = on(shifted, (normal(0, 3), stream(0)))
    verdict = judge(exercise, lambda x, g: x + torch.randn(3, generator=g))
    assert verdict.kind == "drawing" and "nothing is random" in verdict.hint


def test_a_slip_comes_before_a_diagnosis_and_a_part_may_say_its_own():
    exercise = on(scaled, *NUMBERS.cases())
    exercise.slip("You turned the sign.")(lambda **given: -scaled(**given))
    assert judge(exercise, lambda *c: -right(*c)).kind == "slip"
    part = on(scaled, *NUMBERS.cases(), compare=close_on(lambda y: y[0], say="the first row is off"))
    assert judge(part, lambda *c: right(*c) + c[0]).failure.reason == "the first row is off"


def test_what_a_function_gives_out_is_not_to_be_changed():
    def slope(field, x):
        return field(x) + x

    exercise = on(slope, (torch.sin, normal(0, 3)), (lambda x: 2 * x, normal(1, 3)))
    assert judge(exercise, lambda field, x: x + field(x)).status == "correct"
    verdict = judge(exercise, lambda field, x: field(x).add_(x))
    assert verdict.kind == "input changed" and "that field gave it" in verdict.hint


def test_a_result_that_is_cut_off():
    def doubled(x):
        return 2 * x

    exercise = on(doubled, (normal(0, 5),), (normal(1, 4, 3),))
    for answer, words in (
        (lambda x: (2 * x).clamp(max=0.5), "above 0.5 it says 0.5"), (lambda x: (2 * x).relu(), "below 0 it says 0"),
    ):  # fmt: skip
        verdict = judge(exercise, answer)
        assert verdict.kind == "cut off" and words in verdict.hint


def test_an_input_that_is_overwritten_where_gradients_flow_is_named():
    """Work in place gives the input a gradient that it did not ask for."""

    def loss(prediction, target):
        return (prediction - target).square().mean()

    def overwrites(prediction, target):
        target -= prediction
        return target.square().mean()

    def cases():
        return [(normal(k, 2 + k, 2).requires_grad_(), normal(9 + k, 2 + k, 2)) for k in range(3)]

    verdict = judge(Exercise("98.9", "t", 1, 1, 1, loss, cases, "law"), overwrites)
    assert (verdict.status, verdict.kind) == ("wrong", "input changed") and "target" in verdict.hint
