"""The map between affine flows against closed forms, oracles with formulas of their own, and scipy's flows."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from udm_lessons.destroy import (
    VE,
    ConstantNoise,
    Cosine,
    DiscreteSchedule,
    Gaussian,
    Linear,
    Schedule,
    Trig,
    VPLinear,
)
from udm_lessons.flow import KINDS, convert, matching_scale, matching_time, pair, transfer
from udm_lessons.rebuild import GaussianMixture, Keep, reverse_step

F64 = torch.float64
TIMES = [0.07, 0.25, 0.4, 0.77, 0.96]
WIDE = VE(1e-3, 140.0)  # covers what the others have at these times, and they what it has
SCHEDULES = [Linear(), Trig(), VPLinear(), Cosine(), WIDE]
PAIRS = [(a, b) for a in SCHEDULES for b in SCHEDULES if a is not b]
name_of = lambda s: type(s).__name__  # noqa: E731
each_pair = pytest.mark.parametrize(
    ("to", "source"), PAIRS, ids=[f"{name_of(b)} for {name_of(a)}" for a, b in PAIRS]
)
ORACLE = GaussianMixture(
    torch.tensor([[-1.4, 0.3], [0.5, 1.1], [1.2, -0.8]], dtype=F64),
    torch.tensor([0.09, 0.5, 0.02], dtype=F64),
    torch.tensor([0.5, 0.2, 0.3], dtype=F64),
)
column = lambda value: torch.as_tensor(value, dtype=F64).reshape(-1, 1)  # noqa: E731
ANSWERS = {
    "x0": ORACLE.x0_mean,
    "eps": ORACLE.eps_mean,
    "score": ORACLE.score,
    "v": ORACLE.velocity,
    "v_vp": lambda x, t, schedule: (
        column(schedule.alpha(t)) * ORACLE.eps_mean(x, t, schedule)
        - column(schedule.sigma(t)) * ORACLE.x0_mean(x, t, schedule)
    ),
    "flow": lambda x, t, schedule: (
        ORACLE.eps_mean(x, t, schedule) - ORACLE.x0_mean(x, t, schedule)
    ),
}


def edm(x, t, schedule, d=0.5):
    """Karras et al. 2022, table 1: F = (D - c_skip y) / c_out at y = x / alpha."""
    y = x / column(schedule.alpha(t))
    noise = column(schedule.sigma(t)) / column(schedule.alpha(t))
    c_skip, c_out = d**2 / (noise**2 + d**2), noise * d / (noise**2 + d**2).sqrt()
    return (ORACLE.x0_mean(x, t, schedule) - c_skip * y) / c_out


ANSWERS["edm"] = edm


class SteadyVE(Schedule):
    """alpha = 1, sigma = k t: affine in t, and not a straight line between data and noise."""

    def __init__(self, k: float = 10.0):
        self.k = k

    def alpha(self, t):
        return 0 * t + 1.0

    def sigma(self, t):
        return self.k * t

    def d_alpha(self, t):
        return 0 * t

    def d_sigma(self, t):
        return 0 * t + self.k


def oracle(kind: str, schedule: Schedule):
    return lambda x, t: ANSWERS[kind](x, t, schedule)


def points(n: int = 9, seed: int = 0) -> Tensor:
    return 2 * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=F64)


def relative(a: Tensor, b: Tensor) -> float:
    assert a.dtype == b.dtype and a.shape == b.shape
    return float((a - b).abs().max() / b.abs().max())


# Times and scales


@pytest.mark.parametrize("schedule", SCHEDULES, ids=name_of)
def test_the_canonical_partners_in_closed_form(schedule: Schedule) -> None:
    for t in TIMES:
        a, s = schedule.alpha(t), schedule.sigma(t)
        for other, c, tau in (
            (Linear(), a + s, s / (a + s)),
            (Trig(), math.hypot(a, s), 2 / math.pi * math.atan2(s, a)),
        ):
            assert matching_time(t, schedule, other) == pytest.approx(tau, rel=1e-12)
            assert matching_scale(t, schedule, other) == pytest.approx(c, rel=1e-12)


@each_pair
def test_one_point_up_to_its_scale(to: Schedule, source: Schedule) -> None:
    """Both ratios, alpha to alpha and sigma to sigma, are the scale."""
    for t in TIMES:
        tau, c = matching_time(t, to, source), matching_scale(t, to, source)
        assert to.alpha(t) / source.alpha(tau) == pytest.approx(c, rel=1e-12)
        assert to.sigma(t) / source.sigma(tau) == pytest.approx(c, rel=1e-12)


def test_ends_meet_ends() -> None:
    for schedule in (Trig(), Linear()):
        for other in (Trig(), Linear()):
            assert [matching_time(t, schedule, other) for t in (0.0, 1.0)] == [0.0, 1.0]
            assert [matching_scale(t, schedule, other) for t in (0.0, 1.0)] == [1.0, 1.0]
    assert matching_time(0.0, VPLinear(), Linear()) == matching_time(0.0, Linear(), VPLinear()) == 0.0
    # The range of one and the same SNR, computed twice, differs by rounding.
    twin = VE(0.02, 20.0)
    for nearly in (1 - 1e-15, 1 + 1e-15):
        assert matching_time(1.0, twin, VE(0.02, 20.0 * nearly)) == pytest.approx(1.0, rel=1e-12)
    with pytest.raises(ValueError, match="reaches"):
        matching_time(1.0, twin, VE(0.02, 20.0 * (1 - 1e-9)))


def test_near_the_ends_no_digits_are_lost() -> None:
    """A late time of Linear is near 1, where floats are coarse; the scale must not suffer."""
    for t in (1e-9, 1e-5, 1 - 1e-5, 1 - 1e-9):
        a, s = Trig().alpha(t), Trig().sigma(t)
        assert matching_scale(t, Trig(), Linear()) == pytest.approx(a + s, rel=1e-13)
        assert matching_time(t, Trig(), Linear()) == pytest.approx(s / (a + s), rel=1e-12)


# Models


@each_pair
@pytest.mark.parametrize("kind", KINDS)
def test_an_exact_model_stays_exact(kind: str, to: Schedule, source: Schedule) -> None:
    model = transfer(oracle(kind, source), source, to, kind)
    for t in TIMES:
        x = to.alpha(t) * points(seed=1) + to.sigma(t) * points(seed=2)
        assert relative(model(x, t), oracle(kind, to)(x, t)) < 1e-10


@pytest.mark.parametrize("kind", KINDS)
def test_sampled_pairs_are_mapped_to_their_targets(kind: str) -> None:
    """A model that knows x0 and eps of every point, without any oracle of ours."""
    x0, eps, t = points(seed=3), points(seed=4), 0.4
    to, source = VPLinear(), Trig()

    def model(x, tau):
        assert relative(x, source.alpha(tau) * x0 + source.sigma(tau) * eps) < 1e-12
        a, b = pair(kind, tau, source)
        return a * x0 + b * eps

    a, b = pair(kind, t, to)
    x_t = to.alpha(t) * x0 + to.sigma(t) * eps
    assert relative(transfer(model, source, to, kind)(x_t, t), a * x0 + b * eps) < 1e-12


@each_pair
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_model_keeps_the_error_of_its_x0(kind: str, to: Schedule, source: Schedule) -> None:
    """Whatever it predicts, said as x0: one error at corresponding points, another at the same point (control)."""
    wrong = lambda x, t: oracle(kind, source)(x, t) + 0.3 * (x + 1).sin()  # noqa: E731
    moved, t = transfer(wrong, source, to, kind), 0.4
    tau, c = matching_time(t, to, source), matching_scale(t, to, source)
    x = points()
    error = lambda answer, x, t, schedule: (  # noqa: E731
        convert(answer, kind, "x0", x, t, schedule) - ORACLE.x0_mean(x, t, schedule)
    )
    here, there = error(moved(x, t), x, t, to), error(wrong(x / c, tau), x / c, tau, source)
    assert relative(here, there) < 1e-8 and float(here.abs().max()) > 1e-3
    if abs(c - 1) > 0.01:
        assert relative(error(wrong(x, tau), x, tau, source), here) > 1e-3


def test_control_the_terms_of_the_velocity_are_needed() -> None:
    """Without the stretch, the speed or the scale, the velocity is wrong by far more than rounding."""
    to, source, t, h = VPLinear(), Linear(), 0.4, 1e-6
    x, c, tau = points(), matching_scale(0.4, to, source), matching_time(0.4, to, source)
    d_c, d_tau = (
        (f(t + h, to, source) - f(t - h, to, source)) / (2 * h) for f in (matching_scale, matching_time)
    )
    there, right = oracle("v", source)(x / c, tau), oracle("v", to)(x, t)
    assert relative(d_c / c * x + c * d_tau * there, right) < 1e-8
    for wrong in (c * d_tau * there, d_c / c * x + c * there, d_c / c * x + d_tau * there):
        assert relative(wrong, right) > 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_for_each_sample(kind: str) -> None:
    to, source, x = Cosine(), Linear(), points(5)
    model, times = transfer(oracle(kind, source), source, to, kind), torch.tensor(TIMES)
    one_by_one = [model(x[k : k + 1], float(times[k])) for k in range(5)]
    assert relative(model(x, times), torch.cat(one_by_one)) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_types_and_shapes_are_kept(kind: str) -> None:
    model = transfer(lambda x, t: x, Linear(), Trig(), kind)
    for x in (torch.ones(3, 1, 4, 4), torch.ones(3, dtype=F64), torch.ones(2, 2, dtype=torch.bfloat16)):
        for t in (0.3, torch.full((len(x),), 0.3)):
            assert model(x, t).dtype == x.dtype and model(x, t).shape == x.shape


@pytest.mark.parametrize("kind", ["x0", "eps", "v", "v_vp"])
def test_the_ends_where_the_limit_exists(kind: str) -> None:
    model, x = transfer(oracle(kind, Linear()), Linear(), Trig(), kind), points()
    for t in (0.0, 1.0):
        assert float((model(x, t) - oracle(kind, Trig())(x, t)).abs().max()) < 1e-12


def test_a_discrete_chain_may_borrow_a_model() -> None:
    """DDPM's chain has no derivatives, and needs none for noise."""
    chain, x = DiscreteSchedule.ddpm(), points()
    model = transfer(oracle("eps", Linear()), Linear(), chain, "eps")
    for t in (1, 250, 1000):
        assert relative(model(x, t), oracle("eps", chain)(x, float(t))) < 1e-12


