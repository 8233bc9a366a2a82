r"""The faces of the probability flow: in each, a scaled x moves along a clock of its own.

With x = \alpha_t x_0 + \sigma_t \varepsilon and a prediction m, the flow dx/dt = E[\alpha' x_0 + \sigma' \varepsilon | x]
reads d(x / c) = m d\tau:

    face     m              scale c                 clock \tau
    x0       x_0            \sigma                  \alpha / \sigma
    eps      \varepsilon    \alpha                  \sigma / \alpha
    flow     eps - x_0      \alpha + \sigma         \sigma / (\alpha + \sigma)
    angle    v_vp / c       |(\alpha, \sigma)|      \arctan(\sigma / \alpha)

Each face is the schedule in which its prediction is the velocity; that all of them are one flow is
Prop. 6.3.3 of Lai et al. 2025. The first two are the exponential integrators of Lu et al. 2022 and of
Zhang and Chen 2023.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

Scales = tuple[float, float]

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(24)
# Adams-Bashforth on even steps has 3.7 at order 3 and 22.8 at order 6.
_MOST = 30


class Face(NamedTuple):
    r"""How one prediction moves x: x_s / c_s = x_t / c_t + \int m d\tau.

    kind      what the model is asked for
    unit      m = prediction / unit(alpha, sigma)
    scale     c(alpha, sigma)
    place     \phi(alpha, sigma): m is held as a polynomial in it
    density   c_s d\tau / d\phi at \phi, for a step that ends at (alpha_s, sigma_s, \phi_s)
    plain     c_s (\tau_s - \tau_t) from (alpha_t, sigma_t, alpha_s, sigma_s): the coefficient of a constant m
    """

    kind: str
    unit: Callable[[float, float], float]
    scale: Callable[[float, float], float]
    place: Callable[[float, float], float]
    density: Callable
    plain: Callable[[float, float, float, float], float]


def log_ratio(alpha: float, sigma: float) -> float:
    """log(alpha / sigma), half the log SNR, with its infinite ends."""
    if alpha == 0 or sigma == 0:
        return -math.inf if alpha == 0 else math.inf
    return math.log(alpha) - math.log(sigma)


def _share(alpha: float, sigma: float) -> float:
    return sigma / (alpha + sigma)


def _angle(alpha: float, sigma: float) -> float:
    return math.atan2(sigma, alpha)


FACES = {
    "x0": Face(
        kind="x0",
        unit=lambda a, s: 1.0,
        scale=lambda a, s: s,
        place=log_ratio,
        density=lambda phi, a, s, end: a * np.exp(phi - end),
        plain=lambda a, s, a_s, s_s: a_s - a * s_s / s,
    ),
    "eps": Face(
        kind="eps",
        unit=lambda a, s: 1.0,
        scale=lambda a, s: a,
        place=log_ratio,
        density=lambda phi, a, s, end: -s * np.exp(end - phi),
        plain=lambda a, s, a_s, s_s: s_s - s * a_s / a,
    ),
    "flow": Face(
        kind="flow",
        unit=lambda a, s: 1.0,
        scale=lambda a, s: a + s,
        place=_share,
        density=lambda phi, a, s, end: a + s,
        plain=lambda a, s, a_s, s_s: (a_s + s_s) * (_share(a_s, s_s) - _share(a, s)),
    ),
    "angle": Face(
        kind="v_vp",
        unit=math.hypot,
        scale=math.hypot,
        place=_angle,
        density=lambda phi, a, s, end: math.hypot(a, s),
        plain=lambda a, s, a_s, s_s: math.hypot(a_s, s_s) * (_angle(a_s, s_s) - _angle(a, s)),
    ),
}


def advance(
    face: Face, x: Tensor, start: Scales, end: Scales, nodes: list[tuple[float, Tensor]]
) -> Tensor:
    r"""x at `end`, from x at `start`, with m the polynomial through the nodes (place, value), newest first.

    The oldest nodes are left out until \sum |w_j| <= 30 |\sum w_j|: where places nearly coincide, or lie
    close together beside a long step, the polynomial would multiply what is wrong with each m.
    """
    x = x * (face.scale(*end) / face.scale(*start))
    first, last = face.place(*start), face.place(*end)
    if math.isfinite(first) and math.isfinite(last):
        nodes = [node for node in nodes if math.isfinite(node[0])]
        phi = (first + last) / 2 + (last - first) / 2 * _POINTS
        density = (last - first) / 2 * _WEIGHTS * face.density(phi, *end, last)
        while len(nodes) > 1:
            weights = _weights(phi, density, [place for place, _ in nodes])
            if sum(map(abs, weights)) <= _MOST * abs(sum(weights)):
                for weight, (_, m) in zip(weights, nodes):
                    x = torch.add(x, m, alpha=weight)
                return x
            nodes = nodes[:-1]
    return torch.add(x, nodes[0][1], alpha=face.plain(*start, *end))


def _weights(phi: np.ndarray, density: np.ndarray, places: list[float]) -> list[float]:
    """The integral of each Lagrange polynomial; nan where two places are one."""
    if len(set(places)) < len(places):
        return [math.nan] * len(places)
    weights = []
    for j, here in enumerate(places):
        others = (place for k, place in enumerate(places) if k != j)
        polynomial = math.prod(((phi - place) / (here - place) for place in others), start=np.ones_like(phi))
        weights.append(float(density @ polynomial))
    return weights
