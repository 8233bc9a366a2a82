"""What the lessons say in words and pictures, held by numbers of its own for each claim.

Every number is seeded. Where a claim is statistical, the bar lies many standard errors away from what
is measured, and the opposite claim is shown to fail.
"""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.data import MASK, PAD, VOCABULARY, digits, encode, pinwheel_centres, words
from udm_lessons.evaluation import energy_distance
from udm_lessons.oracles import FiniteData, GaussianMixture
from udm_lessons.processes import Blur, Deletion, Gaussian, Masking, Replacement
from udm_lessons.processes.blur import dct_matrix
from udm_lessons.refresh import Interpolate, Keep, Markov, Redraw
from udm_lessons.sampling import reverse_step, sample
from udm_lessons.schedules import VE, DiscreteSchedule, Trig, VPLinear

SCHEDULE, N = Trig(), 1000
PROCESS = Gaussian(SCHEDULE)
PINWHEEL = GaussianMixture(pinwheel_centres(), torch.full((20,), 0.005, dtype=torch.float64))
REAL = PINWHEEL.sample(4000, torch.Generator().manual_seed(0))


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mean(x_t, t, generator=None):
    return PINWHEEL.x0_mean(x_t, t, SCHEDULE)


def biased(x_t, t, generator=None):
    return mean(x_t, t) + torch.tensor([0.05, 0.0], dtype=torch.float64)


def distance(predictor, refresh, steps: int, **options) -> float:
    generator = rng(steps)
    x_T = PROCESS.sample_prior((N, 2), generator, dtype=torch.float64)
    times = torch.linspace(1, 0, steps + 1)
    x = sample(PROCESS, predictor, x_T, times, refresh, generator, progress=False, **options)
    return 1000 * energy_distance(x, REAL)


@pytest.mark.parametrize(
    "data, process",
    [
        (digits()[0], PROCESS),
        (encode(words(5)), Masking(MASK)),
        (encode(words(5)), Replacement(VOCABULARY)),
        (encode(words(5)), Deletion(PAD)),
    ],
    ids=["noise", "masking", "replacement", "deletion"],
)
def test_nothing_is_left_at_the_last_time(data, process):
    x0, t = data[:100], 0.999
    x_t = process.forward(x0, process.sample_noise(x0, rng(1)), t)
    left = FiniteData(data, process).entropy(x_t, t).mean() / math.log(len(data))
    assert left > 0.98
    x_t = process.forward(x0, process.sample_noise(x0, rng(1)), 0.3)
    assert FiniteData(data, process).entropy(x_t, 0.3).mean() / math.log(len(data)) < 0.5


def test_a_light_noise_does_not_make_blur_forget():
    x0 = digits()[0][:100]
    left = []
    for noise in (0.05, 2.0):
        process = Blur((8, 8), 3.0, VE(0.01, noise))
        x_t = process.forward(x0, process.sample_noise(x0, rng(2)), 1.0)
        left.append(float(FiniteData(digits()[0], process).entropy(x_t, 1.0).mean()) / math.log(1797))
    assert left[0] < 0.2 < 0.9 < left[1]


def drowning_times(images):
    """For each wave (k, l): the time at which its SNR under the quarter circle has fallen to 1."""
    images = images.double() - images.double().mean(0)
    power = (dct_matrix(8) @ (images / images.std()) @ dct_matrix(8).T).square().mean(0)[0]
    return torch.atan(power.sqrt()) * 2 / math.pi


def test_fine_waves_of_digits_drown_first_and_those_of_white_noise_do_not():
    k = torch.arange(8)
    fine = torch.maximum(k[:, None], k)
    times = drowning_times(digits()[0])
    assert times[fine == 7].mean() < times[fine == 5].mean() - 0.05
    assert times[fine == 5].mean() < times[(fine > 0) & (fine < 5)].mean() - 0.05
    white = drowning_times(torch.randn((1797, 1, 8, 8), generator=rng(3)))
    # The power of a wave has a relative deviation of sqrt(2/1797) = .033, its time one of .006.
    assert float((white - 0.5).abs().max()) < 6 * 0.006


@pytest.mark.parametrize("sigma", [0.0, 0.4, 0.9, 1.0])
def test_memory_falls_as_fresh_noise_rises(sigma):
    n, t, s = 40_000, 0.7, 0.4
    x0 = torch.ones(n, 1, dtype=torch.float64)
    x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(4)), t)
    x_s = reverse_step(PROCESS, x0, x_t, t, s, Interpolate(sigma), rng(5))
    memory = float(torch.corrcoef(torch.cat([x_t, x_s], 1).T)[0, 1])
    # Six standard errors, (1 - rho^2) / sqrt(n); the law of x_s stays what it was.
    assert abs(memory - math.sqrt(1 - sigma**2)) < 6 * (sigma**2 + 1e-12) / math.sqrt(n)
    assert float(x_s.std()) == pytest.approx(SCHEDULE.sigma(s), rel=6 / math.sqrt(2 * n))


