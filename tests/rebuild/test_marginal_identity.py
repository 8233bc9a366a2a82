"""The third law: if x_t ~ p(x_t | x0), one reverse step with the true x0 gives x_s ~ p(x_s | x0).

It holds for every refresh that leaves q unchanged, and for every pair s < t. By itself it cannot
see an inference that ignores x_t (that is a redraw), nor a mistake that a symmetric F_t hides:
hence the other two laws, in destroy/test_process_laws.py.
"""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from udm_lessons.destroy import Blur, ForwardProcess, Normal
from udm_lessons.rebuild import Ddim, Interpolate, Keep, Markov, Mixture, Redraw, Reflect, reverse_step

from worlds.processes import (
    WORLDS,
    World,
    each_sample_its_time,
    ignoring,
    leftmost,
    midpoint,
    rows_seen,
    with_inference,
)
from worlds.statistics import assert_plausible, chi2, ks, rng

DRAWS = 3000
ANY = [Keep(), Redraw(), Markov(), Mixture(0.3)]
GAUSSIAN = [Interpolate(0.4), Interpolate(1.0), Interpolate(lambda t, s: 0.8), Ddim(0.5), Ddim(1.0)]
REFRESHES = {
    "normal": ANY + GAUSSIAN,
    "uniform": [*ANY, Reflect()],
    "pair": [*ANY, Reflect()],
    "none": ANY,
}
REFUSED = {
    "normal": [Reflect()],
    "uniform": [Interpolate(0.4), Interpolate(0.0), Ddim(0.5), Ddim(0.0)],
    "pair": [Interpolate(0.4), Interpolate(0.0), Ddim(0.5), Ddim(0.0)],
    "none": [Interpolate(0.4), Interpolate(0.0), Ddim(0.5), Ddim(0.0), Reflect()],
}
CASES = [(name, k) for name, world in WORLDS.items() for k in REFRESHES[world.kind]]
WRONG = [(name, k) for name, world in WORLDS.items() for k in REFUSED[world.kind]]
NORMAL = [name for name, world in WORLDS.items() if world.kind == "normal"]


def pairs(world: World) -> list[tuple[float, float]]:
    """(t, s): each time to the one before it, the last to the first, the first to 0."""
    times = (0.0, *world.times)
    return [*zip(times[1:], times), (times[-1], times[1])]


def p_values_at(world: World, row: int, x_s: torch.Tensor, s) -> list[float]:
    """How plausible x_s is as a sample of p(x_s | x0)."""
    process, x0 = world.process, world.repeat(len(x_s), row)
    if world.kind == "normal":
        if isinstance(s, float) and process.sigma(s, x0) == 0:
            torch.testing.assert_close(x_s, x0, rtol=1e-12, atol=1e-12)
            return []
        z = (x_s - process.mean(x0, s)) / process.sigma(s, x0)
        return ks(z, "norm") + (ks(process.dct(z), "norm") if isinstance(process, Blur) else [])
    counts = rows_seen(process, x_s)
    if x_s.is_floating_point():
        seen = Counter()
        for pixels, count in counts.items():
            pairs_of_pixels = zip(pixels, x0[0].flatten().tolist())
            assert all(pixel in (process.mask, true) for pixel, true in pairs_of_pixels)
            seen[tuple(v if v == process.mask else "seen" for v in pixels)] += count
        counts = seen
    return [chi2(counts, world.exact_law(row, s))]


def assert_marginal(world: World, refresh, row: int = 1) -> None:
    """(iii) at every pair of times; total false-alarm rate at most 1e-4."""
    p_values = [1.0]
    for k, (t, s) in enumerate(pairs(world)):
        x0 = world.repeat(DRAWS, row)
        x_t = world.x_t(x0, t, 1000 + k)
        x_s = reverse_step(world.process, x0, x_t, t, s, refresh, rng(2000 + k))
        if world.kind == "none":
            torch.testing.assert_close(x_s, world.process.degrade(x0, s), rtol=1e-12, atol=1e-12)
        else:
            p_values += p_values_at(world, row, x_s, s)
    assert_plausible(p_values)


