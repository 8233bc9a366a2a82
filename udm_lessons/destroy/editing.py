r"""Deletion with a few wrong letters: tokens vanish, change, or appear. No guess is impossible.

Under `Deletion` x_t must hide inside every guess of x0. Here a token of x_t may also be a substitute or
an intruder, so that a network that is not bound to keep every token of x_t can be used.
"""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    as_time,
    check_cast,
    check_probability,
    check_shape,
    check_tensor,
    check_tokens,
    check_whole,
    integers,
    precise,
    quoted,
    uniform,
)
from .alignment import Alignment, alignment_likelihood, sample_alignment
from .base import ForwardProcess
from .deletion import left_pack
from .levels import Level, check_level
from .noise import NoiseLaw


class EditNoise(NamedTuple):
    """Thresholds and spare tokens: three for each token, (batch, n), and two for each gap, (batch, n + 1)."""

    delete: Tensor
    change: Tensor
    token: Tensor
    appear: Tensor
    gap_token: Tensor


def _check_noise(noise: EditNoise) -> None:
    if not isinstance(noise, EditNoise) or not all(isinstance(part, Tensor) for part in noise):
        raise TypeError(f"noise must be EditNoise; got {type(noise).__name__}")
    for part in (noise.delete, noise.appear):
        if part.ndim != 2:
            raise ValueError(f"noise must hold parts of shape (batch, width); got {tuple(part.shape)}")


class EditLaw(NoiseLaw):
    """q = U[0, 1) for every threshold times the uniform law on {0, ..., vocabulary - 1} for every token."""

    name = "uniform thresholds with uniform tokens"

    def __init__(self, vocabulary: int):
        self.vocabulary = check_whole(vocabulary, 2, "vocabulary")

    def sample(self, like: Tensor, generator=None) -> EditNoise:
        check_tokens(like, "like")
        return self._draw(like, generator)

    def _draw(self, like: Tensor, generator: Generator) -> EditNoise:
        batch, n = like.shape
        draw = lambda width: uniform((batch, width), generator, like.device)  # noqa: E731
        spare = lambda width: integers(  # noqa: E731
            self.vocabulary, (batch, width), generator, like.device
        )
        return EditNoise(draw(n), draw(n), spare(n), draw(n + 1), spare(n + 1))

    def redraw(self, noise: EditNoise, generator=None) -> EditNoise:
        _check_noise(noise)
        return self._draw(noise.delete, generator)

    def mix(self, noise: EditNoise, redraw: float, generator=None) -> EditNoise:
        """All that belongs to a token, or to a gap, is drawn again together."""
        fresh, redraw = self.redraw(noise, generator), check_probability(redraw, "redraw")
        chosen = [uniform(x.shape, generator, x.device) < redraw for x in (noise.delete, noise.appear)]
        where = [chosen[0]] * 3 + [chosen[1]] * 2
        return EditNoise(*(torch.where(w, new, old) for w, new, old in zip(where, fresh, noise)))

    def reflect(self, noise: EditNoise) -> EditNoise:
        _check_noise(noise)
        return noise._replace(delete=1 - noise.delete, change=1 - noise.change, appear=1 - noise.appear)


