"""05.2: the step from t to s as three numbers, before x0_hat, x_t and the fresh noise."""

from __future__ import annotations

import math

from ...checks import Exercise
from ._scales import (
    EXPLODING,
    FIRST_STEP,
    LAST_STEP,
    NEAR_THE_DATA,
    NEAR_THE_NOISE,
    OF_ITS_OWN,
    ON_A_CIRCLE,
    ON_A_LINE,
    drawn_scales,
)


def coefficients(alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    c_t = sigma_s * math.sqrt(1 - sigma**2) / sigma_t
    return alpha_s - alpha_t * c_t, c_t, sigma_s * sigma


def cases():
    return (
        (*ON_A_CIRCLE, 0.28),
        (*ON_A_LINE, 0.0),
        (*EXPLODING, 0.9),
        (*ON_A_LINE, 1.0),  # all noise fresh
        (*LAST_STEP, 0.6),
        (*FIRST_STEP, 0.8),
        (*OF_ITS_OWN, 0.6),
        (*NEAR_THE_DATA, 0.5),
        (*NEAR_THE_NOISE, 0.6),
    )


def inputs(rng):
    return *drawn_scales(rng), rng.choice((0.0, 1.0, rng.random(), rng.random()))


EXERCISE = Exercise(
    id="05.2",
    title="The step as three numbers",
    difficulty=2,
    minutes=8,
    points=2,
    reference=coefficients,
    cases=cases,
    law=r"$x_s = c_0\, \hat x_0 + c_t\, x_t + d\, \xi$ with "
    r"$c_t = \sigma_s \sqrt{1 - \tilde\sigma^2} / \sigma_t$, "
    r"$c_0 = \alpha_s - \alpha_t c_t$, $d = \sigma_s \tilde\sigma$",
    praise="Three numbers. What papers call a sampler is a choice of them.",
    idea="Test it on a guess that is right, with no fresh noise: signal and noise of the result must then "
    "have the new scales. And which of the three is 0 when all noise is fresh?",
    why=r"Put $\hat\varepsilon = (x_t - \alpha_t \hat x_0)/\sigma_t$ into the step: $x_t$ comes with "
    r"$c_t = \sigma_s \sqrt{1 - \tilde\sigma^2}/\sigma_t$, and $\hat x_0$ with $\alpha_s$ "
    r"and with $-\alpha_t$ times the same number.",
    inputs=inputs,
)


@EXERCISE.right
def term_by_term(alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    share = (1 - sigma * sigma) ** 0.5
    c_0 = alpha_s - alpha_t / sigma_t * sigma_s * share
    return c_0, sigma_s / sigma_t * share, sigma * sigma_s


@EXERCISE.slip(
    r"$\hat x_0$ appears twice: in $\alpha_s \hat x_0$, and with a minus sign inside the inferred noise."
)
def old_signal_left_in(alpha_s, **given):
    _, c_t, d = coefficients(alpha_s=alpha_s, **given)
    return alpha_s, c_t, d


@EXERCISE.slip(
    r"The inferred noise is $(x_t - \alpha_t \hat x_0)/\sigma_t$: the part with $\hat x_0$ has a minus sign."
)
def sign(alpha_t, alpha_s, **given):
    _, c_t, d = coefficients(alpha_t=alpha_t, alpha_s=alpha_s, **given)
    return alpha_s + alpha_t * c_t, c_t, d


def keeping(share, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    """The three numbers with this share of old noise, in place of sqrt(1 - sigma**2)."""
    c_t = sigma_s * share / sigma_t
    return alpha_s - alpha_t * c_t, c_t, sigma_s * sigma


@EXERCISE.slip(
    "Your shares of old and fresh noise add up to 1. It is their variances that do, not the deviations."
)
def share_for_its_square(sigma, **given):
    return keeping(1 - sigma, sigma=sigma, **given)


@EXERCISE.slip(r"To infer the noise, divide by $\sigma_t$.")
def not_divided_by_sigma_t(alpha_t, alpha_s, sigma_s, sigma):
    c_t = sigma_s * math.sqrt(1 - sigma**2)
    return alpha_s - alpha_t * c_t, c_t, sigma_s * sigma


@EXERCISE.slip("The third number is the variance of the fresh noise. Asked for is its deviation.")
def variance_for_deviation(**given):
    c_0, c_t, d = coefficients(**given)
    return c_0, c_t, d**2


@EXERCISE.slip(
    r"The fresh noise is a part of the bracket, and the whole bracket is multiplied by $\sigma_s$."
)
def fresh_noise_not_scaled(sigma, **given):
    c_0, c_t, _ = coefficients(sigma=sigma, **given)
    return c_0, c_t, sigma


@EXERCISE.slip(
    r"The first two have changed places: first the number before $\hat x_0$, then the one before $x_t$."
)
def order(**given):
    c_0, c_t, d = coefficients(**given)
    return c_t, c_0, d


@EXERCISE.slip(
    r"The old noise has its root, but under it $\tilde\sigma$ stands as it is. You forgot to square it."
)
def root_of_the_rest(sigma, **given):
    return keeping(math.sqrt(1 - sigma), sigma=sigma, **given)


@EXERCISE.slip(
    r"$1 - \tilde\sigma^2$ is the variance of the old noise in the bracket. Its factor is the root of that."
)
def variance_of_the_rest(sigma, **given):
    return keeping(1 - sigma**2, sigma=sigma, **given)


@EXERCISE.slip(r"The old noise is multiplied by $\sigma_s$ as well, like the fresh one.")
def old_noise_not_scaled(alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    c_t = math.sqrt(1 - sigma**2) / sigma_t
    return alpha_s - alpha_t * c_t, c_t, sigma_s * sigma


@EXERCISE.slip(
    r"In the inferred noise $\hat x_0$ has the factor $\alpha_t$. It is missing in your first number."
)
def alpha_t_forgotten(alpha_s, **given):
    _, c_t, d = coefficients(alpha_s=alpha_s, **given)
    return alpha_s - c_t, c_t, d


@EXERCISE.slip("`sigma` is the share of *fresh* noise. You took it for that of the old noise.")
def shares_swapped(sigma, **given):
    return coefficients(sigma=math.sqrt(1 - sigma**2), **given)


@EXERCISE.slip(r"The fresh noise is part of $x_s$, so it comes at the scale of $x_s$. You took $\sigma_t$.")
def fresh_noise_of_sigma_t(sigma_t, sigma, **given):
    c_0, c_t, _ = coefficients(sigma_t=sigma_t, sigma=sigma, **given)
    return c_0, c_t, sigma_t * sigma


@EXERCISE.slip("Three numbers and not two: the fresh noise has one as well, the last.")
def fresh_noise_left_out(**given):
    return coefficients(**given)[:2]


@EXERCISE.slip(r"The old noise is not inferred with $\sigma_s$: $x_t$ holds it at the scale $\sigma_t$.")
def inferred_with_sigma_s(alpha_t, alpha_s, sigma_s, sigma):
    c_t = math.sqrt(1 - sigma**2)
    return alpha_s - alpha_t * c_t, c_t, sigma_s * sigma


@EXERCISE.slip(
    r"In the DDIM paper $\sigma$ is the deviation of the noise in $x_s$. "
    r"Here `sigma` is a share of it: $\tilde\sigma$, from 0 to 1."
)
def sigma_of_the_ddim_paper(alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    c_t = math.sqrt(sigma_s**2 - sigma**2) / sigma_t
    return alpha_s - alpha_t * c_t, c_t, sigma
