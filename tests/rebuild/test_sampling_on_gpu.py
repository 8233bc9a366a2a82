"""Every process on CUDA in float32 against the CPU in float64, with the same numbers drawn.

A CPU generator gives the same noise on both. Normal noise is drawn in float32 and cast up; uniform
thresholds are float64 everywhere. float32 rounds at 6e-8; tolerances allow for sums, for divisions
by sigma_t >= 0.1 and for the steps of a chain.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from udm_lessons import default_device
from udm_lessons.data import PAD, encode
from udm_lessons.destroy import (
    Blur,
    Cold,
    CosineLevel,
    Deletion,
    DiscreteSchedule,
    Gaussian,
    Linear,
    Masking,
    Replacement,
    Trig,
    VPLinear,
)
from udm_lessons.rebuild import (
    Ddim,
    FiniteData,
    GaussianMixture,
    Interpolate,
    Keep,
    Markov,
    Mixture,
    Redraw,
    Reflect,
    posterior_mean,
    posterior_sample,
    reverse_step,
    sample,
)

pytestmark = pytest.mark.gpu

IMAGES = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
WORDS = encode(["abc", "aab", "cab", "ba", "c", "bcb"])
PLAIN = WORDS.masked_fill(WORDS == PAD, 0)
BLUR = Blur((4, 4), schedule=Trig())
GAUSSIANS = [Gaussian(Trig()), Gaussian(DiscreteSchedule.ddpm(10)), BLUR]
TEXTS = {
    Masking(26, CosineLevel()): PLAIN,
    Replacement(3): PLAIN,
    Deletion(PAD): WORDS,
    Deletion(PAD, rates=torch.tensor([0.5, 1.0, 2.0])): WORDS,
}
named = {"ids": lambda value: type(value).__name__}
ANY = [Keep(), Markov(), Redraw(), Mixture(0.5)]


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def near(on_gpu: Tensor, on_cpu: Tensor, tolerance: float = 1e-5) -> None:
    assert on_gpu.is_cuda and on_gpu.dtype == torch.float32 and on_cpu.dtype == torch.float64
    torch.testing.assert_close(on_gpu.cpu().double(), on_cpu, atol=tolerance, rtol=tolerance)


def times_of(process, per_sample: bool) -> tuple:
    """Two times t > s, each as a number or one per sample (left on the CPU)."""
    unit = process.t_max / 10
    if not per_sample:
        return 7 * unit, 3 * unit
    later = unit * torch.tensor([2, 4, 5, 7, 8, 9], dtype=torch.float64)
    return later, later - unit


def test_default_device() -> None:
    assert default_device().type == "cuda"


def test_a_cpu_generator_gives_the_same_numbers() -> None:
    for process in GAUSSIANS[:2]:
        on_gpu = process.sample_noise(IMAGES.cuda(), seeded())
        assert on_gpu.is_cuda and torch.equal(on_gpu.cpu(), process.sample_noise(IMAGES, seeded()))
        prior = process.sample_prior((5, 2), seeded(), device="cuda")
        assert prior.is_cuda and torch.equal(prior.cpu(), process.sample_prior((5, 2), seeded()))
    there = torch.Generator("cuda").manual_seed(1)
    drawn = GAUSSIANS[0].sample_noise(IMAGES.cuda(), there)
    assert drawn.is_cuda and not torch.equal(
        drawn.cpu(), GAUSSIANS[0].sample_noise(IMAGES, seeded())
    )


@pytest.mark.parametrize("per_sample", [False, True], ids=["one time", "a time each"])
@pytest.mark.parametrize("process", GAUSSIANS, **named)
def test_images(process, per_sample: bool) -> None:
    (t, s), x0 = times_of(process, per_sample), IMAGES.double()
    noise = process.sample_noise(IMAGES, seeded())
    x_t = process.forward(x0, noise.double(), t)
    near(process.forward(IMAGES.cuda(), noise.cuda(), t), x_t)
    near(process.infer_noise(IMAGES.cuda(), x_t.float().cuda(), t), process.infer_noise(x0, x_t, t))
    on_gpu = process.log_likelihood(x_t.float().cuda(), IMAGES.cuda(), t)
    near(on_gpu, process.log_likelihood(x_t, x0, t), 1e-4)
    step = (IMAGES.flip(0), x_t.float())
    on_gpu = reverse_step(process, *(x.cuda() for x in step), t, s)
    near(on_gpu, reverse_step(process, *(x.double() for x in step), t, s), 1e-4)
    for refresh in (*ANY, Interpolate(0.5), Ddim(0.5)):
        result = reverse_step(process, *(x.cuda() for x in step), t, s, refresh, seeded())
        alone = reverse_step(process, *step, t, s, refresh, seeded())
        assert result.is_cuda and result.dtype == torch.float32
        torch.testing.assert_close(result.cpu(), alone, atol=1e-5, rtol=1e-5)


def test_cold() -> None:
    process, x_t = Cold(BLUR.blur), IMAGES.flip(0)
    for refresh in (Keep(), Redraw()):
        on_gpu = reverse_step(process, IMAGES.cuda(), x_t.cuda(), 0.7, 0.3, refresh, seeded())
        near(
            on_gpu,
            reverse_step(process, IMAGES.double(), x_t.double(), 0.7, 0.3, refresh, seeded()),
        )


@pytest.mark.parametrize("per_sample", [False, True], ids=["one time", "a time each"])
@pytest.mark.parametrize("process", TEXTS, **named)
def test_texts(process, per_sample: bool) -> None:
    """Thresholds are float64 on both sides and tokens whole: everything agrees exactly."""
    (t, s), x0 = times_of(process, per_sample), TEXTS[process]
    x_t = process.forward(x0, process.sample_noise(x0, seeded()), t)
    on_gpu = process.forward(x0.cuda(), process.sample_noise(x0.cuda(), seeded()), t)
    assert on_gpu.is_cuda and torch.equal(on_gpu.cpu(), x_t)
    on_gpu = process.log_likelihood(x_t.cuda(), x0.cuda(), t).cpu()
    torch.testing.assert_close(on_gpu, process.log_likelihood(x_t, x0, t), rtol=1e-12, atol=1e-12)
    for refresh in (*ANY, Reflect()):
        on_gpu = reverse_step(process, x0.cuda(), x_t.cuda(), t, s, refresh, seeded())
        alone = reverse_step(process, x0, x_t, t, s, refresh, seeded())
        assert on_gpu.is_cuda and torch.equal(on_gpu.cpu(), alone)
    assert process.sample_prior(x0.shape, seeded(), device="cuda").is_cuda


@pytest.mark.parametrize("process", GAUSSIANS, **named)
def test_a_chain_on_images(process) -> None:
    times = [process.t_max * share for share in (1.0, 0.7, 0.4, 0.1)]
    x_T = torch.randn(IMAGES.shape, generator=seeded())
    chains = [
        sample(process, posterior_mean(FiniteData(data, process)), x, times, progress=False)
        for data, x in ((IMAGES.cuda(), x_T.cuda()), (IMAGES.double(), x_T.double()))
    ]
    near(*chains, 1e-3)


@pytest.mark.parametrize("process", TEXTS, **named)
@pytest.mark.parametrize("refresh", [*ANY, Reflect()], **named)
def test_a_chain_on_texts(process, refresh) -> None:
    chains = []
    for data in (TEXTS[process], TEXTS[process].cuda()):
        x_T = process.sample_prior(data.shape, seeded(), device=data.device)
        guess = posterior_sample(FiniteData(data, process))
        chains.append(
            sample(process, guess, x_T, [1.0, 0.6, 0.3, 0.0], refresh, seeded(), progress=False)
        )
    assert chains[1].is_cuda and torch.equal(chains[0], chains[1].cpu())


def test_oracles() -> None:
    means = torch.tensor([[-1.4, 0.3], [0.5, 1.1]])
    on_cpu = GaussianMixture(means.double(), torch.tensor([0.09, 0.5]).double())
    x = torch.randn(6, 2, generator=seeded())
    for oracle in (on_cpu, GaussianMixture(means.cuda(), torch.tensor([0.09, 0.5]).cuda())):
        for t in (0.4, torch.linspace(0.2, 0.9, 6)):
            for name in ("log_prob", "x0_mean", "eps_mean", "score", "velocity", "x0_cov"):
                for schedule in (Linear(), VPLinear()):
                    expected = getattr(on_cpu, name)(x.double(), t, schedule)
                    near(getattr(oracle, name)(x.cuda(), t, schedule), expected, 1e-4)
            drawn = oracle.sample_x0(x.cuda(), t, Linear(), seeded())
            alone = on_cpu.sample_x0(x, t, Linear(), seeded())
            torch.testing.assert_close(drawn.cpu(), alone, atol=1e-4, rtol=1e-4)
    assert oracle.sample(5, seeded()).is_cuda
    images, exact = (FiniteData(data, GAUSSIANS[0]) for data in (IMAGES.cuda(), IMAGES.double()))
    for t in (0.4, torch.linspace(0.2, 0.9, 6)):
        near(images.weights(IMAGES.cuda(), t), exact.weights(IMAGES.double(), t), 1e-4)
        assert images.sample_x0(IMAGES.cuda(), t, seeded()).is_cuda
