r"""Random deletion: tokens vanish, the rest closes ranks, and where they stood is forgotten.

Strings of changing length travel as one right-padded (batch, width) int64 tensor.
"""

from __future__ import annotations

import math
from numbers import Integral

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    check_cast,
    check_range,
    check_shape,
    check_floating,
    in_float64,
    moved,
    precise,
    quoted,
    uniform,
)
from .base import ForwardProcess
from .embeddings import check_strings, draw_embedding, log_embeddings
from .levels import Level, check_level
from .noise import Uniform, check_thresholds


def left_pack(x: Tensor, keep: Tensor, pad: int) -> Tensor:
    """The kept tokens of each row moved to the left in their order, the rest filled with `pad`."""
    order = torch.argsort((~keep).to(torch.uint8), dim=1, stable=True)
    return x.masked_fill(~keep, pad).gather(1, order)


class Deletion(ForwardProcess):
    r"""x_t = the tokens of x0 with u_i >= p_t, in order, with u_i ~ U(0, 1).

    p(x_t | x_0) = C(x_0, x_t) (1 - p_t)^m p_t^{n-m}, n = |x0|, m = |x_t|, C the number of embeddings.
    The alignment posterior is uniform over the embeddings; then u_i ~ U(p_t, 1) for a kept token
    and U(0, p_t) for a deleted one. `infer_noise` draws the alignment exactly, by a backward table
    and a forward walk in O(nm) (subsequence counting as in sequence alignment; Johnson et al. 2021
    use deletion as a forward process).

    pad    the id that fills a row on the right; never a token
    level  p_t, `LinearLevel()` unless given
    rates  optional (vocabulary,) tensor of positive numbers: token v then vanishes with
           probability 1 - (1 - p_t)^{rates_v}. Every embedding keeps the same tokens, so the
           alignment posterior stays uniform

    Off the support: if x_t is not a subsequence of x0, ValueError. A predictor must return
    supersequences of x_t. Strings may have thousands of tokens; log p(x_t | x_0) keeps 12 digits.
    """

    noise_law = Uniform()

    def __init__(self, pad: int, level: Level | None = None, rates: Tensor | None = None):
        if not isinstance(pad, Integral):
            raise TypeError(f"pad must be a token, a whole number; got {quoted(pad)}")
        if rates is not None:
            check_floating(rates, "rates")
            if rates.ndim != 1 or not bool(((rates > 0) & (rates < math.inf)).all()):
                raise ValueError(
                    f"rates must be a (vocabulary,) tensor of positive numbers; got {quoted(rates)}"
                )
        self.pad = int(pad)
        self.level = check_level(level)
        self.t_max = self.level.t_max
        self.rates = None if rates is None else in_float64(rates)

    def _p(self, t: Time, x: Tensor) -> Time:
        """The deletion probability: a number, (batch, 1), or (batch, width) if rates differ."""
        p = self.level.p(align(t, x))
        if self.rates is None:
            return p
        tokens = x.masked_fill(x == self.pad, 0)
        check_range(tokens, 0, len(self.rates) - 1, "x0 and x_t")
        rates = moved(self.rates, x.device)[tokens]
        return -torch.expm1(rates * torch.log1p(-precise(p, x.device)))

    def forward(self, x0: Tensor, noise: Tensor, t: Time) -> Tensor:
        """The tokens with noise >= p_t, moved to the left; the width of x0 is kept."""
        check_strings(self.pad, x0=x0)
        check_thresholds(noise, x0)
        return left_pack(x0, (noise >= self._p(t, x0)) & (x0 != self.pad), self.pad)

    def sample_alignment(
        self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None
    ) -> Tensor:
        """Which tokens of x0 are the ones still seen in x_t: a draw from the posterior, bool (batch, n)."""
        check_strings(self.pad, x0=x0, x_t=x_t)
        draws = uniform(x0.shape, generator, x0.device)
        kept, ways = draw_embedding(x0, x_t, self.pad, draws)
        impossible = self._log_mass(ways, x0, x_t, t) == -math.inf
        if bool(impossible.any()):
            bad = int(impossible.nonzero()[0])
            raise ValueError(
                f"x_t must be a subsequence of x0, all of it if p_t = 0, empty if p_t = 1; row {bad} "
                f"is not: x0 = {quoted(x0[bad])}, x_t = {quoted(x_t[bad])}"
            )
        return kept

    def infer_noise(self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        """An alignment from its posterior, then u_i ~ U(p_t, 1) if kept, U(0, p_t) if deleted."""
        kept = self.sample_alignment(x0, x_t, t, generator)
        p = self._p(t, x0)
        u = self.noise_law.sample(x0, generator)
        return torch.where(x0 == self.pad, u, torch.where(kept, p + (1 - p) * u, p * u))

    def markov_refresh(self, noise: Tensor, t: Time, s: Time, generator: Generator = None) -> Tensor:
        """The thresholds as they are: a token is deleted once and for all."""
        return noise

    def log_likelihood(self, x_t: Tensor, x0: Tensor, t: Time) -> Tensor:
        """log C(x0, x_t) + m log(1 - p_t) + (n - m) log p_t, or -inf off the support; (batch,)."""
        check_strings(self.pad, x0=x0, x_t=x_t)
        return self._log_mass(log_embeddings(x0, x_t, self.pad), x0, x_t, t)

    def _log_mass(self, log_ways: Tensor, x0: Tensor, x_t: Tensor, t: Time) -> Tensor:
        """log p(x_t | x0), given the logarithm of the number of embeddings."""

        def total(x: Tensor, chance: Tensor) -> Tensor:
            return torch.where(x == self.pad, 0.0, chance.log()).sum(1)

        p0, p = (precise(self._p(t, x), x.device) for x in (x0, x_t))
        # Gone are the tokens of x0 less those of x_t; at p = 0 that must not be -inf less -inf.
        gone = total(x0, p0) - total(x_t, p.where(p > 0, 1.0))
        complete = (x0 != self.pad).sum(1) == (x_t != self.pad).sum(1)
        return log_ways + total(x_t, 1 - p) + gone.masked_fill(complete, 0.0)

    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        """Empty strings: x_T at p_T = 1."""
        device = check_cast(dtype, device)
        return torch.full(check_shape(shape), self.pad, dtype=torch.int64, device=device)
