r"""How well a network of tokens knows data it has not seen: bits per token, as a bound, with its error.

Under masking, a chain that steps through times t_0 > t_1 > ... > t_T = 0 with guesses q satisfies

    -\log p(x_0) <= \sum_{(t, s)} (1 - p_s / p_t) E \sum_{i masked in x_t} -\log q_i(x_{0,i} | x_t),

each term the exact KL of one step. It holds for Keep(), the chain that masking itself is, and p = 1 at
t_0 (Austin et al. 2021; Sahoo et al. 2024, section 3.3). With ever more steps the sum becomes the integral of
(p'_t / p_t) E \sum_{masked} -\log q_i, which no longer depends on the schedule (section 3.4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    check_callable,
    check_floating,
    check_number,
    check_same_shape,
    check_tokens,
    check_whole,
    in_float64,
    per_sample,
    precise,
    quoted,
)
from ..destroy import Masking
from ..learn import Network, draw_times, masking_weight, token_nats


class Bits(NamedTuple):
    """A number of bits with its standard error over the rows of the data."""

    value: float
    error: float

    def __repr__(self) -> str:
        return f"{self.value:.3f} ± {self.error:.3f} bits"


def _check_masking(process: Masking) -> None:
    if not isinstance(process, Masking):
        raise TypeError(f"process must be Masking; got {type(process).__name__}")


def masked_nats(logits: Tensor, x0: Tensor, x_t: Tensor, process: Masking) -> Tensor:
    r"""\sum_{i masked} -\log q_i(x_{0,i}), shape (batch,): the cross-entropy of what is hidden, in nats.

    x0, x_t (batch, width) int64, logits (batch, width, vocabulary). Raises ValueError for other shapes.
    """
    _check_masking(process)
    check_tokens(x0, "x0")
    check_same_shape(x_t, x0, "x_t", "x0")
    check_floating(logits, "logits")
    return per_sample(token_nats(precise(logits), x0).masked_fill(x_t != process.mask, 0.0))


def step_nats(
    logits: Tensor, x0: Tensor, x_t: Tensor, process: Masking, t: float, s: float
) -> Tensor:
    r"""KL( p(x_s | x_t, x_0) || q(x_s | x_t) ) = (1 - p_s / p_t) \sum_{masked} -\log q_i, shape (batch,).

    The exact KL of one step of masking from t to s with Keep(), in nats, t and s numbers. Raises
    ValueError unless p_s < p_t.
    """
    _check_masking(process)
    p_t, p_s = process.level.p(check_number(t, "t")), process.level.p(check_number(s, "s"))
    if not p_s < p_t:
        raise ValueError(f"p must be smaller at s than at t; got p_s = {p_s} and p_t = {p_t}")
    return (1 - p_s / p_t) * masked_nats(logits, x0, x_t, process)


@torch.no_grad()
def bits_per_token(
    network: Network,
    x0: Tensor,
    process: Masking,
    *,
    times: Sequence[float] | None = None,
    draws: int = 16,
    pad: int | None = None,
    autoregressive: bool = False,
    generator: Generator = None,
) -> Bits:
    r"""The bound above on held-out data x0 (batch, width), in bits per token, with its standard error.

    times           falling from p = 1 to 0: the bound of that chain, one x_t for each step and draw;
                    None for the limit of many steps, one time for each row and draw, spread evenly
    draws           how often every row is masked anew; more draws make the error smaller, down to
                    what the number of rows leaves
    pad             of strings: bits are divided by the letters and the end of each, so that a model of
                    padded rows can be compared with one that writes letter by letter
    autoregressive  as in `denoising_loss`; the one step of times = [1.0, 0.0] then gives -log2 p(x0)
                    itself. In more steps the sum above is no bound for a joint guess: a step reveals
                    some tokens, and their law is not the product of the conditionals

    Raises TypeError for another process, ValueError for times that do not fall from p = 1 to p = 0, and
    for more steps than one with autoregressive.
    """
    _check_masking(process)
    check_callable(network, "network", "(x_t, t)")
    check_tokens(x0, "x0")
    if len(x0) < 2:
        raise ValueError(f"x0 must hold at least two rows, to know an error; got {len(x0)}")
    check_whole(draws, 1, "draws")
    if times is not None:
        if not isinstance(times, Sequence) or isinstance(times, str | bytes):
            raise TypeError(f"times must be a sequence of numbers; got {quoted(times)}")
        times = [check_number(t, "every entry of times") for t in times]
    if pad is not None:
        check_whole(pad, 0, "pad")
    if autoregressive and (times is None or len(times) != 2):
        raise ValueError(f"times must be one step, [1.0, 0.0], with autoregressive; got {quoted(times)}")

    def at(t: Tensor | float) -> Tensor:
        """The cross-entropy of what is hidden at t, (batch,)."""
        x_t = process.forward(x0, process.sample_noise(x0, generator), t)
        logits = network(x_t, t, x0=x0) if autoregressive else network(x_t, t)
        return masked_nats(logits, x0, x_t, process)

    def once(k: int) -> Tensor:
        if times is None:
            # Draw k of every row lies in the k-th of equal parts of time: together they cover it evenly.
            ends = [process.t_max * j / draws for j in (k, k + 1)]
            t = draw_times(process, len(x0), generator, *ends, device=x0.device)
            return process.t_max * masking_weight(process.level)(t) * at(t)
        levels = [process.level.p(float(t)) for t in times]
        if len(levels) < 2 or levels[0] != 1 or levels[-1] != 0 or sorted(levels)[::-1] != levels:
            raise ValueError(f"times must fall from p = 1 to p = 0; got levels {levels}")
        return sum((1 - p_s / p_t) * at(float(t)) for t, (p_t, p_s) in zip(times, pairwise(levels)))

    nats = torch.stack([once(k) for k in range(draws)]).mean(0)
    counts = torch.full_like(nats, x0.shape[1]) if pad is None else ((x0 != pad).sum(1) + 1).to(nats)
    return per_count(nats, counts)


def per_count(nats: Tensor, counts: Tensor) -> Bits:
    r"""\sum nats / \sum counts in bits, with the standard error of a ratio of sums over independent rows.

    nats and counts (batch,), counts positive: tokens, or the letters and the end of a string.
    """
    check_same_shape(counts, nats, "counts", "nats")
    check_floating(nats, "nats")
    if nats.ndim != 1 or len(nats) < 2 or not bool((counts > 0).all()):
        raise ValueError(f"nats and counts must be (batch,), at least two, counts positive; got {tuple(nats.shape)}")
    bits, counts, n = in_float64(nats) / math.log(2), in_float64(counts), len(nats)
    value = bits.sum() / counts.sum()
    # The delta method: what is left of every row when its share of the mean is taken away.
    rest = (bits - value * counts) / counts.mean()
    return Bits(float(value), float((rest.square().sum() / (n - 1) / n).sqrt()))
