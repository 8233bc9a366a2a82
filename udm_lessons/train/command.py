"""The command line of `python -m udm_lessons.train`: arguments, messages, and the sheets of samples on the way."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from .._arrays import check_cast, check_whole, default_device
from ..data import ImageFolder, image_folder
from ..learn import UNet, load_weights, train
from .recipe import WEIGHTS, Recipe, draw, folder_loss, picture_of

_PROGRAM = "python -m udm_lessons.train"
_ABOUT = """\
Train a U-Net that draws pictures like those in FOLDER.
Called again with the same arguments, it goes on where it stopped.
"""
_EXAMPLES = f"""\
examples:
  {_PROGRAM} photos
      pictures of 32x32, into ./photos-unet
  {_PROGRAM} photos --size 64 --width 64
      larger pictures, a larger network
  {_PROGRAM} pets --labels
      of pets/cats and pets/dogs, and draws each class
  torchrun --nproc-per-node 8 -m udm_lessons.train photos --batch 32 --lr 0.002
      on 8 GPUs: 8 x 32 pictures a step, four times 64, so twice the rate

in OUT it leaves:
  run.safetensors      all of the run; the average of its weights is what draws
  recipe.json          size, channels, width and classes of the network
  samples-000500.png   what that average draws after so many steps, each time
                       from the same noise

in Python:
  from udm_lessons.train import draw, load_trained
  network, recipe = load_trained(OUT)
  images = draw(network, recipe, 16)   # in [-1, 1]
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments, by default those of the command line; returns its exit code.

    0 at the end, 130 after Ctrl+C, 2 for what is wrong with the arguments, the folder, the files or another rank: one line on stderr
    says what. Raises SystemExit where argparse does.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        _run(given)
    except (ValueError, TypeError, OSError, FloatingPointError) as error:
        _say(f"{_PROGRAM}: error: {error}", error=True)
        return 2
    except KeyboardInterrupt:
        _say("stopped; the same command goes on from here", error=True)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(_PROGRAM, description=_ABOUT, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER", help="pictures: png, jpg, webp, gif, bmp or tiff; in it, or in subfolders")
    add = parser.add_argument_group("the pictures").add_argument
    add("--size", type=int, default=32, metavar="N", help="side in pixels to which they are cut and reduced (32)")
    add("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for colours (as the files are)")
    add("--labels", "--classes", action="store_true", help="learn the subfolders as classes")
    add("--skip-broken", action="store_true", help="leave out files that cannot be read, instead of stopping")
    add = parser.add_argument_group("the network and its training").add_argument
    add("--width", type=int, default=32, metavar="N", help="channels of its first level, a multiple of 8 (32)")
    add("--steps", type=int, default=10_000, metavar="N", help="how many steps in all; more may be asked for later (10000)")
    add("--batch", type=int, default=64, metavar="N", help="pictures of a step, on each process (64)")
    add("--lr", type=float, default=1e-3, metavar="X", help="learning rate (0.001); sqrt(k) times that for batches k times as large")
    add("--seed", type=int, default=0, metavar="N", help="of the first weights and of all randomness (0)")
    add("--device", metavar="NAME", help="cpu, cuda, ... (the GPU, if PyTorch finds one)")
    add("--bfloat16", action="store_true", help="compute in bfloat16 where that is safe; weights stay in float32")
    add = parser.add_argument_group("what it leaves").add_argument
    add("--out", type=Path, metavar="OUT", help="a folder for all it writes (./FOLDER-unet)")
    add("--every", type=int, default=500, metavar="N", help="steps between two savings and sheets of samples (500)")
    add("--samples", type=int, default=16, metavar="N", help="pictures on a sheet; 0 for no sheets (16)")
    add("--guidance", type=float, default=1.0, metavar="W", help="with --labels: 1 draws each class as it was learnt, more than 1 more typical of it (1)")
    add("--quiet", action="store_true", help="no progress bar, no messages but errors")
    return parser


def _run(given: argparse.Namespace) -> None:
    first = os.environ.get("RANK", "0") == "0"
    loud = first and not given.quiet
    samples = check_whole(given.samples, 0, "samples")
    seed = check_whole(given.seed, 0, "seed")
    device = check_cast(None, given.device or default_device())
    pictures = image_folder(given.folder, given.size, given.channels, given.skip_broken, progress=loud)
    recipe = _recipe(given, pictures)
    network, out = recipe.network(seed), given.out or Path(f"{Path(given.folder).expanduser().resolve().name}-unet")
    if first:
        out.mkdir(parents=True, exist_ok=True)
        recipe.keep(out)
    if loud:
        _say(_introduction(pictures, recipe, network, out))

    def sheet(step: int, loss: float) -> None:
        if samples and step % given.every == 0 and step < given.steps and (out / WEIGHTS).exists():
            average = recipe.network()  # what the checkpoint of this step holds
            average.load_state_dict(load_weights(out / WEIGHTS))
            _draw_sheet(average.to(device), recipe, samples, given, out / f"samples-{step:06}.png")

    average = train(
        network, folder_loss(), (pictures.images, pictures.labels) if recipe.classes else pictures.images, steps=given.steps,
        batch_size=given.batch, lr=given.lr, generator=torch.Generator().manual_seed(seed), checkpoint=out / WEIGHTS, every=given.every,
        device=device, autocast=torch.bfloat16 if given.bfloat16 else None, progress=loud, callback=sheet,
    )  # fmt: skip
    if first and samples:
        _draw_sheet(average, recipe, samples, given, out / f"samples-{given.steps:06}.png")
    if loud:
        _say(f"{given.steps:,} steps are done; the network and its samples are in {out}")


def _recipe(given: argparse.Namespace, pictures: ImageFolder) -> Recipe:
    classes = pictures.classes if given.labels else ()
    if given.labels and len(classes) < 2:
        raise ValueError(f"--labels needs pictures in at least two subfolders; got {len(classes)} in {given.folder}")
    return Recipe(given.size, pictures.images.shape[1], given.width, classes)


def _introduction(pictures: ImageFolder, recipe: Recipe, network: UNet, out: Path) -> str:
    colours = "grey" if recipe.channels == 1 else "in colours"
    classes = f" in {len(recipe.classes)} classes" if recipe.classes else ""
    weights = sum(weight.numel() for weight in network.parameters())
    goes_on = "goes on in" if (out / WEIGHTS).exists() else "into"
    return (
        f"{len(pictures.images):,} pictures of {recipe.size}x{recipe.size}, {colours}{classes}; "
        f"a U-Net of {weights:,} weights; {goes_on} {out}"
    )


def _draw_sheet(network: UNet, recipe: Recipe, n: int, given: argparse.Namespace, path: Path) -> None:
    label: Tensor | None = torch.arange(n) % len(recipe.classes) if recipe.classes else None
    images = draw(network.eval(), recipe, n, label, given.guidance if recipe.classes else 1.0, seed=given.seed)
    columns = len(recipe.classes) if 1 < len(recipe.classes) <= 16 else math.ceil(math.sqrt(n))
    partial = path.with_suffix(".partial")
    picture_of(images, columns).save(partial, "PNG")
    os.replace(partial, path)


def _say(text: str, error: bool = False) -> None:
    """On a line of its own, above a bar if there is one; of several processes on one machine, one speaks."""
    if os.environ.get("LOCAL_RANK", "0") == "0":
        tqdm.write(text, file=sys.stderr if error else sys.stdout)
