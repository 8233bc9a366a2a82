"""How time and memory grow with the size of what is asked, beside how they should.

Each line doubles one size and more, and fits cost ~ size^slope to its last three points. The time is CPU
time on one thread, the least of several runs; the memory is the most that the allocator held at a moment,
beyond what was there before. A slope is a bar: it is missed if it lies more than `SLACK` above the expected
one. A fixed cost makes slopes smaller, never larger, so that small sizes do no harm.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from udm_lessons.destroy import Deletion, Editing, Gaussian, Masking, Trig, count_embeddings, log_embeddings
from udm_lessons.learn import JointTransformer, Squared, TokenTransformer, UNet, denoising_loss
from udm_lessons.measure import energy_error, exact_divergence
from udm_lessons.rebuild import FiniteData, GaussianMixture, sample

from worlds.memory import peak_megabytes

SLACK = 0.35
LEAST = 0.2  # MB: below it a slope of memory says nothing
PAD, GAUSS = 9, Gaussian(Trig())
Work = Callable[[], object]


class Line(NamedTuple):
    """What is measured: `make(size)` gives the work; `time` and `memory` are the expected slopes."""

    name: str
    size: str
    sizes: Sequence[int]
    make: Callable[[int], Work]
    time: float
    memory: float


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=rng())


def tokens(vocabulary: int, *shape: int) -> Tensor:
    return torch.randint(0, vocabulary, shape, generator=rng())


def strings(n: int, width: int) -> tuple[Tensor, Tensor]:
    """x0 and x_t at p = 1/2."""
    x0, process = tokens(3, n, width), Deletion(PAD)
    return x0, process.forward(x0, process.sample_noise(x0, rng()), 0.5)


def sampling(size: int) -> Work:
    x, times = normal(10, size // 10), [1 - k / 10 for k in range(10)]
    return lambda: sample(GAUSS, lambda x_t, t, generator: 0.9 * x_t, x, times, progress=False)


def weights(rows: int, batch: int, each: bool = False) -> Work:
    oracle, x_t = FiniteData(normal(rows, 64), GAUSS), normal(batch, 64)
    t = torch.linspace(0.2, 0.8, batch) if each else 0.5
    return lambda: oracle.weights(x_t, t)


def deletion_weights(rows: int) -> Work:
    data, x_t = strings(rows, 24)
    oracle, seen = FiniteData(data, Deletion(PAD)), x_t[:8]
    return lambda: oracle.weights(seen, 0.5)


def marginals(rows: int) -> Work:
    oracle = FiniteData(tokens(17, rows, 16), Masking(17))
    x_t = torch.full((8, 16), 17)
    return lambda: oracle.marginals(x_t, 0.5, 17)


def covariance(rows: int) -> Work:
    oracle, x_t = FiniteData(normal(rows, 20), GAUSS), normal(20, 20)
    return lambda: oracle.x0_cov(x_t, 0.5)


def mixture(batch: int) -> Work:
    gaussians = GaussianMixture(normal(100, 10), torch.full((100,), 0.5))
    x = gaussians.sample(batch, rng())
    return lambda: gaussians.velocity(x, 0.5, Trig())


def counting(count: Callable, n: int) -> Callable[[int], Work]:
    def make(width: int) -> Work:
        x0, x_t = strings(n, width)
        return lambda: count(x0, x_t, PAD)

    return make


def alignment(width: int) -> Work:
    (x0, x_t), process = strings(4, width), Editing(PAD, 3)
    return lambda: process.log_likelihood(x_t, x0, 0.5)


def inference(process: Deletion | Editing) -> Callable[[int], Work]:
    def make(width: int) -> Work:
        x0, x_t = strings(4, width)
        return lambda: process.infer_noise(x0, x_t, 0.5, rng())

    return make


def unet(side: int) -> Work:
    network, x = UNet().requires_grad_(False), normal(2, 1, side, side)
    return lambda: network(x, 0.5)


def transformer(make_network: type) -> Callable[[int], Work]:
    def make(width: int) -> Work:
        network, x = make_network(5, width).requires_grad_(False), tokens(5, 4, width)
        written = {"x0": x} if make_network is JointTransformer else {}
        return lambda: network(x, 0.5, **written)

    return make


def training(batch: int) -> Work:
    network, loss, x0 = UNet(), denoising_loss(GAUSS, Squared("x0")), normal(batch, 1, 8, 8)

    def step() -> None:
        network.zero_grad(set_to_none=True)
        loss(network, x0, rng()).backward()

    return step


def divergence(dimension: int) -> Work:
    x, scale = normal(4, dimension), normal(dimension)
    return lambda: exact_divergence(lambda x, t: (x * scale).sin(), x, 0.5)


def energy(points: int) -> Work:
    x = normal(2, points, 2)
    return lambda: energy_error(*x)


LINES = [
    Line("sample, 10 steps", "elements", (10**4, 10**5, 10**6), sampling, 1, 1),
    Line("weights, Gaussian", "rows", (10**2, 10**3, 10**4, 10**5), lambda n: weights(n, 16), 1, 1),
    Line("weights, Gaussian", "batch", (10, 100, 1000), lambda n: weights(2000, n), 1, 1),
    Line("weights, a time each", "batch", (10, 100, 1000), lambda n: weights(2000, n, True), 1, 1),
    Line("weights, Deletion", "rows", (10**2, 10**3, 10**4, 10**5), deletion_weights, 1, 1),
    Line("marginals", "rows", (10**3, 10**4, 10**5), marginals, 1, 1),
    Line("x0_cov of data", "rows", (10**3, 10**4, 10**5), covariance, 1, 1),
    Line("velocity of a mixture", "batch", (10**2, 10**3, 10**4, 10**5), mixture, 1, 1),
    Line("count_embeddings", "letters", (10, 30, 100, 300, 1000), counting(count_embeddings, 64), 2, 1),
    Line("log_embeddings", "letters", (1001, 1500, 2250), counting(log_embeddings, 8), 2, 1),
    Line("likelihood of edits", "letters", (10, 200, 2000), alignment, 2, 1),
    Line("alignment, Deletion", "letters", (10, 50, 100, 300, 900), inference(Deletion(PAD)), 2, 2),
    Line("alignment, Editing", "letters", (10, 50, 150, 450), inference(Editing(PAD, 3)), 2, 2),
    Line("U-Net", "side", (16, 32, 64, 96), unet, 2, 2),
    Line("TokenTransformer", "width", (32, 64, 128, 256, 512), transformer(TokenTransformer), 2, 1),
    Line("JointTransformer", "width", (32, 64, 128, 256, 512), transformer(JointTransformer), 2, 2),
    Line("a step of training", "batch", (8, 32, 128, 512), training, 1, 1),
    Line("exact divergence", "dimension", (50, 200, 800, 3200), divergence, 2, 1),
    Line("energy_error", "points", (1500, 3000, 6000), energy, 2, 1),
]


def seconds(work: Work) -> float:
    """The least CPU time of three runs, or of more if they are short."""
    spent: list[float] = []
    while len(spent) < 3 or sum(spent) < 0.1 and len(spent) < 30:
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def megabytes(works: Sequence[Work]) -> list[float]:
    """The most memory each holds at a moment; measured in a fork, where there are forks.

    The profiler notes down every operation, a gigabyte for the longest works, and keeps that space.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        return [*map(peak_megabytes, works)]
    context = multiprocessing.get_context("fork")
    answer, told = context.Pipe(duplex=False)
    child = context.Process(target=lambda: told.send([*map(peak_megabytes, works)]))
    child.start()
    told.close()
    found = answer.recv()
    child.join()
    return found


