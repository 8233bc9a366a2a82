"""Several ranks on this machine: one Python loads everything once and splits, each part told its rank as torchrun tells it.

`python -m worlds.ranks FOLDER` runs every scenario below and leaves what each rank saw as FOLDER/NAME-RANK.pt.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import torch
from PIL import Image
from torch import Tensor, distributed, nn

from udm_lessons.learn import Autoencoder, Squared, denoising_loss, reconstruction_loss, train
from udm_lessons.learn.ranks import Ranks
from udm_lessons.train import main

from .learning import PROCESS, network

STEPS, BATCH = 30, 8
DATA = torch.randn(41, 2, generator=torch.Generator().manual_seed(9))
LOSS = denoising_loss(PROCESS, Squared("v"))


class Dropping(nn.Module):
    """A network that also takes randomness from PyTorch's global stream, and keeps means of its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.drop, self.norm = network(16), nn.Dropout(0.2), nn.BatchNorm1d(2)

    def forward(self, x_t, t):
        return self.inner(self.drop(self.norm(x_t)), t)


class Partly(nn.Module):
    """Two ways to be asked, neither of them by forward, and a layer that nothing reaches."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.used, self.idle, self.other = nn.Linear(2, 3), nn.Linear(2, 3), nn.Linear(3, 2)

    def encode(self, x: Tensor) -> Tensor:
        return self.used(x).tanh()

    def decode(self, z: Tensor) -> Tensor:
        return self.other(z)


def partly_loss(model: Partly, batch: Tensor, generator: torch.Generator) -> Tensor:
    return (model.decode(model.encode(batch)) - batch).square().mean() + model.encode(batch).square().mean()


def counted(loss: Callable, seen: list) -> Callable:
    """The loss, with each batch and the next numbers of the stream and of the global one written down."""

    def asked(model, batch, generator):
        value = loss(model, batch, generator)
        seen.append((batch, torch.rand(3, generator=generator), torch.rand(3)))
        return value

    return asked


def short(model: nn.Module, loss: Callable = LOSS, data=DATA, seed: int = 2, **options) -> nn.Module:
    """A run of 30 steps of 8 samples on every rank."""
    generator = torch.Generator().manual_seed(seed)
    fixed = {"steps": STEPS, "batch_size": BATCH, "generator": generator, "progress": False, "every": 7, "decay": True}
    return train(model, loss, data, **(fixed | options))


def joined_batches(n: int) -> Tensor:
    """For each step the batch that all ranks together see: (30, n, 2)."""
    return torch.randn(STEPS, n, 2, generator=torch.Generator().manual_seed(3)) + 1


def part_of(batches: Tensor, rank: int, each: int) -> Callable:
    """Data as a function: this rank's rows of the joined batches, one after another."""
    steps = iter(batches)
    return lambda batch_size, generator: next(steps)[rank * each : (rank + 1) * each]