@pytest.mark.parametrize("name, refresh", CASES, ids=lambda v: str(v).split("<")[0])
def test_marginal_identity(name, refresh):
    assert_marginal(WORLDS[name], refresh)


@pytest.mark.parametrize("name", NORMAL)
@pytest.mark.parametrize("refresh", [Keep(), Interpolate(0.4), Ddim(0.5), Markov()], ids=str)
def test_marginal_identity_when_each_sample_has_its_times(name, refresh):
    """Total false-alarm rate at most 1e-4."""
    world, row = WORLDS[name], 2
    x0 = world.repeat(DRAWS, row)
    t = each_sample_its_time(world, DRAWS, seed=3).clamp(min=1.01 * world.times[0])
    s = world.times[0] * torch.rand(DRAWS, generator=rng(4), dtype=torch.float64) * 0.9 + 0.01
    s = torch.minimum(s, 0.99 * t)
    if world.process.t_max > 1:
        t, s = t.clamp(min=2).round(), torch.ones_like(t)
    x_s = reverse_step(world.process, x0, world.x_t(x0, t, 5), t, s, refresh, rng(6))
    assert_plausible(p_values_at(world, row, x_s, s))


@pytest.mark.parametrize("name", ["masking", "replacement", "deletion", "deletion-rates"])
@pytest.mark.parametrize("refresh", REFRESHES["pair"], ids=str)
def test_marginal_identity_of_tokens_in_a_batch_of_two_times(name, refresh):
    """Total false-alarm rate at most 1e-4."""
    world, times = WORLDS[name], [(0.6, 0.25), (0.9, 0.55)]
    x0 = world.repeat(2 * DRAWS)
    t, s = (torch.tensor(v, dtype=torch.float64).repeat(DRAWS) for v in zip(*times))
    x_s = reverse_step(world.process, x0, world.x_t(x0, t, 5), t, s, refresh, rng(6))
    assert_plausible(
        chi2(rows_seen(world.process, x_s[k::2]), world.exact_law(0, times[k][1])) for k in (0, 1)
    )


@pytest.mark.parametrize("name, refresh", WRONG, ids=lambda v: str(v).split("<")[0])
def test_a_refresh_that_does_not_apply_is_refused(name, refresh):
    world = WORLDS[name]
    t, s = world.times[1], world.times[0]
    x_t = world.x_t(world.x0, t, 0)
    with pytest.raises(TypeError, match="needs"):
        reverse_step(world.process, world.x0, x_t, t, s, refresh, rng(1))


def shrink(process, noise, t, s, generator=None):
    """Keeps 0.75 of normal noise and forgets to add the rest."""
    return 0.75 * noise


def square(process, noise, t, s, generator=None):
    """u -> u^2: thresholds stay in (0, 1) but are no longer uniform."""
    if isinstance(noise, torch.Tensor):
        return noise**2
    return noise._replace(threshold=noise.threshold**2)


def mix_linearly(process, noise, t, s, generator=None):
    """The Gaussian recipe on thresholds: right mean and variance after centring, wrong law."""
    u = noise if isinstance(noise, torch.Tensor) else noise.threshold
    fresh = torch.rand(u.shape, generator=generator, dtype=u.dtype)
    mixed = 0.5 + 0.8 * (u - 0.5) + 0.6 * (fresh - 0.5)
    return mixed if isinstance(noise, torch.Tensor) else noise._replace(threshold=mixed)


BAD_KERNELS = [(name, shrink) for name in NORMAL] + [
    (name, kernel)
    for name, world in WORLDS.items()
    if world.kind in ("uniform", "pair")
    for kernel in (square, mix_linearly)
]


@pytest.mark.parametrize("name, kernel", BAD_KERNELS)
def test_a_kernel_that_changes_q_breaks_the_marginal(name, kernel):
    with pytest.raises(AssertionError, match="p-values"):
        assert_marginal(WORLDS[name], kernel)


