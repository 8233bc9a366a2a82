"""05.5: the variance at the end of a chain that keeps the share rho of the noise in every step."""

from __future__ import annotations

import functools
import math

import torch

from ...checks import Exercise


def factor(sigma_t, sigma_s, rho):
    """k, by which a step multiplies x_t."""
    return (1 + rho * sigma_s * sigma_t) / (1 + sigma_t**2)


def one_step(variance, sigma_t, sigma_s, rho):
    """The variance of x_s, from that of x_t."""
    k = factor(sigma_t, sigma_s, rho)
    return k**2 * variance + (1 - rho**2) * sigma_s**2


def follow(variance, sigmas, rho, step=one_step):
    """The variance at the end, from that at the start."""
    for sigma_t, sigma_s in zip(sigmas, sigmas[1:]):
        variance = step(variance, sigma_t, sigma_s, rho)
    return variance


def final_variance(sigmas, rho):
    variance = 1 + sigmas[0] ** 2
    for sigma_t, sigma_s in zip(sigmas, sigmas[1:]):
        k = (1 + rho * sigma_s * sigma_t) / (1 + sigma_t**2)
        variance = k**2 * variance + (1 - rho**2) * sigma_s**2
    return variance


def cases():
    return (
        ([2.0, 0.0], 0.5),
        ([2.0, 1.0], 0.5),  # ends above 0
        ([3.0, 0.6, 0.4], 0.0),
        ([2.0, 1.0, 0.5, 0.0], 0.0),
        ([10.0, 3.0, 1.0, 0.3, 0.1, 0.0], 0.6),
        ([5.0, 2.0, 0.7, 0.2], 1.0),
        ([80.0, 20.0, 4.0, 1.0, 0.25], 0.9),
        ([10.0 * 0.9**k for k in range(40)] + [0.04, 0.02, 0.0], 0.5),
        ([10.0 * (1 - k / 3_100) for k in range(3_101)], 0.9),  # long, as on the page: no recursion goes so deep
    )


def inputs(rng):
    sigmas = sorted((10 ** rng.uniform(-3, 2) for _ in range(rng.choice((2, 2, 3, 4, 7, 30)))), reverse=True)
    if rng.random() < 0.5:
        sigmas[-1] = 0.0
    return sigmas, rng.choice((0.0, 1.0, rng.random(), rng.random()))


EXERCISE = Exercise(
    id="05.5",
    title="What becomes of the variance",
    difficulty=3,
    minutes=12,
    points=3,
    reference=final_variance,
    cases=cases,
    law=r"$V_s = k^2\, V_t + (1 - \rho^2)\, \sigma_s^2$ with "
    r"$k = (1 + \rho\, \sigma_s \sigma_t) / (1 + \sigma_t^2)$, from $V_T = 1 + \sigma_T^2$",
    praise="No sampling, no network: milliseconds, and exact.",
    idea="Do one step by hand, from 2 to 1 with half of the noise kept. Collect all that stands before "
    "$x_t$ first: it comes in by two ways. The fresh noise is independent of it. And a list that does not "
    "end at 0?",
    why=r"With $\hat x_0 = x_t/(1 + \sigma_t^2)$ the old noise is $\sigma_t x_t / (1 + \sigma_t^2)$, so "
    r"$k = (1 + \rho\, \sigma_s \sigma_t)/(1 + \sigma_t^2)$. $k\, x_t$ and the fresh noise are independent: "
    "variances add.",
    inputs=inputs,
)


def in_every_step(step):
    """The whole chain, with the function below in the place of `one_step`."""

    @functools.wraps(step)
    def answer(sigmas, rho):
        return follow(1 + sigmas[0] ** 2, sigmas, rho, step)

    return answer


@EXERCISE.right
@in_every_step
def guess_and_noise_apart(variance, sigma_t, sigma_s, rho):
    guess = 1 / (1 + sigma_t**2)
    k = guess + rho * sigma_s / sigma_t * (1 - guess)
    return k**2 * variance + sigma_s**2 - (rho * sigma_s) ** 2


@EXERCISE.right
def as_a_tensor(sigmas, rho):
    return torch.tensor(final_variance(sigmas, rho))


@EXERCISE.slip("$x_t$ is multiplied by $k$, so its variance by $k^2$.")
@in_every_step
def factor_not_squared(variance, sigma_t, sigma_s, rho):
    k = factor(sigma_t, sigma_s, rho)
    return k * variance + (1 - rho**2) * sigma_s**2


@EXERCISE.slip("Fresh noise adds a variance of its own in every step. You only follow that of $x_t$.")
@in_every_step
def fresh_noise_forgotten(variance, sigma_t, sigma_s, rho):
    k = factor(sigma_t, sigma_s, rho)
    return k**2 * variance


@EXERCISE.slip(
    r"The shares of old and fresh noise do not add up to 1, their squares do. Square $\rho$ before you "
    r"subtract."
)
@in_every_step
def fresh_share_rho(variance, sigma_t, sigma_s, rho):
    k = factor(sigma_t, sigma_s, rho)
    return k**2 * variance + (1 - rho) * sigma_s**2


@EXERCISE.slip(
    r"Variances add: the fresh part has what $\rho^2$ leaves of 1, and not the square of what $\rho$ leaves."
)
@in_every_step
def difference_squared(variance, sigma_t, sigma_s, rho):
    k = factor(sigma_t, sigma_s, rho)
    return k**2 * variance + (1 - rho) ** 2 * sigma_s**2


@EXERCISE.slip("You added the deviation of the fresh noise. Add its variance.")
@in_every_step
def deviation_of_the_fresh_noise(variance, sigma_t, sigma_s, rho):
    k = factor(sigma_t, sigma_s, rho)
    return k**2 * variance + math.sqrt(1 - rho**2) * sigma_s


