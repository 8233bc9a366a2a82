r"""What networks learn, and how their answers are used: cross-entropy of the guess q(x0 | x_t).

    loss = E_{x_0, \varepsilon, t} [ -\log q(x_0 | F_t(x_0, \varepsilon)) ].

With a Gaussian q this is a weighted squared error, whatever the network predicts. With a categorical
q it is the cross-entropy of every token. `denoising_loss` is the expectation; `Squared` and
`Categorical` are the two cases of -log q. The predictors at the end turn a trained network into
x0_hat, for the sampler.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._arrays import (
    Generator, Time, as_time, check_batch, check_callable, check_floating, check_number, check_positive, check_probability,
    check_range, check_same_shape, check_tensor, check_whole, per_sample, precise, quoted, uniform,
)  # fmt: skip
from ..destroy import (
    DiscreteLevel,
    DiscreteSchedule,
    ForwardProcess,
    Gaussian,
    Level,
    Masking,
    Noise,
    Schedule,
    check_process,
    check_schedule,
)
from ..flow import check_kind, convert, loss_weight, target
from ..rebuild import Predictor
from .networks import drop_labels
from .token_networks import draw_tokens

Network = Callable[..., Tensor]
Loss = Callable[[Network, "Tensor | tuple[Tensor, Tensor]", Generator], Tensor]


class Guess(Protocol):
    """A case of -log q: what a network's answer says of x0."""

    def __call__(
        self,
        process: ForwardProcess,
        answer: Tensor,
        x0: Tensor,
        noise: Noise,
        x_t: Tensor,
        t: Tensor,
    ) -> Tensor:
        """-log q(x0 | x_t) per entry of x0, up to a constant: shape (batch,)."""


class Squared:
    r"""q = N(x0_hat, I) up to scale: the mean over entries of w_t |prediction - target|^2.

    kind        what the network predicts, see `flow.KINDS`
    measure     the kind whose error counts, w_t = loss_weight(kind, measure, t); None for `kind` itself
    max_weight  a cap on w_t; 5 with kind "x0" and measure "eps" is the truncated SNR weight
                (Hang et al. 2023)

    A fixed variance sbar_t^2 of q is a measure too: -log q = |x0 - x0_hat|^2 / (2 sbar_t^2) + const.
    kind "x0" with no other measure serves every process on continuous data; all else needs `Gaussian`.
    Raises ValueError for an unknown kind or where the weight is infinite, TypeError for another process.
    """

    def __init__(
        self, kind: str = "x0", measure: str | None = None, max_weight: float | None = None
    ):
        self.kind = check_kind(kind)
        self.measure = kind if measure is None else check_kind(measure, "measure")
        if max_weight is not None:
            max_weight = check_positive(max_weight, "max_weight")
        self.max_weight = max_weight

    def __call__(self, process, answer, x0, noise, x_t, t) -> Tensor:
        check_floating(x0, "x0")
        check_floating(answer, "answer")
        check_same_shape(answer, x0, "the answer of the network", "x0")
        if self.kind == self.measure == "x0":
            return ((answer - x0) ** 2).flatten(1).mean(1)
        if not isinstance(process, Gaussian):
            raise TypeError(
                f"process must be Gaussian for kind {quoted(self.kind)} and measure {quoted(self.measure)}; "
                f"got {type(process).__name__}"
            )
        squares = (answer - target(self.kind, x0, noise, t, process.schedule)) ** 2
        weight = torch.as_tensor(loss_weight(self.kind, self.measure, t, process.schedule)).to(squares)
        if self.max_weight is not None:
            weight = weight.clamp(max=self.max_weight)
        return weight * squares.flatten(1).mean(1)


