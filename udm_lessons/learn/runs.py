"""All that a training run is at one moment: weights, their average, the optimizer, randomness, step and time."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from .._arrays import quoted
from .ranks import Ranks

_MOMENTS = {"step", "exp_avg", "exp_avg_sq"}


@dataclass
class Run:
    """A run that can take a step, and be turned into tensors and back."""

    model: nn.Module
    means: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    step: int = 0
    began: float = field(default_factory=time.monotonic)
    fixed: dict[str, Tensor] | None = None  # the randomness of several ranks, which steps do not move

    @classmethod
    def start(cls, model: nn.Module, lr: float, generator: torch.Generator | None) -> Run:
        """A run at step 0; generator None takes a seed from PyTorch's global state."""
        if generator is None:
            generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
        if not isinstance(generator, torch.Generator):
            raise TypeError(f"generator must be a torch.Generator; got {type(generator).__name__}")
        optimizer = torch.optim.AdamW(model.parameters(), lr=lr, fused=True)
        # A mean of thousands of small moves would stand still in half precision.
        means = {name: _wide(weight.detach()).clone() for name, weight in model.named_parameters()}
        return cls(model, means, optimizer, generator)

    @property
    def seconds(self) -> float:
        """How long the run has taken, the time before a resumption included."""
        return time.monotonic() - self.began

    def descend(self, loss: Tensor, clip: float, lr: float, ranks: Ranks = Ranks()) -> float:
        """One optimizer step; the loss, as the mean of all ranks. Raises FloatingPointError, and changes nothing, unless all is finite."""
        if not isinstance(loss, Tensor) or loss.ndim:
            raise TypeError(f"loss must return a 0-d tensor; got {quoted(loss)}")
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        number = ranks.mean(loss.item())
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
        """Moves the average towards the weights, in float32 or better."""
        decay = min(ema, (1 + self.step) / (10 + self.step)) if ema else 0.0
        for name, weight in self.model.named_parameters():
            mean = self.means[name]
            mean.lerp_(weight.to(mean.dtype), 1 - decay) if mean.is_floating_point() else mean.copy_(weight)

    @torch.no_grad()
    def average(self) -> nn.Module:
        """A copy of the model, in eval mode, that holds the means; buffers are those of the model."""
        average = copy.deepcopy(self.model).eval()
        for name, weight in average.named_parameters():
            weight.copy_(self.means[name])
        return average

    def randomness(self) -> dict[str, Tensor]:
        """The state of the generator, and of the global one, which dropout in a model would use."""
        return self.fixed or {"generator": self.generator.get_state(), "global": torch.get_rng_state()}

    def state(
        self, settings: dict[str, str], randomness: dict[str, Tensor] | None = None
    ) -> tuple[dict[str, Tensor], dict[str, str]]:
        """The run as tensors and words, with the randomness of now unless given."""
        groups: dict[str, Mapping[str, Tensor]] = {
            "model": self.model.state_dict(),
            "average": {**dict(self.model.named_buffers()), **self.means},
            "random": randomness or self.randomness(),
            "optimizer": {
                f"{name}/{part}": value
                for name, weight in self.model.named_parameters()
                for part, value in self.optimizer.state.get(weight, {}).items()
            },
        }
        tensors = {
            f"{group}/{name}": value.detach().to("cpu", copy=True).contiguous()
            for group, values in groups.items()
            for name, value in values.items()
        }
        return tensors, {**settings, "step": str(self.step), "seconds": repr(self.seconds)}

    def load(self, tensors: dict[str, Tensor], words: dict[str, str], path: Path) -> None:
        """Becomes the run that was saved; raises ValueError, and changes nothing, unless all of it fits."""
        groups: dict[str, dict[str, Tensor]] = {"model": {}, "average": {}, "random": {}, "optimizer": {}}
        for key, value in tensors.items():
            group, _, name = key.partition("/")
            groups.setdefault(group, {})[name] = value
        own = self.state({})[0]
        for group in ("model", "average", "random"):
            expected = {k.partition("/")[2]: v for k, v in own.items() if k.startswith(f"{group}/")}
            _fit(groups[group], expected, f"{path} is of another model", group)
        step, seconds = _count(words, path)
        moments = self._moments(groups["optimizer"], path)
        for name, device in (("generator", self.generator.device), ("global", torch.device("cpu"))):
            _try_state(groups["random"][name], device, path)
        self.model.load_state_dict(groups["model"])
        for name, mean in self.means.items():
            mean.copy_(groups["average"][name])
        for weight, parts in moments.items():
            self.optimizer.state[weight] = {
                name: value.to(weight.device) for name, value in parts.items()
            }
        self.generator.set_state(groups["random"]["generator"])
        torch.set_rng_state(groups["random"]["global"])
        self.step = step
        self.began -= seconds

    def _moments(self, found: dict[str, Tensor], path: Path) -> dict[nn.Parameter, dict[str, Tensor]]:
        """The optimizer's state by parameter. The fused step would read past the end of a moment that is too small."""
        moments: dict[nn.Parameter, dict[str, Tensor]] = {}
        weights = dict(self.model.named_parameters())
        for key, value in found.items():
            name, _, part = key.rpartition("/")
            if name not in weights or part not in _MOMENTS:
                raise ValueError(
                    f"checkpoint {path} has a moment of {quoted(name)}, which this model does not have"
                )
            moments.setdefault(weights[name], {})[part] = value
        for weight, parts in moments.items():
            like = {"exp_avg": weight, "exp_avg_sq": weight, "step": torch.zeros(())}
            _fit(parts, like, f"{path} is of another optimizer", "moment")
        return moments


def _wide(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() and value.element_size() < 4 else value


def _fit(found: dict[str, Tensor], expected: Mapping[str, Tensor], said: str, group: str) -> None:
    for name in sorted({*found, *expected}):
        mine, right = (None if t is None else f"{tuple(t.shape)} {t.dtype}" for t in (found.get(name), expected.get(name)))
        if mine != right:
            raise ValueError(
                f"checkpoint must be of this model; {said}: {group} {name} is {mine or 'missing'} there and {right or 'missing'} here"
            )


def _count(words: dict[str, str], path: Path) -> tuple[int, float]:
    try:
        step, seconds = int(words["step"]), float(words["seconds"])
    except (KeyError, ValueError):
        step, seconds = -1, 0.0
    if step < 0 or not 0 <= seconds < math.inf:
        raise ValueError(f"checkpoint {path} says neither its step nor its time")
    return step, seconds


def _try_state(state: Tensor, device: torch.device, path: Path) -> None:
    try:
        torch.Generator(device).set_state(state)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"checkpoint {path} holds no state of a generator") from error
