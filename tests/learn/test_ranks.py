"""Training on several ranks of one machine: the step of the joined batch, streams, resumption, kills, launchers.

What the ranks saw is in `worlds/ranks.py`: all its scenarios run once, in two and in three processes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
from torch import Tensor, nn

from udm_lessons.learn import load_weights
from udm_lessons.learn.ranks import Ranks, Streams, _seed

from worlds import ranks as world
from worlds.learning import network
from worlds.ranks import BATCH, DATA, JOINED, STEPS, Dropping, Partly, joined_batches, part_of, partly_loss, plain, short
from worlds.statistics import rng

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes split there in another way")

LAUNCHED = """
import os, signal, sys, torch
sys.path.insert(0, sys.argv[1])
from worlds.ranks import LOSS, Dropping, short
torch.set_num_threads(1)
rank, calls = int(os.environ["RANK"]), []

def loss(model, batch, generator):
    calls.append(None)
    if sys.argv[3] == "kill" and rank == 1 and len(calls) == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return LOSS(model, batch, generator)

def told(step, value):
    if sys.argv[3] == "long" and step == 3:
        print("three steps", flush=True)

steps = 10**6 if sys.argv[3] == "long" else 30
average = short(Dropping(), loss, checkpoint=sys.argv[2], every=500, steps=steps, callback=told)
torch.save(average.state_dict(), f"{sys.argv[2]}-{rank}.pt")
"""


TESTS = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS.parent)}


def program_of(launcher: list[str], file: Path, what: str) -> list[str]:
    program = file.with_name("program.py")
    program.write_text(LAUNCHED)
    return [sys.executable, "-m", *launcher, str(program), str(TESTS), str(file), what]


def launched(launcher: list[str], file: Path, what: str) -> subprocess.CompletedProcess:
    """The program above on two ranks, as a launcher starts it; nothing may be left of it."""
    command = program_of(launcher, file, what)
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=240, check=False)
    left = [process for process in psutil.process_iter(["cmdline"]) if str(file) in (process.info["cmdline"] or [])]
    assert psutil.wait_procs(left, timeout=10)[1] == []
    return done


TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]
ACCELERATE = ["accelerate.commands.accelerate_cli", "launch", "--multi_gpu", "--num_processes=2", "--num_machines=1", "--mixed_precision=no",
              "--dynamo_backend=no", f"--main_process_port={world.free_port()}"]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("ranks")


@pytest.fixture(scope="module")
def seen(folder: Path) -> dict[str, list[dict]]:
    return world.results(folder)


def apart(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    assert list(a) == list(b)
    return max(float((a[name] - b[name]).abs().max()) for name in a)


@pytest.mark.parametrize(("name", "make", "loss"), [("plain", lambda: network(16), plain), ("partly", Partly, partly_loss)])
def test_two_ranks_take_the_steps_of_one_process_with_the_joined_batch(name, make, loss, seen) -> None:
    """Weights and averages after 30 steps, to 1e-6, where gradients are cut; half the batch leads elsewhere (control)."""

    def alone(rows: int) -> tuple[nn.Module, nn.Module, list[float]]:
        model, losses = make(), []
        data = part_of(joined_batches(2 * BATCH), 0, rows)
        return model, short(model, loss, data, callback=lambda step, value: losses.append(value), **JOINED), losses

    model, average, losses = alone(2 * BATCH)
    for rank in seen["joined-2"]:
        assert apart(rank[name][0], model.state_dict()) < 1e-6 and apart(rank[name][1], average.state_dict()) < 1e-6
    half, half_average, _ = alone(BATCH)
    assert apart(half.state_dict(), model.state_dict()) > 1e-3 and apart(half_average.state_dict(), average.state_dict()) > 1e-3
    assert apart(model.state_dict(), make().state_dict()) > 1e-2
    told = torch.tensor(seen["joined-2"][0]["losses"]).reshape(2, STEPS)[["plain", "partly"].index(name)]
    torch.testing.assert_close(told, torch.tensor(losses), atol=1e-5, rtol=1e-5)
    assert seen["joined-2"][1]["losses"] == []  # the callback is that of rank 0


def test_gradients_of_two_ranks_are_those_of_the_joined_batch(seen) -> None:
    """One step of AdamW forgets how long the gradient is; here it is compared itself, at the first weights."""
    grads = seen["gradient-2"]
    model, batch = network(16), joined_batches(2 * BATCH)[0]
    plain(model, batch, rng()).backward()
    for rank in grads:
        assert max(float((a - b.grad).abs().max()) for a, b in zip(rank["averaged"], model.parameters())) < 1e-6
        assert max(float((a - b.grad).abs().max()) for a, b in zip(rank["own"], model.parameters())) > 1e-3  # control


def test_every_rank_has_a_stream_and_its_part_of_the_rows(seen) -> None:
    """The seeds of the two generators differ; it is that of rank 0 which counts. No number comes twice, on any rank, in any step."""
    first, second = (rank["seen"] for rank in seen["streams-2"])
    assert len(first) == len(second) == STEPS
    own = torch.stack([numbers for _, *drawn in (*first, *second) for numbers in drawn])
    assert len(own.unique()) == own.numel() == 2 * 2 * STEPS * 3
    base = int(torch.randint(2**32, (), generator=torch.Generator().manual_seed(2)))
    for step, (mine, yours) in enumerate(zip(first, second)):
        rows = torch.randint(len(DATA), (2 * BATCH,), generator=torch.Generator().manual_seed(_seed(base + 5 * step)))
        assert torch.equal(torch.cat([mine[0], yours[0]]), DATA[rows])
        assert not torch.equal(mine[0], yours[0])
    assert [rank["global"] for rank in seen["streams-2"]] == [True, True]


def test_seeds_of_neighbours_are_all_different_and_lie_far_apart() -> None:
    seeds = torch.tensor([_seed(number) for number in range(2**32 - 500, 2**32 + 1500)])
    assert len(seeds.unique()) == 2000 and seeds.min() >= 0 and seeds.max() < 2**32
    assert (seeds.diff().abs() < 2**16).sum() < 5  # 2000 2^-15 = .06 are expected of random ones
    assert _seed(2**32 + 7) == _seed(7)
    bits = (seeds[:, None] >> torch.arange(32) & 1).double().mean(0)
    assert ((bits - 0.5).abs() < 5 * 0.5 / 2000**0.5).all()


@pytest.mark.parametrize("size", [2, 3])
def test_a_run_in_parts_gives_the_same_bits(size: int, seen) -> None:
    ranks = seen[f"going_on-{size}"]
    for rank in ranks:
        assert apart(rank["parts"], rank["whole"]) == 0 and apart(rank["parts"], ranks[0]["parts"]) == 0
        assert apart(rank["last"], ranks[0]["last"]) == 0
        assert apart(rank["other"], rank["whole"]) > 1e-3  # control: another seed
    assert ranks[0]["steps"] == list(range(1, STEPS + 1)) and ranks[1]["steps"] == []


def test_what_is_saved_is_the_bare_network(folder: Path, seen) -> None:
    """Its names are those of one process, and it opens in a process that has joined no group."""
    assert not torch.distributed.is_initialized()
    weights, model = load_weights(folder / "parts-2"), Dropping()
    assert set(weights) == set(model.state_dict())
    model.load_state_dict(weights)
    assert apart(model.state_dict(), seen["going_on-2"][0]["parts"]) == 0


@pytest.mark.parametrize("to", [1, 3])
def test_another_number_of_ranks_goes_on_with_new_streams_and_says_so(to: int, folder: Path, seen) -> None:
    before = torch.stack([numbers for rank in seen["two-2"] for _, numbers, _ in rank["seen"]])
    if to == 1:
        ranks, path = [{"seen": []}], folder / "two-for-one"
        with pytest.warns(RuntimeWarning, match="of 2 ranks and goes on with one process: .* new ones, made from the seed, .* 1/2 of") as said:
            ranks[0]["average"] = short(network(16), world.counted(world.LOSS, ranks[0]["seen"]), checkpoint=path).state_dict()
        assert len(said) == 1
    else:
        ranks = seen["other_number-3"]
        assert [len(rank["said"]) for rank in ranks] == [1, 0, 0]
        assert "of 2 ranks and goes on with 3 ranks" in ranks[0]["said"][0] and "3/2 of" in ranks[0]["said"][0]
    after = torch.stack([numbers for rank in ranks for _, numbers, _ in rank["seen"]])
    assert len(after) == to * (STEPS - 14)
    assert len(torch.cat([before, after]).unique()) == before.numel() + after.numel()
    assert all(apart(rank["average"], ranks[0]["average"]) == 0 for rank in ranks)


def test_a_run_of_one_process_says_nothing_of_ranks(tmp_path: Path, recwarn) -> None:
    short(network(16), checkpoint=tmp_path / "run", until=10)
    short(network(16), checkpoint=tmp_path / "run")
    assert len(recwarn) == 0 and b"streams" not in (tmp_path / "run").read_bytes()


ERRORS = {
    "lr": "ValueError: every rank must call train alike: lr is 0.1 on rank 0 and 0.2 on rank 1",
    "data": "ValueError: every rank must call train alike: data is",
    "network": "ValueError: every rank must call train alike: network is",
    "file": "ValueError: checkpoint must be a file that train wrote",
    "folder": "ValueError: checkpoint must be a file; ",
    "run": "ValueError: checkpoint {folder}/parts-2 is of another run: lr was 0.001 and is 0.5",
    "nan": "FloatingPointError: at step 5 the loss is nan",
    "wrapped": "TypeError: model must be the bare network",
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_wrong_is_said_on_every_rank(name: str, folder: Path, seen) -> None:
    """A bad file is read by rank 0, a bad number seen by rank 1; neither leaves the other waiting."""
    for rank in seen["errors-2"]:
        assert rank[name].startswith(ERRORS[name].format(folder=folder)), rank[name]


def test_the_clock_is_that_of_rank_0(seen) -> None:
    first, second = (rank["steps"] for rank in seen["clock-2"])
    assert first == second > 0


def test_words_go_beside_a_group_of_gpus(seen) -> None:
    for rank in seen["beside-2"]:
        assert rank == {"second": True, "once": True, "mean": 0.5, "first": "said by 0"}


def test_every_rank_has_a_gpu_of_its_own(monkeypatch) -> None:
    """The one of its number on its machine; one rank alone stays where it is, and a rank without a GPU is told so."""
    chosen: list[int] = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert Ranks(5, 8).device(torch.device("cuda")) == torch.device("cuda", 1) and chosen == [1]
    assert Ranks(5, 8).device(torch.device("cpu")) == torch.device("cpu")
    assert Ranks().device(torch.device("cuda", 0)) == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "2")
    for device in ("cuda", "mps"):
        with pytest.raises(ValueError, match="device must be the CPU or CUDA, with a GPU for each of the 8 ranks"):
            Ranks(5, 8).device(torch.device(device))
    assert chosen == [1]


def test_the_bar_is_on_rank_0_only(seen) -> None:
    first, second = (rank["shown"] for rank in seen["bar-2"])
    assert "training" in first and second == ""


def test_a_loss_that_asks_parts_of_a_network_trains_too(seen) -> None:
    first, second = seen["images-2"]
    assert apart(first["model"], second["model"]) == 0 and len(first["losses"]) == 3


def test_a_killed_rank_ends_the_run_with_a_message_and_a_checkpoint(folder: Path, seen) -> None:
    """Rank 0 says that it lost rank 1 and where the file stands; from there the run ends with the bits of one without a kill."""
    assert (folder / "killed-codes").read_text() == f"[3, {-signal.SIGKILL}]"
    said = (folder / "killed-says-0").read_text()
    assert f"training on 2 ranks ends early, after step 19; checkpoint {folder / 'killed'} holds it" in said
    assert "ConnectionError: another rank has ended or does not answer, so rank 0 of 2 ends too" in said
    first, second = seen["killed-2"]
    assert first["steps"] == list(range(20, STEPS + 1))
    whole = seen["going_on-2"][0]["whole"]
    assert apart(first["average"], whole) == apart(second["average"], whole) == 0


def test_the_command_on_two_ranks(folder: Path, seen) -> None:
    """One rank speaks, shows the bar and writes; both are one run, which goes on when called again. An error ends both, and one says it."""
    first, second = seen["command-2"]
    assert first["first"][0] == first["second"][0] == second["first"][0] == second["second"][0] == 0
    assert "6 pictures of 8x8, grey" in first["first"][1] and "goes on in" in first["second"][1] and "training" in first["second"][2]
    assert second["first"][1:] == second["second"][1:] == ("", "")
    left = sorted(path.name for path in (folder / "unet").iterdir())
    assert left == ["recipe.json", "run.safetensors", *(f"samples-00000{k}.png" for k in (2, 4, 5))]
    assert first["nowhere"][0] == second["nowhere"][0] == 2
    assert "path must be a folder" in first["nowhere"][1] and second["nowhere"][1] == ""


@pytest.mark.slow
def test_torchrun(tmp_path: Path, seen) -> None:
    """It names the rank that was killed and leaves nothing running; called again it ends with the bits of a run without a kill."""
    done = launched(TORCHRUN, tmp_path / "run", "kill")
    assert done.returncode != 0 and not list(tmp_path.glob("run-*.pt"))
    assert f"ends early, after step 19; checkpoint {tmp_path / 'run'} holds it" in done.stderr and "SIGKILL" in done.stderr
    again = launched(TORCHRUN, tmp_path / "run", "whole")
    assert again.returncode == 0 and "find_unused" not in again.stderr, again.stderr[-3000:]
    for rank in range(2):
        assert apart(torch.load(tmp_path / f"run-{rank}.pt"), seen["going_on-2"][0]["whole"]) == 0


@pytest.mark.slow
def test_ctrl_c_ends_all_ranks(tmp_path: Path) -> None:
    """What the terminal sends goes to torchrun; no rank outlives it, and the file holds what was done."""
    with subprocess.Popen(
        program_of(TORCHRUN, tmp_path / "run", "long"), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout.readline() == "three steps\n"
        ranks = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=120)
    assert running.returncode != 0 and len(ranks) >= 2 and psutil.wait_procs(ranks, timeout=10)[1] == []
    assert "ends early" in said, said[-3000:]
    assert set(load_weights(tmp_path / "run")) == set(Dropping().state_dict())


@pytest.mark.slow
def test_accelerate_launch(tmp_path: Path, seen) -> None:
    """The same program ends with the same bits: it sets the environment that torchrun sets."""
    pytest.importorskip("accelerate")
    done = launched(ACCELERATE, tmp_path / "run", "whole")
    assert done.returncode == 0, done.stderr[-3000:]
    for rank in range(2):
        assert apart(torch.load(tmp_path / f"run-{rank}.pt"), seen["going_on-2"][0]["whole"]) == 0


@pytest.mark.parametrize(
    ("variables", "words"),
    [({"WORLD_SIZE": "2"}, "RANK, MASTER_ADDR, MASTER_PORT is not as torchrun"), ({"WORLD_SIZE": "two", "RANK": "0", "MASTER_ADDR": "x",
      "MASTER_PORT": "1"}, "WORLD_SIZE is 'two'")],
)  # fmt: skip
def test_half_an_environment_is_refused(variables, words, monkeypatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=words):
        short(network(16))


@pytest.mark.parametrize("size", [None, "", "1"])
def test_one_process_is_not_wrapped(size: str | None, monkeypatch) -> None:
    """The loss is given the network itself, no group is joined, and the bits are those of a plain call."""
    given, model = [], network(16)
    if size is not None:
        monkeypatch.setenv("WORLD_SIZE", size)

    def loss(asked, batch, generator):
        given.append(asked)
        return world.LOSS(asked, batch, generator)

    average = short(model, loss)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert all(asked is model for asked in given) and not torch.distributed.is_initialized()
    assert apart(average.state_dict(), short(network(16)).state_dict()) == 0


@pytest.mark.parametrize("word", [("ranks", "-1"), ("ranks", "x"), ("streams", str(2**32))])
def test_numbers_of_ranks_that_are_none_are_refused(word, tmp_path: Path) -> None:
    words = {"ranks": "2", "streams": "5"} | dict([word])
    with pytest.raises(ValueError, match="where the numbers of its ranks belong"):
        Streams.of(rng(), Ranks(0, 2), words, tmp_path)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
