"""10.6: what becomes of the variance of one wave along a whole chain of steps."""

from __future__ import annotations

import functools
import math

import torch

from ...checks import Exercise


def generated_variance(a, sigma, delta, v):
    variance = a[0] ** 2 * v + sigma**2
    for a_t, a_s in zip(a, a[1:]):
        m_t = a_t * v / (a_t**2 * v + sigma**2)
        variance = (a_s * m_t) ** 2 * variance + delta**2
    return variance


def after_all_steps(variance, a, sigma, delta, v):
    """What the steps make of the variance that a wave has at the start."""
    for a_t, a_s in zip(a, a[1:]):
        m_t = a_t * v / (a_t**2 * v + sigma**2)
        variance = (a_s * m_t) ** 2 * variance + delta**2
    return variance


def cases():
    return (
        ([0.5, 1.0], 0.5, 0.4, 2.0),
        ([0.1, 0.4, 0.7, 0.9], 0.3, 0.35, 0.5),
        ([0.02, 0.05, 0.2, 0.6, 0.8, 1.0], 0.1, 0.14, 3.0),
        ([0.6, 0.8], 1.0, 0.5, 9.0),  # ends while it is still blurred
        ([0.3, 0.5, 0.9, 1.0], 1.5, 1.0, 0.4),  # a wave that is never clearly seen
        ([0.0, 0.3, 1.0], 0.5, 0.7, 2.0),  # at the start nothing is seen of it
        (as_on_the_page(10), 0.02, 0.025, 1.0),
        (as_on_the_page(100), 0.02, 0.02 * math.sqrt(2), 1.0),
        ([0.5, 0.5, 0.9], 3.0, 4.0, 20.0),
        ([0.2, 0.7], 0.5, 0.0, 1.5),  # nothing is drawn
        ([1e-4, 0.3, 0.6, 0.8, 0.9, 1.0], 0.01, 0.0, 1.0),  # nor is much seen at the start
        ([0.3, 0.8], 0.01, 0.02, 0.0),  # data without any variance
        ([0.001, 1.0], 1e-4, 2e-4, 1.0),
    )


def as_on_the_page(steps):
    """What is left of the coarsest wave of 8 pixels, from 8 pixels of blur to none."""
    widths = [8 * (1 - k / steps) ** 2 for k in range(steps + 1)]
    return [math.exp(-((math.pi / 8 * w) ** 2) / 2) for w in widths]


def inputs(rng):
    a = sorted(rng.random() ** rng.choice((1, 1, 4)) for _ in range(rng.choice((2, 2, 3, 4, 8, 40))))
    a[0], a[-1] = rng.choice((a[0], a[0], 0.0)), rng.choice((a[-1], 1.0))
    sigma = rng.choice((1.0, *[10 ** rng.uniform(-4, 1)] * 4))
    v = rng.choice((0.0, 1.0, *[10 ** rng.uniform(-2, 2)] * 4))
    return a, sigma, sigma * rng.choice((0.0, 1.0, 1.25, rng.uniform(0.0, 3.0), rng.uniform(0.0, 3.0))), v


EXERCISE = Exercise(
    id="10.6",
    title="What becomes of the variance of a wave",
    difficulty=3,
    minutes=10,
    points=3,
    reference=generated_variance,
    cases=cases,
    law=r"$V_s = (a_s m_t)^2\, V_t + \delta^2$ with $m_t = a_t v / (a_t^2 v + \sigma^2)$, "
    r"from $V_T = a_T^2 v + \sigma^2$",
    praise="A whole sampler, followed without drawing a single number.",
    idea="Follow the variance by hand over a single step: how much of the guess moves with the state, and "
    "what does the step add? And with data that have no variance?",
    why="The guess is $m_t x_t$, so a step multiplies the state by $a_s m_t$ and its variance by the "
    r"square of that; then fresh noise of variance $\delta^2$ comes on top.",
    inputs=inputs,
)


def in_every_step(rule):
    """The whole chain, but with `rule` for the step from V_t to V_s; a rule names what it uses."""

    @functools.wraps(rule)
    def chain(a, sigma, delta, v):
        variance = a[0] ** 2 * v + sigma**2
        for a_t, a_s in zip(a, a[1:]):
            m_t = a_t * v / (a_t**2 * v + sigma**2)
            variance = rule(V_t=variance, m_t=m_t, a_t=a_t, a_s=a_s, sigma=sigma, delta=delta, v=v)
        return variance

    return chain


