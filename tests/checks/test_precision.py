"""An answer in single precision is right, and is told so where double precision was given."""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.checks import Exercise, close, judge, normal, same_law


def scaled(x, a, s):
    return (x - a * x.mean()) / s


def cases():
    return [(normal(k, 3, 2), 0.3 + 0.1 * k, 1.7) for k in range(4)]


TOY = Exercise("98.7", "t", 1, 1, 1, scaled, cases, "law", praise="Well done.", compare=close())


def through_a_tensor(x, a, s):
    a, s = torch.tensor([a, s])
    return scaled(x, a.item(), s.item())


def in_float32(x, a, s):
    return scaled(x.float(), a, s)


def in_another_order(x, a, s):
    return x / s - (a / s) * (x.sum() / x.numel())


def in_fractions_of_two(x, a, s):
    return scaled(x, math.ldexp(math.ldexp(a, 40), -40), s)


@pytest.mark.parametrize("answer", [through_a_tensor, in_float32])
def test_lost_digits_are_mentioned(answer):
    verdict = judge(TOY, answer)
    assert verdict.status == "correct"
    assert verdict.hint.startswith("Well done. One thing: your result has seven digits")


@pytest.mark.parametrize("answer", [scaled, in_another_order, in_fractions_of_two])
def test_control_other_answers_are_praised_alone(answer):
    assert judge(TOY, answer).hint == "Well done."


def test_single_precision_is_no_loss_where_it_was_given():
    toy = Exercise("98.6", "t", 1, 1, 1, scaled, lambda: [(x.float(), a, s) for x, a, s in cases()], "law", praise="Well done.")
    assert judge(toy, in_float32).hint == "Well done."


def test_laws_are_not_compared_digit_by_digit():
    def draw(x, generator):
        return torch.rand(400, generator=generator, dtype=x.dtype)

    def coarse(x, generator):
        return torch.rand(400, generator=generator)

    toy = Exercise(
        "98.5", "t", 1, 1, 1, draw, lambda: [(normal(k, 2), torch.Generator().manual_seed(k)) for k in range(3)],
        "law", praise="Well done.", compare=same_law(),
    )  # fmt: skip
    assert judge(toy, coarse).hint == "Well done."
