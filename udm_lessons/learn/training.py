r"""The training loop: AdamW, a moving average of the weights, checkpoints that survive a kill.

One step draws a batch, computes a loss (`objectives.denoising_loss` or any function of the same form) and
takes a step down its gradient. All randomness comes from one generator, whose state is in every
checkpoint together with weights, averages and optimizer: a run that was killed and resumed ends with
the same bits as a run that was not.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from tqdm.auto import tqdm

from .._arrays import check_number, check_positive, integers
from .objectives import Loss

Batch = Tensor | tuple[Tensor, ...]
Data = Tensor | tuple[Tensor, ...] | Callable[[int, torch.Generator], Batch]

_FORMAT = "udm_lessons training 1"


def train(
    model: nn.Module,
    loss: Loss,
    data: Data,
    *,
    steps: int | None = None,
    seconds: float | None = None,
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
    decay       let the learning rate fall from lr to 0 along half a cosine; needs `steps`
    ema         decay of the average, in [0, 1); 0 for none
    clip        largest norm of the gradient; longer ones are scaled down
    generator   the source of all randomness; None takes a seed from PyTorch's global state
    checkpoint  a file that is written every `every` steps and at the end, and from which a run goes on
                if the file is there. Resumed with equal arguments on the same CPU, the result is the
                same bit for bit, whenever the first run was killed
    device      where to train; None leaves the model where it is
    autocast    None or torch.bfloat16
    callback    called after each step as callback(step, loss)

    Raises FloatingPointError, naming the step, if the loss or its gradient is NaN or infinite: the model
    keeps the weights of the step before, and so does the checkpoint. Raises TypeError or ValueError for
    bad arguments or a file that is no checkpoint of such a model.
    """
    _check_arguments(steps, seconds, batch_size, every, ema, autocast)
    check_positive(clip, "clip")
    if decay and steps is None:
        raise ValueError("decay needs steps: how far the rate has fallen depends on how many are left")
    device = next(model.parameters()).device if device is None else torch.device(device)
    model.to(device)
    draw = _batches(data, batch_size, device)
    run = _Run.start(model, check_positive(lr, "lr"), generator)
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.exists():
        run.load(path)
    precision = torch.autocast(device.type, autocast) if autocast else nullcontext()
    bar = tqdm(total=steps, initial=run.step, desc="training", disable=not progress, leave=False)
    was_training = model.training
    model.train()
    try:
        while run.step < steps if steps is not None else run.seconds < seconds:
            before = run.randomness()
            with precision:
                value = loss(model, draw(run.generator), run.generator)
            try:
                number = run.descend(value, clip, lr * (_falling(run.step / steps) if decay else 1.0))
            except FloatingPointError:
                if path is not None:
                    run.save(path, before)
                raise
            run.follow(ema)
            if path is not None and run.step % every == 0:
                run.save(path)
            if callback is not None:
                callback(run.step, number)
            bar.set_postfix(loss=f"{number:.4g}", refresh=False)
            bar.update()
    finally:
        bar.close()
        model.train(was_training)
    if path is not None:
        run.save(path)
    return run.average


def _check_arguments(steps, seconds, batch_size, every, ema, autocast) -> None:
    if (steps is None) == (seconds is None):
        raise ValueError(f"one of steps and seconds must be given; got {steps} and {seconds}")
    if seconds is not None:
        check_positive(seconds, "seconds")
    for name, value in (("steps", steps), ("batch_size", batch_size), ("every", every)):
        if value is None:
            continue
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise TypeError(f"{name} must be a whole number; got {value!r}")
        if value < 1:
            raise ValueError(f"{name} must be at least 1; got {value}")
    if not 0 <= check_number(ema, "ema") < 1:
        raise ValueError(f"ema must lie in [0, 1); got {ema}")
    if autocast not in (None, torch.bfloat16):
        raise ValueError(f"autocast must be None or torch.bfloat16; got {autocast}")


def _falling(share: float) -> float:
    """Half a cosine, from 1 at share = 0 to 0 at share = 1 (Loshchilov and Hutter 2017, eq. 5)."""
    return (1 + math.cos(math.pi * share)) / 2


