"""How many images a second the network of digits trains on and draws, and what is spent around it.

Training: whole steps as `train` does them (draw a batch, times and noise, forward process, network,
loss, gradients, clipping, AdamW, average) beside the network alone, forward and backward, with the
mean square of its answer for a loss. Sampling: `sample` in 50 steps beside 50 calls of the network. The
two are measured in turn, so that a slow moment hits both. Outside is 1 - alone / whole.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from udm_lessons import default_device
from udm_lessons.data import digits
from udm_lessons.learn import DIGIT_PROCESS, digit_loss, digit_predictor, new_digit_network, train
from udm_lessons.rebuild import sample

STEPS, BAR = 50, 0.10


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """The time by the clock, with everything that was started on the device finished."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def medians(rounds: int, device: torch.device, *works: Callable[[], object]) -> list[float]:
    """The median time of each, measured in turn; the first round warms up."""
    spent = [[seconds(work, device) for work in works] for _ in range(rounds + 1)][1:]
    return [statistics.median(column) for column in zip(*spent)]


def training(batch: int, steps: int, rounds: int, device: torch.device) -> tuple[float, float]:
    """Seconds of a step, whole and of the network alone."""
    data, generator = digits("train")[0].to(device), torch.Generator(device).manual_seed(0)
    network, loss = new_digit_network().to(device), digit_loss()
    x_t, t = torch.randn(batch, 1, 8, 8, device=device), torch.rand(batch, device=device)

    def whole():
        train(network, loss, data, steps=steps, batch_size=batch, generator=generator, progress=False)

    def alone():
        for _ in range(steps):
            network.zero_grad()
            network(x_t, t).square().mean().backward()

    return tuple(value / steps for value in medians(rounds, device, whole, alone))


def drawing(batch: int, rounds: int, device: torch.device) -> tuple[float, float]:
    """Seconds of a batch of samples, whole and of the network alone."""
    network = new_digit_network().to(device).eval()
    predictor = digit_predictor(network)
    x_T = torch.randn(batch, 1, 8, 8, device=device)
    times = torch.linspace(1, 0, STEPS + 1, dtype=torch.float64).tolist()

    def whole():
        sample(DIGIT_PROCESS, predictor, x_T, times, progress=False)

    @torch.no_grad()
    def alone():
        for t in times[:-1]:
            network(x_T, t)

    return tuple(medians(rounds, device, whole, alone))


def report(rounds: int = 3) -> list[str]:
    """Prints the table; returns the bars that are missed."""
    device, missed = default_device(), []
    on_gpu = device.type == "cuda"
    name = torch.cuda.get_device_name(device) if on_gpu else f"cpu, {torch.get_num_threads()} thread(s)"
    print(f"\nnetwork of digits on {name}")
    print(f"{'':10}{'batch':>6}{'images / s':>12}{'outside the network':>21}")
    for batch in (64, 1024):
        whole, alone = training(batch, 50 if on_gpu else max(2, 640 // batch), rounds, device)
        print(f"{'training':10}{batch:6}{batch / whole:12.0f}{1 - alone / whole:20.1%}")
        drawn, calls = drawing(batch, rounds, device)
        print(f"{'sampling':10}{batch:6}{batch / drawn:12.0f}{1 - calls / drawn:20.1%}")
    for what, value in (("training", 1 - alone / whole), ("sampling", 1 - calls / drawn)):
        verdict = "met" if value < BAR else "MISSED"
        print(f"bar: less than {BAR:.0%} outside in {what} at batch 1024: {value:.1%}, {verdict}")
        missed += [] if value < BAR else [f"{what} at batch 1024"]
    return missed