def test_thresholds_mixed_linearly_are_not_uniform_and_mixed_by_choice_are():
    """False-alarm rate 1e-4. The right mean and variance do not make a sum of uniforms uniform."""
    world = WORLDS["masking"]
    u = world.process.sample_noise(world.repeat(DRAWS), rng(0))
    assert_plausible(ks(Mixture(0.3)(world.process, u, 0.6, 0.3, rng(1))))
    with pytest.raises(AssertionError, match="p-values"):
        assert_plausible(ks(mix_linearly(world.process, u, 0.6, 0.3, rng(1))))


@pytest.mark.parametrize("name", ["deletion", "deletion-chain"])
def test_the_left_most_alignment_breaks_the_marginal(name):
    world = WORLDS[name]
    with pytest.raises(AssertionError, match="p-values"):
        assert_marginal(with_inference(world, leftmost(world.process)), Keep(), row=0)


@pytest.mark.parametrize("refresh", [Keep(), Markov(), Mixture(0.3), Reflect()], ids=str)
def test_the_middle_of_the_interval_breaks_the_marginal(refresh):
    world = WORLDS["masking"]
    with pytest.raises(AssertionError, match="p-values"):
        assert_marginal(with_inference(world, midpoint(world.process)), refresh)


@pytest.mark.parametrize("name", ["trig", "masking", "deletion"])
def test_the_marginal_alone_does_not_see_an_inference_that_ignores_x_t(name):
    """It passes here, being a redraw; law (i) refuses it in destroy/test_process_laws.py."""
    world = WORLDS[name]
    assert_marginal(with_inference(world, ignoring(world.process)), Keep())


class Folded(ForwardProcess):
    """x_t = x0 + t |eps - shift|: two noises explain every x_t, with chances to be weighed."""

    noise_law, t_max = Normal(), 1.0

    def __init__(self, shift: float, one_sided: bool):
        self.shift, self.one_sided = shift, one_sided

    def forward(self, x0, noise, t):
        return x0 + t * (noise - self.shift).abs()

    def infer_noise(self, x0, x_t, t, generator=None):
        size = (x_t - x0) / t
        right, left = self.shift + size, self.shift - size
        u = torch.rand(size.shape, generator=generator, dtype=size.dtype)
        # The odds of the two roots are the ratio of their normal densities.
        chance = torch.sigmoid((left**2 - right**2) / 2)
        return right if self.one_sided else torch.where(u < chance, right, left)

    def markov_refresh(self, noise, t, s, generator=None):
        return noise

    def sample_prior(self, shape, generator=None, *, dtype=None, device="cpu"):
        return self.forward(torch.zeros(shape), torch.randn(shape, generator=generator), 1.0)


def assert_folded_marginal(shift: float, one_sided: bool) -> None:
    """KS of x_s with the refresh Interpolate(0.6); false-alarm rate 1e-4."""
    process = Folded(shift, one_sided)
    x0 = torch.ones(20_000, 1, dtype=torch.float64)
    x_t = process.forward(x0, process.sample_noise(x0, rng(0)), 0.8)
    x_s = reverse_step(process, x0, x_t, 0.8, 0.5, Interpolate(0.6), rng(1))

    def law(x):  # P(|eps - shift| <= r)
        r = torch.as_tensor((x - 1) / 0.5)
        return (torch.special.ndtr(shift + r) - torch.special.ndtr(shift - r)).numpy()

    assert_plausible(ks(x_s, law))


def test_a_symmetric_forward_map_hides_a_wrong_inference():
    """Always taking one root passes while F is even in the noise: controls need an asymmetric F."""
    assert_folded_marginal(shift=0.0, one_sided=False)
    assert_folded_marginal(shift=0.5, one_sided=False)
    assert_folded_marginal(shift=0.0, one_sided=True)
    with pytest.raises(AssertionError, match="p-values"):
        assert_folded_marginal(shift=0.5, one_sided=True)
    process = Folded(0.0, one_sided=True)
    x0 = torch.ones(5000, 1, dtype=torch.float64)
    x_t = process.forward(x0, process.sample_noise(x0, rng(0)), 0.8)
    with pytest.raises(AssertionError, match="p-values"):  # law (ii) sees it even so
        assert_plausible(ks(process.infer_noise(x0, x_t, 0.8), "norm"))
