"""10.6: how much noise a step should add to each wave."""

from __future__ import annotations

import torch

from ...checks import Exercise, close, normal, uniform
from ._waves import fading


def best_delta_squared(a_t, a_s, sigma, v):
    left = v * sigma**2 / (a_t**2 * v + sigma**2)
    return sigma**2 + a_s**2 * left


def cases():
    return (
        (0.5, 0.8, 0.4, 2.0),
        (0.05, 0.9, 0.8, 9.0),
        (torch.tensor([0.9, 0.3, 0.02]), torch.tensor([0.95, 0.5, 0.1]), 0.2, torch.tensor([3.0, 0.7, 0.4])),
        (fading(3, 4, 1.4), fading(3, 4, 0.9), 0.3, normal(10, 3, 4) ** 2),
        (0.0, 0.6, 0.5, 3.0),  # of this wave nothing is seen
        (0.3, 1.0, 2.0, 50.0),  # the last step
        (0.05, 0.9, 1.0, 1.0),
        (0.4, 0.7, 0.5, 0.0),  # a wave that is the same in all data
        as_on_the_page(24.0, 22.0, 0.5),
        as_on_the_page(1.0, 0.9, 0.01),
        tuple(torch.tensor(x).double() for x in ([0.1, 0.9], [0.2, 1.0], [0.7, 3.0], [4.0, 0.02])),
        nearly_nothing(),
        (0.5, 0.8, 0.01, 1e-5),
    )


def as_on_the_page(w_t, w_s, sigma):
    """All waves of a picture of 8 x 8 pixels; of some nothing is left at 24 pixels."""
    return fading(8, 8, w_t), fading(8, 8, w_s), sigma, 2 * uniform(12, 8, 8) + 0.01


def nearly_nothing():
    """Waves of which nothing or little is left, and one that the data do not have, under very light noise."""
    a_t, a_s, v = [0.0, 0.0, 0.5, 0.001], [0.0, 0.04, 0.8, 0.9], [60.0, 40.0, 0.0, 3.0]
    return tuple(torch.tensor(x, dtype=torch.float64) for x in (a_t, a_s, [0.01, 0.01, 0.01, 1e-4], v))


def inputs(rng):
    shape = rng.choice(((), (), (1,), (2,), (5,), (3, 4), (8, 8)))
    u, level = (uniform(rng.getrandbits(31), *shape) for _ in range(2))
    a_s = rng.choice((u, u, u**4, u**40, torch.ones_like(u)))
    a_t = a_s * rng.choice((0.0, 0.98, rng.random(), rng.random()))
    sigma = rng.choice((1e-4, 0.01, 0.1, 1.0, 10 ** rng.uniform(-2, 1)))
    v = rng.choice((torch.ones_like(u), *[10 ** rng.uniform(-5, 2) * (level + 0.01)] * 4))
    if not shape:
        return float(a_t), float(a_s), sigma, float(v)
    if rng.random() < 0.2:
        v = v * (level > 0.5)  # some waves do not occur in the data
    return a_t, a_s, torch.full_like(u, sigma) if rng.random() < 0.3 else sigma, v


EXERCISE = Exercise(
    id="10.6",
    title="How much noise a step should add",
    difficulty=2,
    minutes=8,
    points=2,
    reference=best_delta_squared,
    cases=cases,
    compare=close(atol=1e-8),
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
    "That is the noise of $x_s$ alone. $x_0$ is not known either, and that makes $x_s$ still less certain."
)
def noise_only(sigma, v):
    return sigma**2 + 0 * v  # one for each wave: a mere number would have the wrong shape


@EXERCISE.slip("That is what is unknown about $x_0$. $x_s$ also has fresh noise of its own.")
def unknown_only(a_t, a_s, sigma, v):
    return a_s**2 * unknown(a_t, sigma, v)


@EXERCISE.slip(
    "You blurred what is unknown about $x_0$ up to $t$. But it is $x_s$ whose variance is asked for."
)
def a_t_for_a_s(a_t, sigma, v):
    return sigma**2 + a_t**2 * unknown(a_t, sigma, v)


