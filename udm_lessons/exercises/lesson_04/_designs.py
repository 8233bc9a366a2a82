"""What the three designs of lesson 04 (independent, delta, mixed) are tried on."""

from __future__ import annotations

import math

import torch

from ...checks import normal


def design_cases():
    """Cases (x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s); xi is the fresh noise."""

    def scales(t, s):
        return (math.cos(1.5 * t), math.sin(1.5 * t), math.cos(1.5 * s), math.sin(1.5 * s))

    first = (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), torch.tensor([[0.3, -0.7]]))
    return (
        (*first, 0.6, 0.9, 0.8, 0.5),
        (normal(0, 4, 3), normal(1, 4, 3), normal(2, 4, 3), *scales(0.9, 0.4)),
        (normal(3, 2, 1, 3, 5), normal(4, 2, 1, 3, 5), normal(5, 2, 1, 3, 5), 1.0, 4.0, 1.0, 1.5),
    )
