"""What lesson 07 says in words and numbers, beside the package: four kinds of answer that are one."""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.destroy import VE, Cosine, Gaussian, Linear, Schedule, Trig, VPLinear
from udm_lessons.flow import KINDS, convert, edm, loss_weight, pair, target
from udm_lessons.learn import MLP, Squared, denoising_loss, train
from udm_lessons.rebuild import FiniteData, GaussianMixture, Keep, posterior_mean, sample

from worlds.statistics import rng

F64 = torch.float64
LINE, CIRCLE = Linear(), Trig()
SCHEDULES = [LINE, CIRCLE, VPLinear(), Cosine(), VE(0.05, 5.0)]
HUMPS = GaussianMixture(torch.tensor([[-1.0], [1.5]], dtype=F64), torch.tensor([0.05, 0.05], dtype=F64))
FACES = {"eps": HUMPS.eps_mean, "x0": HUMPS.x0_mean, "score": HUMPS.score, "v": HUMPS.velocity}
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
each_face = pytest.mark.parametrize("kind", FACES)


def drawn(schedule: Schedule, t: float, n: int, seed: int):
    generator = rng(seed)
    x0 = HUMPS.sample(n, generator)
    eps = torch.randn(n, 1, generator=generator, dtype=F64)
    return x0, eps, schedule.alpha(t) * x0 + schedule.sigma(t) * eps


def weighted_mean(values, x_t, centre: float, width: float = 0.05):
    """The mean of the values over the x_t near a centre, and its standard error."""
    near = (x_t - centre).abs() < width
    kept = values[near]
    return float(kept.mean()), float(kept.std()) / math.sqrt(len(kept))


@each_face
@pytest.mark.parametrize("schedule", [LINE, CIRCLE, VPLinear()], ids=lambda s: type(s).__name__)
def test_the_mean_of_the_targets_is_the_exact_answer(kind: str, schedule: Schedule) -> None:
    """Target less oracle, averaged near two points: within five standard errors of 0.

    24 tests at 5 standard errors: a false alarm has probability below 2e-5. The oracle is taken at each
    x_t, so that the width of the window adds no bias. With the sign of eps turned it fails.
    """
    t = 0.6
    x0, eps, x_t = drawn(schedule, t, 400_000, 1)
    exact = FACES[kind](x_t, t, schedule)
    for centre in (0.4, -0.5):
        mean, error = weighted_mean(target(kind, x0, eps, t, schedule) - exact, x_t, centre)
        assert abs(mean) < 5 * error
        if kind != "x0":
            wrong, error = weighted_mean(target(kind, x0, -eps, t, schedule) - exact, x_t, -1.5, 0.3)
            assert abs(wrong) > 8 * error


@each_face
def test_losses_with_known_and_unknown_targets_differ_by_a_constant(kind: str) -> None:
    """The constant is the variance of the target given x_t; cross terms vanish within 5 deviations."""
    t = 0.6
    x0, eps, x_t = drawn(CIRCLE, t, 400_000, 2)
    known, exact = target(kind, x0, eps, t, CIRCLE), FACES[kind](x_t, t, CIRCLE)
    constant = loss_weight("x0", kind, t, CIRCLE) * HUMPS.x0_cov(x_t, t, CIRCLE).mean()
    for guess in (torch.zeros_like(x_t), torch.sin(3 * x_t), 5 - x_t):
        gaps = (guess - known).square() - (guess - exact).square()
        error = float(gaps.std()) / math.sqrt(len(gaps))
        assert abs(float(gaps.mean() - constant)) < 5 * error + 1e-2 * float(constant)
    stranger = x_t[torch.randperm(len(x_t), generator=rng(3))]  # control: x_t of another x0
    guess, exact = torch.sin(3 * stranger), FACES[kind](stranger, t, CIRCLE)
    broken = ((guess - known).square() - (guess - exact).square()).mean()
    assert abs(float(broken - constant)) > 0.05 * float(constant)


