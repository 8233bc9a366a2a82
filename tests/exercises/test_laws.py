"""What must hold for every exercise of every lesson.

1. The reference and the printed solution are right, the stub is untouched, each slip gets its hint.
2. Equally right answers pass: in float32, in float64, written differently, with any seed.
3. A statistical check refuses right answers as rarely as declared and refuses each slip.
4. No panel and no learner's notebook holds a line of the answer.

The rules are functions that return complaints. At the end of the file each rule that could be blind
is tried on a broken toy, which must draw a complaint.
"""

from __future__ import annotations

import ast
import copy
import functools
import html
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
import torch
from IPython.core.inputtransformer2 import TransformerManager
from scipy import stats

from udm_lessons.checks import (
    Comparer,
    Exercise,
    Slip,
    Verdict,
    both,
    close,
    close_on,
    judge,
    panel_html,
    panel_text,
    same_law,
)
from udm_lessons.checks.trial import Trial
from udm_lessons.exercises import all_exercises

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = all_exercises()
SLIPS = [(exercise, slip) for exercise in EXERCISES for slip in exercise.slips]
SHORTEST_LEAK = 25

each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
each_slip = pytest.mark.parametrize(
    ("exercise", "slip"), SLIPS, ids=[f"{e.id} {s.name}" for e, s in SLIPS]
)


def test_there_are_exercises_to_hold_to_the_laws():
    assert {"00", "01", "04"} <= {exercise.id[:2] for exercise in EXERCISES}
    assert len(EXERCISES) >= 12 and len(SLIPS) >= 30


# The lessons as documents


@functools.cache
def code_cells(folder: str, lesson: str) -> list[tuple[str, str]]:
    """The grade id (or "") and the source of each code cell of a lesson's script."""
    found = sorted((ROOT / folder).glob(f"{lesson}_*.py"))
    assert len(found) == 1, f"{folder}/ must hold one script of lesson {lesson}: {found}"
    cells = jupytext.read(found[0], fmt="py:percent").cells
    return [
        (
            cell.metadata.get("nbgrader", {}).get("grade_id", ""),
            TransformerManager().transform_cell(cell.source),
        )
        for cell in cells
        if cell.cell_type == "code"
    ]


def answer_in(folder: str, exercise: Exercise) -> Callable:
    """The function that a lesson's check cell checks, from the imports and answer cells alone."""
    cells = code_cells(folder, exercise.id[:2])
    trees = [ast.parse(source) for _, source in cells]
    imports = [
        node
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    space: dict[str, Any] = {"__name__": "lesson"}
    exec(compile(ast.Module(imports, []), "imports", "exec"), space)
    for grade_id, source in cells:
        if grade_id.startswith("answer-"):
            exec(compile(source, grade_id, "exec"), space)
        if grade_id == f"answer-{exercise.id.replace('.', '-')}":
            break
    else:
        pytest.fail(f"{folder}/ has no answer cell of {exercise.id}")
    checked = [
        node.args[1]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) == "check"
        and getattr(node.args[0], "value", None) == exercise.id
    ]
    assert len(checked) == 1, f"{folder}/ must check {exercise.id} once"
    return eval(ast.unparse(checked[0]), space)


# Law 1: verdicts


@each_exercise
def test_the_reference_is_right(exercise):
    assert judge(exercise, exercise.reference).status == "correct"


@each_exercise
def test_the_reference_can_be_trusted(exercise):
    """The judge calls it without a guard and without copies of tensors, which it must not need."""
    trial = Trial.of(exercise, exercise.reference, 0)
    for case in trial.cases:
        watched = trial.run(lambda *arguments: exercise.reference(*arguments), case, 0)
        assert not watched.changed and not watched.drew and not watched.printed


def test_control_a_reference_that_cannot_be_trusted_is_noticed():
    trial = Trial.of(Exercise("98.9", "t", 1, 1, 1, lambda x: x, lambda: [(torch.ones(2),)], "law"), lambda x: x, 0)
    watched = trial.run(lambda x: x.mul_(torch.rand(2)), trial.cases[0], 0)
    assert watched.changed == "x" and watched.drew