# Flows


def flow(schedule: Schedule, x: Tensor, t: float, s: float) -> Tensor:
    """The probability-flow ODE from t to s, by scipy."""
    field = lambda t, y: oracle("v", schedule)(torch.tensor(y).reshape(x.shape), t).flatten().numpy()  # noqa: E731
    done = solve_ivp(field, (t, s), x.flatten().numpy(), method="DOP853", rtol=1e-12, atol=1e-12)
    return torch.from_numpy(done.y[:, -1].copy()).reshape(x.shape)


@pytest.mark.parametrize("to", [Trig(), VPLinear(), WIDE], ids=name_of)
def test_flow_maps_are_one(to: Schedule) -> None:
    """Phi_{t->s}(x) = c_s Phi~_{tau_t -> tau_s}(x / c_t)."""
    source, t, s = Linear(), 0.8, 0.2
    x = to.alpha(t) * points(5, 5) + to.sigma(t) * points(5, 6)
    (tau_t, c_t), (tau_s, c_s) = (
        (matching_time(u, to, source), matching_scale(u, to, source)) for u in (t, s)
    )
    assert relative(c_s * flow(source, x / c_t, tau_t, tau_s), flow(to, x, t, s)) < 1e-9


def ddim(x: Tensor, grid: list[float], schedule: Schedule) -> Tensor:
    for t, s in pairwise(grid):
        x = reverse_step(Gaussian(schedule), ORACLE.x0_mean(x, t, schedule), x, t, s, Keep())
    return x