@EXERCISE.right
@in_every_step
def products_for_squares(V_t, m_t, a_s, delta, **others):
    return a_s * a_s * m_t * m_t * V_t + delta * delta


@EXERCISE.right
def as_a_tensor(**given):
    return torch.tensor(generated_variance(**given))


@EXERCISE.slip("The step multiplies $x_t$ by a number. Its variance is not multiplied by that same number.")
@in_every_step
def factor_not_squared(V_t, m_t, a_s, delta, **others):
    return a_s * m_t * V_t + delta**2


@EXERCISE.slip("`delta` is a deviation, and it is variances that you add up.")
@in_every_step
def delta_not_squared(V_t, m_t, a_s, delta, **others):
    return (a_s * m_t) ** 2 * V_t + delta


@EXERCISE.slip(r"Every step adds fresh noise of deviation $\delta$.")
@in_every_step
def fresh_noise_forgotten(V_t, m_t, a_s, **others):
    return (a_s * m_t) ** 2 * V_t


@EXERCISE.slip("The step goes to the guess *blurred up to s*: the factor $a_s$ is missing.")
@in_every_step
def guess_not_blurred(V_t, m_t, delta, **others):
    return m_t**2 * V_t + delta**2


@EXERCISE.slip("You blurred the guess up to $t$. The step goes to $s$.")
@in_every_step
def blurred_up_to_t(V_t, m_t, a_t, delta, **others):
    return (a_t * m_t) ** 2 * V_t + delta**2


@EXERCISE.slip("At the start $x_T$ holds noise besides the data.")
def start_without_noise(a, sigma, delta, v):
    return after_all_steps(a[0] ** 2 * v, a, sigma, delta, v)


@EXERCISE.slip("The chain starts from blurred data, and you start it from sharp ones.")
def start_from_sharp_data(a, sigma, delta, v):
    return after_all_steps(v + sigma**2, a, sigma, delta, v)


@EXERCISE.slip("At the start a share of the data is left: $x_T$ is not noise alone.")
def start_from_noise_alone(a, sigma, delta, v):
    return after_all_steps(sigma**2, a, sigma, delta, v)


@EXERCISE.slip("You made the guess with $a_s$. It is made from $x_t$: $m_t$ takes $a_t$ throughout.")
@in_every_step
def guess_for_the_wrong_time(V_t, a_s, sigma, delta, v, **others):
    m_s = a_s * v / (a_s**2 * v + sigma**2)
    return (a_s * m_s) ** 2 * V_t + delta**2


@EXERCISE.slip(r"The noise that a step adds has the deviation $\delta$, not $\sigma$.")
@in_every_step
def sigma_for_delta(V_t, m_t, a_s, sigma, **others):
    return (a_s * m_t) ** 2 * V_t + sigma**2


@EXERCISE.slip(r"Here every step adds $\delta\, \xi$, the last one too.")
def no_noise_at_the_end(delta, **given):
    return generated_variance(delta=delta, **given) - delta**2


@EXERCISE.slip(
    "You started every step from the true variance of $x_t$. The chain goes on from its own: "
    "what is lost stays lost."
)
@in_every_step
def reset_in_every_step(m_t, a_t, a_s, sigma, delta, v, **others):
    true_variance = a_t**2 * v + sigma**2
    return (a_s * m_t) ** 2 * true_variance + delta**2


@EXERCISE.slip("You start from the data as they are. $x_T$ is blurred and has noise in it.")
def start_from_the_data_alone(a, sigma, delta, v):
    return after_all_steps(v, a, sigma, delta, v)


@EXERCISE.slip("You returned the deviation. Asked for is the variance.")
def deviation_returned(**given):
    return math.sqrt(generated_variance(**given))


@EXERCISE.slip("You return after the first step. Move `return` out of the loop.")
def one_step_only(a, **given):
    return generated_variance(a[:2], **given)


@EXERCISE.slip(
    r"The noise in $x_T$ has the deviation $\sigma$. $\delta$ is what a step draws, and at the start none is done yet."
)
def start_with_delta(a, sigma, delta, v):
    return after_all_steps(a[0] ** 2 * v + delta**2, a, sigma, delta, v)


