"""Blur and deterministic corruption: Cold Diffusion's algorithms, the DCT, the heat equation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft, linalg, ndimage
from torch import Tensor

from udm_lessons.destroy import VE, Blur, Cold, ConstantNoise, Trig, VPLinear
from udm_lessons.rebuild import Ddim, Interpolate, Keep, Markov, Redraw, reverse_step, sample

from worlds.processes import fade
from worlds.statistics import rng

close = torch.testing.assert_close
TIMES = [1.0, 0.8, 0.45, 0.1, 0.0]


def images(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=rng(seed), dtype=torch.float64)


def wrong_restorer(x_t, t, generator=None):
    """Any function will do; this one restores nothing."""
    return torch.tanh(x_t.flip(-1)) + t


# Cold Diffusion (Bansal et al. 2022).


def algorithm_1(degrade, x: Tensor) -> Tensor:
    """Naive sampling: x_s = D(R(x_t, t), s)."""
    for t, s in zip(TIMES, TIMES[1:]):
        x = degrade(wrong_restorer(x, t), s)
    return x


def algorithm_2(degrade, x: Tensor) -> Tensor:
    """Improved sampling (TACoS): x_s = x_t - D(R(x_t, t), t) + D(R(x_t, t), s)."""
    for t, s in zip(TIMES, TIMES[1:]):
        guess = wrong_restorer(x, t)
        x = x - degrade(guess, t) + degrade(guess, s)
    return x


@pytest.mark.parametrize(
    "refresh, published", [(Keep(), algorithm_2), (Redraw(), algorithm_1)], ids=["Keep", "Redraw"]
)
def test_cold_diffusion_is_keep_and_redraw(refresh, published):
    x_T = images(4, 3, 5)
    found = sample(Cold(fade), wrong_restorer, x_T, TIMES, refresh, progress=False)
    close(found, published(fade, x_T), rtol=0, atol=1e-14)
    other = algorithm_1 if published is algorithm_2 else algorithm_2
    assert float((found - other(fade, x_T)).abs().max()) > 0.1


@pytest.mark.parametrize("noise", [1e-6, 0.01, 1.0, 50.0])
def test_blur_with_constant_noise_and_keep_is_algorithm_2_at_any_noise(noise):
    """The noise level drops out of the step: to 1e-6, for a guess that is plainly wrong."""
    process, x_T = Blur((6, 7), 2.0, ConstantNoise(noise)), images(3, 2, 6, 7)
    found = sample(process, wrong_restorer, x_T, TIMES, Keep(), progress=False)
    close(found, algorithm_2(process.blur, x_T), rtol=0, atol=1e-6)


def test_blur_with_changing_noise_and_keep_rescales_the_residual():
    """x_s = D_s(z) + (sigma_s / sigma_t) (x_t - D_t(z)): not Algorithm 2 any more."""
    schedule, t, s = VPLinear(), 0.7, 0.3
    process = Blur((6, 7), 2.0, schedule)
    x_t, z = images(3, 6, 7), images(3, 6, 7, seed=1)
    residual = x_t - process.blur(z, t)
    found = reverse_step(process, z, x_t, t, s)
    scale = schedule.sigma(s) / schedule.sigma(t)
    close(found, process.blur(z, s) + scale * residual, rtol=0, atol=1e-10)
    assert float((found - process.blur(z, s) - residual).abs().max()) > 0.1


def test_algorithm_2_undoes_an_additive_corruption_with_any_restorer():
    """D(x, t) = x + t e: exact to 1e-12, whatever is guessed; Algorithm 1 is far off."""
    e, x0 = images(1, 5, seed=2), images(6, 5)
    process = Cold(lambda x, t: x + t * e)
    x_T = process.degrade(x0, 1.0)
    close(
        sample(process, wrong_restorer, x_T, TIMES, Keep(), progress=False), x0, rtol=0, atol=1e-12
    )
    naive = sample(process, wrong_restorer, x_T, TIMES, Redraw(), progress=False)
    assert float((naive - x0).abs().mean()) > 0.3


# The basis and the blur.


@pytest.mark.parametrize("size", [(1,), (7,), (8, 8), (5, 12), (3, 4, 5)])
def test_dct_is_the_orthonormal_dct_of_scipy(size):
    process, x = Blur(size), images(2, 3, *size)
    axes = tuple(range(-len(size), 0))
    published = torch.as_tensor(fft.dctn(x.numpy(), norm="ortho", axes=axes))
    close(process.dct(x), published, rtol=0, atol=1e-12)
    inverse = torch.as_tensor(fft.idctn(x.numpy(), norm="ortho", axes=axes))
    close(process.inverse_dct(x), inverse, rtol=0, atol=1e-12)


def test_noise_in_the_dct_basis_is_noise_in_pixels():
    """x_t - blur(x0) = sigma_t C^T eps, with the same length as eps."""
    process, x0, eps = (
        Blur((6, 7), 2.0, ConstantNoise(0.3)),
        images(2, 6, 7),
        images(2, 6, 7, seed=1),
    )
    added = process.forward(x0, eps, 0.6) - process.blur(x0, 0.6)
    published = torch.as_tensor(0.3 * fft.idctn(eps.numpy(), norm="ortho", axes=(-2, -1)))
    close(added, published, rtol=0, atol=1e-12)


@pytest.mark.parametrize("t", [0.25, 0.5, 1.0])
def test_blur_is_a_gaussian_filter_of_width_w_t(t):
    """Against scipy's sampled kernel with mirrored edges, w_t = 4 t >= 1 pixel.

    A sampled Gaussian differs from the heat kernel by its aliases. The image has no frequency above
    pi / 4, whose first alias, exp(-(7 pi / 4)^2 w^2 / 2), is 3e-7 at w = 1: hence 1e-6.
    """
    n = 24
    spectrum = images(n, n)
    spectrum[6:], spectrum[:, 6:] = 0, 0
    image = torch.as_tensor(fft.idctn(spectrum.numpy(), norm="ortho"))
    blurred = Blur((n, n), 4.0).blur(image[None], t)[0]
    published = ndimage.gaussian_filter(image.numpy(), 4.0 * t, mode="reflect", truncate=8)
    close(blurred, torch.as_tensor(published), rtol=0, atol=1e-6)
    assert float((blurred - image).abs().max()) > 0.1


def test_blur_solves_the_heat_equation_with_closed_ends():
    """u_tau = u_xx with u_x = 0 at both ends, solved on a grid 21 times finer, to 1e-4.

    What is left is the grid's own error: it is of second order, 9 times as large on a third of it.
    """
    n, tau = 12, 1.5
    process = Blur((n,), width=np.sqrt(2 * tau))

    def profile(x):
        return np.exp(np.cos(np.pi * x / n)) - 0.5 * np.cos(2 * np.pi * x / n)

    def solution(fine: int) -> Tensor:
        m = n * fine  # an odd number of cells in a pixel: the middle one lies at the pixel's centre
        second = (
            np.diag(np.full(m, -2.0)) + np.diag(np.ones(m - 1), 1) + np.diag(np.ones(m - 1), -1)
        )
        second[0, 0] = second[-1, -1] = -1.0
        centres = (np.arange(m) + 0.5) / fine
        u = linalg.expm(tau * fine**2 * second) @ profile(centres)
        return torch.as_tensor(u[fine // 2 :: fine])

    found = process.blur(torch.as_tensor(profile(np.arange(n) + 0.5))[None], 1.0)[0]
    errors = [float((found - solution(fine)).abs().max()) for fine in (7, 21)]
    assert errors[1] < 1e-4
    assert errors[0] / errors[1] == pytest.approx(9, rel=0.05)


def test_each_frequency_decays_like_the_heat_equation():
    """The coefficient k of a 3 x 4 image fades by exp(-((pi k_1/3)^2 + (pi k_2/4)^2) w^2 / 2)."""
    process = Blur((3, 4), 2.0)
    one = torch.ones(1, 3, 4, dtype=torch.float64)
    faded = process.dct(process.blur(process.inverse_dct(one), 0.5))
    k_1, k_2 = np.meshgrid(np.arange(3), np.arange(4), indexing="ij")
    expected = np.exp(-((np.pi * k_1 / 3) ** 2 + (np.pi * k_2 / 4) ** 2) * 1.0 / 2)
    close(faded[0], torch.as_tensor(expected), rtol=1e-10, atol=1e-14)


# The laws of Blur and Cold at any size, time, width and noise, wave by wave.

SIZES = st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple)
LATE, EARLY = st.floats(0.4, 1.0), st.floats(0.02, 0.38)
SCHEDULES = st.one_of(
    st.floats(1e-3, 5.0).map(ConstantNoise),
    st.tuples(st.floats(0.01, 0.1), st.floats(0.2, 5.0)).map(lambda pair: VE(*pair)),
    st.just(VPLinear()),
    st.just(Trig()),
)
# How fast the width grows: at the beginning, evenly, at the end, or in a jump.
WIDTHS = st.tuples(st.floats(0.1, 3.0), st.sampled_from([0.5, 1.0, 2.0, 3.0])).map(
    lambda pair: lambda t: pair[0] * t ** pair[1]
)
DESIGNS = st.sampled_from([Keep(), Redraw(), Markov(), Interpolate(0.6), Ddim(0.5)])


def one_step(process, refresh, x0, x_t, t, s, fresh: Tensor) -> Tensor:
    """One step in the basis of waves, with `fresh` in the place of every normal draw."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("udm_lessons.destroy.noise.normal_like", lambda *args, **kwargs: fresh)
        return process.dct(
            reverse_step(process, process.inverse_dct(x0), process.inverse_dct(x_t), t, s, refresh)
        )


