"""Whatever an answer does to the session, it is as it was afterwards, and the next check too."""

from __future__ import annotations

import builtins
import os
import random
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

from udm_lessons import checks
from udm_lessons.checks import compare, engine
from udm_lessons.checks.guard import guarded, unchanged_streams

from worlds.toy_course import COURSE, judge
from worlds.toy_course.answers import right, variance


def deep(n=0):
    return deep(n + 1)


class Equal:
    """Equal to everything."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


class Loud:
    """Raises when it is looked at."""

    def __repr__(self):
        raise RuntimeError("do not look")


class Slow:
    """Never done with saying what it is."""

    def __repr__(self):
        while True:
            pass


def itself():
    held = []
    held.append(held)
    return held


MISCHIEF = {
    "exit": lambda: sys.exit(3),
    "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    "recursion": deep,
    "print": lambda: print("x" * 10**7),
    "dtype": lambda: torch.set_default_dtype(torch.float16),
    "device": lambda: torch.set_default_device("meta"),
    "gradients": lambda: torch.set_grad_enabled(False),
    "threads": lambda: torch.set_num_threads(7),
    "seeds": lambda: (torch.manual_seed(9), np.random.seed(9), random.seed(9)),
    "warnings": lambda: warnings.simplefilter("error"),
    "recursion limit": lambda: sys.setrecursionlimit(60),
    "folder": lambda: os.chdir("/"),
    "environment": lambda: os.environ.clear(),
    "streams": lambda: setattr(sys, "stdout", None),
    "torch": lambda: (setattr(torch, "isclose", lambda *a, **k: torch.tensor(True)), delattr(torch, "cos")),
    "tensor": lambda: setattr(torch.Tensor, "double", lambda self: torch.zeros(1)),
    "numpy": lambda: setattr(np, "array", None),
    "builtins": lambda: setattr(builtins, "len", lambda x: 0),
    "engine": lambda: setattr(engine, "_wrong", lambda *a: None),
    "comparer": lambda: setattr(compare.Comparer, "__call__", lambda *a: None),
    "modules": lambda: sys.modules.pop("udm_lessons.checks.engine"),
    "path": lambda: sys.path.clear(),
    "trace": lambda: sys.settrace(lambda *a: None),
}
RESULTS = {
    "equal": Equal, "loud": Loud, "slow": Slow, "itself": itself,
    "sparse": lambda: torch.eye(2).to_sparse(), "meta": lambda: torch.empty(2, 3, device="meta"),
    "nested": lambda: torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]),
    "expanded": lambda: torch.ones(1, 3).expand(2, 3), "complex": lambda: torch.ones(2, 3) * 1j,
    "bool": lambda: torch.ones(2, 3) > 0, "object array": lambda: np.array([None, 1], dtype=object),
    "huge": lambda: 10**5000, "generator": lambda: (x for x in range(3)), "class": lambda: Equal,
    "half": lambda: torch.ones(2, 3, dtype=torch.float16), "text": lambda: "$\\href{javascript:alert(1)}{x}$",
    "deep": lambda: [[[[[[[[[1]]]]]]]]],
}  # fmt: skip


def state() -> tuple:
    return (
        torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled(), torch.get_num_threads(),
        torch.random.get_rng_state().sum().item(), np.random.get_state()[1].sum(), random.getstate(),
        sys.getrecursionlimit(), os.getcwd(), dict(os.environ), list(warnings.filters), list(sys.path),
        torch.isclose, torch.cos, torch.Tensor.double, np.array, builtins.len, sys.stdout, sys.gettrace(),
        engine._wrong, sys.modules["udm_lessons.checks.engine"], compare.Comparer.__call__,
    )  # fmt: skip


@pytest.mark.parametrize("mischief", MISCHIEF.values(), ids=list(MISCHIEF))
def test_the_session_and_the_next_check_are_as_before(mischief):
    before = state()

    def answer(x0, eps, alpha, sigma):
        mischief()
        return alpha * x0 - sigma * eps

    verdict = judge("98.1", answer)
    assert verdict.status in ("wrong", "crashed")
    assert state() == before
    assert judge("98.1", right).status == "correct"
    assert judge("98.1", variance).slip == "variance"


@pytest.mark.parametrize("make", RESULTS.values(), ids=list(RESULTS))
def test_any_result_gets_a_panel(make):
    verdict = judge("98.1", lambda *case: make())
    assert verdict.status in ("wrong", "crashed")
    text, page = checks.panel_text(verdict), checks.panel_html(verdict)
    assert "98.1" in text and "98.1" in page


def test_what_an_answer_says_is_never_typeset():
    """A typesetter finds its dollars in the text of a page, and leaves code alone."""
    evil = "$\\href{javascript:alert(1)}{x}$"

    def raises(x0, eps, alpha, sigma):
        raise ValueError(evil)

    for answer in (lambda *case: evil, lambda *case: {evil: 1}, lambda *case: [evil, 1], raises):
        page = checks.panel_html(judge("98.1", answer))
        outside = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
        assert "$" not in outside.replace("&#36;<span></span>", "") and "\\" not in outside


def test_printed_text_is_kept_and_cut():
    call = guarded(lambda: print("seen", "x" * 10**6), ())
    assert call.printed.startswith("seen x") and len(call.printed) < 5000 and "more characters" in call.printed


def test_check_shows_what_an_answer_prints_and_outlives_everything(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("UDM_PROGRESS", str(tmp_path / "progress.json"))

    def talkative(x0, eps, alpha, sigma):
        print("shape", tuple(x0.shape))
        return alpha * x0 + sigma * eps

    COURSE.check("98.1", talkative)
    out = capsys.readouterr().out
    assert "shape (2, 3)" in out and "is right" in out
    for leave in (lambda *case: os._exit(0), lambda *case: sys.exit(0)):
        with pytest.raises(AssertionError):
            COURSE.check("98.1", leave)
    assert "98.1 stopped with an error" in capsys.readouterr().out


def test_parts_of_a_library_loaded_on_the_way_stay():
    """numpy loads numpy.fft when it is first used; taken away again, each later use would recurse without end."""
    code = (
        "import sys, numpy as np\n"
        "from udm_lessons.checks.guard import unchanged_names\n"
        "vars(np).pop('fft', None)\n"
        "with unchanged_names():\n"
        "    np.fft\n"
        "    np.mine = 1\n"
        "print(np.fft.fft([1.0])[0].real, hasattr(np, 'mine'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=120, capture_output=True, text=True)
    assert done.stdout == "1.0 False\n", done.stderr


def test_streams_are_put_back_around_many_calls():
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    with unchanged_streams():
        first, again = (guarded(lambda: (torch.rand(2), np.random.rand(), random.random()), ()) for _ in range(2))
        quiet = guarded(lambda: 1, ())
    assert first.drew_globally and again.drew_globally and not quiet.drew_globally
    assert torch.equal(first.output[0], again.output[0]) and first.output[1:] == again.output[1:]
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all() and random.getstate() == before[2]
