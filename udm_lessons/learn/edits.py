r"""A predictor for deletion: it writes x0 around x_t, so that x_t is always hidden in it.

What it draws is not letters but actions. Reading x_t with one finger, an action is one of

    insert c    write the letter c;             copy    write the letter under the finger, move on;
    end         stop, once x_t is used up.

Every string of actions that ends spells a supersequence of x_t, and says which letters were there. The
actions that lead from x_t to x0 are one string for each embedding of x_t in x0, so that with A an
embedding drawn evenly, as `Deletion.sample_alignment` does, and C(x0, x_t) embeddings in all,

    -\log q(x_0 | x_t) <= E_A[ -\log q(actions of A | x_t) ] - \log C(x_0, x_t).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._arrays import Generator, Time, check_batch, check_same_shape, check_tokens, check_whole, per_sample, precise
from ..destroy import Deletion, check_strings, log_embeddings
from ..rebuild import Predictor
from .objectives import Loss, Network, draw_times
from .token_networks import Layers, TokenEmbedding, check_width, draw_tokens, prefix_mask


def _check_kept(kept: Tensor, x0: Tensor) -> None:
    """Raises TypeError or ValueError unless it says of every token of x0 whether it is kept."""
    check_same_shape(kept, x0, "kept", "x0")
    if kept.dtype != torch.bool:
        raise TypeError(f"kept must hold True and False; got dtype {kept.dtype}")


def edit_actions(x0: Tensor, kept: Tensor, vocabulary: int, pad: int) -> Tensor:
    """The actions that write x0: (batch, n) -> (batch, n + 1) int64.

    kept  which tokens of x0 are copied, bool (batch, n); the others are inserted

    An action below V = vocabulary inserts that token, V copies, V + 1 ends and fills the row.
    Raises ValueError for another shape.
    """
    check_tokens(x0, "x0")
    _check_kept(kept, x0)
    vocabulary, pad = check_whole(vocabulary, 1, "vocabulary"), check_whole(pad, 0, "pad")
    actions = torch.where(kept, vocabulary, x0).masked_fill(x0 == pad, vocabulary + 1)
    return functional.pad(actions, (0, 1), value=vocabulary + 1)


class EditTransformer(nn.Module):
    r"""Logits of the next action, from x_t and the actions before: what writes a string around another.

    The network reads all of x_t. At each action it sees what it has written, what of it was copied, which
    token lies under the finger, and how many are left from there on.

    vocabulary  V, tokens 0..V - 1; actions are those of `edit_actions`
    width       tokens in a row of x0 and of x_t: no string grows longer
    pad         the id that fills a row on the right, at least V

    forward(x_t, t, x0, kept) returns logits (batch, width + 1, V + 2); raises ValueError for another
    shape. draw(x_t, t, generator) is a predictor. About 114 thousand parameters as it stands.
    """

    def __init__(
        self,
        vocabulary: int = 26,
        width: int = 12,
        pad: int = 27,
        dim: int = 64,
        depth: int = 3,
        heads: int = 4,
        t_max: float = 1.0,
    ):
        super().__init__()
        self.vocabulary, self.width = check_whole(vocabulary, 1, "vocabulary"), check_whole(width, 1, "width")
        self.pad = check_whole(pad, 0, "pad")
        if pad < vocabulary:
            raise ValueError(f"pad must be no token, so at least {vocabulary}; got {pad}")
        V = self.vocabulary
        self.copy, self.end = V, V + 1
        self.embed = TokenEmbedding(V + 1, self.width + 1, dim, 0, t_max)  # V stands for nothing left
        self.written = nn.Embedding(V + 1, dim)  # V stands for the beginning
        self.how = nn.Embedding(2, dim)
        self.left = nn.Embedding(self.width + 1, dim)
        self.places = nn.Embedding(self.width + 1, dim)
        for table in (self.written, self.how, self.left, self.places):
            nn.init.normal_(table.weight, std=1 / math.sqrt(dim))
        self.layers = Layers(dim, depth, heads)
        self.last = nn.Linear(dim, V + 2)

    def _read(self, x_t: Tensor, t: Time) -> Tensor:
        """x_t and one more place as vectors: (batch, width + 1, dim)."""
        check_strings(self.pad, x_t=x_t)
        check_width(self._filled(x_t, 0), "x_t", self.width, self.vocabulary)
        nothing = self.vocabulary
        return self.embed(functional.pad(self._filled(x_t, nothing), (0, 1), value=nothing), t)

    def _filled(self, x: Tensor, value: int) -> Tensor:
        return x.masked_fill(x == self.pad, value)

    def _vectors(self, read: Tensor, lengths: Tensor, before: Tensor, copied: Tensor, finger: Tensor):
        """What the network sees at some actions, each argument (batch, actions): (batch, actions, dim)."""
        under = read.gather(1, finger[..., None].expand(-1, -1, read.shape[2]))
        return under + self.written(before) + self.how(copied.long()) + self.left(lengths - finger)

    def forward(self, x_t: Tensor, t: Time, x0: Tensor, kept: Tensor) -> Tensor:
        """The logits of every action on the way to x0; impossible ones are not excluded."""
        read = self._read(x_t, t)
        check_strings(self.pad, x0=x0)
        check_width(self._filled(x0, 0), "x0", self.width, self.vocabulary)
        check_same_shape(x0, x_t, "x0", "x_t")
        _check_kept(kept, x0)
        if bool((kept.sum(1) > (x_t != self.pad).sum(1)).any()):
            raise ValueError("kept must keep no more tokens than x_t holds")
        before = functional.pad(self._filled(x0, 0), (1, 0), value=self.vocabulary)
        copied = functional.pad(kept, (1, 0))
        finger = copied.long().cumsum(1)
        lengths = (x_t != self.pad).sum(1, keepdim=True)
        write = self._vectors(read, lengths, before, copied, finger) + self.places.weight
        mask = prefix_mask(self.width + 1, self.width + 1, x0.device)
        hidden, _ = self.layers(torch.cat([read, write], 1), mask)
        return self.last(hidden[:, self.width + 1 :])

    def impossible(self, x_t: Tensor, kept: Tensor) -> Tensor:
        """The actions that cannot be, as the logits are, bool.

        They are to copy past the end of x_t, to end before it, and to insert where the rest would not fit.
        """
        check_strings(self.pad, x_t=x_t)
        _check_kept(kept, x_t)
        finger = functional.pad(kept, (1, 0)).long().cumsum(1)
        left = (x_t != self.pad).sum(1, keepdim=True) - finger
        return self._impossible(left == 0, torch.arange(self.width + 1, device=x_t.device) + left)

    def _impossible(self, done: Tensor, least: Tensor) -> Tensor:
        """done: x_t is used up; least: the shortest string that is still possible. Any one shape."""
        action = torch.arange(self.vocabulary + 2, device=done.device)
        done, full = done[..., None], (least >= self.width)[..., None]
        no_insert = full & (action < self.vocabulary)
        return no_insert | (done & (action == self.copy)) | (~done & (action == self.end))

    @torch.no_grad()
    def draw(self, x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        """x0_hat ~ q(x0 | x_t) among the supersequences of x_t, (batch, width) int64."""
        read = self._read(x_t, t)
        _, past = self.layers(read)
        lengths = (x_t != self.pad).sum(1, keepdim=True)
        target = functional.pad(x_t, (0, 1), value=self.pad)
        finger = torch.zeros_like(lengths)
        ended = torch.zeros_like(lengths, dtype=torch.bool)
        before, copied, drawn = torch.full_like(lengths, self.vocabulary), ended, []
        for i in range(self.width):
            vectors = self._vectors(read, lengths, before, copied, finger) + self.places.weight[i]
            hidden, past = self.layers(vectors, past=past)
            impossible = self._impossible(finger == lengths, i + lengths - finger)
            action = draw_tokens(self.last(hidden).masked_fill(impossible, -math.inf), generator)
            ended = ended | (action == self.end)
            copied = (action == self.copy) & ~ended
            written = torch.where(copied, target.gather(1, finger), action)
            finger = finger + copied
            drawn.append(written.masked_fill(ended, self.pad))
            before = written.masked_fill(ended, 0)
            if bool(ended.all()):
                break
        tokens = torch.cat(drawn, 1)
        return functional.pad(tokens, (0, self.width - tokens.shape[1]), value=self.pad)


def _check_network(network: Network) -> None:
    if not callable(network) or not hasattr(network, "vocabulary"):
        raise TypeError(f"network must be an EditTransformer; got {type(network).__name__}")


def _check_process(process: Deletion) -> None:
    if not isinstance(process, Deletion):
        raise TypeError(f"process must be Deletion; got {type(process).__name__}")


def edit_nats(
    network: Network, process: Deletion, x0: Tensor, x_t: Tensor, t: Time, generator: Generator = None
) -> Tensor:
    r"""A bound on -log q(x0 | x_t) in nats, shape (batch,): one draw of the alignment,

    -\sum_k \log q(a_k | a_{<k}, x_t) - \log C(x_0, x_t).

    Exact where only one embedding is possible, as for an empty x_t. Raises what the process raises for
    an x_t that is no subsequence of x0.
    """
    _check_process(process)
    _check_network(network)
    kept = process.sample_alignment(x0, x_t, t, generator)
    actions = edit_actions(x0, kept, network.vocabulary, process.pad)
    logits = network(x_t, t, x0, kept)
    after = torch.arange(actions.shape[1], device=x0.device) > (x0 != process.pad).sum(1, keepdim=True)
    nats = functional.cross_entropy(
        logits.flatten(0, 1), actions.masked_fill(after, 0).flatten(), reduction="none"
    )
    nats = per_sample(nats.reshape(actions.shape).masked_fill(after, 0.0))
    return nats - log_embeddings(x0, x_t, process.pad).to(nats)


def edit_loss(process: Deletion, t_min: float = 0.0, t_max: float | None = None) -> Loss:
    """The loss (network, x0, generator) -> the mean of `edit_nats` per action, for `train`.

    Times are uniform on (t_min, t_max], by default the whole range. Raises TypeError for another process.
    """
    _check_process(process)

    def loss(network: Network, x0: Tensor, generator: Generator = None) -> Tensor:
        check_tokens(x0, "x0")
        check_batch(x0, "x0")
        t = draw_times(process, len(x0), generator, t_min, t_max, device=x0.device)
        x_t = process.forward(x0, process.sample_noise(x0, generator), t)
        actions = (x0 != process.pad).sum() + len(x0)
        return edit_nats(network, process, x0, x_t, t, generator).sum() / actions

    return loss


def edit_predictor(network: EditTransformer) -> Predictor:
    """The predictor that draws x0_hat action by action: a supersequence of x_t, always."""
    _check_network(network)
    return lambda x_t, t, generator=None: network.draw(x_t, t, generator)


@torch.no_grad()
def impossible_mass(
    network: EditTransformer, process: Deletion, x0: Tensor, generator: Generator = None
) -> float:
    """The mean probability, over the actions on the way to x0, that goes to actions that cannot be.

    `draw` excludes them; how little they get says how well the network has understood where it is.
    """
    _check_process(process)
    _check_network(network)
    check_tokens(x0, "x0")
    check_batch(x0, "x0")
    check_width(x0.masked_fill(x0 == process.pad, 0), "x0", network.width, network.vocabulary)
    t = draw_times(process, len(x0), generator, device=x0.device)
    x_t = process.forward(x0, process.sample_noise(x0, generator), t)
    kept = process.sample_alignment(x0, x_t, t, generator)
    chances = precise(network(x_t, t, x0, kept)).softmax(-1)
    wrong = (chances * network.impossible(x_t, kept)).sum(-1)
    counted = torch.arange(x0.shape[1] + 1, device=x0.device) <= (x0 != process.pad).sum(1, keepdim=True)
    return float(wrong[counted].mean())
