r"""Networks for tokens: two answer for every position at once, one writes from left to right.

All guess x0 from x_t, tokens (batch, width), and differ in which law they can say:

    TokenUNet, TokenTransformer   NAR: q(x_0 | x_t) = \prod_i q_i(x_{0,i} | x_t), one pass
    JointTransformer              AR:  q(x_0 | x_t) = \prod_i q(x_{0,i} | x_{0,<i}, x_t), width passes

Dependence between positions that are guessed in the same step is what the first two cannot express.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._arrays import (
    Generator,
    Time,
    check_floating,
    check_range,
    check_same_shape,
    check_tokens,
    check_whole,
    choose,
    precise,
    uniform,
)
from .networks import Condition, UNet

Past = list[tuple[Tensor, Tensor]]


def draw_tokens(logits: Tensor, generator: Generator = None) -> Tensor:
    """One token per position, independently, from logits (..., vocabulary): shape (...), int64.

    A logit of -inf is never drawn. Raises TypeError unless the logits are floating-point, ValueError for
    nan, +inf, or a position where all are -inf.
    """
    check_floating(logits, "logits")
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits must have shape (..., vocabulary); got {tuple(logits.shape)}")
    u = uniform((*logits.shape[:-1], 1), generator, logits.device)
    return choose(precise(logits).softmax(-1), u, "logits")


class _Layer(nn.Module):
    """Attention, then two linear layers, each with a way around it (pre-norm)."""

    def __init__(self, dim: int, heads: int, expand: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.parts = nn.Linear(dim, 3 * dim, bias=False)
        self.join = nn.Linear(dim, dim)
        self.think = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, expand * dim), nn.GELU(), nn.Linear(expand * dim, dim)
        )

    def forward(self, x: Tensor, mask: Tensor | None, past: tuple[Tensor, Tensor] | None):
        parts = self.parts(self.norm(x)).unflatten(-1, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        if past is not None:
            key, value = (torch.cat(pair, 2) for pair in zip(past, (key, value)))
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.join(seen.transpose(1, 2).flatten(2))
        return x + self.think(x), (key, value)


class Layers(nn.Module):
    """A stack of attention layers: (batch, positions, dim) -> the same.

    Keys and values of earlier positions may be handed on, so that a string is written token by token
    without reading its beginning again. Raises ValueError unless `heads` divides `dim`.
    """

    def __init__(self, dim: int, depth: int, heads: int, expand: int = 2):
        super().__init__()
        dim, heads = check_whole(dim, 1, "dim"), check_whole(heads, 1, "heads")
        if dim % heads:
            raise ValueError(f"heads must divide dim = {dim}; got {heads}")
        self.layers = nn.ModuleList(
            _Layer(dim, heads, check_whole(expand, 1, "expand")) for _ in range(check_whole(depth, 1, "depth"))
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor, mask: Tensor | None = None, past: Past | None = None):
        """(the answers, the keys and values up to here); mask is True where a position may look."""
        handed_on = []
        for k, layer in enumerate(self.layers):
            x, pair = layer(x, mask, None if past is None else past[k])
            handed_on.append(pair)
        return self.norm(x), handed_on


def prefix_mask(prefix: int, written: int, device=None) -> Tensor:
    """Who may look at whom, True for yes: a prefix sees itself, what is written sees it and the past.

    Shape (prefix + written, prefix + written). A position that is written sees itself too.
    """
    prefix, written = check_whole(prefix, 0, "prefix"), check_whole(written, 0, "written")
    mask = torch.ones(prefix + written, prefix + written, dtype=torch.bool, device=device).tril()
    mask[:prefix, :prefix] = True
    return mask


class TokenEmbedding(nn.Module):
    """Token, place, time and label as one vector per position: (batch, width) -> (batch, width, dim).

    Raises TypeError or ValueError for another dtype, width, token, time or label.
    """

    def __init__(self, vocabulary: int, width: int, dim: int, classes: int, t_max: float):
        super().__init__()
        self.vocabulary = check_whole(vocabulary, 2, "vocabulary")
        self.width, dim = check_whole(width, 1, "width"), check_whole(dim, 1, "dim")
        self.tokens = nn.Embedding(self.vocabulary, dim)
        self.places = nn.Parameter(torch.randn(self.width, dim) / math.sqrt(dim))
        self.condition = Condition(dim, classes=classes, t_max=t_max)
        nn.init.normal_(self.tokens.weight, std=1 / math.sqrt(dim))

    def forward(self, x_t: Tensor, t: Time, label: Tensor | int | None = None) -> Tensor:
        """The vectors for the batch x_t at time t."""
        check_width(x_t, "x_t", self.width, self.vocabulary)
        if label is not None and self.condition.classes == 0:
            raise ValueError("label must be None: this network was made with classes = 0")
        return self.tokens(x_t) + self.places + self.condition(t, label, x_t)[:, None]


def check_width(x: Tensor, name: str, width: int, vocabulary: int) -> None:
    """Raises unless x holds tokens of this vocabulary and this width."""
    check_tokens(x, name)
    if x.shape[1] != width:
        raise ValueError(f"{name} must be {width} tokens wide; got shape {tuple(x.shape)}")
    check_range(x, 0, vocabulary - 1, name)


def _forbid(logits: Tensor, mask: int | None) -> Tensor:
    """The logits with that of MASK at -inf: no x0 holds it."""
    if mask is None:
        return logits
    column = torch.arange(logits.shape[-1], device=logits.device) == mask
    return logits.masked_fill(column, -math.inf)


class TokenUNet(nn.Module):
    r"""Logits for tokens that lie on a square grid, such as pixels: the U-Net with a channel per token.

    x_t (batch, side^2) int64, row by row -> (batch, side^2, vocabulary). A token enters as a one-hot
    vector. On digits this learns in a fraction of the steps of `TokenTransformer`, since it need not
    learn first which pixels are neighbours. Arguments as there, and `levels`, how often the side is
    halved less one. Raises TypeError or ValueError as there. About 126 thousand parameters as it stands.
    """

    def __init__(
        self,
        vocabulary: int,
        side: int = 8,
        mask: int | None = None,
        dim: int = 16,
        levels: int = 2,
        classes: int = 0,
        t_max: float = 1.0,
    ):
        super().__init__()
        self.mask = mask
        self.side = check_whole(side, 1, "side")
        self.vocabulary = check_whole(vocabulary, 2, "vocabulary")
        if check_whole(dim, 8, "dim") % 8:
            raise ValueError(f"dim must be a multiple of 8; got {dim}")
        self.network = UNet(self.vocabulary, dim, levels, classes=classes, t_max=t_max)

    def forward(self, x_t: Tensor, t: Time, label: Tensor | int | None = None) -> Tensor:
        """The logits, one law per position."""
        check_width(x_t, "x_t", self.side**2, self.vocabulary)
        dtype = self.network.first.weight.dtype
        planes = functional.one_hot(x_t, self.vocabulary).to(dtype).transpose(1, 2)
        logits = self.network(planes.unflatten(2, (self.side, self.side)), t, label)
        return _forbid(logits.flatten(2).transpose(1, 2), self.mask)


class TokenTransformer(nn.Module):
    r"""Logits of every token of x0 given x_t: (batch, width) int64 -> (batch, width, vocabulary).

    vocabulary  number of ids that x_t may hold, MASK and PAD among them
    width       tokens in a row
    mask        the id of MASK, which no guess may be: its logit is -inf; None for replacement
    classes     number of labels, 0 for none

    forward(x_t, t, label=None): t a number or (batch,); label None, a number or (batch,) int64. Trained by
    `denoising_loss(process, Categorical())`, used through `token_predictor`. Raises TypeError or
    ValueError for another dtype, width, token, time or label. About 146 thousand parameters as it
    stands, for 64 tokens of 18.

    Source: Vaswani et al. 2017; as a denoiser of tokens, Austin et al. 2021.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int,
        mask: int | None = None,
        dim: int = 64,
        depth: int = 4,
        heads: int = 4,
        classes: int = 0,
        t_max: float = 1.0,
    ):
        super().__init__()
        self.mask = mask
        self.embed = TokenEmbedding(vocabulary, width, dim, classes, t_max)
        self.layers = Layers(dim, depth, heads)
        self.last = nn.Linear(dim, self.embed.vocabulary)

    def forward(self, x_t: Tensor, t: Time, label: Tensor | int | None = None) -> Tensor:
        """The logits, one law per position."""
        hidden, _ = self.layers(self.embed(x_t, t, label))
        return _forbid(self.last(hidden), self.mask)


