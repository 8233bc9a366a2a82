"""Pairs of data x0 and a point x on the way from it, for the conditional score and velocity."""

from __future__ import annotations

import torch

from ...checks import normal


def pairs():
    """Cases (x, x0, alpha, sigma, d_alpha, d_sigma).

    No alpha and sigma sum to one, as on the straight line; one pair lies on the circle. The last ones:
    columns in float32, little noise, the noisy end of the circle and another, columns of places beside rows of data.
    """
    return (
        (torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 3.0]]), 0.75, 0.5, -1.5, 0.8),
        (normal(0, 4, 3), normal(1, 4, 3), 0.6, 0.8, -2.0, 1.0),
        (normal(2, 2, 5), normal(3, 2, 5), 0.8, 3.0, 0.0, 4.0),
        (normal(4, 5, 1).float(), normal(5, 5, 1).float(), 1.0, 0.35, -0.4, 1.2),
        (3 * normal(6, 3, 3), 3 * normal(7, 3, 3), 0.995, 2e-4, -0.1, 1.5),
        (normal(8, 1, 2), normal(9, 1, 2), 0.0, 1.0, -1.57, 0.0),
        (20 * normal(14, 2, 1, 2, 3), normal(15, 2, 1, 2, 3), 0.3, 1.0, -0.2, 3.0),
        (normal(16, 2, 4), normal(17, 2, 4), 0.0, 1.5, -1.0, 0.7),
        (normal(10, 6, 1), torch.tensor([0.0, 1.0, -1.0, 0.4], dtype=torch.float64), 0.4, 0.7, -0.9, 1.1),
        (normal(12, 3, 1), normal(13, 3), 0.8, 0.25, -0.5, 0.6),
    )


def drawn_little(rng):
    """A number that a guard against zero would not leave alone."""
    return 10 ** rng.uniform(-4.5, -2.5)


def random_pair(rng):
    """A pair of one shape, or a column of places beside a row of data, at any scales with sigma > 0."""
    same = ((1, 1), (1, 2), (2, 2), (4, 3), (3, 3), (6, 1), (2, 1, 3, 4))
    fitting = (((7, 1), (5,)), ((3, 1), (3,)), ((1, 1), (4,)))
    one, other = rng.choice((*((shape, shape) for shape in same), *fitting))
    dtype, size = rng.choice((torch.float32, torch.float64)), rng.choice((0.1, 2, 2, 20))
    x, x0 = (size * normal(rng.getrandbits(30), *shape).to(dtype) for shape in (one, other))
    if rng.random() < 0.2:
        x0 = x0.clamp(-1, 1).where(x0.abs() > 0.3, 0.0)
    alpha = rng.choice((0.0, 1.0, rng.random(), rng.random()))
    sigma = rng.choice((1.0, drawn_little(rng), *(rng.uniform(0.05, 4.0),) * 3))
    d_alpha, d_sigma = rng.choice((0.0, rng.uniform(-3, 0))), rng.choice((0.0, 1.0, *(rng.uniform(0, 5),) * 3))
    return x, x0, alpha, sigma, d_alpha, d_sigma