def law_of_a_step(process, refresh, t, s) -> tuple[Tensor, Tensor]:
    """(mean, variance) of each wave of x_s for x0 = 1 and x_t ~ p(x_t | x0): a step is affine in all."""
    one, zero = torch.ones(1, *process.size, dtype=torch.float64), torch.zeros(1, *process.size).double()
    from_x0, from_xt, from_fresh = (
        one_step(process, refresh, x0, x_t, t, s, fresh)
        for x0, x_t, fresh in ((one, zero, zero), (zero, one, zero), (zero, zero, one))
    )
    mean = from_x0 + from_xt * process.attenuation(t, one)
    return mean[0], (from_xt**2 * process.sigma(t, one) ** 2 + from_fresh**2)[0]


@settings(max_examples=60, deadline=None)
@given(SIZES, SCHEDULES, WIDTHS, DESIGNS, LATE, EARLY)
def test_every_wave_of_every_step_has_the_law_of_destroyed_data(size, schedule, width, refresh, t, s):
    """The marginal identity, exactly: mean a_s x0 and variance sigma_s^2."""
    process = Blur(size, width, schedule)
    mean, variance = law_of_a_step(process, refresh, t, s)
    close(mean, process.attenuation(s, mean[None]), rtol=1e-7, atol=1e-9)
    close(variance, torch.full_like(mean, schedule.sigma(s) ** 2), rtol=1e-9, atol=1e-14)


