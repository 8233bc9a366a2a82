"""The training loop: the same bits again, after kills too; averages, rates, bad numbers."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from udm_lessons.destroy import Masking
from udm_lessons.learn import Categorical, Squared, UNet, denoising_loss, network_predictor, train, training

from worlds.learning import ORACLE, PROCESS, SCHEDULE, distance, network
from worlds.statistics import rng

BAR = 0.15


def fixed_answers(answer: Tensor):
    return lambda x_t, t, label=None: answer


TOKENS = torch.tensor([[0, 1, 2], [2, 2, 1], [1, 0, 0], [0, 1, 1]])


def short(model: nn.Module, loss=None, **options) -> nn.Module:
    loss = loss or denoising_loss(PROCESS, Squared("v"))
    data = torch.randn(40, 2, generator=rng(9))
    fixed = {"steps": 30, "batch_size": 16, "generator": rng(2), "progress": False, "every": 7}
    return train(model, loss, data, **(fixed | options))


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


def test_the_same_seed_gives_the_same_bits() -> None:
    first, second, other = network(16), network(16), network(16)
    averages = short(first), short(second), short(other, generator=rng(3))
    assert same(first, second) and same(*averages[:2])
    assert not same(first, other)
    state = torch.get_rng_state()
    short(first)
    assert torch.equal(state, torch.get_rng_state())
    untold = []
    for seed in (8, 8, 9):
        model = network(16)
        torch.manual_seed(seed)
        untold.append(short(model, generator=None))
    assert same(*untold[:2]) and not same(*untold[1:])


def test_the_average_follows_the_weights() -> None:
    """Against the recursion written out, from the weights that a callback collects."""
    model = network(16)
    path = [model.first.weight.detach().clone()]
    best = short(
        model, ema=0.5, callback=lambda *_: path.append(model.first.weight.detach().clone())
    )
    mean = path[0]
    for k, weight in enumerate(path[1:], start=1):
        d = min(0.5, (1 + k) / (10 + k))
        mean = d * mean + (1 - d) * weight
    torch.testing.assert_close(best.first.weight.detach(), mean)
    assert not torch.equal(best.first.weight, model.first.weight) and not best.training
    assert same(short(again := network(16), ema=0.0), again)


def test_the_average_of_a_model_in_half_precision_moves() -> None:
    """Each move is below half a step of bfloat16: a mean kept in bfloat16 would stand still."""

    def loss(model, batch, generator):
        return -model.weight.sum().float()

    model = nn.Linear(1, 1, bias=False).to(torch.bfloat16)
    with torch.no_grad():
        model.weight.fill_(1.0)
    path = [1.0]
    best = train(
        model, loss, torch.zeros(4, 1), steps=200, lr=0.01, ema=0.99, generator=rng(), progress=False,
        callback=lambda *_: path.append(float(model.weight.detach())),
    )  # fmt: skip
    mean = stuck = torch.tensor(path[0], dtype=torch.float64)
    stuck = stuck.bfloat16()
    for k, weight in enumerate(path[1:], start=1):
        d = min(0.99, (1 + k) / (10 + k))
        mean = d * mean + (1 - d) * weight
        stuck = stuck.lerp(torch.tensor(weight).bfloat16(), 1 - d)
    assert best.weight.dtype == torch.bfloat16
    assert abs(float(best.weight.detach()) - float(mean)) < 2**-7 * float(mean)
    assert abs(float(stuck) - float(mean)) > 5 * 2**-7 * float(mean)


def test_the_learning_rate_falls_along_half_a_cosine() -> None:
    """Against PyTorch's own optimizer and schedule, on a loss that draws nothing."""

    def loss(model, batch, generator):
        return model(batch, 0.5).square().mean()

    ours, theirs, x = network(16), network(16), torch.ones(16, 2)
    train(ours, loss, x, steps=30, lr=0.01, decay=True, ema=0, clip=1e9, progress=False, generator=rng(0))
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=0.01)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)
    for _ in range(30):
        optimizer.zero_grad()
        loss(theirs, torch.ones(64, 2), None).backward()
        optimizer.step()
        falling.step()
    for a, b in zip(ours.parameters(), theirs.parameters()):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)
    constant = network(16)
    train(constant, loss, x, steps=30, lr=0.01, ema=0, clip=1e9, progress=False, generator=rng(0))
    assert not torch.allclose(constant.last.weight, theirs.last.weight, atol=1e-3)


