"""The notebooks are current, run as shown, and hold exercises that a learner can do.

Every rule is a function from notebooks to a list of complaints. The lessons must draw none; broken
toy notebooks at the end of the file must draw some.
"""

from __future__ import annotations

import ast
import copy
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from udm_lessons.exercises import all_exercises

import lessons

ROOT = lessons.ROOT
NAMES = lessons.lesson_names(ROOT)
each_lesson = pytest.mark.parametrize("name", NAMES)
# In each check cell, so that a learner's own function called check does no harm.
IMPORT = "from udm_lessons.exercises import check"
MACHINE = re.compile(
    r"/home\b|/root\b|/tmp\b|/usr/|/Users/|[A-Z]:\\\\|site-packages|ipykernel_\d|0x[0-9a-f]{6,}"
    r"|\b\d+\.\d+\.\d+\b|\d\s*(?:seconds?|secs?|ms|it/s|s/it)\b|\d\d:\d\d(?:<|&lt;)"
)


def read(folder: str, name: str) -> NotebookNode:
    return nbformat.read(ROOT / folder / f"{name}.ipynb", as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tree_of(cell: NotebookNode) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(cell.source))


def grading(cell: NotebookNode, kind: str) -> bool:
    return cell.metadata.get("nbgrader", {}).get(kind, False)


def unexpected_errors(executed: NotebookNode) -> list[str]:
    """Only NotImplementedError, only where an answer is missing, and at every check."""
    unanswered: set[str] = set()
    complaints = []
    for cell in code_cells(executed):
        tree = tree_of(cell)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        needs_answer = bool(unanswered & {node.id for node in names})
        if needs_answer or grading(cell, "solution"):
            unanswered |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
            unanswered |= {node.name for node in tree.body if hasattr(node, "name")}
        errors = [output for output in cell.outputs if output.output_type == "error"]
        complaints += [
            f"{cell.id}: {error.ename}: {error.evalue}"
            for error in errors
            if error.ename != "NotImplementedError" or not needs_answer
        ]
        if grading(cell, "grade") and not errors:
            complaints.append(f"{cell.id}: the check passes before anything was answered")
    return complaints


def exercise_complaints(notebook: NotebookNode, points: dict[str, int], number: str) -> list[str]:
    """Answer cells and check cells come in pairs and agree with the registered exercises."""
    cells = code_cells(notebook)
    complaints, asked = [], []
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if grading(cell, "solution") and not (after and grading(after, "grade")):
            complaints.append(f"{cell.id}: no check cell follows this answer cell")
    for before, cell in zip([None, *cells], cells, strict=False):
        tree = tree_of(cell)
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "check"
        ]
        if not grading(cell, "grade"):
            complaints += [f"{cell.id}: calls check but carries no points" for _ in calls]
            continue
        bare = [getattr(node, "value", None) for node in tree.body[1:]]
        if ast.unparse(tree.body[0]) != IMPORT or bare != calls or len(calls) != 1:
            complaints.append(f"{cell.id}: must import check, call it once, and do nothing else")
            continue
        exercise_id, answer = (ast.unparse(argument) for argument in calls[0].args)
        exercise_id = exercise_id.strip("'\"")
        asked.append(exercise_id)
        grade_id, worth = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points
        if grade_id != f"check-{exercise_id.replace('.', '-')}":
            complaints.append(f"{cell.id}: grade_id {grade_id} does not fit exercise {exercise_id}")
        if worth != points.get(exercise_id):
            complaints.append(f"{cell.id}: {worth} points, registered {points.get(exercise_id)}")
        if before is None or not grading(before, "solution"):
            complaints.append(f"{cell.id}: no answer cell stands above")
        elif before.metadata.nbgrader.grade_id != grade_id.replace("check", "answer"):
            complaints.append(f"{cell.id}: the answer cell above belongs to another exercise")
        elif answer not in {getattr(node, "name", None) for node in tree_of(before).body}:
            complaints.append(f"{cell.id}: {answer} is not defined in the answer cell above")
    ids = [cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata]
    complaints += [f"grade_id {key} is used {n} times" for key, n in Counter(ids).items() if n > 1]
    left_out = {key for key in points if key.startswith(f"{number}.")} - set(asked)
    return complaints + [f"exercise {key} is registered but not asked" for key in sorted(left_out)]


