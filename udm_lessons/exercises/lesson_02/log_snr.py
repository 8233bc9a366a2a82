"""02.3: the logarithm of the signal-to-noise ratio."""

from __future__ import annotations

import torch

from ...checks import Exercise


def log_snr(alpha, sigma):
    return torch.log(alpha**2 / sigma**2)


def cases():
    alpha = torch.linspace(0.95, 0.05, 6, dtype=torch.float64)
    sigma = torch.linspace(0.2, 1.3, 6, dtype=torch.float64)
    return (
        (torch.tensor([0.8, 0.6]), torch.tensor([0.6, 0.8])),
        (torch.tensor([1.0, 1.0, 1.0]), torch.tensor([0.01, 0.5, 40.0])),
        (alpha, sigma),
    )


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
)


@EXERCISE.right
def twice_a_difference(alpha, sigma):
    return 2 * (alpha.log() - sigma.log())


@EXERCISE.slip(
    "You took the ratio of the scales. The SNR is a ratio of variances, so its logarithm is twice as large."
)
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
