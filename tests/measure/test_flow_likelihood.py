"""The exact likelihood of a flow, and its divergence, beside an adaptive solver and autograd."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import solve_ivp

from udm_lessons.destroy import VE, Linear, Trig, VPLinear
from udm_lessons.measure import Hutchinson, exact_divergence, gaussian_log_prob, ode_log_likelihood

from worlds.memory import peak_megabytes
from worlds.mixtures import F64, PLANE, tensor
from worlds.statistics import rng

# The exact likelihood of a flow.


def at(t: float, schedule):
    return lambda x: PLANE.log_prob(x, t, schedule)


def field(schedule):
    return lambda x, t: PLANE.velocity(x, t, schedule)


def grid(steps: int, start: float = 0.0) -> list[float]:
    return np.linspace(start, 1.0, steps + 1).tolist()


POINTS = PLANE.sample(12, rng(40))


@pytest.mark.parametrize(
    "schedule, start",
    [(Linear(), 0.0), (Trig(), 0.0), (VPLinear(), 0.01), (VE(0.1, 10.0), 0.0)],
    ids=["Linear", "Trig", "VPLinear", "VE"],
)
def test_the_flow_knows_the_density(schedule, start) -> None:
    """160 steps of order 4 leave 1e-5 nats; the same flow without its divergence is off by 0.1 nats."""
    found = ode_log_likelihood(field(schedule), POINTS, grid(160, start), at(1.0, schedule))
    want = PLANE.log_prob(POINTS, start, schedule)
    torch.testing.assert_close(found, want, rtol=0, atol=1e-5)
    still = lambda v, x, t: (v(x, t), x.new_zeros(len(x)))
    none = ode_log_likelihood(field(schedule), POINTS, grid(160, start), at(1.0, schedule), still)
    assert float((none - want).abs().max()) > 0.1


def test_the_prior_of_a_straight_flow_is_normal() -> None:
    normal = lambda x: gaussian_log_prob(x, 0.0, 1.0)
    found = ode_log_likelihood(field(Linear()), POINTS, grid(160), normal)
    torch.testing.assert_close(found, PLANE.log_prob(POINTS, 0.0, Linear()), rtol=0, atol=1e-5)


def test_against_an_adaptive_solver() -> None:
    """scipy's Dormand-Prince at tolerance 1e-10, with the divergence by finite differences."""
    schedule, x = Linear(), POINTS[:4]

    def slope(t, state):
        z = torch.as_tensor(state[:8].reshape(4, 2))
        v, div, h = PLANE.velocity(z, t, schedule), 0.0, 1e-5
        for e in torch.eye(2, dtype=F64):
            ahead, behind = (PLANE.velocity(z + k * h * e, t, schedule) for k in (1, -1))
            div = div + ((ahead - behind) @ e) / (2 * h)
        return np.concatenate([v.numpy().ravel(), div.numpy()])

    start = np.concatenate([x.numpy().ravel(), np.zeros(4)])
    end = solve_ivp(slope, (0.0, 1.0), start, rtol=1e-10, atol=1e-10).y[:, -1]
    want = stats.norm.logpdf(end[:8].reshape(4, 2)).sum(1) + end[8:]
    found = ode_log_likelihood(field(schedule), x, grid(160), at(1.0, schedule))
    np.testing.assert_allclose(found.numpy(), want, atol=2e-5)


def test_the_order_of_the_flow_is_four() -> None:
    """exp is the flow of v = x: halving the step divides the error of its divergence-free end by 16."""
    errors = []
    for steps in (4, 8, 16):
        end = ode_log_likelihood(lambda x, t: t * x, tensor([1.0]), grid(steps), lambda x: x[:, 0])
        errors.append(abs(float(end) - math.exp(0.5) - 0.5))
    slopes = [math.log2(a / b) for a, b in zip(errors, errors[1:])]
    assert all(3.7 < slope < 4.4 for slope in slopes)


def test_the_divergence_of_images() -> None:
    """A linear field on (batch, 1, 2, 3): the trace of its matrix."""
    matrix = torch.randn(6, 6, generator=rng(50), dtype=F64)
    x = torch.randn(4, 1, 2, 3, generator=rng(51), dtype=F64)
    v, div = exact_divergence(lambda x, t: (x.flatten(1) @ matrix.T).reshape(x.shape), x, 0.0)
    torch.testing.assert_close(v.flatten(1), x.flatten(1) @ matrix.T)
    torch.testing.assert_close(div, matrix.trace().expand(4))


SIGNS = tensor([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0])


def test_hutchinson_is_unbiased() -> None:
    """The average over all four sign vectors is the exact answer: no chance is left to test."""
    schedule = Linear()
    run = lambda d: ode_log_likelihood(field(schedule), POINTS, grid(40), at(1.0, schedule), d)
    exact = run(exact_divergence)
    each = torch.stack([run(Hutchinson(z.expand(1, *POINTS.shape))) for z in SIGNS])
    torch.testing.assert_close(each.mean(0), exact, rtol=0, atol=1e-11)
    together = run(Hutchinson(SIGNS[:, None].expand(4, *POINTS.shape)))
    torch.testing.assert_close(together, exact, rtol=0, atol=1e-11)
    assert float((each[0] - exact).abs().max()) > 1e-2


def test_probes_are_seeded_signs() -> None:
    """The mean of z z^T over 20000 probes is I to 5 standard errors, rate below 1e-5."""
    x = torch.zeros(2, 2, dtype=F64)
    probes = Hutchinson.signs(x, 10_000, rng(60)).probes
    assert torch.equal(probes, Hutchinson.signs(x, 10_000, rng(60)).probes)
    assert torch.equal(probes.abs(), torch.ones_like(probes)) and probes.dtype == F64
    flat = probes.reshape(-1, 2)
    assert abs(float((flat[:, 0] * flat[:, 1]).mean())) < 5 / math.sqrt(len(flat))
    assert float(flat.mean(0).abs().max()) < 5 / math.sqrt(len(flat))


def test_a_network_serves_as_velocity_without_leaving_gradients() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)).double()
    with torch.no_grad():
        found = ode_log_likelihood(lambda x, t: net(x), POINTS, grid(3), at(1.0, Linear()))
    assert found.shape == (12,) and not found.requires_grad
    assert all(p.grad is None for p in net.parameters())


def test_the_exact_divergence_keeps_no_gradients() -> None:
    """In MB: 600 gradients of a batch of 20 x 600 in float64 would take 58, the basis alone 3."""
    x, weight = torch.randn(20, 600, generator=rng(1)).double(), torch.randn(600, generator=rng(2)).double()
    velocity = lambda x, t: (x * weight).sin()  # noqa: E731
    found = exact_divergence(velocity, x, 0.5)[1]
    torch.testing.assert_close(found, ((x * weight).cos() * weight).sum(1), rtol=1e-12, atol=1e-12)
    assert peak_megabytes(lambda: exact_divergence(velocity, x, 0.5)) < 1.5
    hutchinson = Hutchinson.signs(x, 40, rng(3))
    assert peak_megabytes(lambda: hutchinson(velocity, x, 0.5)) < 1.5


def test_probes_of_another_shape_are_refused() -> None:
    probes = Hutchinson.signs(torch.zeros(4, 3), 2)
    with pytest.raises(ValueError, match=r"probes must have shape \(k, \*\(4, 2\)\); got \(2, 4, 3\)"):
        probes(lambda x, t: x, torch.zeros(4, 2), 0.5)
