r"""How fast noise takes over: schedules. (How many tokens are gone is said by the levels of `levels.py`.)

A `Schedule` says how much signal and how much noise is in x_t,

    x_t = \alpha_t x_0 + \sigma_t \varepsilon.

It takes a number (and answers with a float) or a tensor (and answers with a tensor).
Continuous time runs over [0, 1]; the chains of whole steps are in `chain.py`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from .._arrays import Time, as_time, check_number, check_positive, check_range, check_real, check_time, library, moved


class Schedule(ABC):
    r"""The pair (alpha_t, sigma_t) of an affine Gaussian corruption, t in [0, t_max].

    A subclass gives `alpha` and `sigma` and their derivatives in t. The signal-to-noise ratio
    SNR_t = alpha_t^2 / sigma_t^2 of every schedule here decreases strictly (`ConstantNoise` apart).
    """

    t_max: float = 1.0

    @abstractmethod
    def alpha(self, t: Time) -> Time:
        """The signal scale alpha_t >= 0."""

    @abstractmethod
    def sigma(self, t: Time) -> Time:
        """The noise scale sigma_t >= 0 (a standard deviation, not a variance)."""

    @abstractmethod
    def d_alpha(self, t: Time) -> Time:
        """d alpha_t / dt."""

    @abstractmethod
    def d_sigma(self, t: Time) -> Time:
        """d sigma_t / dt."""

    def log_snr(self, t: Time) -> Time:
        r"""log SNR_t = \log(\alpha_t^2 / \sigma_t^2): +inf where sigma_t = 0, -inf where alpha_t = 0."""
        alpha, sigma = self.alpha(t), self.sigma(t)
        if isinstance(alpha, Tensor):
            return 2 * (alpha.log() - sigma.log())
        if sigma == 0:
            return math.inf
        return 2 * (math.log(alpha) - math.log(sigma)) if alpha > 0 else -math.inf

    def time_at_log_snr(self, log_snr: Time) -> Time:
        """The time t with log_snr(t) equal to the value given; found by bisection to rounding.

        Raises ValueError if no time in [0, t_max] has that value, TypeError for what holds no real numbers.
        """
        log_snr = check_real(log_snr, "log_snr") if isinstance(log_snr, Tensor) else as_time(log_snr, "log_snr")
        # On the CPU, where hundreds of small steps are quicker, and float64 is at hand.
        target = log_snr.cpu().double() if isinstance(log_snr, Tensor) else torch.tensor(log_snr, dtype=torch.float64)
        low, high = torch.zeros_like(target), torch.full_like(target, self.t_max)
        check_range(target, self.log_snr(self.t_max), self.log_snr(0.0), "log_snr")
        # Between 0 and the first time there are as many numbers as between that and any other.
        while True:
            middle = (low + high) / 2
            if bool(((middle == low) | (middle == high)).all()):
                break
            too_early = self.log_snr(middle) > target
            low, high = torch.where(too_early, middle, low), torch.where(too_early, high, middle)
        if not isinstance(log_snr, Tensor):
            return float(middle)
        if target.requires_grad:  # a step of Newton of length 0, whose slope is that of the inverse
            finite = target.isfinite()  # where the log SNR is infinite there is no slope
            inside, finite_target = torch.where(finite, middle, self.t_max / 2), torch.where(finite, target, 0.0)
            slope = 2 * (self.d_alpha(inside) / self.alpha(inside) - self.d_sigma(inside) / self.sigma(inside))
            middle = middle + (finite_target - finite_target.detach()) / slope
        middle = middle.to(log_snr.dtype) if log_snr.is_floating_point() else middle
        return moved(middle, log_snr.device)


class Linear(Schedule):
    r"""alpha_t = 1 - t, sigma_t = t: the straight line of flow matching (Lipman et al. 2023)."""

    def alpha(self, t: Time) -> Time:
        return 1 - check_time(t, 1.0)

    def sigma(self, t: Time) -> Time:
        return 1 * check_time(t, 1.0)

    def d_alpha(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0) - 1

    def d_sigma(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0) + 1


class Trig(Schedule):
    r"""alpha_t = cos(pi t / 2), sigma_t = sin(pi t / 2): a quarter circle, alpha^2 + sigma^2 = 1."""

    def alpha(self, t: Time) -> Time:
        # The sine of the angle from the other end: cos(pi/2) is 6e-17, where alpha_1 is 0.
        angle = (1 - check_time(t, 1.0)) * (math.pi / 2)
        return library(angle).sin(angle)

    def sigma(self, t: Time) -> Time:
        angle = check_time(t, 1.0) * (math.pi / 2)
        return library(angle).sin(angle)

    def d_alpha(self, t: Time) -> Time:
        return -math.pi / 2 * self.sigma(t)

    def d_sigma(self, t: Time) -> Time:
        return math.pi / 2 * self.alpha(t)


class _VariancePreserving(Schedule):
    """alpha_t = exp(-h_t / 2), sigma_t = sqrt(1 - exp(-h_t)); a subclass gives h_t and its slope."""

    def _h(self, t: Time) -> Time:
        raise NotImplementedError

    def _d_h(self, t: Time) -> Time:
        raise NotImplementedError

    def alpha(self, t: Time) -> Time:
        h = self._h(t)
        return library(h).exp(-h / 2)

    def sigma(self, t: Time) -> Time:
        h = self._h(t)
        lib = library(h)
        return lib.sqrt(-lib.expm1(-h))

    def d_alpha(self, t: Time) -> Time:
        return -self._d_h(t) / 2 * self.alpha(t)

    def d_sigma(self, t: Time) -> Time:
        """d sigma_t / dt; raises ValueError at sigma_t = 0, where the slope of the root is infinite."""
        sigma = self.sigma(t)
        if bool(torch.any(torch.as_tensor(sigma) == 0)):
            raise ValueError("t must have sigma_t > 0 for d_sigma of a variance-preserving schedule")
        return self._d_h(t) * self.alpha(t) ** 2 / (2 * sigma)


class VPLinear(_VariancePreserving):
    r"""The DDPM schedule in continuous time: beta_t = beta_min + t (beta_max - beta_min),

    alpha_t = \exp(-\tfrac12 \int_0^t \beta), sigma_t = \sqrt{1 - \alpha_t^2}
    (Song et al. 2021, "Score-based generative modeling through SDEs", eq. 33).
    """

    def __init__(self, beta_min: float = 0.1, beta_max: float = 20.0):
        self.beta_min = check_number(beta_min, "beta_min")
        self.beta_max = check_positive(beta_max, "beta_max")
        if not 0 <= self.beta_min <= self.beta_max:
            raise ValueError(
                f"beta_min and beta_max must satisfy 0 <= beta_min <= beta_max; "
                f"got {beta_min} and {beta_max}"
            )

    def _h(self, t: Time) -> Time:
        t = check_time(t, 1.0)
        return self.beta_min * t + (self.beta_max - self.beta_min) * t**2 / 2

    def _d_h(self, t: Time) -> Time:
        return self.beta_min + (self.beta_max - self.beta_min) * check_time(t, 1.0)


class Cosine(_VariancePreserving):
    r"""abar_t = \cos^2(a_t) / \cos^2(a_0), with an angle a_t = a_0 + t (a_1 - a_0) that ends where abar_1 = floor.

    alpha_t = sqrt(abar_t), sigma_t = sqrt(1 - abar_t), a_0 = s/(1 + s) pi/2. With floor -> 0 the end a_1 is
    pi/2, and abar_t is that of Nichol and Dhariwal 2021, eq. 17. There alpha_1 = 0, which is why they clip
    beta_t; here alpha_1^2 = floor > 0. The offset s keeps the first steps from being too small.
    """

    def __init__(self, s: float = 0.008, floor: float = 1e-5):
        self.s, self.floor = check_number(s, "s"), check_number(floor, "floor")
        if not self.s >= 0:
            raise ValueError(f"s must be at least 0; got {s}")
        if not 0 < self.floor < 1:
            raise ValueError(f"floor must lie in (0, 1); got {floor}")
        self._start = self.s / (1 + self.s) * math.pi / 2
        self._stop = math.acos(math.sqrt(floor) * math.cos(self._start))

    def _h(self, t: Time) -> Time:
        # -2 log( cos(start + turn) / cos(start) ), without the cancellation near turn = 0.
        turn = (self._stop - self._start) * check_time(t, 1.0)
        lib = library(turn)
        loss = 2 * lib.sin(turn / 2) ** 2 + math.tan(self._start) * lib.sin(turn)
        return -2 * lib.log1p(-loss)

    def _d_h(self, t: Time) -> Time:
        angle = self._start + (self._stop - self._start) * check_time(t, 1.0)
        return 2 * (self._stop - self._start) * library(angle).tan(angle)


class VE(Schedule):
    r"""alpha_t = 1, sigma_t = sigma_min (sigma_max / sigma_min)^t: noise is added, nothing is scaled.

    At t = 0 a trace of noise, sigma_min, is left (Song et al. 2021, eq. 31).
    """

    def __init__(self, sigma_min: float = 0.01, sigma_max: float = 50.0):
        self.sigma_min = check_positive(sigma_min, "sigma_min")
        self.sigma_max = check_positive(sigma_max, "sigma_max")
        if not self.sigma_min < self.sigma_max:
            raise ValueError(
                f"sigma_min and sigma_max must satisfy 0 < sigma_min < sigma_max; "
                f"got {sigma_min} and {sigma_max}"
            )
        self._rate = math.log(self.sigma_max / self.sigma_min)

    def alpha(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0) + 1

    def sigma(self, t: Time) -> Time:
        t = check_time(t, 1.0)
        return self.sigma_min * library(t).exp(self._rate * t)

    def d_alpha(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0)

    def d_sigma(self, t: Time) -> Time:
        return self._rate * self.sigma(t)


class ConstantNoise(Schedule):
    r"""alpha_t = 1, sigma_t = sigma at every time: for a process that destroys by other means, such as blur.

    Its SNR does not decrease: with `Gaussian` nothing would be destroyed.
    """

    def __init__(self, sigma: float = 0.01):
        self._sigma = check_positive(sigma, "sigma")

    def alpha(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0) + 1

    def sigma(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0) + self._sigma

    def d_alpha(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0)

    def d_sigma(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0)

    def time_at_log_snr(self, log_snr: Time) -> Time:
        """Raises TypeError: every time has the same log SNR."""
        raise TypeError("time_at_log_snr needs a decreasing SNR; ConstantNoise has a constant one")


def check_schedule(schedule: Schedule) -> Schedule:
    """The schedule; raises TypeError for anything else."""
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a Schedule; got {type(schedule).__name__}")
    return schedule
