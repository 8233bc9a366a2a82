"""Work that is never lost: what a file of a run holds, refuses and survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from udm_lessons.learn import Squared, denoising_loss, train
from udm_lessons.learn.checkpoints import Checkpoint
from udm_lessons.learn.runs import Run

from worlds.learning import PROCESS, network
from worlds.statistics import rng

DATA = torch.randn(40, 2, generator=rng(9))
LOSS = denoising_loss(PROCESS, Squared("v"))


def run(model: nn.Module, path: Path | None = None, loss: Callable = LOSS, data=DATA, **options) -> nn.Module:
    fixed = {"steps": 30, "batch_size": 16, "generator": rng(2), "progress": False, "every": 7}
    return train(model, loss, data, checkpoint=path, **(fixed | options))


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


def doing(at: int, action: Callable[[], object]) -> Callable:
    """The loss, with something that happens at the end of a certain call."""
    calls = []

    def loss(model, batch, generator):
        value = LOSS(model, batch, generator)
        calls.append(None)
        if len(calls) == at:
            action()
        return value

    return loss


@pytest.fixture(scope="module")
def whole() -> tuple[nn.Module, nn.Module]:
    model = network(16)
    return model, run(model)


def test_a_missing_folder_is_made(tmp_path: Path, whole) -> None:
    run(network(16), tmp_path / "new" / "folder" / "run")
    assert [file.name for file in (tmp_path / "new" / "folder").iterdir()] == ["run"]
    assert same(run(network(16), tmp_path / "new" / "folder" / "run"), whole[1])


def test_what_cannot_be_written_is_said_before_the_first_step(tmp_path: Path, monkeypatch) -> None:
    def never(model, batch, generator):
        pytest.fail("a step was made")

    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        run(network(16), tmp_path / "file" / "run", never)
    with pytest.raises(ValueError, match="is a folder"):
        run(network(16), tmp_path, never)
    foreign = tmp_path / "foreign"
    for content in (b"no checkpoint", b"", b"\x02" + 7 * b"\0" + b"[]", b"\xff" * 40):
        foreign.write_bytes(content)
        with pytest.raises(ValueError, match="a file that train wrote"):
            run(network(16), foreign, never)
        assert foreign.read_bytes() == content
    save_file({"weight": torch.zeros(3)}, foreign)
    with pytest.raises(ValueError, match="this version of train"):
        run(network(16), foreign, never)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        run(network(16), tmp_path / "run", never)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "foreign"]


def test_a_write_that_fails_later_warns_and_the_run_goes_on(tmp_path: Path, monkeypatch, whole) -> None:
    path, sync, calls = tmp_path / "run", os.fsync, []

    def full_later(descriptor: int) -> None:
        calls.append(None)
        if len(calls) > 2:  # the trial and the checkpoint of step 7 are written
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch, pytest.warns(RuntimeWarning, match="of step (14|21|28|30) could not") as said:
        patch.setattr(os, "fsync", full_later)
        average = run(network(16), path)
    assert len(said) == 4 and same(average, whole[1])
    steps = []
    again = run(network(16), path, callback=lambda step, loss: steps.append(step))
    assert steps[0] == 8 and same(again, whole[1])
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)], ids=["SIGINT", "SIGTERM"]
)
@pytest.mark.parametrize("inside", [False, True], ids=["in the loss", "in the step"])
def test_every_way_out_saves(number: int, error: type, inside: bool, tmp_path: Path, monkeypatch, whole) -> None:
    """A signal in the loss of step 20 leaves step 19; one between weights and average waits for the end of step 20."""
    path, follow = tmp_path / "run", Run.follow

    def interrupted(self, ema):
        if self.step == 20:
            signal.raise_signal(number)
        follow(self, ema)

    with monkeypatch.context() as patch, pytest.raises(error):
        if inside:
            patch.setattr(Run, "follow", interrupted)
            run(network(16), path, every=500)
        else:
            run(network(16), path, doing(20, lambda: signal.raise_signal(number)), every=500)
    steps = []
    again = run(model := network(16), path, callback=lambda step, loss: steps.append(step))
    assert steps[0] == 20 + inside
    assert same(again, whole[1]) and same(model, whole[0])
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_the_handlers_of_others_are_left_alone(tmp_path: Path, whole) -> None:
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        average = run(network(16), tmp_path / "run", doing(5, lambda: signal.raise_signal(signal.SIGTERM)))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM] and same(average, whole[1])


OTHER = {
    "batch_size was 16 and is 8": {"batch_size": 8},
    "lr was 0.001 and is 0.01": {"lr": 0.01},
    "decay was none and is over 30 steps": {"decay": True},
    "ema was 0.999 and is 0.5": {"ema": 0.5},
    "clip was 1.0 and is 2.0": {"clip": 2.0},
    "autocast was None and is torch.bfloat16": {"autocast": torch.bfloat16},
    "seed was 2 and is 3": {"generator": rng(3)},
    "data was ": {"data": DATA + 1e-7},
    "data was (.*) and is (.*), ": {"data": (DATA, DATA)},
}


@pytest.mark.parametrize(("words", "options"), OTHER.items(), ids=OTHER)
def test_a_file_of_another_run_says_what_differs(words: str, options: dict, tmp_path: Path) -> None:
    path = tmp_path / "run"
    run(network(16), path, steps=9)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="of another run") as error:
        run(network(16), path, **options)
    assert words.split("(")[0] in str(error.value) and str(path) in str(error.value)
    assert path.read_bytes() == before
    run(network(16), path, steps=12, every=3)  # how far it goes, and how often it is saved, may change


def test_another_network_says_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "run"
    run(network(8), path, steps=2)
    model = network(16)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match="of another model: model .* is .*8.* there and .*16.* here"):
        run(model, path)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_layers_declared_in_another_order_keep_their_moments(tmp_path: Path) -> None:
    class Pair(nn.Module):
        def __init__(self, *names: str) -> None:
            super().__init__()
            for name in names:
                torch.manual_seed(ord(name))
                self.add_module(name, nn.Linear(2, {"a": 5, "b": 3}[name]))

        def forward(self, x):
            return self.a(x).sum() + self.b(x).square().sum()

    def loss(model, batch, generator):
        return model(batch)

    one, other = Pair("a", "b"), Pair("b", "a")
    run(one, tmp_path / "whole", loss, steps=12, clip=1e9)
    run(Pair("a", "b"), tmp_path / "run", loss, steps=6, clip=1e9)
    run(other, tmp_path / "run", loss, steps=12, clip=1e9)
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def test_a_second_run_on_one_file_is_refused(tmp_path: Path, whole) -> None:
    path, said = tmp_path / "run", []

    def second() -> None:
        with pytest.raises(ValueError, match="in use by another run") as error:
            run(network(16), path)
        said.append(str(error.value))

    assert same(run(network(16), path, doing(9, second)), whole[1])
    assert len(said) == 1 and str(path) in said[0]
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    """All of 300 places, in the header and in the tensors."""
    path = tmp_path / "run"
    run(network(8), path, steps=2)
    good = path.read_bytes()
    places = torch.randint(len(good), (200,), generator=rng(1)).tolist() + torch.randint(4000, (100,), generator=rng(2)).tolist()
    for place in places:
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        path.write_bytes(bad)
        with pytest.raises(ValueError, match="damaged|train wrote|version of train|says neither"):
            Checkpoint(path).read()
    for end in (0, 7, 100, len(good) - 1):
        path.write_bytes(good[:end])
        with pytest.raises(ValueError, match="train wrote"):
            Checkpoint(path).read()


WRONG = {
    "optimizer/first.weight/exp_avg": torch.zeros(3),
    "optimizer/first.weight/step": torch.zeros(2),
    "optimizer/nowhere/exp_avg": torch.zeros(3),
    "optimizer/first.weight/momentum": torch.zeros(3),
    "model/first.weight": torch.zeros(3, dtype=torch.float64),
    "model/more": torch.zeros(3),
    "average/first.weight": torch.zeros(0),
    "random/global": torch.zeros(5056, dtype=torch.float32),
    "random/generator": torch.zeros(16, dtype=torch.uint8),
}


@pytest.mark.parametrize("key", WRONG)
def test_what_does_not_fit_changes_nothing(key: str, tmp_path: Path) -> None:
    path = tmp_path / "run"
    run(network(16), path, steps=9)
    file = Checkpoint(path)
    tensors, words = file.read()
    words.pop("format")
    file.write(tensors | {key: WRONG[key]}, words)
    model = network(16)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match="checkpoint"):
        run(model, path)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in (("step", "-1"), ("step", "x"), ("seconds", "nan"), ("seconds", "-3")):
        file.write(tensors, words | {name: value})
        with pytest.raises(ValueError, match="neither its step nor its time"):
            run(network(16), path)


def test_a_link_in_the_place_of_the_half_written_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "run.partial").symlink_to(tmp_path / "precious")
    run(network(16), tmp_path / "run", steps=8)
    assert (tmp_path / "precious").read_text() == "mine"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["precious", "run"]


def test_what_was_read_does_not_hold_the_file(tmp_path: Path) -> None:
    """Its tensors stay as they are when other bytes are written there."""
    path = tmp_path / "run"
    run(network(16), path, steps=2)
    tensors, _ = Checkpoint(path).read()
    copies = {name: value.clone() for name, value in tensors.items()}
    with open(path, "r+b") as file:
        file.write(b"\0" * path.stat().st_size)
    assert all(torch.equal(tensors[name], value) for name, value in copies.items())


PROGRAM = """
import sys, torch
torch.set_num_threads(1)
from udm_lessons.destroy import Gaussian, Trig
from udm_lessons.learn import MLP, Squared, denoising_loss, train
torch.manual_seed(0)
model = MLP(2, 64, schedule=Trig())
best = train(model, denoising_loss(Gaussian(Trig()), Squared("v")), torch.eye(2), steps=int(sys.argv[2]),
    batch_size=8, generator=torch.Generator().manual_seed(1), every=1, checkpoint=sys.argv[1],
    progress=False, callback=lambda step, loss: print(step, flush=True))