def test_with_exact_means_more_steps_help_and_delta_needs_fewest():
    delta, ddpm, independent = (distance(mean, refresh, 16) for refresh in (Keep(), Markov(), Redraw()))
    assert delta < ddpm < independent
    assert independent > 5 * delta
    assert distance(mean, Keep(), 128) < 3 < 10 < distance(mean, Redraw(), 128)


def test_with_two_steps_the_designs_are_equally_bad():
    found = [distance(biased, refresh, 2) for refresh in (Keep(), Markov(), Redraw())]
    assert min(found) > 100 and max(found) < 1.2 * min(found)


def test_with_a_biased_guess_more_steps_harm_the_independent_design():
    independent = [distance(biased, Redraw(), steps) for steps in (8, 64, 256)]
    assert independent[0] < independent[1] < independent[2]
    assert independent[2] > 5 * independent[0]
    delta = [distance(biased, Keep(), steps) for steps in (8, 64, 256)]
    assert max(delta) < 60
    assert independent[2] > 10 * delta[2]


def test_the_error_under_delta_grows_like_a_logarithm():
    # Sum over a chain of the share of a guess that delta takes in, 1 - sqrt(SNR_t / SNR_s).
    def total(steps: int) -> float:
        times = torch.linspace(1, 0, steps + 1).tolist()[1:-1]
        return sum(
            1 - float(PROCESS.markov_correlation(t, s, torch.ones(1)))
            for t, s in zip(times, times[1:])
        )

    growth = [total(4 * steps) - total(steps) for steps in (64, 256, 1024)]
    assert growth[1] == pytest.approx(growth[0], rel=0.05)
    assert growth[2] == pytest.approx(growth[1], rel=0.05)


def test_a_gaussian_draw_makes_the_independent_design_worse_with_more_steps():
    values = ([[-1.5], [0.0], [1.0]], [0.01, 0.01, 0.1], [0.6, 0.1, 0.3])
    humps = GaussianMixture(*(torch.tensor(v, dtype=torch.float64) for v in values))
    truth = humps.sample(10_000, rng(6))[:, 0].sort().values

    def gaussian_draw(x_t, t, generator):
        deviation = humps.x0_cov(x_t, t, SCHEDULE).mean().sqrt()
        fresh = torch.randn(x_t.shape, generator=generator, dtype=x_t.dtype)
        return humps.x0_mean(x_t, t, SCHEDULE) + deviation * fresh

    def wasserstein(refresh, steps):
        generator = rng(steps)
        x_T = PROCESS.sample_prior((10_000, 1), generator, dtype=torch.float64)
        times = torch.linspace(1, 0, steps + 1)
        x = sample(PROCESS, gaussian_draw, x_T, times, refresh, generator, progress=False)
        return float((x[:, 0].sort().values - truth).abs().mean())

    assert wasserstein(Redraw(), 128) > wasserstein(Redraw(), 32) + 0.02
    assert wasserstein(Keep(), 128) < 0.05 < 0.1 < wasserstein(Redraw(), 128)


def test_delta_fools_the_predictor_longer():
    def gap_at(refresh, time):
        seen = {}
        distance(biased, refresh, 64, callback=lambda s, x_s, _: seen.update({s: x_s}))
        x0 = PINWHEEL.sample(4000, rng(7))
        truth = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(8)), time)
        return 1000 * energy_distance(seen[time], truth)

    assert gap_at(Redraw(), 0.25) > 3 * max(gap_at(Keep(), 0.25), 3.0)


def test_early_failures_heal_and_the_last_never_does():
    times = torch.linspace(1, 0, 33).tolist()

    def failing_at(k):
        return lambda x_t, t, generator=None: 0 * x_t if t == times[k] else mean(x_t, t)

    for refresh, heals_until in ((Keep(), 16), (Redraw(), 12)):
        healthy = distance(mean, refresh, 32)
        assert abs(distance(failing_at(heals_until), refresh, 32) - healthy) < 4
        assert distance(failing_at(31), refresh, 32) > 500
    late = {refresh: distance(failing_at(28), refresh, 32) for refresh in (Keep(), Redraw())}
    assert late[Redraw()] > 3 * late[Keep()]


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
