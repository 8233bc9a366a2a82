"""A mixture in the plane that networks learn, and how far they are from its exact posterior mean."""

from __future__ import annotations

import torch
from torch import nn

from udm_lessons.destroy import Gaussian, Trig
from udm_lessons.learn import MLP, draw_times, network_predictor
from udm_lessons.rebuild import GaussianMixture

from .statistics import rng

ORACLE = GaussianMixture(
    torch.tensor([[-1.2, 0.3], [0.8, 1.0], [0.9, -1.0]]), torch.tensor([0.05, 0.1, 0.02])
)
SCHEDULE = Trig()
PROCESS = Gaussian(SCHEDULE)


def network(width: int = 64, seed: int = 0, **options) -> MLP:
    torch.manual_seed(seed)
    return MLP(2, width, schedule=SCHEDULE, **options)


def distance(model: nn.Module, kind: str) -> float:
    """Root mean square of x0_hat - E[x0 | x_t] over x_t ~ p_t, t uniform on (0.1, 0.9)."""
    x0, t = ORACLE.sample(2000, rng(5)), draw_times(PROCESS, 2000, rng(6), 0.1, 0.9)
    x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(7)), t)
    guess = network_predictor(model, kind, SCHEDULE)(x_t, t, None)
    wrong = guess - ORACLE.x0_mean(x_t, t, SCHEDULE)
    return float((wrong**2).sum(1).mean().sqrt())
