"""Deterministic corruption: x_t = D(x0, t), with no noise at all."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    as_time,
    check_callable,
    check_floating,
    check_positive,
    check_range,
    check_same_shape,
)
from .base import ForwardProcess, draw_and_destroy
from .noise import NoNoise


class Cold(ForwardProcess):
    r"""x_t = D(x_0, t) for a function `degrade` with D(x0, 0) = x0 (Bansal et al. 2022, "Cold Diffusion").

    The noise is the residual r = x_t - D(x0, t). It is zero on the support, where refreshing has
    nothing to do. A restored x0_hat is never perfect, so pairs off the support are the rule; there
    this class takes the limit of vanishing noise, x_t = D(x0, t) + sigma * eps with sigma -> 0:
    `Keep()` carries the residual, x_s = x_t - D(x0_hat, t) + D(x0_hat, s) (their Algorithm 2), and
    `Redraw()` drops it, x_s = D(x0_hat, s) (their Algorithm 1).

    degrade   a function (x0, t) -> tensor of the shape of x0
    data      (n, ...) tensor from which `sample_prior` draws
    t_max     the last time

    p(x_t | x0) is a point mass: `log_likelihood` raises TypeError, and so do refreshes that need a law.
    """

    noise_law = NoNoise()

    def __init__(
        self,
        degrade: Callable[[Tensor, Time], Tensor],
        data: Tensor | None = None,
        t_max: float = 1.0,
    ):
        check_callable(degrade, "degrade", "(x0, t)")
        self.degrade = degrade
        self.data = data
        self.t_max = check_positive(t_max, "t_max")

    def _degrade(self, x0: Tensor, t: Time) -> Tensor:
        align(t, x0)
        t = as_time(t)
        check_range(t, 0.0, self.t_max, "t")
        destroyed = self.degrade(x0, t)
        check_same_shape(destroyed, x0, "degrade(x0, t)", "x0")
        return destroyed

    def forward(self, x0: Tensor, noise: Tensor, t: Time) -> Tensor:
        """D(x0, t) + residual; the residual that `sample_noise` gives is zero."""
        check_floating(x0, "x0")
        check_floating(noise, "noise")
        check_same_shape(noise, x0, "noise", "x0")
        return self._degrade(x0, t) + noise

    def infer_noise(self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        """The residual x_t - D(x0, t). Draws nothing."""
        check_floating(x0, "x0")
        check_floating(x_t, "x_t")
        check_same_shape(x_t, x0, "x_t", "x0")
        return x_t - self._degrade(x0, t)

    def markov_refresh(self, noise: Tensor, t: Time, s: Time, generator: Generator = None) -> Tensor:
        """The residual as it is: going back along a deterministic path adds nothing."""
        return noise

    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        """D(x0, t_max) of rows drawn from `data`; raises ValueError if there is no data."""
        return draw_and_destroy(self, self.data, shape, generator, dtype, device)
