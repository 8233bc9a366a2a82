"""The pinned versions are complete, and the conda file installs what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import udm_lessons

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [*PROJECT["dependencies"], *sum(PROJECT["optional-dependencies"].values(), [])]
CONSTRAINTS = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PINS = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in CONSTRAINTS}


@pytest.mark.parametrize("line", DIRECT)
def test_every_direct_dependency_is_pinned_inside_its_range(line: str) -> None:
    requirement = Requirement(line)
    pin = PINS.get(canonicalize_name(requirement.name))
    assert pin, f"constraints.txt does not pin {requirement.name}"
    assert requirement.specifier.contains(pin, prereleases=True)


def test_constraints_are_versions_only() -> None:
    """No host, no folder, no local build suffix: only ``name==version``."""
    pin = re.compile(r"[A-Za-z0-9._-]+==[0-9A-Za-z.]+")
    assert CONSTRAINTS and [line for line in CONSTRAINTS if not pin.fullmatch(line)] == []


def test_one_version() -> None:
    assert PROJECT["version"] == udm_lessons.__version__


@pytest.mark.slow
def test_conda_file_installs_the_course(tmp_path: Path) -> None:
    """conda hands the ``pip:`` list to pip as a requirements file beside environment.yml."""
    course = tmp_path / "course"
    ignored = shutil.ignore_patterns(".*", "*.egg-info", "build", "dist", "__pycache__")
    shutil.copytree(ROOT, course, ignore=ignored)
    dependencies = yaml.safe_load((course / "environment.yml").read_text())["dependencies"]
    (pip_list,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    (course / "from_conda.txt").write_text("\n".join(pip_list))

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def output_of(*command: str, cwd: Path) -> str:
        done = subprocess.run(
            [python, *command], cwd=cwd, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    output_of("-m", "pip", "install", "-r", "from_conda.txt", cwd=course)
    program = "import udm_lessons as u; print(u.__version__, u.__file__, sep='\\n')"
    version, file = output_of("-c", program, cwd=tmp_path).splitlines()
    assert version == PROJECT["version"]
    assert Path(file).is_relative_to(course)
    assert output_of("-m", "jupyterlab", "--version", cwd=tmp_path).strip()
