"""What a learner calls, check and progress, as functions and in a real notebook."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from udm_lessons.checks import Course
from udm_lessons.checks.progress import load, record

from worlds import toy_course
from worlds.toy_course.answers import right, stub, variance

COURSE = toy_course.COURSE
check, get, progress, hint, solution = COURSE.check, COURSE.get, COURSE.progress, COURSE.hint, COURSE.solution


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A progress file of its own."""
    monkeypatch.setenv("UDM_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path


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


def test_a_course_holds_the_lessons_in_order_and_refuses_doubles(folder, monkeypatch):
    assert [exercise.id for exercise in toy_course.COURSE.all_exercises()] == ["98.1", "98.2"]
    monkeypatch.setattr(toy_course, "__path__", [*toy_course.__path__, str(folder)])
    (folder / "lesson_99.py").write_text("from worlds.toy_course.lesson_98 import EXERCISES\n")
    with pytest.raises(ValueError, match="ids of lesson 99"):
        Course("worlds.toy_course").all_exercises()


# Progress


def test_progress_counts_attempts_and_stays_done(capsys):
    for answer in (stub, variance, right, variance):
        with contextlib.suppress(NotImplementedError, AssertionError):
            check("98.1", answer)
    assert load() == {"98.1": {"attempts": 3, "status": "done", "rung": 2, "seen": False}}
    record("98.2", "crashed")
    record("77.1", "correct")  # a lesson that is not here
    capsys.readouterr()
    progress()
    out = capsys.readouterr().out
    assert "lesson 98  ■◪\n" in out and "3 of " in out


@pytest.mark.parametrize(
    "content", ["{", "[1]", '{"98.1": 3}', '{"98.1": {"status": "x", "attempts": 1}}', "\xff"]
)
def test_a_broken_progress_file_is_kept_aside(folder, content):
    (folder / "progress.json").write_bytes(content.encode("latin-1"))
    assert load() == {}
    record("98.1", "correct")
    assert (folder / "progress.json.bad").read_bytes() == content.encode("latin-1")
    assert json.loads((folder / "progress.json").read_text())["98.1"]["status"] == "done"


def test_misses_climb_a_ladder_and_a_hint_asked_for_is_a_rung(capsys):
    def panel(answer=variance):
        with contextlib.suppress(AssertionError):
            check("98.1", answer)
        return capsys.readouterr().out

    first, second, third = panel(), panel(), panel()
    idea, law = get("98.1").idea, "What must hold: x_t"
    assert 'hint("98.1")' in first and idea not in first and law not in first
    assert idea in second and law not in second
    assert idea in third and law in third and 'solution("98.1")' in third
    assert panel() == third
    record("98.2", "untouched")
    hint("98.2")
    assert get("98.2").law in capsys.readouterr().out  # it has no idea of its own
    assert "98.1 is right" in panel(right)


def test_hints_can_be_had_without_a_miss(capsys):
    hint("98.1")
    assert get("98.1").idea in capsys.readouterr().out
    hint("98.1")
    assert "α_t x_0" in capsys.readouterr().out
    with pytest.raises(ValueError, match="98.7"):
        hint("98.7")


def test_a_solution_shows_the_lines_and_why_and_is_marked_in_the_map(capsys):
    solution("98.1")
    out = capsys.readouterr().out
    assert "return alpha * x0 + sigma * eps" in out and "Variances add." in out
    progress()
    assert "lesson 98  ▣□" in capsys.readouterr().out
    check("98.2", get("98.2").reference)
    solution("98.2")  # after it was done, nothing is marked
    capsys.readouterr()
    progress()
    assert "lesson 98  ▣■" in capsys.readouterr().out


WRITER = """
import sys
sys.path.append({tests!r})
from udm_lessons.checks.progress import record
for k in range(100):
    record(f"{{sys.argv[1]}}.{{k}}", "correct")
"""


def test_two_writers_lose_nothing(folder):
    program = WRITER.format(tests=str(Path(toy_course.__file__).parents[2]))
    writers = [subprocess.Popen([sys.executable, "-c", program, name]) for name in ("a", "b")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert len(load()) == 200


STRANGE = [
    '{"98.1": {"status": []}}', '{"98.1": {"status": "done", "attempts": true}}', '{"98.1": {"status": "done", "rung": -1}}',
    '{"98.1": {"status": "done", "seen": 1}}', "[" * 100_000, '{"98.1": ' * 5000, "null", "NaN", "1e999", '"x"', "\x00",
    '{"a": {"status": "open", "attempts": 1' + "0" * 5000 + "}}", "{" + " " * 2_000_000 + "}",
]  # fmt: skip


@pytest.mark.parametrize("content", STRANGE)
def test_no_record_however_strange_stops_a_lesson_or_costs_a_mark(folder, content, capsys):
    (folder / "progress.json").write_text(content)
    progress()
    assert check("98.1", right) is None
    hint("98.1"), solution("98.2"), progress()
    assert load()["98.1"]["status"] == "done"


def test_a_record_that_is_a_folder_or_may_not_be_read(folder, capsys):
    (folder / "progress.json").mkdir()
    assert check("98.1", right) is None
    progress()


def test_the_map_can_be_read_on_a_terminal_that_knows_ascii_only(capsys, monkeypatch):
    check("98.1", right)
    with contextlib.suppress(AssertionError):
        check("98.2", lambda *case: 1)
    capsys.readouterr()
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", shown)
    progress()
    shown.flush()
    text = shown.buffer.getvalue().decode()
    assert "lesson 98  #/" in text and "# done" in text and "?" not in text


def test_an_unwritable_progress_file_stops_nothing(folder, monkeypatch, capsys):
    (folder / "a_file").write_text("")
    monkeypatch.setenv("UDM_PROGRESS", str(folder / "a_file" / "inside_a_file.json"))
    check("98.1", right)
    progress()
    monkeypatch.setenv("UDM_PROGRESS", str(folder))
    check("98.1", right)
    assert capsys.readouterr().err == "" and folder.is_dir()


# In a real notebook


@pytest.fixture
def executed(folder: Path) -> nbformat.NotebookNode:
    tests = str(Path(toy_course.__file__).parents[2])
    cells = [
        f"import sys\nsys.path.append({tests!r})\nfrom worlds.toy_course import COURSE\n"
        "check, progress = COURSE.check, COURSE.progress",
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
        notebook, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": folder}}
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
