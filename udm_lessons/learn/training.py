r"""The training loop: AdamW, a moving average of the weights, checkpoints that survive a kill.

One step draws a batch, computes a loss (`objectives.denoising_loss` or any function of the same form) and
takes a step down its gradient. All randomness comes from one generator, whose state is in every
checkpoint together with weights, averages and optimizer: a run that was killed and resumed ends with
the same bits as a run that was not. The same call trains on several ranks, see `ranks`.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from .._arrays import check_number, check_positive, check_whole, moved, quoted
from .checkpoints import Checkpoint, fingerprint
from .objectives import Loss
from .ranks import Ranks, Streams
from .runs import Run
from .signals import Signals

Batch = Tensor | tuple[Tensor, ...]
Data = Tensor | tuple[Tensor, ...] | Callable[[int, torch.Generator], Batch]


def train(
    model: nn.Module,
    loss: Loss,
    data: Data,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    until: int | None = None,
    batch_size: int = 64,
    lr: float = 1e-3,
    decay: bool = False,
    ema: float = 0.999,
    clip: float = 1.0,
    generator: torch.Generator | None = None,
    checkpoint: str | os.PathLike | None = None,
    every: int = 500,
    device: torch.device | str | None = None,
    autocast: torch.dtype | None = None,
    progress: bool = True,
    callback: Callable[[int, float], None] | None = None,
) -> nn.Module:
    r"""Minimises `loss` over the parameters of `model`; returns a copy that holds their moving average.

    `model` itself ends with the last weights. The copy is in eval mode. The average follows them by
    \bar w \leftarrow d \bar w + (1 - d) w with d = min(ema, (1 + k) / (10 + k)) at step k.

    loss        (model, batch, generator) -> 0-d tensor
    data        a tensor (n, ...) or a tuple of such, from which batches are drawn with replacement, or
                a function (batch_size, generator) -> batch
    steps       how many steps, or
    seconds     how long by the clock, which no two machines do alike; exactly one of the two
    until       stop after this many of the `steps`, as if killed there: with a checkpoint the next call goes on
    batch_size  samples of a step, on each rank
    decay       let the learning rate fall from lr to 0 along half a cosine; needs `steps`
    ema         decay of the average, in [0, 1); 0 for none
    clip        largest norm of the gradient; longer ones are scaled down
    generator   the source of all randomness; None takes a seed from PyTorch's global state
    checkpoint  a file that is written every `every` steps and on every way out (the end, an error, Ctrl+C,
                SIGTERM), and from which a run goes on if the file is there. Resumed with equal arguments on
                the same CPU, the result is the same bit for bit, whenever the first run was killed
    device      where to train; None leaves the model where it is. Of several ranks on CUDA each takes a GPU of its own
    autocast    None or torch.bfloat16
    callback    called after each step as callback(step, loss)

    Ranks: under `torchrun` or `accelerate launch` every rank makes this call. A step is then one on the joined batch of
    (ranks batch_size) rows, drawn as one process draws them; gradients are averaged (gloo on CPU, nccl on CUDA); noise and times come from
    a stream for each rank, made from the generator of rank 0. The bar, `callback`, the average and the checkpoint are rank 0's,
    and the average is handed to all. On as many ranks a run goes on bit for bit; on more or fewer it takes new streams and warns.
    `lr` is not changed by the number of ranks. For batches k times as large the rule is \sqrt{k} lr with Adam (Malladi et al. 2022,
    where the betas move too), and k lr with SGD after a slow start (Goyal et al. 2017); steps may then be k times fewer.

    Raises FloatingPointError, naming the step, if the loss or its gradient is NaN or infinite: the model
    keeps the weights of the step before, and so does the checkpoint. Raises TypeError or ValueError for
    bad arguments, a file that is no checkpoint of such a model, or that of a run with other settings or data, or
    that another run is using; OSError if the file cannot be written. All these come before the first step; a later
    write that fails warns, and the run goes on. Raises ConnectionError where another rank has ended; rank 0 warns of where the file stands.
    """
    _check_arguments(steps, seconds, until, batch_size, every, ema, autocast)
    check_positive(clip, "clip")
    if decay and steps is None:
        raise ValueError("decay needs steps: how far the rate has fallen depends on how many are left")
    if isinstance(model, nn.parallel.DistributedDataParallel):
        raise TypeError("model must be the bare network, which train itself shares out among ranks; got a DistributedDataParallel")
    device = next(model.parameters()).device if device is None else torch.device(device)
    ranks = Ranks.here(device.type)
    device = ranks.device(device)
    model.to(device)
    draw, last = _batches(data, batch_size, device), steps if until is None else until
    run = Run.start(model, check_positive(lr, "lr"), generator)
    settings = _settings(run, data, batch_size, lr, decay and steps, ema, clip, autocast, generator)
    file = None if checkpoint is None or ranks.rank else Checkpoint(checkpoint)
    precision = torch.autocast(device.type, autocast) if autocast else nullcontext()
    was_training, before, whole = model.training, None, False
    with ranks.heard(), ExitStack() as stack:
        ranks.agree({**_without_seed(settings), "steps": str(last), "seconds": str(seconds), "network": _layout(model)})
        signals = stack.enter_context(Signals())
        streams = _prepare(run, file, settings, ranks, stack)
        settings, ask = settings | streams.words, ranks.joined(model, loss)
        kept = run.step
        bar = tqdm(total=steps, initial=run.step, desc="training", disable=not progress or ranks.rank > 0, leave=False)
        model.train()
        try:
            while run.step < last if last is not None else ranks.first(lambda: run.seconds < seconds):
                before, buffers = run.randomness(), [buffer.clone() for buffer in model.buffers()]
                streams.turn(run.step)
                with precision:
                    value = ask(draw(streams), streams.own)
                with signals.held():  # no step is taken by half
                    number = run.descend(value, clip, lr * (_falling(run.step / steps) if decay else 1.0), ranks)
                    if ranks.rank == 0:
                        run.follow(ema)
                    before = None
                    if file is not None and run.step % every == 0:
                        _keep(run, file, settings, None)
                        kept = run.step
                if callback is not None and ranks.rank == 0:
                    callback(run.step, number)
                bar.set_postfix(loss=f"{number:.4g}", refresh=False)
                bar.update()
            ranks.copy_first((*run.means.values(), *model.buffers()))
            whole = True
        finally:
            with signals.held():
                if before is not None:  # means of batches, say, moved before the step that did not come
                    for buffer, was in zip(model.buffers(), buffers):
                        buffer.copy_(was)
                if file is not None and run.step > kept:
                    _keep(run, file, settings, before)
                if run.fixed is not None:
                    torch.set_rng_state(run.fixed["global"])
                if not whole and ranks.rank == 0 and ranks.size > 1:
                    _say_where(run, file, ranks)
                bar.close()
                model.train(was_training)
    return run.average()


def _prepare(run: Run, file: Checkpoint | None, settings: dict[str, str], ranks: Ranks, stack: ExitStack) -> Streams:
    """Goes on from the file of rank 0 if it is there, on every rank, and makes sure that it can be written."""

    def found() -> tuple[dict[str, Tensor], dict[str, str], Path] | None:
        if file is None:
            return None
        stack.enter_context(file)
        return _found(file, settings) if file.exists() else None

    there = ranks.first(found)
    if there is not None:
        run.load(*there)
    _, words, path = there or ({}, {}, None)
    streams = Streams.of(run.generator, ranks, words, path)
    if ranks.size > 1:
        run.fixed = run.randomness()
    ranks.first(lambda: file and file.write(*run.state(settings), keep=False))
    return streams


def _found(file: Checkpoint, settings: dict[str, str]) -> tuple[dict[str, Tensor], dict[str, str], Path]:
    """What the file holds; raises ValueError if it is of another run."""
    tensors, words = file.read()
    other = [
        f"{name} was {words[name]} and is {value}" for name, value in settings.items() if words.get(name, value) != value
    ]
    if other:
        raise ValueError(f"checkpoint {file.path} is of another run: {'; '.join(other)}. Give the same, or another file")
    return tensors, words, file.path


def _say_where(run: Run, file: Checkpoint | None, ranks: Ranks) -> None:
    kept = f"checkpoint {file.path} holds it, and the same call goes on from there" if file else "no checkpoint was asked for"
    warnings.warn(f"training on {ranks.size} ranks ends early, after step {run.step}; {kept}", RuntimeWarning, stacklevel=3)


def _keep(run: Run, file: Checkpoint, settings: dict[str, str], randomness: dict[str, Tensor] | None) -> None:
    try:
        file.write(*run.state(settings, randomness))
    except OSError as error:
        warnings.warn(f"the checkpoint of step {run.step} could not be written: {error}", RuntimeWarning, stacklevel=3)


def _settings(run, data, batch_size, lr, decay, ema, clip, autocast, generator) -> dict[str, str]:
    """What must be the same for a run to go on as if it had never stopped, in words."""
    settings = {
        "batch_size": batch_size, "lr": lr, "decay": f"over {decay} steps" if decay else "none", "ema": ema,
        "clip": clip, "autocast": autocast, "optimizer": type(run.optimizer).__name__,
    }  # fmt: skip
    if generator is not None:
        settings["seed"] = generator.initial_seed()
    if not callable(data):
        settings["data"] = ", ".join(map(fingerprint, data if isinstance(data, tuple) else (data,)))
    return {name: str(value) for name, value in settings.items()}


def _without_seed(settings: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if name != "seed"}


def _layout(model: nn.Module) -> str:
    return ", ".join(f"{name} {tuple(weight.shape)}" for name, weight in model.named_parameters())


def _check_arguments(steps, seconds, until, batch_size, every, ema, autocast) -> None:
    if (steps is None) == (seconds is None):
        raise ValueError(f"one of steps and seconds must be given; got {steps} and {seconds}")
    if seconds is not None:
        check_positive(seconds, "seconds")
    for name, value in (("steps", steps), ("until", until), ("batch_size", batch_size), ("every", every)):
        if value is not None:
            check_whole(value, 1, name)
    if until is not None and (steps is None or until > steps):
        raise ValueError(f"until must be at most steps; got {until} and {steps}")
    if not 0 <= check_number(ema, "ema") < 1:
        raise ValueError(f"ema must lie in [0, 1); got {ema}")
    if autocast not in (None, torch.bfloat16):
        raise ValueError(f"autocast must be None or torch.bfloat16; got {autocast}")


def _falling(share: float) -> float:
    """Half a cosine, from 1 at share = 0 to 0 at share = 1 (Loshchilov and Hutter 2017, eq. 5)."""
    return (1 + math.cos(math.pi * share)) / 2


def _batches(data: Data, batch_size: int, device) -> Callable[[Streams], Batch]:
    """The function streams -> batch of this rank on the device."""
    if callable(data):

        def fresh(streams: Streams) -> Batch:
            batch = data(batch_size, streams.own)
            return _each(batch, lambda part: moved(part, device))

        return fresh
    parts = data if isinstance(data, tuple) else (data,)
    if not parts or not all(isinstance(part, Tensor) and part.ndim for part in parts):
        raise TypeError("data must be a tensor (n, ...), a tuple of tensors, or a function")
    if len({len(part) for part in parts}) > 1 or len(parts[0]) == 0:
        raise ValueError(
            f"data must hold equally many rows, at least one; got {quoted([len(part) for part in parts])}"
        )
    data = _each(data, lambda part: moved(part, device))

    def drawn(streams: Streams) -> Batch:
        rows = streams.draw_rows(len(parts[0]), batch_size, device)
        return _each(data, lambda part: part[rows])

    return drawn


def _each(batch: Batch, function: Callable[[Tensor], Tensor]) -> Batch:
    return tuple(map(function, batch)) if isinstance(batch, tuple) else function(batch)
