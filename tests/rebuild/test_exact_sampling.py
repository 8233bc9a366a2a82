"""What the laws add up to: information only falls, and exact guesses make every design exact.

With x0_hat ~ p(x0 | x_t), drawn by an exact oracle, the chain has the law p_s at each of its times
s, for any refresh, any number of steps and any grid. Statistical false-alarm rates are stated.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from udm_lessons.data import PAD as WORD_PAD
from udm_lessons.data import VOCABULARY, digits, encode, pinwheel_centres, words
from udm_lessons.destroy import (
    VE,
    Blur,
    ConstantNoise,
    CosineLevel,
    Deletion,
    Gaussian,
    Linear,
    Masking,
    Replacement,
    Schedule,
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
    sample,
)

from worlds.processes import PAD, RATES
from worlds.statistics import assert_plausible, chi2, ks, rng, tally

STEPS = [1, 2, 5, 20]


# Information decreases.


class Bounce(Schedule):
    """sigma_t rises until t = 1/2 and falls again: x_t is no degradation of x_s. What not to do."""

    def alpha(self, t):
        return 1.0

    def sigma(self, t):
        return 0.05 + math.sin(math.pi * t)

    def d_alpha(self, t):
        return 0.0

    def d_sigma(self, t):
        return math.pi * math.cos(math.pi * t)


WORDS = encode(words(5)[:60])
DIGITS = digits(dtype=torch.float64)[0][::30]
PINWHEEL = pinwheel_centres()
INFORMATION = {
    "trig": (PINWHEEL, Gaussian(Trig())),
    "linear": (PINWHEEL, Gaussian(Linear())),
    "vp": (PINWHEEL, Gaussian(VPLinear())),
    "ve": (PINWHEEL, Gaussian(VE(0.05, 5.0))),
    "blur": (DIGITS, Blur((8, 8), 3.0, ConstantNoise(0.8))),
    "masking": (WORDS, Masking(VOCABULARY)),
    "replacement": (WORDS, Replacement(VOCABULARY)),
    "deletion": (WORDS, Deletion(WORD_PAD)),
}


def uncertainty(data, process, t: float, measure: str, n: int = 800) -> tuple[float, float]:
    """The mean of H(x0 | x_t) or of the MMSE over n draws of x_t, and its standard error."""
    g = rng(round(1000 * t))
    x0 = data[torch.randint(len(data), (n,), generator=g)]
    x_t = process.forward(x0, process.sample_noise(x0, g), t)
    values = getattr(FiniteData(data, process), measure)(x_t, t)
    return float(values.mean()), float(values.std()) / math.sqrt(n)


def assert_information_falls(data, process, measure: str) -> None:
    """Each rise exceeds 5 standard errors. The true ones exceed 10: false-alarm rate below 1e-5."""
    found = [uncertainty(data, process, t, measure) for t in (0.2, 0.4, 0.6, 0.8)]
    for (before, error), (after, later_error) in zip(found, found[1:]):
        rise, scale = after - before, math.hypot(error, later_error)
        assert rise > 5 * scale, f"{measure} rose by {rise:.4f}, standard error {scale:.4f}"


@pytest.mark.parametrize(
    "name, measure",
    [(name, "entropy") for name in INFORMATION]
    + [(name, "mmse") for name in ("trig", "linear", "vp", "ve", "blur")],
)
def test_what_is_left_to_guess_rises_with_t(name, measure):
    assert_information_falls(*INFORMATION[name], measure)


@pytest.mark.parametrize("measure", ["entropy", "mmse"])
def test_noise_that_falls_again_gives_information_back(measure):
    process = Gaussian(Bounce())
    with pytest.raises(AssertionError, match="rose by"):
        assert_information_falls(PINWHEEL, process, measure)
    most, error = uncertainty(PINWHEEL, process, 0.5, measure)
    late, late_error = uncertainty(PINWHEEL, process, 0.95, measure)
    assert late < most - 10 * math.hypot(error, late_error)
    # sigma_t = sigma_{1-t}: the same uncertainty, to 5 standard errors, at both ends.
    early, early_error = uncertainty(PINWHEEL, process, 0.05, measure)
    assert abs(late - early) < 5 * math.hypot(early_error, late_error)


# Every design is exact.


def random_grid(steps: int, seed: int) -> list[float]:
    """1, steps - 1 uniform times in decreasing order, 0."""
    inner = torch.rand(steps - 1, generator=rng(seed), dtype=torch.float64)
    return [1.0, *sorted(inner.tolist(), reverse=True), 0.0]


MIXTURES = {
    "1d": GaussianMixture(
        torch.tensor([[-1.5], [0.2], [1.4]], dtype=torch.float64),
        torch.tensor([0.04, 0.3, 0.01], dtype=torch.float64),
        torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64),
    ),
    "2d": GaussianMixture(
        torch.tensor([[-1.0, 0.5], [1.2, 1.0], [0.3, -1.4]], dtype=torch.float64),
        torch.tensor([0.05, 0.2, 0.02], dtype=torch.float64),
    ),
}


def projections(dimension: int) -> list[np.ndarray]:
    angles = (0.0, 0.7, 1.9) if dimension == 2 else (0.0,)
    return [np.array([math.cos(a), math.sin(a)])[:dimension] for a in angles]


def mixture_p_values(mixture: GaussianMixture, schedule, x: torch.Tensor, t: float) -> list[float]:
    """KS of x against p_t, along a few directions, where p_t is a mixture of scalar Gaussians."""
    a, s = schedule.alpha(t), schedule.sigma(t)
    scale = np.sqrt(a**2 * mixture.variances.numpy() + s**2)
    p_values = []
    for direction in projections(x.shape[1]):
        means, weights = a * mixture.means.numpy() @ direction, mixture.weights.numpy()

        def cdf(v, means=means, weights=weights):
            return stats.norm.cdf((v[:, None] - means) / scale) @ weights

        p_values += ks(x @ torch.as_tensor(direction)[:, None], cdf)
    return p_values


def assert_mixture_is_reached(name: str, schedule, predictor, refresh, steps: int) -> None:
    """The chain has the law p_s at all of its times; total false-alarm rate 1e-4."""
    mixture, p_values = MIXTURES[name], []
    process, n = Gaussian(schedule), 5000
    x0 = mixture.sample(n, rng(steps))
    x_T = process.forward(x0, process.sample_noise(x0, rng(steps + 1)), 1.0)

    def measure(s, x_s, x0_hat):
        p_values.extend(mixture_p_values(mixture, schedule, x_s, s))

    times = random_grid(steps, seed=steps)
    x = sample(process, predictor, x_T, times, refresh, rng(steps + 2), False, measure)
    assert x.shape == x0.shape and len(p_values) == steps * len(projections(x.shape[1]))
    assert_plausible(p_values)


DESIGNS = [Keep(), Redraw(), Markov(), Ddim(0.5), Interpolate(0.6), Mixture(0.3)]


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("refresh", DESIGNS, ids=str)
@pytest.mark.parametrize("name, schedule", [("1d", Trig()), ("2d", Linear()), ("2d", VPLinear())])
def test_exact_guesses_reach_a_mixture_by_every_design(name, schedule, refresh, steps):
    guess = posterior_sample(MIXTURES[name], schedule)
    assert_mixture_is_reached(name, schedule, guess, refresh, steps)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("refresh", DESIGNS, ids=str)
def test_mean_guesses_miss_the_mixture(refresh, steps):
    guess = posterior_mean(MIXTURES["1d"], Trig())
    with pytest.raises(AssertionError, match="p-values"):
        assert_mixture_is_reached("1d", Trig(), guess, refresh, steps)


def strings(*rows: str) -> torch.Tensor:
    return torch.tensor([[int(c) for c in row] for row in rows])


THREE = strings("012", "020", "111", "210", "222")
CHANGING = strings("0129", "0099", "1119", "2010", "2999")
WEIGHTS = torch.tensor([0.1, 0.3, 0.2, 0.15, 0.25], dtype=torch.float64)
TOKENS = {
    "masking": (THREE, Masking(PAD)),
    "masking-cosine": (THREE, Masking(PAD, CosineLevel())),
    "replacement": (THREE, Replacement(3)),
    "deletion": (CHANGING, Deletion(PAD)),
    "deletion-rates": (CHANGING, Deletion(PAD, rates=RATES)),
}
TOKEN_DESIGNS = [Keep(), Redraw(), Markov(), Mixture(0.3), Reflect()]


def assert_tokens_are_reached(name: str, predictor, refresh, steps: int) -> None:
    """The chain ends in the data with its weights, and nowhere else; false-alarm rate 1e-4."""
    data, process = TOKENS[name]
    x_T = process.sample_prior((4000, data.shape[1]), rng(steps))
    times = random_grid(steps, seed=steps)
    x = sample(process, predictor, x_T, times, refresh, rng(steps + 1), progress=False)
    law = dict(zip(map(tuple, data.tolist()), WEIGHTS.tolist()))
    assert_plausible([chi2(tally(x), law)])


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("refresh", TOKEN_DESIGNS, ids=str)
@pytest.mark.parametrize("name", TOKENS)
def test_exact_guesses_reach_the_strings_by_every_design(name, refresh, steps):
    guess = posterior_sample(FiniteData(*TOKENS[name], WEIGHTS))
    assert_tokens_are_reached(name, guess, refresh, steps)


@pytest.mark.parametrize("name", TOKENS)
def test_guesses_from_the_wrong_posterior_miss_the_strings(name):
    """A guesser that takes all strings for equally likely."""
    with pytest.raises(AssertionError, match="p-values"):
        assert_tokens_are_reached(name, posterior_sample(FiniteData(*TOKENS[name])), Keep(), 5)


def test_tokens_guessed_one_by_one_miss_the_strings():
    """Right per position, wrong jointly: the factorised guess of a non-autoregressive network."""
    data, process = TOKENS["masking"]
    oracle = FiniteData(data, process, WEIGHTS)

    def one_by_one(x_t, t, generator=None):
        chances = oracle.marginals(x_t, t, 3)
        draws = torch.multinomial(chances.reshape(-1, 3), 1, generator=generator)
        return process.carry_over(draws.reshape(x_t.shape), x_t)

    with pytest.raises(AssertionError, match="p-values"):
        assert_tokens_are_reached("masking", one_by_one, Keep(), 1)
