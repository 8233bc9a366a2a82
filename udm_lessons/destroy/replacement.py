r"""Uniform replacement: once the level p_t has passed its threshold, a token becomes a random one."""

from __future__ import annotations

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    check_cast,
    check_range,
    check_same_shape,
    check_shape,
    check_tokens,
    check_whole,
    integers,
    per_sample,
    precise,
    quoted,
    widest,
)
from .base import ForwardProcess
from .levels import Level, check_level
from .noise import ThresholdAndToken, UniformAndToken, check_pair, check_thresholds


class Replacement(ForwardProcess):
    r"""x_{t,i} = r_i if u_i < p_t else x_{0,i}, with u_i ~ U(0, 1), r_i uniform on {0, ..., V - 1}.

    x0 is (batch, width) int64 with entries in {0, ..., V - 1}. The noise is the pair (u, r).
    Given x0 and x_t: where they differ, u ~ U(0, p_t) and r = x_t. Where they agree, the token was
    replaced by itself with probability (p_t / V) / (1 - p_t + p_t / V); else u ~ U(p_t, 1) and r is
    anything. `Markov()` keeps u and draws r again with probability 1 - (1 - p_t) / (1 - p_s); that is
    D3PM's uniform process (Austin et al. 2021, appendix A.2.1). `Keep()` is multinomial DDIM (Song et
    al. 2021, appendix A).

    Every pair (x0, x_t) is on the support while 0 < p_t; a difference at p_t = 0 raises ValueError.
    """

    def __init__(self, vocabulary: int, level: Level | None = None):
        self.vocabulary = check_whole(vocabulary, 2, "vocabulary")
        self.level = check_level(level)
        self.t_max = self.level.t_max
        self.noise_law = UniformAndToken(self.vocabulary)

    def _p(self, t: Time, x: Tensor) -> Time:
        return self.level.p(align(t, x))

    def _check(self, x: Tensor, name: str) -> None:
        check_tokens(x, name)
        check_range(x, 0, self.vocabulary - 1, name)

    def forward(self, x0: Tensor, noise: ThresholdAndToken, t: Time) -> Tensor:
        """The spare token r where u < p_t, x0 elsewhere."""
        self._check(x0, "x0")
        check_pair(noise)
        check_thresholds(noise.threshold, x0, "noise.threshold")
        check_same_shape(noise.token, x0, "noise.token", "x0")
        self._check(noise.token, "noise.token")
        return torch.where(noise.threshold < self._p(t, x0), noise.token, x0)

    def infer_noise(
        self, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None
    ) -> ThresholdAndToken:
        """(u, r) ~ p(u, r | x0, x_t)."""
        self._check(x0, "x0")
        self._check(x_t, "x_t")
        check_same_shape(x_t, x0, "x_t", "x0")
        p = self._p(t, x0)
        differs = x_t != x0
        if bool((differs & (p == 0)).any()):
            raise ValueError(f"x_t must equal x0 where p_t = 0; got a difference at t = {quoted(t)}")
        by_chance = p / self.vocabulary
        by_chance = by_chance / (1 - p + by_chance)
        u, r = self.noise_law.sample(x0, generator)
        replaced = differs | (self.noise_law.sample(x0, generator).threshold < by_chance)
        return ThresholdAndToken(
            torch.where(replaced, p * u, p + (1 - p) * u), torch.where(replaced, x_t, r)
        )

    def markov_refresh(
        self, noise: ThresholdAndToken, t: Time, s: Time, generator: Generator = None
    ) -> ThresholdAndToken:
        """The threshold stays; r is drawn again with the chance of a second replacement in (s, t]."""
        check_pair(noise)
        device = noise.token.device
        kept_t, kept_s = (1 - precise(self._p(time, noise.token), device) for time in (t, s))
        again = torch.where(kept_s > 0, 1 - kept_t / kept_s.clamp(min=torch.finfo(kept_s.dtype).tiny), 1.0)
        return self.noise_law.redraw_token(noise, again, generator)

    def log_likelihood(self, x_t: Tensor, x0: Tensor, t: Time) -> Tensor:
        r"""\sum_i \log( (1 - p_t) [x_{t,i} = x_{0,i}] + p_t / V ), shape (batch,)."""
        self._check(x0, "x0")
        self._check(x_t, "x_t")
        check_same_shape(x_t, x0, "x_t", "x0")
        p = self._p(t, x0)
        same = (x_t == x0).to(widest(x0.device))
        return per_sample(torch.log((1 - p) * same + p / self.vocabulary))

    def sample_prior(self, shape, generator: Generator = None, *, dtype=None, device="cpu") -> Tensor:
        """Uniform tokens: x_T at p_T = 1."""
        check_cast(dtype, device)
        return integers(self.vocabulary, check_shape(shape), generator, device)
