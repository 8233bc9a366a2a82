r"""What every forward process can do, whatever it destroys and however.

    forward       x_t = F_t(x0, noise),   noise ~ q
    infer_noise   noise ~ p(noise | x0, x_t)

Two laws hold for each process, and the tests hold each process to them:
F_t(x0, infer_noise(x0, x_t, t)) = x_t exactly, and the inferred noise has law q when x_t ~ p(x_t | x0).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    as_time,
    blocks,
    check_cast,
    check_floating,
    check_same_shape,
    check_shape,
    check_tensor,
    integers,
    library,
    moved,
    per_sample,
    quoted,
    times_of,
    wide,
)
from .noise import Noise, NoiseLaw


class ForwardProcess(ABC):
    """x_t = F_t(x0, noise) with noise ~ q, for t in [0, t_max]. The base of all processes.

    NaN or infinity in continuous data is carried through, and stays in its sample.
    """

    noise_law: NoiseLaw
    t_max: float

    def sample_noise(self, x0: Tensor, generator: Generator = None) -> Noise:
        """Noise ~ q for the batch x0."""
        check_tensor(x0, "x0")
        return self.noise_law.sample(x0, generator)

    @abstractmethod
    def forward(self, x0: Tensor, noise: Noise, t: Time) -> Tensor:
        """x_t = F_t(x0, noise)."""

    @abstractmethod
    def infer_noise(self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None) -> Noise:
        """Noise ~ p(noise | x0, x_t): the noise that led from x0 to x_t, drawn where it is not unique."""

    @abstractmethod
    def markov_refresh(self, noise: Noise, t: Time, s: Time, generator: Generator = None) -> Noise:
        """The kernel K for which the design is the posterior of the process's own Markov chain."""

    @abstractmethod
    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        """x_T at t = t_max, `shape` = (batch, ...): where generation starts."""

    def log_likelihood(self, x_t: Tensor, x0: Tensor, t: Time) -> Tensor:
        """log p(x_t | x0), one number per sample, shape (batch,). Raises TypeError if intractable."""
        raise TypeError(f"{type(self).__name__} has no tractable log p(x_t | x0)")

    def pairwise_log_likelihood(self, x_t: Tensor, data: Tensor, t: Time) -> Tensor:
        """log p(x_t | x0) of every x_t (batch, ...) under every row of data (n, ...): shape (batch, n)."""
        for name, x in (("x_t", x_t), ("data", data)):
            check_tensor(x, name)
            if x.ndim < 2:
                raise ValueError(f"{name} must have shape (n, ...); got {tuple(x.shape)}")
        align(t, x_t)
        each = max(math.prod(x.shape[1:]) for x in (x_t, data))

        def pairs(some: slice, rows: Tensor) -> Tensor:
            few = x_t[some]
            times = times_of(t, some)
            if times is not t:
                times = times.repeat_interleave(len(rows))
            repeated = rows.repeat(len(few), *[1] * (rows.ndim - 1))
            values = self.log_likelihood(few.repeat_interleave(len(rows), 0), repeated, times)
            return values.reshape(len(few), len(rows))

        return torch.cat(
            [
                torch.cat([pairs(some, data[part]) for part in blocks(len(data), each)], 1)
                for some in blocks(len(x_t), each * len(data))
            ]
        )


def check_process(process: ForwardProcess) -> ForwardProcess:
    """The process; raises TypeError for anything else."""
    if not isinstance(process, ForwardProcess):
        raise TypeError(f"process must be a ForwardProcess; got {type(process).__name__}")
    return process


