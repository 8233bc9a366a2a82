r"""Soft alignment: how likely one string became another by deletions, substitutions and insertions.

Every token of x0 is deleted with probability p. One that is kept shows itself with probability
1 - r + r/V, any other token with r/V each. In each of the n + 1 gaps one uniform token appears with
probability i. Then, with em(x, y) = (1 - r) [x = y] + r / V,

    T_k[j] = p Z_{k+1}[j] + (1 - p) em(x0_k, y_j) Z_{k+1}[j+1],    T_n[j] = [j = |y|],
    Z_k[j] = (1 - i) T_k[j] + (i / V) T_k[j+1],

Z_k[j] being the probability that the gaps and tokens from k on become y_j y_{j+1} ...; p(y | x0) = Z_0[0].
With r = i = 0 this is deletion, where Z counts embeddings. Everything is in logarithms, in float64:
strings of thousands of tokens neither overflow nor vanish. Cost O(n m) for each pair, over whole batches.
Source: the forward algorithm of pair hidden Markov models (Durbin et al. 1998, chapter 4).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .._arrays import check_range, check_tokens, uniform

Chance = float | Tensor


class AlignmentTable(NamedTuple):
    """log Z_k and log T_k for k = 0..n, as lists of (batch, m + 1) tensors."""

    gaps: list[Tensor]
    tokens: list[Tensor]

    @property
    def log_likelihood(self) -> Tensor:
        """log p(y | x0), shape (batch,); -inf where x0 cannot have become y."""
        return self.gaps[0][:, 0]


class Alignment(NamedTuple):
    """Where each token of y comes from.

    kept      which tokens of x0 are still seen, changed or not: bool (batch, n)
    changed   which of them were substituted, by themselves perhaps: bool (batch, n)
    token     what is seen in the place of a kept token, pad elsewhere: (batch, n)
    inserted  in which gaps a token appeared: bool (batch, n + 1); gap k lies before token k
    gap_token what appeared there, pad elsewhere: (batch, n + 1)
    """

    kept: Tensor
    changed: Tensor
    token: Tensor
    inserted: Tensor
    gap_token: Tensor


class _Chances(NamedTuple):
    """Logarithms of the probabilities above, each (batch, 1) or (1, 1), float64."""

    delete: Tensor
    keep: Tensor
    same: Tensor
    other: Tensor
    appear: Tensor
    none: Tensor

    @classmethod
    def of(
        cls, deletion: Chance, substitution: Chance, insertion: Chance, vocabulary: int, device
    ) -> _Chances:
        """From p, r and i: numbers, or one number per sample, (batch,)."""
        p, r, i = (
            torch.as_tensor(value, dtype=torch.float64, device=device).reshape(-1, 1)
            for value in (deletion, substitution, insertion)
        )
        for name, value in (("deletion", p), ("substitution", r), ("insertion", i)):
            check_range(value, 0.0, 1.0, name)
        values = (p, 1 - p, 1 - r + r / vocabulary, r / vocabulary, i / vocabulary, 1 - i)
        return cls(*(value.log() for value in values))


def _check_strings(x: Tensor, name: str, pad: int) -> None:
    check_tokens(x, name)
    padding = x == pad
    if bool((padding[:, :-1] & ~padding[:, 1:]).any()):
        raise ValueError(f"{name} must be padded on the right only; a token follows pad {pad}")


def alignment_table(
    x0: Tensor,
    y: Tensor,
    pad: int,
    deletion: Chance,
    substitution: Chance = 0.0,
    insertion: Chance = 0.0,
    vocabulary: int = 26,
) -> AlignmentTable:
    """The recursion above from the last token to the first.

    x0, y         (batch, n) and (batch, m) int64, right-padded with `pad`
    deletion, substitution, insertion
                  p, r, i: numbers in [0, 1], or one number per sample, (batch,)
    vocabulary    V: how many tokens may appear by substitution or insertion

    Raises TypeError or ValueError for other strings or chances.
    """
    for name, x in (("x0", x0), ("y", y)):
        _check_strings(x, name, pad)
    if len(x0) != len(y):
        raise ValueError(f"y must hold as many strings as x0, {len(x0)}; got {len(y)}")
    chance = _Chances.of(deletion, substitution, insertion, vocabulary, x0.device)
    row = torch.full((len(y), y.shape[1] + 1), -math.inf, dtype=torch.float64, device=y.device)
    row.scatter_(1, (y != pad).sum(1, keepdim=True), 0.0)
    nothing = bool((chance.appear == -math.inf).all())

    def with_gap(tokens: Tensor) -> Tensor:
        if nothing:
            return tokens
        after = functional.pad(tokens[:, 1:], (0, 1), value=-math.inf)
        return torch.logaddexp(chance.none + tokens, chance.appear + after)

    same, other = chance.keep + chance.same, chance.keep + chance.other
    tokens, gaps = [row], [with_gap(row)]
    for k in range(x0.shape[1] - 1, -1, -1):
        token = x0[:, k : k + 1]
        after = gaps[-1]
        shown = torch.where(token == y, same, other) + after[:, 1:]
        new = chance.delete + after
        new[:, :-1] = torch.logaddexp(new[:, :-1], shown)
        # A row that has ended stays at its end.
        new = torch.where(token == pad, row, new)
        tokens.append(new)
        gaps.append(with_gap(new))
    return AlignmentTable(gaps[::-1], tokens[::-1])


def sample_alignment(
    x0: Tensor,
    y: Tensor,
    pad: int,
    deletion: Chance,
    substitution: Chance = 0.0,
    insertion: Chance = 0.0,
    vocabulary: int = 26,
    generator: torch.Generator | None = None,
) -> Alignment:
    """One alignment from its posterior given x0 and y: forward through the table, gap by gap.

    Arguments as in `alignment_table`. Raises ValueError, naming the row, if x0 cannot have become y.
    """
    table = alignment_table(x0, y, pad, deletion, substitution, insertion, vocabulary)
    impossible = table.log_likelihood == -math.inf
    if bool(impossible.any()):
        bad = int(impossible.nonzero()[0])
        raise ValueError(
            f"y must be reachable from x0; row {bad} is not: x0 = {x0[bad].tolist()}, y = {y[bad].tolist()}"
        )
    chance = _Chances.of(deletion, substitution, insertion, vocabulary, x0.device)
    batch, n = x0.shape
    u = uniform((2 * n + 1 + n, batch, 1), generator, x0.device)
    target = functional.pad(y, (0, 2), value=pad)
    j = torch.zeros(batch, 1, dtype=torch.int64, device=x0.device)
    gone = torch.full_like(j, pad)
    kept, changed, token, inserted, gap_token = [], [], [], [], []

    def at(row: Tensor, place: Tensor) -> Tensor:
        last = row.shape[1] - 1
        return row.gather(1, place.clamp(max=last)).masked_fill(place > last, -math.inf)

    ended = torch.zeros_like(j, dtype=torch.bool)
    for k in range(n + 1):
        seen = target.gather(1, j)
        share = (chance.appear + at(table.tokens[k], j + 1) - at(table.gaps[k], j)).exp()
        appears = (u[k] < share) & ~ended
        inserted.append(appears)
        gap_token.append(torch.where(appears, seen, gone))
        j = j + appears
        if k == n:
            break
        seen, here = target.gather(1, j), x0[:, k : k + 1]
        ended = here == pad
        shows = chance.keep + torch.where(here == seen, chance.same, chance.other)
        share = (shows + at(table.gaps[k + 1], j + 1) - at(table.tokens[k], j)).exp()
        keep = (u[n + 1 + k] < share) & ~ended
        by_itself = (chance.other - chance.same).exp()
        kept.append(keep)
        changed.append(keep & ((here != seen) | (u[2 * n + 1 + k] < by_itself)))
        token.append(torch.where(keep, seen, gone))
        j = j + keep
    empty = x0.new_zeros((batch, 0))
    columns = [torch.cat(part, 1) if part else empty for part in (kept, changed, token)]
    return Alignment(
        columns[0].bool(), columns[1].bool(), columns[2], torch.cat(inserted, 1), torch.cat(gap_token, 1)
    )
