r"""Fast paths from noise to data: the probability-flow ODE, the reverse SDE, and how to solve them.

    dx/dt = v(x, t) = E[ \alpha_t' x_0 + \sigma_t' \varepsilon | x_t = x ]          (Song et al. 2021, eq. 13)

A model that predicts any kind knows v. The same flow has several faces (faces.py), in each of which one
prediction pushes a scaled x along a clock. So an "exponential integrator" is a textbook integrator in
another face. `Adams` is the oldest one, in any face: at order 1 in three of them it is DDIM (Song, Meng and
Ermon 2021). At higher orders it is a relative of DPM-Solver++ (face x0) and of DEIS (face eps, Zhang and Chen
2023), with other coefficients than either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import isgeneratorfunction
from itertools import pairwise

import torch
from torch import Tensor
from tqdm.auto import tqdm

from .._arrays import (
    Generator,
    Time,
    check_callable,
    check_choice,
    check_floating,
    check_number,
    check_same_shape,
    check_tensor,
    check_times,
    normal_like,
    quoted,
)
from ..destroy import Schedule, check_schedule
from .faces import FACES, Scales, advance, log_ratio
from .parameterizations import check_kind, convert

Model = Callable[[Tensor, float], Tensor]


@dataclass(frozen=True)
class Prediction:
    """A model (x_t, t) -> prediction of `kind`, which can be asked for any other kind.

    `prediction(x_t, t, "v")` is the velocity of the probability flow, whatever the model predicts.
    Raises what `parameterizations.convert` raises: eps at alpha_t = 0, say, does not tell x0; and TypeError
    or ValueError for an answer that is no tensor of the shape of x_t.
    """

    model: Model
    kind: str
    schedule: Schedule

    def __post_init__(self) -> None:
        check_callable(self.model, "model", "(x_t, t)")
        check_kind(self.kind)
        check_schedule(self.schedule)

    def __call__(self, x_t: Tensor, t: Time, kind: str) -> Tensor:
        """The model's answer at (x_t, t), said as `kind`."""
        check_kind(kind)
        check_floating(x_t, "x_t")
        return self.turn(self.model(x_t, t), x_t, t, kind)

    def steps(self, times: Iterable[Time]) -> Iterator[tuple[float, float]]:
        """Each time t of a grid with the next one, s; raises ValueError unless they decrease within [0, t_max]."""
        return pairwise(check_times(times, self.schedule.t_max))

    def turn(self, answer: Tensor, x_t: Tensor, t: Time, kind: str) -> Tensor:
        """An answer that the model gave at (x_t, t), said as `kind`."""
        check_kind(kind)
        check_same_shape(answer, x_t, "model(x_t, t)", "x_t")
        check_floating(answer, "the answer of the model")
        if kind == self.kind:
            return answer.to(torch.promote_types(answer.dtype, x_t.dtype))
        return convert(answer, self.kind, kind, x_t, t, self.schedule)


Method = Callable[[Prediction, Tensor, list[float], Generator], Iterator[Tensor]]


@torch.no_grad()
def solve(
    model: Model,
    kind: str,
    schedule: Schedule,
    x_T: Tensor,
    times: Iterable[Time],
    method: Method | None = None,
    generator: Generator = None,
    progress: bool = True,
    callback: Callable[[float, Tensor], None] | None = None,
) -> Tensor:
    """Follows the flow of a model from x_T at times[0] down to times[-1]; returns x there.

    model     (x_t, t) -> prediction of `kind`, see `flow.KINDS`; t is a float
    times     strictly decreasing, at least two; see `grids`
    method    `euler`, `heun`, `dpm_solver_2m`, `Adams(...)`, `ReverseSde(...)`; None for `Adams()`
    callback  called after each step as callback(s, x_s)

    Nothing is remembered between calls, and no gradient passes. Only `ReverseSde` draws random numbers. Raises ValueError for a
    bad grid or kind, and where the model's kind does not determine what the method needs.
    """
    prediction = Prediction(model, kind, schedule)
    check_floating(x_T, "x_T")
    times = check_times(times, schedule.t_max)
    method = Adams() if method is None else method
    if isinstance(method, type) or not any(map(isgeneratorfunction, (method, getattr(method, "__call__", None)))):
        raise TypeError(f"method must be a solver such as Adams(), which yields every x_s; got {quoted(method)}")
    states, x = method(prediction, x_T, times, generator), x_T
    for s in tqdm(times[1:], desc="solving", disable=not progress, leave=False):
        x = next(states, None)
        check_same_shape(x, x_T, "every state of method", "x_T")
        if callback is not None:
            callback(s, x)
    return x


def euler(ask: Prediction, x: Tensor, times: list[float], generator: Generator = None) -> Iterator[Tensor]:
    r"""x_s = x_t + (s - t) v(x_t, t): order 1, one call of the model a step."""
    for t, s in ask.steps(times):
        x = x + (s - t) * ask(x, t, "v")
        yield x


def heun(ask: Prediction, x: Tensor, times: list[float], generator: Generator = None) -> Iterator[Tensor]:
    r"""x_s = x_t + (s - t) (v(x_t, t) + v(y, s)) / 2 with Euler's y: order 2, two calls a step.

    A step to sigma_s = 0 is one of `Adams(1, "x0")`, at one call: the velocity there may be infinite
    (Karras et al. 2022, algorithm 1).
    """
    for t, s in ask.steps(times):
        if ask.schedule.sigma(s) == 0:
            (x,) = Adams(1, "x0")(ask, x, [t, s])
        else:
            v = ask(x, t, "v")
            x = x + (s - t) / 2 * (v + ask(x + (s - t) * v, s, "v"))
        yield x


