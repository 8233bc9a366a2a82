"""10.4: how much of its old noise each wave keeps in a Markov step."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise
from .fading import fading


def kept_share(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_s / sigma_t


def eigenvalues_of(height, width):
    """The rates at which the waves of a picture fade, read off from how they fade."""
    return -2 * torch.log(fading(height, width, 1.0)).double()


def cases():
    steep = torch.tensor([0.0, 1.0, 18.0], dtype=torch.float64)
    return (
        (torch.tensor([0.0, 0.5, 2.0]), 1.5, 1.0, 0.8, 0.5),
        (eigenvalues_of(3, 4), 2.0, 1.2, 0.9, 0.4),
        (eigenvalues_of(8, 5), 0.9, 0.5, 0.3, 0.3),
        # For the steepest wave a_t and a_s are both 0 to the computer. Their true quotient is as good
        # as 0 in the first of these cases, and far from it in the second.
        (steep, 24.0, 20.0, 0.5, 0.4),
        (steep, 24.0, 23.999, 0.5, 0.4),
    )


EXERCISE = Exercise(
    id="10.4",
    title="How much of the noise a Markov step keeps",
    difficulty=2,
    minutes=8,
    points=2,
    reference=kept_share,
    cases=cases,
    law=r"$\rho_k = \frac{a_{t,k}\, \sigma_s}{a_{s,k}\, \sigma_t}$ with $a_{t,k} = e^{-\lambda_k w_t^2 / 2}$",
    praise="Fine waves forget their noise, coarse ones keep it.",
)


@EXERCISE.right
def all_in_the_exponent(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    log_fading = eigenvalues * (w_s - w_t) * (w_s + w_t) / 2
    return torch.exp(log_fading + math.log(sigma_s / sigma_t))


@EXERCISE.slip("That is the inverse. A correlation is at most 1.")
def upside_down(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_t / sigma_s


@EXERCISE.slip("That is the ratio of the SNRs. The correlation is its square root.")
def root_forgotten(**given):
    return kept_share(**given) ** 2


@EXERCISE.slip(
    "You squared the difference of the widths. Asked for is the difference of their squares: "
    "variances of blurs add up."
)
def square_of_the_difference(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t - w_s) ** 2 / 2) * sigma_s / sigma_t


@EXERCISE.slip(r"The exponent of $a_{t,k}$ is $-\lambda_k w_t^2 / 2$. The half is missing.")
def half_missing(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2)) * sigma_s / sigma_t


@EXERCISE.slip(r"The fading is right, the noise is upside down: the SNR has $\sigma^2$ in the denominator.")
def noise_upside_down(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_t / sigma_s


@EXERCISE.slip(r"The noise levels are missing: the SNR is $a^2 / \sigma^2$.")
def noise_forgotten(eigenvalues, w_t, w_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2)


@EXERCISE.slip("You took $a_t$ alone. At time $s$ the wave has faded too: divide by $a_s$.")
def earlier_blur_forgotten(eigenvalues, w_t, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * w_t**2 / 2) * sigma_s / sigma_t


@EXERCISE.slip(
    "Right, until both $a_t$ and $a_s$ are too small for the computer: then it is 0/0. "
    "Subtract the exponents first."
)
def quotient_of_nothings(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    a_t = torch.exp(-eigenvalues * w_t**2 / 2)
    a_s = torch.exp(-eigenvalues * w_s**2 / 2)
    return (a_t / sigma_t) / (a_s / sigma_s)


@EXERCISE.slip(
    "Where $a_t$ and $a_s$ are both too small for the computer you return 0. "
    "Their quotient need not be small: subtract the exponents first."
)
def nothing_by_nothing_set_to_zero(**given):
    return quotient_of_nothings(**given).nan_to_num()


@EXERCISE.slip("The exponent has the wrong sign: from s to t a wave fades.")
def sign_of_the_exponent(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_s / sigma_t


@EXERCISE.slip(
    r"The fading is right, but the noise enters the root of the SNR as $\sigma$, not as $\sigma^2$."
)
def ratio_of_variances_of_the_noise(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2) * (sigma_s / sigma_t) ** 2


@EXERCISE.slip("In the exponent stand the *squares* of the widths.")
def widths_not_squared(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t - w_s) / 2) * sigma_s / sigma_t