@each_exercise
def test_the_stub_is_untouched(exercise):
    assert judge(exercise, answer_in("notebooks", exercise)).status == "untouched"


@each_exercise
def test_the_solution_is_right(exercise):
    verdict = judge(exercise, answer_in("solutions", exercise))
    assert verdict.status == "correct", panel_text(verdict)


@each_slip
def test_a_slip_gets_its_own_hint(exercise, slip):
    verdict = judge(exercise, slip.answer)
    assert (verdict.status, verdict.slip, verdict.hint) == ("wrong", slip.name, slip.hint)


@each_exercise
def test_hints_are_distinct(exercise):
    assert len({slip.hint for slip in exercise.slips}) == len(exercise.slips) > 0


# Law 2: equally right answers


def with_dtype(function: Callable, dtype: torch.dtype) -> Callable:
    """The function, called with all floating-point tensors in another precision."""
    return lambda *case: function(*(cast(value, dtype) for value in case))


def cast(value: Any, dtype: torch.dtype) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(dtype) if value.is_floating_point() else value
    if isinstance(value, tuple):
        items = [cast(item, dtype) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return value


def reseeded(function: Callable, seed: int) -> Callable:
    """The function, called with generators of another seed."""

    def answer(*case: Any) -> Any:
        for value in case:
            if isinstance(value, torch.Generator):
                value.manual_seed(seed)
        return function(*case)

    return answer


def on_another_stream(function: Callable, k: int) -> Callable:
    """The function, whose draws come from new generators, seeded by what the given ones draw."""

    def other(value: Any) -> Any:
        if not isinstance(value, torch.Generator):
            return value
        return torch.Generator().manual_seed(k + int(torch.randint(2**31, (), generator=value)))

    return lambda *case: function(*map(other, case))


def takes_a_generator(exercise: Exercise) -> bool:
    return any(isinstance(value, torch.Generator) for case in exercise.cases() for value in case)


def refused_right_answers(exercise: Exercise) -> list[str]:
    answers = {
        "float32": with_dtype(exercise.reference, torch.float32),
        "float64": with_dtype(exercise.reference, torch.float64),
        **{f"also_right[{k}]": answer for k, answer in enumerate(exercise.also_right)},
    }
    if takes_a_generator(exercise):
        answers |= {
            f"{name}, stream {k}": on_another_stream(answer, k)
            for name, answer in [("reference", exercise.reference), *list(answers.items())[2:]]
            for k in range(3)
        }
    verdicts = {name: judge(exercise, answer) for name, answer in answers.items()}
    return [f"{name}: {panel_text(v)}" for name, v in verdicts.items() if v.status != "correct"]


@each_exercise
def test_equally_right_answers_pass(exercise):
    assert refused_right_answers(exercise) == []


# Law 3: false alarms and power

RANDOM = [exercise for exercise in EXERCISES if takes_a_generator(exercise)]
RANDOM_SLIPS = [(exercise, slip) for exercise, slip in SLIPS if exercise in RANDOM]
SEEDS = 200


def run(function: Callable, case: tuple, seed: int) -> Any:
    return reseeded(function, seed)(*copy.deepcopy(case))


def p_values(exercise: Exercise, answer: Callable, seed: int) -> list[float]:
    """One p-value per case; an answer that raises is refused, which counts as 0."""
    compare = exercise.compare
    assert isinstance(compare, Comparer)
    values = []
    for case in exercise.cases():
        try:
            got = run(answer, case, 2 * seed)
        except Exception:
            values.append(0.0)
            continue
        values.append(compare.p_value(got, run(exercise.reference, case, 2 * seed + 1), case))
    return values


def false_alarms(exercise: Exercise) -> list[str]:
    """More false alarms than declared.

    The comparers give level alpha to each case, so their sum bounds the rate if the p-values are
    honest. That is tried where it can be seen: at level 0.05, more than the (1 - 1e-6) quantile of
    Binomial(200, 0.05) refusals per case have probability 1e-6. A rate above 1e-4 cannot be
    excluded by 200 runs alone, but a rate of 4 percent would show in all but 3 of 10000 tries.
    """
    complaints = []
    cases = exercise.cases()
    bound = getattr(exercise.compare, "alpha", 0.0) * len(cases)
    if not bound <= exercise.false_alarm <= 1e-4:
        complaints.append(f"declares {exercise.false_alarm}, the comparers allow {bound}")
    refused = [
        seed
        for seed in range(SEEDS)
        if judge(exercise, exercise.reference, seed=seed).status != "correct"
    ]
    complaints += [f"the reference is refused with seeds {refused}"] if refused else []
    low = torch.tensor([p_values(exercise, exercise.reference, k) for k in range(SEEDS)]) < 0.05
    most = stats.binom.ppf(1 - 1e-6, SEEDS, 0.05)
    return complaints + [
        f"case {k}: p < 0.05 in {count} of {SEEDS} runs"
        for k, count in enumerate(low.sum(0).tolist())
        if count > most
    ]


def weakness(exercise: Exercise, slip: Slip) -> list[str]:
    r"""A slip that is not refused with probability 0.999.

    Over 50 seeds the largest p-value must lie below alpha / 1000. For the Kolmogorov-Smirnov test
    with $n$ effective samples $p \approx 2 e^{-2 z^2}$, where $z = \sqrt n D$ has a standard
    deviation of at most 1/2. From alpha = 1e-6 to 1e-9 is a step of 0.58 in $z$, more than one
    deviation, below the smallest of 50 draws, which lies about 2.2 deviations below the mean:
    together 3.4 deviations, which a draw exceeds with probability 3e-4. A case that is refused
    for a deterministic reason has p = 0.
    """
    level = exercise.compare.alpha / 1000
    largest = max(min(p_values(exercise, slip.answer, seed)) for seed in range(50))
    named = [judge(exercise, slip.answer, seed=seed).slip for seed in range(1, 21)]
    complaints = [] if largest <= level else [f"largest p-value {largest:.2g} above {level:.2g}"]
    return complaints + [f"taken for {name}" for name in named if name != slip.name]


each_random_slip = pytest.mark.parametrize(
    ("exercise", "slip"), RANDOM_SLIPS, ids=[f"{e.id} {s.name}" for e, s in RANDOM_SLIPS]
)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", RANDOM, ids=lambda e: e.id)
def test_false_alarms_are_as_rare_as_declared(exercise):
    assert false_alarms(exercise) == []


@pytest.mark.slow
@each_random_slip
def test_a_random_slip_is_refused(exercise, slip):
    assert weakness(exercise, slip) == []


@each_random_slip
def test_a_random_slip_is_named(exercise, slip):
    assert {judge(exercise, slip.answer, seed=seed).slip for seed in range(3)} == {slip.name}


# Law 4: nothing leaks


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).replace("'", '"')


