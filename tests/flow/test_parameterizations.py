"""Targets, conversions and weights against sampled pairs, oracles, finite differences and printed tables."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from udm_lessons.destroy import VE, ConstantNoise, Cosine, DiscreteSchedule, Linear, Schedule, Trig, VPLinear
from udm_lessons.flow import KINDS, convert, drift_error, edm, loss_weight, pair, parameterizations, target
from udm_lessons.rebuild import GaussianMixture

from worlds.statistics import rng

SCHEDULES = [Linear(), Trig(), VPLinear(), Cosine(), VE(0.05, 5.0)]
TIMES = [0.07, 0.25, 0.4, 0.77, 0.96]  # never 0.5, where alpha = sigma hides slips
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
each_source = pytest.mark.parametrize("source", KINDS)
each_target = pytest.mark.parametrize("wanted", KINDS)

ORACLE = GaussianMixture(
    torch.tensor([[-1.4, 0.3], [0.5, 1.1], [1.2, -0.8]], dtype=torch.float64),
    torch.tensor([0.09, 0.5, 0.02], dtype=torch.float64),
    torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64),
)


def draws(n: int = 7, seed: int = 0) -> tuple[Tensor, Tensor]:
    x0, eps = torch.randn(2, n, 2, generator=rng(seed), dtype=torch.float64)
    return x0, eps


def by_hand(kind: str, x0: Tensor, eps: Tensor, t: float, schedule: Schedule) -> Tensor:
    """The targets with slopes by central differences, from the definition of each kind."""
    mix = lambda t: schedule.alpha(t) * x0 + schedule.sigma(t) * eps
    h = 1e-5
    return {
        "eps": lambda: eps,
        "x0": lambda: x0,
        "score": lambda: -(mix(t) - schedule.alpha(t) * x0) / schedule.sigma(t) ** 2,
        "v": lambda: (8 * (mix(t + h) - mix(t - h)) - mix(t + 2 * h) + mix(t - 2 * h)) / (12 * h),
        "v_vp": lambda: schedule.alpha(t) * eps - schedule.sigma(t) * x0,
        "flow": lambda: eps - x0,
        "edm": lambda: edm_by_hand(x0, mix(t) / schedule.alpha(t), schedule.sigma(t) / schedule.alpha(t)),
    }[kind]()


def edm_by_hand(x0: Tensor, y: Tensor, s: float, d: float = 0.5) -> Tensor:
    """(x0 - c_skip y) / c_out at y = x0 + s eps: Karras et al. 2022, table 1, with alpha = 1."""
    c_skip, c_out = d**2 / (s**2 + d**2), s * d / math.sqrt(s**2 + d**2)
    return (x0 - c_skip * y) / c_out


def close(a: Tensor, b: Tensor, relative: float = 1e-10) -> None:
    """Equal up to `relative` times the largest entry."""
    assert a.dtype == b.dtype and a.shape == b.shape
    assert float((a - b).abs().max()) <= relative * max(1.0, float(b.abs().max()))


@each_schedule
@pytest.mark.parametrize("kind", KINDS)
def test_targets_by_their_definitions(kind: str, schedule: Schedule) -> None:
    x0, eps = draws()
    for t in TIMES:
        tolerance = 1e-7 if kind == "v" else 1e-10
        close(target(kind, x0, eps, t, schedule), by_hand(kind, x0, eps, t, schedule), tolerance)


@each_schedule
@each_source
@each_target
def test_conversions_of_sampled_pairs(source: str, wanted: str, schedule: Schedule) -> None:
    x0, eps = draws()
    for t in TIMES:
        x_t = schedule.alpha(t) * x0 + schedule.sigma(t) * eps
        said = target(source, x0, eps, t, schedule)
        close(convert(said, source, wanted, x_t, t, schedule), target(wanted, x0, eps, t, schedule))


ANSWERS: dict[str, Callable] = {
    "eps": ORACLE.eps_mean,
    "x0": ORACLE.x0_mean,
    "score": ORACLE.score,
    "v": ORACLE.velocity,
}


@each_schedule
@pytest.mark.parametrize("source", ANSWERS)
@pytest.mark.parametrize("wanted", ANSWERS)
def test_conversions_of_exact_answers(source: str, wanted: str, schedule: Schedule) -> None:
    """The oracle computes each of the four from a formula of its own."""
    for t in TIMES:
        x_t, _ = draws(seed=1)
        said, expected = ANSWERS[source](x_t, t, schedule), ANSWERS[wanted](x_t, t, schedule)
        close(convert(said, source, wanted, x_t, t, schedule), expected)


@each_schedule
@pytest.mark.parametrize("kind", ANSWERS)
def test_the_mean_of_a_target_is_the_exact_answer(kind: str, schedule: Schedule) -> None:
    """Summed over a grid of x0 with Bayes' weights; the target of -eps has another mean."""
    line = GaussianMixture(torch.tensor([[-1.0], [0.7]]).double(), torch.tensor([0.2, 0.5]).double())
    oracle = {"eps": line.eps_mean, "x0": line.x0_mean, "score": line.score, "v": line.velocity}[kind]
    x0 = torch.linspace(-8, 8, 16_001, dtype=torch.float64)[:, None]
    humps = ((-1.0, 0.2), (0.7, 0.5))
    prior = torch.stack([torch.distributions.Normal(m, v**0.5).log_prob(x0[:, 0]) for m, v in humps])
    gaps = []
    for t in TIMES:
        alpha, sigma = schedule.alpha(t), schedule.sigma(t)
        for x in (-0.9, 0.4):
            eps = (x - alpha * x0) / sigma
            weights = (prior.logsumexp(0)[:, None] - eps**2 / 2).softmax(0)
            answer = float(oracle(torch.tensor([[x]]).double(), t, schedule))
            mean = float((weights * target(kind, x0, eps, t, schedule)).sum())
            assert mean == pytest.approx(answer, rel=1e-6, abs=1e-6)
            wrong = float((weights * target(kind, x0, -eps, t, schedule)).sum())
            gaps.append(abs(wrong - answer))
    assert kind == "x0" or max(gaps) > 0.1


