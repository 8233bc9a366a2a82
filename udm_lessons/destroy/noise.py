r"""The laws q that noise is drawn from, and kernels K that leave them unchanged: q K = q.

What a refresh may do to inferred noise depends on its law alone. Normal noise may be rotated
towards fresh normal noise; a uniform threshold may be reflected; any noise may be redrawn.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .._arrays import (
    as_time,
    check_floating,
    check_probability,
    check_range,
    check_same_shape,
    check_tensor,
    check_whole,
    integers,
    normal_like,
    uniform,
)

Noise = Any


class NoiseLaw(ABC):
    """A law q with the q-invariant kernels it allows."""

    name: str

    @abstractmethod
    def sample(self, like: Tensor, generator: torch.Generator | None = None) -> Noise:
        """Noise for data of the shape of `like`."""

    @abstractmethod
    def redraw(self, noise: Noise, generator: torch.Generator | None = None) -> Noise:
        """A fresh draw of the shape of `noise`."""

    def mix(self, noise: Noise, redraw: float, generator: torch.Generator | None = None) -> Noise:
        """Every coordinate is drawn again with probability `redraw` and kept otherwise."""
        fresh = self.redraw(noise, generator)
        chosen = uniform(noise.shape, generator, noise.device) < check_probability(redraw, "redraw")
        return torch.where(chosen, fresh, noise)

    def correlate(self, noise: Noise, rho: float | Tensor, generator=None) -> Noise:
        r"""rho * noise + sqrt(1 - rho^2) * fresh: for normal noise only; other laws raise TypeError.

        Uniform noise mixed in this way is no longer uniform.
        """
        raise TypeError(f"mixing with weights rho, sqrt(1 - rho^2) needs normal noise; got {self.name}")

    def reflect(self, noise: Noise) -> Noise:
        """u -> 1 - u: for uniform thresholds only; other laws raise TypeError."""
        raise TypeError(f"u -> 1 - u needs uniform thresholds; got {self.name}")


def check_thresholds(noise: Tensor, x0: Tensor, name: str = "noise") -> None:
    """Raises TypeError or ValueError unless `noise` is one threshold for every entry of x0, none of them nan."""
    check_floating(noise, name)
    check_same_shape(noise, x0, name, "x0")
    check_range(noise, -math.inf, math.inf, name)


class Normal(NoiseLaw):
    """q = N(0, I), drawn in the dtype of the data: one seed is another draw in float32 than in float64."""

    name = "normal noise"

    def sample(self, like: Tensor, generator=None) -> Tensor:
        check_floating(like, "like")
        return normal_like(like, generator)

    def redraw(self, noise: Tensor, generator=None) -> Tensor:
        check_floating(noise, "noise")
        return normal_like(noise, generator)

    def correlate(self, noise: Tensor, rho: float | Tensor, generator=None) -> Tensor:
        check_floating(noise, "noise")
        if isinstance(rho, Tensor) and rho.ndim:
            check_floating(rho, "rho")
        else:
            rho = as_time(rho, "rho")
        check_range(rho, -1.0, 1.0, "rho")
        if isinstance(rho, Tensor):
            if not _fits(rho, noise):
                raise ValueError(f"rho must fit noise of shape {tuple(noise.shape)}; got shape {tuple(rho.shape)}")
            rho = rho.to(noise)
            rest = 1 - rho**2
            # The slope of a root is infinite at 0, and that of a rho that stays 1 would be nan.
            fresh = torch.where(rest > 0, rest, 1).sqrt() * (rest > 0)
            return rho * noise + fresh * normal_like(noise, generator)
        if rho == 1:
            return noise
        return torch.add(rho * noise, normal_like(noise, generator), alpha=math.sqrt(1 - rho**2))


def _fits(small: Tensor, large: Tensor) -> bool:
    """Whether the one broadcasts to the shape of the other."""
    pairs = zip(reversed(small.shape), reversed(large.shape))
    return small.ndim <= large.ndim and all(a in (1, b) for a, b in pairs)


class Uniform(NoiseLaw):
    """q = U[0, 1) for every coordinate: thresholds."""

    name = "uniform thresholds"

    def sample(self, like: Tensor, generator=None) -> Tensor:
        check_tensor(like, "like")
        return uniform(like.shape, generator, like.device)

    def redraw(self, noise: Tensor, generator=None) -> Tensor:
        check_floating(noise, "noise")
        return uniform(noise.shape, generator, noise.device)

    def reflect(self, noise: Tensor) -> Tensor:
        check_floating(noise, "noise")
        return 1 - noise


class ThresholdAndToken(NamedTuple):
    """A threshold u and a spare token r for every position, each of shape (batch, width)."""

    threshold: Tensor
    token: Tensor


def check_pair(noise: ThresholdAndToken) -> None:
    """Raises TypeError or ValueError unless the noise is a pair of a threshold and a token for each position."""
    if not isinstance(noise, ThresholdAndToken):
        raise TypeError(f"noise must be a ThresholdAndToken; got {type(noise).__name__}")
    check_floating(noise.threshold, "noise.threshold")
    check_same_shape(noise.token, noise.threshold, "noise.token", "noise.threshold")


class UniformAndToken(NoiseLaw):
    """q = U[0, 1) for the threshold times the uniform law on {0, ..., vocabulary - 1} for the token."""

    name = "uniform thresholds with uniform tokens"

    def __init__(self, vocabulary: int):
        self.vocabulary = check_whole(vocabulary, 2, "vocabulary")

    def sample(self, like: Tensor, generator=None) -> ThresholdAndToken:
        check_tensor(like, "like")
        token = integers(self.vocabulary, like.shape, generator, like.device)
        return ThresholdAndToken(uniform(like.shape, generator, like.device), token)

    def redraw(self, noise: ThresholdAndToken, generator=None) -> ThresholdAndToken:
        check_pair(noise)
        return self.sample(noise.threshold, generator)

    def mix(self, noise: ThresholdAndToken, redraw: float, generator=None) -> ThresholdAndToken:
        fresh = self.redraw(noise, generator)
        redraw = check_probability(redraw, "redraw")
        chosen = uniform(noise.threshold.shape, generator, noise.threshold.device) < redraw
        return ThresholdAndToken(*(torch.where(chosen, new, old) for new, old in zip(fresh, noise)))

    def redraw_token(self, noise: ThresholdAndToken, redraw: Tensor | float, generator=None):
        """The threshold stays; the token is drawn again with probability `redraw`."""
        fresh = self.redraw(noise, generator)
        if not isinstance(redraw, Tensor):
            redraw = check_probability(redraw, "redraw")
        chosen = uniform(noise.token.shape, generator, noise.token.device) < redraw
        return ThresholdAndToken(noise.threshold, torch.where(chosen, fresh.token, noise.token))

    def reflect(self, noise: ThresholdAndToken) -> ThresholdAndToken:
        check_pair(noise)
        return ThresholdAndToken(1 - noise.threshold, noise.token)


class NoNoise(NoiseLaw):
    """q = the point mass at 0: a deterministic corruption."""

    name = "no noise"

    def sample(self, like: Tensor, generator=None) -> Tensor:
        check_tensor(like, "like")
        return torch.zeros_like(like)

    def redraw(self, noise: Tensor, generator=None) -> Tensor:
        check_tensor(noise, "noise")
        return self.sample(noise, generator)
