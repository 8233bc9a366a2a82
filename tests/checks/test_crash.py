"""Where an answer stopped with an error, or did not return."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from udm_lessons.checks import guard, panel_html, panel_text, patience

from worlds.toy_course import judge
from worlds.toy_course.answers import crashing, stub

needs_alarm = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="the system has no alarm")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A progress file of its own."""
    monkeypatch.setenv("UDM_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path


# Where it crashed


def test_a_crash_shows_the_own_line_and_no_library():
    crash = judge("98.1", crashing).crash
    assert crash.line == "return torch.matmul(mixed, alpha)"
    assert re.fullmatch(r"crashing, line \d+ of answers\.py", crash.where)


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
    monkeypatch.setattr(guard, "limited", lambda work: patience.limited(work, 0.3))
    verdict = judge("98.1", endless)
    assert (verdict.status, verdict.crash.kind) == ("crashed", "TookTooLong")
    assert "endless, line" in verdict.crash.where
    assert "still running" in verdict.crash.message
    assert "never end" in verdict.hint


def test_the_alarm_is_put_back():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
    try:
        patience.limited(lambda: None, 0.2)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        signal.raise_signal(signal.SIGALRM)
        signal.setitimer(signal.ITIMER_REAL, 1000)
        patience.limited(lambda: None, 0.2)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert heard == [1]


def test_a_busy_machine_condemns_nothing():
    """Crowded out is neither work nor sleep: worked a tenth of the time that passed."""
    assert not patience.too_long(worked=10.0, passed=100.0, seconds=20.0)
    assert patience.too_long(worked=21.0, passed=100.0, seconds=20.0)
    assert patience.too_long(worked=0.1, passed=21.0, seconds=20.0)
    assert not patience.too_long(worked=0.1, passed=19.0, seconds=20.0)


def loops():
    while True:
        pass


def loops_without_alarm():
    signal.setitimer(signal.ITIMER_REAL, 0)
    loops()


def loops_deaf_to_alarms():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    loops()


def loops_whatever_is_raised():
    try:
        loops()
    except Exception:
        loops()


@needs_alarm
@pytest.mark.parametrize(
    "hang",
    [
        loops, loops_without_alarm, loops_deaf_to_alarms, loops_whatever_is_raised,
        lambda: time.sleep(60), lambda: threading.Event().wait(60),
    ],
)  # fmt: skip
def test_whatever_hangs_is_stopped(hang):
    with pytest.raises(patience.TookTooLong):
        patience.limited(hang, 0.3)


@needs_alarm
def test_watchmen_that_nobody_called_off_strike_nobody(monkeypatch):
    """The exception may fall in the very lines that were to call them off."""
    before, there = signal.getsignal(signal.SIGALRM), set(threading.enumerate())
    monkeypatch.setattr(patience._Watch, "stop", lambda self: None)
    with pytest.raises(patience.TookTooLong):
        patience.limited(loops, 0.2)
    started = time.process_time()
    while time.process_time() - started < 2 * patience._AGAIN:
        pass
    # Threads of other tests may end meanwhile: only a new one would be ours.
    assert signal.getsignal(signal.SIGALRM) == before
    assert not set(threading.enumerate()) - there
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


TRACED = """
import signal, sys
from udm_lessons.checks import patience

def hang():
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        pass

try:
    patience.limited({work}, 0.2)
except patience.TookTooLong:
    pass
sys.settrace(lambda *event: None)
print((lambda: "went on")())
"""


@needs_alarm
@pytest.mark.parametrize("work", ["hang", "int"])
def test_a_debugger_may_trace_what_follows(work):
    """An exception that is taken back by none hangs Python 3.11 as soon as it traces."""
    code = [sys.executable, "-c", TRACED.format(work=work)]
    assert subprocess.run(code, timeout=60, capture_output=True, text=True).stdout == "went on\n"


def test_a_loop_is_stopped_outside_the_main_thread_too():
    def work():
        try:
            patience.limited(loops, 0.3)
        except patience.TookTooLong:
            return "stopped"

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == "stopped"


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
