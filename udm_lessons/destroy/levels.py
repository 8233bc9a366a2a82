r"""How many tokens are gone by time t: the levels of masking, replacement, deletion and editing.

A `Level` takes a number (and answers with a float) or a tensor (and answers with a tensor).
Continuous time runs over [0, 1]; a discrete chain of T steps runs over 0, 1, ..., T.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from .._arrays import Time, check_range, check_time, library, quoted, widest


def step_chances(betas: Sequence[float] | Tensor) -> list[float]:
    """The betas of a chain as floats; raises TypeError or ValueError unless they are numbers in [0, 1]."""
    try:
        values = torch.as_tensor(betas.cpu() if isinstance(betas, Tensor) else betas, dtype=torch.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise TypeError(f"betas must be a sequence of numbers; got {quoted(betas)}") from error
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"betas must be a non-empty sequence; got shape {tuple(values.shape)}")
    check_range(values, 0.0, 1.0, "betas")
    return values.tolist()


class Table:
    """A function of the whole times 0, 1, ..., T, given by its values; ValueError between them."""

    def __init__(self, values: Sequence[float]):
        self.values = list(values)
        self.last = len(self.values) - 1.0

    def __call__(self, t: Time) -> Time:
        t = check_time(t, self.last)
        if type(t) is float:
            if not t.is_integer():
                raise ValueError(f"t must be a whole number in a discrete chain; got {quoted(t)}")
            return self.values[int(t)]
        if bool((t != t.round()).any()):
            raise ValueError(f"t must hold whole numbers in a discrete chain; got {quoted(t)}")
        return torch.tensor(self.values, dtype=widest(t.device), device=t.device)[t.long()]


class Level(ABC):
    """The probability p_t, rising from 0 to at most 1, that a token is gone at time t."""

    t_max: float = 1.0

    @abstractmethod
    def p(self, t: Time) -> Time:
        """The probability p_t in [0, 1]."""

    @abstractmethod
    def d_p(self, t: Time) -> Time:
        """d p_t / dt."""


class LinearLevel(Level):
    """p_t = t. In the notation of MDLM, alpha_t = 1 - p_t (Sahoo et al. 2024)."""

    def p(self, t: Time) -> Time:
        return 1 * check_time(t, 1.0)

    def d_p(self, t: Time) -> Time:
        return 0 * check_time(t, 1.0) + 1


class CosineLevel(Level):
    r"""p_t = 1 - cos(pi t / 2): slow at first, so that few tokens go early.

    MaskGIT's level is another one: its cosine runs in the progress of generation, so p_t = sin(pi t / 2) here, fast at
    first (Chang et al. 2022).
    """

    def p(self, t: Time) -> Time:
        # sin^2 / (1 + cos) = 1 - cos, without the cancellation near t = 0 and exactly 1 at t = 1.
        t = check_time(t, 1.0)
        sin = library(t).sin
        return sin(t * (math.pi / 2)) ** 2 / (1 + sin((1 - t) * (math.pi / 2)))

    def d_p(self, t: Time) -> Time:
        angle = check_time(t, 1.0) * (math.pi / 2)
        return math.pi / 2 * library(angle).sin(angle)


class DiscreteLevel(Level):
    r"""p_t = 1 - \prod_{k \le t} (1 - \beta_k) for whole t = 0..T: every step takes a token with chance beta_k."""

    def __init__(self, betas: Sequence[float] | Tensor):
        p = [0.0]
        for beta in step_chances(betas):
            p.append(p[-1] + (1 - p[-1]) * beta)
        self._p = Table(p)
        self.t_max = float(len(p) - 1)

    def p(self, t: Time) -> Time:
        return self._p(t)

    def d_p(self, t: Time) -> Time:
        """Raises TypeError: a chain has no derivative in t."""
        raise TypeError("d_p needs continuous time; DiscreteLevel is a chain of whole steps")


def check_level(level: Level | None) -> Level:
    """The level, LinearLevel() for None; raises TypeError for anything else."""
    level = LinearLevel() if level is None else level
    if not isinstance(level, Level):
        raise TypeError(f"level must be a Level; got {type(level).__name__}")
    return level
