r"""All affine flows are one: a model made for one schedule serves every other.

Two schedules (a_t, s_t) and (b_t, r_t) destroy the same (x0, eps). At the times with equal signal-to-noise
ratio, b_\tau / r_\tau = a_t / s_t, they give the same point up to its scale,

    x_t = a_t x_0 + s_t \varepsilon = c_t (b_\tau x_0 + r_\tau \varepsilon) = c_t \tilde x_\tau,
    c_t = a_t / b_\tau = s_t / r_\tau,

so that x_t and \tilde x_\tau = x_t / c_t know the same about x0. What the model says there needs a new scale
at most; only the velocity, which knows how x_t changes in time, gets a new term. Deterministic steps of
the kind x_s = a_s x0_hat + s_s eps_hat (DDIM) go over exactly, Euler steps do not.

For `Linear` (flow matching) as the second schedule, c = a + s and \tau = s / (a + s). For `Trig`,
c = \sqrt{a^2 + s^2} and \tau = (2 / \pi) \arctan(s / a).

Source: Lai et al. 2025, "The Principles of Diffusion Models", proposition 6.3.3; Karras et al. 2022 (EDM),
eq. 4, scales and clocks alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from .._arrays import Time, align, as_time, check_callable, check_floating, check_same_shape, in_float64, moved, precise
from ..destroy import Schedule
from .parameterizations import check_kind

Model = Callable[[Tensor, Time], Tensor]
# Two curves that end at one SNR may differ there by the rounding of a logarithm.
_ROUNDING = 1e-12


def matching_time(t: Time, schedule: Schedule, other: Schedule) -> Time:
    r"""The time \tau of `other` at which its SNR is that of `schedule` at t.

    t is a number or (batch,); the answer is of that form, in float64. Ends meet exactly: where sigma_t = 0
    or alpha_t = 0, so it is at \tau. Raises ValueError, naming both ranges of log SNR, where `other` does
    not reach the SNR, and TypeError for a schedule without a decreasing SNR in continuous time.
    """
    _check_schedules(schedule=schedule, other=other)
    t = as_time(t)
    device = t.device if isinstance(t, Tensor) else None
    t = in_float64(t) if isinstance(t, Tensor) else t
    wanted = torch.as_tensor(schedule.log_snr(t), dtype=torch.float64)
    low, high = _span(other)
    # An infinite end has no room for rounding: it is met exactly or not at all.
    room = [_ROUNDING * max(1.0, abs(end)) if math.isfinite(end) else 0.0 for end in (low, high)]
    bad = ~((wanted >= low - room[0]) & (wanted <= high + room[1]))
    if bool(bad.any()):
        at = torch.as_tensor(t, dtype=torch.float64, device=bad.device).expand(bad.shape)[bad]
        raise ValueError(
            f"t must be a time whose SNR the other schedule reaches; got t = {float(at[0]):g}, where "
            f"log SNR = {float(wanted[bad][0]):.4g}. {_ranges(schedule, other)}"
        )
    wanted = wanted.clamp(low, high)
    tau = other.time_at_log_snr(wanted)
    tau = torch.where(wanted == high, 0.0, torch.where(wanted == low, other.t_max, tau))
    return moved(tau, device) if device else float(tau)


def matching_scale(t: Time, schedule: Schedule, other: Schedule) -> Time:
    r"""The scale c_t = a_t / b_\tau = s_t / r_\tau between the points of two schedules, x_t = c_t \tilde x_\tau.

    (a, s) belongs to `schedule`, (b, r) to `other`, and \tau is `matching_time(t, schedule, other)`.
    A number or (batch,), in float64. Raises what `matching_time` raises.
    """
    return _scale(as_time(t), matching_time(t, schedule, other), schedule, other)


def transfer(model: Model, from_schedule: Schedule, to_schedule: Schedule, kind: str) -> Model:
    r"""A model of `from_schedule`, (b, r), as a model of `to_schedule`, (a, s), of the same kind.

    With \tau, c at equal SNR, W = a' s - a s' and \tilde W = b' r - b r', the new model says at (x, t)

        x0, eps, flow, edm   model(x / c, \tau)
        score                model(x / c, \tau) / c
        v                    (c' / c) x + c \tau' model(x / c, \tau),   \tau' = W_t / (c^2 \tilde W_\tau)
        v_vp                 c model(x / c, \tau)

    An exact model stays exact; of another, the x0 that it implies errs as before at corresponding points.

    model  (x, t) -> prediction of the shape of x; t is a float, or float64 (batch,) if it was given so
    kind   what it predicts: one of `flow.KINDS`

    Raises ValueError for another kind and for schedules whose ranges of SNR do not overlap; when called,
    for a t whose SNR `from_schedule` does not reach (both ranges are named), for bad shapes, and for v at a
    time where a slope of a schedule is infinite or \tilde W = 0. Raises TypeError for a schedule that has no
    SNR to match or, for v, no derivatives.
    """
    check_callable(model, "model", "(x, t)")
    check_kind(kind)
    _check_schedules(to_schedule=to_schedule, from_schedule=from_schedule)
    from_schedule.time_at_log_snr(_middle(from_schedule))  # raises TypeError for a chain
    if kind == "v":
        to_schedule.d_alpha(0.0)
    _check_overlap(to_schedule, from_schedule)

    def where(t: Time) -> tuple[Time, Time]:
        tau = matching_time(t, to_schedule, from_schedule)
        return tau, _scale(t, tau, to_schedule, from_schedule)

    where_once = lru_cache(maxsize=1024)(where)  # a sampler asks at the same times again and again

    def transferred(x: Tensor, t: Time) -> Tensor:
        """The model, for the other schedule."""
        check_floating(x, "x")
        t = as_time(t)
        align(t, x)  # one time per sample
        t = precise(t) if isinstance(t, Tensor) else t
        tau, scale = (where if isinstance(t, Tensor) else where_once)(t)
        c = _beside(scale, x)
        found = model(x / c, tau)
        check_same_shape(found, x, "model(x, t)", "x")
        if kind == "score":
            return found / c
        if kind == "v_vp":
            return c * found
        if kind == "v":
            stretch, speed = _rates(t, tau, scale, to_schedule, from_schedule)
            return _beside(stretch, x) * x + c * _beside(speed, x) * found
        return found

    return transferred


def _scale(t: Time, tau: Time, schedule: Schedule, other: Schedule) -> Time:
    # Either ratio loses digits at one end; the ratio of the lengths of (alpha, sigma) keeps them at both.
    return _length(schedule, t) / _length(other, tau)


def _length(schedule: Schedule, t: Time) -> Time:
    return (schedule.alpha(t) ** 2 + schedule.sigma(t) ** 2) ** 0.5


def _rates(t: Time, tau: Time, c: Time, schedule: Schedule, other: Schedule) -> tuple[Time, Time]:
    r"""c'/c, and \tau' from d(a/s) = (W / s^2) dt on both sides, in which s = c r."""
    slope, width = _slopes(schedule, t)
    slope_other, width_other = _slopes(other, tau)
    if bool(torch.any(torch.as_tensor(width_other) == 0)):
        raise ValueError("t must meet a time of from_schedule at which its SNR has a slope, W != 0")
    speed = width / (c * c * width_other)
    return slope - speed * slope_other, speed


def _slopes(schedule: Schedule, t: Time) -> tuple[Time, Time]:
    """The logarithmic slope of the length of (alpha, sigma), and W = alpha' sigma - alpha sigma'."""
    a, s, da, ds = (f(t) for f in (schedule.alpha, schedule.sigma, schedule.d_alpha, schedule.d_sigma))
    return (a * da + s * ds) / (a * a + s * s), da * s - a * ds


def _beside(value: Time, x: Tensor) -> Time:
    """A number, or (batch,) shaped to multiply x and in its dtype."""
    value = align(value, x)
    return value.to(x.dtype) if isinstance(value, Tensor) else value


def _span(schedule: Schedule) -> tuple[float, float]:
    """The lowest and the highest log SNR."""
    return float(schedule.log_snr(schedule.t_max)), float(schedule.log_snr(0.0))


def _middle(schedule: Schedule) -> float:
    """Some log SNR that the schedule reaches."""
    low, high = _span(schedule)
    return min(max(0.0, low), high)


def _ranges(schedule: Schedule, other: Schedule) -> str:
    (low, high), (low_other, high_other) = _span(schedule), _span(other)
    return (
        f"{type(schedule).__name__} covers log SNR in [{low:.4g}, {high:.4g}], "
        f"{type(other).__name__} in [{low_other:.4g}, {high_other:.4g}]"
    )


def _check_overlap(schedule: Schedule, other: Schedule) -> None:
    (low, high), (low_other, high_other) = _span(schedule), _span(other)
    if low > high_other or low_other > high:
        raise ValueError(
            f"to_schedule and from_schedule must share some SNR. {_ranges(schedule, other)}"
        )


def _check_schedules(**schedules: Schedule) -> None:
    for name, schedule in schedules.items():
        if not isinstance(schedule, Schedule):
            raise TypeError(f"{name} must be a Schedule; got {type(schedule).__name__}")