class AffineGaussian(ForwardProcess):
    r"""Processes with p(x_t | x0) = N(mean_t(x0), sigma_t^2 I), mean_t linear: Gaussian noise and blur."""

    @abstractmethod
    def mean(self, x0: Tensor, t: Time) -> Tensor:
        """E[x_t | x0]."""

    @abstractmethod
    def sigma(self, t: Time, x: Tensor) -> Time:
        """The noise scale sigma_t, aligned with the batch x."""

    @abstractmethod
    def markov_correlation(self, t: Time, s: Time, noise: Tensor) -> float | Tensor:
        r"""sqrt(SNR_t / SNR_s): how much of the noise of x_t the Markov posterior of x_s keeps."""

    def sample_noise(self, x0: Tensor, generator: Generator = None) -> Tensor:
        check_floating(x0, "x0")
        return self.noise_law.sample(x0, generator)

    def markov_refresh(self, noise: Tensor, t: Time, s: Time, generator: Generator = None) -> Tensor:
        rho = self.markov_correlation(t, s, noise)
        return self.noise_law.correlate(noise, rho, generator)

    def positive_sigma(self, t: Time, x: Tensor) -> Time:
        """sigma_t; raises ValueError where it is 0, since x_t then says nothing of the noise."""
        check_floating(x, "x")
        sigma = self.sigma(t, x)
        if not (sigma > 0 if type(sigma) is float else bool((sigma > 0).all())):
            raise ValueError(f"t must have sigma_t > 0 here; got t = {quoted(t)} with sigma_t = 0")
        return sigma

    def log_likelihood(self, x_t: Tensor, x0: Tensor, t: Time) -> Tensor:
        r"""-|x_t - mean_t(x0)|^2 / (2 sigma_t^2) - (d/2) log(2 pi sigma_t^2), shape (batch,)."""
        check_floating(x0, "x0")
        check_floating(x_t, "x_t")
        check_same_shape(x_t, x0, "x_t", "x0")
        x_t, x0 = wide(x_t), wide(x0)
        sigma = self.positive_sigma(t, x0)
        log_sigma = math.log(sigma) if type(sigma) is float else sigma.log()
        squares = ((x_t - self.mean(x0, t)) / sigma) ** 2
        return per_sample(-squares / 2 - log_sigma - math.log(2 * math.pi) / 2)

    def pairwise_log_likelihood(self, x_t: Tensor, data: Tensor, t: Time) -> Tensor:
        check_floating(x_t, "x_t")
        check_floating(data, "data")
        x_t, data, t = wide(x_t), wide(data), as_time(t)
        align(t, x_t)
        if x_t.ndim == 0 or data.ndim == 0 or x_t.shape[1:] != data.shape[1:]:
            raise ValueError(
                f"x_t must hold samples of shape {tuple(data.shape[1:])}; got {tuple(x_t.shape[1:])}"
            )
        sigma = self.positive_sigma(t, x_t)
        if isinstance(sigma, Tensor):
            sigma = sigma.reshape(-1, 1)
        squares = self._distances(x_t, data, t) ** 2
        dimension = math.prod(x_t.shape[1:])
        log_scale = library(sigma).log(math.sqrt(2 * math.pi) * sigma)
        return squares.div_(-2 * sigma**2).sub_(dimension * log_scale)

    def _distances(self, x_t: Tensor, data: Tensor, t: Time) -> Tensor:
        """|x_t - mean_t(d)| of every x_t (batch, ...) and every row d of data (n, ...): (batch, n)."""
        if isinstance(t, Tensor) and t.ndim == 1:
            alone = [self._distances(x_t[k : k + 1], data, one) for k, one in enumerate(t if t.requires_grad else t.tolist())]
            return torch.cat([x_t.new_zeros(0, len(data)), *alone])
        parts = (data[part] for part in blocks(len(data), math.prod(data.shape[1:])))
        return torch.cat([distances(x_t, self._mean_at(rows, t).to(x_t.dtype)) for rows in parts], 1)

    def _mean_at(self, x0: Tensor, t: Time) -> Tensor:
        """The mean at one time for all, a number or a 0-d tensor; the latter carries a gradient."""
        return self.mean(x0, t.expand(len(x0)) if isinstance(t, Tensor) else t)


def distances(a: Tensor, b: Tensor) -> Tensor:
    """|a_i - b_j|, shape (n, m): the plain way, entry by entry, in float32 at least.

    a (n, ...) and b (m, ...) hold samples of one shape and dtype; raises TypeError or ValueError for others.
    """
    check_floating(a, "a")
    check_floating(b, "b")
    if min(a.ndim, b.ndim) < 2 or a.shape[1:] != b.shape[1:] or a.dtype != b.dtype:
        shapes = f"{tuple(a.shape)} {a.dtype} and {tuple(b.shape)} {b.dtype}"
        raise ValueError(f"a and b must hold samples of one shape and dtype; got {shapes}")
    a, b = (wide(x.flatten(1)) for x in (a, b))
    # The product form |a|^2 - 2ab + |b|^2 loses half the digits for near neighbours.
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def draw_and_destroy(process, data, shape, generator, dtype, device) -> Tensor:
    """x_T of rows drawn from `data` with replacement: the prior of a process that has no known one."""
    if data is None:
        raise ValueError(
            f"data must be given to {type(process).__name__}(...) to draw from its prior: "
            "p(x_T) is the law of destroyed data, not a known law"
        )
    shape, device = check_shape(shape), check_cast(dtype, device, data.is_floating_point())
    if shape[1:] != tuple(data.shape[1:]):
        raise ValueError(f"shape must be (batch, *{tuple(data.shape[1:])}); got {quoted(shape)}")
    rows = integers(len(data), (shape[0],), generator, data.device)
    x0 = moved(data[rows].to(dtype or data.dtype), device)
    return process.forward(x0, process.sample_noise(x0, generator), process.t_max)


def check_positive_at(scale: Time, name: str, what: str) -> None:
    """Raises ValueError, naming a time, unless a scale is positive there for every sample."""
    if not (scale > 0 if type(scale) is float else bool((scale > 0).all())):
        raise ValueError(f"{name} must be a time with {what} > 0")


def scale_at(function, t: Time, x: Tensor) -> Time:
    """A schedule's function at the times t, aligned with the batch x and in its dtype."""
    if type(t) is float:
        return function(t)
    value = function(align(t, x))
    return value.to(x.dtype) if isinstance(value, Tensor) else value
