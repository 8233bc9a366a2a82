r"""Heat blur with a little noise: frequency k of the image fades like exp(-lambda_k tau_t)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from operator import mul

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    check_floating,
    check_order,
    check_positive,
    check_same_shape,
    check_shape,
    check_tensor,
    check_whole,
    moved,
    quoted,
)
from .base import AffineGaussian, check_positive_at, draw_and_destroy, scale_at
from .noise import Normal
from .schedules import ConstantNoise, Schedule, check_schedule


def dct_matrix(n: int) -> Tensor:
    r"""The orthonormal DCT-II matrix C, C_{kj} = c_k \cos(\pi k (j + 1/2) / n), float64, shape (n, n).

    c_0 = \sqrt{1/n} and c_k = \sqrt{2/n}; then C C^T = I.
    """
    k = torch.arange(check_whole(n, 1, "n"), dtype=torch.float64)
    matrix = torch.cos(math.pi / n * k[:, None] * (k + 0.5)) * math.sqrt(2 / n)
    matrix[0] /= math.sqrt(2)
    return matrix


class Blur(AffineGaussian):
    r"""x_t = C^T ( a_t * C x_0 + \sigma_t \varepsilon ), a_{t,k} = \alpha_t e^{-\lambda_k \tau_t}.

    C is the orthonormal DCT over the last axes, \lambda_k = \sum (\pi k_i / n_i)^2 the heat
    equation's eigenvalue and \tau_t = w_t^2 / 2, so that w_t is the standard deviation of the blur
    in pixels. The noise is kept in the DCT basis, where its law is the same N(0, I) and where each
    frequency has a signal-to-noise ratio of its own.

    size      the lengths of the last axes that are blurred, (height, width) or (n,)
    width     w_t: a number is its final value, reached linearly; or a function of t, 0 at t = 0
    schedule  alpha_t and sigma_t; the default is a constant light noise
    data      (n, ...) images from which `sample_prior` draws, since p(x_T) is not a known law

    Heat and constant noise are IHDM (Rissanen et al. 2022, section 3); heat and a variance-preserving
    schedule are Blurring Diffusion (Hoogeboom and Salimans 2023, section 4).
    Raises ValueError for t outside [0, t_max] or images that do not end in `size`.
    """

    noise_law = Normal()

    def __init__(
        self,
        size: Sequence[int],
        width: float | Callable[[Time], Time] = 2.0,
        schedule: Schedule | None = None,
        data: Tensor | None = None,
    ):
        self.size = check_shape(size, "size")
        if min(self.size) < 1:
            raise ValueError(f"size must hold positive lengths; got {quoted(self.size)}")
        if data is not None:
            check_tensor(data, "data")
        self.schedule = check_schedule(ConstantNoise() if schedule is None else schedule)
        self.t_max = self.schedule.t_max
        if not callable(width):
            width = check_positive(width, "width")
        self.width = width if callable(width) else partial(mul, width / self.t_max)
        self.data = data
        axes = [(math.pi * torch.arange(n, dtype=torch.float64) / n) ** 2 for n in self.size]
        self._eigenvalues = sum(torch.meshgrid(*axes, indexing="ij"))
        self._matrices = [dct_matrix(n) for n in self.size]
        self._moved: dict = {}

    def _constants(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        check_floating(x, "x0")
        if tuple(x.shape[-len(self.size) :]) != self.size or x.ndim <= len(self.size):
            wanted = ", ".join(map(str, self.size))
            raise ValueError(f"x0 must have shape (batch, ..., {wanted}); got {tuple(x.shape)}")
        key = (x.device, x.dtype)
        if key not in self._moved:
            matrices = [matrix.to(x.device, x.dtype) for matrix in self._matrices]
            self._moved[key] = (moved(self._eigenvalues, x.device), matrices)
        return self._moved[key]

    def dct(self, x: Tensor) -> Tensor:
        """C x: the coefficients of the last axes of x."""
        for axis, matrix in zip(range(-len(self.size), 0), self._constants(x)[1]):
            x = torch.tensordot(x, matrix, dims=([axis], [1])).movedim(-1, axis)
        return x

    def inverse_dct(self, coefficients: Tensor) -> Tensor:
        """C^T coefficients: back to pixels."""
        for axis, matrix in zip(range(-len(self.size), 0), self._constants(coefficients)[1]):
            product = torch.tensordot(coefficients, matrix, dims=([axis], [0]))
            coefficients = product.movedim(-1, axis)
        return coefficients

    def _width_squared(self, t: Time, x: Tensor) -> Time:
        t = align(t, x)
        self.schedule.alpha(t)  # refuses times outside [0, t_max]
        return self.width(t) ** 2

    def attenuation(self, t: Time, x: Tensor) -> Tensor:
        r"""a_{t,k} = \alpha_t e^{-\lambda_k w_t^2 / 2}, to multiply the coefficients of the batch x."""
        decay = torch.exp(-self._constants(x)[0] * self._width_squared(t, x) / 2)
        return (scale_at(self.schedule.alpha, t, x) * decay).to(x.dtype)

    def blur(self, x0: Tensor, t: Time) -> Tensor:
        """C^T (a_t * C x0): the blurred image without its noise, E[x_t | x0]."""
        return self.inverse_dct(self.attenuation(t, x0) * self.dct(x0))

    mean = blur

    def sigma(self, t: Time, x: Tensor) -> Time:
        """The noise scale sigma_t, aligned with the batch x."""
        return scale_at(self.schedule.sigma, t, x)

    def forward(self, x0: Tensor, noise: Tensor, t: Time) -> Tensor:
        """x_t = C^T (a_t * C x0 + sigma_t noise); noise is in the DCT basis."""
        check_floating(noise, "noise")
        check_same_shape(noise, x0, "noise", "x0")
        signal = self.attenuation(t, x0) * self.dct(x0)
        return self.inverse_dct(signal + self.sigma(t, x0) * noise)

    def infer_noise(self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        """noise = (C x_t - a_t * C x0) / sigma_t, in the DCT basis. Draws nothing."""
        check_floating(x0, "x0")
        check_floating(x_t, "x_t")
        check_same_shape(x_t, x0, "x_t", "x0")
        sigma = self.positive_sigma(t, x0)
        return (self.dct(x_t) - self.attenuation(t, x0) * self.dct(x0)) / sigma

    def markov_correlation(self, t: Time, s: Time, noise: Tensor) -> Tensor:
        r"""\rho_k = \sqrt{SNR_{t,k} / SNR_{s,k}} = (a_{t,k} / a_{s,k}) (\sigma_s / \sigma_t), per frequency.

        With it the design is the posterior of Blurring Diffusion (Hoogeboom and Salimans 2023, section 4).
        """
        check_floating(noise, "noise")
        check_order(t, s, strict=False)
        # The quotient of the decays, not of two numbers that may both have underflowed.
        widths = self._width_squared(t, noise) - self._width_squared(s, noise)
        decay = torch.exp(-self._constants(noise)[0] * widths / 2)
        alpha_t, alpha_s = (scale_at(self.schedule.alpha, time, noise) for time in (t, s))
        check_positive_at(alpha_s, "s", "alpha_s")
        sigma_t, sigma_s = self.positive_sigma(t, noise), self.sigma(s, noise)
        return (decay * (alpha_t / alpha_s * (sigma_s / sigma_t))).to(noise.dtype)

    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        """Images drawn from `data` with replacement, blurred and made noisy up to t_max.

        Raises ValueError if the process was built without data, or with data of another shape.
        """
        return draw_and_destroy(self, self.data, shape, generator, dtype, device)