@EXERCISE.slip("Your chain stops one step early: the step to the last of `a` is missing.")
def last_step_left_out(a, **given):
    return generated_variance(a[:-1], **given)


@EXERCISE.slip("Your chain starts one step late: the step from the first of `a` to the second is missing.")
def first_step_left_out(a, sigma, delta, v):
    return after_all_steps(a[0] ** 2 * v + sigma**2, a[1:], sigma, delta, v)


@EXERCISE.slip("You run the chain from sharp to blurred. It starts at the first of `a`, where most has gone.")
def backwards(a, **given):
    return generated_variance(a[::-1], **given)


@EXERCISE.slip("Your guess is that for $v = 1$. It depends on the variance of the data.")
@in_every_step
def guess_for_v_of_1(V_t, a_t, a_s, sigma, delta, **others):
    return (a_s * a_t / (a_t**2 + sigma**2)) ** 2 * V_t + delta**2


@EXERCISE.slip("In $m_t$ you put $\\sigma$ for its square.")
@in_every_step
def sigma_not_squared_in_the_guess(V_t, a_t, a_s, sigma, delta, v, **others):
    return (a_s * a_t * v / (a_t**2 * v + sigma)) ** 2 * V_t + delta**2


@EXERCISE.slip("At the start you forgot to square the factor of the data.")
def a_not_squared_at_the_start(a, sigma, delta, v):
    return after_all_steps(a[0] * v + sigma**2, a, sigma, delta, v)


@EXERCISE.slip("At the start you added the deviation of the noise. Add its variance.")
def sigma_not_squared_at_the_start(a, sigma, delta, v):
    return after_all_steps(a[0] ** 2 * v + sigma, a, sigma, delta, v)


@EXERCISE.slip("The same guess in every step? $m_t$ changes as the picture becomes clearer.")
def guess_of_the_start(a, sigma, delta, v):
    variance, m = a[0] ** 2 * v + sigma**2, a[0] * v / (a[0] ** 2 * v + sigma**2)
    for a_s in a[1:]:
        variance = (a_s * m) ** 2 * variance + delta**2
    return variance


@EXERCISE.slip("You added up deviations. The parts of $x_s$ are independent: their variances add up.")
@in_every_step
def deviations_added(V_t, m_t, a_s, delta, **others):
    return (a_s * m_t * V_t**0.5 + delta) ** 2


@EXERCISE.slip("That is the share of the variance of the data. Asked for is the variance itself.")
def share_returned(v, **given):
    return generated_variance(v=v, **given) / v


@EXERCISE.slip("That is the step of *keep*. Here the guess is blurred and new noise is added.")
@in_every_step
def step_of_keep(V_t, m_t, a_t, a_s, **others):
    return (1 + (a_s - a_t) * m_t) ** 2 * V_t


@EXERCISE.slip(r"In $m_t$ you put $\delta$ for $\sigma$. The guess is made for the true law of $x_t$.")
@in_every_step
def delta_in_the_guess(V_t, a_t, a_s, delta, v, **others):
    return (a_s * a_t * v / (a_t**2 * v + delta**2)) ** 2 * V_t + delta**2


@EXERCISE.slip("You made $m_t$ with the variance of your chain. It belongs to the true law of $x_t$.")
@in_every_step
def guess_for_the_chain(V_t, a_t, a_s, delta, v, **others):
    return (a_s * a_t * v / V_t) ** 2 * V_t + delta**2


@EXERCISE.slip("Something is missing in your $m_t$: compare it with the page.")
@in_every_step
def factor_missing_in_the_guess(V_t, a_t, a_s, sigma, delta, v, **others):
    return (a_s * v / (a_t**2 * v + sigma**2)) ** 2 * V_t + delta**2


@EXERCISE.slip("You cut the list into separate pairs. A step leads from every entry to the next one, so most entries belong to two steps.")
def every_second_step(a, sigma, delta, v):
    variance = a[0] ** 2 * v + sigma**2
    for a_t, a_s in zip(a[::2], a[1::2]):
        m_t = a_t * v / (a_t**2 * v + sigma**2)
        variance = (a_s * m_t) ** 2 * variance + delta**2
    return variance
