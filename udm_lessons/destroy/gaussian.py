r"""Gaussian noise: x_t = alpha_t x0 + sigma_t eps, eps ~ N(0, I)."""

from __future__ import annotations

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    check_cast,
    check_floating,
    check_order,
    check_same_shape,
    check_shape,
    normal,
    wide,
)
from .base import AffineGaussian, check_positive_at, distances, scale_at
from .noise import Normal
from .schedules import Schedule, check_schedule


class Gaussian(AffineGaussian):
    r"""x_t = \alpha_t x_0 + \sigma_t \varepsilon with eps ~ N(0, I), for any `Schedule`.

    x0 and eps are floating-point tensors of any one shape (batch, ...); t is a number or (batch,).
    The noise is unique: eps = (x_t - alpha_t x0) / sigma_t, so nothing is off the support.
    Raises TypeError for tokens, ValueError for t outside [0, t_max], for tensors of different
    shapes, and for sigma_t = 0 where the noise is asked for.
    """

    noise_law = Normal()

    def __init__(self, schedule: Schedule):
        self.schedule = check_schedule(schedule)
        self.t_max = schedule.t_max

    def sigma(self, t: Time, x: Tensor) -> Time:
        """The noise scale sigma_t, aligned with the batch x."""
        return scale_at(self.schedule.sigma, t, x)

    def mean(self, x0: Tensor, t: Time) -> Tensor:
        """alpha_t x0."""
        check_floating(x0, "x0")
        return scale_at(self.schedule.alpha, t, x0) * x0

    def _distances(self, x_t: Tensor, data: Tensor, t: Time) -> Tensor:
        if not (isinstance(t, Tensor) and t.ndim == 1):
            return super()._distances(x_t, data, t)
        # |x_t - alpha d| = alpha |x_t / alpha - d|, all times at once. An alpha of 0 becomes one so small
        # that alpha d changes no digit of x_t, and whose inverse may still be squared.
        x_t = wide(x_t)
        least = torch.finfo(x_t.dtype).tiny ** 0.375
        alpha = scale_at(self.schedule.alpha, t, x_t)
        alpha = alpha + (least - alpha.detach()).clamp(min=0)  # clamp would cut the gradient
        return distances(x_t / alpha, data.to(x_t.dtype)) * alpha.reshape(-1, 1)

    def forward(self, x0: Tensor, noise: Tensor, t: Time) -> Tensor:
        r"""x_t = \alpha_t x_0 + \sigma_t \varepsilon (Ho et al. 2020, eq. 4; Kingma et al. 2021, eq. 1)."""
        check_floating(x0, "x0")
        check_floating(noise, "noise")
        check_same_shape(noise, x0, "noise", "x0")
        sigma = self.sigma(t, x0)
        if isinstance(sigma, Tensor):
            return self.mean(x0, t) + sigma * noise
        return torch.add(self.mean(x0, t), noise, alpha=sigma)

    def infer_noise(self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        r"""eps = (x_t - \alpha_t x_0) / \sigma_t. Draws nothing."""
        check_floating(x0, "x0")
        check_floating(x_t, "x_t")
        check_same_shape(x_t, x0, "x_t", "x0")
        sigma = self.positive_sigma(t, x0)
        alpha = scale_at(self.schedule.alpha, t, x0)
        if isinstance(alpha, Tensor):
            return (x_t - alpha * x0) / sigma
        return torch.sub(x_t, x0, alpha=alpha).div_(sigma)

    def markov_correlation(self, t: Time, s: Time, noise: Tensor) -> float | Tensor:
        r"""\sqrt{SNR_t / SNR_s} = \alpha_t \sigma_s / (\alpha_s \sigma_t): the choice that is DDPM.

        Raises ValueError if the SNR does not decrease from s to t.
        """
        check_floating(noise, "noise")
        check_order(t, s, strict=False)
        alpha_t, alpha_s = (scale_at(self.schedule.alpha, time, noise) for time in (t, s))
        check_positive_at(alpha_s, "s", "alpha_s")
        return alpha_t * self.sigma(s, noise) / (alpha_s * self.positive_sigma(t, noise))

    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        r"""N(0, sigma_T^2 I): the law of x_T up to what is left of the signal, alpha_T x0."""
        device = check_cast(dtype, device, floating=True)
        return self.schedule.sigma(self.t_max) * normal(check_shape(shape), generator, dtype, device)
