"""05.4: the variance of x_s given x_t, from the fresh noise and from the unknown x_0."""

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
    three_numbers,
)


def step_variance(alpha_t, sigma_t, alpha_s, sigma_s, sigma, sigma_bar_squared):
    c_0 = alpha_s - alpha_t * sigma_s * math.sqrt(1 - sigma**2) / sigma_t
    d = sigma_s * sigma
    return d**2 + c_0**2 * sigma_bar_squared


def cases():
    return (
        (*ON_A_CIRCLE, 0.28, 0.25),
        (*ON_A_LINE, 0.3, 0.6),
        (*EXPLODING, 0.9, 2.0),
        (*ON_A_CIRCLE, 0.6, 0.0),  # x_0 is known
        (*ON_A_LINE, 0.0, 0.3),
        (*ON_A_LINE, 1.0, 0.3),
        (*LAST_STEP, 0.8, 0.5),
        (*FIRST_STEP, 0.6, 1.0),
        (*OF_ITS_OWN, 0.6, 4.0),
        (*NEAR_THE_DATA, 0.5, 0.25),
        (*NEAR_THE_NOISE, 0.1, 400.0),  # data of large scale
        (1.0, 80.0, 1.0, 20.0, 0.0, 0.0),  # nothing is uncertain
    )


def inputs(rng):
    sigma = rng.choice((0.0, 1.0, rng.random(), rng.random()))
    return *drawn_scales(rng), sigma, rng.choice((0.0, 1.0, rng.random(), rng.uniform(1, 9), 400.0))


EXERCISE = Exercise(
    id="05.4",
    title="Two sources of variance",
    difficulty=2,
    minutes=8,
    points=2,
    reference=step_variance,
    cases=cases,
    law=r"On average over $x_t$, $\text{Var}[x_s \mid x_t] = d^2 + c_0^2\, \bar\sigma_t^2$ "
    r"with $d = \sigma_s \tilde\sigma$ and "
    r"$c_0 = \alpha_s - \alpha_t \sigma_s \sqrt{1 - \tilde\sigma^2} / \sigma_t$",
    praise="DDPM's two variances are the two extremes of this one.",
    idea="First suppose that $x_0$ is known: which variance is left? Then suppose that there is no fresh "
    "noise, and let $x_0$ move by 1 with $x_t$ held fast: by how much does $x_s$ move?",
    why=r"With $x_t$ given, $x_s = c_0\, x_0 + c_t\, x_t + d\, \xi$ has two independent uncertain parts, "
    "and their variances add: $d^2$ and $c_0^2$ times the variance of $x_0$.",
    inputs=inputs,
)


@EXERCISE.right
def written_out(alpha_t, sigma_t, alpha_s, sigma_s, sigma, sigma_bar_squared):
    c_t = (sigma_s**2 * (1 - sigma * sigma)) ** 0.5 / sigma_t
    return sigma_s * sigma_s * sigma * sigma + sigma_bar_squared * (alpha_s - alpha_t * c_t) ** 2


@EXERCISE.slip(
    "That is the fresh noise alone. $x_0$ is not known either: "
    "its variance comes through as well, by the factor before $x_0$ in the step."
)
def fresh_noise_only(sigma_s, sigma):
    return (sigma_s * sigma) ** 2


@EXERCISE.slip(
    "A factor before a random variable enters the variance squared. The one before $x_0$ is not squared."
)
def coefficient_not_squared(sigma_bar_squared, **step):
    c_0, _, d = three_numbers(**step)
    return d**2 + c_0 * sigma_bar_squared


@EXERCISE.slip("You added deviations. Variances of independent parts add.")
def deviations_added(sigma_bar_squared, **step):
    c_0, _, d = three_numbers(**step)
    return d + abs(c_0) * math.sqrt(sigma_bar_squared)


@EXERCISE.slip(
    r"$\hat x_0$ appears twice in the step, also inside the inferred noise. "
    "Together that is $c_0$, the first of the three numbers."
)
def alpha_s_for_c_0(alpha_s, sigma_s, sigma, sigma_bar_squared):
    d = sigma_s * sigma
    return d**2 + alpha_s**2 * sigma_bar_squared


@EXERCISE.slip("`sigma_bar_squared` is a variance already.")
def squared_once_more(sigma_bar_squared, **step):
    c_0, _, d = three_numbers(**step)
    return d**2 + (c_0 * sigma_bar_squared) ** 2


@EXERCISE.slip("You took the factor before $x_t$. But $x_t$ is given; it is $x_0$ that is uncertain.")
def coefficient_of_x_t(sigma_bar_squared, **step):
    _, c_t, d = three_numbers(**step)
    return d**2 + c_t**2 * sigma_bar_squared


@EXERCISE.slip(
    r"You took the share of fresh noise for its deviation in $x_s$. There all noise has the scale $\sigma_s$."
)
def share_for_deviation(sigma, sigma_bar_squared, **scales):
    c_0, _, _ = three_numbers(sigma=sigma, **scales)
    return sigma**2 + c_0**2 * sigma_bar_squared


@EXERCISE.slip(r"You left out $\sigma_s$ before the old noise when you wrote $c_0$.")
def old_noise_not_scaled(alpha_t, sigma_t, alpha_s, sigma_s, sigma, sigma_bar_squared):
    c_0 = alpha_s - alpha_t * math.sqrt(1 - sigma**2) / sigma_t
    return (sigma_s * sigma) ** 2 + c_0**2 * sigma_bar_squared


@EXERCISE.slip(
    "The sign in your $c_0$ is turned: in the inferred noise the part of $x_0$ is taken away, not added."
)
def sign_in_c_0(alpha_t, alpha_s, sigma_bar_squared, **step):
    _, c_t, d = three_numbers(alpha_t=alpha_t, alpha_s=alpha_s, **step)
    return d**2 + (alpha_s + alpha_t * c_t) ** 2 * sigma_bar_squared


@EXERCISE.slip(r"Your $c_0$ is that of DDIM, which keeps all old noise. Here $\tilde\sigma$ may be above 0.")
def all_old_noise_kept(alpha_t, sigma_t, alpha_s, sigma_s, sigma, sigma_bar_squared):
    c_0 = alpha_s - alpha_t * sigma_s / sigma_t
    return (sigma_s * sigma) ** 2 + c_0**2 * sigma_bar_squared


@EXERCISE.slip("$d$ is a deviation. Its square is the variance of the fresh noise.")
def d_not_squared(sigma_bar_squared, **step):
    c_0, _, d = three_numbers(**step)
    return d + c_0**2 * sigma_bar_squared


@EXERCISE.slip("That is the part of $x_0$ alone. The fresh noise adds its own variance.")
def x0_only(sigma_bar_squared, **step):
    c_0, _, _ = three_numbers(**step)
    return c_0**2 * sigma_bar_squared


@EXERCISE.slip("You took the root at the end. Asked for is the variance.")
def root_taken(**given):
    return math.sqrt(step_variance(**given))


@EXERCISE.slip("$x_0$ does not come through whole: it has the factor $c_0$ in the step.")
def factor_1(sigma_s, sigma, sigma_bar_squared):
    d = sigma_s * sigma
    return d**2 + sigma_bar_squared


@EXERCISE.slip("You squared a sum of deviations. For independent parts the mixed term is 0.")
def sum_squared(sigma_bar_squared, **step):
    c_0, _, d = three_numbers(**step)
    return (d + abs(c_0) * math.sqrt(sigma_bar_squared)) ** 2
