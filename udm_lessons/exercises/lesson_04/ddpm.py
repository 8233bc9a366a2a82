"""04.5: how much of the noise DDPM draws anew."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise


def ddpm_sigma(alpha_t, sigma_t, alpha_s, sigma_s):
    snr_t, snr_s = (alpha_t / sigma_t) ** 2, (alpha_s / sigma_s) ** 2
    return math.sqrt(1 - snr_t / snr_s)


def cases():
    return (
        (0.6, 0.8, 0.8, 0.6),
        (1.0, 4.0, 1.0, 1.5),
        (0.3, 0.7, 0.9, 0.2),
    )


EXERCISE = Exercise(
    id="04.5",
    title="Where DDPM lies",
    difficulty=2,
    minutes=8,
    points=2,
    reference=ddpm_sigma,
    cases=cases,
    law=r"$\tilde\sigma^2 = 1 - \text{SNR}_t / \text{SNR}_s$",
    praise="With it the design is the posterior of the Markov chain of DDPM, for any pair of times.",
)


@EXERCISE.right
def noise_of_the_forward_step(alpha_t, sigma_t, alpha_s, sigma_s):
    variance = sigma_t**2 - (alpha_t / alpha_s * sigma_s) ** 2
    return math.sqrt(variance) / sigma_t


@EXERCISE.right
def from_the_correlation(alpha_t, sigma_t, alpha_s, sigma_s):
    rho = alpha_t * sigma_s / (alpha_s * sigma_t)
    return torch.tensor(1 - rho**2).sqrt()


@EXERCISE.slip(r"That is $\tilde\sigma^2$. Asked for is $\tilde\sigma$ itself.")
def variance_for_deviation(alpha_t, sigma_t, alpha_s, sigma_s):
    snr_t, snr_s = (alpha_t / sigma_t) ** 2, (alpha_s / sigma_s) ** 2
    return 1 - snr_t / snr_s


@EXERCISE.slip(
    r"That is $\rho$, the weight of the old noise. The weight of the fresh noise is $\sqrt{1 - \rho^2}$."
)
def correlation_returned(alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_t * sigma_s / (alpha_s * sigma_t)


@EXERCISE.slip(
    r"That is $\sigma_s \tilde\sigma$, the deviation of what is added to $x_s$. "
    r"Asked for is $\tilde\sigma$ alone."
)
def scaled_to_s(sigma_s, **given):
    return sigma_s * ddpm_sigma(sigma_s=sigma_s, **given)


@EXERCISE.slip("The squares of the two weights sum to one, not the weights.")
def one_minus_rho(alpha_t, sigma_t, alpha_s, sigma_s):
    rho = alpha_t * sigma_s / (alpha_s * sigma_t)
    return 1 - rho


@EXERCISE.slip(r"You took $\alpha/\sigma$ for the SNR. The SNR is a ratio of variances: $\alpha^2/\sigma^2$.")
def snr_not_squared(alpha_t, sigma_t, alpha_s, sigma_s):
    snr_t, snr_s = alpha_t / sigma_t, alpha_s / sigma_s
    return math.sqrt(1 - snr_t / snr_s)


@EXERCISE.slip(
    r"That would be $\sqrt{\beta_t}$, the noise of one forward step, for $\alpha^2 + \sigma^2 = 1$. "
    "Here it is measured against the noise that $x_s$ already has: look at the SNR."
)
def alpha_only(alpha_t, alpha_s):
    return math.sqrt(1 - (alpha_t / alpha_s) ** 2)


@EXERCISE.slip(r"You left the signal scales out. They cancel only if $\alpha_t = \alpha_s$.")
def sigma_only(sigma_t, sigma_s):
    return math.sqrt(1 - (sigma_s / sigma_t) ** 2)
