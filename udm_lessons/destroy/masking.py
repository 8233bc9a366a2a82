r"""Masking: every token hides behind MASK once the level p_t has passed its threshold u."""

from __future__ import annotations

import math
from numbers import Real

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    check_cast,
    check_same_shape,
    check_shape,
    check_tensor,
    per_sample,
    precise,
    quoted,
)
from .base import ForwardProcess
from .levels import Level, check_level
from .noise import Uniform, check_thresholds


class Masking(ForwardProcess):
    r"""x_{t,i} = MASK if u_i < p_t else x_{0,i}, with thresholds u_i ~ U(0, 1).

    x0 is any tensor (batch, ...), tokens or pixels; `mask` is a value that the data never takes.
    Given x0 and x_t a threshold is only known to lie on one side of p_t: u_i ~ U(0, p_t) if masked,
    U(p_t, 1) if visible. With `Keep()` or `Markov()` this is the absorbing process of D3PM
    (Austin et al. 2021, appendix A.2.2) and of MDLM (Sahoo et al. 2024, section 3.2).

    Off the support: a visible token of x_t that x0 contradicts raises ValueError. `carry_over`
    projects a guess x0_hat onto the visible tokens of x_t; `rebuild.carry_over` does so for
    every guess of a predictor.
    """

    noise_law = Uniform()

    def __init__(self, mask: float, level: Level | None = None):
        if not isinstance(mask, Real) or mask != mask:
            raise TypeError(f"mask must be a number that data can be compared with; got {quoted(mask)}")
        self.mask = mask
        self.level = check_level(level)
        self.t_max = self.level.t_max

    def _p(self, t: Time, x: Tensor) -> Time:
        return self.level.p(align(t, x))

    def _check(self, x0: Tensor) -> None:
        check_tensor(x0, "x0")
        self._check_dtype(x0.dtype, "x0")
        if bool((x0 == self.mask).any()):
            raise ValueError(f"x0 must hold no MASK ({self.mask}); a guess must fill every position")

    def _check_dtype(self, dtype: torch.dtype, name: str) -> None:
        """Raises ValueError unless numbers of this dtype can be MASK."""
        if not dtype.is_floating_point and not float(self.mask).is_integer():
            raise ValueError(f"{name} must be floating-point for the mask {self.mask}; got dtype {dtype}")

    def forward(self, x0: Tensor, noise: Tensor, t: Time) -> Tensor:
        """MASK where noise < p_t, x0 elsewhere."""
        self._check(x0)
        check_thresholds(noise, x0)
        return x0.masked_fill(noise < self._p(t, x0), self.mask)

    def carry_over(self, x0_hat: Tensor, x_t: Tensor) -> Tensor:
        """x0_hat with the visible tokens of x_t put in their places."""
        check_same_shape(x0_hat, x_t, "x0_hat", "x_t")
        return torch.where(x_t == self.mask, x0_hat, x_t)

    def infer_noise(self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        """u_i ~ U(0, p_t) where x_t is masked, U(p_t, 1) where it is visible."""
        self._check(x0)
        check_same_shape(x_t, x0, "x_t", "x0")
        p = self._p(t, x0)
        masked = x_t == self.mask
        possible = torch.where(masked, p > 0, p < 1)
        if not bool((possible & (masked | (x_t == x0))).all()):
            raise ValueError(
                "x_t must be reachable from x0: a visible token of x_t differs from x0, or p_t is 0 or 1 "
                "where that excludes x_t. Wrap the predictor in rebuild.carry_over"
            )
        u = self.noise_law.sample(x0, generator)
        return torch.where(masked, p * u, p + (1 - p) * u)

    def markov_refresh(self, noise: Tensor, t: Time, s: Time, generator: Generator = None) -> Tensor:
        """The thresholds as they are: a token is masked once and for all."""
        return noise

    def log_likelihood(self, x_t: Tensor, x0: Tensor, t: Time) -> Tensor:
        """(number masked) log p_t + (number visible) log(1 - p_t), or -inf off the support; (batch,)."""
        check_same_shape(x_t, x0, "x_t", "x0")
        p = precise(self._p(t, x0), x0.device)
        log_p = torch.where(x_t == self.mask, p.log(), (1 - p).log())
        return per_sample(log_p.masked_fill((x_t != self.mask) & (x_t != x0), -math.inf))

    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        """All MASK: x_T at p_T = 1. dtype is int64 unless given; ValueError if it cannot hold MASK."""
        device, dtype = check_cast(dtype, device), dtype or torch.int64
        self._check_dtype(dtype, "dtype")
        return torch.full(check_shape(shape), self.mask, dtype=dtype, device=device)