def forgetful(process, noise, t, s, generator=None):
    """A share of the noise is kept, and nothing is added."""
    return 0.8 * noise


def one_share_for_all(process, noise, t, s, generator=None):
    """The Markov share of the first wave for its own noise, and of the others for the fresh noise."""
    rho = process.markov_correlation(t, s, noise)
    fresh = process.noise_law.redraw(noise, generator)
    return rho.flatten()[0] * noise + (1 - rho**2).sqrt() * fresh


@pytest.mark.parametrize("refresh", [forgetful, one_share_for_all])
def test_control_kernels_that_change_the_law_are_seen(refresh):
    process = Blur((4, 5), 2.0, ConstantNoise(1.0))
    mean, variance = law_of_a_step(process, refresh, 0.8, 0.3)
    close(mean, process.attenuation(0.3, mean[None]), rtol=1e-7, atol=1e-9)  # the mean does not see it
    assert float((variance - process.schedule.sigma(0.3) ** 2).abs().max()) > 0.01


@settings(max_examples=60, deadline=None)
@given(SIZES, SCHEDULES, WIDTHS, LATE, st.integers(1, 5), st.integers(0, 99))
def test_inferred_noise_leads_to_x_t_whatever_the_size(size, schedule, width, t, batch, seed):
    """Any x0 and any x_t, related or not, each with a time of its own; waves against scipy's."""
    process = Blur(size, width, schedule)
    x0, x_t = images(2, batch, 2, *size, seed=seed)
    times = torch.linspace(0.5 * t, t, batch, dtype=torch.float64)
    noise = process.infer_noise(x0, x_t, times)
    close(process.forward(x0, noise, times), x_t, rtol=1e-9, atol=1e-9)
    axes = tuple(range(-len(size), 0))
    u_t, u_0 = (fft.dctn(x.numpy(), norm="ortho", axes=axes) for x in (x_t, x0))
    squares = np.meshgrid(*[(np.pi * np.arange(n) / n) ** 2 for n in size], indexing="ij")
    for row, time in enumerate(times.tolist()):
        a = schedule.alpha(time) * np.exp(-sum(squares) * width(time) ** 2 / 2)
        published = torch.as_tensor((u_t[row] - a * u_0[row]) / schedule.sigma(time))
        close(noise[row], published, rtol=1e-7, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(SIZES, WIDTHS, LATE, EARLY, st.integers(0, 99))
def test_cold_steps_are_the_algorithms_at_any_size_and_time(size, width, t, s, seed):
    process = Blur(size, width)
    guess, x_t = images(2, 3, *size, seed=seed)
    improved = x_t - process.blur(guess, t) + process.blur(guess, s)
    for refresh, published in ((Keep(), improved), (Redraw(), process.blur(guess, s))):
        found = reverse_step(Cold(process.blur), guess, x_t, t, s, refresh)
        close(found, published, rtol=0, atol=1e-12)
    truth = reverse_step(Cold(process.blur), guess, process.blur(guess, t), t, s, Keep())
    close(truth, process.blur(guess, s), rtol=0, atol=1e-12)  # the law of destroyed data
    assert float((improved - process.blur(guess, s)).abs().max()) > 1e-3
