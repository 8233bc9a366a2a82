"""10.4: how much of a mistake in the start is left at the end of a chain."""

from __future__ import annotations

import functools
import math

import torch

from ...checks import Exercise


def start_left(a, sigma, rho, v):
    left = 1.0
    for a_t, a_s in zip(a, a[1:]):
        m_t = a_t * v / (a_t**2 * v + sigma**2)
        left = left * (a_s * m_t + rho * (1 - a_t * m_t))
    return left


def cases():
    return (
        ([0.5, 1.0], 0.5, 0.6, 2.0),
        ([0.1, 0.4, 0.7], 0.3, 0.0, 0.5),  # ends while it is still blurred
        ([0.2, 0.6, 0.9, 1.0], 0.4, 1.0, 3.0),
        ([0.02, 0.05, 0.2, 0.6, 1.0], 0.1, 0.9, 4.0),
        ([0.0, 0.5, 1.0], 0.5, 0.3, 1.0),  # at the start nothing is seen of it
        (as_on_the_page(3), 0.1, 1.0, 5.0),
        (as_on_the_page(10), 0.1, 0.9, 5.0),
        (as_on_the_page(50), 0.1, 0.0, 5.0),
        ([0.3, 0.8], 2.0, 0.5, 0.1),  # a wave that is hardly seen
        ([0.3, 0.5, 0.9], 0.7, 0.8, 0.0),  # and one that the data do not have
        ([1e-4, 1e-3, 0.2], 2e-4, 0.6, 1.0),  # next to no noise
        ([2e-3, 0.01], 1e-3, 0.3, 0.5),
        ([0.0, 0.1, 0.3, 0.6, 1.0], 1.0, 1.0, 8.0),
    )


def as_on_the_page(steps):
    """What is left of the coarsest wave of 8 pixels, from t = 0.7 on, where the width is 8 t^2."""
    widths = [8 * (0.7 * (1 - k / steps)) ** 2 for k in range(steps + 1)]
    return [math.exp(-((math.pi / 8 * w) ** 2) / 2) for w in widths]


def inputs(rng):
    a = sorted(rng.random() ** rng.choice((1, 1, 4)) for _ in range(rng.choice((2, 2, 3, 4, 8, 40))))
    a[0], a[-1] = rng.choice((a[0], a[0], 0.0)), rng.choice((a[-1], 1.0))
    sigma = rng.choice((1.0, *[10 ** rng.uniform(-3, 1)] * 4))
    v = rng.choice((0.0, 1.0, *[10 ** rng.uniform(-2, 2)] * 4))
    return a, sigma, rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random())), v


EXERCISE = Exercise(
    id="10.4",
    title="What is left of a wrong start",
    difficulty=2,
    minutes=10,
    points=2,
    reference=start_left,
    cases=cases,
    law=r"Every step multiplies the difference by $a_s m_t + \rho\, (1 - a_t m_t)$, "
    r"with $m_t = a_t v / (a_t^2 v + \sigma^2)$",
    praise="Fresh noise is all that makes a chain forget.",
    idea="Write one step as: so much of $x_t$, plus something that is the same for both chains. Then one step after "
    "the other. Easy ends: a wave that the data do not have, with all noise kept, and with none.",
    why=r"$x_s = a_s m_t x_t + \rho\, (x_t - a_t m_t x_t)$ plus fresh noise. The fresh noise is the same in both chains and cancels, "
    "so the difference is multiplied by the factor of $x_t$ in each step.",
    inputs=inputs,
)


def in_every_step(rule):
    """The whole chain, but with `rule` for the factor of a step; a rule names what it uses."""

    @functools.wraps(rule)
    def chain(a, sigma, rho, v):
        left = 1.0
        for a_t, a_s in zip(a, a[1:]):
            m_t = a_t * v / (a_t**2 * v + sigma**2)
            left = left * rule(m_t=m_t, a_t=a_t, a_s=a_s, sigma=sigma, rho=rho, v=v)
        return left

    return chain


@EXERCISE.right
def two_chains(a, sigma, rho, v):
    ends = []
    for x in (0.0, 1.0):
        for a_t, a_s in zip(a, a[1:]):
            guess = a_t * v / (a_t**2 * v + sigma**2) * x
            inferred = (x - a_t * guess) / sigma
            x = a_s * guess + sigma * rho * inferred
        ends.append(x)
    return ends[1] - ends[0]


@EXERCISE.right
def as_a_tensor(**given):
    return torch.tensor(start_left(**given))


@EXERCISE.slip("That is the chain that keeps all of its noise, whatever `rho` is.")
@in_every_step
def all_kept(m_t, a_t, a_s, **others):
    return a_s * m_t + 1 - a_t * m_t


@EXERCISE.slip(r"That is what goes through the guess. A part of $x_t$ also comes along as kept noise.")
@in_every_step
def through_the_guess_only(m_t, a_s, **others):
    return a_s * m_t


@EXERCISE.slip("That is what comes along as kept noise. The guess depends on $x_t$ too.")
@in_every_step
def through_the_noise_only(m_t, a_t, rho, **others):
    return rho * (1 - a_t * m_t)


@EXERCISE.slip(r"$\rho$ multiplies the inferred noise only, not the guess.")
@in_every_step
def rho_on_all(m_t, a_t, a_s, rho, **others):
    return rho * (a_s * m_t + 1 - a_t * m_t)


@EXERCISE.slip(r"The inferred noise is what the guess does not explain of $x_t$: your part with $\rho$ is too large.")
@in_every_step
def all_of_x_t_kept(m_t, a_s, rho, **others):
    return a_s * m_t + rho