@each_schedule
@pytest.mark.parametrize("source", ANSWERS)
def test_the_score_is_the_gradient_of_autograd(source: str, schedule: Schedule) -> None:
    for t in TIMES:
        x_t = draws(seed=8)[0].requires_grad_()
        (slope,) = torch.autograd.grad(ORACLE.log_prob(x_t, t, schedule).sum(), x_t)
        x_t = x_t.detach()
        said = convert(ANSWERS[source](x_t, t, schedule), source, "score", x_t, t, schedule)
        close(said, slope, 1e-10)


@each_schedule
@pytest.mark.parametrize("source", ANSWERS)
def test_the_score_is_a_slope(source: str, schedule: Schedule) -> None:
    x_t, h = draws(seed=2)[0], 1e-5
    for t in TIMES:
        slopes = []
        for axis in torch.eye(2, dtype=torch.float64):
            up, down = (ORACLE.log_prob(x_t + sign * h * axis, t, schedule) for sign in (1, -1))
            slopes.append((up - down) / (2 * h))
        said = convert(ANSWERS[source](x_t, t, schedule), source, "score", x_t, t, schedule)
        close(said, torch.stack(slopes, 1), 1e-5)


def test_control_a_consistent_sign_survives_round_trips(monkeypatch: pytest.MonkeyPatch) -> None:
    """With v the wrong way round, v -> x0 -> v is still the identity; the oracle notices."""
    right, schedule, t = KINDS["v"], Linear(), 0.3
    monkeypatch.setitem(KINDS, "v", lambda schedule, t: tuple(-c for c in right(schedule, t)))
    x_t, _ = draws(seed=3)
    said = ORACLE.velocity(x_t, t, schedule)
    x0 = convert(said, "v", "x0", x_t, t, schedule)
    close(convert(x0, "x0", "v", x_t, t, schedule), said)
    with pytest.raises(AssertionError):
        close(x0, ORACLE.x0_mean(x_t, t, schedule), 1e-2)


