"""The engine of the exercises, tried on two toy exercises: a formula and a random draw."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sys
import time
import warnings
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from udm_lessons import exercises
from udm_lessons.exercises import all_exercises, check, engine, get, patience, progress, registry
from udm_lessons.exercises.compare import both, close, close_on, equal, same_law
from udm_lessons.exercises.engine import Exercise, Slip, judge
from udm_lessons.exercises.progress import load, record
from udm_lessons.exercises.render import panel_html, panel_text
from udm_lessons.exercises.text import plain

needs_alarm = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="the system has no alarm")

LESSON = r"""
import torch
from udm_lessons.exercises.compare import both, close_on, same_law
from udm_lessons.exercises.engine import Exercise, Slip

def stream(seed):
    return torch.Generator().manual_seed(seed)

def reference(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps

def cases():
    return [
        (torch.randn(n, 3, generator=stream(n)), torch.randn(n, 3, generator=stream(9)), 0.8, 0.3)
        for n in (2, 5)
    ]

def only_two(x0, eps, alpha, sigma):
    if len(x0) != 2:
        raise ValueError("only two rows")
    return alpha * x0 - sigma * eps

def fill(x, mask, generator):
    noise = torch.rand(x.shape, generator=generator)
    return torch.where(mask, noise, x)

def uneven_fill(x, mask, generator):
    return torch.where(mask, torch.rand(x.shape, generator=generator) ** 1.5, x)

EXERCISES = (
    Exercise(
        "98.1", "Push forward", 2, 5, 3, reference, cases,
        law=r"$x_t = \alpha_t x_0 + \sigma_t\,\varepsilon$ for $\sigma_t < 1$",
        slips=(
            Slip("variance", lambda x0, eps, alpha, sigma: alpha * x0 + sigma**2 * eps,
                 r"You took the variance $\sigma_t^2$ & not `sigma`."),
            Slip("summed", lambda x0, eps, alpha, sigma: (alpha * x0 + sigma * eps).sum(1),
                 "You summed over the pixels."),
            Slip("only two", only_two, "Your noise has the wrong sign, in two rows."),
        ),
        praise=r"The variance is $\alpha_t^2 + \sigma_t^2$.",
    ),
    Exercise(
        "98.2", "Fill in", 1, 4, 2, fill,
        lambda: [(torch.zeros(4000), torch.arange(4000) % 3 > 0, stream(3))],
        law="Masked entries are uniform and the others stay.",
        slips=(Slip("uneven", uneven_fill, "Your numbers are not uniform."),),
        compare=both(
            close_on(lambda y, x, mask, generator: y[~mask]),
            same_law(lambda y, x, mask, generator: {"masked": y[mask]}),
        ),
        false_alarm=1e-6,
    ),
)
"""


@pytest.fixture(autouse=True)
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lesson 98 beside the real ones, and a progress file of its own."""
    (tmp_path / "lesson_98.py").write_text(LESSON)
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    monkeypatch.setenv("UDM_PROGRESS", str(tmp_path / "progress.json"))
    registry._of_lesson.cache_clear()
    yield tmp_path
    sys.modules.pop("udm_lessons.exercises.lesson_98", None)
    registry._of_lesson.cache_clear()


def right(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps


def stub(x0, eps, alpha, sigma):
    raise NotImplementedError


def variance(x0, eps, alpha, sigma):
    return alpha * x0 + sigma**2 * eps


def crashing(x0, eps, alpha, sigma):
    mixed = torch.stack([x0, eps])
    return torch.matmul(mixed, alpha)


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

    assert judge("98.1", answer).slip == "only two"
    verdict = judge("98.1", lambda *case: answer(*case, error=KeyError))
    assert (verdict.status, verdict.slip) == ("crashed", None)


def test_an_answer_that_only_raises_is_a_crash_and_no_slip():
    toy = get("98.1")
    raising = Slip("raises", crashing, "never said")
    exercise = Exercise("98.9", "t", 1, 1, 1, toy.reference, toy.cases, "law", (raising,))
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
        (lambda *case: right(*case) + 1, "none of the usual slips"),
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
        "98.9", "t", 1, 1, 1, lambda pair: 1, lambda: [(wrap([torch.zeros(2), 2]),)], "law", ()
    )
    assert judge(exercise, lambda pair: 1).status == "correct"
    assert "changes its input pair" in judge(exercise, meddling).hint


def test_an_answer_may_raise_what_the_reference_raises():
    def refuse(x, error=ValueError):
        raise error("no")

    exercise = Exercise("98.9", "t", 1, 1, 1, refuse, lambda: [(1,)], "law", ())
    assert judge(exercise, lambda x: refuse(x)).status == "correct"
    assert judge(exercise, lambda x: refuse(x, KeyError)).status == "crashed"
    assert judge(exercise, lambda x: x).status == "wrong"


# Randomness


def test_answer_and_reference_see_the_same_stream_and_the_cases_stay_as_they_are():
    used = torch.Generator().manual_seed(5)
    torch.rand(7, generator=used)
    before = used.get_state()
    exercise = Exercise(
        "98.9", "t", 1, 1, 1, lambda g: torch.rand(3, generator=g), lambda: [(used,)], "law", ()
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
    judge(Exercise("98.9", "t", 1, 1, 1, spy, toy.cases, "law", (), toy.compare), spy)
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


# Where it crashed


def test_a_crash_shows_the_own_line_and_no_library():
    crash = judge("98.1", crashing).crash
    assert crash.line == "return torch.matmul(mixed, alpha)"
    assert re.fullmatch(r"crashing, line \d+ of test_exercise_engine\.py", crash.where)


def test_a_crash_inside_a_library_shows_the_own_line_that_led_there():
    def answer(x0, eps, alpha, sigma):
        return torch.distributions.Normal(x0, -1.0).mean

    verdict = judge("98.1", answer)
    assert verdict.crash.line == "return torch.distributions.Normal(x0, -1.0).mean"
    assert "site-packages" not in panel_text(verdict) + panel_html(verdict)


def test_a_wrong_number_of_parameters_says_how_it_is_called():
    verdict = judge("98.1", lambda x0: x0)
    assert verdict.status == "crashed"
    assert "x0, eps, alpha, sigma" in verdict.hint


def endless(x0, eps, alpha, sigma):
    while True:
        alpha = 1 - alpha


@needs_alarm
def test_an_answer_that_does_not_return_is_stopped_on_its_own_line(monkeypatch):
    monkeypatch.setattr(engine, "limit", lambda: patience.limit(0.3))
    verdict = judge("98.1", endless)
    assert (verdict.status, verdict.crash.kind) == ("crashed", "TookTooLong")
    assert "endless, line" in verdict.crash.where
    assert verdict.crash.message == "still at work after 0.3 seconds"
    assert "never end" in verdict.hint


@needs_alarm
def test_waiting_is_not_work_and_the_alarm_is_put_back():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
    try:
        with patience.limit(0.2):
            time.sleep(1.0)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        signal.raise_signal(signal.SIGALRM)
        signal.setitimer(signal.ITIMER_REAL, 1000)
        with patience.limit(0.2):
            pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert heard == [1]


def test_outside_the_main_thread_there_is_no_limit_and_no_error():
    def work():
        with patience.limit(0.0):
            return sum(range(10**6))

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == 499999500000


def test_not_implemented_errors_of_torch_are_crashes():
    def answer(x0, eps, alpha, sigma):
        return torch.nn.Module()(x0)

    assert judge("98.1", answer).status == "crashed"


def test_a_stub_behind_a_finished_answer_is_named():
    def finished(x0, eps, alpha, sigma):
        return stub(x0, eps, alpha, sigma)

    verdict = judge("98.1", finished)
    assert verdict.status == "untouched" and "calls stub" in verdict.hint


def test_addresses_are_taken_out_of_messages():
    def answer(x0, eps, alpha, sigma):
        raise RuntimeError(f"bad {object()}")

    assert re.search(r"0x[0-9a-f]", judge("98.1", answer).crash.message) is None


# Comparers

Pair = namedtuple("Pair", "u r")


@pytest.mark.parametrize(
    ("got", "expected", "agree"),
    [
        (torch.ones(2), torch.ones(2).double(), True),
        (torch.full((3,), 1 / 3), torch.full((3,), 1 / 3, dtype=torch.float64), True),
        (np.ones(2), torch.ones(2), True),
        ([1.0, 1.0], torch.ones(2), True),
        (torch.tensor([1, 2]), [1, 2], True),
        (1, torch.tensor(1.0), True),
        (torch.ones(1), 1.0, False),
        (torch.ones(2, requires_grad=True), torch.ones(2), True),
        (torch.tensor([1.0, 2.0]), torch.tensor([1, 2]), True),
        (torch.tensor([1.0, 2.00001]), torch.tensor([1, 2]), False),
        (torch.tensor([True]), torch.tensor([False]), False),
        (1e6 + 1.0, 1e6, True),
        (torch.tensor([1e6, 1.0]), torch.tensor([1e6, 0.0]), True),
        (1.001, 1.0, False),
        (1e-3, 2e-3, False),
        (float("nan"), 1.0, False),
        (float("inf"), 1.0, False),
        ("abc", "abc", True),
        ("abc", "abd", False),
        (Pair(1.0, [2]), (1.0, [2]), True),
        ((1.0, 2.0, 3.0), Pair(1.0, 2.0), False),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        (2**70, 2**70, True),
        (-(2**70), 2**70, False),
        (10**400, 2**70, False),
        (None, 1.0, False),
        (1.0, None, False),
        (torch.zeros(0, 3), torch.zeros(0, 3), True),
        (torch.complex(torch.ones(2), torch.zeros(2)), torch.ones(2, dtype=torch.cfloat), True),
    ],
)
def test_close(got, expected, agree):
    assert (close()(got, expected) is None) is agree


def test_equal_is_exact():
    assert equal()(torch.tensor(0.1), torch.tensor(0.1)) is None
    assert equal()(1.0 + 1e-15, 1.0) is not None


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 3**70, -(3**70), 10**400])
def test_whole_numbers_are_compared_exactly_however_large(number):
    """A float of the same size is not the number, unless it is."""
    for compare in (equal(), close()):
        assert compare(number, number) is None
        assert compare(number + 1, number) is not None
        assert compare(0, number) is not None and compare(number, 0) is not None
    assert (equal()(float(2**63), 2**63) is None) and equal()(float(3**70), 3**70) is not None
    assert equal()(np.float64(3**70), 3**70) is not None
    assert equal()(np.int64(7), number) is not None and equal()(torch.tensor(7), number) is not None