def telling_lines(lines: Iterable[str]) -> set[str]:
    """The lines that are long enough to give something away."""
    lines = (line for line in map(str.strip, lines) if not line.startswith(("#", "import", "from")))
    return {squeezed(line) for line in lines if len(squeezed(line)) > SHORTEST_LEAK}


def reference_lines(function: Callable) -> set[str]:
    """The body of a function, as it is written and as Python would write it."""
    source = textwrap.dedent(inspect.getsource(function))
    node = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef))
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    written = source.splitlines()[body[0].lineno - 1 :]
    return telling_lines(written) | telling_lines("\n".join(map(ast.unparse, body)).splitlines())


def solution_lines(exercise: Exercise) -> set[str]:
    grade_id = f"answer-{exercise.id.replace('.', '-')}"
    source = dict(code_cells("solutions", exercise.id[:2]))[grade_id]
    parts = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)
    assert parts, f"{grade_id} marks no solution"
    return telling_lines("\n".join(parts).splitlines())


@functools.cache
def notebooks() -> dict[str, str]:
    """The squeezed text of every file under notebooks/, with the outputs of the notebooks."""
    texts = {}
    for file in sorted((ROOT / "notebooks").iterdir()):
        if file.suffix == ".py":
            texts[file.name] = squeezed(file.read_text(encoding="utf-8"))
        elif file.suffix == ".ipynb":
            cells = nbformat.read(file, as_version=4).cells
            parts = [str(part) for c in cells for part in (c.source, *c.get("outputs", ()))]
            texts[file.name] = squeezed("\n".join(parts))
    return texts