@each_schedule
def test_errors_of_all_kinds_are_one_error(schedule: Schedule) -> None:
    """alpha dx0 + sigma deps = 0, and any other kind is off by D delta."""
    x_t, guess, wrong = torch.randn(3, 8, 2, generator=rng(4), dtype=F64)
    for t in (0.1, 0.3, 0.8):
        a, s = schedule.alpha(t), schedule.sigma(t)
        off = {
            kind: convert(guess + wrong, "x0", kind, x_t, t, schedule)
            - convert(guess, "x0", kind, x_t, t, schedule)
            for kind in KINDS
        }
        torch.testing.assert_close(a * off["x0"] + s * off["eps"], 0 * x_t, atol=1e-12, rtol=0)
        W = schedule.d_alpha(t) * s - a * schedule.d_sigma(t)
        for kind, D in {"eps": -a, "score": a / s, "v": W}.items():
            torch.testing.assert_close(off[kind], D / s * wrong, rtol=1e-9, atol=1e-10)


@each_schedule
def test_without_its_square_a_length_would_be_negative(schedule: Schedule) -> None:
    """The factor alpha / (sigma W) = -2 / g^2, with g^2 by differences of the log SNR."""
    h = 1e-5
    for t in (0.05, 0.25, 0.5, 0.75, 0.95):
        a, s = schedule.alpha(t), schedule.sigma(t)
        W = schedule.d_alpha(t) * s - a * schedule.d_sigma(t)
        g_squared = -(s**2) * (schedule.log_snr(t + h) - schedule.log_snr(t - h)) / (2 * h)
        assert W < 0 and a / (s * W) < 0
        assert a / (s * W) == pytest.approx(-2 / g_squared, rel=1e-6)
        assert loss_weight("v", "score", t, schedule) == pytest.approx(4 / g_squared**2, rel=1e-6)


def test_a_test_at_one_half_does_not_see_the_missing_square() -> None:
    weights = {t: loss_weight("v", "score", t, LINE) for t in (0.25, 0.5)}
    printed = {t: LINE.alpha(t) / (LINE.sigma(t) * -1.0) for t in weights}
    assert printed[0.5] == -1.0 and weights[0.5] == pytest.approx(1.0, rel=1e-12)
    assert printed[0.25] == -3.0 and weights[0.25] == pytest.approx(9.0, rel=1e-12)


def test_noise_is_blown_up_at_the_end_and_velocity_is_not() -> None:
    assert math.sqrt(loss_weight("eps", "x0", 0.999, CIRCLE)) == pytest.approx(636.619, abs=1e-3)
    assert math.sqrt(loss_weight("v", "x0", 0.999, CIRCLE)) == pytest.approx(0.637, abs=1e-3)


def test_the_score_of_separate_points_grows_like_one_over_sigma() -> None:
    two = FiniteData(torch.tensor([[-1.0], [1.0]], dtype=F64), Gaussian(CIRCLE))
    shares, found = [], []
    for t in (0.1, 0.01, 0.001):
        x_t = torch.tensor([[CIRCLE.alpha(t) + 0.7 * CIRCLE.sigma(t)]], dtype=F64)
        guess = two.x0_mean(x_t, t)
        assert float(convert(guess, "x0", "eps", x_t, t, CIRCLE)) == pytest.approx(0.7, abs=1e-9)
        found.append(float(convert(guess, "x0", "score", x_t, t, CIRCLE)))
        shares.append(found[-1] * CIRCLE.sigma(t))
    assert found == pytest.approx([-4.5, -44.6, -445.6], abs=0.05)
    assert shares == pytest.approx([-0.7] * 3)


def test_most_of_the_squared_score_lies_at_early_times() -> None:
    """E |target|^2 = d / sigma^2, t uniform on [0.05, 0.95]; the control is the noise, whose squared target is even."""
    t = torch.linspace(0.05, 0.95, 90_001, dtype=F64)
    early = t <= 0.2

    def share(squares: torch.Tensor) -> float:
        return float(torch.trapezoid(squares[early], t[early]) / torch.trapezoid(squares, t))

    assert share(CIRCLE.sigma(t) ** -2) == pytest.approx(0.76, abs=0.005)
    assert share(torch.ones_like(t)) == pytest.approx(1 / 6, abs=1e-3)