@each_schedule
@each_source
@each_target
def test_weights_are_ratios_of_errors(source: str, wanted: str, schedule: Schedule) -> None:
    """The error that noise on a prediction makes in the converted prediction."""
    x_t, exact = draws(seed=4)
    wrong = exact + draws(seed=5)[0]
    for t in TIMES:
        before, after = (
            ((convert(wrong, source, kind, x_t, t, schedule)
              - convert(exact, source, kind, x_t, t, schedule)) ** 2).sum()
            for kind in (source, wanted)
        )  # fmt: skip
        weight = loss_weight(source, wanted, t, schedule)
        assert isinstance(weight, float) and weight == pytest.approx(
            float(after / before), rel=1e-9
        )


@each_schedule
def test_weights_of_the_score_loss(schedule: Schedule) -> None:
    """The published table, the last row squared; unsquared, it is negative and not a weight."""
    for t in TIMES:
        a, s = schedule.alpha(t), schedule.sigma(t)
        w = schedule.d_alpha(t) * s - a * schedule.d_sigma(t)
        expected = {"eps": s**-2, "x0": a**2 / s**4, "v": (a / (s * w)) ** 2, "score": 1.0}
        for source, value in expected.items():
            assert loss_weight(source, "score", t, schedule) == pytest.approx(value, rel=1e-10)
        unsquared = a / (s * w)
        assert unsquared < 0
        assert abs(unsquared) != pytest.approx(loss_weight("v", "score", t, schedule), rel=0.02)


@each_schedule
def test_drift_errors_by_their_formulas(schedule: Schedule) -> None:
    """With k = alpha'/alpha - sigma'/sigma, by central differences."""
    h = 1e-5
    slope = lambda f, t: (math.log(f(t + h)) - math.log(f(t - h))) / (2 * h)  # noqa: E731
    for t in TIMES:
        a, s = schedule.alpha(t), schedule.sigma(t)
        k = slope(schedule.alpha, t) - slope(schedule.sigma, t)
        expected = {"eps": abs(s * k), "x0": abs(a * k), "score": abs(s**2 * k), "v": 1.0}
        for kind, value in expected.items():
            found = drift_error(kind, t, schedule)
            assert isinstance(found, float) and found == pytest.approx(value, rel=1e-6)


@each_schedule
@pytest.mark.parametrize("kind", KINDS)
def test_drift_errors_are_measured_on_the_ode(kind: str, schedule: Schedule) -> None:
    """A prediction that is off by a known vector moves dx_t/dt by that vector's length times this."""
    x_t, wrong = draws(seed=9)
    for t in TIMES:
        exact = convert(ORACLE.velocity(x_t, t, schedule), "v", kind, x_t, t, schedule)
        drift = convert(exact + wrong, kind, "v", x_t, t, schedule)
        moved = float((drift - ORACLE.velocity(x_t, t, schedule)).norm() / wrong.norm())
        assert drift_error(kind, t, schedule) == pytest.approx(moved, rel=1e-8)
    found = drift_error(kind, torch.tensor(TIMES), schedule)
    assert found.dtype == torch.float64 and found.shape == (len(TIMES),)
    assert float(found[2]) == pytest.approx(drift_error(kind, TIMES[2], schedule), rel=1e-5)


def test_drift_errors_of_flow_matching() -> None:
    """1/(1 - t), 1/t, t/(1 - t), 1, at a time at which all four differ."""
    expected = {"eps": 4 / 3, "x0": 4.0, "score": 1 / 3, "v": 1.0, "flow": 1.0}
    for kind, value in expected.items():
        assert drift_error(kind, 0.25, Linear()) == pytest.approx(value, rel=1e-12)
    for kind, t, reason in (("eps", 1.0, "alpha_t = 0"), ("x0", 0.0, "sigma_t = 0")):
        with pytest.raises(ValueError, match=reason):
            drift_error(kind, t, Linear())
    assert drift_error("x0", 1.0, Linear()) == drift_error("eps", 0.0, Linear()) == 1.0
    assert drift_error("edm", 1.0, Linear()) == pytest.approx(0.5)  # |W| sigma_data / r


