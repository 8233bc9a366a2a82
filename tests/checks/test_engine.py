"""The engine of the exercises, tried on two toy exercises: a formula and a random draw."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest
import torch

from udm_lessons.checks import Exercise, Slip, close_on, same_law

from worlds import toy_course
from worlds.toy_course import judge
from worlds.toy_course.answers import crashing, right, stub, variance

check, get, progress = toy_course.COURSE.check, toy_course.COURSE.get, toy_course.COURSE.progress


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A progress file of its own."""
    monkeypatch.setenv("UDM_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path


# The verdicts


def test_the_four_statuses():
    answers = {"correct": right, "untouched": stub, "wrong": variance, "crashed": crashing}
    assert {status: judge("98.1", f).status for status, f in answers.items()} == {
        status: status for status in answers
    }


def test_a_slip_is_named_and_shown_on_the_smallest_case():
    verdict = judge("98.1", variance)
    assert (verdict.slip, verdict.hint) == ("variance", get("98.1").slips[0].hint)
    assert verdict.failure.inputs["x0"].shape == (2, 3)
    assert list(verdict.failure.inputs) == ["x0", "eps", "alpha", "sigma"]
    torch.testing.assert_close(
        verdict.failure.expected - verdict.failure.got, 0.21 * verdict.failure.inputs["eps"]
    )


def test_a_slip_must_explain_every_case():
    def slip_on_the_first_case(x0, eps, alpha, sigma):
        return (variance if len(x0) == 2 else stub_of_another)(x0, eps, alpha, sigma)

    def stub_of_another(x0, eps, alpha, sigma):
        return x0

    verdict = judge("98.1", slip_on_the_first_case)
    assert verdict.status == "wrong" and verdict.slip is None


def test_a_slip_that_raises_is_recognised_by_the_type_of_its_error():
    def answer(x0, eps, alpha, sigma, error=ValueError):
        if len(x0) > 2:
            raise error("another message")
        return alpha * x0 - sigma * eps

    assert judge("98.1", answer).slip == "only_two"
    verdict = judge("98.1", lambda *case: answer(*case, error=KeyError))
    assert (verdict.status, verdict.slip) == ("crashed", None)


def test_an_answer_that_only_raises_is_a_crash_and_no_slip():
    toy = get("98.1")
    raising = Slip("raises", crashing, "never said")
    exercise = Exercise("98.9", "t", 1, 1, 1, toy.reference, toy.cases, "law", slips=[raising])
    assert judge(exercise, crashing).status == "crashed"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda *case: None, "forget return"),
        (lambda *case: (right(*case), 1), "type of your result"),
        (lambda *case: "x", "type of your result"),
        (lambda *case: right(*case).T, "shape of your result"),
        (lambda *case: right(*case) / 0, "NaN or inf"),
        (lambda *case: right(*case) * float("nan"), "NaN or inf"),
        (lambda *case: right(*case) + 1, "same amount, 1."),
        (lambda *case: right(*case).square().sin() * 9, "none of the usual slips"),
        (lambda x0, eps, alpha, sigma: x0.mul_(alpha) + sigma * eps, "changes its input x0"),
    ],
)
def test_general_hints(answer, said):
    verdict = judge("98.1", answer)
    assert (verdict.status, verdict.slip) == ("wrong", None)
    assert said in verdict.hint


def test_a_slip_of_the_wrong_shape_keeps_its_own_hint():
    assert judge("98.1", lambda *case: right(*case).sum(1)).slip == "summed"


@pytest.mark.parametrize("wrap", [tuple, list, lambda pair: {"a": pair[0], "b": pair[1]}])
def test_a_change_inside_a_nested_input_is_seen(wrap):
    def meddling(pair):
        first = pair["a"] if isinstance(pair, dict) else pair[0]
        first += 1
        return 1

    exercise = Exercise(
        "98.9", "t", 1, 1, 1, lambda pair: 1, lambda: [(wrap([torch.zeros(2), 2]),)], "law"
    )
    assert judge(exercise, lambda pair: 1).status == "correct"
    assert "changes its input pair" in judge(exercise, meddling).hint


