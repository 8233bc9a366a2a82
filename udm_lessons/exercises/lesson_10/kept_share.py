"""10.5: how much of its old noise each wave keeps in a Markov step."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, stream
from ._waves import rates


def kept_share(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_s / sigma_t


def cases():
    steep = torch.tensor([0.0, 1.0, 18.0], dtype=torch.float64)
    return (
        (torch.tensor([0.0, 0.5, 2.0]), 1.5, 1.0, 0.8, 0.5),
        (rates(3, 4), 2.0, 1.2, 0.9, 0.4),
        (rates(8, 5), 1.0, 0.5, 0.3, 0.3),
        # For the steepest wave a_t and a_s are both 0 to the computer. Their true quotient is as good
        # as 0 in the first of these cases, and far from it in the second.
        (steep, 24.0, 20.0, 0.5, 0.4),
        (steep, 24.0, 23.999, 0.5, 0.4),
        (rates(8, 1).flatten().float(), 2.0, 1.9208, 0.1, 0.1),  # as in the figure
        (rates(2, 3), 1.2, 0.0, 3.0, 0.9),  # back to the sharp picture
        (rates(8, 8), 2.0, 1.2, 1.0, 0.3),
        (torch.tensor([0.0, 0.2, 7.0, 3.0, 0.2], dtype=torch.float64), 0.6, 0.5, 40.0, 1.0),
        (steep, 0.01, 0.005, 2e-4, 1e-4),  # next to no blur, and next to no noise
    )


def inputs(rng):
    height, width = (rng.choice((1, 2, 3, 4, 5, 8)) for _ in range(2))
    eigenvalues = rates(height, width)
    if rng.random() < 0.3:
        order = torch.randperm(height * width, generator=stream(rng.getrandbits(31)))
        eigenvalues = eigenvalues.flatten()[order]
    if rng.random() < 0.3:
        eigenvalues = eigenvalues.float()
    w_t = rng.choice((24.0, 1.0, 0.01, rng.uniform(0.1, 3.0), rng.uniform(0.1, 3.0), rng.uniform(0.1, 24.0)))
    w_s = rng.choice((0.0, 0.9999 * w_t, rng.random() * w_t, rng.uniform(0.9, 1.0) * w_t))
    sigma_t = rng.choice((2e-4, 0.1, 1.0, 40.0, rng.uniform(0.02, 2.0)))
    return eigenvalues, w_t, w_s, sigma_t, rng.choice((sigma_t, rng.uniform(0.01, 1.0) * sigma_t, min(1.0, sigma_t)))


EXERCISE = Exercise(
    id="10.5",
    title="How much of the noise a Markov step keeps",
    difficulty=2,
    minutes=8,
    points=2,
    reference=kept_share,
    cases=cases,
    law=r"$\rho_k = \frac{a_{t,k}\, \sigma_s}{a_{s,k}\, \sigma_t}$ with $a_{t,k} = e^{-\lambda_k w_t^2 / 2}$",
    praise="Fine waves forget their noise, coarse ones keep it.",
    idea="Start with wave 0, which never fades: what is left of the formula? Then with constant noise and "
    "two equal widths: all noise must be kept. Is a fine wave to keep more than a coarse one, or less?",
    why=r"The root of the ratio of the SNRs is $\frac{a_{t,k}\, \sigma_s}{a_{s,k}\, \sigma_t}$, and "
    r"$a_{t,k} / a_{s,k} = e^{-\lambda_k (w_t^2 - w_s^2)/2}$: with the exponents subtracted first, "
    "there is no 0/0.",
    inputs=inputs,
)


@EXERCISE.right
def all_in_the_exponent(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    log_fading = eigenvalues * (w_s - w_t) * (w_s + w_t) / 2
    return torch.exp(log_fading + math.log(sigma_s / sigma_t))


@EXERCISE.slip("That is one over the share. A share of old noise is at most 1.")
def upside_down(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_t / sigma_s


@EXERCISE.slip("That is the ratio of the SNRs. The correlation is its square root.")
def root_forgotten(**given):
    return kept_share(**given) ** 2


@EXERCISE.slip(
    "You squared the difference of the widths. The blurs at $s$ and at $t$ have a square each: "
    "it is the variances of blurs that add up."
)
def square_of_the_difference(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t - w_s) ** 2 / 2) * sigma_s / sigma_t


@EXERCISE.slip("Your waves fade too fast: compare your exponent with that of $a_{t,k}$.")
def half_missing(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2)) * sigma_s / sigma_t


@EXERCISE.slip(r"The fading is right, the noise is upside down: the SNR has $\sigma^2$ in the denominator.")
def noise_upside_down(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2) * sigma_t / sigma_s


@EXERCISE.slip("The noise levels are missing: a signal-to-noise ratio has both in it.")
def noise_forgotten(eigenvalues, w_t, w_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2) / 2)


@EXERCISE.slip(
    "You took $a_t$ alone. At time $s$ the wave has faded too, and the share compares the two times."
)
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


@EXERCISE.slip("You took the root once too often. The SNRs are squares already.")
def root_taken_twice(**given):
    return kept_share(**given).sqrt()


@EXERCISE.slip("You squared the eigenvalues. They are squares of frequencies already.")
def eigenvalues_squared(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-(eigenvalues**2) * (w_t**2 - w_s**2) / 2) * sigma_s / sigma_t


@EXERCISE.slip("The half in your exponent is squared together with the width.")
def half_squared_too(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * ((w_t / 2) ** 2 - (w_s / 2) ** 2)) * sigma_s / sigma_t


@EXERCISE.slip(
    "Where $a_t$ and $a_s$ are both too small for the computer you return 1. That is not always so."
)
def nothing_by_nothing_set_to_one(**given):
    return quotient_of_nothings(**given).nan_to_num(1.0)


@EXERCISE.slip("You multiplied the two $a$. The share compares the two times, it is a quotient.")
def product_of_the_fadings(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 + w_s**2) / 2) * sigma_s / sigma_t


@EXERCISE.slip("That is the exponent with the noise levels, before it is put into $e$.")
def exponent_returned(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return -eigenvalues * (w_t**2 - w_s**2) / 2 + math.log(sigma_s / sigma_t)


@EXERCISE.slip("That is the share of *fresh* noise. Asked for is that of the old.")
def fresh_share(**given):
    return (1 - kept_share(**given) ** 2).sqrt()


@EXERCISE.slip("You kept $a_s$ from 0 by a small number. That number decides where both $a$ are tiny.")
def small_number_below(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    a_t = torch.exp(-eigenvalues * w_t**2 / 2)
    a_s = torch.exp(-eigenvalues * w_s**2 / 2)
    return a_t / (a_s + 1e-8) * sigma_s / sigma_t


@EXERCISE.slip("Your half belongs to the second width only: set brackets round the difference.")
def brackets(eigenvalues, w_t, w_s, sigma_t, sigma_s):
    return torch.exp(-eigenvalues * (w_t**2 - w_s**2 / 2)) * sigma_s / sigma_t
