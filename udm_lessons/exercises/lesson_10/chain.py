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
    )


def inputs(rng):
    a = sorted(rng.random() for _ in range(rng.randint(2, 8)))
    a = [*a[:-1], rng.choice([1.0, a[-1]])]
    return (
        a,
        rng.uniform(0.05, 1.0),
        rng.choice([0.0, rng.uniform(0.0, 1.5)]),
        rng.choice([0.0, rng.uniform(0.1, 4.0)]),
    )


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


@EXERCISE.slip("$x_t$ is multiplied by $a_s m_t$, so its variance by the square of that.")
@in_every_step
def factor_not_squared(V_t, m_t, a_s, delta, **others):
    return a_s * m_t * V_t + delta**2


@EXERCISE.slip(r"`delta` is a deviation. It adds $\delta^2$ to the variance.")
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


@EXERCISE.slip(r"At the start $x_T = a_T x_0 + \sigma \varepsilon$ has the noise $\sigma^2$ too.")
def start_without_noise(a, sigma, delta, v):
    return after_all_steps(a[0] ** 2 * v, a, sigma, delta, v)


@EXERCISE.slip("The chain starts from blurred data: the variance $v$ comes with $a_T^2$.")
def start_from_sharp_data(a, sigma, delta, v):
    return after_all_steps(v + sigma**2, a, sigma, delta, v)


@EXERCISE.slip("At the start a share of the data is left: add $a_T^2 v$.")
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


@EXERCISE.slip(r"At the start the data is blurred, $a_T^2 v$, and noise is added, $\sigma^2$.")
def start_from_the_data_alone(a, sigma, delta, v):
    return after_all_steps(v, a, sigma, delta, v)


@EXERCISE.slip("You returned the deviation. Asked for is the variance.")
def deviation_returned(**given):
    return math.sqrt(generated_variance(**given))
