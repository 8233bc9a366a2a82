"""Bad input raises an error that names the argument, what it got and what it must be.

NaN and infinity in x0 or x_t are data, not bad arguments: processes carry them through and other
samples stay clean. Where they would turn into an innocent-looking answer, a row drawn from a data
set or a threshold, they raise.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from udm_lessons.data import decode, encode
from udm_lessons.destroy import (
    VE,
    Blur,
    Cold,
    ConstantNoise,
    Cosine,
    Deletion,
    DiscreteLevel,
    DiscreteSchedule,
    Gaussian,
    Linear,
    LinearLevel,
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
    Reflect,
    carry_over,
    posterior_mean,
    reverse_step,
    sample,
)

NAN, INF = math.nan, math.inf
MASK, PAD = 26, 27
IMAGES = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
TOKENS = torch.tensor([[0, 1, 2, 3], [4, 4, 0, 1], [2, 0, 0, 3]])
G, B, M, R, D = (
    Gaussian(Trig()),
    Blur((4, 4), data=IMAGES),
    Masking(MASK),
    Replacement(5),
    Deletion(PAD),
)
C = Cold(lambda x0, t: B.blur(x0, t), data=IMAGES)
ON_IMAGES, ON_TOKENS = [G, B, C], [M, R, D]
DATA = {process: IMAGES for process in ON_IMAGES} | {process: TOKENS for process in ON_TOKENS}
each_process = pytest.mark.parametrize("process", DATA, ids=lambda p: type(p).__name__)
MIXTURE = GaussianMixture(torch.zeros(2, 2), torch.ones(2))


def refuses(error: type[Exception], words: str, call, *arguments, **options) -> None:
    with pytest.raises(error, match=words):
        call(*arguments, **options)


@each_process
@pytest.mark.parametrize(
    "t, error",
    [
        (-1e-9, ValueError), (1.001, ValueError), (NAN, ValueError), (INF, ValueError),
        (torch.tensor([0.1, NAN, 0.2]), ValueError), (torch.tensor([0.1, 0.2, 1.5]), ValueError),
        (torch.rand(2), ValueError), (torch.rand(4), ValueError), (torch.rand(3, 1), ValueError),
        ("0.5", TypeError), (None, TypeError), (True, TypeError), ([0.1, 0.2, 0.3], TypeError),
        (0.5 + 1j, TypeError), (torch.tensor([True, False, True]), TypeError),
    ],
)  # fmt: skip
def test_times(process, t, error) -> None:
    data = DATA[process]
    noise = process.sample_noise(data)
    refuses(error, r"^t ", process.forward, data, noise, t)
    refuses(error, r"^t ", process.infer_noise, data, data, t)
    if process is not C:
        refuses(error, r"^t ", process.log_likelihood, data, data, t)


@each_process
def test_shapes_and_kinds_of_data(process) -> None:
    data = DATA[process]
    noise = process.sample_noise(data)
    for wrong in (data[:2], data[:, :0], data[0]):
        refuses(ValueError, "^(noise.*|x0) must", process.forward, wrong, noise, 0.5)
        if process is D and wrong.shape == (3, 0):
            continue  # three empty strings are a fine x_t
        refuses(ValueError, "^(x_t|x0) must", process.infer_noise, data, wrong, 0.5)
        if process is not C:
            refuses(ValueError, "^(x_t|x0) must", process.log_likelihood, wrong, data, 0.5)
    for wrong in (None, [1, 2], 3.0):
        refuses(TypeError, "^x0 must be a tensor", process.sample_noise, wrong)
        refuses(TypeError, "^x0 must be a tensor", process.forward, wrong, noise, 0.5)
        refuses(TypeError, "^noise must be a", process.forward, data, wrong, 0.5)
        refuses(TypeError, "^x_t must be a tensor", process.infer_noise, data, wrong, 0.5)
    for shape in (3, "ab", None, (2, 1.5)):
        refuses(TypeError, "^shape must be", process.sample_prior, shape)
    for shape in ((), (-1, 4)):
        refuses(ValueError, "^shape must", process.sample_prior, shape)
    if process is not C:  # which draws nothing
        refuses(TypeError, "^generator must be a torch.Generator", process.sample_noise, data, 42)


@pytest.mark.parametrize("process", [G, B, R, D], ids=lambda p: type(p).__name__)
def test_numbers_of_the_wrong_kind(process) -> None:
    """Whole numbers where real ones are needed, and the other way round."""
    data = DATA[process]
    noise = process.sample_noise(data)
    wrong = data.long() if data.is_floating_point() else data.float()
    refuses(TypeError, "^x0 must", process.forward, wrong, noise, 0.5)
    refuses(TypeError, "^x0 must", process.infer_noise, wrong, data, 0.5)
    refuses(TypeError, "^x_t must", process.infer_noise, data, wrong, 0.5)
    refuses(TypeError, "^noise must", process.forward, data, TOKENS.expand_as(TOKENS), 0.5)


def test_whole_steps_of_a_chain() -> None:
    chain = Gaussian(DiscreteSchedule.ddpm(10))
    refuses(ValueError, "^t must be a whole number", chain.forward, IMAGES, IMAGES, 2.5)
    times = torch.tensor([1, 2, 2.5])
    refuses(ValueError, "^t must hold whole", chain.forward, IMAGES, IMAGES, times)
    refuses(ValueError, r"^t must lie in \[0, 10\]", chain.forward, IMAGES, IMAGES, 11)
    tokens = Masking(MASK, DiscreteLevel([0.5]))
    refuses(ValueError, r"^t must lie in \[0, 1\]", tokens.forward, TOKENS, TOKENS / 9, 2)


@pytest.mark.parametrize(
    "t, s",
    [
        (0.5, 0.5), (0.5, 0.6), (0.5, NAN), (NAN, 0.5), (0.5, -0.1), (0.0, 0.0),
        (torch.full((3,), 0.5), 0.5), (torch.full((3,), 0.5), torch.full((2,), 0.1)),
        (0.5, torch.tensor([0.1, 0.6, 0.2])), (0.5, torch.tensor([0.1, -0.1, 0.2])),
        (torch.full((3,), 0.5), torch.tensor([0.1, NAN, 0.2])),
    ],
)  # fmt: skip
def test_steps_go_back_in_time(t, s) -> None:
    for process, data in DATA.items():
        refuses(ValueError, "^s must", reverse_step, process, data, data, t, s)


@pytest.mark.parametrize(
    "times, error",
    [
        ([], ValueError), ([1.0], ValueError), ([0.5, 0.5], ValueError), ([0.2, 0.8], ValueError),
        ([0.9, NAN], ValueError), ([NAN, 0.5], ValueError), ([1.2, 0.1], ValueError),
        ([0.5, -0.1], ValueError), (torch.rand(2, 2), ValueError), (np.ones(3), ValueError),
        (50, TypeError), (None, TypeError), (["a", "b"], TypeError), ([[0.5, 0.4]], TypeError),
        ([torch.tensor([0.5, 0.4]), torch.tensor([0.1, 0.1])], TypeError),
    ],
)  # fmt: skip
def test_grids_of_times(times, error) -> None:
    refuses(error, "times must", sample, G, lambda x, t, g: x, IMAGES, times, progress=False)


def test_refreshes() -> None:
    for make, name in ((Interpolate, "sigma"), (Ddim, "eta"), (Mixture, "redraw")):
        for value in (-0.1, 1.1, NAN, INF):
            refuses(ValueError, f"^{name} must", make, value)
        for value in ("a", None, True, torch.tensor(0.5)):
            refuses(TypeError, f"^{name} must be a number", make, value)
    step = (IMAGES, IMAGES, 0.5, 0.4)
    refuses(ValueError, "^sigma must lie", reverse_step, G, *step, Interpolate(lambda t, s: 2.0))
    for wrong in (Keep, "keep", None):
        refuses(TypeError, "^refresh must be", reverse_step, G, *step, wrong)
    for process in ON_TOKENS:
        for kernel in (Interpolate(0.5), Ddim(0.5)):
            refuses(TypeError, "needs", reverse_step, process, TOKENS, TOKENS, 0.5, 0.4, kernel)
    for process, kernel in ((G, Reflect()), (C, Reflect()), (C, Ddim(0.5)), (C, Interpolate(0.5))):
        refuses(TypeError, "needs", reverse_step, process, *step, kernel)
    growing = Gaussian(type("Growing", (Linear,), {"alpha": Linear.sigma, "sigma": Linear.alpha})())
    refuses(ValueError, r"^rho must lie in \[-1, 1\]", reverse_step, growing, *step, Markov())
    refuses(TypeError, "^predictor must be", sample, G, None, IMAGES, [0.5, 0.4], progress=False)


def test_noise_cannot_be_inferred_where_there_is_none() -> None:
    for t in (0.0, torch.tensor([0.5, 0.0, 0.5])):
        refuses(ValueError, "^t must have sigma_t > 0", G.infer_noise, IMAGES, IMAGES, t)
        refuses(ValueError, "^t must have sigma_t > 0", G.log_likelihood, IMAGES, IMAGES, t)
    quiet = Blur((4, 4), schedule=VPLinear())
    refuses(ValueError, "^t must have sigma_t > 0", quiet.infer_noise, IMAGES, IMAGES, 0.0)


def test_x_t_off_the_support() -> None:
    other, masked, empty = (
        (TOKENS + 1) % 5,
        torch.full_like(TOKENS, MASK),
        torch.full_like(TOKENS, PAD),
    )
    cases = [(M, other, 0.5), (M, masked, 0.0), (M, TOKENS, 1.0), (R, other, 0.0), (D, other, 0.5)]
    cases += [(D, empty, 0.0), (D, TOKENS, 1.0), (D, TOKENS[:, :1].repeat(1, 5), 0.5)]
    for process, x_t, t in cases:
        refuses(ValueError, "^x_t must", process.infer_noise, TOKENS, x_t, t)
    per_token = Deletion(PAD, rates=torch.linspace(0.5, 2.0, 5))
    refuses(ValueError, "^x_t must be a subsequence", per_token.infer_noise, TOKENS, other, 0.5)
    for process, x_t, t in cases:
        assert bool((process.log_likelihood(x_t, TOKENS, t) == -INF).any())


def test_tokens_outside_the_alphabet() -> None:
    noise = R.sample_noise(TOKENS)
    for wrong in (TOKENS + 2, TOKENS - 1):
        refuses(ValueError, r"^x0 must lie in \[0, 4\]", R.forward, wrong, noise, 0.5)
        refuses(ValueError, r"^x_t must lie in \[0, 4\]", R.infer_noise, TOKENS, wrong, 0.5)
    uniform = torch.rand(TOKENS.shape)
    refuses(
        ValueError, "^x0 must hold no MASK", M.forward, torch.full_like(TOKENS, MASK), uniform, 0.5
    )
    hole = torch.tensor([[1, PAD, 2, PAD]])
    refuses(ValueError, "^x0 must be padded on the right", D.forward, hole, uniform[:1], 0.5)
    refuses(ValueError, "^x_t must be padded on the right", D.infer_noise, TOKENS[:1], hole, 0.5)
    few_rates = Deletion(PAD, rates=torch.ones(3))
    refuses(ValueError, r"must lie in \[0, 2\]", few_rates.forward, TOKENS, uniform, 0.5)
    refuses(TypeError, "^strings must be a list", encode, "word")
    refuses(ValueError, r"^tokens must lie in \[0, 27\]", decode, torch.tensor([[28]]))


@pytest.mark.parametrize(
    "build, name",
    [
        (lambda v: VPLinear(v, 20.0), "beta_min"), (lambda v: VPLinear(0.1, v), "beta_max"),
        (lambda v: Cosine(s=v), "s"), (lambda v: Cosine(floor=v), "floor"),
        (lambda v: VE(v, 50.0), "sigma_min"), (lambda v: VE(0.01, v), "sigma_max"),
        (ConstantNoise, "sigma"), (lambda v: Blur((4, 4), width=v), "width"),
        (lambda v: Cold(lambda x0, t: x0, t_max=v), "t_max"),
    ],
)  # fmt: skip
def test_numbers_that_build_a_process(build, name: str) -> None:
    for value in (-1.0, NAN, INF, -INF):
        refuses(ValueError, f"^{name}.* must", build, value)
    for value in ("a", None, True):
        refuses(TypeError, f"^{name} must be a number", build, value)


def test_things_that_build_a_process() -> None:
    for betas in ([], [NAN], [-0.1], [1.5], 0.1, [[0.1]]):
        refuses(ValueError, "^betas must", DiscreteSchedule, betas)
        refuses(ValueError, "^betas must", DiscreteLevel, betas)
    for betas in ("abc", None):
        refuses(TypeError, "^betas must", DiscreteSchedule, betas)
    for betas in ([0.1, 0.0], [0.1, 1.0, 0.1]):
        refuses(ValueError, "^betas must lie in", DiscreteSchedule, betas)
    for vocabulary in (1, 2.5, "a", None):
        refuses((TypeError, ValueError), "^vocabulary must", Replacement, vocabulary)
    for mask in (None, "a", NAN):
        refuses(TypeError, "^mask must", Masking, mask)
    for make in (Masking, Replacement, Deletion):
        refuses(TypeError, "^level must be a Level", make, MASK, Linear())
    refuses(TypeError, "^pad must", Deletion, 2.5)
    for rates in (torch.tensor([0.0, 1.0]), torch.tensor([NAN]), torch.ones(2, 2)):
        refuses(ValueError, "^rates must", Deletion, PAD, rates=rates)
    refuses(TypeError, "^rates must be a tensor", Deletion, PAD, rates=[1.0])
    for make in (Gaussian, lambda schedule: Blur((4, 4), schedule=schedule)):
        refuses(TypeError, "^schedule must be a Schedule", make, LinearLevel())
    for size in ((), (0, 4)):
        refuses(ValueError, "^size must", Blur, size)
    refuses(TypeError, "^size must", Blur, 4)
    refuses(TypeError, "^degrade must", Cold, 3)
    refuses(ValueError, "^x0 must have shape", Blur((3, 3)).blur, IMAGES, 0.5)
    refuses(ValueError, "^shape must be", B.sample_prior, (2, 1, 5, 5))
    for process in (Blur((4, 4)), Cold(lambda x0, t: x0)):
        refuses(ValueError, "^data must be given", process.sample_prior, (2, 1, 4, 4))


def test_oracles_and_predictors() -> None:
    refuses(ValueError, "^means must", GaussianMixture, torch.tensor([[NAN]]), torch.ones(1))
    refuses(ValueError, "^means must", GaussianMixture, torch.ones(2), torch.ones(2))
    for bad in (torch.ones(3), torch.tensor([1.0, 0.0]), torch.tensor([1.0, NAN])):
        refuses(ValueError, "^variances must", GaussianMixture, torch.ones(2, 2), bad)
        refuses(ValueError, "^weights must", GaussianMixture, torch.ones(2, 2), torch.ones(2), bad)
        refuses(ValueError, "^weights must", FiniteData, IMAGES[:2], G, bad)
    refuses(TypeError, "^x_t must", MIXTURE.x0_mean, torch.zeros(3, 2).long(), 0.5, Trig())
    refuses(ValueError, "^x_t must have shape", MIXTURE.score, torch.zeros(3, 3), 0.5, Trig())
    refuses(ValueError, "^data must", FiniteData, IMAGES[:0], G)
    refuses(TypeError, "^process must", FiniteData, IMAGES, Trig())
    refuses(ValueError, "^x_t must hold", FiniteData(IMAGES, G).weights, IMAGES[0], 0.5)
    refuses(TypeError, "^x_t must", FiniteData(IMAGES, G).weights, IMAGES.long(), 0.5)
    refuses(ValueError, "^schedule must be given", posterior_mean, MIXTURE)
    refuses(ValueError, "^schedule must be None", posterior_mean, FiniteData(IMAGES, G), Trig())
    refuses(TypeError, "^oracle must", posterior_mean, 3)
    refuses(TypeError, "^process must be Masking", carry_over, G, lambda x, t, g: x)


@pytest.mark.parametrize("bad", [NAN, INF])
def test_nan_and_infinity_in_data(bad: float) -> None:
    """They stay in their sample and are seen in the result; draws that would hide them raise."""
    dirty = IMAGES.clone()
    dirty[1, 0, 2, 2] = bad
    for process in ON_IMAGES:
        noise = process.sample_noise(IMAGES, torch.Generator().manual_seed(0))
        x_t, clean = process.forward(dirty, noise, 0.5), process.forward(IMAGES, noise, 0.5)
        assert torch.equal(x_t[[0, 2]], clean[[0, 2]]) and not bool(x_t[1].isfinite().all())
        back = reverse_step(process, IMAGES, x_t, 0.5, 0.4)
        assert bool(back[[0, 2]].isfinite().all()) and not bool(back[1].isfinite().all())
    refuses(ValueError, "^x_t must be reachable", FiniteData(IMAGES, G).sample_x0, dirty, 0.5)
    x = torch.tensor([[0.0, 1.0], [bad, 0.0]])
    for method in (MIXTURE.x0_mean, MIXTURE.score, MIXTURE.sample_x0):
        answer = method(x, 0.5, Trig())
        assert bool(answer[0].isfinite().all()) and not bool(answer[1].isfinite().all())
    refuses(ValueError, "^x_t must be reachable", Masking(-2.0).infer_noise, IMAGES, dirty, 0.5)
