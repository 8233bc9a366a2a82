"""Every process on another device in float32 against the CPU in float64, with the same numbers drawn.

A CPU generator gives the same noise on both. Normal noise is drawn in float32 and cast up; uniform thresholds are
float64, and rounded to float32 on a device without it. float32 rounds at 6e-8; tolerances allow for sums, for
divisions by sigma_t >= 0.1 and for the steps of a chain.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from udm_lessons import default_device
from udm_lessons._arrays import widest
from udm_lessons.data import PAD, encode
from udm_lessons.destroy import (
    Blur,
    Cold,
    CosineLevel,
    Deletion,
    DiscreteLevel,
    DiscreteSchedule,
    Editing,
    Gaussian,
    Linear,
    Masking,
    Replacement,
    Trig,
    VPLinear,
    alignment_table,
    count_embeddings,
    log_embeddings,
)
from udm_lessons.destroy.alignment import alignment_likelihood
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
    carry_over,
    clipped,
    gaussian_draw,
    posterior_mean,
    posterior_sample,
    reverse_step,
    sample,
)
from worlds.stand_in import APART

IMAGES = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
WORDS = encode(["abc", "aab", "cab", "ba", "c", "bcb"])
PLAIN = WORDS.masked_fill(WORDS == PAD, 0)
BLUR = Blur((4, 4), schedule=Trig(), data=IMAGES.double())
GAUSSIANS = [Gaussian(Trig()), Gaussian(DiscreteSchedule.ddpm(10)), BLUR]
TEXTS = {
    Masking(26, CosineLevel()): PLAIN,
    Masking(26, DiscreteLevel([0.1] * 9 + [1.0])): PLAIN,
    Replacement(3): PLAIN,
    Deletion(PAD): WORDS,
    Deletion(PAD, rates=torch.tensor([0.5, 1.0, 2.0])): WORDS,
    Editing(PAD, 26, substitution=0.2, insertion=0.1): WORDS,
}
named = {"ids": lambda value: type(value).__name__}
ANY = [Keep(), Markov(), Redraw(), Mixture(0.5)]
PER_SAMPLE = pytest.mark.parametrize("per_sample", [False, True], ids=["one time", "a time each"])


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def near(there: Tensor, here: Tensor, device: torch.device, tolerance: float = 1e-5) -> None:
    assert there.device.type == device.type and there.dtype == torch.float32 and here.dtype == torch.float64
    torch.testing.assert_close(there.cpu().double(), here, atol=tolerance, rtol=tolerance)


def same(there: Tensor, here: Tensor, device: torch.device) -> None:
    assert there.device.type == device.type and torch.equal(there.cpu(), here)


def times_of(process, per_sample: bool) -> tuple:
    """Two times t > s, each as a number or one per sample (left on the CPU)."""
    unit = process.t_max / 10
    if not per_sample:
        return 7 * unit, 3 * unit
    later = unit * torch.tensor([2, 4, 5, 7, 8, 9], dtype=torch.float64)
    return later, later - unit


def refreshes(process) -> list:
    """Those that the process takes."""
    return [refresh for refresh in (*ANY, Reflect()) if not isinstance(process, Editing) or refresh != Markov()]


@pytest.fixture(autouse=True)
def nothing_is_on_a_device() -> None:
    """Both stand-ins have one name, and a process keeps what it has moved to a device."""
    BLUR._moved.clear()


@pytest.mark.gpu
def test_default_device() -> None:
    assert default_device().type == "cuda"


def test_a_cpu_generator_gives_the_same_numbers(device) -> None:
    for process in GAUSSIANS[:2]:
        same(process.sample_noise(IMAGES.to(device), seeded()), process.sample_noise(IMAGES, seeded()), device)
        prior = process.sample_prior((5, 2), seeded(), device=device)
        same(prior, process.sample_prior((5, 2), seeded()), device)
    near(BLUR.sample_prior((5, 1, 4, 4), seeded(), dtype=torch.float32, device=device),
         BLUR.sample_prior((5, 1, 4, 4), seeded(), dtype=torch.float32).double(), device)  # fmt: skip
    assert BLUR.sample_prior((5, 1, 4, 4), seeded(), device=device).dtype == widest(device)


@pytest.mark.gpu
def test_a_generator_on_the_device() -> None:
    there = torch.Generator("cuda").manual_seed(1)
    drawn = GAUSSIANS[0].sample_noise(IMAGES.cuda(), there)
    assert drawn.is_cuda and not torch.equal(drawn.cpu(), GAUSSIANS[0].sample_noise(IMAGES, seeded()))


@PER_SAMPLE
@pytest.mark.parametrize("process", GAUSSIANS, **named)
def test_images(process, per_sample: bool, device) -> None:
    (t, s), x0 = times_of(process, per_sample), IMAGES.double()
    noise, images = process.sample_noise(IMAGES, seeded()), IMAGES.to(device)
    x_t = process.forward(x0, noise.double(), t)
    x = x_t.float().to(device)
    near(process.forward(images, noise.to(device), t), x_t, device)
    near(process.infer_noise(images, x, t), process.infer_noise(x0, x_t, t), device)
    near(process.log_likelihood(x, images, t), process.log_likelihood(x_t, x0, t), device, 1e-4)
    near(process.pairwise_log_likelihood(x, images, t), process.pairwise_log_likelihood(x_t, x0, t), device, 1e-4)
    step = (IMAGES.flip(0), x_t.float())
    there = reverse_step(process, *(x.to(device) for x in step), t, s)
    near(there, reverse_step(process, *(x.double() for x in step), t, s), device, 1e-4)
    for refresh in (*ANY, Interpolate(0.5), Ddim(0.5)):
        there = reverse_step(process, *(x.to(device) for x in step), t, s, refresh, seeded())
        near(there, reverse_step(process, *step, t, s, refresh, seeded()).double(), device)
    if per_sample:  # times on the device say the same
        moved = [time.to(device, widest(device)) for time in (t, s)]
        near(reverse_step(process, *(x.to(device) for x in step), *moved, Markov(), seeded()),
             reverse_step(process, *step, t, s, Markov(), seeded()).double(), device)  # fmt: skip


def test_cold(device) -> None:
    process, x_t = Cold(BLUR.blur, data=IMAGES), IMAGES.flip(0)
    for refresh in (Keep(), Redraw()):
        there = reverse_step(process, IMAGES.to(device), x_t.to(device), 0.7, 0.3, refresh, seeded())
        near(there, reverse_step(process, IMAGES.double(), x_t.double(), 0.7, 0.3, refresh, seeded()), device)
    x_T = process.sample_prior((4, 1, 4, 4), seeded(), device=device)
    near(x_T, process.sample_prior((4, 1, 4, 4), seeded()).double(), device)
    guess = lambda x, t, generator=None: IMAGES[:4].to(x)  # noqa: E731
    chains = [sample(process, guess, x, [1.0, 0.5, 0.0], Keep(), seeded(), progress=False) for x in (x_T, x_T.cpu().double())]
    near(*chains, device)


@PER_SAMPLE
@pytest.mark.parametrize("process", TEXTS, **named)
def test_texts(process, per_sample: bool, device) -> None:
    """Tokens are whole: they agree exactly. Thresholds do too, up to the rounding of a device without float64."""
    (t, s), x0 = times_of(process, per_sample), TEXTS[process]
    x_t = process.forward(x0, process.sample_noise(x0, seeded()), t)
    there = process.forward(x0.to(device), process.sample_noise(x0.to(device), seeded()), t)
    same(there, x_t, device)
    digits = 1e-12 if widest(device) == torch.float64 else 1e-5
    for name, data in (("log_likelihood", x0), ("pairwise_log_likelihood", x0.flip(0))):
        there = getattr(process, name)(x_t.to(device), data.to(device), t)
        assert there.device.type == device.type and there.dtype == widest(device)
        torch.testing.assert_close(there.cpu().double(), getattr(process, name)(x_t, data, t), rtol=digits, atol=digits)
    for refresh in refreshes(process):
        there = reverse_step(process, x0.to(device), x_t.to(device), t, s, refresh, seeded())
        same(there, reverse_step(process, x0, x_t, t, s, refresh, seeded()), device)
        drawn = process.infer_noise(x0.to(device), x_t.to(device), t, seeded())
        same(process.forward(x0.to(device), drawn, t), x_t, device)  # law (i), in the digits of the device
    assert process.sample_prior(x0.shape, seeded(), device=device).device.type == device.type


@pytest.mark.parametrize("process", GAUSSIANS, **named)
def test_a_chain_on_images(process, device) -> None:
    times = [process.t_max * share for share in (1.0, 0.7, 0.4, 0.1)]
    x_T = torch.randn(IMAGES.shape, generator=seeded())
    chains = [
        sample(process, posterior_mean(FiniteData(data, process)), x, times, progress=False)
        for data, x in ((IMAGES.to(device), x_T.to(device)), (IMAGES.double(), x_T.double()))
    ]
    near(*chains, device, 1e-3)


@pytest.mark.parametrize("process", TEXTS, **named)
def test_a_chain_on_texts(process, device) -> None:
    for refresh in refreshes(process):
        chains = []
        for data in (TEXTS[process].to(device), TEXTS[process]):
            x_T = process.sample_prior(data.shape, seeded(), device=data.device)
            guess = posterior_sample(FiniteData(data, process))
            times = [process.t_max * share for share in (1.0, 0.6, 0.3, 0.0)]
            chains.append(sample(process, guess, x_T, times, refresh, seeded(), progress=False))
        same(*chains, device)


@pytest.mark.parametrize("each", [False, True], ids=["one time", "a time each"])
def test_a_mixture(each: bool, device) -> None:
    means, variances, weights = torch.tensor([[-1.4, 0.3], [0.5, 1.1]]), torch.tensor([0.09, 0.5]), torch.tensor([0.3, 0.7])
    exact = GaussianMixture(means.double(), variances.double(), weights.double())
    oracle = GaussianMixture(means.to(device), variances.to(device), weights.to(device))
    x = torch.randn(6, 2, generator=seeded())
    t = torch.linspace(0.2, 0.9, 6) if each else 0.4
    for schedule in (Linear(), VPLinear()):
        for name in ("log_prob", "x0_mean", "eps_mean", "score", "velocity", "x0_cov"):
            expected = getattr(exact, name)(x.double(), t, schedule)
            for one in (oracle, exact):  # an oracle on the CPU serves points on the device
                near(getattr(one, name)(x.to(device), t, schedule), expected, device, 1e-4)
        drawn = oracle.sample_x0(x.to(device), t, schedule, seeded())
        near(drawn, exact.sample_x0(x, t, schedule, seeded()).double(), device, 1e-4)
    near(oracle.sample(5, seeded()), GaussianMixture(means, variances, weights).sample(5, seeded()).double(), device)
    mixed = GaussianMixture(means.to(device), variances, weights)  # on the CPU these will do
    near(mixed.sample(5, seeded()), oracle.sample(5, seeded()).cpu().double(), device)


@pytest.mark.parametrize("each", [False, True], ids=["one time", "a time each"])
def test_finite_data(each: bool, device) -> None:
    t, prior = torch.linspace(0.2, 0.9, 6) if each else 0.4, torch.arange(1.0, 7.0)
    images = FiniteData(IMAGES.to(device), GAUSSIANS[0], prior)  # on the CPU it will do
    exact = FiniteData(IMAGES.double(), GAUSSIANS[0], prior.double())
    x, x_t = IMAGES.to(device), IMAGES.double()
    for name in ("weights", "x0_mean", "x0_cov", "mmse", "entropy"):
        near(getattr(images, name)(x, t), getattr(exact, name)(x_t, t), device, 1e-4)
    same(images.sample_x0(x, t, seeded()), exact.sample_x0(x_t, t, seeded()).float(), device)
    process = Masking(26)
    x_t = process.forward(PLAIN, process.sample_noise(PLAIN, seeded()), 0.5)
    there = FiniteData(PLAIN.to(device), process).marginals(x_t.to(device), 0.5, 3)
    assert there.dtype == widest(device)
    torch.testing.assert_close(there.cpu().double(), FiniteData(PLAIN, process).marginals(x_t, 0.5, 3), atol=1e-6, rtol=0)


def test_predictors(device) -> None:
    oracle, process = FiniteData(IMAGES, GAUSSIANS[0]), GAUSSIANS[0]
    there = FiniteData(IMAGES.to(device), process)
    for wrap in (lambda p: gaussian_draw(p, 0.3), lambda p: gaussian_draw(p, lambda t: t / 2), lambda p: clipped(p, -1.0, 1.0)):
        for t in (0.4, torch.linspace(0.2, 0.9, 6, dtype=torch.float64)):
            expected = wrap(posterior_mean(oracle))(IMAGES, t, seeded())
            near(wrap(posterior_mean(there))(IMAGES.to(device), t, seeded()), expected.double(), device, 1e-4)
    process = Masking(26)
    x_t = process.forward(PLAIN, process.sample_noise(PLAIN, seeded()), 0.5)
    guess = carry_over(process, lambda x, t, generator=None: torch.zeros_like(x))
    same(guess(x_t.to(device), 0.5, None), guess(x_t, 0.5, None), device)


def test_tables_of_strings(device) -> None:
    """Where the device has no float64 they are made on the CPU, and rounded once."""
    long = encode(["ab" * 70]), encode(["ab" * 30])
    digits = 1e-12 if widest(device) == torch.float64 else 1e-6
    for x0, x_t in ((WORDS, WORDS[:, :2].contiguous()), long):
        for count in (log_embeddings, lambda *strings: alignment_likelihood(*strings, 0.4, 0.1, 0.1)):
            there = count(x0.to(device), x_t.to(device), PAD)
            assert there.device.type == device.type and there.dtype == widest(device)
            torch.testing.assert_close(there.cpu().double(), count(x0, x_t, PAD), rtol=digits, atol=digits)
    there = count_embeddings(WORDS.to(device), WORDS[:, :2].to(device), PAD)
    same(there, count_embeddings(WORDS, WORDS[:, :2], PAD).to(widest(device)), device)
    table = alignment_table(WORDS.to(device), WORDS.to(device), PAD, torch.full((6,), 0.5).to(device))
    assert {row.device.type for rows in table for row in rows} == {device.type}


@pytest.mark.parametrize("process", [*GAUSSIANS[:1], *TEXTS], **named)
def test_what_is_refused_is_refused_there_too(process, device) -> None:
    """The errors are those of the CPU, not ones about devices."""
    x0 = IMAGES if process in GAUSSIANS else TEXTS[process]
    bad = 2 * process.t_max, torch.full((6,), math.nan), torch.zeros(6) - 1, torch.ones(5)
    for t in (*bad, *(t.to(device) for t in bad[1:])):
        for call in (process.log_likelihood, process.infer_noise):
            with pytest.raises(ValueError, match="^t must"):
                call(x0.to(device), x0.to(device), t)
    if process in TEXTS and not isinstance(process, Replacement | Editing):
        with pytest.raises(ValueError, match="must be"):
            process.infer_noise(x0.to(device), x0.flip(0).to(device), process.t_max / 2)


def test_a_dtype_that_the_device_lacks_is_refused(device) -> None:
    if widest(device) == torch.float64:
        assert GAUSSIANS[0].sample_prior((2, 3), dtype=torch.float64, device=device).dtype == torch.float64
    else:
        with pytest.raises(ValueError, match="dtype must be one that .* has; got torch.float64"):
            GAUSSIANS[0].sample_prior((2, 3), dtype=torch.float64, device=device)


class _Forgetful(Gaussian):
    """Control: it keeps a table on the CPU."""

    _gain = torch.ones(1, 1, 1, 1).expand(1, 1, 4, 4).clone()

    def forward(self, x0, noise, t):
        return super().forward(x0, noise, t) * self._gain


def test_control_what_mixes_devices_fails(device) -> None:
    images = IMAGES.to(device)
    process, plain = _Forgetful(Trig()), GAUSSIANS[0]
    with pytest.raises(RuntimeError, match=APART):
        process.forward(images, images, 0.5)
    process.forward(IMAGES, IMAGES, 0.5)
    for predictor in (lambda x, t, generator=None: IMAGES, posterior_mean(FiniteData(IMAGES, plain))):
        with pytest.raises(RuntimeError, match=APART):
            sample(plain, predictor, images, [0.9, 0.5], progress=False)
    with pytest.raises(RuntimeError, match=APART):
        torch.randn(3, generator=seeded(), device=device)