@EXERCISE.slip("The noise is inferred at $t$: in the bracket the guess is blurred up to $t$, not up to $s$.")
@in_every_step
def inferred_at_s(m_t, a_s, rho, **others):
    return a_s * m_t + rho * (1 - a_s * m_t)


@EXERCISE.slip("The step goes to the guess blurred up to $s$, not up to $t$.")
@in_every_step
def blurred_up_to_t(m_t, a_t, rho, **others):
    return a_t * m_t + rho * (1 - a_t * m_t)


@EXERCISE.slip("The step goes to the guess *blurred up to s*: the factor $a_s$ is missing.")
@in_every_step
def guess_not_blurred(m_t, a_t, rho, **others):
    return m_t + rho * (1 - a_t * m_t)


@EXERCISE.slip("In the bracket the guess must be blurred up to $t$: a factor is missing.")
@in_every_step
def guess_not_blurred_in_the_bracket(m_t, a_s, rho, **others):
    return a_s * m_t + rho * (1 - m_t)


@EXERCISE.slip(r"The weight of the old noise is $\rho$. You took that of the fresh noise.")
@in_every_step
def weight_of_the_fresh_noise(m_t, a_t, a_s, rho, **others):
    return a_s * m_t + math.sqrt(1 - rho**2) * (1 - a_t * m_t)


@EXERCISE.slip("You made the guess with $a_s$. It is made from $x_t$: $m_t$ takes $a_t$ throughout.")
@in_every_step
def guess_for_the_wrong_time(a_t, a_s, sigma, rho, v, **others):
    m_s = a_s * v / (a_s**2 * v + sigma**2)
    return a_s * m_s + rho * (1 - a_t * m_s)


@EXERCISE.slip("You squared the factor, as for a variance. Asked for is the difference itself.")
def squared(**given):
    return start_left(**given) ** 2


@EXERCISE.slip(r"$\rho$ is the weight of the old noise as it stands. You squared it.")
def rho_squared(rho, **given):
    return start_left(rho=rho**2, **given)


@EXERCISE.slip("In $m_t$ you put $\\sigma$ for its square.")
@in_every_step
def sigma_not_squared(a_t, a_s, sigma, rho, v, **others):
    m_t = a_t * v / (a_t**2 * v + sigma)
    return a_s * m_t + rho * (1 - a_t * m_t)


@EXERCISE.slip("Your guess is that for $v = 1$. It depends on the variance of the data.")
def guess_for_v_of_1(v, **given):
    return start_left(v=1.0, **given)


@EXERCISE.slip("Something is missing in your $m_t$: compare it with the page.")
@in_every_step
def factor_missing_in_the_guess(a_t, a_s, sigma, rho, v, **others):
    m_t = v / (a_t**2 * v + sigma**2)
    return a_s * m_t + rho * (1 - a_t * m_t)


@EXERCISE.slip("The inferred noise is divided by $\\sigma$ and multiplied by $\\sigma$ again: it cancels.")
@in_every_step
def noise_not_scaled_back(m_t, a_t, a_s, sigma, rho, **others):
    return a_s * m_t + rho * (1 - a_t * m_t) / sigma


@EXERCISE.slip("You scaled the inferred noise by $\\sigma$ without dividing by it first.")
@in_every_step
def noise_not_divided(m_t, a_t, a_s, sigma, rho, **others):
    return a_s * m_t + rho * sigma * (1 - a_t * m_t)


@EXERCISE.slip("Fresh noise is the same in both chains: it does not enter their difference.")
def fresh_noise_added(a, sigma, rho, v):
    left = 1.0
    for a_t, a_s in zip(a, a[1:]):
        m_t = a_t * v / (a_t**2 * v + sigma**2)
        left = left * (a_s * m_t + rho * (1 - a_t * m_t)) + math.sqrt(1 - rho**2) * sigma
    return left


@EXERCISE.slip("You added up the factors of the steps. One step after the other multiplies.")
def factors_added(a, sigma, rho, v):
    return sum(start_left([a_t, a_s], sigma, rho, v) for a_t, a_s in zip(a, a[1:]))


@EXERCISE.slip("You return after the first step. Move `return` out of the loop.")
def one_step_only(a, **given):
    return start_left(a[:2], **given)


@EXERCISE.slip("That is the factor of the last step alone. They are to be multiplied.")
def last_step_only(a, **given):
    return start_left(a[-2:], **given)


@EXERCISE.slip("Your chain stops one step early: the step to the last of `a` is missing.")
def last_step_left_out(a, **given):
    return start_left(a[:-1], **given)


@EXERCISE.slip("Your chain starts one step late: the step from the first of `a` to the second is missing.")
def first_step_left_out(a, **given):
    return start_left(a[1:], **given)


@EXERCISE.slip("You run the chain from sharp to blurred. It starts at the first of `a`, where most has gone.")
def backwards(a, **given):
    return start_left(a[::-1], **given)


@EXERCISE.slip("You cut the list into separate pairs. Most entries belong to two steps.")
def every_second_step(a, sigma, rho, v):
    left = 1.0
    for a_t, a_s in zip(a[::2], a[1::2]):
        left *= start_left([a_t, a_s], sigma, rho, v)
    return left


@EXERCISE.slip("The same guess in every step? $m_t$ changes as the picture becomes clearer.")
def guess_of_the_start(a, sigma, rho, v):
    left, m = 1.0, a[0] * v / (a[0] ** 2 * v + sigma**2)
    for a_t, a_s in zip(a, a[1:]):
        left = left * (a_s * m + rho * (1 - a_t * m))
    return left


@EXERCISE.slip("That is how much has been forgotten. Asked for is what is left.")
def forgotten(**given):
    return 1 - start_left(**given)
