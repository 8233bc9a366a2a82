"""The paths on which 06.2 is tried, their law, and the jump that is mistaken for it."""

from __future__ import annotations

import math

import torch

from ...checks import normal
from ...measure import gaussian_log_prob


def paths_and_rates():
    """Pairs of a path [x_0, ..., x_T], each state of shape (batch, d), and the rates beta_1, ..., beta_T."""
    rising, small = torch.linspace(0.02, 0.5, 20, dtype=torch.float64).tolist(), [4e-4, 1e-4, 2e-3]
    return (
        (states(torch.tensor([[[1.0]], [[0.5]], [[-0.3]]], dtype=torch.float64)), [0.5, 0.2]),
        (states(2 * normal(8, 2, 5, 1)), [0.3]),
        (states(normal(6, 4, 3, 1)), [0.1, 0.3, 0.6]),
        (states(normal(7, 6, 2, 2)), [0.05, 0.1, 0.2, 0.4, 0.7]),
        (states(3 * normal(10, 3, 3, 3)), [0.6, 0.2]),
        (states(normal(9, 5, 5, 3)), [0.4, 0.1, 0.4, 0.2]),
        (walk(20, 5 + normal(11, 1, 5), small), small),
        (walk(30, 1.3 + 0.7 * normal(12, 4, 1), rising), rising),
    )


def states(path):
    """A path as the page has it: a list, one tensor for each time."""
    return list(path.unbind())


def walk(seed, x0, betas):
    """A path that is drawn step by step, as the page does it; with small rates its density is large."""
    path = [x0]
    for k, beta in enumerate(betas):
        path.append(math.sqrt(1 - beta) * path[-1] + math.sqrt(beta) * normal(seed + k, *x0.shape))
    return path


def random_path(rng):
    """A path of 1 to 6 or 20 steps, for 1 to 5 samples in 1 to 5 dimensions, with its rates in any order."""
    steps = rng.choice([1, 2, 3, 4, 5, 6, 20])
    batch, d = rng.choice([1, 2, 3, 5]), rng.choice([1, 1, 2, 3, 5])
    betas = [rng.uniform(0.02, 0.9) for _ in range(steps)]
    again = betas[: (steps + 1) // 2] + betas[: steps // 2]
    betas = rng.choice([betas, sorted(betas), [betas[0]] * steps, again])
    seed, size = rng.getrandbits(30), rng.choice([0.2, 1.0, 5.0])
    if rng.random() < 0.5:
        return states(size * normal(seed, steps + 1, batch, d)), betas
    betas = rng.choice([betas, [beta / 100 for beta in betas]])
    return walk(seed + 1, size * normal(seed, batch, d) + rng.choice([0.0, 2.0]), betas), betas


def log_jump(path, betas):
    """log q(x_T | x_0), the marginal of the end."""
    kept = math.prod(1 - beta for beta in betas)
    return gaussian_log_prob(path[-1], math.sqrt(kept) * path[0], 1 - kept)


def log_path(path, betas):
    """log q(x_1, ..., x_T | x_0), the law of the path: the sum over its steps."""
    return sum(
        gaussian_log_prob(x_next, math.sqrt(1 - beta) * x, beta) for x, x_next, beta in zip(path, path[1:], betas)
    )
