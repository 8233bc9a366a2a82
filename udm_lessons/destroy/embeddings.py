r"""In how many ways one string hides in another, and one of these ways at random.

    N_i[j] = N_{i+1}[j] + [x0_i = x_{t,j}] N_{i+1}[j+1],   N_n[j] = [j = |x_t|],

N_i[j] being the number of ways to place x_t[j:] inside x0[i:] in order. Cost O(n m) for each pair. A count
needs one row at a time, a draw all of them. Strings (batch, width) are int64, right-padded with `pad`.
Source: subsequence counting, as in sequence alignment (Durbin et al. 1998).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from .._arrays import blocks, check_tokens, check_whole, home, in_float64, moved
from .scaled import Scaled

# Binomial(1029, 514) is the last one below the largest float64.
_PLAIN_WIDTH = 1000
# Entries of the rows that are held at once: 2 MB, about what stays close to the processor.
ROWS = 1 << 18
# Entries of the tables that are held at once, 256 MB, or one table if that is larger.
TABLE = 1 << 25


def _rows(x0: Tensor, x_t: Tensor, pad: int) -> Iterator[Scaled | Tensor]:
    """N_n, ..., N_0, each (batch, m + 1): plain float64 where that holds every count, else scaled."""
    row = torch.zeros(len(x_t), x_t.shape[1] + 1, dtype=torch.float64, device=x_t.device)
    row.scatter_(1, (x_t != pad).sum(1)[:, None], 1.0)
    if x0.shape[1] > _PLAIN_WIDTH:
        row = Scaled.of(row)
    yield row
    for i in range(x0.shape[1] - 1, -1, -1):
        token = x0[:, i : i + 1]
        match = (token == x_t) & (token != pad)
        if isinstance(row, Tensor):
            after, row = row, row.clone()
            row[:, :-1] += match * after[:, 1:]
        else:
            match = functional.pad(match, (0, 1))
            row = row.plus(row.shifted().times(match))
        yield row


def longest(x: Tensor, pad: int) -> int:
    """The length of the longest string."""
    return int((x != pad).sum(1).max()) if len(x) else 0


def _count(x0: Tensor, x_t: Tensor, pad: int) -> Scaled:
    """C(x0, x_t), shape (batch,), in blocks of pairs and one row at a time; on the home of their device."""
    x0, x_t = (x.to(home(x.device)) for x in (x0, x_t))
    x_t = x_t[:, : longest(x_t, pad)]
    found = []
    for part in blocks(len(x0), x_t.shape[1] + 1, ROWS):
        for row in _rows(x0[part], x_t[part], pad):
            pass
        found.append(_entry(row, 0))
    return Scaled(*map(torch.cat, zip(*found)))


def _entry(row: Scaled | Tensor, place: int | Tensor) -> Scaled:
    return (row if isinstance(row, Scaled) else Scaled.of(row)).column(place)


def check_strings(pad: int, **strings: Tensor) -> None:
    """Raises unless all are (batch, width) int64, padded on the right only, and as many as the first."""
    (first, whole), *_ = strings.items()
    for name, x in strings.items():
        check_tokens(x, name)
        padding = x == check_whole(pad, 0, "pad")
        if bool((padding[:, :-1] & ~padding[:, 1:]).any()):
            raise ValueError(f"{name} must be padded on the right only; a token follows pad {pad}")
        if len(x) != len(whole):
            raise ValueError(f"{name} must hold as many strings as {first}, {len(whole)}; got {len(x)}")


def log_embeddings(x0: Tensor, x_t: Tensor, pad: int) -> Tensor:
    """log C(x0, x_t), float64, shape (batch,), for strings of any length; -inf if x_t does not hide in x0."""
    check_strings(pad, x0=x0, x_t=x_t)
    return moved(_count(x0, x_t, pad).log(), x0.device)


def count_embeddings(x0: Tensor, x_t: Tensor, pad: int) -> Tensor:
    """C(x0, x_t): in how many ways x_t is a subsequence of x0; float64, shape (batch,).

    "ab" hides in "aab" in 2 ways. Both arguments are right-padded (batch, width) int64 tensors. Raises
    ValueError for a count above 1.8e308, which needs more than 1,029 letters; `log_embeddings` does not.
    """
    check_strings(pad, x0=x0, x_t=x_t)
    ways = _count(x0, x_t, pad)
    count = 2 * ways.value * (ways.power - 1).exp2()
    if bool(count.isinf().any()):
        bad = int(count.isinf().nonzero()[0])
        raise ValueError(
            f"x0 must hold x_t in at most 1.8e308 ways; row {bad} does in e^{float(ways.log()[bad]):.1f}, "
            "see log_embeddings"
        )
    return moved(count, x0.device)


def draw_embedding(x0: Tensor, x_t: Tensor, pad: int, draws: Tensor) -> tuple[Tensor, Tensor]:
    """One of the embeddings, all equally likely, and the logarithm of how many there are.

    draws (batch, n) are uniform on [0, 1). Returns which tokens of x0 are those of x_t, bool (batch, n), of
    no meaning where there is no embedding, and (batch,). The tables of a block of pairs are held at a time.
    """
    device = x0.device
    x0, x_t, draws = x0.to(home(device)), x_t.to(home(device)), in_float64(draws)
    x_t = x_t[:, : longest(x_t, pad)]
    each = (x0.shape[1] + 1) * (x_t.shape[1] + 1) * (1 if x0.shape[1] <= _PLAIN_WIDTH else 2)
    parts = blocks(len(x0), each, TABLE)
    kept, ways = zip(*(_walk(x0[part], x_t[part], pad, draws[part]) for part in parts))
    return moved(torch.cat(kept), device), moved(torch.cat(ways), device)


def _walk(x0: Tensor, x_t: Tensor, pad: int, draws: Tensor) -> tuple[Tensor, Tensor]:
    """The same for pairs whose tables fit into memory."""
    table = [*_rows(x0, x_t, pad)][::-1]
    # One more column, so that the walk may look one token past the end of x_t.
    target = functional.pad(x_t, (0, 1), value=pad)
    j = torch.zeros(len(x0), 1, dtype=torch.int64, device=x0.device)
    kept = torch.zeros_like(x0, dtype=torch.bool)
    for i in range(x0.shape[1]):
        match = (target.gather(1, j)[:, 0] == x0[:, i]) & (x0[:, i] != pad)
        following = _entry(table[i + 1], (j + 1).clamp(max=x_t.shape[1]))
        here = _entry(table[i], j)
        chance = match * following.value / here.value * (following.power - here.power).exp2()
        kept[:, i] = draws[:, i] < chance
        j = j + kept[:, i, None]
    return kept, _entry(table[0], 0).log()