def slope(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The exponent of the power law through the last three points."""
    x, y = (torch.tensor([math.log(v) for v in values[-3:]]) for values in (sizes, costs))
    x = x - x.mean()
    return float(x @ y / (x @ x))


def measure(line: Line) -> tuple[list[float], list[float]]:
    """Seconds and MB at each size."""
    works = [line.make(size) for size in line.sizes]
    return [seconds(work) for work in works], [max(peak, LEAST) for peak in megabytes(works)]


def report(lines: Sequence[Line] = LINES) -> list[str]:
    """Measures and prints everything; returns the bars that are missed."""
    print(f"\n{'':24}{'against':>10}{'up to':>10}{'ms':>9}{'slope':>8}{'of':>3}{'MB':>9}{'slope':>8}{'of':>3}")
    missed = []
    for line in lines:
        costs = measure(line)
        print(f"{line.name:24}{line.size:>10}{line.sizes[-1]:10,}", end="")
        wrong = []
        for name, cost, expected, unit in zip(("time", "memory"), costs, (line.time, line.memory), (1e3, 1)):
            found = slope(line.sizes, cost)
            print(f"{cost[-1] * unit:9.1f}{found:8.2f}{expected:3}", end="")
            wrong += [name] if found > expected + SLACK else []
        print(f"   MISSED: {' and '.join(wrong)}" if wrong else "", flush=True)
        missed += [f"{name} of {line.name} against {line.size}" for name in wrong]
    print(f"\nbar: no slope more than {SLACK} above the expected one: {'MISSED' if missed else 'met'}")
    return missed