@EXERCISE.slip(r"The fresh noise has the factor $\sigma_s$, so its variance has $\sigma_s^2$.")
@in_every_step
def sigma_s_not_squared(variance, sigma_t, sigma_s, rho):
    k = factor(sigma_t, sigma_s, rho)
    return k**2 * variance + (1 - rho**2) * sigma_s


@EXERCISE.slip(r"The fresh noise is part of $x_s$ and scaled by $\sigma_s$. You took $\sigma_t$.")
@in_every_step
def fresh_noise_of_sigma_t(variance, sigma_t, sigma_s, rho):
    k = factor(sigma_t, sigma_s, rho)
    return k**2 * variance + (1 - rho**2) * sigma_t**2


@EXERCISE.slip(
    r"$x_t$ comes in twice: through $\hat x_0$, and through the old noise $(x_t - \hat x_0)/\sigma_t$, "
    r"of which $\rho$ is kept."
)
@in_every_step
def old_noise_left_out(variance, sigma_t, sigma_s, rho):
    k = 1 / (1 + sigma_t**2)
    return k**2 * variance + (1 - rho**2) * sigma_s**2


@EXERCISE.slip(
    "$x_t$ comes in by two ways, but it is one and the same $x_t$: "
    "the two parts are not independent. Add their factors first."
)
@in_every_step
def two_ways_taken_for_independent(variance, sigma_t, sigma_s, rho):
    guess = 1 / (1 + sigma_t**2)
    noise = factor(sigma_t, sigma_s, rho) - guess
    return (guess**2 + noise**2) * variance + (1 - rho**2) * sigma_s**2


@EXERCISE.slip(r"$\rho$ is the share of the noise that is kept. You took it for that of the fresh noise.")
def shares_swapped(sigmas, rho):
    return final_variance(sigmas, math.sqrt(1 - rho**2))


@EXERCISE.slip(r"The old noise is $(x_t - \hat x_0)/\sigma_t$, not $x_t / \sigma_t$.")
@in_every_step
def noise_not_inferred(variance, sigma_t, sigma_s, rho):
    k = 1 / (1 + sigma_t**2) + rho * sigma_s / sigma_t
    return k**2 * variance + (1 - rho**2) * sigma_s**2


@EXERCISE.slip(
    r"That $k$ holds in the limit $\sigma_s \to \sigma_t$ only. "
    r"In a step of any length one $\sigma_t$ becomes $\sigma_s$."
)
@in_every_step
def settled_at_sigma_t(variance, sigma_t, sigma_s, rho):
    k = (1 + rho * sigma_t**2) / (1 + sigma_t**2)
    return k**2 * variance + (1 - rho**2) * sigma_s**2


@EXERCISE.slip(
    r"You put $\sigma_s$ everywhere in $k$. The guess is $x_t / (1 + \sigma_t^2)$, "
    r"and the noise is inferred with $\sigma_t$."
)
@in_every_step
def settled_at_sigma_s(variance, sigma_t, sigma_s, rho):
    k = (1 + rho * sigma_s**2) / (1 + sigma_s**2)
    return k**2 * variance + (1 - rho**2) * sigma_s**2


@EXERCISE.slip("At the start $x_T$ holds the data besides the noise. Count its variance as well.")
def start_without_data(sigmas, rho):
    return follow(sigmas[0] ** 2, sigmas, rho)


@EXERCISE.slip("You started with the variance of the data. $x_T$ also holds the noise.")
def start_without_noise(sigmas, rho):
    return follow(1, sigmas, rho)


@EXERCISE.slip("In $x_T$ data and noise are independent: add the variances, not the deviations.")
def deviations_added_at_the_start(sigmas, rho):
    return follow((1 + sigmas[0]) ** 2, sigmas, rho)


@EXERCISE.slip("You return after the first step. Move `return` out of the loop.")
def one_step_only(sigmas, rho):
    variance = 1 + sigmas[0] ** 2
    for sigma_t, sigma_s in zip(sigmas, sigmas[1:]):
        variance = one_step(variance, sigma_t, sigma_s, rho)
        return variance


@EXERCISE.slip(
    r"You gave each step the true variance $1 + \sigma_t^2$. The chain hands on its own, which is smaller."
)
@in_every_step
def variance_not_carried_on(variance, sigma_t, sigma_s, rho):
    return one_step(1 + sigma_t**2, sigma_t, sigma_s, rho)


@EXERCISE.slip(
    "In your last step there is no fresh noise. There is in every step, unless the list ends at 0."
)
def last_step_without_noise(sigmas, rho):
    variance = follow(1 + sigmas[0] ** 2, sigmas[:-1], rho)
    return factor(sigmas[-2], sigmas[-1], rho) ** 2 * variance


@EXERCISE.slip("Your loop stops one step early: the step to the last of `sigmas` is missing.")
def last_step_left_out(sigmas, rho):
    return final_variance(sigmas[:-1], rho)


@EXERCISE.slip(
    "Your loop starts one step late: the step from the first of `sigmas` to the second is missing."
)
def first_step_left_out(sigmas, rho):
    return follow(1 + sigmas[0] ** 2, sigmas[1:], rho)


@EXERCISE.slip("Your last step is done as if the list ended at 0. Take the last of `sigmas` as it is.")
def end_taken_for_0(sigmas, rho):
    return final_variance([*sigmas[:-1], 0.0], rho)


@EXERCISE.slip("You returned the deviation. Asked for is the variance.")
def deviation_returned(sigmas, rho):
    return math.sqrt(final_variance(sigmas, rho))
