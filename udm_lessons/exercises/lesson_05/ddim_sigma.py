"""05.1: the share of fresh noise in a step, from DDIM (eta = 0) to DDPM (eta = 1)."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise
from ._scales import (
    EXPLODING,
    FIRST_STEP,
    NEAR_THE_DATA,
    NEAR_THE_NOISE,
    OF_ITS_OWN,
    ON_A_CIRCLE,
    ON_A_LINE,
    SHORT_LAST_STEP,
    drawn_scales,
)


def snr_ratio(alpha_t, sigma_t, alpha_s, sigma_s):
    """SNR_t / SNR_s, as one fraction: sigma_s may be 0."""
    return (alpha_t * sigma_s / (alpha_s * sigma_t)) ** 2


def ddim_sigma(alpha_t, sigma_t, alpha_s, sigma_s, eta):
    ratio = (alpha_t * sigma_s / (alpha_s * sigma_t)) ** 2
    return eta * math.sqrt(1 - ratio)


def cases():
    return (
        (*ON_A_CIRCLE, 0.5),
        (*ON_A_LINE, 1.0),
        (*EXPLODING, 0.3),
        (*SHORT_LAST_STEP, 0.7),
        (*ON_A_LINE, 0.0),
        (*FIRST_STEP, 0.6),
        (*OF_ITS_OWN, 0.9),
        (*NEAR_THE_DATA, 0.8),
        (*NEAR_THE_NOISE, 0.8),
    )


def inputs(rng):
    return *drawn_scales(rng), rng.choice((0.0, 1.0, rng.random(), rng.random()))


EXERCISE = Exercise(
    id="05.1",
    title="One knob for DDPM and DDIM",
    difficulty=1,
    minutes=6,
    points=1,
    reference=ddim_sigma,
    cases=cases,
    law=r"$\tilde\sigma = \eta \sqrt{1 - \text{SNR}_t / \text{SNR}_s}$",
    praise=r"$\eta = 0$ is DDIM, $\eta = 1$ is DDPM, and all between are allowed.",
    idea="Put in the ends of the knob: at 0 no fresh noise may be left, and at 1 its *variance* must be "
    "that of DDPM. Then the end of a chain: how large is the ratio where one of the two SNRs has no bound?",
    why=r"DDPM has $\tilde\sigma^2 = 1 - \text{SNR}_t/\text{SNR}_s$, and $\eta$ scales the root of that. "
    r"$\text{SNR}_t / \text{SNR}_s = (\alpha_t \sigma_s / (\alpha_s \sigma_t))^2$ needs no division by "
    r"$\sigma_s$.",
    inputs=inputs,
)


@EXERCISE.right
def all_under_the_root(alpha_t, sigma_t, alpha_s, sigma_s, eta):
    return math.sqrt(eta**2 * (1 - (alpha_t / sigma_t) ** 2 * (sigma_s / alpha_s) ** 2))


@EXERCISE.right
def as_a_tensor(**given):
    return torch.tensor(ddim_sigma(**given))


@EXERCISE.slip(
    r"Right, until the last step: there $\sigma_s = 0$. "
    r"Write the ratio as one fraction, with $\sigma_s$ above."
)
def divided_by_zero(alpha_t, sigma_t, alpha_s, sigma_s, eta):
    snr_t = (alpha_t / sigma_t) ** 2
    snr_s = (alpha_s / sigma_s) ** 2
    return eta * math.sqrt(1 - snr_t / snr_s)


@EXERCISE.slip(r"$\eta$ scales the deviation, so it stands outside the root (or squared inside).")
def eta_under_the_root(eta, **scales):
    return math.sqrt(eta * (1 - snr_ratio(**scales)))


@EXERCISE.slip(r"The SNR is $\alpha^2/\sigma^2$. You took the ratio of the scales without squaring it.")
def ratio_not_squared(alpha_t, sigma_t, alpha_s, sigma_s, eta):
    ratio = alpha_t * sigma_s / (alpha_s * sigma_t)
    return eta * math.sqrt(1 - ratio)


@EXERCISE.slip(
    r"That is the share of noise which is *kept*. $\tilde\sigma$ belongs to the fresh noise: "
    "take its square from 1."
)
def the_kept_share(eta, **scales):
    return eta * math.sqrt(snr_ratio(**scales))


@EXERCISE.slip(r"That is $\tilde\sigma^2$. Asked for is the deviation $\tilde\sigma$.")
def variance_returned(eta, **scales):
    return eta**2 * (1 - snr_ratio(**scales))


@EXERCISE.slip(
    r"That is the deviation of the noise in $x_s$, which is called $\sigma$ in the DDIM paper. "
    r"Leave out $\sigma_s$: $\tilde\sigma$ is the share of fresh noise."
)
def deviation_in_x_s(sigma_s, **given):
    return sigma_s * ddim_sigma(sigma_s=sigma_s, **given)


@EXERCISE.slip(r"$\eta$ enters the deviation once. Only in the variance it is squared.")
def eta_squared(eta, **scales):
    return eta**2 * math.sqrt(1 - snr_ratio(**scales))


@EXERCISE.slip(
    r"The page gives DDPM's $\tilde\sigma^2$, a variance. Your $\eta$ scales that; it should scale the "
    "deviation."
)
def root_forgotten(eta, **scales):
    return eta * (1 - snr_ratio(**scales))


@EXERCISE.slip(r"That is DDPM's deviation, right at $\eta = 1$ only. Let $\eta$ scale it.")
def eta_forgotten(alpha_t, sigma_t, alpha_s, sigma_s):
    return math.sqrt(1 - snr_ratio(alpha_t, sigma_t, alpha_s, sigma_s))


@EXERCISE.slip(r"The knob runs the wrong way: no fresh noise at $\eta = 0$, all that of DDPM at $\eta = 1$.")
def knob_turned_round(eta, **scales):
    return (1 - eta) * math.sqrt(1 - snr_ratio(**scales))


@EXERCISE.slip(
    r"Right where $\alpha^2 + \sigma^2 = 1$ only. The scales may be those of any process: take all four of "
    "them."
)
def right_on_the_circle_only(alpha_t, sigma_t, alpha_s, eta):
    return eta * math.sqrt(1 - (alpha_t / alpha_s) ** 2) / sigma_t


@EXERCISE.slip(
    r"That is $d$ of the DDIM paper: the deviation of the noise in $x_s$, where $\alpha^2 + \sigma^2 = 1$. "
    r"Asked for is a share, for scales of any process."
)
def deviation_of_the_paper(alpha_t, sigma_t, alpha_s, sigma_s, eta):
    return eta * sigma_s / sigma_t * math.sqrt(1 - (alpha_t / alpha_s) ** 2)


@EXERCISE.slip(
    "In the last step you return 0. It is $x_s$ that gets no noise there. The share of fresh noise is not 0."
)
def nothing_in_the_last_step(sigma_s, **given):
    return ddim_sigma(sigma_s=sigma_s, **given) if sigma_s else 0.0


@EXERCISE.slip(
    r"You took the ratio of the signals. The SNR also has the noise: divide each $\alpha$ by its $\sigma$."
)
def signal_only(alpha_t, alpha_s, eta):
    return eta * math.sqrt(1 - (alpha_t / alpha_s) ** 2)
