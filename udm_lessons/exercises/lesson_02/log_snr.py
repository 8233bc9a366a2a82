"""02.3: the logarithm of the signal-to-noise ratio."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, uniform


def log_snr(alpha, sigma):
    return torch.log(alpha**2 / sigma**2)


def cases():
    alpha = torch.linspace(0.95, 0.05, 6, dtype=torch.float64)
    sigma = torch.linspace(0.2, 1.3, 6, dtype=torch.float64)
    t = torch.linspace(0.01, 0.99, 5, dtype=torch.float64)
    return (
        (torch.tensor([0.8, 0.6]), torch.tensor([0.6, 0.8])),
        (torch.tensor([1.0, 1.0, 1.0]), torch.tensor([0.01, 0.5, 40.0])),
        (alpha, sigma),
        (torch.tensor([0.3], dtype=torch.float64), torch.tensor([2.0], dtype=torch.float64)),
        (torch.ones(4, dtype=torch.float64), torch.tensor([0.01, 0.2, 3.0, 50.0], dtype=torch.float64)),
        (1 - t, t),
        (torch.tensor([1e-3, 2.0, 0.5, 30.0]), torch.tensor([5.0, 2.0, 0.5, 0.1])),
        (torch.tensor([0.9, 0.7, 4e-4]), torch.tensor([4e-4, 0.9, 1.0])),
    )


def inputs(rng):
    n = rng.choice([1, 2, 3, 5, 50])
    kind = rng.choice(["circle", "line", "exploding", "any"])
    t = uniform(rng.getrandbits(31), n).sort().values * 0.98 + 0.01
    alpha, sigma = {
        "circle": (torch.cos(math.pi / 2 * t), torch.sin(math.pi / 2 * t)),
        "line": (1 - t, t),
        "exploding": (torch.ones_like(t), 0.01 * 5000**t),
        "any": (30 * uniform(rng.getrandbits(31), n) + 1e-3, 30 * uniform(rng.getrandbits(31), n) + 1e-3),
    }[kind]
    if rng.random() < 0.2:  # close to the two ends
        alpha[-1], sigma[-1] = 4e-4, 1.0
        sigma[0] = 4e-4
    dtype = rng.choice([torch.float32, torch.float64])
    return alpha.to(dtype), sigma.to(dtype)


EXERCISE = Exercise(
    id="02.3",
    title="Log-SNR",
    difficulty=1,
    minutes=3,
    points=1,
    reference=log_snr,
    cases=cases,
    law=r"$\log \text{SNR}_t = \log(\alpha_t^2 / \sigma_t^2)$",
    praise="Whatever the schedule is called, this one curve is all that sets it apart.",
    idea="What must come out where signal and noise are equally strong? What if you swap the two? "
    "And what happens if you double both scales?",
    why=r"The SNR compares variances, $\alpha_t^2$ and $\sigma_t^2$; its logarithm is 0 where they are "
    "equal, and falls as "
    "the noise takes over.",
    inputs=inputs,
)


@EXERCISE.right
def twice_a_difference(alpha, sigma):
    return 2 * (alpha.log() - sigma.log())


@EXERCISE.slip("You took the ratio of the scales. The SNR is a ratio of variances.")
def not_squared(alpha, sigma):
    return torch.log(alpha / sigma)


@EXERCISE.slip("Signal over noise, not noise over signal: the number must fall as time goes on.")
def turned_over(alpha, sigma):
    return torch.log(sigma**2 / alpha**2)


@EXERCISE.slip("That is the SNR. Take its logarithm.")
def no_logarithm(alpha, sigma):
    return alpha**2 / sigma**2


@EXERCISE.slip("You measured in decibels. Here the natural logarithm is meant, without a factor.")
def decibels(alpha, sigma):
    return 10 * torch.log10(alpha**2 / sigma**2)


@EXERCISE.slip("You measured with the logarithm to base 10. Here the natural logarithm is meant.")
def base_10(alpha, sigma):
    return torch.log10(alpha**2 / sigma**2)


@EXERCISE.slip("You measured in bits, with the logarithm to base 2. Here the natural logarithm is meant.")
def base_2(alpha, sigma):
    return torch.log2(alpha**2 / sigma**2)


@EXERCISE.slip("You squared the logarithm. The squares belong inside, on the scales.")
def logarithm_squared(alpha, sigma):
    return torch.log(alpha / sigma) ** 2


@EXERCISE.slip("Only one of the two scales is squared. The SNR compares two variances.")
def noise_not_squared(alpha, sigma):
    return torch.log(alpha**2 / sigma)


@EXERCISE.slip("You divided the logarithms. The logarithm is taken of the ratio.")
def ratio_of_logarithms(alpha, sigma):
    return torch.log(alpha**2) / torch.log(sigma**2)


@EXERCISE.slip(
    "You divided by all that there is, signal and noise. The SNR compares the signal with the noise alone."
)
def share_of_the_whole(alpha, sigma):
    return torch.log(alpha**2 / (alpha**2 + sigma**2))


@EXERCISE.slip(
    "You add 1 before the logarithm. Where there is more noise than signal, the result must be negative."
)
def one_added(alpha, sigma):
    return torch.log1p(alpha**2 / sigma**2)


@EXERCISE.slip("You squared logarithms. The logarithm of a square is something else: square first.")
def logarithms_squared(alpha, sigma):
    return torch.log(alpha) ** 2 - torch.log(sigma) ** 2