def jump_of_guess(kind: str, size: float, t: float, s: float) -> float:
    """How far the guess of x_0 jumps from t to s if the prediction is off by +size at t and by -size at s."""
    x_t, x_s = torch.full((1, 1), 0.3, dtype=F64), torch.full((1, 1), 0.35, dtype=F64)
    now, then = (
        float(convert(FACES[kind](x, u, CIRCLE) + e, kind, "x0", x, u, CIRCLE) - HUMPS.x0_mean(x, u, CIRCLE))
        for x, u, e in ((x_t, t, size), (x_s, s, -size))
    )
    return abs(then - now)


def test_consistency_is_a_matter_of_errors_and_of_the_time() -> None:
    """Exact answers imply one guess; with errors of one size noise is worst late, and better than data early."""
    for t in (0.95, 0.5, 0.1):
        assert all(jump_of_guess(kind, 0.0, t, t - 0.05) < 1e-9 for kind in FACES)
    late, early = ({kind: jump_of_guess(kind, 0.1, t, t - 0.05) for kind in FACES} for t in (0.95, 0.1))
    assert late["eps"] > 5 * max(late["x0"], late["v"])
    assert early["eps"] < early["x0"] / 5 and early["v"] < early["x0"] / 5


def test_the_roughest_exact_answer_is_the_velocity_and_the_smoothest_the_data() -> None:
    """How far the exact prediction moves on paths of the flow from 0.95 to 0.05, relative to its size; two sets of paths."""
    for seed in (5, 6):
        generator, film = rng(seed), []
        x = CIRCLE.alpha(0.95) * HUMPS.sample(300, generator) + CIRCLE.sigma(0.95) * torch.randn(300, 1, generator=generator, dtype=F64)
        grid = torch.linspace(0.95, 0.05, 101)
        sample(
            Gaussian(CIRCLE), posterior_mean(HUMPS, CIRCLE), x, grid, Keep(), generator, False,
            lambda s, x, _: film.append((float(s), x)),
        )  # fmt: skip
        moves = {}
        for kind, face in FACES.items():
            said = torch.stack([face(x, t, CIRCLE) for t, x in film[4::5]])
            moves[kind] = float(said.diff(dim=0).square().mean().sqrt() / said.square().mean().sqrt())
        assert max(moves, key=moves.get) == "v" and min(moves, key=moves.get) == "x0"
        assert moves["v"] > 1.3 * moves["eps"]


@each_schedule
def test_what_a_step_feels_is_the_step_itself(schedule: Schedule) -> None:
    """One step of DDIM with a wrong prediction; the control is the error of the guess of x_0 alone."""
    x_t = torch.tensor([[0.4]], dtype=F64)
    for t, s in ((0.9, 0.5), (0.5, 0.47), (0.3, 0.1)):
        (a, b), (c, d) = ((schedule.alpha(u), schedule.sigma(u)) for u in (t, s))

        def step(kind: str, wrong: float) -> float:
            said = FACES[kind](x_t, t, schedule) + wrong
            x0, eps = (convert(said, kind, target_kind, x_t, t, schedule) for target_kind in ("x0", "eps"))
            return float(c * x0 + d * eps)

        for kind in FACES:
            A, B = pair(kind, t, schedule)
            felt = step(kind, 1.0) - step(kind, 0.0)
            assert felt == pytest.approx((c * b - d * a) / (A * b - B * a), rel=1e-9)
            assert felt != pytest.approx(c * b / (A * b - B * a), rel=1e-2)