def euler(x: Tensor, grid: list[float], schedule: Schedule) -> Tensor:
    for t, s in pairwise(grid):
        x = x + (s - t) * ORACLE.velocity(x, t, schedule)
    return x


def both_ways(step, to: Schedule, source: Schedule) -> float:
    """The gap between 20 steps in `to` and the corresponding 20 steps in `source`, scaled back."""
    grid = np.linspace(0.95, 0.05, 21).tolist()
    x = to.alpha(grid[0]) * points(200, 7) / 2 + to.sigma(grid[0]) * points(200, 8) / 2
    c = [matching_scale(t, to, source) for t in (grid[0], grid[-1])]
    there = step(x / c[0], [matching_time(t, to, source) for t in grid], source)
    return relative(c[1] * there, step(x, grid, to))


@pytest.mark.parametrize("to", [Trig(), VPLinear(), Cosine()], ids=name_of)
def test_ddim_steps_go_over_exactly_and_euler_steps_do_not(to: Schedule) -> None:
    assert both_ways(ddim, to, Linear()) < 1e-12
    assert both_ways(euler, to, Linear()) > 0.01


@pytest.mark.parametrize(
    ("schedule", "straight"), [(Linear(), True), (SteadyVE(), True), (Trig(), False), (VPLinear(), False)],
    ids=lambda value: value if isinstance(value, bool) else name_of(value),
)  # fmt: skip
def test_euler_on_the_velocity_is_ddim_if_the_scales_are_affine_in_t(schedule, straight) -> None:
    grid = np.linspace(0.95, 0.05, 21).tolist()
    x = schedule.alpha(0.95) * points(200, 7) / 2 + schedule.sigma(0.95) * points(200, 8) / 2
    gap = relative(euler(x, grid, schedule), ddim(x, grid, schedule))
    assert gap < 1e-13 if straight else gap > 0.005


