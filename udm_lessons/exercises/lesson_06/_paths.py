"""The paths on which 06.2 and 06.3 are tried, and the jump that is mistaken for the law of a path."""

from __future__ import annotations

import math

import torch

from ...checks import normal
from ...measure import gaussian_log_prob


def paths_and_rates():
    """Pairs of a path x_0, ..., x_T, each state of shape (batch, d), and the rates beta_1, ..., beta_T."""
    return (
        (torch.tensor([[[1.0]], [[0.5]], [[-0.3]]]), [0.2, 0.5]),
        (normal(6, 4, 3, 1), [0.1, 0.3, 0.6]),
        (normal(7, 6, 2, 2), [0.05, 0.1, 0.2, 0.4, 0.7]),
    )


def log_jump(path, betas):
    """log q(x_T | x_0), the marginal of the end."""
    kept = math.prod(1 - beta for beta in betas)
    return gaussian_log_prob(path[-1], math.sqrt(kept) * path[0], 1 - kept)
