"""Run the solutions and write the learners' notebooks.

    python tools/lessons.py                  every lesson
    python tools/lessons.py 01 04_correct    some lessons, by number or by name
    python tools/lessons.py --learner 04     write what learners get, run nothing (the solution's outputs are then old)
    python tools/lessons.py --check          run and write nothing, report what is out of date

``solutions/NN_name.py`` (py:percent) is the source of a lesson. Three files are made from it:
``solutions/NN_name.ipynb`` is the source with its outputs; ``notebooks/NN_name.ipynb`` and its pair
``notebooks/NN_name.py`` are what a learner gets, with the answers cut out and no outputs.
"""

from __future__ import annotations

import argparse
import copy
import difflib
import json
import os
import re
import sys
import sysconfig
import tempfile
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from jupytext.compare import NotebookDifference, compare_notebooks
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests, ClearOutput, ClearSolutions
from tqdm import tqdm
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
FORMAT = "py:percent"
STUB = "raise NotImplementedError('exercise ? is waiting for your code')"
KEPT_CELL_METADATA = ("nbgrader", "tags")
JUPYTEXT_METADATA = {
    "notebook_metadata_filter": "-all",
    "cell_metadata_filter": "nbgrader,tags,-all",
}
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
WIDGETS = "application/vnd.jupyter.widget-state+json"


def lesson_names(root: Path = ROOT, wanted: Iterable[str] = ()) -> list[str]:
    """Names of the lessons under ``root``, in order; ``wanted`` selects by number or by name.

    Raises
    ------
    ValueError
        If an entry of ``wanted`` fits no lesson.
    """
    names = sorted(path.stem for path in (root / "solutions").glob("[0-9][0-9]_*.py"))
    wanted = [Path(entry).stem for entry in wanted]
    for entry in wanted:
        if not any(entry in (name, name[:2]) for name in names):
            raise ValueError(f"wanted: got {entry!r}, must be one of {', '.join(names) or 'none'}")
    return [name for name in names if not wanted or name in wanted or name[:2] in wanted]


def read_solution(root: Path, name: str) -> NotebookNode:
    """The source of a lesson as a notebook without outputs and with lasting cell ids."""
    notebook = jupytext.read(root / "solutions" / f"{name}.py", fmt=FORMAT)
    notebook.metadata = nbformat.from_dict(copy.deepcopy(NOTEBOOK_METADATA))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for index, cell in enumerate(notebook.cells):
        kept = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        grade_id = kept.get("nbgrader", {}).get("grade_id")
        cell.id = "-".join(filter(None, (name[:24], f"{index:03d}", grade_id)))[:64]
    return notebook


def learner_version(solution: NotebookNode) -> NotebookNode:
    """What a learner gets: answers become stubs, ``solution-only`` cells and outputs go away.

    nbgrader's own preprocessors do the work, so a class release made by nbgrader is the same.
    """
    notebook = copy.deepcopy(solution)
    notebook.cells = [
        cell for cell in notebook.cells if "solution-only" not in cell.metadata.get("tags", [])
    ]
    config = Config({"ClearSolutions": {"code_stub": {"python": STUB}}})
    for step in (ClearSolutions, ClearHiddenTests, ClearOutput, CheckCellMetadata):
        notebook, _ = step(config=config).preprocess(notebook, {})
    for cell in notebook.cells:
        # "answer-01-2" holds exercise 01.2: a later cell that needs it then says so.
        exercise = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")[2]
        cell.source = cell.source.replace(STUB, STUB.replace("?", exercise.replace("-", ".")))
    notebook.metadata = copy.deepcopy(solution.metadata)
    notebook.metadata.pop("widgets", None)
    return notebook


def kernel_environment(root: Path, private: Path) -> dict[str, str]:
    """Environment of a lesson's kernel: the package under ``root``, one thread, no GPU.

    The learner's progress, network and IPython profile stay out of it: they live in the folder ``private``.
    """
    fixed = {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH")))),
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        # nbval reads the messages of a cell when it is done; a queue that a bar has filled drops them.
        "TQDM_MININTERVAL": "2",
        "UDM_PROGRESS": str(private / "progress.json"),
        "UDM_DIGITS": str(private / "digits.safetensors"),
        "IPYTHONDIR": str(private / "ipython"),
    }
    return {key: value for key, value in os.environ.items() if key != "MPLBACKEND"} | fixed