torch.save([model.state_dict(), best.state_dict()], sys.argv[1] + ".pt")
"""


def start(path: Path, steps: int) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(path), str(steps)], stdout=subprocess.PIPE, text=True)


def killed_and_resumed(folder: Path, kills: int, steps: int, seed: int) -> int:
    """Kills a run this often, each time some random moments later, then lets it end; the kills that struck."""
    draw, struck, path = rng(seed), 0, folder / "killed"
    for _ in range(kills):
        child = start(path, steps)
        line = child.stdout.readline()  # the first step of this life is made
        if line:
            try:
                child.wait(float(0.12 * torch.rand((), generator=draw)))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
        child.stdout.close()
        struck += child.wait() == -signal.SIGKILL
    last = start(path, steps)
    last.communicate()
    assert last.returncode == 0
    return struck


def same_bits(folder: Path, steps: int) -> bool:
    whole = start(folder / "whole", steps)
    whole.communicate()
    ends = [torch.load(folder / f"{name}.pt") for name in ("killed", "whole")]
    return all(torch.equal(a[name], b[name]) for a, b in zip(*ends) for name in b)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_a_killed_run_gives_the_same_bits(tmp_path: Path) -> None:
    assert killed_and_resumed(tmp_path, 1, 60, 0) == 1
    assert same_bits(tmp_path, 60)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["killed", "killed.pt", "whole", "whole.pt"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_fifty_kills_give_the_same_bits(tmp_path: Path) -> None:
    """Most of the time of a step is the writing of the file, so most kills strike inside it."""
    struck = right = 0
    for seed in range(10):
        folder = tmp_path / str(seed)
        folder.mkdir()
        count = killed_and_resumed(folder, 5, 300, seed)
        struck += count
        right += count * same_bits(folder, 300)
    print(f"the same bits after {right} of {struck} kills")
    assert right == struck >= 45