def token_nats(logits: Tensor, x0: Tensor) -> Tensor:
    r"""-\log q_i(x_{0,i}) for every token: x0 (batch, ...) int64, logits (batch, ..., vocabulary).

    Raises ValueError for logits of another shape and for a token outside the vocabulary.
    """
    check_floating(logits, "logits")
    check_tensor(x0, "x0")
    if x0.dtype != torch.int64:
        raise TypeError(f"x0 must hold tokens (torch.int64); got dtype {x0.dtype}")
    if logits.shape[:-1] != x0.shape:
        raise ValueError(
            f"logits must have shape {(*x0.shape, 'vocabulary')}; got {tuple(logits.shape)}"
        )
    check_range(x0, 0, logits.shape[-1] - 1, "x0")
    nats = functional.cross_entropy(logits.flatten(0, -2), x0.flatten(), reduction="none")
    return nats.reshape(x0.shape)


class Categorical:
    r"""q = independent tokens with the network's logits: -\sum_i \log q_i(x_{0,i} | x_t) / width, in nats.

    x0 is (batch, ...) int64, the logits (batch, ..., vocabulary). Under `Masking` only the masked
    tokens count: the visible ones are known. Raises TypeError for data that is not int64, ValueError
    for logits of another shape.
    """

    def __call__(self, process, answer, x0, noise, x_t, t) -> Tensor:
        nats = token_nats(answer, x0)
        if isinstance(process, Masking):
            check_same_shape(x_t, x0, "x_t", "x0")
            nats = nats.masked_fill(x_t != process.mask, 0.0)
        return per_sample(nats) / x0[:1].numel()


def masking_weight(level: Level) -> Callable[[Tensor], Tensor]:
    r"""The function t -> p'_t / p_t: the weight that makes cross-entropy under masking a bound.

    A step from t to s adds (1 - p_s / p_t) \sum_{masked} -\log q_i to the bound; as steps shrink that is
    p'_t / p_t dt. Its mean over t is finite, as only a share p_t of the tokens is masked. The function
    raises ValueError where p_t = 0.

    The times must cover (0, t_max], and p must be 1 at t_max: x_T then says nothing of x0. A level that ends
    below 1 raises ValueError, since what its x_T still shows would be counted as known for free.
    Source: Sahoo et al. 2024 (MDLM), section 3.4.
    """
    if not isinstance(level, Level) or isinstance(level, DiscreteLevel):
        raise TypeError(f"level must be a Level in continuous time; got {type(level).__name__}")
    if level.p(level.t_max) != 1:
        raise ValueError(
            f"level must reach p = 1 at t_max = {level.t_max:g}, or the weighted loss is no bound; "
            f"got p = {level.p(level.t_max):g}"
        )

    def weight(t: Tensor) -> Tensor:
        p = precise(level.p(as_time(t)))
        if bool((p <= 0).any()):
            raise ValueError(f"t must have p_t > 0; got t = {quoted(t)}")
        return level.d_p(t) / p

    return weight


def draw_times(
    process: ForwardProcess,
    n: int,
    generator: Generator = None,
    t_min: float = 0.0,
    t_max: float | None = None,
    stratified: bool = True,
    device="cpu",
) -> Tensor:
    r"""n times uniform on (t_min, t_max], shape (n,) float64 (float32 on a device without it); on the whole steps in it for a chain.

    stratified  one time in each of n equal parts, in random order: every time is uniform as before, and
                the mean of the loss varies less (Kingma et al. 2021, appendix I)

    Raises ValueError unless 0 <= t_min < t_max <= process.t_max, or for a chain without a step in between.
    """
    check_process(process)
    n = check_whole(n, 0, "n")
    t_max = process.t_max if t_max is None else check_number(t_max, "t_max")
    if not 0 <= check_number(t_min, "t_min") < t_max <= process.t_max:
        raise ValueError(
            f"t_min and t_max must satisfy 0 <= t_min < t_max <= {process.t_max:g}; "
            f"got {t_min} and {t_max}"
        )
    u = uniform((n,), generator, device)
    if stratified:
        # Below 1 still, where (n - 1 + u) / n is rounded to it: t = t_min is not among the times.
        u = ((uniform((n,), generator, device).argsort() + u) / n).clamp(max=1 - torch.finfo(u.dtype).eps / 2)
    if isinstance(getattr(process, "schedule", None), DiscreteSchedule) or isinstance(
        getattr(process, "level", None), DiscreteLevel
    ):
        first, last = math.floor(t_min) + 1, math.floor(t_max)
        if first > last:
            raise ValueError(f"t_min and t_max must have a whole step in (t_min, t_max]; got {t_min} and {t_max}")
        return first + ((last - first + 1) * u).floor()
    return t_max - (t_max - t_min) * u