class JointTransformer(nn.Module):
    r"""A joint law of x0 given x_t, token by token: q(x_0 | x_t) = \prod_i q(x_{0,i} | x_{0,<i}, x_t).

    The network reads all of x_t, then writes x0 from left to right and sees what it has written.
    forward(x_t, t, label=None, x0=x0) returns the logits (batch, width, vocabulary), those of position i
    from x0 before i alone: train it by `denoising_loss(process, Categorical(), autoregressive=True)`.
    draw(x_t, t, generator, label) draws x0, and is a predictor. With `mask`, the visible tokens of x_t
    are taken as they are. With all of x_t hidden it is an ordinary autoregressive model of x0.

    Arguments and errors are those of `TokenTransformer`; forward raises TypeError without x0.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int,
        mask: int | None = None,
        dim: int = 64,
        depth: int = 4,
        heads: int = 4,
        classes: int = 0,
        t_max: float = 1.0,
    ):
        super().__init__()
        self.mask = mask
        self.embed = TokenEmbedding(vocabulary, width, dim, classes, t_max)
        self.written = nn.Embedding(self.embed.vocabulary + 1, dim)  # the last stands for the beginning
        nn.init.normal_(self.written.weight, std=1 / math.sqrt(dim))
        self.layers = Layers(dim, depth, heads)
        self.last = nn.Linear(dim, self.embed.vocabulary)

    def _before(self, x0: Tensor) -> Tensor:
        """The token before each position."""
        return functional.pad(x0, (1, 0), value=self.embed.vocabulary)[:, :-1]

    def forward(
        self, x_t: Tensor, t: Time, label: Tensor | int | None = None, *, x0: Tensor
    ) -> Tensor:
        """The logits, one law per position, given x_t and the tokens of x0 before it."""
        read = self.embed(x_t, t, label)
        check_width(x0, "x0", self.embed.width, self.embed.vocabulary)
        check_same_shape(x0, x_t, "x0", "x_t")
        # The place and the token of x_t beside each position that is written: nothing to search for.
        write = read + self.written(self._before(x0))
        width = x_t.shape[1]
        hidden, _ = self.layers(torch.cat([read, write], 1), prefix_mask(width, width, x_t.device))
        return _forbid(self.last(hidden[:, width:]), self.mask)

    @torch.no_grad()
    def draw(
        self, x_t: Tensor, t: Time, generator: Generator = None, label: Tensor | int | None = None
    ) -> Tensor:
        """x0_hat ~ q(x0 | x_t), (batch, width) int64."""
        read = self.embed(x_t, t, label)
        _, past = self.layers(read)
        before = torch.full_like(x_t[:, :1], self.embed.vocabulary)
        drawn = []
        for i in range(x_t.shape[1]):
            hidden, past = self.layers(read[:, i : i + 1] + self.written(before), past=past)
            before = draw_tokens(_forbid(self.last(hidden), self.mask), generator)
            if self.mask is not None:
                seen = x_t[:, i : i + 1]
                before = torch.where(seen == self.mask, before, seen)
            drawn.append(before)
        return torch.cat(drawn, 1)
