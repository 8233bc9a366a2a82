"""The one reverse step beside two libraries that were written independently: diffusers and azula.

Same x_t, same guess of x0, same fresh noise; then the same x_s. Skipped where not installed.
"""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats
from torch import Tensor

from udm_lessons.destroy import DiscreteSchedule, Gaussian, Replacement, Schedule
from udm_lessons.rebuild import Ddim, Interpolate, Keep, Markov, reverse_step, sample

from worlds.statistics import assert_plausible, rng

SHAPE = (3, 2, 4, 4)
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def drawn(seed: int, dtype: torch.dtype, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(SHAPE, generator=rng(seed), dtype=dtype)


# diffusers: time is an index 0..999 into tables; its index k is our step k + 1, its -1 our 0.


def ddim_scheduler(dtype: torch.dtype):
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDIMScheduler(clip_sample=False, set_alpha_to_one=True)
    if dtype == torch.float64:
        # Its tables are float32 from float32 betas; the same betas in float64 compare to rounding.
        scheduler.alphas_cumprod = torch.cumprod(1 - scheduler.betas.double(), 0)
        scheduler.final_alpha_cumprod = torch.ones((), dtype=dtype)
    return scheduler


def ours(scheduler) -> Gaussian:
    return Gaussian(DiscreteSchedule(scheduler.betas.double()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("index, steps", [(999, 1000), (980, 50), (500, 10), (60, 50), (0, 50)])
def test_reverse_step_is_ddim_of_diffusers(dtype, eta, index, steps):
    scheduler = ddim_scheduler(dtype)
    scheduler.set_timesteps(steps)
    process, t = ours(scheduler), index + 1
    s = max(t - 1000 // steps, 0)
    x_t, eps, xi = drawn(1, dtype), drawn(2, dtype), drawn(3, dtype)
    theirs = scheduler.step(eps, index, x_t, eta=eta, variance_noise=xi if eta else None)
    x0_hat = (x_t - process.schedule.sigma(t) * eps) / process.schedule.alpha(t)
    x_s = reverse_step(process, x0_hat, x_t, t, s, Ddim(eta), rng(3))
    assert x_s.dtype == dtype
    # Relative to x0_hat, which is x_t / alpha_t and so 160 times larger at the last index.
    scale = max(1.0, float(x0_hat.abs().max()))
    assert float((x_s - theirs.prev_sample).abs().max()) < TOLERANCE[dtype] * scale
    guess = theirs.pred_original_sample
    assert float((x0_hat - guess).abs().max()) < TOLERANCE[dtype] * scale


def test_another_eta_is_another_step():
    scheduler = ddim_scheduler(torch.float64)
    scheduler.set_timesteps(50)
    process = ours(scheduler)
    x_t, x0, xi = (drawn(k, torch.float64) for k in (1, 2, 3))
    eps = process.infer_noise(x0, x_t, 501)
    theirs = scheduler.step(eps, 500, x_t, eta=0.5, variance_noise=xi).prev_sample
    close = reverse_step(process, x0, x_t, 501, 481, Ddim(0.5), rng(3))
    other = reverse_step(process, x0, x_t, 501, 481, Ddim(0.6), rng(3))
    assert float((close - theirs).abs().max()) < 1e-12
    assert float((other - theirs).abs().max()) > 1e-2


def test_a_whole_ddim_chain_is_that_of_diffusers():
    """20 steps with a guesser that is no constant, in float64."""
    scheduler = ddim_scheduler(torch.float64)
    scheduler.set_timesteps(20)
    process = ours(scheduler)
    x_T = drawn(1, torch.float64)

    def predict(x_t, t, generator=None):
        return torch.tanh(2 * x_t) * (1 - t / 2000)

    theirs = x_T
    for index in scheduler.timesteps.tolist():
        eps = process.infer_noise(predict(theirs, index + 1), theirs, index + 1)
        theirs = scheduler.step(eps, index, theirs).prev_sample
    times = [*(index + 1 for index in scheduler.timesteps.tolist()), 0]
    x = sample(process, predict, x_T, times, progress=False)
    assert float((x - theirs).abs().max()) < 1e-9


def fresh_coefficient(process: Gaussian, t: int, s: int) -> float:
    """The standard deviation that Markov() gives x_s: one step from zero, by its draw."""
    zero = torch.zeros(1, 1, dtype=torch.float64)
    xi = torch.randn(1, 1, generator=rng(4), dtype=torch.float64)
    return float(reverse_step(process, zero, zero, t, s, Markov(), rng(4)) / xi)


@pytest.mark.parametrize("index", [1, 2, 37, 500, 999])
def test_markov_has_the_small_variance_of_ddpm_in_diffusers(index):
    """`fixed_small`, beta (1 - abar_s) / (1 - abar_t); its float32 tables limit this to 1e-3."""
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDPMScheduler(variance_type="fixed_small", clip_sample=False)
    deviation = fresh_coefficient(ours(scheduler), index + 1, index)
    assert deviation**2 == pytest.approx(float(scheduler._get_variance(index)), rel=1e-3)
    scheduler.alphas_cumprod = torch.cumprod(1 - scheduler.betas.double(), 0)
    assert deviation**2 == pytest.approx(float(scheduler._get_variance(index)), rel=1e-9)
    large = float(scheduler._get_variance(index, variance_type="fixed_large"))
    assert deviation**2 < large


@pytest.mark.parametrize("index", [0, 1, 500, 999])
def test_reverse_step_is_ddpm_of_diffusers(index):
    """Whole steps with the same noise, in float64; the last one adds none on either side."""
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDPMScheduler(variance_type="fixed_small", clip_sample=False)
    scheduler.alphas_cumprod = torch.cumprod(1 - scheduler.betas.double(), 0)
    scheduler.one = torch.ones((), dtype=torch.float64)
    process, t = ours(scheduler), index + 1
    x_t, x0 = drawn(1, torch.float64), drawn(2, torch.float64)
    eps = process.infer_noise(x0, x_t, t)
    theirs = scheduler.step(eps, index, x_t, generator=rng(3)).prev_sample
    x_s = reverse_step(process, x0, x_t, t, t - 1, Markov(), rng(3))
    assert float((x_s - theirs).abs().max()) < 1e-9


# azula: continuous time. Its DDIM draws from the global generator, and its eta is a fraction of the
# VARIANCE, sigma_tilde^2 = eta tau with tau = 1 - SNR_t / SNR_s, where ours (as in the paper) is a
# fraction of the deviation. So its eta is our sqrt(eta).


class Theirs(Schedule):
    """An azula schedule behind our interface."""

    def __init__(self, schedule):
        self.schedule = schedule

    def _at(self, t, which: int):
        value = self.schedule(torch.as_tensor(t, dtype=torch.float64))[which]
        return value if isinstance(t, Tensor) else float(value)

    def alpha(self, t):
        return self._at(t, 0)

    def sigma(self, t):
        return self._at(t, 1)

    def d_alpha(self, t):
        raise NotImplementedError

    d_sigma = d_alpha


SCHEDULES = ["VESchedule", "VPSchedule", "CosineSchedule", "RectifiedSchedule", "DecaySchedule"]


def azula_step(name: str, sampler: str, x0_hat: Tensor, x_t: Tensor, t: float, s: float, **options):
    """(our process with azula's schedule, azula's x_s)."""
    pytest.importorskip("azula")
    from azula import denoise, noise
    from azula import sample as samplers

    class Guess(denoise.Denoiser):
        def __init__(self):
            super().__init__()
            self.schedule = getattr(noise, name)()

        def forward(self, x_t, t, **kwargs):
            return denoise.DiracPosterior(mean=x0_hat)

    guess = Guess()
    times = (torch.tensor(v, dtype=torch.float64) for v in (t, s))
    torch.manual_seed(7)
    x_s = getattr(samplers, sampler)(guess, silent=True, **options).step(x_t, *times)
    return Gaussian(Theirs(guess.schedule)), x_s


def our_step(process: Gaussian, x0_hat, x_t, t, s, refresh) -> Tensor:
    """From the same global seed as azula's."""
    torch.manual_seed(7)
    return reverse_step(process, x0_hat, x_t, t, s, refresh)


PAIRS = [(1.0, 0.9), (0.6, 0.35), (0.1, 0.0)]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("t, s", PAIRS)
@pytest.mark.parametrize("eta", [0.0, 0.25, 1.0])
def test_reverse_step_is_ddim_of_azula(name, t, s, eta):
    x0_hat, x_t = drawn(1, torch.float64), drawn(2, torch.float64)
    process, theirs = azula_step(name, "DDIMSampler", x0_hat, x_t, t, s, eta=eta)
    snr = process.schedule.log_snr
    tau = 1 - math.exp(snr(t) - snr(s))
    for refresh in (Ddim(math.sqrt(eta)), Interpolate(lambda t, s: math.sqrt(eta * tau))):
        x_s = our_step(process, x0_hat, x_t, t, s, refresh)
        assert float((x_s - theirs).abs().max()) < 1e-9 * max(1.0, float(theirs.abs().max()))


@pytest.mark.parametrize("name", SCHEDULES)
def test_eta_of_azula_is_not_ours_unconverted(name):
    x0_hat, x_t = drawn(1, torch.float64), drawn(2, torch.float64)
    process, theirs = azula_step(name, "DDIMSampler", x0_hat, x_t, 0.6, 0.35, eta=0.25)
    converted, raw = (
        our_step(process, x0_hat, x_t, 0.6, 0.35, Ddim(eta)) for eta in (math.sqrt(0.25), 0.25)
    )
    size = float(theirs.std())
    assert float((converted - theirs).abs().max()) < 1e-9 * size
    assert float((raw - theirs).abs().max()) > 0.05 * size


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("t, s", PAIRS)
def test_markov_is_ddpm_of_azula(name, t, s):
    x0_hat, x_t = drawn(1, torch.float64), drawn(2, torch.float64)
    process, theirs = azula_step(name, "DDPMSampler", x0_hat, x_t, t, s)
    x_s = our_step(process, x0_hat, x_t, t, s, Markov())
    assert float((x_s - theirs).abs().max()) < 1e-9 * max(1.0, float(theirs.abs().max()))


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_of_azula_leaves_noise_at_time_0(name):
    """All five have sigma(0) = sigma_min > 0, so that a step to s = 0 is x0_hat plus that noise."""
    x0_hat, x_t = drawn(1, torch.float64), drawn(2, torch.float64)
    process, x_s = azula_step(name, "DDIMSampler", x0_hat, x_t, 0.5, 0.0, eta=0.0)
    floor = process.schedule.sigma(0.0)
    assert 0 < floor <= 0.002
    eps = process.infer_noise(x0_hat, x_t, 0.5)
    expected = process.schedule.alpha(0.0) * x0_hat + floor * eps
    torch.testing.assert_close(x_s, expected, rtol=0, atol=1e-12)


# Tokens. The discrete DDIM of diffusers is D3PM's posterior under uniform replacement, by three routes.


def discrete_ddim(steps: int):
    diffusers = pytest.importorskip("diffusers")
    if not hasattr(diffusers, "DiscreteDDIMScheduler"):
        pytest.skip("this diffusers has no DiscreteDDIMScheduler")
    return diffusers.DiscreteDDIMScheduler(num_inference_steps=steps)


@pytest.mark.parametrize("steps, index", [(4, 1), (4, 3), (10, 0), (10, 5), (32, 30)])
def test_markov_on_replaced_tokens_is_the_discrete_ddim_of_diffusers(steps, index):
    """Their draws and ours, 100 000 each, for every pair (x0, x_t); rate 1e-4 in all.

    Its index k counts from noise to data, so that t = 1 - k / T and s = 1 - (k + 1) / T.
    """
    scheduler, vocabulary, n = discrete_ddim(steps), 3, 100_000
    process, (t, s) = Replacement(vocabulary), (1 - index / steps, 1 - (index + 1) / steps)
    least, control = [], []
    for x, y in [(0, 0), (0, 1), (2, 1)]:
        x0, x_t = torch.full((n, 1), x), torch.full((n, 1), y)
        logits = torch.full((n, 1, vocabulary), -1e9).scatter(2, x0[..., None], 0.0)
        theirs = scheduler.step(logits, index, x_t, generator=rng(1)).prev_sample
        ours, kept = (
            reverse_step(process, x0, x_t, t, s, refresh, rng(2)) for refresh in (Markov(), Keep())
        )
        counts = [torch.bincount(a[:, 0], minlength=vocabulary) for a in (theirs, ours, kept)]
        least.append(homogeneous(counts[0], counts[1]))
        control.append(homogeneous(counts[0], counts[2]))
    assert_plausible(least)
    if 0 < index < steps - 1:  # at t = 1 and s = 0 the two designs agree
        assert min(control) < 1e-6


def homogeneous(a: Tensor, b: Tensor) -> float:
    """The p-value of the hypothesis that two tallies of equal size come from one law."""
    both = torch.stack([a, b]).double()
    both = both[:, both.sum(0) > 0]
    if both.shape[1] == 1:
        return 1.0
    return float(stats.chi2_contingency(both.numpy(), correction=False).pvalue)
