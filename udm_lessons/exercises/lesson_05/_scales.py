"""The scales of three processes at two times: alpha_t, sigma_t, alpha_s, sigma_s."""

from __future__ import annotations

import math
import random

ON_A_CIRCLE = (0.6, 0.8, 0.8, 0.6)
ON_A_LINE = (0.3, 0.7, 0.5, 0.5)
EXPLODING = (1.0, 1.0, 1.0, 0.8)
FIRST_STEP = (0.0, 1.0, 0.28, 0.96)  # from nothing but noise
LAST_STEP = (0.6, 0.8, 1.0, 0.0)  # to the data
NEAR_THE_DATA = (0.9999998, 6e-4, 0.99999998, 2e-4)
NEAR_THE_NOISE = (5e-4, 0.9999999, 6e-4, 0.9999998)
OF_ITS_OWN = (2.0, 5.0, 3.0, 0.5)


def three_numbers(alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    """The factors of x0_hat, of x_t and of the fresh noise in a step."""
    c_t = sigma_s * math.sqrt(1 - sigma**2) / sigma_t
    return alpha_s - alpha_t * c_t, c_t, sigma_s * sigma


def drawn_scales(rng: random.Random) -> tuple[float, float, float, float]:
    """Any process at two of its times, short steps and both ends included."""
    t = rng.choice((1.0, 5e-4, 0.9995, *(rng.uniform(0.05, 1.0) for _ in range(7))))
    s = 0.0 if rng.random() < 0.15 else t * rng.choice((0.9998 if t > 0.99 else 0.98, rng.uniform(0.02, 0.95)))
    large = rng.choice((0.5, 3.0, 50.0))
    circle = [(math.sin((1 - u) * math.pi / 2), math.sin(u * math.pi / 2)) for u in (t, s)]
    line = [(1 - u, u) for u in (t, s)]
    exploding = [(1.0, large * u) for u in (t, s)]
    any_other = [(large * (1.5 - u), 4 * large * u**2) for u in (t, s)]
    now, then = rng.choice((circle, line, exploding, any_other))
    return *now, *then
