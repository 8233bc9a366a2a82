"""10.5: how much noise a step should add to each wave."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal, uniform
from .fading import fading


def best_delta_squared(a_t, a_s, sigma, v):
    left = v * sigma**2 / (a_t**2 * v + sigma**2)
    return sigma**2 + a_s**2 * left


def cases():
    return (
        (0.5, 0.8, 0.4, 2.0),
        (0.05, 0.9, 0.8, 9.0),
        (torch.tensor([0.9, 0.3, 0.02]), torch.tensor([0.95, 0.5, 0.1]), 0.2, torch.tensor([3.0, 0.7, 0.4])),
        (fading(3, 4, 1.4), fading(3, 4, 0.9), 0.3, normal(10, 3, 4) ** 2),
    )


def inputs(rng):
    n = rng.choice([0, 3, 5])

    def number(low, high):
        return uniform(rng.getrandbits(30), n) * (high - low) + low if n else rng.uniform(low, high)

    return number(0.0, 1.0), number(0.0, 1.0), rng.uniform(0.05, 1.0), rng.choice([1, 10]) * number(0.0, 3.0)


EXERCISE = Exercise(
    id="10.5",
    title="How much noise a step should add",
    difficulty=2,
    minutes=8,
    points=2,
    reference=best_delta_squared,
    cases=cases,
    law=r"$\delta_k^2 = \sigma^2 + a_{s,k}^2\, \text{Var}[x_{0,k} \mid x_t]$ with "
    r"$\text{Var}[x_{0,k} \mid x_t] = \frac{v_k \sigma^2}{a_{t,k}^2 v_k + \sigma^2}$",
    praise=r"So $\delta_k / \sigma$ lies near $\sqrt{2}$ where a step is small and the wave is strong, "
    "and near 1 where it has drowned.",
    idea="Two things make the next state uncertain: noise that is drawn anew, and what is not known of "
    "the wave. Let the wave have no variance at all: which of the two is left?",
    why=r"The fresh noise has the variance $\sigma^2$. What is left of $x_0$ is its variance given $x_t$, "
    "and it comes in with the factor $a_s$, so its variance with the square.",
    inputs=inputs,
)


def unknown(a, sigma, v):
    """The variance of x_0 that is left when a x_0 + sigma noise has been seen."""
    return v * sigma**2 / (a**2 * v + sigma**2)


@EXERCISE.right
def sigma_factored_out(a_t, a_s, sigma, v):
    return sigma**2 * (1 + a_s**2 * v / (a_t**2 * v + sigma**2))


@EXERCISE.right
def all_less_what_is_known(a_t, a_s, sigma, v):
    known = (a_t * v) ** 2 / (a_t**2 * v + sigma**2)
    return sigma**2 + a_s**2 * (v - known)


@EXERCISE.slip(
    "That is the noise of $x_s$ alone. $x_0$ is not known either: its variance comes through with $a_s^2$."
)
def noise_only(sigma, v):
    return sigma**2 + 0 * v  # one for each wave: a mere number would have the wrong shape


@EXERCISE.slip(r"That is what is unknown about $x_0$. $x_s$ has noise of its own, of variance $\sigma^2$.")
def unknown_only(a_t, a_s, sigma, v):
    return a_s**2 * unknown(a_t, sigma, v)


@EXERCISE.slip(
    r"$x_s = a_s x_0 + \sigma \varepsilon$: what is unknown about $x_0$ comes through with $a_s$, not $a_t$."
)
def a_t_for_a_s(a_t, sigma, v):
    return sigma**2 + a_t**2 * unknown(a_t, sigma, v)


@EXERCISE.slip("You took the variance of $x_0$ given $x_s$. What has been seen is $x_t$.")
def x_s_looked_at(a_s, sigma, v):
    return sigma**2 + a_s**2 * unknown(a_s, sigma, v)


@EXERCISE.slip("A factor before a random variable enters its variance squared: $a_s^2$.")
def factor_not_squared(a_t, a_s, sigma, v):
    return sigma**2 + a_s * unknown(a_t, sigma, v)


@EXERCISE.slip("What is unknown about $x_0$ is blurred up to $s$: its variance comes through with $a_s^2$.")
def guess_not_blurred(a_t, sigma, v):
    return sigma**2 + unknown(a_t, sigma, v)


@EXERCISE.slip("You took the variance $v$ of all data. After seeing $x_t$ less of it is left.")
def nothing_seen(a_s, sigma, v):
    return sigma**2 + a_s**2 * v


@EXERCISE.slip(r"That is $\delta_k$. Asked for is its square.")
def deviation(**given):
    return best_delta_squared(**given) ** 0.5


@EXERCISE.slip("`sigma` is a deviation. Its variance is the square.")
def sigma_not_squared(a_t, a_s, sigma, v):
    return sigma + a_s**2 * unknown(a_t, sigma, v)