class Editing(ForwardProcess):
    r"""A token of x0 is deleted if u < p_t, else replaced by a spare one if v < r_t; gaps gain one if g < i_t.

        r_t = substitution p_t,    i_t = 4 insertion p_t (1 - p_t).

    So at t = 0 x_t is x0, at p_t = 1 it is empty, and in between at most one token stands in each of the
    n + 1 gaps that was never there. p(x_t | x0) and the posterior of the alignment come from the
    recursion of `alignment.py`. With `Keep()` a deleted token returns with probability 1 - p_s / p_t,
    and an intruder stays with i_s / i_t where that is below 1.

    x0 is (batch, n) int64 with entries in {0, ..., vocabulary - 1}, right-padded with `pad`; x_t may be
    longer. Off the support, raises ValueError: with both chances positive and 0 < p_t < 1, only a string
    of more than 2 n + 1 tokens is. Both chances 0: `Deletion`. `Markov()` raises TypeError: intruders
    come and go, so that no chain of the process's own leads through these marginals.
    """

    def __init__(
        self,
        pad: int,
        vocabulary: int,
        level: Level | None = None,
        substitution: float = 0.02,
        insertion: float = 0.02,
    ):
        for name, value in (("pad", pad), ("vocabulary", vocabulary)):
            if not isinstance(value, Integral) or isinstance(value, bool):
                raise TypeError(f"{name} must be a whole number; got {quoted(value)}")
        if vocabulary < 2 or 0 <= pad < vocabulary:
            raise ValueError(f"vocabulary must be at least 2 and not hold pad; got {vocabulary} and {pad}")
        self.pad, self.vocabulary = int(pad), int(vocabulary)
        self.level = check_level(level)
        self.t_max = self.level.t_max
        self.substitution = check_probability(substitution, "substitution")
        self.insertion = check_probability(insertion, "insertion")
        self.noise_law = EditLaw(self.vocabulary)

    def chances(self, t: Time) -> tuple[Time, Time, Time]:
        """p_t, r_t, i_t: floats, or (batch,) tensors."""
        p = self.level.p(as_time(t))
        return p, self.substitution * p, 4 * self.insertion * p * (1 - p)

    def _columns(self, t: Time, x: Tensor) -> list:
        """The chances, shaped to be compared with the noise of x."""
        chances = self.chances(t)
        if isinstance(chances[0], float):
            return list(chances)
        if len(chances[0]) != len(x):
            raise ValueError(f"t must hold one time per sample, {len(x)}; got {len(chances[0])}")
        return [precise(value, x.device).reshape(-1, 1) for value in chances]

    def _check(self, x: Tensor, name: str) -> None:
        check_tokens(x, name)
        outside = (x != self.pad) & ((x < 0) | (x >= self.vocabulary))
        padding = x == self.pad
        if bool(outside.any()) or bool((padding[:, :-1] & ~padding[:, 1:]).any()):
            raise ValueError(
                f"{name} must hold tokens below {self.vocabulary}, padded on the right with {self.pad}"
            )

    def sample_noise(self, x0: Tensor, generator: Generator = None) -> EditNoise:
        check_tokens(x0, "x0")
        return self.noise_law.sample(x0, generator)

    def forward(self, x0: Tensor, noise: EditNoise, t: Time) -> Tensor:
        """The edited strings, as wide as x0 or as the longest of them."""
        self._check(x0, "x0")
        if not isinstance(noise, EditNoise) or noise.delete.shape != x0.shape:
            raise ValueError(f"noise must be EditNoise for x0 of shape {tuple(x0.shape)}")
        delete, change, appear = self._columns(t, x0)
        real = x0 != self.pad
        token = torch.where(noise.change < change, noise.token, x0)
        keep = (noise.delete >= delete) & real
        gap = torch.nn.functional.pad(real, (1, 0), value=True)
        new = (noise.appear < appear) & gap
        tokens = torch.cat([noise.gap_token, token.new_full((len(x0), 1), self.pad)], 1)
        both = torch.stack([tokens[:, :-1], torch.nn.functional.pad(token, (0, 1), value=self.pad)], 2)
        stays = torch.stack([new, torch.nn.functional.pad(keep, (0, 1))], 2)
        packed = left_pack(both.flatten(1), stays.flatten(1), self.pad)
        longest = int((packed != self.pad).sum(1).max()) if len(x0) else 0
        return packed[:, : max(longest, x0.shape[1])]

    def sample_alignment(
        self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None
    ) -> Alignment:
        """Where the tokens of x_t come from: a draw from the posterior given x0 and x_t."""
        for name, x in (("x0", x0), ("x_t", x_t)):
            self._check(x, name)
        align(t, x0)
        p, r, i = self.chances(t)
        return sample_alignment(x0, x_t, self.pad, p, r, i, self.vocabulary, generator)

    def infer_noise(self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None) -> EditNoise:
        """An alignment from its posterior, then every threshold on its side of its level."""
        found = self.sample_alignment(x0, x_t, t, generator)
        p, r, i = self._columns(t, x0)
        u = self.noise_law.sample(x0, generator)

        def side(draw: Tensor, below: Tensor, level, free: Tensor) -> Tensor:
            known = torch.where(below, level * draw, level + (1 - level) * draw)
            return torch.where(free, draw, known)

        real = x0 != self.pad
        gaps = torch.nn.functional.pad(real, (1, 0), value=True)
        return EditNoise(
            side(u.delete, ~found.kept, p, ~real),
            side(u.change, found.changed, r, ~found.kept),
            torch.where(found.changed, found.token, u.token),
            side(u.appear, found.inserted, i, ~gaps),
            torch.where(found.inserted, found.gap_token, u.gap_token),
        )

    def markov_refresh(self, noise: EditNoise, t: Time, s: Time, generator: Generator = None):
        """Raises TypeError: see the class."""
        raise TypeError("Editing has no Markov chain of its own; use Keep(), Mixture(redraw) or Redraw()")

    def log_likelihood(self, x_t: Tensor, x0: Tensor, t: Time) -> Tensor:
        """log p(x_t | x0), or -inf off the support; shape (batch,)."""
        for name, x in (("x0", x0), ("x_t", x_t)):
            self._check(x, name)
        align(t, x0)
        p, r, i = self.chances(t)
        return alignment_likelihood(x0, x_t, self.pad, p, r, i, self.vocabulary)

    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        """Empty strings: x_T at p_T = 1."""
        device = check_cast(dtype, device)
        return torch.full(check_shape(shape), self.pad, dtype=torch.int64, device=device)