@pytest.mark.parametrize("alpha, sigma, d", [(1.0, 3.0, 0.5), (0.6, 0.8, 1.0), (0.3, 0.7, 2.0)])
def test_the_best_wrapper_has_a_target_of_variance_one_and_the_least_scale(alpha: float, sigma: float, d: float) -> None:
    """By draws for the variance, and by a search over all skips for the least scale."""
    r = math.hypot(alpha * d, sigma)
    c_skip, c_out = alpha * d**2 / r**2, sigma * d / r
    x0, eps = torch.randn(2, 400_000, generator=rng(7), dtype=F64)
    asked = (d * x0 - c_skip * (alpha * d * x0 + sigma * eps)) / c_out
    assert float(asked.var()) == pytest.approx(1.0, abs=5 * math.sqrt(2 / len(x0)))
    scale = {skip: math.hypot((1 - skip * alpha) * d, skip * sigma) for skip in torch.linspace(-3, 3, 6001, dtype=F64).tolist()}
    assert min(scale.values()) == pytest.approx(c_out, abs=1e-4)
    assert min(scale, key=scale.get) == pytest.approx(c_skip, abs=2e-3)


def test_a_sum_of_data_and_noise_has_a_blind_moment_and_a_difference_has_none() -> None:
    """On the line D = t - (1 - t) for x_0 + eps, which is 0 at one half; for eps - x_0 it is -1 throughout."""
    t = torch.linspace(0, 1, 101, dtype=F64)
    assert float((t - (1 - t))[50]) == 0 and int((t - (1 - t) == 0).sum()) == 1
    assert float((-t - (1 - t)).max()) == pytest.approx(-1)


@each_schedule
def test_which_velocities_are_multiples(schedule: Schedule) -> None:
    """v and v_vp where alpha^2 + sigma^2 is constant; v and eps - x0 on the line alone."""
    (a, b), (c, d) = pair("v", 0.2, schedule), pair("v_vp", 0.2, schedule)
    preserving = isinstance(schedule, Trig | VPLinear | Cosine)
    assert (abs(a * d - b * c) < 1e-12) == preserving
    assert (abs(a + b) < 1e-12) == isinstance(schedule, Linear)


def test_the_wrapped_network_is_asked_for_what_is_hidden() -> None:
    """Minus the noise at little noise, the data at much; v_vp, turned round, on a circle with d = 1."""
    ladder = VE(1e-3, 1e3)
    early, late = (edm(0.5)(ladder, t) for t in (0.0, 1.0))
    assert early[0] * 0.5 == pytest.approx(0, abs=3e-3) and early[1] == pytest.approx(-1, abs=1e-5)
    assert late[0] * 0.5 == pytest.approx(1, abs=1e-5) and late[1] == pytest.approx(0, abs=1e-3)
    a, b = edm(1.0)(CIRCLE, 0.2)
    assert (a, b) == pytest.approx((CIRCLE.sigma(0.2), -CIRCLE.alpha(0.2)))


def velocity_error(kind: str, weighted: bool) -> float:
    """The mean squared error of the velocity that a small trained network implies."""
    torch.manual_seed(3)
    process, generator = Gaussian(CIRCLE), rng(4)
    guess = Squared(kind, "v" if weighted else None)
    network = train(
        MLP(1, 96, 2), denoising_loss(process, guess, t_min=0.02, t_max=0.98),
        lambda n, g: HUMPS.sample(n, g).float(), steps=800, batch_size=256, lr=3e-3, decay=True,
        generator=generator, progress=False,
    )  # fmt: skip
    t = 0.02 + 0.96 * torch.rand(10_000, generator=generator)
    x0 = HUMPS.sample(len(t), generator).float()
    x_t = process.forward(x0, process.sample_noise(x0, generator), t)
    with torch.no_grad():
        said = convert(network(x_t, t), kind, "v", x_t, t, CIRCLE)
    return float((said - HUMPS.velocity(x_t, t, CIRCLE)).square().mean())


@pytest.mark.slow
def test_weights_bring_the_kinds_together() -> None:
    """The verdicts of the lesson, with other seeds and with the package's loss."""
    plain = {kind: velocity_error(kind, False) for kind in ("v", "score")}
    fair = {kind: velocity_error(kind, True) for kind in ("eps", "x0", "score")} | {"v": plain["v"]}
    assert plain["score"] > 10 * plain["v"]
    assert fair["score"] < plain["score"] / 3
    assert max(fair.values()) < 15 * min(fair.values())