def test_close_on_survives_outputs_of_another_form():
    compare = close_on(lambda y: y["a"])
    assert compare({"a": 1.0, "b": 3}, {"a": 1.0, "b": 2}) is None
    assert compare({"a": 2.0}, {"a": 1.0}) is not None
    assert compare(3.0, {"a": 1.0}).kind == "type"


def test_same_law_refuses_no_more_often_than_it_says():
    """2000 pairs at alpha = 0.01: more than 40 refusals have probability below 1e-4."""
    draws = np.random.default_rng(0).normal(size=(2, 2000, 100))
    compare = same_law(lambda y: {"head": y[:50], "tail": y[50:]}, alpha=0.01)
    assert sum(compare(a, b) is not None for a, b in zip(*draws, strict=True)) <= 40
    shifted = sum(compare(a + 1.2, b) is not None for a, b in zip(*draws, strict=True))
    assert shifted > 1900


def test_same_law_looks_at_every_part():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(2, 2000, 2))
    compare = same_law(lambda y: {"left": y[:, 0], "right": y[:, 1]})
    assert compare(one, other) is None
    for part, column in (("left", 0), ("right", 1)):
        bad = one.copy()
        bad[:, column] *= 2
        assert part in compare(bad, other)
    assert compare(one[:1999], other).kind == "shape"
    assert compare(one * np.nan, other) is not None
    assert compare.independent and compare.alpha == 1e-6


