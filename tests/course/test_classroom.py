"""A teacher runs nbgrader as it is: answers earn full marks, stubs and tampered checks none."""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

import lessons

LESSONS = ["01_forward_process"]


def submissions(name: str) -> dict[str, nbformat.NotebookNode]:
    """What three learners hand in."""
    reference = nbformat.read(lessons.ROOT / "solutions" / f"{name}.ipynb", as_version=4)
    stub = nbformat.read(lessons.ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    tampered = copy.deepcopy(stub)
    for cell in tampered.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "pass"
    return {"reference": reference, "stub": stub, "tampered": tampered}


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("name", LESSONS)
def test_marks(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in lessons.kernel_environment(lessons.ROOT, tmp_path).items():
        monkeypatch.setenv(key, value)
    # nbgrader calls alembic by its bare name.
    scripts = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join((scripts, os.environ["PATH"])))
    handed_in = submissions(name)
    write(tmp_path / "source" / name / f"{name}.ipynb", handed_in["reference"])
    for student, notebook in handed_in.items():
        write(tmp_path / "submitted" / student / name / f"{name}.ipynb", notebook)

    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.ExecutePreprocessor.timeout = 120
    api = NbGraderAPI(config=config)
    for result in (
        api.generate_assignment(name),
        *(api.autograde(name, student) for student in handed_in),
    ):
        assert result["success"], result.get("error") or result.get("log")

    with api.gradebook as gradebook:
        marks = {student: gradebook.find_submission(name, student).score for student in handed_in}
        most = gradebook.find_assignment(name).max_score
    assert most > 0
    assert marks == {"reference": most, "stub": 0, "tampered": 0}


def write(path: Path, notebook: nbformat.NotebookNode) -> None:
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