@EXERCISE.slip("You took the variance of $x_0$ given $x_s$. What has been seen is $x_t$.")
def x_s_looked_at(a_s, sigma, v):
    return sigma**2 + a_s**2 * unknown(a_s, sigma, v)


@EXERCISE.slip("A factor before a random variable does not enter its variance as it is.")
def factor_not_squared(a_t, a_s, sigma, v):
    return sigma**2 + a_s * unknown(a_t, sigma, v)


@EXERCISE.slip("You took what is unknown about $x_0$ at full strength. $x_s$ holds it blurred.")
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


@EXERCISE.slip("You took the part of the variance that $x_t$ explains. What counts is what it leaves.")
def known_for_unknown(a_t, a_s, sigma, v):
    return sigma**2 + a_s**2 * (v - unknown(a_t, sigma, v))


@EXERCISE.slip("The two parts are independent: their variances add up, not their deviations.")
def deviations_added(a_t, a_s, sigma, v):
    return (sigma + a_s * unknown(a_t, sigma, v) ** 0.5) ** 2


@EXERCISE.slip("You subtracted one variance from the other. Both parts make $x_s$ less certain.")
def subtracted(a_t, a_s, sigma, v):
    return sigma**2 - a_s**2 * unknown(a_t, sigma, v)


@EXERCISE.slip("You multiplied the two variances. The parts are added in $x_s$.")
def multiplied(a_t, a_s, sigma, v):
    return sigma**2 * a_s**2 * unknown(a_t, sigma, v)


@EXERCISE.slip("You blurred the fresh noise too. It is added after the blur.")
def noise_blurred_too(a_t, a_s, sigma, v):
    return a_s**2 * (sigma**2 + unknown(a_t, sigma, v))


@EXERCISE.slip(r"In what is left of $x_0$ you put $\sigma$ for its square.")
def sigma_for_its_square_in_what_is_left(a_t, a_s, sigma, v):
    return sigma**2 + a_s**2 * unknown(a_t, sigma**0.5, v)


@EXERCISE.slip("In what is left of $x_0$ you forgot to square $a_t$.")
def a_t_not_squared(a_t, a_s, sigma, v):
    return sigma**2 + a_s**2 * unknown(a_t**0.5, sigma, v)


@EXERCISE.slip("You squared $v$. It is a variance already.")
def v_squared(v, **given):
    return best_delta_squared(v=v**2, **given)


@EXERCISE.slip(r"That is $(\delta_k / \sigma)^2$. Asked for is $\delta_k^2$ itself.")
def over_the_noise(sigma, **given):
    return best_delta_squared(sigma=sigma, **given) / sigma**2


@EXERCISE.slip("You hold on to the limits of very small steps. A step of finite size may need more.")
def never_more_than_twice(sigma, **given):
    right = torch.as_tensor(best_delta_squared(sigma=sigma, **given))
    return torch.minimum(right, torch.as_tensor(2 * sigma**2).to(right))


@EXERCISE.slip("That is the choice of IHDM: one number for all waves. Here every wave gets its own.")
def choice_of_ihdm(sigma, v):
    return (1.25 * sigma) ** 2 + 0 * v


@EXERCISE.slip("You exchanged the two times: $x_t$ has been seen, and $x_s$ is to come.")
def times_swapped(a_t, a_s, sigma, v):
    return best_delta_squared(a_s, a_t, sigma, v)


@EXERCISE.slip("You put the number 1 for $v$. Every wave has a variance of its own.")
def variance_one(a_t, a_s, sigma, v):
    return sigma**2 + a_s**2 * unknown(a_t, sigma, 0 * v + 1)


@EXERCISE.slip("In what is left of $x_0$ the denominator is the variance of $x_t$. Yours lacks a part.")
def v_missing_in_the_denominator(a_t, a_s, sigma, v):
    return sigma**2 + a_s**2 * v * sigma**2 / (a_t**2 + sigma**2)


@EXERCISE.slip("What is unknown is a part of $x_0$. It is blurred up to $s$, not from $s$ to $t$.")
def difference_of_the_blurs(a_t, a_s, sigma, v):
    return sigma**2 + (a_s - a_t) ** 2 * unknown(a_t, sigma, v)