def _batches(data: Data, batch_size: int, device) -> Callable[[torch.Generator], Batch]:
    """The function generator -> batch on the device."""
    if callable(data):

        def fresh(generator: torch.Generator) -> Batch:
            batch = data(batch_size, generator)
            return _each(batch, lambda part: part.to(device))

        return fresh
    parts = data if isinstance(data, tuple) else (data,)
    if not parts or not all(isinstance(part, Tensor) and part.ndim for part in parts):
        raise TypeError("data must be a tensor (n, ...), a tuple of tensors, or a function")
    if len({len(part) for part in parts}) > 1 or len(parts[0]) == 0:
        raise ValueError(
            f"data must hold equally many rows, at least one; got {[len(part) for part in parts]}"
        )
    data = _each(data, lambda part: part.to(device))

    def drawn(generator: torch.Generator) -> Batch:
        rows = integers(len(parts[0]), (batch_size,), generator, device)
        return _each(data, lambda part: part[rows])

    return drawn


def _each(batch: Batch, function: Callable[[Tensor], Tensor]) -> Batch:
    return tuple(map(function, batch)) if isinstance(batch, tuple) else function(batch)


@dataclass
class _Run:
    """All that a training run is at one moment, and how it is written to a file and read back."""

    model: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    step: int = 0
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def start(cls, model: nn.Module, lr: float, generator: torch.Generator | None) -> _Run:
        if generator is None:
            generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
        if not isinstance(generator, torch.Generator):
            raise TypeError(f"generator must be a torch.Generator; got {type(generator).__name__}")
        optimizer = torch.optim.AdamW(model.parameters(), lr=lr, fused=True)
        return cls(model, copy.deepcopy(model).eval(), optimizer, generator)

    @property
    def seconds(self) -> float:
        """How long the run has taken, the time before a resumption included."""
        return time.monotonic() - self.began

    def descend(self, loss: Tensor, clip: float, lr: float) -> float:
        """One optimizer step; raises FloatingPointError, and changes nothing, unless all is finite."""
        if not isinstance(loss, Tensor) or loss.ndim:
            raise TypeError(f"loss must return a 0-d tensor; got {loss!r}")
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        number = loss.item()
        if not math.isfinite(number) or not bool(norm.isfinite()):
            raise FloatingPointError(
                f"at step {self.step + 1} the loss is {number} and the norm of its gradient "
                f"{float(norm)}; the model keeps the weights of step {self.step}"
            )
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.step += 1
        return number

    @torch.no_grad()
    def follow(self, ema: float) -> None:
        """Moves the average towards the weights; buffers are copied."""
        decay = min(ema, (1 + self.step) / (10 + self.step)) if ema else 0.0
        for mean, weight in zip(self.average.parameters(), self.model.parameters()):
            mean.lerp_(weight, 1 - decay)
        for mean, buffer in zip(self.average.buffers(), self.model.buffers()):
            mean.copy_(buffer)

    def randomness(self) -> dict[str, Tensor]:
        """The state of the generator, and of the global one, which dropout in a model would use."""
        return {"generator": self.generator.get_state(), "global": torch.get_rng_state()}

    def save(self, path: Path, randomness: dict[str, Tensor] | None = None) -> None:
        """Writes the state beside `path`, then moves it there at once: no reader sees half a file."""
        optimizer = {
            f"{index}.{name}": value
            for index, state in self.optimizer.state_dict()["state"].items()
            for name, value in state.items()
        }
        groups = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": optimizer,
            "random": randomness or self.randomness(),
        }
        tensors = {
            f"{group}/{name}": value.detach().to("cpu", copy=True).contiguous()
            for group, values in groups.items()
            for name, value in values.items()
        }
        metadata = {"format": _FORMAT, "step": str(self.step), "seconds": repr(self.seconds)}
        partial = path.with_name(path.name + ".partial")
        with open(partial, "wb") as file:
            file.write(save(tensors, metadata))
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)

    def load(self, path: Path) -> None:
        """Takes the state from the file; raises ValueError unless it is a checkpoint of this model."""
        groups: dict[str, dict[str, Tensor]] = {}
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                for key in file.keys():
                    group, _, name = key.partition("/")
                    groups.setdefault(group, {})[name] = file.get_tensor(key)
        except SafetensorError as error:
            raise ValueError(f"checkpoint must be a file that train wrote; got {path}") from error
        if metadata.get("format") != _FORMAT:
            raise ValueError(f"checkpoint must be a file that train wrote; got {path}")
        try:
            self.average.load_state_dict(groups["average"])
            self.model.load_state_dict(groups["model"])
        except RuntimeError as error:
            raise ValueError(f"checkpoint must be of this model; {path} is of another") from error
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in groups.get("optimizer", {}).items():
            index, _, name = key.partition(".")
            state.setdefault(int(index), {})[name] = value
        whole = self.optimizer.state_dict()
        self.optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
        self.generator.set_state(groups["random"]["generator"])
        torch.set_rng_state(groups["random"]["global"])
        self.step = int(metadata["step"])
        self.began -= float(metadata["seconds"])