# What cannot be done


def test_a_range_that_is_not_reached() -> None:
    """VE up to sigma = 5 ends at SNR 1/25; VP-linear is below that at t = 0.6."""
    small = VE(0.01, 5.0)
    model = transfer(oracle("x0", small), small, VPLinear(), "x0")
    x = points()
    assert relative(model(x, 0.3), oracle("x0", VPLinear())(x, 0.3)) < 1e-10
    with pytest.raises(ValueError, match=r"t = 0.6.*VPLinear covers.*VE in \[-3.219, 9.21\]"):
        model(x, 0.6)
    with pytest.raises(ValueError, match="t = 0.6"):
        model(x[:2], torch.tensor([0.3, 0.6]))
    with pytest.raises(ValueError, match="t = 0"):
        model(x, 0.0)  # no noise at all, where VE leaves a trace
    with pytest.raises(ValueError, match=r"must share some SNR.*VE covers .* VE in "):
        transfer(oracle("x0", small), VE(0.01, 0.1), VE(1.0, 5.0), "x0")


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (TypeError, "model must be a function", lambda: transfer(3, Linear(), Trig(), "x0")),
        (TypeError, "from_schedule must be a Schedule", lambda: transfer(abs, "vp", Trig(), "x0")),
        (TypeError, "to_schedule must be a Schedule", lambda: transfer(abs, Trig(), None, "x0")),
        (ValueError, "kind must be one of", lambda: transfer(abs, Linear(), Trig(), "u")),
        (TypeError, "chain", lambda: transfer(abs, DiscreteSchedule.ddpm(), Trig(), "x0")),
        (TypeError, "decreasing", lambda: transfer(abs, ConstantNoise(), Trig(), "x0")),
        (TypeError, "d_alpha", lambda: transfer(abs, Trig(), DiscreteSchedule.ddpm(), "v")),
        (TypeError, "other must be a Schedule", lambda: matching_time(0.5, Trig(), 1.0)),
        (ValueError, r"t must lie in \[0, 1\]", lambda: matching_time(1.5, Trig(), Linear())),
        (ValueError, r"t must lie in \[0, 1\]", lambda: matching_scale(math.nan, Trig(), Linear())),
        (TypeError, "t must be a number", lambda: matching_time("now", Trig(), Linear())),
    ],
)
def test_bad_arguments(error, words, call) -> None:
    with pytest.raises(error, match=words):
        call()


def test_bad_calls() -> None:
    model = transfer(lambda x, t: x[:1], Linear(), Trig(), "eps")
    with pytest.raises(ValueError, match="shape"):
        model(points(), 0.3)
    with pytest.raises(ValueError, match="one time per sample"):
        model(points(3), torch.tensor([0.1, 0.2]))
    with pytest.raises(TypeError, match="floating"):
        model(torch.ones(3, 2, dtype=torch.int64), 0.3)
    steep = transfer(oracle("v", VPLinear()), VPLinear(), Linear(), "v")
    with pytest.raises(ValueError, match="d_sigma"):
        steep(points(), 0.0)  # VP-linear leaves t = 0 with infinite speed
