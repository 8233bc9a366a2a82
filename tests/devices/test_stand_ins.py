"""What takes a device runs on two stand-ins for one, in a process of their own; see `worlds/stand_in.py` for why.

By hand: `pytest --stand-in tests/rebuild/test_sampling_on_devices.py`. On CUDA the same tests run where they stand.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
FILES = sorted(TESTS.glob("*/test_*_on_devices.py"))


def run(*files: Path) -> tuple[int, str]:
    """What pytest says of files on the stand-ins."""
    options = ["--stand-in", "-m", "not gpu", "-p", "no:cacheprovider", "-p", "no:xdist"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *map(str, files)],
        cwd=TESTS.parent, env=clean, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def test_everything_runs_on_stand_ins() -> None:
    code, said = run(*FILES)
    assert code == 0, said[-8000:]
    counted = re.search(r"(\d+) passed", said)
    assert counted and int(counted[1]) >= 250 and "skipped" not in said, said[-2000:]


def test_what_takes_a_device_is_run() -> None:
    """By its name, in its file; and no such file holds a test that the stand-ins leave out, those for CUDA apart."""
    for path in TESTS.glob("*/test_*.py"):
        tests = re.findall(r"((?:^@.*\n(?:^    .*\n)*)*)^def (test_\w+)\(([^)]*)\)", path.read_text(encoding="utf-8"), re.M)
        takes = {name for marks, name, arguments in tests if re.search(r"\bdevice\b", arguments)}
        for_cuda = {name for marks, name, _ in tests if "mark.gpu" in marks}
        assert takes == ({name for _, name, _ in tests} - for_cuda if path in FILES else set()), path.name
    assert len(FILES) >= 4
