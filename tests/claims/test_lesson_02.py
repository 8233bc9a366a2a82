"""What lesson 02 says, held by numbers of its own for each claim."""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.data import pinwheel_centres
from udm_lessons.destroy import Cosine, DiscreteSchedule, Gaussian, Trig, VPLinear
from udm_lessons.rebuild import GaussianMixture, sample

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


def test_the_product_of_small_steps_becomes_the_exponential_of_the_integral():
    """At first order, from below; the exponential of the last rate, or of no integral, is another number (control)."""
    h = torch.tensor([1 / 200, 1 / 400], dtype=torch.float64)
    for t in (0.3, 0.6):
        limit = math.exp(-(0.1 * t + 19.9 * t**2 / 2))
        gaps = []
        for step in h.tolist():
            middles = (torch.arange(round(t / step), dtype=torch.float64) + 0.5) * step
            gaps.append(limit - float(torch.prod(1 - (0.1 + 19.9 * middles) * step)))
        assert min(gaps) > 0 and gaps[0] / gaps[1] == pytest.approx(2, rel=0.1)
        assert VPLinear().alpha(t) ** 2 == pytest.approx(limit, rel=1e-12)
        assert abs(math.exp(-(0.1 + 19.9 * t) * t) - limit) > 10 * gaps[1]


def test_the_cosine_agrees_with_the_cut_chain_but_for_the_end():
    angle = (torch.arange(1001, dtype=torch.float64) / 1000 + 0.008) / 1.008 * math.pi / 2
    curve = (angle.cos() / angle[0].cos()) ** 2
    betas = (1 - curve[1:] / curve[:-1]).clamp(max=0.999)
    ratio = torch.stack([torch.tensor(Cosine().alpha(k / 1000) ** 2) for k in range(1, 1001)]) / torch.cumprod(1 - betas, 0)
    assert bool((ratio[:950] - 1).abs().max() < 0.1)
    assert float(ratio[949]) > 1.05 and float(ratio[-1]) > 1000  # control: they do differ


@pytest.mark.parametrize(("slope", "order"), [(-2, "coarse first"), (0, "together"), (2, "fine first")])
def test_strong_waves_are_generated_first(slope, order):
    """The time at which the guess of a wave has half of its final height, in a chain with the exact mean."""
    power = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64) ** slope
    process, guesses, times = Gaussian(SCHEDULE), [], torch.linspace(1, 0, 201, dtype=torch.float64)

    def guess(x_t, t, generator=None):
        alpha, sigma = SCHEDULE.alpha(float(t)), SCHEDULE.sigma(float(t))
        guesses.append(alpha * power / (alpha**2 * power + sigma**2) * x_t)
        return guesses[-1]

    end = sample(process, guess, torch.ones(1, 3, dtype=torch.float64), times, progress=False)
    reached = (torch.cat(guesses) > end / 2).int().argmax(0)
    coarse, middle, fine = reached.tolist()
    found = "together" if coarse == fine else "coarse first" if coarse < middle < fine else "fine first" if coarse > middle > fine else "none"
    assert found == order
