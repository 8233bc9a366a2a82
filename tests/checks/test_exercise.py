"""An exercise as data: its numbers, its slips, its right answers."""

from __future__ import annotations

import pytest

from udm_lessons.checks import Exercise, Slip

from worlds.toy_course import judge
from worlds.toy_course.answers import right, stub


def doubled(x, factor):
    return factor * x


def toy(**changes):
    given = dict(
        id="98.9", title="t", difficulty=1, minutes=1, points=1, reference=doubled,
        cases=lambda: [(3.0, 2.0)], law="law",
    )  # fmt: skip
    return Exercise(**{**given, **changes})


def test_slips_and_right_answers_take_the_inputs_that_they_name():
    exercise = toy()

    @exercise.slip("factor forgotten")
    def not_scaled(x):
        return x

    @exercise.slip("halved")
    def halved(factor, **given):
        return doubled(factor=1 / factor, **given)

    @exercise.right
    def other_order(factor, x):
        return x * factor

    assert [slip.name for slip in exercise.slips] == ["not_scaled", "halved"]
    assert [slip.answer(3.0, 2.0) for slip in exercise.slips] == [3.0, 1.5]
    assert [answer(3.0, 2.0) for answer in exercise.also_right] == [6.0]
    assert not_scaled(7) == 7  # as it was, so that one slip can call another
    assert judge(exercise, lambda x, factor: x).hint == "factor forgotten"


def test_a_slip_that_asks_for_something_else_or_comes_twice_is_refused():
    exercise = toy()
    with pytest.raises(TypeError, match="inputs of the reference, x, factor; got y"):
        exercise.slip("h")(lambda y: y)
    with pytest.raises(TypeError, match="got y"):
        exercise.right(lambda y: y)
    exercise.slip("h")(lambda x: x)
    with pytest.raises(ValueError, match="different names"):
        exercise.slip("h")(lambda x: 2 * x)
    assert toy().slips == []  # of its own, not shared


@pytest.mark.parametrize(
    "change",
    [{"difficulty": 4}, {"minutes": 0}, {"points": 0}, {"false_alarm": 1e-3}, {"false_alarm": -1}],
)
def test_an_exercise_out_of_range_is_refused(change):
    assert toy().points == 1
    with pytest.raises(ValueError, match=next(iter(change))):
        toy(**change)
    with pytest.raises(ValueError, match="different names"):
        toy(slips=[Slip("a", right, "h"), Slip("a", stub, "g")])
