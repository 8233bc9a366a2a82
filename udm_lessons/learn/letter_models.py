r"""The course's model of letters: an autoencoder to latents 2x8x8, and a U-Net for the latents of a wanted letter.

What lesson 13 builds and then loads. The U-Net predicts z_0 from z_t = cos(\pi t / 2) z_0 + sin(\pi t / 2) eps, with the loss of the
digits; one label in ten is hidden from it, so that it knows the law of all letters too.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor

from .._arrays import check_whole
from ..destroy import Gaussian, Trig
from ..rebuild import Keep, Predictor, Refresh, sample
from .autoencoder import Autoencoder
from .digit_model import load_weights, there_and_back
from .networks import UNet
from .objectives import Loss, Squared, denoising_loss, network_predictor

LETTER_PROCESS = Gaussian(Trig())
LETTER_WEIGHTS = Path(str(files("udm_lessons.learn"))) / "letters.safetensors"
_KIND, _LATENT, _SIDE = "x0", 2, 8


def new_letter_networks(seed: int = 0) -> tuple[Autoencoder, UNet]:
    """The autoencoder and the U-Net as they are before training; the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Autoencoder(latent=_LATENT), UNet(_LATENT, schedule=LETTER_PROCESS.schedule, classes=26)


def letter_loss() -> Loss:
    r"""(network, (z, label), generator) -> min(SNR_t, 5) |z0_hat - z0|^2 per entry; one label in ten is hidden."""
    return denoising_loss(LETTER_PROCESS, Squared(_KIND, "eps", max_weight=5.0), t_min=1e-3, label_dropout=0.1)


def load_letter_networks() -> tuple[Autoencoder, UNet]:
    """The trained autoencoder and U-Net that come with the course, in eval mode, on the CPU as the letters are."""
    tensors = load_weights(LETTER_WEIGHTS)
    networks = new_letter_networks()
    for name, network in zip(("autoencoder", "network"), networks):
        begin = f"{name}/"
        network.load_state_dict({key.removeprefix(begin): w.float() for key, w in tensors.items() if key.startswith(begin)})
        network.eval().requires_grad_(False)
    return networks


def letter_predictor(network: UNet, label: Tensor | int | None = None, guidance: float = 1.0) -> Predictor:
    """The predictor (z_t, t, generator) -> z0_hat of such a network, on the device of z_t.

    See `network_predictor` for label and guidance.
    """
    return there_and_back(network, network_predictor(network, _KIND, LETTER_PROCESS.schedule, label, guidance))


def draw_latents(
    predictor: Predictor, n: int, refresh: Refresh = Keep(), steps: int = 50, seed: int = 0, progress: bool = True,
    one_noise: bool = False,
) -> Tensor:
    """n new latents (n, 2, 8, 8) on the CPU, by `steps` equal steps in time; seeded. With `one_noise` all begin at the same z_T."""
    generator = torch.Generator().manual_seed(seed)
    rows = 1 if one_noise else check_whole(n, 0, "n")
    z_T = LETTER_PROCESS.sample_prior((rows, _LATENT, _SIDE, _SIDE), generator)
    times = torch.linspace(1, 0, check_whole(steps, 1, "steps") + 1, dtype=torch.float64)
    return sample(LETTER_PROCESS, predictor, z_T.expand(n, -1, -1, -1), times, refresh, generator, progress)
