"""Solvers of the probability flow: their orders against a tight reference, faces, ends of time, bad input."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.integrate import quad

from udm_lessons.destroy import VE, ConstantNoise, Cosine, DiscreteSchedule, Gaussian, Linear, Trig, VPLinear
from udm_lessons.flow import (
    FACES,
    Adams,
    Prediction,
    ReverseSde,
    dpm_solver_2m,
    euler,
    heun,
    log_snr_times,
    solve,
    uniform_times,
)
from udm_lessons.flow import faces
from udm_lessons.flow.faces import advance
from udm_lessons.rebuild import Keep, Markov, posterior_mean, sample

from worlds.flow import F64, MIXTURE, ORACLE, model, reference, rng, start

METHODS = [euler, heun, dpm_solver_2m, *(Adams(k, face, c) for face in FACES for k in (1, 3) for c in (False, True))]


names = dict(ids=lambda m: getattr(m, "__name__", str(m)))


def run(schedule, times, method, kind="x0", x=None, **options):
    x = start(schedule, times[0]) if x is None else x
    return solve(model(kind, schedule), kind, schedule, x, times, method, progress=False, **options)


def error(schedule, times, method) -> float:
    exact = reference(schedule, start(schedule, times[0]), times)
    return float((run(schedule, times, method) - exact).square().sum(1).mean().sqrt())


ORDERS = [
    (euler, 1), (heun, 2), (dpm_solver_2m, 2),
    *((Adams(k, face, False), k) for face in FACES for k in (1, 2, 3, 4)),
    *((Adams(k, face, True), k + 1) for face in FACES for k in (1, 2, 3)),
]  # fmt: skip


@pytest.mark.parametrize("schedule", [VE(0.05, 100.0), VPLinear()], ids=["VE", "VPLinear"])
@pytest.mark.parametrize("method, order", ORDERS, **names)
def test_the_order_is_the_slope(method, order, schedule) -> None:
    """With twice the steps, on a grid even in log SNR, the error falls 2^order times, within 15%.

    From 80 steps, from 320 at order 1, where the next term of the error is still felt at 80.
    """
    last = schedule.time_at_log_snr(5.9)
    n = 80 if order > 1 else 320
    coarse, fine = (
        error(schedule, log_snr_times(schedule, k, 1.0, last), method) for k in (n, 2 * n)
    )
    assert math.log2(coarse / fine) == pytest.approx(order, rel=0.15)


def test_control_half_of_the_curvature_costs_an_order() -> None:
    """The third-order step with half of its quadratic term, as one library has it, has order 2."""

    def halved(ask, x, times, generator=None):
        schedule, known = ask.schedule, []
        for t, s in zip(times, times[1:]):
            (a_t, s_t), (a_s, s_s) = ((schedule.alpha(u), schedule.sigma(u)) for u in (t, s))
            place, end = math.log(a_t / s_t), math.log(a_s / s_s)
            known = [(place, ask(x, t, "x0")), *known][:3]
            full = advance(FACES["x0"], x, (a_t, s_t), (a_s, s_s), known)
            linear = advance(FACES["x0"], x, (a_t, s_t), (a_s, s_s), known[:2])
            # The interpolating quadratic through known[:3], less the line through known[:2], is all
            # curvature; but it also bends the slope, which both keep: only its own term is halved.
            if len(known) == 3:
                (l0, m0), (l1, m1), (l2, m2) = known
                second = ((m0 - m1) / (l0 - l1) - (m1 - m2) / (l1 - l2)) / (l0 - l2)
                h = end - place
                own = a_s * (1 - 2 / h + 2 / h**2 - 2 * math.exp(-h) / h**2) * h**2
                x = full - own / 2 * second
            else:
                x = linear if len(known) == 2 else full
            yield x

    schedule = VPLinear()
    last = schedule.time_at_log_snr(5.9)
    errors = {
        method: [error(schedule, log_snr_times(schedule, n, 1.0, last), method) for n in (80, 160)]
        for method in (halved, Adams(3, "x0", False))
    }
    slopes = [math.log2(coarse / fine) for coarse, fine in errors.values()]
    assert slopes == [pytest.approx(2, abs=0.25), pytest.approx(3, abs=0.25)]


@pytest.mark.parametrize("kind", ORACLE)
@pytest.mark.parametrize("method", METHODS, **names)
def test_any_kind_of_model_gives_the_same_path(method, kind) -> None:
    schedule = Cosine()
    times = log_snr_times(schedule, 12, 0.99, 0.02)
    torch.testing.assert_close(
        run(schedule, times, method, kind), run(schedule, times, method), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("face", ["x0", "eps", "flow"])
@pytest.mark.parametrize("schedule", [Trig(), Linear(), VPLinear()], ids=["Trig", "Linear", "VP"])
def test_at_order_one_three_faces_are_ddim(schedule, face) -> None:
    times = uniform_times(9, 0.98, 0.0)
    x = start(schedule, times[0])
    expected = sample(
        Gaussian(schedule), posterior_mean(MIXTURE, schedule), x, times, Keep(), progress=False
    )
    torch.testing.assert_close(run(schedule, times, Adams(1, face, False)), expected, rtol=0, atol=1e-12)


def test_control_at_order_one_the_angle_is_not_ddim() -> None:
    times = uniform_times(9, 0.98, 0.0)
    gap = run(Trig(), times, Adams(1, "angle", False)) - run(Trig(), times, Adams(1, "x0", False))
    assert float(gap.abs().max()) > 1e-2


def test_euler_of_the_velocity_is_the_angle_on_a_circle_and_the_flow_on_a_line() -> None:
    times = uniform_times(9, 0.98, 0.02)
    for schedule, face in ((Trig(), "angle"), (Linear(), "flow")):
        first = Adams(1, face, False)
        torch.testing.assert_close(
            run(schedule, times, first), run(schedule, times, euler), rtol=0, atol=1e-12
        )


@pytest.mark.parametrize("face", FACES)
def test_weights_integrate_the_lagrange_polynomials(face) -> None:
    """Against adaptive quadrature, in a face's own clock."""
    clock = {
        "x0": lambda a, s: a / s, "eps": lambda a, s: s / a,
        "flow": lambda a, s: s / (a + s), "angle": lambda a, s: math.atan2(s, a),
    }[face]  # fmt: skip
    face, schedule = FACES[face], VPLinear()
    scales = [(schedule.alpha(t), schedule.sigma(t)) for t in (0.8, 0.62, 0.5, 0.33)]
    places = [face.place(*pair) for pair in scales[:3]]
    for j in range(3):
        one = [(place, torch.tensor([float(k == j)], dtype=F64)) for k, place in enumerate(places)]
        found = advance(face, torch.zeros(1, dtype=F64), scales[2], scales[3], one[::-1])

        def integrand(t, j=j):
            pair, h = (schedule.alpha(t), schedule.sigma(t)), 1e-6
            later, earlier = ((schedule.alpha(u), schedule.sigma(u)) for u in (t + h, t - h))
            slope = (clock(*later) - clock(*earlier)) / (2 * h)
            here = face.place(*pair)
            others = [place for k, place in enumerate(places) if k != j]
            return slope * math.prod((here - place) / (places[j] - place) for place in others)

        value = face.scale(*scales[3]) * quad(integrand, 0.5, 0.33)[0]
        assert float(found) == pytest.approx(value, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("method", METHODS, **names)
@pytest.mark.parametrize("schedule", [Trig(), Linear(), VPLinear(), Cosine()], ids=lambda s: type(s).__name__)
def test_the_last_step_ends_clean(schedule, method) -> None:
    """sigma_0 = 0: x is finite and near the data, in float32 too."""
    times = uniform_times(20, 0.98, 0.0)
    for dtype in (F64, torch.float32):
        x = run(schedule, times, method, x=start(schedule, times[0]).to(dtype))
        assert x.dtype == dtype and bool(x.isfinite().all()) and float(x.abs().max()) < 4


@pytest.mark.parametrize("method", [m for m in METHODS if "eps" not in str(m)], **names)
@pytest.mark.parametrize("schedule", [Trig(), Linear()], ids=["Trig", "Linear"])
def test_a_start_from_pure_noise(schedule, method) -> None:
    """alpha_1 = 0: a model of x0 or v tells the way, in every face but eps."""
    x = run(schedule, uniform_times(40), method, kind="v", x=start(schedule, 1.0))
    assert bool(x.isfinite().all()) and float(x.abs().max()) < 5


def test_noise_does_not_tell_the_way_from_pure_noise() -> None:
    for method in (euler, dpm_solver_2m, Adams(2, "x0")):
        with pytest.raises(ValueError, match="alpha_t = 0"):
            run(Trig(), uniform_times(4), method, kind="eps", x=start(Trig(), 1.0))
    with pytest.raises(ValueError, match="scale 0 of the face eps"):
        run(Trig(), uniform_times(4), Adams(1, "eps"), x=start(Trig(), 1.0))


@pytest.mark.parametrize("method", METHODS, **names)
def test_nothing_is_drawn_and_nothing_is_remembered(method) -> None:
    schedule, times, state = VPLinear(), uniform_times(6, 0.9, 0.1), torch.get_rng_state()
    first = run(schedule, times, method, generator=rng(0))
    run(schedule, uniform_times(3, 0.7, 0.2), method)
    assert torch.equal(first, run(schedule, times, method, generator=rng(5)))
    assert torch.equal(state, torch.get_rng_state())


def calls(method, steps: int) -> int:
    counted, schedule = [], VPLinear()

    def counting(x, t):
        counted.append(t)
        return MIXTURE.x0_mean(x, t, schedule)

    x = start(schedule, 0.9)
    solve(counting, "x0", schedule, x, uniform_times(steps, 0.9, 0.1), method, progress=False)
    return len(counted)


def test_calls_of_the_model() -> None:
    assert calls(heun, 10) == 20
    assert {calls(method, 10) for method in METHODS if method is not heun} == {10}


def test_x_T_is_left_as_it_is_and_steps_are_reported() -> None:
    schedule, times, seen = Trig(), uniform_times(5, 0.9, 0.1), []
    x = start(schedule, 0.9)
    copy = x.clone()
    for method in METHODS:
        seen.clear()
        end = run(schedule, times, method, x=x, callback=lambda s, x: seen.append((s, x)))
        assert torch.equal(x, copy)
        assert [s for s, _ in seen] == times[1:] and torch.equal(seen[-1][1], end)


# The reverse SDE.


def test_reverse_sde_without_noise_is_euler() -> None:
    times = uniform_times(30, 0.95, 0.05)
    torch.testing.assert_close(
        run(Trig(), times, ReverseSde(0.0), kind="eps", generator=rng(3)), run(Trig(), times, euler)
    )


def test_reverse_sde_keeps_the_law_for_every_gamma() -> None:
    """Variance of a projection of 20000 draws: standard error 1% of it; bars of 6%, a control outside."""
    schedule, times = Trig(), uniform_times(400, 0.98, 0.02)
    x = start(schedule, times[0], 20_000)
    exact = start(schedule, times[-1], 20_000)

    def g(t):
        alpha, sigma = schedule.alpha(t), schedule.sigma(t)
        return math.sqrt(2 * (schedule.d_sigma(t) * sigma - schedule.d_alpha(t) / alpha * sigma**2))

    for gamma in (0.7, 1.5, g):
        ends = run(schedule, times, ReverseSde(gamma), kind="score", x=x, generator=rng(4))
        torch.testing.assert_close(ends.var(0), exact.var(0), rtol=0.06, atol=0)
        torch.testing.assert_close(ends.mean(0), exact.mean(0), rtol=0, atol=0.05)

    def noise_alone(ask, x, times, generator):
        for t, s in zip(times, times[1:]):
            xi = torch.randn(x.shape, generator=generator, dtype=x.dtype)
            x = x - (t - s) * ask(x, t, "v") + 0.7 * math.sqrt(t - s) * xi
            yield x

    ends = run(schedule, times, noise_alone, kind="score", x=x, generator=rng(4))
    assert float((ends.var(0) / exact.var(0)).min()) > 1.2


def test_a_step_of_the_reverse_sde_by_hand() -> None:
    schedule, x = VPLinear(), torch.tensor([[0.3, -0.8]], dtype=F64)
    xi = torch.randn(x.shape, generator=rng(6), dtype=F64)
    v, score = MIXTURE.velocity(x, 0.6, schedule), MIXTURE.score(x, 0.6, schedule)
    expected = x - 0.1 * (v - 0.5 * 1.3**2 * score) + 1.3 * math.sqrt(0.1) * xi
    found = run(schedule, [0.6, 0.5], ReverseSde(1.3), kind="eps", x=x, generator=rng(6))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


# Bad input.


@pytest.mark.parametrize(
    "change, problem, match",
    [
        (dict(kind="noise"), ValueError, "kind must be one of"),
        (dict(times=[0.1, 0.9]), ValueError, "times"),
        (dict(times=[1.5, 0.5]), ValueError, "times|t must lie"),
        (dict(method=Adams), TypeError, "method must be a solver"),
        (dict(method="euler"), TypeError, "method must be a solver"),
        (dict(model=None), TypeError, "model must be a function"),
        (dict(schedule=Gaussian(Trig())), TypeError, "schedule must be a Schedule"),
        (dict(x_T=[1.0]), TypeError, "x_T must be a tensor"),
        (dict(method=ReverseSde(-1.0)), ValueError, "gamma must be at least 0"),
    ],
)
def test_bad_input(change, problem, match) -> None:
    options = dict(
        model=model("x0", Trig()), kind="x0", schedule=Trig(), x_T=start(Trig(), 0.9),
        times=[0.9, 0.5], method=euler, progress=False,
    )  # fmt: skip
    with pytest.raises(problem, match=match):
        solve(**options | change)


def test_bad_methods() -> None:
    for order in (0, 7, 2.5):
        with pytest.raises(ValueError, match="order must be a whole number from 1 to 6"):
            Adams(order)
    with pytest.raises(ValueError, match="face must be one of x0, eps, flow, angle"):
        Adams(2, "v")
    with pytest.raises(TypeError, match="derivative|continuous time"):
        chain = DiscreteSchedule.ddpm()
        solve(model("x0", chain), "x0", chain, start(chain, 900), [900, 1], euler, progress=False)


def test_a_chain_is_solved_without_derivatives() -> None:
    chain = DiscreteSchedule.ddpm()
    x = run(chain, [1000, 700, 400, 150, 30, 0], Adams())
    assert bool(x.isfinite().all()) and float(x.abs().max()) < 4


def test_a_prediction_can_be_asked_for_any_kind() -> None:
    ask, x = Prediction(model("v", VPLinear()), "v", VPLinear()), start(VPLinear(), 0.4)
    for kind, oracle in ORACLE.items():
        torch.testing.assert_close(ask(x, 0.4, kind), oracle(x, 0.4, VPLinear()), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("gap", [1e-12, 1e-4])
@pytest.mark.parametrize("face", FACES)
def test_times_that_nearly_coincide_do_no_harm(face, gap) -> None:
    """A polynomial through two predictions at nearly one time says nothing of what lies a long step away."""
    for schedule in (VPLinear(), Trig()):
        even = uniform_times(20, 0.99, 1e-3)
        twice = sorted({*even} | {t - gap for t in even[:-1]}, reverse=True)
        exact = reference(schedule, start(schedule, even[0]), [even[0], even[-1]])
        plain, paired = (
            run(schedule, times, Adams(1, face, corrected=False), x=start(schedule, even[0]))
            for times in (even, twice)
        )
        for order in (3, 6):
            found = run(schedule, twice, Adams(order, face), x=start(schedule, even[0]))
            assert float((found - exact).abs().mean()) < 2 * float((plain - exact).abs().mean())
        torch.testing.assert_close(plain, paired, rtol=0, atol=max(30 * gap, 1e-9))


def test_control_the_whole_polynomial_does_harm(monkeypatch) -> None:
    monkeypatch.setattr(faces, "_MOST", math.inf)
    even = uniform_times(20, 0.99, 1e-3)
    twice = sorted({*even} | {t - 1e-4 for t in even[:-1]}, reverse=True)
    found = run(Trig(), twice, Adams(3, "eps"))
    assert not bool(found.isfinite().all()) or float(found.abs().max()) > 1e6


def test_a_high_order_in_single_precision() -> None:
    """Off by 2e-2 in x0 and 2e2 in eps while rounding was multiplied in every step."""
    schedule, x = VPLinear(), start(VPLinear(), 0.99)
    for steps in (10, 20, 50):
        times = uniform_times(steps, 0.99, 1e-3)
        for face in FACES:
            double = run(schedule, times, Adams(6, face), x=x)
            single = solve(model("x0", schedule), "x0", schedule, x.float(), times, Adams(6, face), progress=False)
            assert single.dtype == torch.float32
            assert float((single.double() - double).abs().max()) < (0.1 if face == "eps" else 1e-4)


def test_a_flow_that_stands_still() -> None:
    """Under a constant noise every place is one place; x stays where it is."""
    x = torch.randn(4, 2, generator=rng(0), dtype=F64)
    for face in FACES:
        for order in (1, 3):
            found = run(ConstantNoise(0.1), [0.9, 0.5, 0.2, 0.0], Adams(order, face), x=x)
            torch.testing.assert_close(found, x, rtol=0, atol=1e-12)


def test_what_is_no_field_is_refused() -> None:
    x = start(Trig(), 0.9)
    for wrong in (lambda x, t: x[:, :1], lambda x, t: x.expand(3, *x.shape), lambda x, t: 0.0, lambda x, t: None):
        for method in (euler, heun, dpm_solver_2m, Adams(), ReverseSde()):
            for kind in ("x0", "v"):
                with pytest.raises((TypeError, ValueError), match=r"^model\(x_t, t\) must"):
                    solve(wrong, kind, Trig(), x, [0.9, 0.5], method, progress=False)


def test_what_is_no_method_is_refused() -> None:
    x = start(Trig(), 0.9)

    def shrinks(ask, x, times, generator):
        yield from (x[:, :1] for _ in times[1:])

    def stops(ask, x, times, generator):
        yield x

    for wrong in (Keep(), Markov(), Keep, lambda ask, x, times, generator: x, shrinks, stops):
        with pytest.raises((TypeError, ValueError), match="method"):
            solve(model("x0", Trig()), "x0", Trig(), x, [0.9, 0.5, 0.1], wrong, progress=False)


@pytest.mark.parametrize("kind", ["x0", "v"])
def test_a_prediction_has_the_precision_of_x_t_whatever_is_asked(kind: str) -> None:
    ask = Prediction(lambda x, t: 0.5 * x.float(), "x0", Trig())
    assert ask(torch.ones(3, 2, dtype=F64), 0.5, kind).dtype == F64


@pytest.mark.parametrize("method", METHODS, **names)
def test_a_method_that_is_called_by_itself_refuses_a_bad_grid(method) -> None:
    ask, x = Prediction(model("x0", Trig()), "x0", Trig()), start(Trig(), 0.9)
    for times in ([0.5, 0.5], [0.5, 0.9], [0.5], [1.5, 0.5], [0.5, math.nan]):
        with pytest.raises(ValueError, match="times"):
            list(method(ask, x, times))
    (once,) = method(ask, x, [0.9, 0.5])
    assert once.isfinite().all()