def test_a_weight_in_numbers() -> None:
    """Flow matching at a quarter: alpha = 3/4, sigma = 1/4, W = -1, so the coefficient is -3."""
    assert loss_weight("v", "score", 0.25, Linear()) == pytest.approx(9.0, rel=1e-12)
    assert loss_weight("x0", "eps", 0.25, Linear()) == pytest.approx(9.0, rel=1e-12)  # the SNR
    assert loss_weight("v", "eps", 0.25, Linear()) == pytest.approx(0.75**2, rel=1e-12)


@pytest.mark.parametrize("schedule", [Trig(), VPLinear(), Cosine()], ids=lambda s: type(s).__name__)
def test_v_vp_is_a_multiple_of_v_where_variance_is_preserved(schedule: Schedule) -> None:
    """v = (sigma'/alpha) v_vp on a circle; the factor is constant, pi/2, under Trig alone."""
    x0, eps = draws()
    factors = []
    for t in TIMES:
        v, v_vp = (target(kind, x0, eps, t, schedule) for kind in ("v", "v_vp"))
        factors.append(schedule.d_sigma(t) / schedule.alpha(t))
        close(v, factors[-1] * v_vp)
    constant = max(factors) - min(factors) < 1e-12
    assert constant == isinstance(schedule, Trig)
    if constant:
        assert factors[0] == pytest.approx(math.pi / 2)


@pytest.mark.parametrize("schedule", [Linear(), VE(0.05, 5.0)], ids=lambda s: type(s).__name__)
def test_v_vp_is_no_multiple_of_v_elsewhere(schedule: Schedule) -> None:
    x0, eps = draws()
    v, v_vp = (target(kind, x0, eps, 0.3, schedule) for kind in ("v", "v_vp"))
    assert float((v / v_vp).std()) > 0.1


def test_edm_is_minus_v_vp_for_unit_deviation_on_a_circle() -> None:
    x0, eps = draws()
    for t in TIMES:
        for kind, schedule in ((edm(1.0), Trig()), (edm(1.0), VPLinear())):
            a, b = kind(schedule, t)
            close(a * x0 + b * eps, -target("v_vp", x0, eps, t, schedule), 1e-12)


@each_schedule
@pytest.mark.parametrize("deviation", [0.5, 0.2, 3.0])
def test_edm_has_variance_1_for_data_of_its_deviation(schedule: Schedule, deviation: float) -> None:
    for t in TIMES:
        a, b = edm(deviation)(schedule, t)
        assert (a * deviation) ** 2 + b**2 == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("wanted", ["eps", "x0", "v", "v_vp"])
@pytest.mark.parametrize("source", ["v_vp", "flow", "edm"])
def test_kinds_that_are_regular_at_both_ends(source: str, wanted: str) -> None:
    x0, eps = draws()
    for schedule in (Linear(), Trig()):
        for t in (0.0, 1.0):
            x_t = schedule.alpha(t) * x0 + schedule.sigma(t) * eps
            said = target(source, x0, eps, t, schedule)
            close(convert(said, source, wanted, x_t, t, schedule), target(wanted, x0, eps, t, schedule))


