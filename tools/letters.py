"""Train the model of letters that comes with the course, judge it, and hold it against pixels.

    python tools/letters.py           train autoencoder and U-Net, judge them, write the file
    python tools/letters.py --check   train nothing, judge the file as it is
    python tools/letters.py --price   seconds of a step and of a drawing, in latents and in pixels
    python tools/letters.py --scales  short trainings on latents of three scales
    python tools/letters.py --pixels  short trainings on pixels and on latents

`udm_lessons/learn/letters.safetensors` holds both networks, with sixteen bits a number. Training is seeded: the same machine gives the same
file. Seconds are those of one core.
"""

from __future__ import annotations

import argparse
import sys
import time

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from udm_lessons.data import letters
from udm_lessons.learn import (
    LETTER_PROCESS,
    LETTER_WEIGHTS,
    Autoencoder,
    UNet,
    draw_latents,
    letter_loss,
    letter_predictor,
    load_letter_networks,
    new_letter_networks,
    reconstruction_loss,
    train,
)
from udm_lessons.measure import energy_distance, energy_error
from udm_lessons.rebuild import Keep, sample

ENCODER_STEPS, STEPS, COPIES = 4000, 10_000, 12
BARS = {"lost": 0.08, "energy x 1000": 60.0}


def seeded(seed: int) -> torch.Generator:
    """A stream of its own."""
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def encoded(autoencoder: Autoencoder, x: Tensor) -> Tensor:
    """The latents of many images."""
    return torch.cat([autoencoder.encode(some) for some in x.split(256)])


@torch.no_grad()
def decoded(autoencoder: Autoencoder, z: Tensor) -> Tensor:
    """The images of many latents."""
    return torch.cat([autoencoder.decode(some) for some in z.split(256)])


def train_autoencoder(x: Tensor, steps: int) -> Autoencoder:
    """An autoencoder whose latents have mean 0 and variance 1 over x."""
    found = train(
        new_letter_networks()[0], reconstruction_loss(), x, steps=steps, batch_size=32, lr=3e-3, decay=True, generator=seeded(0),
    )
    return found.fit_scale(x)


def train_network(network: nn.Module, z: Tensor, label: Tensor, steps: int, batch_size: int = 64) -> nn.Module:
    """A U-Net for z and its labels."""
    return train(
        network, letter_loss(), (z, label), steps=steps, batch_size=batch_size, lr=3e-3, decay=True, generator=seeded(0)
    )


def distance(x: Tensor) -> str:
    """The energy distance to unseen letters, times 1000, with its error, in words."""
    unseen = letters("heldout")[0]
    return f"{1000 * energy_distance(x, unseen):.0f} +- {1000 * energy_error(x, unseen):.0f}"


def judge(autoencoder: Autoencoder, network: UNet) -> bool:
    """Prints what is measured; returns whether all bars are met."""
    unseen = letters("heldout")[0]
    lost = float((decoded(autoencoder, encoded(autoencoder, unseen)) - unseen).square().mean() / (unseen - unseen.mean(0)).square().mean())
    begin = time.process_time()
    drawn = [decoded(autoencoder, draw_latents(letter_predictor(network), 496, seed=seed)) for seed in range(3)]
    seconds = (time.process_time() - begin) / 3
    train_images = letters("train")[0]
    chosen = train_images[torch.randperm(len(train_images), generator=seeded(1))[:496]]
    energies = [1000 * energy_distance(x, unseen) for x in drawn]
    energy = sum(energies) / 3
    print(f"autoencoder loses {lost:.3f} of the variance of unseen letters; to draw 496 takes {seconds:.1f} s")
    print(f"energy x 1000: {', '.join(map(distance, drawn))}; real letters of the training faces {distance(chosen)}")
    print(f"the same, to latents and back {distance(decoded(autoencoder, encoded(autoencoder, chosen)))}")
    return lost <= BARS["lost"] and energy <= BARS["energy x 1000"]


def pixels(step_counts: list[int]) -> None:
    """The same loss and sampler for 32 x 32 pixels."""
    x, label = letters("train")
    for steps in step_counts:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = UNet(levels=3, schedule=LETTER_PROCESS.schedule, classes=26)
        begin = time.process_time()
        network = train_network(network, x, label, steps, 32)
        trained = time.process_time() - begin
        noise = LETTER_PROCESS.sample_prior((200, 1, 32, 32), seeded(0))
        begin = time.process_time()
        drawn = sample(LETTER_PROCESS, letter_predictor(network), noise, torch.linspace(1, 0, 51, dtype=torch.float64), Keep(), None)
        print(f"pixels, {steps} steps: {trained:.0f} s, energy x 1000 {distance(drawn)}, {time.process_time() - begin:.1f} s for 200")


