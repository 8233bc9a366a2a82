"""What lesson 01 says in words and pictures, held by numbers of its own for each claim.

Every number is seeded. Where a claim is statistical, the bar lies many standard errors away from what
is measured, and the opposite claim is shown to fail.
"""

from __future__ import annotations

import math

import pytest
import torch

from udm_lessons.data import MASK, PAD, VOCABULARY, digits, encode, words
from udm_lessons.destroy import VE, Blur, Deletion, Gaussian, Masking, Replacement, Trig, dct_matrix
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


def test_a_light_noise_does_not_make_blur_forget():
    x0 = digits()[0][:100]
    left = []
    for noise in (0.05, 2.0):
        process = Blur((8, 8), 3.0, VE(0.01, noise))
        x_t = process.forward(x0, process.sample_noise(x0, rng(2)), 1.0)
        left.append(float(FiniteData(digits()[0], process).entropy(x_t, 1.0).mean()) / math.log(1797))
    assert left[0] < 0.2 < 0.9 < left[1]


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
