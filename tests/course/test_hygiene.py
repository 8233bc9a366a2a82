"""The course asks nothing of the machine: no network, no home, no locale, no number of threads, no order of a set."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ONE_LESSON = """
import socket, sys, urllib.request

class Refused(Exception):
    pass

def refuse(*args, **kwargs):
    raise Refused("the network was asked for")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
import matplotlib; matplotlib.use("Agg")
import jupytext
from udm_lessons.exercises import check

cells = [cell.source for cell in jupytext.read(sys.argv[1], fmt="py:percent").cells if cell.cell_type == "code"]
space = {"__name__": "__main__", "display": print}
for source in cells:
    exec(source, space)
try:
    urllib.request.urlopen("http://127.0.0.1:9")
except Refused:
    print("the control was refused")
"""

A_FEW_CHECKS = """
import torch
from udm_lessons.destroy import Gaussian, Trig
from udm_lessons.exercises import all_exercises, check, hint, progress, solution
from udm_lessons.rebuild import sample

for exercise in all_exercises()[::9]:
    for answer in (exercise.reference, exercise.slips[-1].answer, lambda *case: None):
        try:
            check(exercise.id, answer)
        except AssertionError:  # a miss
            pass
    hint(exercise.id)
    solution(exercise.id)
progress()
x = torch.ones(2, 3)
print(sample(Gaussian(Trig()), lambda x, t, generator: 0 * x, x, [1.0, 0.5, 0.0]).tolist())
"""


def output_of(program: str, *arguments: str, folder: Path, **variables: str) -> bytes:
    """What a fresh process prints, run in an empty folder with these variables added to its environment."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:].decode(errors="replace")
    return done.stdout


def test_a_lesson_and_its_checks_need_no_network(tmp_path):
    (lesson,) = (ROOT / "solutions").glob("00_*.py")
    assert b"the control was refused" in output_of(ONE_LESSON, str(lesson), folder=tmp_path, OMP_NUM_THREADS="1")


@pytest.fixture(scope="module")
def as_usual(tmp_path_factory) -> bytes:
    return output_of(A_FEW_CHECKS, folder=tmp_path_factory.mktemp("usual"), PYTHONIOENCODING="utf-8")


@pytest.mark.parametrize(
    "variables",
    [{"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}, {"PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "2"}],
    ids=str,
)
def test_verdicts_depend_on_no_chance(as_usual, variables, tmp_path):
    assert output_of(A_FEW_CHECKS, folder=tmp_path, PYTHONIOENCODING="utf-8", **variables) == as_usual


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        | {"HOME": os.devnull + "/nowhere", "USERPROFILE": os.devnull + "/nowhere"},
    ],
    ids=str,
)
def test_a_plain_terminal_and_a_home_that_cannot_be_written_will_do(as_usual, variables, tmp_path):
    shown = output_of(A_FEW_CHECKS, folder=tmp_path, **variables)
    assert shown.count(b" is right") == as_usual.count(b" is right") > 0
    assert shown.count(b"is not right yet") == as_usual.count(b"is not right yet") > 0


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ("import subprocess; subprocess.Popen(['sleep', '30'])", "sleep"),
        pytest.param("from pathlib import Path; Path(__file__).with_name('left.txt').touch()", "left.txt", marks=pytest.mark.slow),
    ],
)
def test_control_what_a_test_leaves_behind_is_seen(tmp_path, left, words):
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "tests" / "test_untidy.py").write_text(f"def test_untidy():\n    {left}\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "1 passed, 1 error" in done.stdout and words in done.stdout
