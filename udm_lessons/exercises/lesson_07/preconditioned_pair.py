"""07.5: what a network F is asked for, if c_skip x_t + c_out F is its guess of the data."""

from __future__ import annotations

import math

from ...checks import Exercise
from ._pairs import drawn_little, drawn_scales


def preconditioned_pair(c_skip, c_out, alpha, sigma):
    return (1 - c_skip * alpha) / c_out, -c_skip * sigma / c_out


def cases():
    return (
        (0.5, 0.25, 0.75, 0.25),
        (0.6, -0.8, 0.6, 0.8),
        (0.3, 1.0, 1.0, 3.0),
        (-0.4, 1.5, 0.4, 1.0),
        (0.0, 0.5, 0.8, 0.6),
        (0.2, 0.9, 0.0, 1.5),
        (0.7, -1.5, 0.9, 0.0),
        (2.0, 0.01, 0.9, 5.0),
        (0.8, -2e-4, 0.7, 0.6),
        (0.25 / (100**2 + 0.25), 50 / math.sqrt(100**2 + 0.25), 1.0, 100.0),
        (0.25 / (0.01**2 + 0.25), 0.005 / math.sqrt(0.01**2 + 0.25), 1.0, 0.01),
    )


def inputs(rng):
    alpha, sigma, _, _ = drawn_scales(rng)
    if rng.random() < 0.3:  # the recipe of Karras et al.
        d, sigma = rng.uniform(0.3, 2.0), max(sigma, 1e-4)
        r = math.hypot(alpha * d, sigma)
        return alpha * d**2 / r**2, sigma * d / r, alpha, sigma
    c_skip = rng.choice([0.0, 1.0, alpha, rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(-2, 2)])
    size = rng.choice([1.0, drawn_little(rng), *[math.exp(rng.uniform(-3, 3))] * 3])
    return c_skip, rng.choice([1.0, -1.0]) * size, alpha, sigma


EXERCISE = Exercise(
    id="07.5",
    title="The pair of a wrapped network",
    difficulty=2,
    minutes=8,
    points=2,
    reference=preconditioned_pair,
    cases=cases,
    law=r"$F = (x_0 - c_\text{skip}\, x_t) / c_\text{out}$ with $x_t = \alpha x_0 + \sigma \varepsilon$",
    praise="A wrapped network predicts one more kind, and a kind is a pair.",
    idea="Choose data and noise, make $x_t$, and ask: which number must $F$ return, so that the wrapper "
    "gives back your data exactly? Look at the ends: no skip at all, no noise, no signal.",
    why=r"$F = (x_0 - c_\text{skip} (\alpha x_0 + \sigma \varepsilon)) / c_\text{out}$. Collect what stands "
    r"before $x_0$ and what stands before $\varepsilon$: both are divided by $c_\text{out}$.",
    inputs=inputs,
)


@EXERCISE.right
def term_by_term(c_skip, c_out, alpha, sigma):
    before_x_t = -c_skip / c_out
    return 1 / c_out + before_x_t * alpha, before_x_t * sigma


@EXERCISE.right
def as_a_list(c_skip, c_out, alpha, sigma):
    return [(1 - c_skip * alpha) / c_out, -(c_skip * sigma) / c_out]


@EXERCISE.slip(
    "The second number is right. But $x_t$ holds data as well as noise, and that data changes the number "
    "before $x_0$."
)
def x_t_taken_for_noise(c_skip, c_out, sigma):
    return 1 / c_out, -c_skip * sigma / c_out


@EXERCISE.slip(
    r"The data in $x_t$ is scaled by $\alpha$. The original paper has $\alpha = 1$, where it cannot be seen."
)
def alpha_left_out(c_skip, c_out, sigma):
    return (1 - c_skip) / c_out, -c_skip * sigma / c_out


@EXERCISE.slip(r"$x_t$ is subtracted, and so is the noise in it: the second number has a minus.")
def sign_of_the_noise(c_skip, c_out, alpha, sigma):
    return (1 - c_skip * alpha) / c_out, c_skip * sigma / c_out


@EXERCISE.slip(r"The noise in $x_t$ is scaled by $\sigma$.")
def sigma_left_out(c_skip, c_out, alpha):
    return (1 - c_skip * alpha) / c_out, -c_skip / c_out


@EXERCISE.slip(
    r"$\hat x_0 = c_\text{skip}\, x_t + c_\text{out}\, F$: to get $F$, *divide* by $c_\text{out}$."
)
def multiplied_by_c_out(c_skip, c_out, alpha, sigma):
    return (1 - c_skip * alpha) * c_out, -c_skip * sigma * c_out


@EXERCISE.slip(
    r"The two numbers have changed places: first the one before $x_0$, then the one before $\varepsilon$."
)
def order(c_skip, c_out, alpha, sigma):
    return -c_skip * sigma / c_out, (1 - c_skip * alpha) / c_out


@EXERCISE.slip(r"That is $-F$: subtract $c_\text{skip}\, x_t$ from $x_0$, and not the other way round.")
def sign_of_all(c_skip, c_out, alpha, sigma):
    return (c_skip * alpha - 1) / c_out, c_skip * sigma / c_out


@EXERCISE.slip(
    r"Those stand before $x_0$ and $x_t$. One step is left: put in $x_t = \alpha x_0 + \sigma \varepsilon$."
)
def pair_before_x_t(c_skip, c_out):
    return 1 / c_out, -c_skip / c_out


@EXERCISE.slip(r"$\alpha$ and $\sigma$ have changed places. $\alpha$ scales the data, $\sigma$ the noise.")
def alpha_for_sigma(c_skip, c_out, alpha, sigma):
    return preconditioned_pair(c_skip, c_out, alpha=sigma, sigma=alpha)


@EXERCISE.slip(r"$x_t$ is subtracted, and so is the data in it. The first number has a wrong sign in it.")
def sign_of_the_data(c_skip, c_out, alpha, sigma):
    return (1 + c_skip * alpha) / c_out, -c_skip * sigma / c_out


@EXERCISE.slip(r"A bracket is missing in the first number: all of it is divided by $c_\text{out}$.")
def bracket_missing(c_skip, c_out, alpha, sigma):
    return 1 - c_skip * alpha / c_out, -c_skip * sigma / c_out


@EXERCISE.slip(
    r"Those are the numbers of $\hat x_0$, with 1 for $F$. Asked for is the pair of $F$: solve for it first."
)
def pair_of_the_denoiser(c_skip, c_out, alpha, sigma):
    return c_skip * alpha + c_out, c_skip * sigma


@EXERCISE.slip(r"That is the pair of $c_\text{out} F$. Divide by $c_\text{out}$.")
def c_out_forgotten(c_skip, alpha, sigma):
    return 1 - c_skip * alpha, -c_skip * sigma


@EXERCISE.slip(
    "You scaled the pair to length 1. How long it is counts: $F$ must be what the wrapper asks for, size and all."
)
def pair_of_length_one(**given):
    A, B = preconditioned_pair(**given)
    return A / math.hypot(A, B), B / math.hypot(A, B)