def run(
    notebook: NotebookNode, root: Path, folder: str = "solutions", allow_errors: bool = False
) -> NotebookNode:
    """Execute a copy of ``notebook`` in ``root/folder`` and return it with its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails and ``allow_errors`` is false.
    """
    client = NotebookClient(
        copy.deepcopy(notebook),
        kernel_name="python3",
        timeout=300,
        startup_timeout=180,
        record_timing=False,
        store_widget_state=True,
        coalesce_streams=True,
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(root / folder)}},
    )
    with tempfile.TemporaryDirectory() as private:
        return client.execute(env=kernel_environment(root, Path(private)))


def clean_outputs(notebook: NotebookNode, root: Path, name: str) -> NotebookNode:
    """Remove what differs between machines and runs: paths, timings, random widget ids."""
    widgets = notebook.metadata.get("widgets")
    notebook.metadata = nbformat.from_dict(copy.deepcopy(NOTEBOOK_METADATA))
    if widgets:
        notebook.metadata.widgets = _without_nulls(_clean(widgets, root))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _clean(cell.outputs, root)
    text = json.dumps(notebook)
    for number, old in enumerate((widgets or {}).get(WIDGETS, {}).get("state", {})):
        text = text.replace(old, uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{number}").hex)
    return nbformat.from_dict(json.loads(text))


def _clean(node: Any, root: Path) -> Any:
    if isinstance(node, dict):
        pairs = node.items()
        cleaned = {k: v if k.startswith("image/") else _clean(v, root) for k, v in pairs}
        return nbformat.from_dict(cleaned)
    if isinstance(node, list):
        return [_clean(value, root) for value in node]
    if not isinstance(node, str):
        return node
    node = re.sub(r"[\w./~-]*/ipykernel_\d+/\d+\.py", "<cell>", node)
    for path, short in _private_paths(root):
        # The neighbours rule out a chance hit inside an encoded picture.
        node = re.sub(rf"(?<![\w+/=]){re.escape(path)}(?![\w+=])", short, node)
    # tqdm writes "7/7 [00:02<00:00, 3.1it/s, loss=0.4]": the loss stays.
    node = re.sub(r"\[[\d:]+(?:<|&lt;)[\d:?]+,\s*[^,\]]*(?:,\s*)?", "[", node)
    return re.sub(r"(\d+/\d+)\s*\[\]", r"\1", node)


def _without_nulls(node: Any) -> Any:
    # A layout lists forty unset properties; a front end fills in the defaults by itself.
    if isinstance(node, dict):
        filled = {key: _without_nulls(value) for key, value in node.items() if value is not None}
        return nbformat.from_dict(filled)
    if isinstance(node, list):
        return [_without_nulls(value) for value in node]
    return node


def _private_paths(root: Path) -> list[tuple[str, str]]:
    home = Path.home()
    named = [(Path(sysconfig.get_path("purelib")), "lib"), (root, "."), (home, "~")]
    named.append((Path(tempfile.gettempdir()), "tmp"))
    pairs = [(str(path), short) for path, short in named]
    pairs += [
        (f"~/{path.relative_to(home)}", short)
        for path, short in named
        if path != home and path.is_relative_to(home)
    ]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def as_ipynb(notebook: NotebookNode) -> str:
    """Text of the .ipynb file of ``notebook``."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def as_script(notebook: NotebookNode) -> str:
    """Text of the py:percent file of ``notebook``, without a header."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata.jupytext = nbformat.from_dict(JUPYTEXT_METADATA)
    return jupytext.writes(notebook, fmt=FORMAT).rstrip("\n") + "\n"


def build(root: Path, name: str, learner_only: bool = False) -> list[Path]:
    """Make the three files of a lesson, or the two of its learners; returns those whose content changed."""
    solution = read_solution(root, name)
    learner = learner_version(solution)
    # The script comes last: Jupytext wants the text of a pair to be the newer file.
    texts = {
        root / "notebooks" / f"{name}.ipynb": as_ipynb(learner),
        root / "notebooks" / f"{name}.py": as_script(learner),
    }
    if not learner_only:
        executed = clean_outputs(run(solution, root), root, name)
        texts = {root / "solutions" / f"{name}.ipynb": as_ipynb(executed), **texts}
    (root / "notebooks").mkdir(exist_ok=True)
    return [path for path, text in texts.items() if _write_if_changed(path, text)]


def _write_if_changed(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def drift(root: Path, names: Iterable[str]) -> list[str]:
    """What is out of date in the given lessons, one readable message each; runs no lesson."""
    problems = []
    for name in names:
        solution = read_solution(root, name)
        learner = learner_version(solution)
        executed = root / "solutions" / f"{name}.ipynb"
        ipynb, script = (root / "notebooks" / f"{name}{end}" for end in (".ipynb", ".py"))
        missing = [path for path in (executed, ipynb, script) if not path.exists()]
        if missing:
            problems += [f"{path.relative_to(root)} is missing" for path in missing]
            continue
        notebook = nbformat.read(executed, as_version=4)
        problems += _pair_drift(notebook, solution, f"solutions/{name}")
        if any(cell.source and not cell.get("execution_count", 1) for cell in notebook.cells):
            problems.append(f"solutions/{name}.ipynb holds code cells that were not run")
        pair = nbformat.read(ipynb, as_version=4), jupytext.read(script, fmt=FORMAT)
        problems += _pair_drift(*pair, f"notebooks/{name}")
        for path, text in ((ipynb, as_ipynb(learner)), (script, as_script(learner))):
            problems += _text_drift(path, text, root)
    return problems


def strays(root: Path) -> list[str]:
    """Notebooks that come from no source, one message each."""
    names = lesson_names(root)
    files = [*(root / "solutions").glob("*.ipynb"), *(root / "notebooks").glob("*.*")]
    files = sorted(path for path in files if path.suffix in (".ipynb", ".py"))
    return [
        f"{path.relative_to(root)} has no source solutions/{path.stem}.py"
        for path in files
        if path.stem not in names
    ]


def _pair_drift(ipynb: NotebookNode, script: NotebookNode, name: str) -> list[str]:
    script.metadata = ipynb.metadata
    try:
        compare_notebooks(ipynb, script, fmt=FORMAT, compare_ids=False)
    except NotebookDifference as difference:
        return [f"{name}.ipynb and {name}.py differ. {difference}"]
    return []


def _text_drift(path: Path, expected: str, root: Path) -> list[str]:
    actual = path.read_text(encoding="utf-8")
    if actual == expected:
        return []
    name = str(path.relative_to(root))
    difference = difflib.unified_diff(
        actual.splitlines(), expected.splitlines(), name, "made from solutions/", lineterm="", n=1
    )
    return [f"{name} is not what solutions/ makes:\n" + "\n".join(list(difference)[:40])]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Command line: returns 1 if ``--check`` finds something out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="numbers or names; all if none is given")
    parser.add_argument("--check", action="store_true", help="only report what is out of date")
    parser.add_argument("--learner", action="store_true", help="only write what learners get")
    options = parser.parse_args(arguments)
    try:
        names = lesson_names(root, options.lessons)
    except ValueError as error:
        parser.error(str(error))

    if options.check:
        problems = drift(root, names) + strays(root)
        print("\n\n".join(problems) or f"{len(names)} lessons are up to date.")
        if problems:
            print("\n`make lessons` brings them up to date.")
        return bool(problems)

    bar = tqdm(names, unit="lesson")
    for name in bar:
        bar.set_description(name)
        start = time.perf_counter()
        changed = build(root, name, options.learner)
        wrote = ", ".join(str(path.relative_to(root)) for path in changed) or "nothing changed"
        tqdm.write(f"{name}: {time.perf_counter() - start:.1f} s; {wrote}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
