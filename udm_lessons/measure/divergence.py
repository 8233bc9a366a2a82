r"""div v, the trace of the Jacobian of a velocity: exactly, or by Hutchinson's estimate.

A velocity is any function (x, t) -> v with x and v of shape (batch, ...) and t a float. A sample's
velocity may depend on that sample alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    as_time,
    check_batch,
    check_callable,
    check_floating,
    check_number,
    check_same_shape,
    check_whole,
    per_sample,
    uniform,
)

Velocity = Callable[[Tensor, float], Tensor]
Divergence = Callable[[Velocity, Tensor, float], tuple[Tensor, Tensor]]


def exact_divergence(velocity: Velocity, x: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """v (batch, ...) and div v = sum_i d v_i / d x_i (batch,), at one backward pass per entry of x.

    What comes back carries no gradient. Raises ValueError if v has another shape than x, or cannot be differentiated.
    """

    check_floating(x, "x")
    check_batch(x, "x")
    if x[:1].numel() == 0:
        raise ValueError(f"x must hold samples with at least one entry; got {tuple(x.shape)}")

    def basis() -> Iterator[Tensor]:
        for i in range(math.prod(x.shape[1:])):
            one = x.new_zeros(x.shape[1:])
            one.view(-1)[i] = 1
            yield one.expand_as(x)

    v, products = _products(velocity, x, t, basis())
    return v, products.sum(0)


@dataclass(frozen=True)
class Hutchinson:
    r"""div v = E[ z^T (\partial v / \partial x) z ], estimated without bias by k probes, E[z z^T] = I.

    probes (k, batch, ...) stay the same along the whole path, which keeps the field smooth in time. What
    comes back, (v, div v), carries no gradient.
    Source: Hutchinson 1989; Grathwohl et al. 2019 (FFJORD), eq. 7.
    """

    probes: Tensor

    def __post_init__(self) -> None:
        check_floating(self.probes, "probes")
        if self.probes.ndim < 2 or len(self.probes) == 0:
            raise ValueError(f"probes must have shape (k, batch, ...), k >= 1; got {tuple(self.probes.shape)}")

    @classmethod
    def signs(cls, x: Tensor, k: int, generator: Generator = None) -> Hutchinson:
        """k probes of random signs for each sample of x (batch, ...)."""
        check_floating(x, "x")
        coins = uniform((check_whole(k, 1, "k"), *x.shape), generator, x.device) < 0.5
        return cls(1 - 2 * coins.to(x.dtype))

    def __call__(self, velocity: Velocity, x: Tensor, t: float) -> tuple[Tensor, Tensor]:
        check_floating(x, "x")
        if self.probes.shape[1:] != x.shape:
            raise ValueError(
                f"probes must have shape (k, *{tuple(x.shape)}); got {tuple(self.probes.shape)}"
            )
        v, products = _products(velocity, x, t, self.probes)
        return v, products.mean(0)


def _products(
    velocity: Velocity, x: Tensor, t: float, probes: Iterable[Tensor]
) -> tuple[Tensor, Tensor]:
    """v, and z^T (dv/dx) z for every probe: (k, batch). No gradient outlives its product."""
    check_callable(velocity, "velocity", "(x, t)")
    check_floating(x, "x")
    t = check_number(as_time(t), "t")
    with torch.inference_mode(False), torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        v = velocity(x, t)
        check_same_shape(v, x, "velocity(x, t)", "x")
        if not v.requires_grad:
            raise ValueError("velocity must be differentiable in x; is torch.no_grad() inside it?")
        products = [
            per_sample(z * torch.autograd.grad(v, x, z, retain_graph=True)[0]) for z in probes
        ]
    return v.detach(), torch.stack(products)
