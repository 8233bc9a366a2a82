"""Every wrong answer that one change makes of a reference is refused, if it is wrong on some valid input."""

from __future__ import annotations

import copy
import itertools
import random

import pytest
import torch

from udm_lessons.checks import Exercise, guard, judge, normal, trial
from udm_lessons.checks.trial import Trial
from udm_lessons.exercises import all_exercises
from worlds.mutants import DRAWS, mutants, report, report_of

EXERCISES = all_exercises()
MOST_RUNS = 450
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)


@each_exercise
def test_the_reference_is_right_on_every_drawn_input(exercise):
    """Inputs are valid, the same for the same seed, and left as they are."""
    for k in range(DRAWS):
        case = exercise.inputs(random.Random(k))
        again = exercise.inputs(random.Random(k))
        assert len(case) == len(again) == len(exercise.cases()[0])
        drawn = Exercise(
            exercise.id, "t", 1, 1, 1, exercise.reference, lambda case=case: [case], "law",
            exercise.compare, exercise.false_alarm,
        )  # fmt: skip
        verdict = judge(drawn, exercise.reference)
        assert verdict.status == "correct", (k, case, verdict.hint)


@each_exercise
def test_no_mutant_is_accepted(exercise):
    found = report_of(exercise.id)
    assert found.accepted == []
    assert len(found.killed) >= 10, f"only {len(found.killed)} mutants: is the reference seen at all?"


@each_exercise
def test_the_short_way_refuses_what_the_judge_refuses(exercise):
    trial = Trial.of(exercise, exercise.reference, 0)
    assert [trial.first_refused(answer) for answer in exercise.also_right] == [None] * len(exercise.also_right)
    assert [slip.name for slip in exercise.slips if trial.first_refused(slip.answer) is None] == []


@each_exercise
def test_a_wrong_answer_is_run_a_bounded_number_of_times(exercise, monkeypatch):
    """About half a millisecond each: so a check takes half a second at most, if the answer itself is quick."""
    runs = []

    def counted(function, arguments):
        runs.append(function)
        return guard.guarded(function, arguments)

    monkeypatch.setattr(trial, "guarded", counted)
    for _, mutant in itertools.islice(mutants(exercise), None, None, 60):
        runs.clear()
        judge(exercise, mutant)
        assert len(runs) <= MOST_RUNS


def test_control_a_weak_case_lets_a_mutant_through():
    """With alpha = sigma = 1 in all cases, swapping the two is not noticed; one case more, and it is."""

    def forward(x0, eps, alpha, sigma):
        return alpha * x0 + sigma * eps

    def inputs(rng):
        return normal(rng.getrandbits(30), 3, 2), normal(rng.getrandbits(30), 3, 2), rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)

    weak = (normal(0, 2, 3), normal(1, 2, 3), 1.0, 1.0)
    strong = (normal(2, 4, 3), normal(3, 4, 3), 0.3, 0.8)

    def toy(*cases):
        return Exercise("98.9", "t", 1, 1, 1, forward, lambda: copy.deepcopy(cases), "law", inputs=inputs)

    assert any("alpha and sigma swapped" in line for line in report(toy(weak)).accepted)
    done = report(toy(weak, strong))
    assert done.accepted == [] and len(done.killed) > 25


def test_control_a_draw_that_is_shared_is_noticed():
    def draw(mean, generator):
        return mean + torch.randn(mean.shape, generator=generator)

    names = [name for name, _ in mutants(Exercise("98.9", "t", 1, 1, 1, draw, lambda: [(torch.zeros(3, 2), torch.Generator())], "law"))]
    assert any("shared" in name for name in names) and any("sorted" in name for name in names)