def test_a_slip_that_its_comparer_cannot_read_is_no_slip():
    def double(x):
        return 2 * x

    exercise = Exercise(
        "98.9", "t", 1, 1, 1, double, lambda: [(torch.ones(3),)], "law", close_on(lambda y: y[0] * 1.0)
    )
    exercise.slip("never said")(lambda x: ("odd",))
    assert judge(exercise, lambda x: 3 * x).slip is None


def test_an_answer_may_raise_what_the_reference_raises():
    def refuse(x, error=ValueError):
        raise error("no")

    exercise = Exercise("98.9", "t", 1, 1, 1, refuse, lambda: [(1,)], "law")
    assert judge(exercise, lambda x: refuse(x)).status == "correct"
    assert judge(exercise, lambda x: refuse(x, KeyError)).status == "crashed"
    assert judge(exercise, lambda x: x).status == "wrong"


# Randomness


def test_answer_and_reference_see_the_same_stream_and_the_cases_stay_as_they_are():
    used = torch.Generator().manual_seed(5)
    torch.rand(7, generator=used)
    before = used.get_state()
    exercise = Exercise(
        "98.9", "t", 1, 1, 1, lambda g: torch.rand(3, generator=g), lambda: [(used,)], "law"
    )
    assert judge(exercise, lambda g: torch.empty(3).uniform_(generator=g)).status == "correct"
    assert judge(exercise, lambda g: torch.rand(3, generator=g.manual_seed(5))).status == "wrong"
    assert torch.equal(used.get_state(), before)
    seen = []
    judge(exercise, lambda g: seen.append(g.initial_seed()), seed=1)
    assert seen != [5]


def test_an_independent_comparer_gets_independent_draws():
    drawn = []

    def spy(x, mask, generator):
        drawn.append(torch.rand(100, generator=generator))
        return x

    toy = get("98.2")
    judge(Exercise("98.9", "t", 1, 1, 1, spy, toy.cases, "law", toy.compare), spy)
    assert len(drawn) == 2 and not (drawn[0] == drawn[1]).any()


def test_statistical_answers():
    def backwards(x, mask, generator):  # draws fewer numbers, in another order: equally right
        y = x.clone()
        y[mask] = 1 - torch.rand(int(mask.sum()), generator=generator)
        return y

    def fills_all(x, mask, generator):
        return torch.rand(x.shape, generator=generator)

    assert judge("98.2", backwards).status == "correct"
    assert judge("98.2", fills_all).status == "wrong"
    verdict = judge("98.2", lambda x, mask, g: torch.rand(x.shape, generator=g).pow(1.5) * mask)
    assert verdict.slip == "uneven"
    assert "the part “masked”" in verdict.failure.reason


def test_global_random_state_is_kept_and_drawing_from_it_is_noticed():
    def careless(x, mask, generator):
        return torch.where(mask, torch.rand(x.shape), x)

    before = torch.get_rng_state()
    verdict = judge("98.2", careless)
    assert verdict.status == "wrong" and "not from the generator" in verdict.hint
    assert torch.equal(torch.get_rng_state(), before)


def test_warnings_and_stderr_of_an_answer_are_dropped(capfd):
    def loud(x0, eps, alpha, sigma):
        warnings.warn("loud", stacklevel=1)
        print("loud", file=sys.stderr)
        return right(x0, eps, alpha, sigma)

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        check("98.1", loud)
    assert heard == [] and capfd.readouterr().err == ""


def test_a_generator_that_is_not_used_is_noticed():
    def draw(n, generator):
        return torch.rand(n, generator=generator)

    ask = Exercise(
        "98.9", "Draw", 1, 1, 1, draw, lambda: ((500, torch.Generator().manual_seed(1)),),
        law="uniform", compare=same_law(alpha=1e-6), false_alarm=1e-5,
    )
    own = torch.Generator().manual_seed(0)
    assert judge(ask, draw).status == "correct"
    assert judge(ask, lambda n, generator: torch.rand(n, generator=own)).status == "wrong"
    assert "a generator of its own" in judge(ask, lambda n, g: torch.rand(n, generator=own)).hint


# Exercises as data


def doubled(x, factor):
    return factor * x


def toy(**changes):
    given = dict(
        id="98.9", title="t", difficulty=1, minutes=1, points=1, reference=doubled,
        cases=lambda: [(3.0, 2.0)], law="law",
    )  # fmt: skip
    return Exercise(**{**given, **changes})