def test_both_asks_for_everything():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(2, 2000))
    compare = both(close_on(lambda y: y[0]), same_law(lambda y: {"rest": y[1:]}))
    one[0] = other[0]
    assert compare(one, other) is None and compare.p_value(one, other, ()) > 1e-3
    assert compare(np.r_[9.0, one[1:]], other) is not None
    assert compare(np.r_[one[0], one[1:] * 2], other) is not None


# Panels


def test_text_panel():
    text = panel_text(judge("98.1", variance))
    assert text.splitlines()[0] == "✗ 98.1 is not right yet  (Push forward, ●●○, 3 points)"
    assert "You took the variance σ_t^2 & not `sigma`." in text
    assert "What must hold: x_t = α_t x_0 + σ_t ε for σ_t < 1" in text
    assert "  sigma: 0.3\n" in text and "got: 2×3 float32\n" in text
    assert text.count("*") == 12  # six entries of each of got and expected


def test_html_panel_is_escaped_and_keeps_mathematics():
    page = panel_html(judge("98.1", variance))
    assert r"the variance $\sigma_t^2$ &amp; not <code>sigma</code>." in page
    assert r"$\sigma_t &lt; 1$" in page
    assert "var(--jp-error-color1, #" in page
    bad = panel_html(judge("98.1", lambda *case: "<script>$x$</script>"))
    assert "<script" not in bad and "&lt;script&gt;" in bad


