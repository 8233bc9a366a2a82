r"""Soft alignment: how likely one string became another by deletions, substitutions and insertions.

Every token of x0 is deleted with probability p. One that is kept shows itself with probability
1 - r + r/V, any other token with r/V each. In each of the n + 1 gaps one uniform token appears with
probability i. Then, with em(x, y) = (1 - r) [x = y] + r / V,

    T_k[j] = p Z_{k+1}[j] + (1 - p) em(x0_k, y_j) Z_{k+1}[j+1],    T_n[j] = [j = |y|],
    Z_k[j] = (1 - i) T_k[j] + (i / V) T_k[j+1],

Z_k[j] being the probability that the gaps and tokens from k on become y_j y_{j+1} ...; p(y | x0) = Z_0[0].
With r = i = 0 this is deletion, where Z counts embeddings. Every entry of a row has a power of two of its
own: strings of thousands of tokens neither vanish nor lose digits. Cost O(n m) for each pair, over whole
batches. A likelihood needs one row at a time; a draw needs the table.
Source: the forward algorithm of pair hidden Markov models (Durbin et al. 1998, chapter 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .._arrays import as_time, blocks, check_range, check_whole, home, in_float64, moved, quoted, uniform
from .embeddings import ROWS, TABLE, check_strings, longest
from .scaled import Scaled

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
    """The probabilities above, each (batch, 1) or (1, 1), float64."""

    delete: Tensor
    keep: Tensor
    same: Tensor
    other: Tensor
    appear: Tensor
    none: Tensor

    @classmethod
    def of(
        cls, deletion: Chance, substitution: Chance, insertion: Chance, vocabulary: int, x0: Tensor
    ) -> _Chances:
        """From p, r and i: numbers, or one number per sample, (batch,)."""
        check_whole(vocabulary, 1, "vocabulary")
        given = dict(deletion=deletion, substitution=substitution, insertion=insertion)
        p, r, i = (
            torch.as_tensor(as_time(value, name), dtype=torch.float64, device=x0.device).reshape(-1, 1)
            for name, value in given.items()
        )
        for name, value in zip(given, (p, r, i)):
            check_range(value, 0.0, 1.0, name)
            if len(value) not in (1, len(x0)):
                raise ValueError(f"{name} must be a number or one per sample, {len(x0)}; got {len(value)}")
        return cls(p, 1 - p, 1 - r + r / vocabulary, r / vocabulary, i / vocabulary, 1 - i)

    def part(self, some: slice) -> _Chances:
        """Those of a part of the batch."""
        return _Chances(*(value if len(value) == 1 else value[some] for value in self))

    def log(self) -> _Chances:
        return _Chances(*map(torch.log, self))


def _rows(x0: Tensor, y: Tensor, pad: int, chance: _Chances) -> Iterator[tuple[Scaled, Scaled]]:
    """(Z_k, T_k) for k = n, ..., 0, each (batch, m + 1)."""
    end = torch.zeros(len(y), y.shape[1] + 1, dtype=torch.float64, device=y.device)
    end.scatter_(1, (y != pad).sum(1, keepdim=True), 1.0)
    end = tokens = Scaled.of(end)
    insertions, changes = (bool((value > 0).any()) for value in (chance.appear, chance.other))
    same, other = chance.keep * chance.same, chance.keep * chance.other
    for k in range(x0.shape[1], -1, -1):
        if k < x0.shape[1]:
            token = x0[:, k : k + 1]
            shown = torch.where(token == y, same, other if changes else 0.0)
            new = gaps.times(chance.delete).plus(gaps.shifted().times(functional.pad(shown, (0, 1))))
            # A row that has ended stays at its end.
            tokens = end.where(token == pad, new)
        gaps = tokens.times(chance.none).plus(tokens.shifted().times(chance.appear)) if insertions else tokens
        yield gaps, tokens


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
    check_strings(pad, x0=x0, y=y)
    device, x0, y = x0.device, *_at_home(x0, y)
    table = _table(x0, y, pad, _Chances.of(deletion, substitution, insertion, vocabulary, x0))
    return AlignmentTable(*([moved(row, device) for row in rows] for rows in table))


def _at_home(x0: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Both where tables in float64 can be made."""
    return x0.to(home(x0.device)), y.to(home(y.device))


def _table(x0: Tensor, y: Tensor, pad: int, chance: _Chances) -> AlignmentTable:
    gaps, tokens = [], []
    for gap, token in _rows(x0, y, pad, chance):
        tokens.append(token.log())
        gaps.append(tokens[-1] if gap is token else gap.log())
    return AlignmentTable(gaps[::-1], tokens[::-1])


def alignment_likelihood(
    x0: Tensor,
    y: Tensor,
    pad: int,
    deletion: Chance,
    substitution: Chance = 0.0,
    insertion: Chance = 0.0,
    vocabulary: int = 26,
) -> Tensor:
    """The `log_likelihood` of `alignment_table`, (batch,), from one row at a time; arguments as there."""
    check_strings(pad, x0=x0, y=y)
    device, x0, y = x0.device, *_at_home(x0, y)
    chance = _Chances.of(deletion, substitution, insertion, vocabulary, x0)
    y, found = y[:, : longest(y, pad)], []
    for part in blocks(len(x0), y.shape[1] + 1, ROWS):
        for gaps, _ in _rows(x0[part], y[part], pad, chance.part(part)):
            pass
        found.append(gaps.column(0).log())
    return moved(torch.cat(found), device)


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

    Arguments as in `alignment_table`, of which no more is held at a time than 256 MB, or the table of one
    pair. Raises ValueError, naming the row, if x0 cannot have become y.
    """
    check_strings(pad, x0=x0, y=y)
    device, x0, y = x0.device, *_at_home(x0, y)
    chance = _Chances.of(deletion, substitution, insertion, vocabulary, x0)
    n, short = x0.shape[1], y[:, : longest(y, pad)]
    u = in_float64(uniform((2 * n + 1 + n, len(x0), 1), generator, device)).to(x0.device)
    found, likely = [], []
    for part in blocks(len(x0), 2 * (n + 1) * (short.shape[1] + 1), TABLE):
        alignment, log_likelihood = _walk(x0[part], short[part], pad, chance.part(part), u[:, part])
        found.append(alignment)
        likely.append(log_likelihood)
    impossible = torch.cat(likely) == -math.inf
    if bool(impossible.any()):
        bad = int(impossible.nonzero()[0])
        raise ValueError(
            f"y must be reachable from x0; row {bad} is not: x0 = {quoted(x0[bad])}, y = {quoted(y[bad])}"
        )
    return Alignment(*(torch.cat(columns).to(device) for columns in zip(*found)))


def _walk(x0: Tensor, y: Tensor, pad: int, chance: _Chances, u: Tensor) -> tuple[Alignment, Tensor]:
    """Gap by gap and token by token, as u (3 n + 1, batch, 1) decides; and log p(y | x0)."""
    table, chance = _table(x0, y, pad, chance), chance.log()
    batch, n = x0.shape
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
    found = Alignment(
        columns[0].bool(), columns[1].bool(), columns[2], torch.cat(inserted, 1), torch.cat(gap_token, 1)
    )
    return found, table.log_likelihood
