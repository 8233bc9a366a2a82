"""What lesson 01 says in words and pictures, held by numbers of its own for each claim.

Every number is seeded. Where a claim is statistical, the bar lies many standard errors away from what
is measured, and the opposite claim is shown to fail.
"""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from udm_lessons.data import MASK, PAD, PIXEL_MASK, VOCABULARY, digits, encode, words
from udm_lessons.destroy import Blur, ConstantNoise, Deletion, Gaussian, Masking, Replacement, Trig, dct_matrix
from udm_lessons.rebuild import FiniteData

from worlds.statistics import rng

SCHEDULE, N = Trig(), 1000
PROCESS = Gaussian(SCHEDULE)


@pytest.mark.parametrize(
    "data, process",
    [
        (digits()[0], PROCESS),
        (encode(words(5)), Masking(MASK)),
        (encode(words(5)), Replacement(VOCABULARY)),
        (encode(words(5)), Deletion(PAD)),
    ],
    ids=["noise", "masking", "replacement", "deletion"],
)
def test_nothing_is_left_at_the_last_time(data, process):
    x0, t = data[:100], 0.999
    x_t = process.forward(x0, process.sample_noise(x0, rng(1)), t)
    left = FiniteData(data, process).entropy(x_t, t).mean() / math.log(len(data))
    assert left > 0.98
    x_t = process.forward(x0, process.sample_noise(x0, rng(1)), 0.3)
    assert FiniteData(data, process).entropy(x_t, 0.3).mean() / math.log(len(data)) < 0.5


def blurred(scale: float, n: int = 400, data=digits()[0]) -> tuple[float, float]:
    """At t = 1: the share left to guess, and how often the likeliest row is the right one."""
    process = Blur((8, 8), 3.0, ConstantNoise(scale))
    x_t = process.forward(data[:n], process.sample_noise(data[:n], rng(2)), 1.0)
    weights = FiniteData(data, process).weights(x_t, 1.0)
    left = -torch.xlogy(weights, weights).sum(1).mean() / math.log(len(data))
    return float(left), float((weights.argmax(1) == torch.arange(len(x_t))).double().mean())


def test_a_light_noise_does_not_make_blur_forget():
    """Four runs gave .093 to .103 and .73 to .78; the standard errors are .004 and .022."""
    left, right = blurred(0.05)
    assert 0.08 < left < 0.12 and 0.66 < right < 0.85
    # Control: with heavy noise hardly anything is known.
    left, right = blurred(2.0)
    assert left > 0.9 and right < 0.1


def test_what_is_left_depends_on_the_list():
    """.019 of log 100 and .095 of log 1797."""
    assert blurred(0.05, 100, digits()[0][:100])[0] < 0.04 < 0.08 < blurred(0.05)[0]


def test_blur_alone_is_noisy_from_the_start():
    x0, tokens = digits()[0][:20], encode(words(5))[:20]
    for data, process in [(x0, PROCESS), (x0, Masking(PIXEL_MASK)), (tokens, Replacement(VOCABULARY)), (tokens, Deletion(PAD))]:
        assert torch.equal(process.forward(data, process.sample_noise(data, rng(7)), 0.0), data)
    process = Blur((8, 8), 3.0, ConstantNoise(0.05))
    error = process.forward(x0, process.sample_noise(x0, rng(7)), 0.0) - x0
    assert abs(float(error.std()) - 0.05) < 0.005


# Words.

WORDS = encode(words(5))
DELETED, REPLACED, MASKED = Deletion(PAD), Replacement(VOCABULARY), Masking(MASK)


def left_of_words(process, t: float, repeats: int, data=WORDS) -> tuple[float, float]:
    """The share left to guess and its standard error."""
    x0 = data.repeat(repeats, 1)
    x_t = process.forward(x0, process.sample_noise(x0, rng(8)), t)
    left = FiniteData(data, process).entropy(x_t, t) / math.log(len(data))
    return float(left.mean()), float(left.std()) / math.sqrt(len(left))


def deletion_counted_up(t: float) -> float:
    """The share left to guess after deletion, over all that can happen."""
    mass: dict[str, float] = {}
    for word, kept in itertools.product(words(5), itertools.product([False, True], repeat=5)):
        y = "".join(itertools.compress(word, kept))
        mass[y] = mass.get(y, 0) + t ** (5 - len(y)) * (1 - t) ** len(y) / len(WORDS)
    left = FiniteData(WORDS, DELETED).entropy(encode(list(mass), 5), t) / math.log(len(WORDS))
    return float((left * torch.tensor(list(mass.values()))).sum())


