"""What all tests share: one CPU thread, fixed seeds, no windows, devices, no GPU test without a GPU."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import matplotlib
import numpy as np
import psutil
import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]

matplotlib.use("Agg")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell that runs the tests in the background says so
    signal.signal(signal.SIGINT, signal.default_int_handler)
torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left() -> Iterator[None]:
    """The tests leave no process behind, and no file outside their temporary folders."""
    before = _files()
    yield
    _, running = psutil.wait_procs(psutil.Process().children(recursive=True), timeout=5)
    assert [process.cmdline() for process in running if not _belongs_to_python(process)] == []
    assert _files() - before == set()


def _files() -> set[Path]:
    """The files of the course; tools of the tests keep theirs in folders whose names begin with a point."""
    tops = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.suffix != ".egg-info"]
    below = (found for top in tops for found in ([top] if top.is_file() else top.rglob("*")))
    return {path for path in below if "__pycache__" not in path.parts}


def _belongs_to_python(process: psutil.Process) -> bool:
    """Whether it is the one that Python itself keeps to clean up shared memory."""
    return any("resource_tracker" in part for part in process.cmdline())


@pytest.fixture(autouse=True)
def fixed_seeds() -> None:
    """Start every test from the same global random states."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stand-in", action="store_true", help="run what takes a device on stand-ins, in this process")


def pytest_configure(config: pytest.Config) -> None:
    """The stand-in has to be there before the first gradient."""
    if config.getoption("--stand-in"):
        from worlds import stand_in

        stand_in.set_up()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What takes a `device` runs on both stand-ins in a process of theirs, else on CUDA."""
    if "device" in metafunc.fixturenames:
        cuda = [pytest.param("cuda", marks=pytest.mark.gpu)]
        kinds = ["stand-in", "stand-in without float64"] if metafunc.config.getoption("--stand-in") else cuda
        metafunc.parametrize("device", kinds, indirect=True)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> Iterator[torch.device]:
    """A device that is not the CPU; tests that take it stand in files test_*_on_devices.py."""
    if request.param == "cuda":
        yield torch.device("cuda")
        return
    from worlds import stand_in

    with nullcontext() if request.param == "stand-in" else stand_in.without_float64():
        yield stand_in.set_up()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked ``gpu`` where there is no CUDA device."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))