@each_source
@each_target
def test_one_time_per_sample(source: str, wanted: str) -> None:
    """Square batches: a (batch,) time belongs to the rows."""
    x_t, said = torch.randn(2, 3, 3, generator=rng(), dtype=torch.float64)
    times = torch.tensor([0.2, 0.4, 0.9], dtype=torch.float64)
    rows = [
        convert(said[i : i + 1], source, wanted, x_t[i : i + 1], float(t), VPLinear())
        for i, t in enumerate(times)
    ]
    close(convert(said, source, wanted, x_t, times, VPLinear()), torch.cat(rows), 1e-12)
    weights = loss_weight(source, wanted, times, VPLinear())
    expected = [loss_weight(source, wanted, float(t), VPLinear()) for t in times]
    close(weights, torch.tensor(expected, dtype=torch.float64), 1e-12)
    assert loss_weight(source, wanted, times.float(), VPLinear()).dtype == torch.float64
    targets = target(source, x_t, said, times, VPLinear())
    rows = [target(source, x_t[i], said[i], float(t), VPLinear()) for i, t in enumerate(times)]
    close(targets, torch.stack(rows), 1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("t", [0.3, torch.tensor(0.3), torch.full((4,), 0.3)])
def test_dtypes_follow_the_data(dtype: torch.dtype, t) -> None:
    x_t = torch.randn(4, 1, 2, 2, generator=rng()).to(dtype)
    for source in KINDS:
        assert target(source, x_t, x_t, t, Trig()).dtype == dtype
        for wanted in KINDS:
            out = convert(x_t, source, wanted, x_t, t, Trig())
            assert out.dtype == dtype and out.shape == x_t.shape


@pytest.mark.parametrize("as_batch", [False, True])
def test_at_the_end_alpha_is_0(as_batch: bool) -> None:
    """What is determined is evaluated: score = (alpha x0 - x_t) / sigma^2 = -x_t, eps = x_t."""
    x_t, said = draws()
    t = torch.tensor([0.3, 0.5, 0.8, 1, 1, 1, 1], dtype=torch.float64) if as_batch else 1.0
    last = slice(3, None)
    for schedule in (Linear(), Trig()):
        assert schedule.alpha(1.0) == 0
        for source, wanted, expected in (
            ("x0", "score", -x_t), ("x0", "eps", x_t), ("eps", "score", -said),
            ("score", "eps", -said), ("eps", "eps", said), ("v", "eps", x_t),
            ("v", "x0", (said - schedule.d_sigma(1.0) * x_t) / schedule.d_alpha(1.0)),
            ("x0", "v", schedule.d_alpha(1.0) * said + schedule.d_sigma(1.0) * x_t),
            ("v_vp", "x0", -said),
        ):  # fmt: skip
            close(convert(said, source, wanted, x_t, t, schedule)[last], expected[last], 1e-12)
        for source in ("eps", "score"):
            for wanted in ("x0", "v", "v_vp"):
                with pytest.raises(ValueError, match=f"{source} determine {wanted}.* alpha_t = 0"):
                    convert(said, source, wanted, x_t, t, schedule)
                with pytest.raises(ValueError, match="alpha_t = 0"):
                    loss_weight(source, wanted, t, schedule)
        assert loss_weight("x0", "score", 1.0, schedule) == 0


@pytest.mark.parametrize("as_batch", [False, True])
def test_at_the_start_sigma_is_0(as_batch: bool) -> None:
    x_t, said = draws()
    t = torch.zeros(7, dtype=torch.float64) if as_batch else 0.0
    for schedule in (Linear(), Trig()):
        close(convert(said, "eps", "x0", x_t, t, schedule), x_t, 1e-12)
        close(convert(said, "v", "x0", x_t, t, schedule), x_t, 1e-12)
        moved = (said - schedule.d_alpha(0.0) * x_t) / schedule.d_sigma(0.0)
        close(convert(said, "v", "eps", x_t, t, schedule), moved, 1e-12)
        close(convert(said, "x0", "x0", x_t, t, schedule), said, 1e-12)
        for wanted in ("eps", "v", "v_vp"):
            with pytest.raises(ValueError, match="sigma_t = 0"):
                convert(said, "x0", wanted, x_t, t, schedule)
        for other in ("eps", "x0", "v", "score"):
            with pytest.raises(ValueError, match="sigma_t > 0 where the score"):
                convert(said, other, "score", x_t, t, schedule)
            with pytest.raises(ValueError, match="sigma_t > 0 where the score"):
                convert(said, "score", other, x_t, t, schedule)
        with pytest.raises(ValueError, match="sigma_t > 0 where the score"):
            target("score", x_t, said, t, schedule)


def test_velocity_that_says_nothing() -> None:
    """Where the SNR stands still W = 0: the velocity and x_t are no two equations."""
    x_t, said = draws()
    with pytest.raises(ValueError, match="v determine x0.* W_t = alpha' sigma - alpha sigma' = 0"):
        convert(said, "v", "x0", x_t, 0.3, ConstantNoise(0.2))

    class Swelling(Linear):
        """alpha = sigma = 1 + t: signal and noise grow together."""

        alpha = sigma = lambda self, t: 1 + t
        d_alpha = d_sigma = lambda self, t: 0 * t + 1

    for wanted in ("x0", "eps", "score", "flow"):
        with pytest.raises(ValueError, match="W_t"):
            convert(said, "v", wanted, x_t, 0.3, Swelling())
    close(convert(said, "v", "v", x_t, 0.3, Swelling()), said)
    assert drift_error("eps", 0.3, Swelling()) == 0 and drift_error("v", 0.3, Swelling()) == 1


def test_a_velocity_that_is_infinite_is_refused() -> None:
    """sigma' = inf at the start of DDPM's schedule."""
    x_t, said = draws()
    with pytest.raises(ValueError, match="sigma_t > 0 for d_sigma"):
        convert(said, "eps", "v", x_t, 0.0, VPLinear())


def test_another_kind_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "odd", lambda schedule, t: (2.0, 1.0 + t))
    x0, eps = draws()
    x_t = 0.7 * x0 + 0.3 * eps
    said = 2 * x0 + 1.3 * eps
    close(convert(said, "odd", "x0", x_t, 0.3, Linear()), x0)
    close(convert(said, "odd", "v", x_t, 0.3, Linear()), eps - x0)
    assert loss_weight("odd", "flow", 0.3, Linear()) == pytest.approx((1 / (0.6 - 0.91)) ** 2)


