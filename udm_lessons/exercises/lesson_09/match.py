"""09.3: the time on the straight line with the same ratio of signal and noise, and the scale."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise
from ._draws import drawn_little


def match(alpha, sigma):
    return sigma / (alpha + sigma), alpha + sigma


def cases():
    return (
        (0.75, 0.5),
        (0.6, 0.8),
        (1.0, 3.0),
        (0.2, 0.05),
        (1.0, 0.0),
        (0.0, 0.7),
        (0.0, 1.0),
        (0.3, 0.7),
        (1.0, 0.01),
        (0.02, 5.0),
        (0.8, 0.0),
        (3e-4, 2e-4),
    )


def inputs(rng):
    alpha, sigma = rng.choice((1.0, rng.uniform(0.01, 2.0))), rng.choice((1.0, 0.01, rng.uniform(0.01, 5.0)))
    line, circle = (1 - sigma / 6, sigma / 6), (math.cos(sigma / 4), math.sin(sigma / 4))
    little = drawn_little(rng), drawn_little(rng)
    return rng.choice(((alpha, sigma), (alpha, sigma), line, circle, (0.0, sigma), (alpha, 0.0), little))


EXERCISE = Exercise(
    id="09.3",
    title="The same point on the straight line",
    difficulty=2,
    minutes=6,
    points=2,
    reference=match,
    cases=cases,
    law=r"$\alpha = c\, (1 - \tau)$ and $\sigma = c\, \tau$",
    praise="Every schedule is the straight line, seen with another clock and another zoom.",
    idea="On the straight line signal and noise always add up to one. Do yours? Then try the two ends of "
    "time: what must the clock show where there is no noise, and where there is nothing else?",
    why=r"The line has $\alpha + \sigma = 1$ at every time, so that the sum is the zoom, and the share of "
    "the noise in it is the clock.",
    inputs=inputs,
)


@EXERCISE.right
def as_a_tensor(alpha, sigma):
    return torch.tensor([sigma, (alpha + sigma) ** 2]) / (alpha + sigma)


@EXERCISE.right
def as_a_list(alpha, sigma):
    return [1 - alpha / (alpha + sigma), alpha + sigma]


@EXERCISE.slip(
    r"The scale is inverted. It multiplies the point of the straight line: $x_t = c\, \tilde x_\tau$."
)
def scale_inverted(alpha, sigma):
    tau = sigma / (alpha + sigma)
    return tau, 1 / (alpha + sigma)


@EXERCISE.slip(
    r"You set $\tau = \sigma / \alpha$. But on the line the ratio is $\tau / (1 - \tau)$; "
    r"solve that for $\tau$."
)
def ratio_as_time(alpha, sigma):
    tau = sigma / alpha
    return tau, alpha + sigma


@EXERCISE.slip(r"That is $1 - \tau$. On the line $\tau$ is the share of the *noise*.")
def share_of_the_signal(alpha, sigma):
    tau = alpha / (alpha + sigma)
    return tau, alpha + sigma


@EXERCISE.slip(r"That scale belongs to a circle. On the line $(1 - \tau) + \tau = 1$, without squares.")
def scale_of_a_circle(alpha, sigma):
    tau = sigma / (alpha + sigma)
    return tau, math.sqrt(alpha**2 + sigma**2)


@EXERCISE.slip(r"The SNR has squares on both sides; take the root before you solve for $\tau$.")
def squares(alpha, sigma):
    tau = sigma**2 / (alpha**2 + sigma**2)
    return tau, alpha + sigma


@EXERCISE.slip(r"Time and scale have changed places: first $\tau$, then $c$.")
def order(alpha, sigma):
    tau, c = match(alpha, sigma)
    return c, tau


@EXERCISE.slip("The time is right, but the two points differ in scale. Add the two equations to find $c$.")
def no_scale(alpha, sigma):
    tau = sigma / (alpha + sigma)
    return tau, 1.0


@EXERCISE.slip(
    r"Right, but at the clean end $\sigma = 0$. Write $\tau$ as one fraction, "
    "and find $c$ by adding the two equations."
)
def divided_by_sigma(alpha, sigma):
    tau = 1 / (1 + alpha / sigma)
    return tau, alpha + sigma


@EXERCISE.slip(r"Right, but at the noisy end $\alpha = 0$. Add the two equations: then nothing is divided.")
def divided_by_alpha_at_an_end(alpha, sigma):
    tau = sigma / (alpha + sigma)
    return tau, alpha / (1 - tau)


@EXERCISE.slip(
    r"Time and scale are made with squares, as on a circle. On the line $(1 - \tau) + \tau = 1$, "
    "without squares."
)
def time_and_scale_of_a_circle(alpha, sigma):
    tau = sigma**2 / (alpha**2 + sigma**2)
    return tau, math.sqrt(alpha**2 + sigma**2)


@EXERCISE.slip("You returned the time alone. Asked for are two numbers: the time and the scale.")
def time_alone(alpha, sigma):
    return sigma / (alpha + sigma)


@EXERCISE.slip(
    r"That is the point of the straight line at the same *time*: $\tau$ is not $\sigma$. Match the ratio "
    "of the two."
)
def sigma_for_time(alpha, sigma):
    return sigma, alpha + sigma


@EXERCISE.slip("The scale must bring *both* equations in order. Yours is that of the signal alone.")
def scale_of_the_signal(alpha, sigma):
    return sigma / (alpha + sigma), alpha


@EXERCISE.slip("Only the noise comes out right with your scale. It must hold for the signal as well.")
def scale_of_the_noise(alpha, sigma):
    return sigma / (alpha + sigma), sigma


@EXERCISE.slip(
    r"Your scale is an average. Put it into both equations and see whether $\alpha$ and $\sigma$ come "
    "out."
)
def halved(alpha, sigma):
    return sigma / (alpha + sigma), (alpha + sigma) / 2


@EXERCISE.slip(
    r"Right, but at an end of time you say that the scale is 1. It need not be: some schedules end at $\sigma = 5$."
)
def scale_of_1_at_the_ends(alpha, sigma):
    tau, c = match(alpha, sigma)
    return tau, c if alpha and sigma else 1.0
