"""Scales of two times, t and an earlier s, that the exercises of lesson 04 are tried on."""

from __future__ import annotations

import math
import random


def trig(t, s):
    """The scales alpha_t, sigma_t, alpha_s, sigma_s on a quarter of a circle, as in the lesson's figures."""
    return tuple(f(math.pi / 2 * time) for time in (t, s) for f in (math.cos, math.sin))


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