def dpm_solver_2m(
    ask: Prediction, x: Tensor, times: list[float], generator: Generator = None
) -> Iterator[Tensor]:
    r"""x_s = (\sigma_s/\sigma_t) x_t - \alpha_s (e^{-h} - 1) D, D = (1 + 1/2r) x_0 - (1/2r) x_0^{before}.

    h is the step in \lambda = \log(\alpha/\sigma), r h the step before; D = x_0 in the first step and in
    one that starts or ends at infinite \lambda. Order 2, one call a step.
    Source: Lu et al. 2022, DPM-Solver++, algorithm 2.
    """
    before = place = None
    for t, s in ask.steps(times):
        (alpha_t, sigma_t), (alpha_s, sigma_s) = _scales(ask.schedule, t), _scales(ask.schedule, s)
        here, next_place = log_ratio(alpha_t, sigma_t), log_ratio(alpha_s, sigma_s)
        x0 = guess = ask(x, t, "x0")
        h = next_place - here
        if before is not None and math.isfinite(h) and math.isfinite(place):
            guess = torch.lerp(before, x0, 1 + h / (2 * (here - place)))
        gain = -alpha_s * math.expm1(-h)
        x = torch.add(guess * gain, x, alpha=sigma_s / sigma_t)
        before, place = x0, here
        yield x


def _scales(schedule: Schedule, t: float) -> Scales:
    return schedule.alpha(t), schedule.sigma(t)


@dataclass(frozen=True)
class Adams:
    r"""Adams-Bashforth in a face: the polynomial through the last `order` predictions, integrated exactly.

        x_s = (c_s / c_t) x_t + \sum_j w_j m_j,   w_j = c_s \int_t^s L_j d\tau,

    with L_j the Lagrange polynomials of the face's place \phi, at any spacing of the times.
    One call of the model a step. The first step has order 1 (2 if corrected), the next one more, and so on.
    On grids with short steps in x at the start, such as those even in log SNR from a large noise, this
    costs nothing that is seen; on others it caps the order at 2 (3).

    order      1 to 6; 1 in the faces x0, eps and flow is DDIM. 2 and 3 in x0 are not DPM-Solver++ 2M and
               3M: their line or parabola in the log SNR is integrated as a whole here
    face       "x0", "eps", "flow" or "angle", see `FACES`
    corrected  once the prediction at the new time is known, the step is done again with it (Adams and
               Moulton; Zhao et al. 2023, UniPC, section 3.1). No further call, one order more

    Old predictions are left out of a step where they would count too much, \sum |w_j| > 30 |\sum w_j|, as
    after times that nearly coincide: the order is lower there.

    In x0 and eps a step that ends where the log SNR is infinite, at sigma_s = 0, has order 1 and ends
    clean; so has one that starts at alpha_t = 0. Raises ValueError for another order or face, and in the face
    eps at alpha_t = 0, where the noise does not tell x0.
    """

    order: int = 3
    face: str = "angle"
    corrected: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.order, int) or self.order not in range(1, 7):
            raise ValueError(f"order must be a whole number from 1 to 6; got {quoted(self.order)}")
        check_choice(self.face, FACES, "face")

    def __call__(
        self, ask: Prediction, x: Tensor, times: list[float], generator: Generator = None
    ) -> Iterator[Tensor]:
        face, schedule = FACES[self.face], ask.schedule
        known: list[tuple[float, Tensor]] = []
        before = None
        for t, s in ask.steps(times):
            scales = _scales(schedule, t)
            if face.scale(*scales) == 0:
                raise ValueError(f"times must avoid the scale 0 of the face {self.face}; got t = {t:g}")
            m = ask(x, t, face.kind)
            unit = face.unit(*scales)
            node = face.place(*scales), m if unit == 1 else m / unit
            if self.corrected and before is not None and math.isfinite(face.place(*before[1])):
                x = advance(face, *before, scales, [node, *known])
            before = x, scales
            known = [node, *known][: self.order]
            x = advance(face, x, scales, _scales(schedule, s), known)
            yield x


@dataclass(frozen=True)
class ReverseSde:
    r"""Euler and Maruyama's steps back along dx = (v - \tfrac12 \gamma^2 \nabla \log p_t) dt + \gamma d\bar w.

        x_s = x_t - (v - \tfrac12 \gamma_t^2 score) h + \gamma_t \sqrt h \xi,   h = t - s.

    Every \gamma >= 0 has the same p_t at every time: 0 is the probability flow, the g of the forward
    SDE, g^2 = -\sigma^2 d \log SNR / dt, the reverse SDE (Song et al. 2021, eq. 6 and appendix D).

    gamma  a number, or a function of t

    The score must exist: a step that starts at sigma_t = 0 raises ValueError, and so does a negative gamma.
    """

    gamma: float | Callable[[float], float] = 1.0

    def __call__(
        self, ask: Prediction, x: Tensor, times: list[float], generator: Generator = None
    ) -> Iterator[Tensor]:
        for t, s in ask.steps(times):
            gamma = check_number(self.gamma(t) if callable(self.gamma) else self.gamma, "gamma")
            if gamma < 0:
                raise ValueError(f"gamma must be at least 0; got {gamma} at t = {t:g}")
            answer, h = ask(x, t, ask.kind), t - s
            drift = ask.turn(answer, x, t, "v") - gamma**2 / 2 * ask.turn(answer, x, t, "score")
            x = x - h * drift + gamma * math.sqrt(h) * normal_like(x, generator)
            yield x