def long_cells(notebook: NotebookNode) -> list[str]:
    """Half of the code cells have at most 8 lines, nine in ten at most 20."""
    lines = [sum(map(bool, map(str.strip, c.source.splitlines()))) for c in code_cells(notebook)]
    median, most = statistics.median(lines), np.percentile(lines, 90)
    complaints = [f"median of {median} lines"] if median > 8 else []
    return complaints + ([f"90th percentile of {most} lines"] if most > 20 else [])


def output_texts(notebook: NotebookNode) -> list[str]:
    widgets = notebook.metadata.get("widgets", {}).get(lessons.WIDGETS, {}).get("state", {})
    states = [model["state"] for model in widgets.values()]
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    outputs += [output for state in states for output in state.get("outputs", [])]
    texts = [state["value"] for state in states if isinstance(state.get("value"), str)]
    for output in outputs:
        texts += [output.get("text", ""), "\n".join(output.get("traceback", []))]
        texts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
    return texts


def machine_words(notebook: NotebookNode) -> list[str]:
    """Paths, addresses, versions and timings in the outputs."""
    ignored = re.compile(r"base64,[A-Za-z0-9+/=]+|<style.*?</style>|style=\"[^\"]*\"", re.DOTALL)
    texts = [ignored.sub("", text) for text in output_texts(notebook)]
    found = [(text, match) for text in texts for match in MACHINE.finditer(text)]
    return [text[max(match.start() - 30, 0) : match.end() + 30] for text, match in found]


def no(complaints: list[str]) -> None:
    assert not complaints, "\n" + "\n".join([*complaints, "`make lessons ARGS=NN` makes lesson NN anew"])


