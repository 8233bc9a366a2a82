r"""The network of a folder: what it is made of, how it is asked, and how pictures are drawn with it.

As in lesson 13 the U-Net predicts x0 from x_t = cos(\pi t / 2) x0 + sin(\pi t / 2) eps, with the loss min(SNR_t, 5) |x0_hat - x0|^2 per pixel.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from .._arrays import check_batch, check_whole, default_device, quoted
from ..destroy import Gaussian, Trig
from ..learn import Squared, UNet, denoising_loss, load_weights, network_predictor
from ..rebuild import sample

PROCESS = Gaussian(Trig())
WEIGHTS, RECIPE = "run.safetensors", "recipe.json"
_KIND = "x0"
_LOWEST = 8  # sides are halved down to this
_SHOWN = 96  # pixels of a picture on the sheet, at least


@dataclass(frozen=True)
class Recipe:
    """What a network is made of: side and channels of its pictures, its width, the names of its classes (none: it knows no labels)."""

    size: int
    channels: int
    width: int
    classes: tuple[str, ...] = ()

    @property
    def levels(self) -> int:
        """How often sides are halved, and one: down to 8, or to the last even one before it."""
        side, levels = self.size, 1
        while side % 2 == 0 and (side > _LOWEST or levels == 1):
            side, levels = side // 2, levels + 1
        return levels

    def network(self, seed: int = 0) -> UNet:
        """The U-Net as it is before training; the same for the same seed. Raises ValueError unless width is a multiple of 8."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(check_whole(seed, 0, "seed"))
            return UNet(self.channels, self.width, self.levels, PROCESS.schedule, len(self.classes))

    def keep(self, out: Path) -> None:
        """Writes itself into the folder `out`; raises ValueError if another recipe is there."""
        path = out / RECIPE
        if path.exists() and (other := _read(path)) != self:
            odd = [f"{name} was {quoted(was)} and is {quoted(now)}" for (name, was), now in zip(asdict(other).items(), asdict(self).values()) if was != now]
            raise ValueError(f"out holds a network made in another way: {'; '.join(odd)}. Give the same, or another folder than {quoted(str(out))}")
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def _read(path: Path) -> Recipe:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Recipe(**{**found, "classes": tuple(found["classes"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"out must be a folder that udm_lessons.train wrote; got none with a recipe in {quoted(str(path))}") from error


def folder_loss() -> Callable[..., Tensor]:
    r"""(network, x0 or (x0, label), generator) -> min(SNR_t, 5) |x0_hat - x0|^2 per pixel; one label in ten is hidden."""
    return denoising_loss(PROCESS, Squared(_KIND, "eps", max_weight=5.0), t_min=1e-3, label_dropout=0.1)


def load_trained(out: str | Path) -> tuple[UNet, Recipe]:
    """The network that `python -m udm_lessons.train` left in the folder `out`, the average of its weights, in eval mode; and its recipe.

    On the default device. Raises ValueError if the folder holds none.
    """
    recipe = _read(Path(out) / RECIPE)
    network, path = recipe.network(), Path(out) / WEIGHTS
    try:
        network.load_state_dict(load_weights(path))
    except (OSError, RuntimeError) as error:
        raise ValueError(f"out must hold the weights of its recipe; got {quoted(str(error))}") from error
    return network.eval().requires_grad_(False).to(default_device()), recipe


def draw(
    network: UNet, recipe: Recipe, n: int, label: Tensor | int | None = None, guidance: float = 1.0, steps: int = 50, seed: int = 0
) -> Tensor:
    """n new pictures (n, channels, size, size), about in [-1, 1], on the CPU, by `steps` equal steps in time; seeded.

    label     None, a number or (n,) int64: which of the recipe's classes
    guidance  see `learn.network_predictor`; raises what it raises
    """
    generator = torch.Generator().manual_seed(seed)
    device = next(network.parameters()).device
    shape = (check_whole(n, 1, "n"), recipe.channels, recipe.size, recipe.size)
    x_T = PROCESS.sample_prior(shape, generator, device=device)
    label = label.to(device) if isinstance(label, Tensor) else label
    times = torch.linspace(1, 0, check_whole(steps, 1, "steps") + 1, dtype=torch.float64)
    predictor = network_predictor(network, _KIND, PROCESS.schedule, label, guidance)
    return sample(PROCESS, predictor, x_T, times, generator=generator, progress=False).cpu()


def picture_of(images: Tensor, columns: int) -> Image.Image:
    """One sheet of pictures (n, 1 or 3, side, side) in [-1, 1], row by row, small ones enlarged; what lies outside is cut."""
    check_batch(images, "images")
    if images.ndim != 4 or images.shape[1] not in (1, 3) or not len(images):
        raise ValueError(f"images must have shape (n, 1 or 3, side, side), n at least 1; got {tuple(images.shape)}")
    columns = min(check_whole(columns, 1, "columns"), len(images))
    levels = ((images.detach().cpu().float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    times = -(-_SHOWN // images.shape[-1])
    levels = levels.repeat_interleave(times, 2).repeat_interleave(times, 3).permute(0, 2, 3, 1)
    _, height, width, _ = levels.shape
    sheet = Image.new("RGB", (columns * (width + 2) + 2, -(-len(images) // columns) * (height + 2) + 2), "white")
    for k, level in enumerate(levels):
        tile = Image.fromarray(level.expand(-1, -1, 3).contiguous().numpy())
        sheet.paste(tile, (2 + k % columns * (width + 2), 2 + k // columns * (height + 2)))
    return sheet