def test_panels_of_equal_verdicts_are_equal():
    for answer in (right, stub, variance, crashing, lambda *case: (object(), right)):
        one, other = judge("98.1", answer), judge("98.1", answer)
        assert panel_text(one) == panel_text(other)
        assert panel_html(one) == panel_html(other)
        assert "0x" not in panel_html(one)


def test_a_large_result_is_cut_around_the_first_difference():
    def reference(x):
        return 2 * x

    def last_is_wrong(x):
        y = 2 * x
        y[6, 19] += 3e-3
        return y

    case = (torch.arange(140.0).reshape(7, 20) / 100,)
    exercise = Exercise("98.9", "t", 1, 1, 1, reference, lambda: [case], "law", ())
    text = panel_text(judge(exercise, last_is_wrong))
    assert text.count("7×20 float32, rows 4–6, columns 14–19") == 3
    assert "2.783*" in text and "2.78*" in text and text.count("*") == 2


def test_differences_too_small_for_four_digits_are_still_seen():
    exercise = Exercise("98.9", "t", 1, 1, 1, lambda x: x, lambda: [(1.0,)], "law", (), equal())
    text = panel_text(judge(exercise, lambda x: x + 1e-3))
    assert "got: 1.001*" in text and "expected: 1*" in text
    tiny = panel_text(judge(exercise, lambda x: torch.tensor(1.0002)))
    assert "got: 0-d float32\n      1.00020003*" in tiny


def test_random_results_are_shown_as_one_draw_without_marks():
    text = panel_text(judge("98.2", lambda x, mask, g: x))
    assert "got (one draw)" in text and "expected (one draw)" in text and "*" not in text


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"so $\bar\alpha_t x_0$.", "so α\u0304_t x_0."),
        (r"$\hat{x}_0 \sim p(x_0 \mid x_t)$", "x\u0302_0 ~ p(x_0 | x_t)"),
        (r"$\frac{\alpha_s}{1-\alpha_t}$", "α_s/(1-α_t)"),
        (r"$\sqrt{1 - \bar{\alpha}_{t-1}}$", "√(1 - α\u0304_(t-1))"),
        (r"$\mathbb{E}[\mathrm{x}] \le \sigma^{2}$", "E[x] ≤ σ^2"),
        (r"$\text{KL}(p \,\|\, q)$", "KL(p || q)"),
        ("costs 5 dollars", "costs 5 dollars"),
    ],
)
def test_mathematics_as_text(tex, text):
    assert plain(tex) == text


# check


def test_check_speaks_and_raises(capsys):
    assert check("98.1", right) is None
    assert "98.1 is right" in capsys.readouterr().out
    for answer, kind in ((stub, NotImplementedError), (variance, AssertionError)):
        with pytest.raises(kind) as caught:
            check("98.1", answer)
        assert len(caught.value._render_traceback_()) == 1
        assert "see the panel above" in caught.value._render_traceback_()[0]
        assert caught.value.__cause__ is None and caught.value.__suppress_context__
    output = capsys.readouterr()
    assert "98.1 is waiting for you" in output.out and output.err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((right, "98.1"), "exercise_id must come first"),
        (("98.1", torch.ones(2)), "pass the function itself, without calling it"),
        (("98.1", None), "pass the function itself, without calling it"),
    ],
)
def test_check_refuses_other_arguments(arguments, said):
    with pytest.raises(TypeError, match=said):
        check(*arguments)


def test_unknown_ids_name_their_neighbours():
    with pytest.raises(ValueError, match="did you mean.*98.1"):
        get("98.7")
    with pytest.raises(ValueError, match="no exercise 'noise'"):
        check("noise", right)


def test_the_registry_holds_the_lessons_in_order_and_refuses_doubles(toys):
    ids = [exercise.id for exercise in all_exercises()]
    assert ids == sorted(ids) and ids[-2:] == ["98.1", "98.2"]
    (toys / "lesson_99.py").write_text(LESSON)
    with pytest.raises(ValueError, match="ids of lesson 99"):
        all_exercises()


@pytest.mark.parametrize(
    "change",
    [{"difficulty": 4}, {"minutes": 0}, {"points": 0}, {"false_alarm": 1e-3}, {"false_alarm": -1}],
)
def test_an_exercise_out_of_range_is_refused(change):
    given = dict(
        id="98.9", title="t", difficulty=1, minutes=1, points=1, reference=right,
        cases=lambda: [], law="law", slips=(),
    )  # fmt: skip
    assert Exercise(**given).points == 1
    with pytest.raises(ValueError, match=next(iter(change))):
        Exercise(**{**given, **change})
    with pytest.raises(ValueError, match="different names"):
        Exercise(**{**given, "slips": (Slip("a", right, "h"), Slip("a", stub, "g"))})


