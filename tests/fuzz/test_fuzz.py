"""Three thousand calls of every kind end well; and the fuzzer finds each fault that is planted."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import find, settings

from .calls import LEFT_OUT, SPECS, Call, calls, is_left_out, smaller
from .campaign import run
from .doors import WINGS, public_callables
from .draws import Draw, Spec
from .verdicts import CLEAN, RIGHT, verdict, verdict_of

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = public_callables()


def test_every_public_callable_is_called_or_left_out_for_a_reason():
    assert [name for name in PUBLIC if name not in SPECS and not is_left_out(name)] == []
    assert [name for name in SPECS if name.removesuffix("()") not in PUBLIC] == []
    assert [name for name in LEFT_OUT if name not in (*PUBLIC, *WINGS)] == []


@pytest.mark.parametrize("name", SPECS)
def test_valid_calls_have_right_values(name):
    for double in (True, False):
        for batch in (1, 3):
            found, word = verdict(Call(name, 7, batch, double))
            assert found in (RIGHT, CLEAN), word


def test_three_thousand_calls_end_well():
    outcomes = run(3000, start=1)
    assert outcomes.findings == {}, "\n".join(outcomes.lines())
    assert sum(outcomes.counts.values()) == 3000


@pytest.mark.slow
def test_make_fuzz_counts_the_calls_of_all_its_processes():
    """`make fuzz N=80`, as the Makefile says it."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    command = [sys.executable, "-m", "fuzz", "80", "--only", "destroy.Linear.alpha", "flow.check_kind"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = [int(number) for number in re.findall(r"\d+", next(line for line in done.stdout.splitlines() if line.startswith("all")))]
    assert sum(counts) >= 80


def test_the_same_seed_makes_the_same_calls():
    assert run(200, start=3).counts == run(200, start=3).counts


# Controls: faults that are planted

X = dict(batched=("x", "t"), like="x", keeps="x")


def adds(x, t):
    """Right: one number for each sample."""
    if not isinstance(x, torch.Tensor) or not isinstance(t, torch.Tensor) or t.shape != x.shape[:1]:
        raise ValueError("t must hold one time for each sample of x")
    return x + t.to(x.dtype)[:, None]


def broadcasts(x, t):
    return x + t[..., None, None]


def mutates(x, t):
    x += 1
    return x.clone()


def gives_nan(x, t):
    return x * 0 / (t - t)[:, None]


def draws_globally(x, t):
    return x + torch.rand(1).to(x.dtype) * 0


def draws_from_numpy(x, t):
    return x + np.random.rand() * 0


def draws_from_python(x, t):
    return x + random.random() * 0


def raises_index(x, t):
    return [x][3]


def raises_without_a_name(x, t):
    raise ValueError("something is wrong here")


def narrows(x, t):
    return x.half()


def mixes_rows(x, t):
    return x + x.mean(0)


def hangs(x, t):
    while True:
        time.sleep(0.01)


def warns(x, t):
    warnings.warn("careful", stacklevel=1)
    return x


PLANTED = {
    broadcasts: "broadcast", mutates: "mutated", gives_nan: "nan-or-inf", draws_globally: "global-rng",
    draws_from_numpy: "global-rng", draws_from_python: "global-rng", raises_index: "ugly", raises_without_a_name: "ugly",
    narrows: "dtype", mixes_rows: "wrong", warns: "warned",
}  # fmt: skip


@pytest.mark.parametrize(("fault", "kind"), PLANTED.items(), ids=lambda part: getattr(part, "__name__", part))
def test_control_a_planted_fault_is_found(fault, kind):
    d = Draw(1)
    assert verdict_of(Spec(None, **X), fault, dict(x=d.x(2), t=d.u()), changed=True)[0] == kind


def test_control_what_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr("fuzz.verdicts.SECONDS", 0.2)
    d = Draw(1)
    assert verdict_of(Spec(None, **X), hangs, dict(x=d.x(2), t=d.u()), changed=True)[0] == "hang"


def test_control_a_right_function_is_right_and_a_refusal_is_a_finding():
    d = Draw(1)
    assert verdict_of(Spec(None, **X), adds, dict(x=d.x(2), t=d.u()), changed=False)[0] == RIGHT
    assert verdict(Call("flow.check_kind"))[0] == RIGHT
    refused = Spec(lambda d: None)
    kind = dict(kind="noise")
    assert verdict_of(refused, PUBLIC["flow.check_kind"], kind, changed=False)[0] == "refused"
    assert verdict_of(refused, PUBLIC["flow.check_kind"], kind, changed=True)[0] == CLEAN


def test_control_one_seed_and_two_results_are_a_finding():
    count = iter(range(9))
    unseeded = lambda x, generator: x + next(count)  # noqa: E731
    d = Draw(1)
    assert verdict_of(Spec(None), unseeded, dict(x=d.x(2), generator=d.generator()), changed=True)[0] == "unseeded"


def test_a_finding_is_made_as_simple_as_it_can_be():
    """From two changes, a batch of two and another seed to the one change that matters."""
    changed = lambda call: len(call.build()[2]) >= 1  # noqa: E731
    first = find(calls(["rebuild.sample"]), changed, settings=settings(database=None, max_examples=3000))
    bloated = Call(first.name, 5, 2, False, (*first.changes, (0, 0)))
    simple = smaller(bloated, changed)
    assert len(simple.changes) == 1 and (simple.seed, simple.double) == (0, True)
