"""Schedules and levels against derivatives, closed integrals and published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from udm_lessons.destroy import (
    VE,
    ConstantNoise,
    Cosine,
    CosineLevel,
    DiscreteLevel,
    DiscreteSchedule,
    Gaussian,
    Linear,
    LinearLevel,
    Masking,
    Trig,
    VPLinear,
)

SMOOTH = [Linear(), Trig(), VPLinear(), VPLinear(0.3, 7.0), Cosine(), Cosine(0.02, 1e-3), VE()]
PRESERVING = [Trig(), VPLinear(), Cosine(), DiscreteSchedule.ddpm()]
CHAIN = DiscreteSchedule.ddpm()
TIMES = [0.003, 0.1, 0.37, 0.5, 0.81, 0.999]


def label(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("schedule", [*SMOOTH, ConstantNoise()], ids=label)
@pytest.mark.parametrize("t", TIMES)
def test_derivatives_of_schedules(schedule, t: float) -> None:
    """Central differences are off by a third derivative times 2e-13 and by rounding."""
    for value, slope in ((schedule.alpha, schedule.d_alpha), (schedule.sigma, schedule.d_sigma)):
        h = 1e-6 * min(t, 1 - t) / 0.1
        measured = (value(t + h) - value(t - h)) / (2 * h)
        assert slope(t) == pytest.approx(measured, rel=1e-5, abs=1e-6)
        x = torch.tensor(t, dtype=torch.float64, requires_grad=True)
        (exact,) = torch.autograd.grad(value(x), x)
        assert slope(t) == pytest.approx(exact.item(), rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("level", [LinearLevel(), CosineLevel()], ids=label)
@pytest.mark.parametrize("t", TIMES)
def test_derivatives_of_levels(level, t: float) -> None:
    (forward,) = approx_fprime([t], lambda v: level.p(min(v[0], 1.0)), 1e-8)
    assert level.d_p(t) == pytest.approx(forward, rel=1e-5, abs=1e-6)


def functions_of(schedule) -> list:
    names = ("alpha", "sigma", "d_alpha", "d_sigma", "log_snr", "p", "d_p")
    return [getattr(schedule, name) for name in names if hasattr(schedule, name)]


@pytest.mark.parametrize(
    "schedule", [*SMOOTH, ConstantNoise(), LinearLevel(), CosineLevel()], ids=label
)
def test_numbers_and_tensors_agree(schedule) -> None:
    for function in functions_of(schedule):
        numbers = [function(t) for t in TIMES]
        assert all(type(value) is float for value in numbers)
        vector = function(torch.tensor(TIMES, dtype=torch.float64))
        expected = torch.tensor(numbers, dtype=torch.float64)
        torch.testing.assert_close(vector, expected, rtol=1e-13, atol=1e-14)
        scalar = function(torch.tensor(TIMES[2], dtype=torch.float64))
        assert scalar.ndim == 0 and scalar.item() == pytest.approx(numbers[2], rel=1e-13)
        half = function(torch.tensor(TIMES, dtype=torch.float32))
        assert half.dtype == torch.float32
        torch.testing.assert_close(half.double(), vector, rtol=2e-4, atol=1e-5)


def test_whole_numbers_are_times_too() -> None:
    assert Trig().sigma(1) == 1.0 and type(Linear().alpha(0)) is float
    assert torch.equal(Linear().alpha(torch.tensor([0, 1])), torch.tensor([1.0, 0.0]).double())


def test_chain_numbers_and_tensors_agree() -> None:
    steps = torch.tensor([0, 1, 500, 998, 999, 1000])
    for function in (CHAIN.alpha, CHAIN.sigma, CHAIN.log_snr):
        expected = torch.tensor([function(int(k)) for k in steps], dtype=torch.float64)
        assert torch.equal(function(steps), expected)
        assert torch.equal(function(steps.float()), expected)
        assert function(torch.tensor(500)).item() == function(500)
    with pytest.raises(ValueError, match="t must be a whole number"):
        CHAIN.alpha(0.5)
    with pytest.raises(ValueError, match="t must hold whole numbers"):
        CHAIN.alpha(torch.tensor([0.5, 1.0]))


@pytest.mark.parametrize("schedule", [*SMOOTH, CHAIN], ids=label)
def test_snr_decreases_strictly(schedule) -> None:
    steps = 1000 if schedule is CHAIN else 4096
    times = torch.linspace(0, schedule.t_max, steps + 1, dtype=torch.float64)
    assert bool((schedule.log_snr(times).diff() < 0).all())


@pytest.mark.parametrize(
    "level", [LinearLevel(), CosineLevel(), DiscreteLevel([0.1] * 64)], ids=label
)
def test_levels_rise_from_zero(level) -> None:
    p = level.p(torch.linspace(0, level.t_max, 65, dtype=torch.float64))
    assert p[0] == 0 and bool((p.diff() > 0).all()) and p[-1] <= 1
    assert level.p(0.0) == 0.0 and level.p(level.t_max) == p[-1]


def test_levels_are_their_formulas() -> None:
    """And probabilities, at every float beside the ends; the cosine is slow first, not last (control)."""
    betas = [0.1, 0.3, 0.05, 0.5]
    left = np.cumprod([1.0, *(1 - b for b in betas)])
    for k in range(5):
        assert DiscreteLevel(betas).p(k) == pytest.approx(1 - left[k], abs=1e-15)
    assert DiscreteLevel(betas).p(2) != pytest.approx(sum(betas[:2]), abs=1e-3)  # control: a sum of chances
    for t in TIMES:
        assert LinearLevel().p(t) == t
        assert CosineLevel().p(t) == pytest.approx(1 - math.cos(math.pi * t / 2), abs=1e-15)
        assert CosineLevel().p(t) < t < math.sin(math.pi * t / 2)
    ends = torch.tensor([0.0, 5e-324, 1e-300, 2.0**-53, 0.5, 1 - 2.0**-53, 1.0], dtype=torch.float64)
    for level in (LinearLevel(), CosineLevel()):
        for p in (level.p(ends), torch.tensor([level.p(float(t)) for t in ends])):
            assert bool(((p >= 0) & (p <= 1)).all()) and bool((p.diff() >= 0).all())


@pytest.mark.parametrize("schedule", PRESERVING, ids=label)
def test_variance_preserving_sums_to_one(schedule) -> None:
    times = torch.linspace(0, schedule.t_max, 1001, dtype=torch.float64)
    total = schedule.alpha(times) ** 2 + schedule.sigma(times) ** 2
    torch.testing.assert_close(total, torch.ones_like(total), rtol=4e-16, atol=0)
    linear = Linear()
    with pytest.raises(AssertionError):  # control: the straight line does not preserve variance
        total = linear.alpha(0.5) ** 2 + linear.sigma(0.5) ** 2
        assert total == pytest.approx(1.0, rel=1e-2)


def test_edge_values_are_exact() -> None:
    for schedule in (Linear(), Trig(), VPLinear(), Cosine(), CHAIN):
        assert (schedule.alpha(0.0), schedule.sigma(0.0)) == (1.0, 0.0)
        assert schedule.log_snr(0.0) == math.inf
        assert schedule.log_snr(torch.zeros(1)).item() == math.inf
    for schedule in (Linear(), Trig()):
        assert (schedule.alpha(1.0), schedule.sigma(1.0)) == (0.0, 1.0)
        assert schedule.log_snr(1.0) == schedule.log_snr(torch.ones(1)).item() == -math.inf
    assert VE(0.01, 50.0).sigma(0.0) == 0.01
    assert VE(0.01, 50.0).sigma(1.0) == pytest.approx(50.0, rel=1e-14)
    assert Cosine(floor=1e-5).alpha(1.0) ** 2 == pytest.approx(1e-5, rel=1e-12)
    assert LinearLevel().p(1.0) == CosineLevel().p(1.0) == DiscreteLevel([0.5, 1.0]).p(2) == 1.0
    assert CosineLevel().p(torch.ones(1)).item() == 1.0
    for schedule in (VPLinear(), Cosine()):
        with pytest.raises(ValueError, match="t must have sigma_t > 0"):
            schedule.d_sigma(0.0)


def test_full_precision_near_the_ends() -> None:
    """sqrt(1 - alpha^2) has eight digits left at alpha^2 = 1 - 1e-10; these values keep all."""

    def same(value: float, expected: float, ulps: int = 4) -> bool:
        return math.isclose(value, expected, rel_tol=ulps * 1.2e-16)

    t = 1e-9
    h = 0.1 * t + 19.9 * t**2 / 2  # the next term of the series is below rounding
    assert same(VPLinear().sigma(t), math.sqrt(h) * (1 - h / 4))
    assert not same(math.sqrt(1 - VPLinear().alpha(t) ** 2), math.sqrt(h) * (1 - h / 4), 10**6)
    start = 0.008 / 1.008 * math.pi / 2
    turn = (math.acos(math.sqrt(1e-5) * math.cos(start)) - start) * t
    second_order = 2 * math.tan(start) * turn + (1 - math.tan(start) ** 2) * turn**2
    assert same(Cosine().sigma(t), math.sqrt(second_order), 8)
    assert same(CosineLevel().p(t), (math.pi * t / 2) ** 2 / 2)
    assert same(Trig().alpha(1 - 2**-30), math.pi / 2 * 2**-30)
    assert same(DiscreteSchedule([1e-12]).sigma(1), 1e-6)
    assert same(DiscreteLevel([1e-12, 1e-12]).p(2), 2e-12 - 1e-24)


def test_vp_linear_is_the_integral_of_beta() -> None:
    schedule = VPLinear(0.1, 20.0)
    for t in TIMES:
        integral, _ = quad(lambda u: 0.1 + u * (20.0 - 0.1), 0, t, epsabs=1e-13)
        assert schedule.alpha(t) == pytest.approx(math.exp(-integral / 2), rel=1e-12)
        assert schedule.sigma(t) == pytest.approx(math.sqrt(1 - math.exp(-integral)), rel=1e-12)
    # Song et al. 2021: DDPM's chain is this schedule at t = k / 1000, up to O(1/T).
    for k in (100, 500, 1000):
        assert math.log(CHAIN.alpha(k)) == pytest.approx(
            math.log(schedule.alpha(k / 1000)), rel=0.01
        )


def test_cosine_is_the_formula_of_nichol_and_dhariwal() -> None:
    def published(t: float) -> float:
        angle = lambda u: (u + 0.008) / 1.008 * math.pi / 2
        return math.cos(angle(t)) ** 2 / math.cos(angle(0)) ** 2

    for t in TIMES:
        assert Cosine(floor=1e-28).alpha(t) ** 2 == pytest.approx(published(t), abs=1e-13)
        start, stop = 0.008 / 1.008 * math.pi / 2, math.acos(math.sqrt(1e-5) * math.cos(0.008 / 1.008 * math.pi / 2))
        itself = math.cos(start + t * (stop - start)) ** 2 / math.cos(start) ** 2
        assert Cosine().alpha(t) ** 2 == pytest.approx(itself, abs=1e-13)
        # The default turns the angle by 0.2% less, to end at 1e-5 and not at 0.
        assert Cosine().alpha(t) ** 2 == pytest.approx(published(t), abs=math.sqrt(1e-5))
    assert Cosine(s=0.02, floor=1e-28).alpha(0.5) ** 2 != pytest.approx(published(0.5), abs=1e-3)


def test_ddpm_anchors() -> None:
    """Ho et al. 2020: betas from 1e-4 to 0.02 in 1000 steps leave abar_T = 4.036e-5."""
    assert CHAIN.alpha(1000) ** 2 == pytest.approx(4.036e-5, rel=1e-4)
    betas = np.linspace(1e-4, 0.02, 1000)
    alpha_bar = np.cumprod(1 - betas)
    steps = torch.arange(1, 1001)
    np.testing.assert_allclose(CHAIN.alpha(steps) ** 2, alpha_bar, rtol=1e-12)
    np.testing.assert_allclose(CHAIN.sigma(steps) ** 2, 1 - alpha_bar, rtol=1e-12)


def test_chain_is_that_of_diffusers() -> None:
    diffusers = pytest.importorskip("diffusers")
    theirs = diffusers.DDPMScheduler(
        num_train_timesteps=1000, beta_schedule="linear"
    ).alphas_cumprod
    ours = CHAIN.alpha(torch.arange(1, 1001)) ** 2  # their index 0 is our step 1
    torch.testing.assert_close(
        ours, theirs.double(), rtol=1e-4, atol=0
    )  # theirs is a float32 product
    shifted = CHAIN.alpha(torch.arange(0, 1000)) ** 2
    with pytest.raises(AssertionError):  # control: an index off by one
        torch.testing.assert_close(shifted, theirs.double(), rtol=1e-4, atol=0)


def test_markov_steps_compose_to_the_closed_form() -> None:
    """A step takes the mean m to sqrt(1 - beta) m and the variance v to (1 - beta) v + beta."""
    betas = [0.3, 0.02, 0.5, 0.11]
    schedule, level = DiscreteSchedule(betas), DiscreteLevel(betas)
    scale, variance, gone = 1.0, 0.0, 0.0
    for k, beta in enumerate(betas, start=1):
        scale, variance = math.sqrt(1 - beta) * scale, (1 - beta) * variance + beta
        gone = gone + (1 - gone) * beta
        assert schedule.alpha(k) == pytest.approx(scale, rel=1e-14)
        assert schedule.sigma(k) ** 2 == pytest.approx(variance, rel=1e-14)
        assert level.p(k) == pytest.approx(gone, rel=1e-14)
    assert (Gaussian(schedule).t_max, Masking(26, level).t_max) == (4.0, 4.0)


@pytest.mark.parametrize("schedule", SMOOTH, ids=label)
def test_time_at_log_snr(schedule) -> None:
    for t in TIMES:
        found = schedule.time_at_log_snr(schedule.log_snr(t))
        assert type(found) is float and found == pytest.approx(t, abs=1e-12)
    times = torch.tensor(TIMES, dtype=torch.float64).reshape(2, 3)
    torch.testing.assert_close(
        schedule.time_at_log_snr(schedule.log_snr(times)), times, rtol=0, atol=1e-12
    )
    single = schedule.time_at_log_snr(schedule.log_snr(times).float())
    assert single.dtype == torch.float32


@pytest.mark.parametrize("schedule", SMOOTH, ids=label)
def test_the_slope_of_time_at_log_snr(schedule) -> None:
    """Central differences; at an end without a slope the time is right and the gradient 0, never nan."""
    values = schedule.log_snr(torch.tensor([0.3, 0.7], dtype=torch.float64) * schedule.t_max)
    inner = values.clone().requires_grad_()
    schedule.time_at_log_snr(inner).sum().backward()
    there, back = (schedule.time_at_log_snr(values + h) for h in (1e-5, -1e-5))
    torch.testing.assert_close(inner.grad, (there - back) / 2e-5, rtol=1e-5, atol=0)
    end = torch.tensor([schedule.log_snr(0.0)], dtype=torch.float64, requires_grad=True)
    if not bool(end.isfinite()):
        time = schedule.time_at_log_snr(end)
        time.sum().backward()
        assert time.tolist() == [0.0] and end.grad.tolist() == [0.0]


def test_time_at_log_snr_in_closed_form() -> None:
    """Linear: (1 - t)/t = e^(l/2); Trig: cot(pi t/2) = e^(l/2)."""
    for value in (-9.0, -1.5, 0.0, 4.0):
        assert Linear().time_at_log_snr(value) == pytest.approx(
            1 / (1 + math.exp(value / 2)), rel=1e-13
        )
        expected = math.atan(math.exp(-value / 2)) * 2 / math.pi
        assert Trig().time_at_log_snr(value) == pytest.approx(expected, rel=1e-13)
    for value in (20.0, 40.0, 200.0):  # times down to 4e-88, and h_t = log(1 + e^-l) of a preserved variance
        assert Linear().time_at_log_snr(value) == pytest.approx(math.exp(-value / 2), rel=1e-4 if value < 40 else 1e-8)
        h = math.log1p(math.exp(-value))
        root = 2 * h / (0.1 + math.sqrt(0.01 + 2 * 19.9 * h))
        assert VPLinear().time_at_log_snr(value) == pytest.approx(root, rel=1e-12)
    whole = Linear().time_at_log_snr(torch.tensor([0, 2]))
    assert whole[0] == 0.5 and whole[1] == pytest.approx(1 / (1 + math.e), rel=1e-13)
    with pytest.raises(ValueError, match="log_snr must lie in"):
        VE(0.1, 10.0).time_at_log_snr(5.0)
    for schedule in (ConstantNoise(), CHAIN):
        with pytest.raises(TypeError, match="time_at_log_snr"):
            schedule.time_at_log_snr(0.0)


@pytest.mark.parametrize("chain", [CHAIN, DiscreteLevel([0.1, 0.2])], ids=label)
def test_chains_have_no_derivative(chain) -> None:
    for name in ("d_alpha", "d_sigma", "d_p"):
        if hasattr(chain, name):
            with pytest.raises(TypeError, match=f"{name} needs continuous time"):
                getattr(chain, name)(1)
