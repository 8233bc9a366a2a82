r"""Counting models of strings: the next letter from the last few. The baseline that a network must beat.

Kneser-Ney smoothing (Kneser and Ney 1995; interpolated as in Chen and Goodman 1999, section 4.1.6).
With a context h of n - 1 symbols, c its counts, N_{1+}(h .) the number of symbols seen after it,

    p(w | h) = ( max(c(h w) - D, 0) + D N_{1+}(h .) p(w | h') ) / c(h),

h' the context less its first symbol. Below the highest order, c counts in how many different contexts
a word was seen, not how often; below the lowest lies the uniform law.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral

import torch
from torch import Tensor

from .._arrays import check_number, check_range, check_tokens, check_whole, in_float64, moved, per_sample, quoted

_LARGEST_TABLE = 50_000_000


class NGram:
    r"""The n-gram model of right-padded strings, (batch, width) int64 with entries below `vocabulary`.

    order       n: 1 for letters by themselves, 2 for pairs (bigram), 4 for what names are judged by
    vocabulary  symbols 0..vocabulary - 1; one more, the end of a string, is predicted like any other
    pad         the id that fills a row on the right
    discount    D in [0, 1], taken from every count and given to shorter contexts

    Raises TypeError or ValueError for other strings, an order below 1, or tables of more than 5e7 numbers.
    """

    def __init__(
        self, strings: Tensor, order: int, vocabulary: int = 26, pad: int = 27, discount: float = 0.75
    ):
        self.order = check_whole(order, 1, "order")
        self.vocabulary = check_whole(vocabulary, 1, "vocabulary")
        self.pad = check_whole(pad, 0, "pad")
        discount = check_number(discount, "discount")
        check_range(discount, 0.0, 1.0, "discount")
        # The alphabet: letters, the end of a string, and the beginning, which is never predicted.
        self.symbols = self.vocabulary + 2
        if self.symbols**self.order > _LARGEST_TABLE:
            raise ValueError(
                f"order must be small enough for {_LARGEST_TABLE:.0e} counts; got {order}"
            )
        windows, known = self._windows(strings)
        index = self._flat(windows[known])
        counts = in_float64(torch.bincount(index, minlength=self.symbols**self.order))
        self._table = self._smoothed(counts.reshape([self.symbols] * self.order), discount)

    def _smoothed(self, counts: Tensor, discount: float) -> Tensor:
        """p(w | h) as a table with one axis per symbol of h, then w."""
        predicted = torch.arange(self.symbols, device=counts.device) != self.vocabulary + 1
        if counts.ndim == 1:
            shorter = predicted.double() / (self.vocabulary + 1)
        else:
            # Only the beginning can stand before the beginning: its contexts are counted as they are.
            lower = (counts > 0).double().sum(0)
            if counts.ndim > 2:
                lower[self.vocabulary + 1] = counts.sum(0)[self.vocabulary + 1]
            shorter = self._smoothed(lower, discount)
        total = counts.sum(-1, keepdim=True)
        kinds = (counts > 0).double().sum(-1, keepdim=True)
        here = ((counts - discount).clamp(min=0) + discount * kinds * shorter) / total.clamp(min=1)
        return torch.where(total > 0, here, shorter)

    def _windows(self, strings: Tensor) -> tuple[Tensor, Tensor]:
        """Every symbol with the order - 1 before it, (batch, width + 1, order), and which of them count."""
        check_tokens(strings, "strings")
        padding = strings == self.pad
        check_range(strings.masked_fill(padding, 0), 0, self.vocabulary - 1, "strings")
        if bool((padding[:, :-1] & ~padding[:, 1:]).any()):
            raise ValueError(
                f"strings must be padded on the right only; a token follows pad {self.pad}"
            )
        ended = strings.masked_fill(padding, self.vocabulary)
        ended = torch.nn.functional.pad(ended, (0, 1), value=self.vocabulary)
        begun = torch.nn.functional.pad(ended, (self.order - 1, 0), value=self.vocabulary + 1)
        places = torch.arange(ended.shape[1], device=strings.device)
        return begun.unfold(1, self.order, 1), places <= (~padding).sum(1, keepdim=True)

    def _flat(self, windows: Tensor) -> Tensor:
        powers = self.symbols ** torch.arange(self.order - 1, -1, -1, device=windows.device)
        return (windows * powers).sum(-1)

    def probabilities(self, context: list[int]) -> Tensor:
        """p(. | context) over letters and, last, the end: (vocabulary + 1,) float64.

        A context shorter than order - 1 begins the string. Raises ValueError for other symbols.
        """
        context = context.tolist() if isinstance(context, Tensor) else context
        if not isinstance(context, Iterable) or not all(isinstance(symbol, Integral) for symbol in context):
            raise TypeError(f"context must be a list of whole numbers; got {quoted(context)}")
        context = list(context)
        if any(not 0 <= symbol < self.vocabulary for symbol in context):
            raise ValueError(f"context must hold symbols below {self.vocabulary}; got {quoted(context)}")
        begin = [self.vocabulary + 1] * (self.order - 1)
        last = (begin + context)[len(context) :]
        return self._table[tuple(last)][: self.vocabulary + 1].clone()

    def log_prob(self, strings: Tensor) -> Tensor:
        """log p(string), its end included, in nats: shape (batch,)."""
        windows, known = self._windows(strings)
        table = moved(self._table, strings.device).flatten()
        return per_sample(table[self._flat(windows)].log().masked_fill(~known, 0.0))

    def bits_per_character(self, strings: Tensor) -> float:
        r"""-\sum \log_2 p / (number of characters), the end of each string counted as one.

        Of held-out strings it is how well the model knows them; of a model's samples, how much they
        look like what was counted. Raises ValueError without a string.
        """
        check_tokens(strings, "strings")
        if len(strings) == 0:
            raise ValueError("strings must hold at least one string; got none")
        characters = int((strings != self.pad).sum()) + len(strings)
        return float(-self.log_prob(strings).sum()) / math.log(2) / characters