def plain(model: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
    """A loss that draws nothing, so that one process can ask for the same."""
    return (model(batch, 0.3) - batch.roll(1, 1)).square().mean()


# How far a gradient may reach here is less than it does: it is cut, by the norm of the mean and not of each part.
JOINED = {"seed": 2, "clip": 0.1, "lr": 0.01}


def joined(folder: Path, rank: int, size: int) -> dict:
    losses: list[float] = []
    found = {}
    for name, model, loss in (("plain", network(16), plain), ("partly", Partly(), partly_loss)):
        data = part_of(joined_batches(size * BATCH), rank, BATCH)
        average = short(model, loss, data, callback=lambda step, value: losses.append(value), **JOINED)
        found[name] = model.state_dict(), average.state_dict()
    return found | {"losses": losses}


def gradient(folder: Path, rank: int, size: int) -> dict:
    """Of one batch at the first weights: what every rank holds after the averaging, and what it would hold alone."""
    batch = joined_batches(size * BATCH)[0][rank * BATCH : (rank + 1) * BATCH]
    model, alone = network(16), network(16)
    ask = Ranks.here("cpu").joined(model, plain)
    ask(batch, None).backward()
    plain(alone, batch, None).backward()
    return {"averaged": [w.grad for w in model.parameters()], "own": [w.grad for w in alone.parameters()]}


def streams(folder: Path, rank: int, size: int) -> dict:
    seen: list = []
    model = network(16)
    torch.manual_seed(17)
    before = torch.get_rng_state()
    short(model, counted(LOSS, seen), seed=2 + 100 * rank)
    return {"seen": seen, "global": torch.equal(before, torch.get_rng_state())}


def going_on(folder: Path, rank: int, size: int) -> dict:
    """A whole run, and one in three parts; and one whose seed is another."""
    parts, path, steps = Dropping(), folder / f"parts-{size}", []
    for last in (11, 14, STEPS):
        average = short(parts, checkpoint=path, until=last, callback=lambda step, value: steps.append(step))
        parts = parts if last == STEPS else Dropping()
    return {
        "parts": average.state_dict(), "last": parts.state_dict(), "steps": steps,
        "whole": short(Dropping()).state_dict(), "other": short(Dropping(), seed=3).state_dict(),
    }  # fmt: skip


def kill(folder: Path, rank: int) -> None:
    """Rank 1 is killed in the loss of its step 20."""

    def loss(model, batch, generator):
        calls.append(None)
        if rank == 1 and len(calls) == 20:
            os.kill(os.getpid(), signal.SIGKILL)
        return LOSS(model, batch, generator)

    calls: list[None] = []
    with open(folder / f"killed-says-{rank}", "w", buffering=1, encoding="utf-8") as said, contextlib.redirect_stderr(said):
        try:
            short(Dropping(), loss, checkpoint=folder / "killed", every=500)
        except Exception as error:
            said.write(f"{type(error).__name__}: {error}")
            raise SystemExit(3) from error


def killed(folder: Path, rank: int, size: int) -> dict:
    """On from what a run left whose rank 1 was killed."""
    steps: list[int] = []
    average = short(Dropping(), checkpoint=folder / "killed", callback=lambda step, value: steps.append(step))
    return {"average": average.state_dict(), "steps": steps}


def errors(folder: Path, rank: int, size: int) -> dict:
    """What each call raises on this rank."""
    def nan(model, batch, generator):
        value, calls[0] = LOSS(model, batch, generator), calls[0] + 1
        return value * float("nan") if rank == 1 and calls[0] == 5 else value

    calls, wrong = [0], folder / f"wrong-{size}"
    if rank == 0:
        wrong.write_bytes(b"no checkpoint")
    found = {}
    for name, call in {
        "lr": lambda: short(network(16), lr=0.1 * (1 + rank)),
        "data": lambda: short(network(16), data=DATA + rank),
        "network": lambda: short(network(16 + 8 * rank)),
        "file": lambda: short(network(16), checkpoint=wrong),
        "folder": lambda: short(network(16), checkpoint=folder),
        "run": lambda: short(Dropping(), checkpoint=folder / f"parts-{size}", lr=0.5),
        "nan": lambda: short(network(16), nan),
        "wrapped": lambda: short(nn.parallel.DistributedDataParallel(network(16))),
    }.items():
        try:
            with warnings.catch_warnings(action="ignore"):
                call()
            found[name] = "nothing"
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


def clock(folder: Path, rank: int, size: int) -> dict:
    """By seconds: a rank that came late does as many steps as the others."""
    seen: list = []
    short(network(16), counted(LOSS, seen), steps=None, seconds=0.1, decay=False)
    return {"steps": len(seen)}


def bar(folder: Path, rank: int, size: int) -> dict:
    with contextlib.redirect_stderr(io.StringIO()) as shown:
        short(network(16), progress=True)
    return {"shown": shown.getvalue()}


def beside(folder: Path, rank: int, size: int) -> dict:
    """Where the group of all ranks is one of GPUs, words go by a second group, made once."""
    with mock.patch.object(distributed, "get_backend", return_value="nccl"):
        first, second = Ranks.here("cpu"), Ranks.here("cpu")
    return {
        "second": first._talk is not distributed.group.WORLD, "once": first._talk is second._talk, "mean": second.mean(rank),
        "first": second.first(lambda: f"said by {rank}"),
    }  # fmt: skip


def images(folder: Path, rank: int, size: int) -> dict:
    torch.manual_seed(0)
    data = torch.rand(9, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    model = Autoencoder()
    losses: list[float] = []
    train(
        model, reconstruction_loss(), data, steps=3, batch_size=2, progress=False, generator=torch.Generator().manual_seed(0),
        callback=lambda step, value: losses.append(value),
    )  # fmt: skip
    return {"losses": losses, "model": model.state_dict()}


def other_number(folder: Path, rank: int, size: int) -> dict:
    """On from a file that two ranks left after 14 steps."""
    seen: list = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        average = short(network(16), counted(LOSS, seen), checkpoint=folder / "two")
    return {"seen": seen, "average": average.state_dict(), "said": [str(one.message) for one in said]}


def two(folder: Path, rank: int, size: int) -> dict:
    seen: list = []
    short(network(16), counted(LOSS, seen), checkpoint=folder / "two", until=14)
    if rank == 0:
        shutil.copy(folder / "two", folder / "two-for-one")
    return {"seen": seen}


def command(folder: Path, rank: int, size: int) -> dict:
    """`python -m udm_lessons.train` on six pictures, in two parts; what each rank says, and the folder it is wrong about."""
    pictures, said = folder / "pictures", {}
    if rank == 0:
        pictures.mkdir()
        for k in range(6):
            Image.fromarray((torch.arange(64).reshape(8, 8) * (k + 1) % 256).to(torch.uint8).numpy()).save(pictures / f"{k}.png")
    distributed.barrier()
    for name, steps in (("first", 2), ("second", 5)):
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as bars:
            code = main([str(pictures), "--size=8", "--width=8", f"--steps={steps}", "--every=2", "--batch=4", "--samples=4", f"--out={folder / 'unet'}"])
        said[name] = code, out.getvalue(), bars.getvalue()
    with contextlib.redirect_stderr(io.StringIO()) as error:
        code = main([str(folder / "nowhere")])
    return said | {"nowhere": (code, error.getvalue())}


SCENARIOS = {
    2: (joined, gradient, streams, going_on, killed, errors, clock, bar, beside, images, two, command),
    3: (other_number, going_on),
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def split(size: int, work: Callable[[int], None]) -> list[int]:
    """Does work(rank) in `size` processes split off this one; their exit codes."""
    port, children = free_port(), []
    for rank in range(size):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.environ |= {
                    "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(port),
                }  # fmt: skip
                work(rank)
                code = 0
            except SystemExit as stop:
                code = stop.code
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def run_all(folder: Path) -> None:
    short(network(16), until=1)  # loads what the first step loads, once for all
    codes = split(2, lambda rank: kill(folder, rank))
    (folder / "killed-codes").write_text(str(codes), encoding="utf-8")
    for size, scenarios in SCENARIOS.items():

        def work(rank: int, size=size, scenarios=scenarios) -> None:
            for scenario in scenarios:
                torch.save(scenario(folder, rank, size), folder / f"{scenario.__name__}-{size}-{rank}.pt")

        if any(split(size, work)):
            sys.exit(1)


def results(folder: Path) -> dict[str, list[dict]]:
    """All scenarios run in a process of their own; what each rank of each saw, as NAME-SIZE."""
    tests = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)]), "OMP_NUM_THREADS": "1"}
    environment["CUDA_VISIBLE_DEVICES"] = ""  # where autograd has threads for GPUs, a process that has used it cannot split
    done = subprocess.run(
        [sys.executable, "-m", "worlds.ranks", str(folder)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {
        f"{scenario.__name__}-{size}": [torch.load(folder / f"{scenario.__name__}-{size}-{rank}.pt") for rank in range(size)]
        for size, scenarios in SCENARIOS.items()
        for scenario in scenarios
    }


if __name__ == "__main__":
    run_all(Path(sys.argv[1]))