def denoising_loss(
    process: ForwardProcess,
    guess: Guess,
    *,
    t_min: float = 0.0,
    t_max: float | None = None,
    weight: Callable[[Tensor], Tensor] | None = None,
    stratified: bool = True,
    label_dropout: float = 0.1,
    autoregressive: bool = False,
) -> Callable[[Network, Tensor | tuple[Tensor, Tensor], Generator], Tensor]:
    r"""The loss (network, batch, generator) -> E[ weight(t) (-log q(x0 | F_t(x0, eps))) ], a 0-d tensor.

    guess          -log q: `Squared(kind, measure)` or `Categorical()`
    t_min, t_max   times are uniform on (t_min, t_max], by default the whole range
    weight         an additional weight, (batch,) times -> (batch,): `masking_weight(level)` makes
                   `Categorical` under `Masking` the bound on -log p(x0) per token, divided by t_max
    label_dropout  with a batch (x0, label): the chance that a label is hidden from the network
    autoregressive the network is called as network(x_t, t, ..., x0=x0), and its answer for a token rests
                   on x_t and the tokens of x0 before it, as that of `token_networks.JointTransformer`

    Raises what the process, the guess and `draw_times` raise.
    """
    check_probability(label_dropout, "label_dropout")

    def loss(network: Network, batch, generator: Generator = None) -> Tensor:
        check_callable(network, "network", "(x_t, t)")
        x0, *labels = batch if isinstance(batch, (tuple, list)) and batch else (batch,)
        check_batch(x0, "x0")
        labels = [drop_labels(label, label_dropout, generator) for label in labels]
        t = draw_times(process, len(x0), generator, t_min, t_max, stratified, x0.device)
        noise = process.sample_noise(x0, generator)
        x_t = process.forward(x0, noise, t)
        shown = {"x0": x0} if autoregressive else {}
        values = guess(process, network(x_t, t, *labels, **shown), x0, noise, x_t, t)
        return (values if weight is None else weight(t).to(values) * values).mean()

    return loss


def network_predictor(
    network: Network,
    kind: str,
    schedule: Schedule,
    label: Tensor | int | None = None,
    guidance: float = 1.0,
) -> Predictor:
    r"""The predictor (x_t, t, generator) -> x0_hat, a posterior mean, of a network that predicts `kind`.

    label     what to ask for: None, a number, or (batch,) int64
    guidance  answer = unconditional + guidance (conditional - unconditional); 1 leaves the conditional
              one as it is (Ho and Salimans 2022, there called 1 + w)

    Draws nothing; no gradient passes. Raises ValueError where `convert` does, eps at alpha_t = 0 for one, for an unknown
    kind, and for guidance without a label.
    """
    check_callable(network, "network", "(x_t, t, label)")
    check_kind(kind)
    check_schedule(schedule)
    if check_number(guidance, "guidance") != 1 and label is None:
        raise ValueError(f"label must be given with guidance other than 1; got guidance {guidance}")
    told = () if label is None else (label,)

    @torch.no_grad()
    def predict(x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        answer = network(x_t, t, *told)
        if guidance != 1:
            answer = torch.lerp(network(x_t, t), answer, guidance)
        return convert(answer, kind, "x0", x_t, t, schedule)

    return predict


def token_predictor(network: nn.Module | Network) -> Predictor:
    """The predictor that draws every token of x0_hat from the network's logits, independently.

    logits (batch, ..., vocabulary) -> tokens (batch, ...) int64. Under `Masking` wrap it in
    `rebuild.carry_over`.
    """
    check_callable(network, "network", "(x_t, t)")

    @torch.no_grad()
    def predict(x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        return draw_tokens(network(x_t, t), generator)

    return predict
