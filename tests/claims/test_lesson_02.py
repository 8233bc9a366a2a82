"""What lesson 02 says, held by numbers of its own for each claim."""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.data import pinwheel_centres
from udm_lessons.destroy import DiscreteSchedule, Trig, VPLinear
from udm_lessons.rebuild import GaussianMixture

SCHEDULE, N = Trig(), 1000
PINWHEEL = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))


def mean(x_t, t, generator=None):
    return PINWHEEL.x0_mean(x_t, t, SCHEDULE)


@pytest.mark.parametrize("rate", ["growing", "constant", "falling"])
def test_the_order_in_which_waves_drown_does_not_depend_on_beta(rate):
    betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    betas = {"growing": betas, "constant": 0 * betas + 0.01, "falling": betas.flip(0)}[rate]
    chain = DiscreteSchedule(betas)
    t = torch.arange(1001)

    def drowns_at(power):
        return int((chain.alpha(t) ** 2 * power < chain.sigma(t) ** 2).nonzero()[0])

    falling = [drowns_at(k**-2.0) for k in (1, 2, 8, 32)]
    assert falling == sorted(falling, reverse=True) and len(set(falling)) >= 3
    rising = [drowns_at(k**2.0) for k in (1, 2, 8)]
    assert rising == sorted(rising) and len(set(rising)) == 3
    if rate == "growing":
        # Anchors: abar_t / (1 - abar_t) = k^2 solved by hand for these betas.
        for k, step in zip((1, 2, 8, 32), falling):
            abar = torch.cumprod(1 - betas, 0)
            assert float(abar[step - 1]) < k**2 / (1 + k**2) <= float(abar[step - 2])


def test_the_end_is_nearly_normal_and_the_bound_holds():
    humps = GaussianMixture(
        torch.tensor([[-1.0], [1.5]], dtype=torch.float64),
        torch.tensor([0.05, 0.05], dtype=torch.float64),
    )
    moment = 0.5 * (1.0 + 1.5**2) + 0.05
    x = torch.linspace(-14, 14, 40_001, dtype=torch.float64)[:, None]
    log_normal = -(x[:, 0] ** 2) / 2 - math.log(2 * math.pi) / 2
    for steps in (25, 100, 400, 1000):
        chain = DiscreteSchedule.ddpm(steps)
        log_p = humps.log_prob(x, steps, chain)
        assert float(torch.trapezoid(log_p.exp(), x[:, 0])) == pytest.approx(1, abs=1e-9)
        exact = float(torch.trapezoid(log_p.exp() * (log_p - log_normal), x[:, 0]))
        left = chain.alpha(steps) ** 2
        bound = 0.5 * (left * (moment - 1) - math.log1p(-left))
        assert 0 < exact < bound
        # The bound is an equality without the spread of x0: a point mass at its own mean.
        point = 0.5 * (left * 1.5**2 + (1 - left) - 1 - math.log1p(-left))
        assert 0.5 * (left * (1.5**2 - 1) - math.log1p(-left)) == pytest.approx(point, rel=1e-9)


def test_small_steps_approach_the_sde_at_first_order():
    schedule = VPLinear()

    def error(steps: int, order: float = 1.0) -> float:
        mean, variance, h = 1.0, 0.0, 1 / steps
        for i in range(steps):
            rate = (0.1 + 19.9 * (i + 0.5) / steps) * h**order
            mean, variance = (1 - rate / 2) * mean, (1 - rate / 2) ** 2 * variance + rate
        return abs(variance - schedule.sigma(1.0) ** 2)

    assert error(400) / error(800) == pytest.approx(2, rel=0.02)
    # Noise of scale h instead of sqrt(h) has no limit of this kind.
    assert error(800, order=2.0) > 0.5
