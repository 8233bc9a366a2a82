"""04.2: how much of the noise DDPM draws anew."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise
from ._designs import design_scales, trig


def ddpm_sigma(alpha_t, sigma_t, alpha_s, sigma_s):
    snr_t, snr_s = (alpha_t / sigma_t) ** 2, (alpha_s / sigma_s) ** 2
    return math.sqrt(1 - snr_t / snr_s)


def cases():
    return (
        (0.6, 0.8, 0.8, 0.6),
        (1.0, 4.0, 1.0, 1.5),
        (0.3, 0.7, 0.9, 0.2),
        (1.0, 2.0, 1.0, 1.9),
        (1.0, 2.0, 1.0, 1.9985),
        (0.25, 0.5, 0.3, 0.5),
        (0.99989, 0.0148, 0.99995, 0.01),  # the second step of DDPM, and the last
        (0.00635, 0.99998, 0.006415, 0.999979),
        trig(1.0, 0.9),  # hardly any data is left
        (1.0, 6e-4, 1.0, 3e-4),
        (2e-4, 1.0, 6e-4, 1.0),
        (0.9, 4.9, 1.0, 0.01),
    )


def inputs(rng):
    """Scales whose SNRs are apart by a six hundredth or more, so that few digits are lost in the difference."""
    while True:
        alpha_t, sigma_t, alpha_s, sigma_s = design_scales(rng)
        if sigma_s > 0 and 0 < alpha_t * sigma_s < 0.9992 * alpha_s * sigma_t:
            return alpha_t, sigma_t, alpha_s, sigma_s


EXERCISE = Exercise(
    id="04.2",
    title="Which of them is DDPM",
    difficulty=2,
    minutes=8,
    points=2,
    reference=ddpm_sigma,
    cases=cases,
    law=r"$\tilde\sigma^2 = 1 - \text{SNR}_t / \text{SNR}_s$",
    praise="With it the design is the posterior of the Markov chain of DDPM, for any pair of times.",
    idea="The weights of old and fresh noise are like the two shorter sides of a right-angled triangle "
    "with a "
    r"longest side of 1. How much must be drawn anew if $x_t$ is nearly all noise, but $x_s$ nearly none?",
    why=r"In the chain the noises of $x_t$ and $x_s$ have the correlation $\rho = \sqrt{\text{SNR}_t / "
    r"\text{SNR}_s}$. "
    r"Normal variables with that correlation are $\varepsilon_s = \rho\, \varepsilon_t + \sqrt{1 - "
    r"\rho^2}\, \xi$.",
    inputs=inputs,
)


@EXERCISE.right
def noise_of_the_forward_step(alpha_t, sigma_t, alpha_s, sigma_s):
    variance = sigma_t**2 - (alpha_t / alpha_s * sigma_s) ** 2
    return math.sqrt(variance) / sigma_t


@EXERCISE.right
def from_the_correlation(alpha_t, sigma_t, alpha_s, sigma_s):
    rho = alpha_t * sigma_s / (alpha_s * sigma_t)
    return torch.tensor(1 - rho**2).sqrt()


@EXERCISE.slip("That is a variance, the share of fresh noise. Asked for is the deviation of it.")
def variance_for_deviation(alpha_t, sigma_t, alpha_s, sigma_s):
    snr_t, snr_s = (alpha_t / sigma_t) ** 2, (alpha_s / sigma_s) ** 2
    return 1 - snr_t / snr_s


@EXERCISE.slip(
    r"That is $\rho$, the weight of the old noise. The fresh noise makes up for what $\rho$ leaves open: "
    "variances add up to one."
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


@EXERCISE.slip(
    r"That is $\rho^2$, the share of the *old* noise. Asked for is the deviation of the fresh part."
)
def share_of_the_old_noise(alpha_t, sigma_t, alpha_s, sigma_s):
    return (alpha_t * sigma_s / (alpha_s * sigma_t)) ** 2


@EXERCISE.slip(
    r"That is the deviation of the noise that one step of the *chain* adds to $x_t$. Measure it against "
    "the noise that $x_t$ has in all."
)
def noise_of_the_chain(alpha_t, sigma_t, alpha_s, sigma_s):
    return math.sqrt(sigma_t**2 - (alpha_t / alpha_s * sigma_s) ** 2)


@EXERCISE.slip("You forgot that the chain shrinks the data, and the old noise with it, on the way to $x_t$.")
def no_shrinking(sigma_t, sigma_s):
    return math.sqrt(sigma_t**2 - sigma_s**2)
