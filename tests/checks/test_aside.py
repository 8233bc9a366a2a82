"""Work in a process aside: nothing that happens there reaches this one."""

from __future__ import annotations

import os
import time

import pytest
import torch

from udm_lessons.checks import aside as module
from udm_lessons.checks.aside import Ended, aside, can_copy

needs_copies = pytest.mark.skipif(not can_copy(), reason="no safe copy of a process here")


def test_the_result_comes_back_with_tensors_gradients_and_all():
    torch.rand(300, 300, requires_grad=True).square().sum().backward()  # the engine has run here before

    def work():
        x = torch.rand(300, 300, requires_grad=True)
        (x @ x).sum().backward()
        return {"sum": float(x.grad.sum()), "text": "x" * 10**6}

    found = aside(work)
    assert found["sum"] > 0 and len(found["text"]) == 10**6


@needs_copies
@pytest.mark.parametrize(
    ("work", "hung"),
    [
        (lambda: sum(iter(int, 1)), True),  # one operation of a library, deaf to signals
        (lambda: time.sleep(60), True),
        (lambda: os._exit(0), False),
        (lambda: os.kill(os.getpid(), 9), False),
        (lambda: lambda: 1, False),  # a result that cannot be sent
    ],
)
def test_a_copy_that_does_not_answer_is_ended(work, hung, monkeypatch, capfd):
    monkeypatch.setattr(module, "_GRACE", 0.2)
    with pytest.raises(Ended) as end:
        aside(work, seconds=0.5)
    assert end.value.hung is hung
    with pytest.raises(ChildProcessError):  # none is left behind
        os.waitpid(-1, os.WNOHANG)


@needs_copies
def test_what_is_done_aside_stays_there(capsys):
    torch.manual_seed(3)
    print("before")

    def work():
        torch.set_default_dtype(torch.float64)
        torch.cos = None
        torch.manual_seed(0)
        return os.getpid()

    assert aside(work) != os.getpid()
    assert torch.get_default_dtype() is torch.float32 and callable(torch.cos)
    assert float(torch.rand(1, generator=None)) == float(torch.rand(1, generator=torch.Generator().manual_seed(3)))
    assert capsys.readouterr().out == "before\n"