def test_chains_have_all_but_velocities() -> None:
    schedule = DiscreteSchedule.ddpm(100)
    x0, eps = draws()
    x_t = schedule.alpha(40) * x0 + schedule.sigma(40) * eps
    close(convert(eps, "eps", "x0", x_t, 40, schedule), x0)
    close(convert(eps, "eps", "score", x_t, 40, schedule), -eps / schedule.sigma(40))
    for kind in ("v_vp", "flow", "edm"):
        close(convert(target(kind, x0, eps, 40, schedule), kind, "x0", x_t, 40, schedule), x0)
    with pytest.raises(TypeError, match="continuous time"):
        convert(eps, "v", "x0", x_t, 40, schedule)
    with pytest.raises(TypeError, match="continuous time"):
        drift_error("eps", 40, schedule)


def test_bad_input() -> None:
    x, schedule = torch.zeros(3, 2), Linear()
    for error, words, call in (
        (ValueError, "kind must be one of eps, x0.*'noise'", lambda: pair("noise", 0.3, schedule)),
        (ValueError, "source must be one of", lambda: convert(x, "n", "x0", x, 0.3, schedule)),
        (ValueError, "target must be one of", lambda: convert(x, "x0", "n", x, 0.3, schedule)),
        (ValueError, "shape of x_t", lambda: convert(x[:2], "x0", "eps", x, 0.3, schedule)),
        (ValueError, "shape of x0", lambda: target("x0", x, x[:2], 0.3, schedule)),
        (
            TypeError,
            "x_t must be a float",
            lambda: convert(x, "x0", "eps", x.long(), 0.3, schedule),
        ),
        (TypeError, "x0 must be a float", lambda: target("x0", x.long(), x, 0.3, schedule)),
        (ValueError, "t must lie in", lambda: convert(x, "x0", "eps", x, 1.2, schedule)),
        (ValueError, "one time per sample", lambda: target("x0", x, x, torch.zeros(2), schedule)),
        (TypeError, "schedule must be", lambda: loss_weight("x0", "eps", 0.3, Linear)),
        (ValueError, "kind must be one of", lambda: drift_error("noise", 0.3, schedule)),
        (ValueError, "sigma_data must be positive", lambda: edm(0.0)),
    ):
        with pytest.raises(error, match=words):
            call()


def test_coefficients_of_a_number_are_numbers() -> None:
    """So that they enter the loop of the sampler at the cost of floats."""
    for source in KINDS:
        for wanted in KINDS:
            solved = parameterizations._solve(source, wanted, 0.3, VPLinear())
            assert all(type(value) is float for value in solved)
