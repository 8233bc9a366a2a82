"""What lesson 08 says: one field, orders, grids, and advice on kinds. And the solvers of two other libraries.

Everything here is deterministic: exact oracles, fixed seeds, references from SciPy's integrator of order 8.
"""

from __future__ import annotations

import functools
import math

import pytest
import torch

from udm_lessons.destroy import VE, Cosine, DiscreteSchedule, Linear, Trig, VPLinear
from udm_lessons.flow import (
    Adams,
    angle_times,
    dpm_solver_2m,
    euler,
    heun,
    leading_times,
    log_snr_times,
    solve,
    trailing_times,
    uniform_times,
)

from bench import solvers as bench
from worlds.flow import F64, MIXTURE, model, reference, rng, start

DDIM = Adams(1, "x0", False)
ORACLES = {"eps": MIXTURE.eps_mean, "x0": MIXTURE.x0_mean, "v": MIXTURE.velocity}


@pytest.mark.parametrize("schedule", [VPLinear(), Cosine(), Linear(), Trig(), VE()], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("t", [0.1, 0.37, 0.9])
def test_four_forms_of_the_flow_are_one_field(schedule, t) -> None:
    x = 2 * torch.randn(200, 2, generator=rng(0), dtype=F64)
    a, s, da, ds = (f(t) for f in (schedule.alpha, schedule.sigma, schedule.d_alpha, schedule.d_sigma))
    k = da / a - ds / s
    v = MIXTURE.velocity(x, t, schedule)
    forms = (
        da / a * x - s * k * MIXTURE.eps_mean(x, t, schedule),
        ds / s * x + a * k * MIXTURE.x0_mean(x, t, schedule),
        da / a * x + s**2 * k * MIXTURE.score(x, t, schedule),
    )
    for form in forms:
        torch.testing.assert_close(form, v, rtol=1e-9, atol=1e-9 * float(v.abs().max()))
    control = ds / s * x - a * k * MIXTURE.x0_mean(x, t, schedule)
    assert float((control - v).abs().max()) > 0.05


# Advice on kinds.


def damage(kind: str, first: float, steps: int) -> float:
    """The RMS distance that a wavy error of 5 percent makes, under DDIM on the circle."""
    schedule = Trig()

    def flawed(x, t):
        answer = ORACLES[kind](x, t, schedule)
        wave = torch.stack([torch.sin(3 * x[:, 1] + 1), torch.cos(2 * x[:, 0])], 1)
        return answer + 0.05 * answer.square().mean().sqrt() * math.sqrt(2) * wave

    x, times = start(schedule, first, 200), uniform_times(steps, first, 0.0)
    end = solve(flawed, kind, schedule, x, times, DDIM, progress=False)
    return float((end - reference(schedule, x, times)).square().sum(1).mean().sqrt())


def test_with_few_steps_from_noise_x0_and_v_are_safe_and_eps_is_not() -> None:
    table = {(k, n): damage(k, 0.999, n) for k in ORACLES for n in (1, 8, 128)}
    assert all(table["eps", n] > 10 * table["v", n] for n in (1, 8, 128))
    assert table["x0", 1] == pytest.approx(table["v", 1], rel=0.02)
    assert table["x0", 128] > 3 * table["v", 128] and table["x0", 128] > table["x0", 8]


def test_with_signal_left_eps_is_safe_too() -> None:
    table = {(k, n): damage(k, 0.7, n) for k in ORACLES for n in (1, 8, 128)}
    assert table["eps", 1] < 1.1 * table["v", 1] and table["eps", 128] < table["x0", 128] / 2
    assert all(table["v", n] <= 1.001 * min(table["eps", n], table["x0", n]) for n in (1, 8, 128))


VP, FIRST, LAST = VPLinear(), 1.0, 1e-3


@functools.cache
def flow() -> tuple[torch.Tensor, torch.Tensor]:
    x = start(VP, FIRST, 200)
    return x, reference(VP, x, [FIRST, LAST])


def distances(method, times) -> torch.Tensor:
    x, end = flow()
    found = solve(model("v", VP), "v", VP, x, times, method, progress=False)
    return (found - end).norm(dim=1)


def even_t(n):
    return uniform_times(n, FIRST, LAST)


def even_snr(n):
    return log_snr_times(VP, n, FIRST, LAST)


def even_angle(n):
    return angle_times(VP, n, FIRST, LAST, 0.5)


def test_second_order_in_eps_and_x0_beats_heun_but_not_always_euler() -> None:
    median = lambda method, times: float(distances(method, times).median())  # noqa: E731
    for calls in (10, 20, 40, 160):
        for method in (dpm_solver_2m, Adams(2, "eps", False)):
            assert median(method, even_snr(calls)) < median(heun, even_t(calls // 2))
        assert median(euler, even_t(calls)) < median(DDIM, even_snr(calls))
        assert median(Adams(2, "angle", False), even_angle(calls)) < median(euler, even_t(calls)) / 2
    for calls in (10, 20):
        assert median(euler, even_t(calls)) < median(dpm_solver_2m, even_snr(calls))


def travelled(kind: str, schedule) -> float:
    times, path = uniform_times(200, 0.98, 0.02), []
    x = start(schedule, 0.98, 100)
    solve(model("v", schedule), "v", schedule, x, times, heun, progress=False, callback=lambda s, y: path.append((s, y)))
    values = torch.stack([ORACLES[kind](y, s, schedule) for s, y in path])
    way = (values[1:] - values[:-1]).norm(dim=2).sum(0)
    return float((way / values.square().sum(2).mean().sqrt()).mean())


def test_x0_is_the_smoothest_target_along_a_path_and_v_the_roughest() -> None:
    for schedule in (Linear(), Trig()):
        way = {kind: travelled(kind, schedule) for kind in ORACLES}
        assert way["x0"] < way["eps"] < way["v"] / 1.5


# What a step holds constant, and its clock.


def rms(method, times) -> float:
    return float(distances(method, times).square().mean().sqrt())


def test_the_noise_changes_least_and_yet_ddim_loses_to_euler_on_even_times() -> None:
    times, states = uniform_times(20, 0.999, 0.02), []
    x = start(VP, 0.999, 40)
    for t, s in zip(times, times[1:]):
        states.append(x)
        x = reference(VP, x, [t, s])
    values = {kind: torch.stack([ask(y, t, VP) for y, t in zip([*states, x], times)]) for kind, ask in ORACLES.items()}
    changed = {
        kind: (m[1:] - m[:-1]).square().sum(2).mean(1).sqrt() / m.square().sum(2).mean().sqrt() for kind, m in values.items()
    }
    least = [min(changed, key=lambda kind: changed[kind][k]) for k in range(20)]
    assert least == ["eps"] * 17 + ["x0"] * 3
    ratios = {n: rms(DDIM, even_t(n)) / rms(euler, even_t(n)) for n in (10, 20, 40, 80)}
    assert all(2.5 < ratio < 4.5 for ratio in ratios.values())
    assert rms(DDIM, even_t(10)) < 0.7 * rms(DDIM, even_snr(10)) or rms(DDIM, even_angle(10)) < 0.8 * rms(DDIM, even_t(10))
    assert rms(DDIM, even_angle(10)) < rms(euler, even_angle(10))  # control: the grid decides, not the linear part


def test_three_runs_tell_the_order_and_the_error_of_the_best() -> None:
    for method, order in ((euler, 1), (heun, 2)):
        ends = [solve(model("v", VP), "v", VP, flow()[0], even_t(n), method, progress=False) for n in (40, 80, 160)]
        first, second = (float((a - b).square().sum(1).mean().sqrt()) for a, b in zip(ends, ends[1:]))
        found = math.log2(first / second)
        assert found == pytest.approx(order, abs=0.2)
        assert second / (2**found - 1) == pytest.approx(rms(method, even_t(160)), rel=0.25)
        if method is heun:
            assert second > 2 * rms(method, even_t(160))  # control: the difference alone is not the error


# Grids and orders.


def test_ten_calls_in_the_face_of_the_angle_do_what_ddim_cannot_do_with_eighty() -> None:
    best = min(rms(DDIM, grid(80)) for grid in (even_t, even_snr, even_angle))
    assert rms(Adams(), even_angle(10)) < best / 2
    assert rms(Adams(), even_angle(6)) < 0.02 < rms(DDIM, even_angle(40))


def test_a_grid_matters_most_to_a_good_method() -> None:
    for method, gain in ((DDIM, 1.2), (Adams(2, "angle", False), 5)):
        assert rms(method, even_t(20)) > gain * rms(method, even_angle(20))


def test_leading_grids_start_where_signal_is_left() -> None:
    chain = DiscreteSchedule.ddpm()
    assert chain.alpha(trailing_times(5)[0]) == pytest.approx(0.0064, abs=1e-4)
    assert chain.alpha(leading_times(5)[0]) == pytest.approx(0.039, abs=1e-3)


def test_at_most_twenty_calls_on_the_common_grid() -> None:
    errors = {n: bench.errors(bench.ours(Adams(3, "eps")), bench.geometric(n))[0] for n in (15, 17, 20)}
    assert errors[17] < bench.TARGET and errors[20] < errors[17] < errors[15]
    assert bench.errors(bench.ours(dpm_solver_2m), bench.geometric(20))[0] > 1.5 * bench.TARGET


# The same update rules in other libraries.


def slope(run) -> float:
    coarse, fine = (bench.errors(run, bench.geometric(n))[0] for n in (80, 160))
    return math.log2(coarse / fine)


def ends_agree(mine, theirs, steps: int) -> float:
    sigmas = bench.geometric(steps)
    x = bench.noisy(sigmas[0])
    end = mine(sigmas, x)
    return float((end - theirs(sigmas, x)).abs().max() / end.abs().max())


@pytest.mark.filterwarnings("ignore")
def test_ddim_and_2m_are_those_of_diffusers() -> None:
    """2M to three digits: its tables are float32."""
    pytest.importorskip("diffusers")
    peer = bench.diffusers_multistep("DPMSolverMultistepScheduler", 2)
    for steps in (5, 20, 80):
        assert ends_agree(bench.ours(DDIM), bench.diffusers_ddim(), steps) < 1e-9
        assert ends_agree(bench.ours(dpm_solver_2m), peer, steps) < 1e-3
    assert ends_agree(bench.ours(Adams(2, "x0", False)), peer, 20) > 1e-2  # control


@pytest.mark.filterwarnings("ignore")
def test_a_third_order_step_of_another_library_has_order_two() -> None:
    pytest.importorskip("diffusers")
    theirs = slope(bench.diffusers_multistep("DPMSolverMultistepScheduler", 3))
    assert theirs == pytest.approx(2.1, abs=0.15)
    assert slope(bench.ours(Adams(3, "x0", False))) == pytest.approx(3, abs=0.3)
    assert ends_agree(bench.ours(Adams(3, "x0", False)), bench.diffusers_multistep("DPMSolverMultistepScheduler", 3), 20) > 3e-3


@pytest.mark.filterwarnings("ignore")
def test_exponential_adams_is_that_of_azula_and_its_step_of_another_kind_loses_its_order() -> None:
    pytest.importorskip("azula")
    ours = bench.ours(Adams(3, "x0", False))
    assert ends_agree(ours, bench.azula_adams("xEABSampler", 3), 20) < 1e-6
    assert slope(bench.azula_adams("REABSampler", 3)) < 1.8