def nbval(path: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook again and compare its text outputs with the stored ones."""
    options = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=300", "-pno:cacheprovider"]
    sanitize = f"--nbval-sanitize-with={Path(__file__).with_name('nbval_sanitize.cfg')}"
    with tempfile.TemporaryDirectory() as private:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, sanitize, str(path)],
            cwd=ROOT,
            env=lessons.kernel_environment(ROOT, Path(private)),
            capture_output=True,
            text=True,
        )


@each_lesson
def test_files_are_current(name: str) -> None:
    no(lessons.drift(ROOT, [name]))


def test_every_notebook_has_a_source() -> None:
    assert NAMES
    no(lessons.strays(ROOT))


# The given code of these works for one minute to four.
WORK_LONG = ("03", "04", "10", "11", "12", "13", "14")
each_lesson_long_ones_slowly = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name[:2] in WORK_LONG)) for name in NAMES]
)


@each_lesson_long_ones_slowly
def test_solution_runs_as_shown(name: str) -> None:
    done = nbval(ROOT / "solutions" / f"{name}.ipynb")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@each_lesson_long_ones_slowly
def test_learner_meets_only_missing_answers(name: str) -> None:
    executed = lessons.run(read("notebooks", name), ROOT, folder="notebooks", allow_errors=True)
    no(unexpected_errors(executed))


@each_lesson
@pytest.mark.parametrize("folder", ["solutions", "notebooks"])
def test_exercises(folder: str, name: str) -> None:
    points = {exercise.id: exercise.points for exercise in all_exercises()}
    no(exercise_complaints(read(folder, name), points, name[:2]))


def test_every_exercise_belongs_to_a_lesson() -> None:
    assert {exercise.id[:2] for exercise in all_exercises()} <= {name[:2] for name in NAMES}


@each_lesson
def test_learner_gets_no_outputs(name: str) -> None:
    cells = code_cells(read("notebooks", name))
    assert cells and not any(cell.outputs or cell.execution_count for cell in cells)


@each_lesson
def test_code_cells_are_short(name: str) -> None:
    no(long_cells(read("notebooks", name)))


@each_lesson
def test_outputs_say_nothing_about_the_machine(name: str) -> None:
    no(machine_words(read("solutions", name)))


# The same rules, on notebooks made to break them.

ANSWER = {"grade": False, "solution": True, "grade_id": "answer-09-1"}
CHECK = {"grade": True, "solution": False, "grade_id": "check-09-1", "points": 2}
COMMON = {"locked": False, "schema_version": 3, "task": False}
TOY = f"""# %%
from tqdm.auto import trange
def check(name, answer):
    assert answer(3) == 6
for _ in trange(3):
    pass

# %% nbgrader={json.dumps(ANSWER | COMMON)}
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% nbgrader={json.dumps(CHECK | COMMON | {"locked": True})}
check("09.1", double)

# %%
print(double(4))

# %% tags=["solution-only"]
# for the teacher
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A course with one lesson, built by the generator."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "09_toy.py").write_text(TOY, encoding="utf-8")
    assert len(lessons.build(tmp_path, "09_toy")) == 3
    return tmp_path


def test_generator_is_stable_and_cuts_the_answer(toy: Path) -> None:
    assert lessons.build(toy, "09_toy") == []
    assert lessons.drift(toy, ["09_toy"]) + lessons.strays(toy) == []
    script = (toy / "notebooks" / "09_toy.py").read_text(encoding="utf-8")
    stub = "raise NotImplementedError('exercise 09.1 is waiting for your code')"
    assert f"def double(x):\n    {stub}\n" in script
    assert "2 * x" not in script and "for the teacher" not in script


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("solutions/09_toy.py", "solutions/09_toy.ipynb and solutions/09_toy.py differ"),
        ("notebooks/09_toy.py", "notebooks/09_toy.py is not what solutions/ makes"),
        ("notebooks/09_toy.ipynb", "notebooks/09_toy.ipynb and notebooks/09_toy.py differ"),
    ],
)
def test_an_edit_in_one_file_is_drift(toy: Path, file: str, found: str) -> None:
    path = toy / file
    path.write_text(path.read_text(encoding="utf-8").replace("(4)", "(5)"), encoding="utf-8")
    assert found in "\n".join(lessons.drift(toy, ["09_toy"]))


def test_nbval_is_strict_about_text_only(toy: Path) -> None:
    path = toy / "solutions" / "09_toy.ipynb"
    assert nbval(path).returncode == 0
    path.write_text(path.read_text(encoding="utf-8").replace('"8\\n"', '"9\\n"'), encoding="utf-8")
    done = nbval(path)
    assert done.returncode == 1 and "1 failed, 4 passed" in done.stdout, done.stdout


def notebook_of(*cells: tuple[str, dict]) -> NotebookNode:
    return new_notebook(
        cells=[new_code_cell(code, metadata={"nbgrader": m} if m else {}) for code, m in cells]
    )


DEFINE = ("def f(x):\n    raise NotImplementedError", ANSWER)
GOOD = (IMPORT + '\ncheck("09.1", f)', CHECK)


def test_error_rule_bites() -> None:
    good = notebook_of(DEFINE, GOOD, ("y = f(1)", {}))
    missing = new_output("error", ename="NotImplementedError", evalue="", traceback=[])
    for cell in good.cells[1:]:
        cell.outputs = [missing]
    assert unexpected_errors(good) == []
    for position, change in [
        (0, {"outputs": [missing]}),
        (1, {"outputs": []}),
        (2, {"outputs": [new_output("error", ename="NameError", evalue="", traceback=[])]}),
        (2, {"source": "print(1)"}),
    ]:
        bad = copy.deepcopy(good)
        bad.cells[position].update(change)
        assert len(unexpected_errors(bad)) == 1, change