def latents(plans: list[tuple[int, int]]) -> None:
    """Short trainings in the latent space, for the comparison."""
    x, label = letters("train")
    for encoder_steps, steps in plans:
        begin = time.process_time()
        autoencoder = train_autoencoder(x, encoder_steps)
        middle = time.process_time()
        network = train_network(new_letter_networks()[1], encoded(autoencoder, x), label, steps)
        end = time.process_time()
        drawn = decoded(autoencoder, draw_latents(letter_predictor(network), 496, seed=1))
        print(f"latents, {encoder_steps} and {steps} steps: {middle - begin:.0f} + {end - middle:.0f} s, energy x 1000 {distance(drawn)}")


def price(rounds: int = 3, n: int = 20) -> None:
    """Least seconds of one core of several rounds: a step of training, and the drawing of n letters."""
    x, label = letters("train")
    autoencoder, network = load_letter_networks()
    on_pixels = UNet(levels=3, schedule=LETTER_PROCESS.schedule, classes=26)
    z = encoded(autoencoder, x)
    trained = new_letter_networks()

    def least(work) -> float:
        found = []
        for _ in range(rounds):
            begin = time.process_time()
            work()
            found.append(time.process_time() - begin)
        return min(found)

    def step(model: nn.Module, loss, data, batch_size: int, steps: int = 20) -> float:
        return least(lambda: train(model, loss, data, steps=steps, batch_size=batch_size, progress=False)) / steps

    def draw_pixels() -> None:
        noise = LETTER_PROCESS.sample_prior((n, 1, 32, 32), seeded(0))
        times = torch.linspace(1, 0, 51, dtype=torch.float64)
        sample(LETTER_PROCESS, letter_predictor(on_pixels), noise, times, Keep(), progress=False)

    print(f"a step of the autoencoder, 32 letters: {step(trained[0], reconstruction_loss(), x, 32):.3f} s")
    for batch_size in (32, 64):
        print(f"a step in latents, {batch_size} letters: {step(trained[1], letter_loss(), (z, label), batch_size):.3f} s")
    print(f"a step in pixels, 32 letters: {step(on_pixels, letter_loss(), (x, label), 32):.3f} s")
    small = least(lambda: decoded(autoencoder, draw_latents(letter_predictor(network), n, progress=False)))
    print(f"{n} letters drawn in latents: {small:.2f} s, in pixels: {least(draw_pixels):.2f} s")


def scales(steps: int = 600) -> None:
    """The same short training on latents of three scales, with two seeds."""
    x, label = letters("train")
    autoencoder = load_letter_networks()[0]
    z = encoded(autoencoder, x)
    for scale in (1.0, 7.0, 0.2):
        found = []
        for seed in (0, 1):
            network = train(
                new_letter_networks(seed)[1], letter_loss(), (scale * z, label), steps=steps, lr=3e-3, decay=True,
                generator=seeded(seed),
            )
            drawn = draw_latents(letter_predictor(network), 496, seed=5 + seed)
            found.append(distance(decoded(autoencoder, drawn / scale)))
        print(f"scale {scale:g}: energy x 1000 {', '.join(found)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="judge the file as it is")
    parser.add_argument("--price", action="store_true", help="measure seconds of steps and drawings")
    parser.add_argument("--scales", action="store_true", help="train on latents of three scales")
    parser.add_argument("--pixels", action="store_true", help="train on pixels and on latents for the same seconds")
    torch.set_num_threads(1)
    asked = parser.parse_args()
    if asked.price or asked.scales:
        price() if asked.price else scales()
        return 0
    if asked.pixels:
        latents([(800, 1500), (800, 4000)])
        pixels([500, 1500])
        return 0
    if asked.check:
        return 0 if judge(*load_letter_networks()) else 1
    x, label = letters("train", copies=COPIES)
    autoencoder = train_autoencoder(x, ENCODER_STEPS)
    network = train_network(new_letter_networks()[1], encoded(autoencoder, x), label, STEPS)
    met = judge(autoencoder, network)
    weights = {
        f"{name}/{key}": value.half().contiguous()
        for name, part in (("autoencoder", autoencoder), ("network", network))
        for key, value in part.state_dict().items()
    }
    save_file(weights, LETTER_WEIGHTS)
    print(f"wrote {LETTER_WEIGHTS.name}, {LETTER_WEIGHTS.stat().st_size} bytes")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