# Progress


def test_progress_counts_attempts_and_stays_done(capsys):
    for answer in (stub, variance, right, variance):
        with contextlib.suppress(NotImplementedError, AssertionError):
            check("98.1", answer)
    assert load() == {"98.1": {"attempts": 3, "status": "done"}}
    record("98.2", "crashed")
    record("77.1", "correct")  # a lesson that is not here
    capsys.readouterr()
    progress()
    out = capsys.readouterr().out
    assert "lesson 98  ■◪\n" in out and "3 of " in out


@pytest.mark.parametrize(
    "content", ["{", "[1]", '{"98.1": 3}', '{"98.1": {"status": "x", "attempts": 1}}', "\xff"]
)
def test_a_broken_progress_file_is_kept_aside(toys, content):
    (toys / "progress.json").write_bytes(content.encode("latin-1"))
    assert load() == {}
    record("98.1", "correct")
    assert (toys / "progress.json.bad").read_bytes() == content.encode("latin-1")
    assert json.loads((toys / "progress.json").read_text())["98.1"]["status"] == "done"


def test_an_unwritable_progress_file_stops_nothing(toys, monkeypatch, capsys):
    monkeypatch.setenv("UDM_PROGRESS", str(toys / "lesson_98.py" / "inside_a_file.json"))
    check("98.1", right)
    progress()
    monkeypatch.setenv("UDM_PROGRESS", str(toys))
    check("98.1", right)
    assert capsys.readouterr().err == "" and toys.is_dir()


# In a real notebook


@pytest.fixture
def executed(toys: Path) -> nbformat.NotebookNode:
    setup = f"from udm_lessons import exercises\nexercises.__path__.append({str(toys)!r})"
    cells = [
        f"{setup}\nfrom udm_lessons.exercises import check, progress",
        "def mine(x0, eps, alpha, sigma):\n    return alpha * x0 + sigma * eps",
        'check("98.1", mine)',
        "def mine(x0, eps, alpha, sigma):\n    half = x0 / 2\n    return half.nothing",
        'check("98.1", mine)',
        "def mine(x0, eps, alpha, sigma):\n    raise NotImplementedError()",
        'check("98.1", mine)',
        'check(mine, "98.1")',
        "progress()",
    ]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": toys}}
    ).execute()
    return notebook


def test_in_a_notebook(executed):
    outputs = {k: cell.outputs for k, cell in enumerate(executed.cells) if cell.outputs}
    assert sorted(outputs) == [2, 4, 6, 7, 8]
    assert [output.output_type for output in outputs[2]] == ["display_data"]
    panel, error = outputs[4]
    assert set(panel.data) == {"text/html", "text/plain"}
    assert "AttributeError in mine, line 3 of its cell" in panel.data["text/plain"]
    assert "    return half.nothing" in panel.data["text/plain"]
    assert error.ename == "AssertionError"
    assert error.traceback == ["98.1 stopped with an error: see the panel above."]
    panel, error = outputs[6]
    assert "98.1 is waiting for you" in panel.data["text/html"]
    assert error.ename == "NotImplementedError" and len(error.traceback) == 1
    assert outputs[7][0].ename == "TypeError" and len(outputs[7][0].traceback) == 1
    assert "■□" in outputs[8][0].data["text/plain"]


def test_a_generator_that_is_not_used_is_noticed():
    def draw(n, generator):
        return torch.rand(n, generator=generator)

    ask = Exercise(
        "98.9", "Draw", 1, 1, 1, draw, lambda: ((500, torch.Generator().manual_seed(1)),),
        law="uniform", slips=(), compare=same_law(alpha=1e-6), false_alarm=1e-5,
    )
    own = torch.Generator().manual_seed(0)
    assert judge(ask, draw).status == "correct"
    assert judge(ask, lambda n, generator: torch.rand(n, generator=own)).status == "wrong"
    assert "not from the generator" in judge(ask, lambda n, g: torch.rand(n, generator=own)).hint


def test_a_long_list_is_cut_and_a_part_may_say_why_it_differs():
    ask = Exercise(
        "98.9", "Sides", 1, 1, 1, lambda x: x, lambda: ((torch.arange(40.0).reshape(20, 2),),),
        law="the same", slips=(), compare=close_on(lambda y, x: y[0], say="the first is off."),
    )
    verdict = judge(ask, lambda x: x + 1)
    assert str(verdict.failure.reason) == "the first is off."
    text = panel_text(judge(ask, lambda x: [["a"] for _ in range(500)]))
    assert "and 496 more" in text and text.count("\n") < 60