def panels(exercise: Exercise) -> dict[str, str]:
    """The squeezed panels of all slips, of an error, of the stub and of the right answer."""

    def error(*case: Any) -> Any:
        raise RuntimeError("no")

    def stub(*case: Any) -> Any:
        raise NotImplementedError

    answers = {slip.name: slip.answer for slip in exercise.slips}
    answers |= {"error": error, "stub": stub, "right": exercise.reference}
    answers |= {"None": lambda *case: None}
    verdicts = {name: judge(exercise, answer) for name, answer in answers.items()}
    return {name: squeezed(everything(verdict)) for name, verdict in verdicts.items()}


def everything(verdict: Verdict) -> str:
    exercise = verdict.exercise
    said = [exercise.law, exercise.praise, exercise.title, exercise.idea, *(s.hint for s in exercise.slips)]
    return "\n".join([*said, panel_text(verdict), html.unescape(panel_html(verdict))])


def leaks(lines: set[str], texts: dict[str, str]) -> list[str]:
    return [f"{name}: {line}" for name, text in texts.items() for line in lines if line in text]


@each_exercise
def test_nothing_leaks(exercise):
    lines = reference_lines(exercise.reference) | solution_lines(exercise)
    assert leaks(lines, panels(exercise)) == []
    assert leaks(lines, notebooks()) == []


def test_learners_have_every_lesson():
    assert {exercise.id[:2] for exercise in EXERCISES} <= {name[:2] for name in notebooks()}


# Negative controls: each rule must be able to fail


def draw(mean, generator):
    """A sample."""
    sample = mean + torch.randn(500, generator=generator)
    return sample


def toy(compare: Callable, slip: Callable = draw, false_alarm: float = 1e-6, **changes: Any):
    given = dict(
        id="99.1", title="toy", difficulty=1, minutes=1, points=1, reference=draw,
        cases=lambda: [(1.0, torch.Generator().manual_seed(0))], law="a law",
        slips=[Slip("toy slip", slip, "a hint")], compare=compare, false_alarm=false_alarm,
    )  # fmt: skip
    return Exercise(**{**given, **changes})


def test_false_alarms_would_be_noticed():
    assert false_alarms(toy(same_law())) == []
    assert any("refused" in line for line in false_alarms(toy(same_law(alpha=0.05))))
    assert any("allow" in line for line in false_alarms(toy(same_law(alpha=1e-5))))
    dishonest = same_law(statistic=lambda a, b: stats.ks_2samp(a, b).pvalue / 10)
    assert any("p < 0.05" in line for line in false_alarms(toy(dishonest)))


def test_weak_checks_would_be_noticed():
    def shifted(by: float) -> Exercise:
        return toy(same_law(), lambda mean, generator: draw(mean, generator) + by)

    strong, weak, blind = (shifted(by) for by in (1.0, 0.35, 0.0))
    assert weakness(strong, strong.slips[0]) == []
    assert weakness(weak, weak.slips[0])
    assert weakness(blind, blind.slips[0])
    moved = toy(close_on(lambda sample: len(sample)), lambda mean, generator: torch.zeros(3))
    assert weakness(moved, moved.slips[0]) == []


def test_a_check_of_one_stream_would_be_noticed():
    assert refused_right_answers(toy(both(same_law()))) == []
    assert any("stream 1" in line for line in refused_right_answers(toy(close())))


def test_leaks_would_be_noticed():
    lines = reference_lines(draw)
    assert lines == {squeezed("sample = mean + torch.randn(500, generator=generator)")}
    told = toy(same_law(), law="use mean +  torch.randn(500, generator=generator) as\nsample")
    assert leaks(lines, panels(told)) == []
    told = toy(same_law(), law="it is sample = mean + torch.randn(500,generator=generator)")
    assert leaks(lines, panels(told))
    assert leaks(telling_lines(["x"]), panels(told)) == []
