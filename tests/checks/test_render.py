"""The panel that a learner sees."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from udm_lessons.checks import Exercise, close_on, equal, panel_html, panel_text
from udm_lessons.checks.text import plain

from worlds.toy_course import judge
from worlds.toy_course.answers import crashing, right, stub, variance


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A progress file of its own."""
    monkeypatch.setenv("UDM_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path


# Panels


def test_text_panel():
    text = panel_text(judge("98.1", variance), rung=3)
    assert text.splitlines()[0] == "✗ 98.1 is not right yet  (Push forward, ●●○, 3 points)"
    assert "You took the variance σ_t^2 & not `sigma`." in text
    assert "What must hold: x_t = α_t x_0 + σ_t ε for σ_t < 1" in text
    assert "  sigma: 0.3\n" in text and "got: 2×3 float32\n" in text
    assert text.count("*") == 12  # six entries of each of got and expected


def test_html_panel_is_escaped_and_keeps_mathematics():
    page = panel_html(judge("98.1", variance), rung=3)
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
    exercise = Exercise("98.9", "t", 1, 1, 1, reference, lambda: [case], "law")
    text = panel_text(judge(exercise, last_is_wrong))
    assert text.count("7×20 float32, rows 4–6, columns 14–19") == 3
    assert "2.783*" in text and "2.78*" in text and text.count("*") == 2


def test_differences_too_small_for_four_digits_are_still_seen():
    exercise = Exercise("98.9", "t", 1, 1, 1, lambda x: x, lambda: [(1.0,)], "law", equal())
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


def test_a_long_list_is_cut_and_a_part_may_say_why_it_differs():
    ask = Exercise(
        "98.9", "Sides", 1, 1, 1, lambda x: x, lambda: ((torch.arange(40.0).reshape(20, 2),),),
        law="the same", compare=close_on(lambda y, x: y[0], say="the first is off."),
    )
    verdict = judge(ask, lambda x: x + 1)
    assert str(verdict.failure.reason) == "the first is off."
    text = panel_text(judge(ask, lambda x: [["a"] for _ in range(500)]))
    assert "and 496 more" in text and text.count("\n") < 60