@pytest.mark.parametrize(
    ("found", "cells"),
    [
        ("no check cell follows", [DEFINE]),
        ("no check cell follows", [DEFINE, ("1", {}), GOOD]),
        ("no answer cell stands above", [GOOD]),
        ("call it once, and do nothing else", [DEFINE, (GOOD[0] + "\nx = 1", CHECK)]),
        ("call it once, and do nothing else", [DEFINE, ('check("09.1", f)', CHECK)]),
        ("call it once, and do nothing else", [DEFINE, (f'{IMPORT}\nprint(check("09.1", f))', CHECK)]),
        ("g is not defined", [DEFINE, (f'{IMPORT}\ncheck("09.1", g)', CHECK)]),
        ("does not fit exercise 09.2", [DEFINE, (f'{IMPORT}\ncheck("09.2", f)', CHECK)]),
        ("registered but not asked", [("1", {})]),
        ("3 points, registered 2", [DEFINE, (GOOD[0], CHECK | {"points": 3})]),
        ("answer-09-1 is used 2 times", [DEFINE, GOOD, DEFINE, GOOD]),
        ("carries no points", [DEFINE, GOOD, (GOOD[0], {})]),
        ("another exercise", [(DEFINE[0], ANSWER | {"grade_id": "answer-09-2"}), GOOD]),
    ],
)
def test_exercise_rules_bite(found: str, cells: list[tuple[str, dict]]) -> None:
    no(exercise_complaints(notebook_of(DEFINE, GOOD), {"09.1": 2}, "09"))
    assert found in "\n".join(exercise_complaints(notebook_of(*cells), {"09.1": 2}, "09"))


def test_length_rule_bites() -> None:
    assert long_cells(notebook_of(*[("x\n" * 8, {})] * 9, ("x\n" * 20, {}))) == []
    assert long_cells(notebook_of(("x\n" * 9, {}))) == ["median of 9 lines"]
    assert long_cells(notebook_of(*[("x", {})] * 4, ("x\n" * 40, {})))


@pytest.mark.parametrize(
    "text",
    ["/home/ada/x.py", "lib/site-packages/a.py", "took 3.2 seconds", "torch 2.4.1", "[00:01<00:02"],
)
def test_machine_rule_bites(text: str) -> None:
    notebook = notebook_of(("1", {}))
    picture = {"text/html": '<img src="data:image/png;base64,/tmp/usr/00ms">'}
    notebook.cells[0].outputs = [
        new_output("stream", text="loss 0.125 at t = 0.5, 7/7"),
        new_output("display_data", data=picture),
    ]
    assert machine_words(notebook) == []
    notebook.cells[0].outputs[0].text = text
    assert machine_words(notebook)


def test_cleaning_takes_paths_and_timings_but_no_pixels() -> None:
    pixels = "iVBOR/tmp/root/tmp"
    notebook = notebook_of(("1", {}))
    notebook.cells[0].outputs = [
        new_output("stream", text=f"{ROOT}/a.py\n/tmp/ipykernel_12/345.py:2 ~/b.py 3/3 [4]"),
        new_output("stream", text="7/7 [00:02&lt;00:00, 3.10it/s, loss=0.4] 7/7 [00:01<?, ?it/s]"),
        new_output("display_data", data={"image/png": pixels, "text/html": f"base64,{pixels}"}),
    ]
    paths, bars, picture = lessons.clean_outputs(notebook, ROOT, "09_toy").cells[0].outputs
    assert paths.text == "./a.py\n<cell>:2 ~/b.py 3/3 [4]"
    assert bars.text == "7/7 [loss=0.4] 7/7"
    assert picture.data == {"image/png": pixels, "text/html": f"base64,{pixels}"}