def test_a_batch_is_drawn_by_rows() -> None:
    """Rows of the tensors stay together; a function is asked for each batch."""
    x, label = torch.arange(10.0)[:, None].repeat(1, 2), torch.arange(10)

    def loss(model, batch, generator):
        assert torch.equal(batch[0][:, 0].long(), batch[1]) and len(batch[1]) == 16
        seen.append(batch[1])
        return model(batch[0], 0.5).mean()

    seen: list[Tensor] = []
    train(network(16), loss, (x, label), steps=20, batch_size=16, generator=rng(), progress=False)
    assert torch.cat(seen).unique().tolist() == list(range(10))
    assert not torch.equal(seen[0], seen[1])


class Stop(Exception):
    pass


@pytest.mark.parametrize("at", [1, 7, 8, 20, 30])
def test_resumed_runs_give_the_same_bits(at: int, tmp_path: Path) -> None:
    """Stopped in the loss of a step, then run again; with dropout, which uses the global state, and means of batches."""

    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.drop, self.norm = network(16), nn.Dropout(0.2), nn.BatchNorm1d(2)

        def forward(self, x_t, t):
            return self.inner(self.drop(self.norm(x_t)), t)

    right, calls = denoising_loss(PROCESS, Squared("v")), []

    def stops(model, batch, generator):
        calls.append(None)
        value = right(model, batch, generator)
        if len(calls) == at:
            raise Stop
        return value

    whole, resumed = Noisy(), Noisy()
    torch.manual_seed(4)
    average = short(whole, decay=True)
    path = tmp_path / "run.safetensors"
    torch.manual_seed(4)
    with pytest.raises(Stop):
        short(resumed, stops, checkpoint=path, decay=True)
    assert path.exists() == (at > 1)
    fresh, steps = Noisy(), []
    torch.manual_seed(4 if at == 1 else 99)
    again = short(
        fresh, checkpoint=path, decay=True, generator=rng(2) if at == 1 else None,
        callback=lambda step, loss: steps.append(step),
    )  # fmt: skip
    assert steps[0] == at and same(again, average)
    assert same(fresh, whole)
    assert same(short(Noisy(), checkpoint=path, decay=True), average)  # a finished run is at its end


def test_a_run_in_parts_gives_the_same_bits(tmp_path: Path) -> None:
    """`until` stops a run that falls to its end over all its steps; fewer steps are another run (control)."""
    whole, part, path = network(16), network(16), tmp_path / "run"
    average, seen = short(whole, decay=True), []
    for last in (10, 22, 22, 30):
        again = short(part, decay=True, checkpoint=path, until=last, callback=lambda step, loss: seen.append(step))
        assert seen == list(range(1, last + 1))
    assert same(again, average) and same(part, whole)
    ten, shorter = network(16), network(16)
    short(ten, decay=True, until=10)
    short(shorter, decay=True, steps=10)
    assert not same(ten, shorter)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_bad_numbers_stop_the_run(bad: float, where: str, tmp_path: Path) -> None:
    right, calls = denoising_loss(PROCESS, Squared("v")), []

    def breaks(model, batch, generator):
        value = right(model, batch, generator)
        calls.append(None)
        if len(calls) == 12:
            weight = model.first.weight
            return (
                value * bad
                if where == "loss"
                else value + (weight - weight.detach()).sum().abs().sqrt()
            )
        return value

    model, path = network(16), tmp_path / "run"
    with pytest.raises(FloatingPointError, match="at step 12 .* weights of step 11"):
        short(model, breaks, checkpoint=path)
    good, whole, resumed = network(16), network(16), network(16)
    short(good, steps=11)
    assert same(model, good)
    short(whole)
    short(resumed, checkpoint=path)  # from step 11, which no multiple of `every` had saved
    assert same(whole, resumed)


