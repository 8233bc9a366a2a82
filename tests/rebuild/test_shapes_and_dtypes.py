"""Properties of every process and refresh over batch sizes, dtypes and kinds of times."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from udm_lessons.destroy import (
    Blur,
    Cold,
    Cosine,
    CosineLevel,
    Deletion,
    DiscreteSchedule,
    ForwardProcess,
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
    reverse_step,
)

fixed = settings(derandomize=True, deadline=None, max_examples=30)
MASK, PAD = 26, 27
BLUR = Blur((3, 4), schedule=VPLinear(0.1, 2.0))
IMAGES = [Gaussian(Linear()), Gaussian(Cosine()), BLUR, Cold(lambda x0, t: BLUR.blur(x0, t))]
TEXTS = [Masking(MASK, CosineLevel()), Replacement(5), Deletion(PAD)]
ANY = [Keep(), Markov(), Redraw(), Mixture(0.4)]
REFRESHES = {
    process: ANY + ([Interpolate(0.6), Ddim(0.5)] if isinstance(process, Gaussian | Blur) else [])
    for process in IMAGES
} | {process: [*ANY, Reflect()] for process in TEXTS}
each = pytest.mark.parametrize("process", REFRESHES, ids=lambda p: type(p).__name__)
batches = st.sampled_from([0, 1, 3, 4, 7])


def batch_of(process: ForwardProcess, batch: int, dtype: torch.dtype) -> Tensor:
    """Data that is square for a batch of 3 or 4: images (batch, 3, 4), strings (batch, 4)."""
    generator = torch.Generator().manual_seed(batch)
    if process in TEXTS:
        tokens = torch.randint(0, 5, (batch, 4), generator=generator)
        if isinstance(process, Deletion):
            tokens[: batch // 2, 3:] = PAD
        return tokens
    return torch.randn(batch, 3, 4, generator=generator, dtype=torch.float64).to(dtype)


@each
@fixed
@given(batch=batches, dtype=st.sampled_from([torch.float32, torch.float64]), data=st.data())
def test_shape_dtype_and_device_are_kept(process, batch, dtype, data) -> None:
    x0, refresh = batch_of(process, batch, dtype), data.draw(st.sampled_from(REFRESHES[process]))
    t = data.draw(st.floats(0.05, 1.0))
    s = data.draw(st.floats(0.0, t, exclude_max=True))
    if data.draw(st.booleans()):
        t, s = (
            torch.full((batch,), t, dtype=torch.float64),
            torch.full((batch,), s).double() * 0.999,
        )
    x_t = process.forward(x0, process.sample_noise(x0), t)
    x_s = reverse_step(process, x0, x_t, t, s, refresh)
    for x in (x_t, x_s):
        assert (x.shape, x.dtype, x.device) == (x0.shape, x0.dtype, x0.device)
    if not isinstance(process, Cold):
        assert process.log_likelihood(x_t, x0, t).shape == (batch,)
        assert process.pairwise_log_likelihood(x_t, x0, t).shape == (batch, batch)


@each
@fixed
@given(batch=st.sampled_from([1, 3, 4]), data=st.data())
def test_a_time_belongs_to_its_sample(process, batch, data) -> None:
    """Row by row with a number for t gives the same as all rows with (batch,) times."""
    x0 = batch_of(process, batch, torch.float64)
    later = torch.tensor(data.draw(st.lists(st.floats(0.3, 0.95), min_size=batch, max_size=batch)))
    later, earlier = later.double(), later.double() * 0.7
    noise = process.sample_noise(x0, torch.Generator().manual_seed(1))
    rows = [slice(k, k + 1) for k in range(batch)]
    pick = (
        (lambda k: type(noise)(*(part[k] for part in noise)))
        if isinstance(noise, tuple)
        else noise.__getitem__
    )
    x_t = process.forward(x0, noise, later)
    alone = [process.forward(x0[k], pick(k), float(later[k])) for k in rows]
    torch.testing.assert_close(x_t, torch.cat(alone), rtol=1e-12, atol=1e-12)
    if process in TEXTS:
        together = process.log_likelihood(x_t, x0, later)
        alone = [process.log_likelihood(x_t[k], x0[k], float(later[k])) for k in rows]
    else:
        together = reverse_step(process, x0 + 0.1, x_t, later, earlier)
        alone = [
            reverse_step(process, x0[k] + 0.1, x_t[k], float(later[k]), float(earlier[k]))
            for k in rows
        ]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-11, atol=1e-11)


def test_control_times_along_the_wrong_axis() -> None:
    """On a square batch a time that meets the last axis is silent; the property above sees it."""
    x0, times = torch.ones(3, 3, dtype=torch.float64), torch.tensor([0.1, 0.5, 0.9]).double()
    right = Gaussian(Linear()).forward(x0, torch.zeros_like(x0), times)
    assert torch.equal(right, (1 - times)[:, None].expand(3, 3))
    assert not torch.equal(right, Linear().alpha(times) * x0)


@each
@pytest.mark.parametrize(
    "t", [torch.tensor(0.5), torch.tensor(0.5).double(), torch.full((7,), 0.5)]
)
def test_every_way_to_write_a_time(process, t) -> None:
    x0 = batch_of(process, 7, torch.float32)
    noise = process.sample_noise(x0, torch.Generator().manual_seed(1))
    expected = process.forward(x0, noise, 0.5)
    torch.testing.assert_close(process.forward(x0, noise, t), expected, rtol=1e-6, atol=1e-6)
    if t.ndim == 0:
        assert torch.equal(process.forward(x0, noise, t), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("process", [Gaussian(Trig()), Blur((4, 4))], ids=lambda p: type(p).__name__)
def test_oracles_of_half_precision_data_take_every_form_of_time(process, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    data = torch.randn(6, 1, 4, 4, generator=generator, dtype=torch.float64).to(dtype)
    x_t = torch.randn(3, 1, 4, 4, generator=generator, dtype=torch.float64).to(dtype)
    half, double = FiniteData(data, process), FiniteData(data.double(), process)
    for t in (0.6, torch.tensor(0.6), torch.full((3,), 0.6), torch.full((3,), 0.6, dtype=dtype)):
        same = t.double() if isinstance(t, torch.Tensor) else t
        torch.testing.assert_close(half.weights(x_t, t).double(), double.weights(x_t.double(), same), rtol=1e-2, atol=1e-4)
        for method in ("x0_mean", "x0_cov", "mmse"):
            found, right = getattr(half, method)(x_t, t), getattr(double, method)(x_t.double(), same)
            assert found.dtype == dtype
            torch.testing.assert_close(found.double(), right, rtol=2e-2, atol=2e-2)
        assert half.sample_x0(x_t, t, generator).dtype == dtype
        assert bool(half.entropy(x_t, t).isfinite().all())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_data_keeps_whole_steps_exact(dtype: torch.dtype) -> None:
    """bfloat16 knows no whole number between 996 and 1000: times must not pass through it."""
    process, x0 = Gaussian(DiscreteSchedule.ddpm()), torch.ones(4, 2, dtype=dtype)
    steps = torch.tensor([997, 998, 999, 1000])
    assert len(steps.to(torch.bfloat16).unique()) < 4
    for times in (steps, steps.float(), steps.double()):
        x_t = process.forward(x0, torch.zeros_like(x0), times)
        assert x_t.dtype == dtype
        expected = torch.tensor([process.schedule.alpha(int(k)) for k in steps]).to(dtype)
        assert torch.equal(x_t[:, 0], expected)
        x_s = reverse_step(process, x0, x_t, times, times - 1, Markov())
        assert x_s.dtype == dtype and bool(x_s.isfinite().all())


@pytest.mark.parametrize(
    "schedule", [Linear(), Trig(), VPLinear(), Cosine()], ids=lambda s: type(s).__name__
)
@fixed
@given(t=st.floats(1e-6, 1.0), ratio=st.floats(0.0, 1.0, exclude_max=True), shift=st.floats(-3, 3))
def test_going_there_and_back_in_float64(schedule, t, ratio, shift) -> None:
    """Inferred noise leads to x_t again for every time, also where sigma_t is 1e-6."""
    process, generator = Gaussian(schedule), torch.Generator().manual_seed(0)
    x0 = torch.randn(5, 2, generator=generator, dtype=torch.float64)
    x_t = x0 + shift
    noise = process.infer_noise(x0, x_t, t)
    torch.testing.assert_close(process.forward(x0, noise, t), x_t, rtol=1e-12, atol=1e-12)
    s = t * ratio
    if s < t:
        x_s = reverse_step(process, x0, x_t, t, s, Markov(), generator)
        assert bool(x_s.isfinite().all())


@pytest.mark.parametrize("method", ["x0_mean", "eps_mean", "score", "velocity"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_mixtures_answer_far_points_in_half_precision(dtype: torch.dtype, method: str) -> None:
    """The square of a residual of 300 is beyond float16."""
    mixture = GaussianMixture(torch.tensor([[0.5, -1.0], [2.0, 0.0]]), torch.tensor([1.0, 0.3]))
    x_t = torch.tensor([[300.0, -200.0], [0.25, 0.5]], dtype=dtype)
    found = getattr(mixture, method)(x_t, 0.5, Trig())
    right = getattr(mixture, method)(x_t.double(), 0.5, Trig())
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), right, rtol=1e-2, atol=1e-2)
