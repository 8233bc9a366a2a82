r"""What a network may predict: noise, data, score, velocity and more, each a pair (A_t, B_t) with

    target = A_t x_0 + B_t \varepsilon.

With x_t = \alpha_t x_0 + \sigma_t \varepsilon this is a 2x2 system, so that any kind and x_t give any
other kind. Let D = A \sigma - B \alpha for the source and D' likewise for the target (A', B'). Then

    target = (D' / D) source + ((A B' - A' B) / D) x_t.

Every conversion is this line, and every loss weight is (D' / D)^2: at one x_t an error in x_0 forces
one in \varepsilon, \alpha dx_0 + \sigma d\varepsilon = 0, so all errors are one error times D. For x0,
D = sigma; for eps, -alpha; for the score, alpha / sigma; for the velocity, W = alpha' sigma - alpha sigma'.
Where D = 0 the source and x_t do not determine the target, unless the two kinds are multiples of
each other, as noise and score are at every time.

Another kind is another line in `KINDS`. `flow` and `edm` are such: D = -(alpha + sigma) and
\sqrt{\sigma^2 + \alpha^2 sigma_data^2} / sigma_data, which are 0 nowhere.

Source: Lai et al. 2025, "The Principles of Diffusion Models", sections 6.2 and 6.3, where the weight
from velocity to score is eq. 6.3.6.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .._arrays import (
    Time,
    align,
    as_time,
    check_choice,
    check_floating,
    check_positive,
    check_same_shape,
    library,
    precise,
)
from ..destroy import Schedule, check_schedule

Pair = tuple[Time, Time]
Kind = Callable[[Schedule, Time], Pair]


def _inverse_sigma(sigma: Time) -> Time:
    if bool(torch.any(torch.as_tensor(sigma) == 0)):
        raise ValueError("t must have sigma_t > 0 where the score is asked for; got sigma_t = 0")
    return 1 / sigma


def edm(sigma_data: float = 0.5) -> Kind:
    r"""The kind F of Karras et al. 2022, "EDM": what the bare network returns inside its preconditioning.

    The denoiser is c_{skip} y + c_{out} F at y = x_t / \alpha = x_0 + s \varepsilon, s = \sigma / \alpha,
    with c_{skip} = d^2 / (s^2 + d^2), c_{out} = s d / \sqrt{s^2 + d^2} and d = sigma_data (their table 1).
    So the target is F = (x_0 - c_{skip} y) / c_{out}, a pair, which needs no division by alpha or sigma:

        A = \sigma / (d r), B = -d \alpha / r, r = \sqrt{\sigma^2 + d^2 \alpha^2}.

    Data of deviation d give a target of variance 1. On a circle with d = 1 it is -v_vp.
    Raises TypeError or ValueError unless sigma_data is a positive number.
    """
    d = check_positive(sigma_data, "sigma_data")

    def kind(schedule: Schedule, t: Time) -> Pair:
        alpha, sigma = schedule.alpha(t), schedule.sigma(t)
        r = library(sigma).sqrt(sigma**2 + (d * alpha) ** 2)
        return sigma / (d * r), -d * alpha / r

    return kind


KINDS: dict[str, Kind] = {
    "eps": lambda schedule, t: (0.0, 1.0),
    "x0": lambda schedule, t: (1.0, 0.0),
    "score": lambda schedule, t: (0.0, -_inverse_sigma(schedule.sigma(t))),
    "v": lambda schedule, t: (schedule.d_alpha(t), schedule.d_sigma(t)),
    "v_vp": lambda schedule, t: (-schedule.sigma(t), schedule.alpha(t)),
    "flow": lambda schedule, t: (-1.0, 1.0),
    "edm": edm(0.5),
}


def check_kind(kind: str, name: str = "kind") -> str:
    """The kind; raises ValueError unless it is one of `KINDS`."""
    check_choice(kind, KINDS, name)
    return kind


def pair(kind: str, t: Time, schedule: Schedule) -> Pair:
    r"""(A_t, B_t) of a kind.

        eps (0, 1), x0 (1, 0), score (0, -1/\sigma), v (\alpha', \sigma'),
        v_vp (-\sigma, \alpha), flow (-1, 1), edm as in `edm`.

    `v` is the velocity dx_t/dt at fixed (x0, eps). `v_vp` is the v of Salimans and Ho 2022: where
    \alpha^2 + \sigma^2 = 1, v = (\sigma' / \alpha) v_vp, with a constant factor under `Trig` alone; elsewhere
    they are not proportional. `flow` is the eps - x0 of flow matching (Liu et
    al. 2023, Lipman et al. 2023): the same as v under `Linear`, and a target under every schedule.
    Raises ValueError for another kind, for t out of range, and for the score at sigma_t = 0.
    """
    check_kind(kind)
    check_schedule(schedule).alpha(t)  # refuses times outside [0, t_max], which not every kind looks at
    return KINDS[kind](schedule, t)


def target(kind: str, x0: Tensor, eps: Tensor, t: Time, schedule: Schedule) -> Tensor:
    r"""What a network of this kind is trained on: A_t x_0 + B_t \varepsilon.

    x0 and eps are floating-point tensors of one shape (batch, ...); t is a number or (batch,).
    Its mean given x_t is the exact answer: E[x_0 | x_t], E[eps | x_t], grad log p_t(x_t), the velocity.
    Raises TypeError or ValueError for bad shapes and whatever `pair` raises.
    """
    check_floating(x0, "x0")
    check_floating(eps, "eps")
    check_same_shape(eps, x0, "eps", "x0")
    a, b = pair(kind, align(t, x0), schedule)
    return _like(a, x0) * x0 + _like(b, x0) * eps


def convert(
    prediction: Tensor, source: str, target: str, x_t: Tensor, t: Time, schedule: Schedule
) -> Tensor:
    r"""A prediction of kind `source` at x_t, said as `target`: (D'/D) prediction + ((A B' - A' B)/D) x_t.

    For example x0 = (x_t - \sigma eps) / \alpha, and score = (\alpha x0 - x_t) / \sigma^2, which stays
    finite at \alpha = 0.

    prediction and x_t are floating-point tensors of one shape (batch, ...); t is a number or (batch,).
    Raises ValueError where x_t and the prediction do not determine the answer: eps or score to x0 or
    v at alpha_t = 0, x0 to eps at sigma_t = 0, v to anything at W_t = 0; where the score is asked for
    at sigma_t = 0; and for bad shapes, kinds and times.
    """
    check_floating(prediction, "prediction")
    check_floating(x_t, "x_t")
    check_same_shape(prediction, x_t, "prediction", "x_t")
    of_prediction, of_x_t = _solve(source, target, align(t, x_t), schedule)
    return _like(of_prediction, x_t) * prediction + _like(of_x_t, x_t) * x_t


def loss_weight(source: str, target: str, t: Time, schedule: Schedule) -> Time:
    r"""w_t with |error of `target`|^2 = w_t |error of `source`|^2, at one x_t: w_t = (D' / D)^2.

    From eps to score 1/\sigma^2, from x0 to score \alpha^2/\sigma^4, from x0 to eps the SNR, from v to
    score (\alpha / (\sigma W))^2 with W = \alpha' \sigma - \alpha \sigma'. A float for a number t,
    (batch,) float64 for t (batch,), float32 on a device without float64. Raises ValueError where `convert` does.
    """
    t = as_time(t)
    if not isinstance(t, Tensor):
        return _solve(source, target, t, schedule)[0] ** 2
    weight = _solve(source, target, precise(t), schedule)[0] ** 2
    return precise(weight, t.device).expand(t.shape)


def drift_error(kind: str, t: Time, schedule: Schedule) -> Time:
    r"""How far an error of size 1 in a prediction of this kind moves dx_t/dt of the probability-flow ODE.

    The drift of that ODE is the velocity, so this is \sqrt{loss_weight(kind, "v")} = |W / D|. With
    k = \alpha'/\alpha - \sigma'/\sigma = W / (\alpha \sigma):

        kind      eps            x0             score           v    flow
        any       |sigma k|      |alpha k|      |sigma^2 k|     1    |W| / (alpha + sigma)
        Linear    1 / (1 - t)    1 / t          t / (1 - t)     1    1

    A float for a number t, (batch,) float64 for t (batch,). Raises ValueError where `convert` to v
    does: at alpha_t = 0 for eps and score, at sigma_t = 0 for x0; TypeError for a chain of whole steps.
    """
    return loss_weight(check_kind(kind), "v", t, schedule) ** 0.5


def _like(value: Time, x: Tensor) -> Time:
    return value.to(x.dtype) if isinstance(value, Tensor) else value


def _solve(source: str, target: str, t: Time, schedule: Schedule) -> Pair:
    """(p, q) with target = p * source + q * x_t."""
    check_kind(source, "source")
    check_kind(target, "target")
    alpha, sigma = check_schedule(schedule).alpha(t), schedule.sigma(t)
    (a, b), (a_new, b_new) = KINDS[source](schedule, t), KINDS[target](schedule, t)
    determinant, determinant_new = a * sigma - b * alpha, a_new * sigma - b_new * alpha
    cross = a * b_new - a_new * b
    # Multiples of each other: x_t is not needed, and D'/D may be 0/0 although its value exists.
    multiples = cross == 0
    numerator = _where(multiples, a * a_new + b * b_new, determinant_new)
    denominator = _where(multiples, a * a + b * b, determinant)
    _check_solvable(denominator, alpha, sigma, source, target, t)
    return numerator / denominator, cross / denominator


def _where(condition: bool | Tensor, yes: Time, no: Time) -> Time:
    if isinstance(condition, Tensor):
        return torch.where(condition, yes, no)
    return yes if condition else no


def _check_solvable(
    denominator: Time, alpha: Time, sigma: Time, source: str, target: str, t: Time
) -> None:
    if type(denominator) is float and denominator != 0:
        return
    values = (denominator, alpha, sigma, t)
    device = next((value.device for value in values if isinstance(value, Tensor)), None)
    denominator, alpha, sigma, t = torch.broadcast_tensors(*(precise(value, device) for value in values))
    bad = denominator == 0
    if not bool(bad.any()):
        return
    alpha, sigma, t = (float(value[bad][0]) for value in (alpha, sigma, t))
    reason = "A_t sigma_t - B_t alpha_t = 0"
    if source == "v":
        reason = "W_t = alpha' sigma - alpha sigma' = 0"
    elif alpha == 0 or sigma == 0:
        reason = "alpha_t = 0" if alpha == 0 else "sigma_t = 0"
    raise ValueError(
        f"t must be a time at which x_t and {source} determine {target}; got t = {t:g}, where {reason}"
    )