def test_autocast() -> None:
    """bfloat16 has 8 bits: it learns still, and it is not float32 under another name."""
    seen = []

    def loss(model, batch, generator):
        value = denoising_loss(PROCESS, Squared("v"))(model, batch, generator)
        with torch.no_grad():
            seen.append(model(batch, 0.5).dtype)
        return value

    model = network()
    best = train(
        model, loss, ORACLE.sample, steps=200, batch_size=128, lr=3e-3, ema=0.98, generator=rng(1),
        autocast=torch.bfloat16, progress=False,
    )  # fmt: skip
    assert set(seen) == {torch.bfloat16} and model.first.weight.dtype == torch.float32
    assert distance(best, "v") < BAR < distance(network(), "v")


def test_images_train_too() -> None:
    torch.manual_seed(0)
    losses = []
    data = torch.randn(8, 1, 8, 8, generator=rng())
    train(
        UNet(width=8, schedule=SCHEDULE), denoising_loss(PROCESS, Squared("x0", "eps", 5.0)), data,
        steps=40, batch_size=16, lr=3e-3, generator=rng(), progress=False,
        callback=lambda step, value: losses.append(value),
    )  # fmt: skip
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])


def test_the_bar_shows_the_loss(capsys, monkeypatch) -> None:
    monkeypatch.setattr(training, "tqdm", partial(training.tqdm, mininterval=0))
    short(network(16), steps=3, progress=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown and "loss=" in shown
    short(network(16), steps=3)
    assert capsys.readouterr().err == ""


def test_by_the_clock() -> None:
    steps = []
    short(network(16), steps=None, seconds=0.05, callback=lambda step, loss: steps.append(step))
    assert steps == list(range(1, len(steps) + 1)) and steps


def test_bad_input() -> None:
    model, x = network(16), torch.zeros(4, 2)
    loss = denoising_loss(PROCESS, Squared())
    for error, words, call in (
        (ValueError, "one of steps and seconds", lambda: train(model, loss, x)),
        (ValueError, "one of steps and seconds", lambda: train(model, loss, x, steps=1, seconds=1)),
        (ValueError, "steps must be at least 1", lambda: short(model, steps=0)),
        (ValueError, "until must be at least 1", lambda: short(model, until=0)),
        (ValueError, "until must be at most steps", lambda: short(model, until=31)),
        (ValueError, "until must be at most steps", lambda: train(model, loss, x, seconds=1, until=3)),
        (TypeError, "batch_size must be a whole", lambda: short(model, batch_size=1.5)),
        (ValueError, "lr must be positive", lambda: short(model, lr=0.0)),
        (ValueError, "ema must lie in", lambda: short(model, ema=1.0)),
        (ValueError, "autocast must be None or", lambda: short(model, autocast=torch.float16)),
        (TypeError, "generator must be", lambda: short(model, generator=3)),
        (TypeError, "data must be", lambda: train(model, loss, [1, 2], steps=1)),
        (ValueError, "equally many rows", lambda: train(model, loss, (x, x[:2]), steps=1)),
        (TypeError, "loss must return a 0-d", lambda: short(model, lambda m, b, g: m(b, 0.5))),
        (ValueError, "kind must be one of", lambda: Squared("noise")),
        (ValueError, "measure must be one of", lambda: Squared("x0", "noise")),
        (ValueError, "max_weight must be positive", lambda: Squared("x0", "eps", 0)),
        (ValueError, "label_dropout must lie", lambda: denoising_loss(PROCESS, Squared(), label_dropout=2)),
        (TypeError, "process must be Gaussian", lambda: Squared("eps")(Masking(9), x, x, x, x, x[:, 0])),
        (ValueError, "answer of the network", lambda: loss(fixed_answers(x[:1]), x, rng())),
        (TypeError, "x0 must hold tokens", lambda: Categorical()(Masking(9), x, x, x, x, x)),
        (ValueError, "logits must have shape",
         lambda: denoising_loss(Masking(9), Categorical())(fixed_answers(x), TOKENS, rng())),
        (ValueError, "label must be given", lambda: network_predictor(model, "v", SCHEDULE, guidance=2.0)),
        (ValueError, "eps determine x0", lambda: network_predictor(model, "eps", SCHEDULE)(x, 1.0, None)),
    ):  # fmt: skip
        with pytest.raises(error, match=words):
            call()
