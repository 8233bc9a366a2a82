r"""The course's model of handwritten digits: what lesson 03 trains, and what later lessons load.

A small U-Net predicts x0 from x_t = cos(\pi t / 2) x0 + sin(\pi t / 2) eps. The loss is the squared error
of the eps that its answer implies, SNR_t |x0_hat - x0|^2 per pixel, with the weight cut at 5.
"""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from .._arrays import Generator, Time, default_device, moved
from ..data import digits
from ..destroy import Gaussian, Trig
from ..rebuild import Keep, Predictor, Refresh, sample
from .networks import UNet
from .objectives import Loss, Squared, denoising_loss, network_predictor
from .training import train

DIGIT_PROCESS = Gaussian(Trig())
DIGIT_STEPS = 2500
_KIND, _LEARNING_RATE = "x0", 4e-3
SHIPPED = Path(str(files("udm_lessons.learn"))) / "digits.safetensors"


def own_checkpoint() -> Path:
    """Where lesson 03 leaves your network: in the current folder, or the path in UDM_DIGITS."""
    return Path(os.environ.get("UDM_DIGITS") or "digits.safetensors")


def new_digit_network(seed: int = 0) -> UNet:
    """The U-Net as it is before training; the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(schedule=DIGIT_PROCESS.schedule)


def digit_loss() -> Loss:
    r"""(network, batch, generator) -> min(SNR_t, 5) |x0_hat - x0|^2 per pixel (Hang et al. 2023, eq. 8)."""
    return denoising_loss(DIGIT_PROCESS, Squared(_KIND, "eps", max_weight=5.0), t_min=1e-3)


def train_digits(
    loss: Loss | None = None,
    steps: int = DIGIT_STEPS,
    seed: int = 0,
    checkpoint: str | os.PathLike | None = None,
    progress: bool = True,
    until: int | None = None,
) -> UNet:
    """A network trained on the digits of the training half; see `training.train` for checkpoint and until.

    loss is `digit_loss()` unless given. Seeded: the same arguments give the same network on one machine.
    """
    return train(
        new_digit_network(seed),
        digit_loss() if loss is None else loss,
        digits("train")[0],
        steps=steps,
        lr=_LEARNING_RATE,
        decay=True,
        generator=torch.Generator().manual_seed(seed),
        checkpoint=checkpoint,
        device=default_device(),
        progress=progress,
        until=until,
    )


def whose_network() -> str:
    """Which network `load_digit_network` loads, in words."""
    return "your own network" if own_checkpoint().exists() else "the network of the course"


def load_digit_network() -> UNet:
    """Your own network if lesson 03 has left one at `own_checkpoint()`, else that of the course.

    In eval mode, on the default device. Raises ValueError for a file that holds no such network.
    """
    own = own_checkpoint()
    network, tensors = new_digit_network(), load_weights(own if own.exists() else SHIPPED)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{own} holds another network; move it away to use the course's") from error
    return network.eval().requires_grad_(False).to(default_device())


def load_weights(path: Path) -> dict[str, Tensor]:
    """The weights in `path`: those alone, or the moving average in a checkpoint of `train`.

    Raises ValueError for a file that holds no tensors.
    """
    try:
        tensors = load(path.read_bytes())  # in memory: the file may be replaced
    except SafetensorError as error:
        raise ValueError(f"{path} is no file of weights; move it away to go on") from error
    average = {key: value for key, value in tensors.items() if key.startswith("average/")}
    return {key.removeprefix("average/"): value for key, value in (average or tensors).items()}


def digit_predictor(network: nn.Module) -> Predictor:
    """The predictor (x_t, t, generator) -> x0_hat of such a network: a posterior mean, on the device of x_t."""
    return there_and_back(network, network_predictor(network, _KIND, DIGIT_PROCESS.schedule))


def there_and_back(network: nn.Module, predictor: Predictor) -> Predictor:
    """The predictor for x_t on any device: asked where its network is, with the answer on the device of x_t."""

    def predict(x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        weight = next(network.parameters(), None) if isinstance(network, nn.Module) else None
        if weight is None or not isinstance(x_t, Tensor):
            return predictor(x_t, t, generator)
        return moved(predictor(moved(x_t, weight.device), t, generator), x_t.device)

    return predict


def draw_digits(
    predictor: Predictor,
    n: int,
    refresh: Refresh = Keep(),
    steps: int = 50,
    seed: int = 0,
    progress: bool = True,
) -> Tensor:
    """n new digits (n, 1, 8, 8) on the CPU, by `steps` equal steps in time; seeded."""
    generator = torch.Generator().manual_seed(seed)
    x_T = DIGIT_PROCESS.sample_prior((n, 1, 8, 8), generator, device=default_device())
    times = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
    return sample(DIGIT_PROCESS, predictor, x_T, times, refresh, generator, progress).cpu()
