"""What lesson 03 says, held by numbers of its own for each claim."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.signal import lfilter

from udm_lessons.data import digits
from udm_lessons.destroy import DiscreteSchedule, Gaussian
from udm_lessons.learn import digit_predictor
from udm_lessons.learn.digit_model import SHIPPED, load_weights, new_digit_network
from udm_lessons.measure import gaussian_log_prob, nearest_distance
from udm_lessons.rebuild import FiniteData, Keep, posterior_mean, sample

from worlds.mixtures import F64, HUMPS, PROCESS, TRIG
from worlds.statistics import rng

# Lesson 03: predict.


def test_generation_with_the_oracle_of_a_data_set_copies_the_data_set() -> None:
    images, held = digits("train")[0][:300].double(), digits("heldout")[0][:100].double()
    x_T = PROCESS.sample_prior((50, 1, 8, 8), rng(0), dtype=F64)
    guess = posterior_mean(FiniteData(images, PROCESS))
    copies = sample(PROCESS, guess, x_T, torch.linspace(1, 0, 51), Keep(), None, False)
    assert float(nearest_distance(copies, images).median()) < 0.01
    assert float(nearest_distance(held, images).median()) > 1.0


def test_a_product_forgets_which_tokens_belong_together() -> None:
    """Two equal bits, both masked: the best product gives every pair a quarter."""
    p0 = torch.tensor([[0.5, 0.0], [0.0, 0.5]], dtype=F64)
    product = p0.sum(1)[:, None] * p0.sum(0)
    one_by_one = p0.sum(1)[:, None] * (p0 / p0.sum(1, keepdim=True))
    assert float((product - p0).abs().sum() / 2) == 0.5
    assert torch.equal(one_by_one, p0)
    for seed in range(20):
        a, b = torch.rand(2, generator=rng(seed), dtype=F64)
        other = torch.stack([a, 1 - a])[:, None] * torch.stack([b, 1 - b])
        assert -torch.xlogy(p0, other).sum() >= -torch.xlogy(p0, product).sum()


def test_without_the_logarithm_the_loss_falls_for_ever() -> None:
    x0 = HUMPS.sample(20_000, rng(1))
    x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(2)), 0.6)
    guess = HUMPS.x0_mean(x_t, 0.6, TRIG)
    best = float((x0 - guess).square().mean())
    tried = [best * 2.0**k for k in range(-5, 12)]
    whole = [-float(gaussian_log_prob(x0, guess, v).mean()) for v in tried]
    cut = [full - math.log(2 * math.pi * v) / 2 for full, v in zip(whole, tried)]
    assert min(whole) == whole[5]
    assert all(a > b > 0 for a, b in zip(cut, cut[1:]))


CHAIN = DiscreteSchedule(torch.linspace(0.002, 0.2, 50, dtype=F64))


def noise_losses(x0, eps, t: float):
    x_t = Gaussian(CHAIN).forward(x0, eps, t)
    return (HUMPS.eps_mean(x_t, t, CHAIN) - eps).square().sum(1)


def test_a_path_costs_more_than_single_times_and_only_marginals_count() -> None:
    """Three ways to draw x_1, ..., x_T: equal means (five standard errors), unequal variances."""
    n, generator = 6000, rng(3)
    x0 = HUMPS.sample(n, generator)
    x, path = x0, 0.0
    shared, once = torch.randn(x0.shape, generator=generator, dtype=F64), 0.0
    for t in range(1, 51):
        keep = CHAIN.alpha(t) / (CHAIN.alpha(t - 1) if t > 1 else 1.0)
        fresh = torch.randn(x0.shape, generator=generator, dtype=F64)
        x = keep * x + math.sqrt(1 - keep**2) * fresh
        path = path + noise_losses(x0, (x - CHAIN.alpha(t) * x0) / CHAIN.sigma(t), float(t))
        once = once + noise_losses(x0, shared, float(t))
    x0 = HUMPS.sample(50 * n, generator)
    t = torch.randint(1, 51, (50 * n,), generator=generator).double()
    eps = torch.randn(x0.shape, generator=generator, dtype=F64)
    single = 50 * noise_losses(x0, eps, t).reshape(n, 50).mean(1)
    for other in (path, once):
        error = math.sqrt(float(other.var() + single.var()) / n)
        assert abs(float(other.mean() - single.mean())) < 5 * error
        assert float(other.var() / single.var()) > 5


def test_dependent_examples_shift_nothing_and_cost_accuracy() -> None:
    """Slopes from x_t to x0, exactly 0.8: scattered about it, more widely for a stream."""
    slopes = {"independent": [], "stream": []}
    for seed in range(40):
        fresh, eps = torch.randn(2, 20_000, generator=rng(seed), dtype=F64)
        stream = lfilter([math.sqrt(1 - 0.95**2)], [1, -0.95], fresh.numpy())
        for name, x0 in {"independent": fresh, "stream": torch.tensor(stream)}.items():
            x0 = x0[1000:]  # the stream has reached its law
            x_t = 0.8 * x0 + 0.6 * eps[1000:]
            slopes[name].append(float((x0 * x_t).mean() / x_t.square().mean()))
    found = {name: torch.tensor(values) for name, values in slopes.items()}
    for values in found.values():
        assert abs(float(values.mean()) - 0.8) < 5 * float(values.std()) / math.sqrt(40)
    assert float(found["stream"].std()) > 1.5 * float(found["independent"].std())


def test_nothing_is_lost_in_a_plane_that_holds_the_data_and_variance_is_lost_in_others() -> None:
    """x0 = U z: the posterior mean is U times that of z; the rest of the score is -x / sigma^2."""
    U = torch.linalg.qr(torch.randn(6, 2, generator=rng(4), dtype=F64)).Q
    centres = torch.randn(7, 2, generator=rng(5), dtype=F64)
    small, large = (FiniteData(x, PROCESS) for x in (centres, centres @ U.T))
    x_t, t = torch.randn(9, 6, generator=rng(6), dtype=F64), 0.6
    torch.testing.assert_close(large.x0_mean(x_t, t), small.x0_mean(x_t @ U, t) @ U.T)
    score = (TRIG.alpha(t) * large.x0_mean(x_t, t) - x_t) / TRIG.sigma(t) ** 2
    away = torch.eye(6, dtype=F64) - U @ U.T
    torch.testing.assert_close(score @ away, -x_t @ away / TRIG.sigma(t) ** 2)
    pixels = digits("train")[0].flatten(1).double()
    centred = pixels - pixels.mean(0)
    values, axes = torch.linalg.eigh(centred.T @ centred / len(pixels))
    kept = axes[:, -16:]
    lost = (centred - centred @ kept @ kept.T).square().sum(1).mean()
    assert float(lost) == pytest.approx(float(values[:-16].sum()), rel=1e-9)
    assert 0.1 < float(lost / values.sum()) < 0.2  # digits fill more than 16 directions
    assert float(values[-32:].sum() / values.sum()) == pytest.approx(0.97, abs=0.005)  # half of them


def test_on_unseen_digits_a_network_beats_the_oracle_of_the_data_set_at_small_times_only() -> None:
    """Paired over held-out digits; on the training digits the oracle wins at every time (the control)."""
    network = new_digit_network()
    network.load_state_dict(load_weights(SHIPPED))
    guess = digit_predictor(network.eval().requires_grad_(False))
    train, held = digits("train")[0], digits("heldout")[0]
    oracle = posterior_mean(FiniteData(train, PROCESS))
    lead = {}
    for name, x0 in {"train": train[:600], "held": held[:600]}.items():
        for t in (0.2, 0.8):
            x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, rng(7)), t)
            ours, theirs = ((g(x_t, t) - x0).square().flatten(1).mean(1) for g in (guess, oracle))
            gain = theirs - ours
            lead[name, t] = float(gain.mean() / gain.std() * math.sqrt(len(gain)))
            if (name, t) == ("held", 0.2):
                assert float(ours.mean()) < float(theirs.mean()) / 2
    assert lead["held", 0.2] > 5
    assert lead["held", 0.8] < 2
    assert lead["train", 0.2] < -5 and lead["train", 0.8] < -2


def test_an_untold_network_would_learn_the_mean_over_the_times() -> None:
    """By counting pairs of (x0, x_t) with t drawn at random; the plain mean over the times is another (control)."""
    generator, times = rng(8), (0.2, 0.5, 0.8)
    x0 = HUMPS.sample(600_000, generator)
    t = torch.tensor(times, dtype=F64)[torch.randint(3, (len(x0),), generator=generator)]
    x_t = PROCESS.forward(x0, PROCESS.sample_noise(x0, generator), t)
    misses = 0
    for at in (-0.9, 0.2, 1.4):
        near = (x_t[:, 0] - at).abs() < 0.02
        counted, error = float(x0[near].mean()), float(x0[near].std()) / math.sqrt(int(near.sum()))
        x = torch.tensor([[at]], dtype=F64)
        means = torch.stack([HUMPS.x0_mean(x, u, TRIG) for u in times])[:, 0, 0]
        logs = torch.stack([HUMPS.log_prob(x, u, TRIG) for u in times])[:, 0]
        assert abs(float((logs.softmax(0) * means).sum()) - counted) < 5 * error + 0.01
        misses += abs(float(means.mean()) - counted) > 5 * error + 0.01
    assert misses >= 2