def leads(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """More is left by 4 standard errors."""
    return one[0] - other[0] > 4 * math.hypot(one[1], other[1])


@pytest.mark.parametrize("t, repeats", [(0.05, 200), (0.2, 20), (0.5, 10), (0.8, 5)])
def test_replacement_is_crueller_to_words_than_deletion(t, repeats):
    """At t = .05 it is .0079 against .0069, which is 8 standard errors; at later times it is 7 or more."""
    replaced, deleted = left_of_words(REPLACED, t, repeats), (deletion_counted_up(t), 0.0)
    assert leads(replaced, deleted) and not leads(deleted, replaced)
    if t == 0.05:
        assert abs(deleted[0] - 0.0069) < 5e-5 and abs(replaced[0] - 0.0079) < 5e-4


def test_where_only_the_order_differs_deletion_is_the_cruellest():
    """.69 and .32 for the six words, each with a standard error of .006; .228 for masks, counted up."""
    data = encode(["".join("b" if i == j else "a" for i in range(6)) for j in range(6)])
    deleted, replaced, masked = (left_of_words(process, 0.4, 600, data) for process in (DELETED, REPLACED, MASKED))
    assert leads(deleted, replaced) and leads(replaced, masked)
    for found, said in ((deleted, 0.69), (replaced, 0.32), (masked, 0.228)):
        assert abs(found[0] - said) < 0.03


# What it means that information decreases.


def known(table: torch.Tensor, weights: torch.Tensor) -> float:
    """What x_t tells of a letter: the mutual information in nats."""
    joint = weights[:, None] * table
    product = joint.sum(1, keepdim=True) * joint.sum(0)
    return float((torch.xlogy(joint, joint) - torch.xlogy(joint, product)).sum())


def test_less_known_of_one_kind_of_data_is_not_less_known_of_all():
    early, late = torch.tensor([[1.0, 0.0], [0.5, 0.5]]).double(), torch.tensor([[0.8, 0.2], [0.2, 0.8]]).double()
    half, many = torch.tensor([0.5, 0.5]).double(), torch.tensor([0.1, 0.9]).double()
    assert known(late, half) < known(early, half) - 0.02
    assert known(late, many) > known(early, many) + 0.005
    assert bool((torch.linalg.solve(early, late) < -0.1).any())
    # Control: where a step leads from one to the other, no data is better known.
    late = early @ torch.tensor([[0.8, 0.2], [0.3, 0.7]]).double()
    for b in torch.linspace(0.02, 0.98, 25).double():
        assert known(late, torch.stack([1 - b, b])) < known(early, torch.stack([1 - b, b]))


X = torch.linspace(-40, 40, 40_001).double()
POINTS, CHANCES = torch.tensor([-1.0, 0.2, 1.3]).double(), torch.tensor([0.5, 0.2, 0.3]).double()


def uncertainty(alpha: float, sigma: float) -> float:
    """H(x0 | x_t) for three points, by an integral over y = x_t / sigma."""
    joint = CHANCES * torch.exp(-((X[:, None] - alpha / sigma * POINTS) ** 2) / 2) / math.sqrt(2 * math.pi)
    posterior = joint / joint.sum(1, keepdim=True).clamp(min=1e-300)
    return float(-(joint.sum(1) * torch.xlogy(posterior, posterior).sum(1)).sum() * (X[1] - X[0]))


SCALES = [(1.0, 0.3), (0.9, 0.5), (1.4, 0.8), (-0.9, 0.45), (0.5, 0.2), (0.5, 0.9), (-0.3, 1.0), (2.0, 1.5)]


def agreements(rule) -> int:
    """In how many pairs of scales less is known at the later if and only if the rule says so."""
    pairs = list(itertools.permutations(SCALES, 2))
    assert len(pairs) == 56
    return sum((uncertainty(*later) > uncertainty(*earlier)) == rule(*earlier, *later) for earlier, later in pairs)


def test_information_falls_if_and_only_if_the_snr_does():
    assert agreements(lambda a, s, b, r: b**2 / r**2 < a**2 / s**2) == 56
    # Controls: the signal alone, the noise alone, a ratio with its sign, and the claim turned round.
    assert agreements(lambda a, s, b, r: b < a) < 56 and agreements(lambda a, s, b, r: r > s) < 56
    assert agreements(lambda a, s, b, r: b / r < a / s) < 56
    assert agreements(lambda a, s, b, r: b**2 / r**2 > a**2 / s**2) == 0


def drowning_times(images):
    """For each wave (k, l): the time at which its SNR under the quarter circle has fallen to 1."""
    images = images.double() - images.double().mean(0)
    power = (dct_matrix(8) @ (images / images.std()) @ dct_matrix(8).T).square().mean(0)[0]
    return torch.atan(power.sqrt()) * 2 / math.pi


def test_fine_waves_of_digits_drown_first_and_those_of_white_noise_do_not():
    k = torch.arange(8)
    fine = torch.maximum(k[:, None], k)
    times = drowning_times(digits()[0])
    assert times[fine == 7].mean() < times[fine == 5].mean() - 0.05
    assert times[fine == 5].mean() < times[(fine > 0) & (fine < 5)].mean() - 0.05
    white = drowning_times(torch.randn((1797, 1, 8, 8), generator=rng(3)))
    # The power of a wave has a relative deviation of sqrt(2/1797) = .033, its time one of .006.
    assert float((white - 0.5).abs().max()) < 6 * 0.006
