"""Laws of every process: F_t is the map that is said, inference leads back to x_t, and inferred noise has law q.

With x_t ~ p(x_t | x0): (i) F_t(x0, infer_noise(x0, x_t, t)) == x_t, and (ii) the inferred noise is
distributed as q. The third law, the marginal identity, is in rebuild/test_marginal_identity.py. Each
assertion is also run on a wrong inference that it must refuse.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from scipy import stats

from udm_lessons import destroy
from udm_lessons.destroy import Deletion

from worlds.processes import WORLDS, World, each_sample_its_time, ignoring, leftmost, midpoint, with_inference
from worlds.statistics import assert_plausible, chi2, ks, rng, tally

DRAWS = 3000
NORMAL = [name for name, world in WORLDS.items() if world.kind == "normal"]
NOISY = [name for name, world in WORLDS.items() if world.kind != "none"]
CONTINUOUS = [name for name, world in WORLDS.items() if world.kind in ("normal", "none")]
DELETION = [name for name, world in WORLDS.items() if isinstance(world.process, Deletion)]


def assert_consistent(world: World, x0, x_t, t, seed: int = 0) -> None:
    """(i): the inferred noise leads from x0 to x_t; exactly for tokens, to rounding for numbers."""
    noise = world.process.infer_noise(x0, x_t, t, rng(seed + 7919))
    again = world.process.forward(x0, noise, t)
    if world.kind in ("uniform", "pair"):
        assert torch.equal(again, x_t)
    else:
        assert again.dtype == torch.float64
        torch.testing.assert_close(again, x_t, rtol=1e-12, atol=1e-12)


def _uniforms(noise, kind: str) -> torch.Tensor:
    """Noise turned into numbers that are U(0, 1) if the noise has law q."""
    if kind == "normal":
        return torch.special.ndtr(noise.flatten(1))
    return (noise.threshold if kind == "pair" else noise).flatten(1)


def noise_p_values(world: World, x0, t, seed: int, vocabulary: int = 3) -> list[float]:
    """(ii) at one x0 and t: KS per component, chi-squared for tokens and jointly."""
    x_t = world.x_t(x0, t, seed)
    noise = world.process.infer_noise(x0, x_t, t, rng(seed + 1))
    u = _uniforms(noise, world.kind)
    p_values = ks(u)
    if world.kind == "pair":
        even = {(r,): 1 / vocabulary for r in range(vocabulary)}
        p_values += [chi2(tally(column[:, None]), even) for column in noise.token.T]
    if u.shape[1] <= 5:
        # Components must be independent as well: thirds of each, jointly.
        thirds = (3 * u).long().clamp(max=2)
        cells = torch.cartesian_prod(*[torch.arange(3)] * u.shape[1]).reshape(-1, u.shape[1])
        p_values.append(chi2(tally(thirds), {tuple(c): 3.0 ** -len(c) for c in cells.tolist()}))
    return p_values


def assert_noise_law(world: World, times=None) -> None:
    """(ii) for two rows of data at every time; total false-alarm rate at most 1e-4."""
    p_values = []
    for k, t in enumerate(times or world.times):
        for row in (0, 1):
            p_values += noise_p_values(world, world.repeat(DRAWS, row), t, 100 * k + 10 * row)
    assert_plausible(p_values)


@pytest.mark.parametrize("name", WORLDS)
def test_inferred_noise_leads_back_to_x_t(name):
    world = WORLDS[name]
    x0 = world.x0.repeat(40, *[1] * (world.x0.ndim - 1))
    for seed, t in enumerate((*world.times, *world.times)):
        assert_consistent(world, x0, world.x_t(x0, t, seed), t, seed)


@pytest.mark.parametrize("name", WORLDS)
def test_inferred_noise_leads_back_when_each_sample_has_its_time(name):
    world = WORLDS[name]
    # A batch as large as the width: a wrong broadcast of t would not raise an error.
    for n in (world.x0.shape[-1], 97):
        x0 = world.x0.repeat(n, *[1] * (world.x0.ndim - 1))[:n]
        t = each_sample_its_time(world, n, seed=n)
        x_t = world.x_t(x0, t, n)
        assert_consistent(world, x0, x_t, t, n)
        for i in range(0, n, 7):
            one = slice(i, i + 1)
            assert_consistent(world, x0[one], x_t[one], float(t[i]), n)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_no_pair_of_images_is_off_the_support(name):
    """F_t is onto in the noise: any x_t can be reached from any x0."""
    world = WORLDS[name]
    for seed, t in enumerate(world.times):
        x_t = 3 * torch.randn(world.x0.shape, generator=rng(seed), dtype=torch.float64)
        assert_consistent(world, world.x0, x_t, t)


@pytest.mark.parametrize("name", WORLDS)
def test_an_inference_that_ignores_x_t_is_inconsistent(name):
    world = WORLDS[name]
    wrong = with_inference(world, ignoring(world.process))
    x0 = world.x0.repeat(40, *[1] * (world.x0.ndim - 1))
    x_t = world.x_t(x0, world.times[1], 0)
    if world.kind == "none":
        x_t = x_t + 0.1  # with no noise there is nothing to ignore until x0 is a guess
    with pytest.raises(AssertionError):
        assert_consistent(wrong, x0, x_t, world.times[1])


@pytest.mark.parametrize("name", NORMAL)
def test_normal_noise_is_recovered_itself(name):
    """Stronger than its law: with x_t affine in the noise, the very noise comes back."""
    world = WORLDS[name]
    for seed, t in enumerate(world.times):
        noise = world.process.sample_noise(world.x0, rng(seed))
        x_t = world.process.forward(world.x0, noise, t)
        found = world.process.infer_noise(world.x0, x_t, t)
        torch.testing.assert_close(found, noise, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", NOISY)
def test_inferred_noise_has_law_q(name):
    assert_noise_law(WORLDS[name])


@pytest.mark.parametrize("name", NOISY)
def test_inferred_noise_has_law_q_when_each_sample_has_its_time(name):
    world = WORLDS[name]
    assert_noise_law(world, times=[each_sample_its_time(world, DRAWS, seed=5)])


def test_without_noise_the_residual_of_a_true_pair_is_zero():
    world = WORLDS["cold"]
    for t in world.times:
        x_t = world.process.degrade(world.x0, t)
        assert torch.equal(world.process.infer_noise(world.x0, x_t, t), torch.zeros_like(x_t))


@pytest.mark.parametrize("name", ["masking", "masking-chain", "masked-pixels"])
def test_the_middle_of_the_interval_is_consistent_but_has_not_law_q(name):
    world = WORLDS[name]
    wrong = with_inference(world, midpoint(world.process))
    x0 = world.x0.repeat(40, *[1] * (world.x0.ndim - 1))
    assert_consistent(wrong, x0, world.x_t(x0, world.times[1], 0), world.times[1])
    with pytest.raises(AssertionError, match="p-values"):
        assert_noise_law(wrong)


@pytest.mark.parametrize("name", ["replacement", "replacement-chain"])
def test_the_likeliest_explanation_is_consistent_but_has_not_law_q(name):
    """'Where x_t agrees with x0 nothing was replaced': forgets replacement by itself."""
    world = WORLDS[name]

    def likeliest(x0, x_t, t, generator=None):
        p = world.process.level.p(t)
        noise = world.process.sample_noise(x0, generator)
        u, differs = noise.threshold, x_t != x0
        return noise._replace(
            threshold=torch.where(differs, p * u, p + (1 - p) * u),
            token=torch.where(differs, x_t, noise.token),
        )

    wrong = with_inference(world, likeliest)
    x0 = world.x0.repeat(40, 1)
    assert_consistent(wrong, x0, world.x_t(x0, world.times[1], 0), world.times[1])
    with pytest.raises(AssertionError, match="p-values"):
        assert_noise_law(wrong)


@pytest.mark.parametrize("name", ["deletion", "deletion-chain"])
def test_the_left_most_alignment_is_consistent_but_has_not_law_q(name):
    world = WORLDS[name]
    wrong = with_inference(world, leftmost(world.process))
    x0 = world.x0.repeat(40, 1)
    assert_consistent(wrong, x0, world.x_t(x0, world.times[1], 0), world.times[1])
    with pytest.raises(AssertionError, match="p-values"):
        assert_noise_law(wrong)


@pytest.mark.parametrize("name", ["linear", "chain", "blurring"])
def test_forgetting_the_fading_of_the_signal_has_not_law_q(name):
    world = WORLDS[name]

    def no_alpha(x0, x_t, t, generator=None):
        sigma = world.process.sigma(t, x0)
        return world.process.infer_noise(x0, x_t - x0 + world.process.mean(x0, t), t) + 0 * sigma

    with pytest.raises(AssertionError, match="p-values"):
        assert_noise_law(with_inference(world, no_alpha))


@pytest.mark.parametrize("name", DELETION)
def test_a_string_that_is_no_subsequence_is_refused(name):
    process = WORLDS[name].process
    x0, other = torch.tensor([[0, 1, 2, process.pad]]), torch.tensor([[1, 0, process.pad]])
    with pytest.raises(ValueError, match="x_t must be a subsequence"):
        process.infer_noise(x0, other, process.t_max / 2)
    assert process.log_likelihood(other, x0, process.t_max / 2) == -torch.inf


@pytest.mark.parametrize("t", [0.0, 1.0])
@pytest.mark.parametrize("name", ["deletion", "deletion-rates"])
def test_a_subsequence_that_the_level_forbids_is_refused(name, t):
    """At p = 0 nothing can be missing; at p = 1 nothing can be left."""
    process = WORLDS[name].process
    with pytest.raises(ValueError, match="x_t must be a subsequence"):
        process.infer_noise(torch.tensor([[0, 1, 9]]), torch.tensor([[0, 9, 9]]), t)


def test_each_token_vanishes_at_its_own_rate():
    """A single token v survives with probability (1 - p)^{rate_v}; total false-alarm rate 1e-4."""
    world = WORLDS["deletion-rates"]
    n, t = 20_000, 0.3
    p_values = []
    for token, rate in enumerate(world.process.rates.tolist()):
        x_t = world.x_t(torch.full((n, 1), token), t, token)
        left = int((x_t == token).sum())
        p_values.append(stats.binomtest(left, n, (1 - t) ** rate).pvalue)
    assert_plausible(p_values)


def test_a_level_just_below_one_is_not_rounded_to_one():
    """1 - 1e-9 is 1 in float32, but a token can still be seen there."""
    t = 1 - 1e-9
    for name in ("masking", "replacement", "deletion"):
        world = WORLDS[name]
        assert_consistent(world, world.x0, world.x0, t)
        assert bool(world.process.log_likelihood(world.x0, world.x0, t).isfinite().all())


# Law 0: F_t is what it is said to be, token by token.

TOKENS = [name for name, world in WORLDS.items() if world.brute]


def forward_gaps(world: World, t: float, draws: int = 50) -> list[tuple]:
    """Rows on which the process and F_t by brute force differ, for the same noise."""
    gaps = []
    for row in range(len(world.x0)):
        x0 = world.repeat(draws, row)
        noise = world.process.sample_noise(x0, rng(row))
        x_t = world.process.forward(x0, noise, t)
        brute = world.brute(world.row(row), world.levels(world.row(row), Fraction(world.process.level.p(t))))
        u = (noise.threshold if world.kind == "pair" else noise).flatten(1).tolist()
        spare = noise.token.flatten(1).tolist() if world.kind == "pair" else u
        for mine, us, rs in zip(x_t.flatten(1).tolist(), u, spare, strict=True):
            mask, pad = getattr(world.process, "mask", None), getattr(world.process, "pad", None)
            seen = tuple(v for v in mine if v != pad)
            if world.x0.is_floating_point():
                seen = tuple(v if v == mask else "seen" for v in mine)
            if seen != brute(tuple(zip(us, rs))):
                gaps.append((row, us))
    return gaps


@pytest.mark.parametrize("name", TOKENS)
def test_forward_is_the_map_that_is_said(name):
    world = WORLDS[name]
    for t in world.times:
        assert forward_gaps(world, t) == []


@pytest.mark.parametrize("name", TOKENS)
def test_control_another_forward_map_is_noticed(name):
    """The laws below see only that a process agrees with itself; this one sees which process it is."""
    world, t = WORLDS[name], WORLDS[name].times[1]
    process = copy.copy(world.process)
    honest = process.forward
    process.forward = lambda x0, noise, t: honest(x0, noise, world.times[0])
    assert forward_gaps(replace(world, process=process), t)


# Held elsewhere: its noise has a law of its own, and its laws are tried in test_alignment.py.
ELSEWHERE = {"Editing"}


def test_every_process_has_a_world() -> None:
    public = {
        name
        for name in destroy.__all__
        if inspect.isclass(value := getattr(destroy, name))
        and issubclass(value, destroy.ForwardProcess)
        and not inspect.isabstract(value)
    }
    missing = public - {type(world.process).__name__ for world in WORLDS.values()} - ELSEWHERE
    assert not missing, f"give {missing} a World in tests/worlds/processes.py"
    assert ELSEWHERE <= public
