r"""A schedule of whole steps: the Markov chain of DDPM, summed up to each of its times."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .._arrays import Time, check_number, check_whole
from .levels import Table, step_chances
from .schedules import Schedule


class DiscreteSchedule(Schedule):
    r"""A chain of T Markov steps N(sqrt(1 - beta_t) x_{t-1}, beta_t I), t = 1..T, summed up as

    alpha_t = \sqrt{\bar\alpha_t}, sigma_t = \sqrt{1 - \bar\alpha_t}, \bar\alpha_t = \prod_{k \le t} (1 - \beta_k),

    with alpha_0 = 1 (Ho et al. 2020, eq. 4). Time is a whole number 0..T. Derivatives in t do not exist.
    """

    def __init__(self, betas: Sequence[float] | Tensor):
        betas = step_chances(betas)
        log_alpha_bar = [0.0]
        for k, beta in enumerate(betas, start=1):
            if not 0 < beta < 1 and not (beta == 1 and k == len(betas)):
                raise ValueError(f"betas must lie in (0, 1), the last one in (0, 1]; got {beta}")
            step = math.log1p(-beta) if beta < 1 else -math.inf
            log_alpha_bar.append(log_alpha_bar[-1] + step)
        self.t_max = float(len(betas))
        self._alpha = Table([math.exp(value / 2) for value in log_alpha_bar])
        self._sigma = Table([math.sqrt(-math.expm1(value)) for value in log_alpha_bar])

    @classmethod
    def ddpm(cls, steps: int = 1000, beta_min: float = 1e-4, beta_max: float = 0.02) -> DiscreteSchedule:
        """The linear betas of DDPM (Ho et al. 2020, section 4)."""
        ends = check_number(beta_min, "beta_min"), check_number(beta_max, "beta_max")
        return cls(torch.linspace(*ends, check_whole(steps, 1, "steps"), dtype=torch.float64))

    def alpha(self, t: Time) -> Time:
        return self._alpha(t)

    def sigma(self, t: Time) -> Time:
        return self._sigma(t)

    def d_alpha(self, t: Time) -> Time:
        """Raises TypeError: a chain has no derivative in t."""
        raise TypeError("d_alpha needs continuous time; DiscreteSchedule is a chain of whole steps")

    def d_sigma(self, t: Time) -> Time:
        """Raises TypeError: a chain has no derivative in t."""
        raise TypeError("d_sigma needs continuous time; DiscreteSchedule is a chain of whole steps")

    def time_at_log_snr(self, log_snr: Time) -> Time:
        """Raises TypeError: between two whole steps there is no time."""
        raise TypeError("time_at_log_snr needs continuous time; DiscreteSchedule is a chain")
