"""What the three designs of lesson 04 (independent, delta, mixed) are tried on."""

from __future__ import annotations

import math
import random

import torch

from ...checks import normal


def trig(t, s):
    """The scales alpha_t, sigma_t, alpha_s, sigma_s on a quarter of a circle, as in the lesson's figures."""
    return tuple(f(math.pi / 2 * time) for time in (t, s) for f in (math.cos, math.sin))


def tensors(seed, *shape, dtype=torch.float64):
    """x0_hat, x_t and xi."""
    return tuple(normal(seed + k, *shape).to(dtype) for k in range(3))


def design_cases():
    """Cases (x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s); xi is the fresh noise.

    The last five: columns in float32, the last step (s = 0), the first step (t = 1), hardly any noise, nothing but noise.
    """

    def scales(t, s):
        return (math.cos(1.5 * t), math.sin(1.5 * t), math.cos(1.5 * s), math.sin(1.5 * s))

    first = (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), torch.tensor([[0.3, -0.7]]))
    return (
        (*first, 0.6, 0.9, 0.8, 0.5),
        (*tensors(0, 4, 3), *scales(0.9, 0.4)),
        (*tensors(3, 2, 1, 3, 5), 1.0, 4.0, 1.0, 1.5),
        (*tensors(6, 6, 1, dtype=torch.float32), *trig(0.7, 0.4)),
        (*tensors(9, 2, 2), *trig(0.5, 0.0)),
        (*(40 * x for x in tensors(12, 5, 2)), *trig(1.0, 0.9)),
        (*tensors(15, 3, 1), 1.0, 6e-4, 1.0, 2e-4),
        (40 * normal(18, 2, 3), normal(19, 2, 3), normal(20, 2, 3), 0.0, 1.0, 6e-4, 0.9999998),
    )


def design_inputs(rng: random.Random):
    shape = rng.choice(((1, 1), (1, 2), (2, 2), (5, 1), (2, 3), (4, 5), (60, 1), (2, 1, 3, 5), (1, 1, 4, 4)))
    size, dtype = rng.choice((0.1, 1.0, 1.0, 40.0)), rng.choice((torch.float32, torch.float64))
    values = tensors(rng.getrandbits(30), *shape)
    return *((size * x).to(dtype) for x in values), *design_scales(rng)


def design_scales(rng: random.Random):
    """Scales of t and of an earlier s: on a circle, on a line, with exploding noise, or any with a falling SNR."""
    t = rng.choice((1.0, rng.uniform(0.05, 0.99), rng.uniform(0.05, 0.99), 5e-4))
    s = t * rng.choice((0.0, 0.3, rng.uniform(0, 0.9), 0.9994))
    kind = rng.choice(("circle", "line", "exploding", "any"))
    if kind == "circle":
        return trig(t, s)
    if kind == "line":
        return 1 - t, t, 1 - s, s
    if kind == "exploding":
        return 1.0, 0.01 * 500**t, 1.0, 0.01 * 500**s
    alpha_t, alpha_s = sorted(rng.uniform(0.05, 1) for _ in range(2))
    sigma_s, sigma_t = sorted(rng.uniform(0.05, 4) for _ in range(2))
    return alpha_t, sigma_t, alpha_s, sigma_s
