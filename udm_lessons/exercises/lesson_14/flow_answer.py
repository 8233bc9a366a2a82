"""14.5: what a sampler on the straight line wants to hear, from a network that guesses data on a circle."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, close, normal


def flow_answer(guess, x, tau):
    zoom = math.hypot(tau, 1 - tau)
    t = math.atan2(tau, 1 - tau) / (math.pi / 2)
    x0 = guess(x / zoom, t)
    return (x - x0) / tau


def bent(x, t):
    """A guess that is no multiple of x."""
    return torch.tanh(x) * (1 - 0.6 * t) + 0.2


def curved(x, t):
    return 0.7 * torch.cos(x + 2 * t)


def falling(x, t):
    return x * (1 - t) ** 2 - 0.3 * x**2


GUESSES = (bent, curved, falling)


def cases():
    return (
        (bent, normal(0, 2, 3), 0.5),
        (bent, normal(1, 4, 1, 2, 2), 0.2),
        (curved, normal(2, 3, 1, 3, 3), 0.8),
        (falling, normal(3, 1, 1, 8, 8), 1.0),
        (curved, normal(4, 2, 1, 8, 8), 1.0),
        (falling, normal(5, 5, 2), 0.05),
        (bent, normal(6, 3, 1, 8, 8).float(), 0.35),
        (falling, 3 * normal(7, 2, 2, 4, 4), 0.65),
        (curved, normal(8, 6, 1, 8, 8), 2e-3),
    )


def inputs(rng):
    shape = rng.choice(((1, 1), (3, 2), (2, 1, 2, 2), (4, 1, 3, 3), (3, 1, 8, 8), (2, 2, 4, 4)))
    tau = rng.choice((1.0, 2e-3, rng.uniform(0.01, 1), rng.uniform(0.01, 1), rng.uniform(0.01, 1)))
    return rng.choice(GUESSES), rng.choice((0.5, 1, 3)) * normal(rng.getrandbits(30), *shape), tau


EXERCISE = Exercise(
    id="14.5",
    title="The same network, asked from a straight line",
    difficulty=3,
    minutes=12,
    points=3,
    reference=flow_answer,
    cases=cases,
    compare=close(1e-4, 1e-4),
    law=r"zoom $c = \sqrt{\tau^2 + (1 - \tau)^2}$, $\tan(\pi t / 2) = \tau / (1 - \tau)$, velocity $\varepsilon - \hat x_0 = (x - \hat x_0(x / c, t)) / \tau$",
    praise="Not one weight was touched. A schedule is a clock and a zoom.",
    idea="Where on the circle does a point of the line lie: which time has the same ratio of noise to data, and how long is "
    r"the pair $(1 - \tau, \tau)$ there, where the circle has length 1? Then, from $x$ and a guess of $x_0$: what is $\varepsilon - x_0$, without knowing $\varepsilon$?",
    why=r"$(1 - \tau, \tau)$ points in the same direction as $(\cos, \sin)$ at the time $t$ with $\tan(\pi t/2) = \tau/(1 - \tau)$; it is only shorter, by the zoom. "
    r"So $x$ divided by the zoom is the point that the network knows. On the line $x = x_0 + \tau (\varepsilon - x_0)$, which gives the velocity.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_noise(guess, x, tau):
    zoom = (tau**2 + (1 - tau) ** 2) ** 0.5
    t = 2 / math.pi * math.asin(tau / zoom)
    x0 = guess(x / zoom, t)
    eps = (x - (1 - tau) * x0) / tau
    return eps - x0


@EXERCISE.right
def noise_on_the_circle(guess, x, tau):
    t = 1 - math.atan2(1 - tau, tau) / (math.pi / 2)
    alpha, sigma = math.cos(math.pi / 2 * t), math.sin(math.pi / 2 * t)
    x_t = x * (alpha + sigma)
    x0 = guess(x_t, t)
    return (x_t - alpha * x0) / sigma - x0


def place(tau):
    """The zoom and the time on the circle."""
    return math.hypot(tau, 1 - tau), math.atan2(tau, 1 - tau) / (math.pi / 2)


@EXERCISE.slip(r"The network was asked at $\tau$, the time of the line. On the circle that ratio of noise to data is found at another time.")
def time_of_the_line(guess, x, tau):
    return (x - guess(x / place(tau)[0], tau)) / tau


@EXERCISE.slip("The network was shown the point as it lies on the line. On the circle it lies further out: divide by the zoom.")
def not_zoomed(guess, x, tau):
    return (x - guess(x, place(tau)[1])) / tau


@EXERCISE.slip("The network was asked as if it had learnt on the line: neither the time nor the scale is the one it knows.")
def asked_on_the_line(guess, x, tau):
    return (x - guess(x, tau)) / tau


@EXERCISE.slip(r"You multiplied by the zoom. It is at most 1, and the point of the circle lies further *out*.")
def zoom_inverted(guess, x, tau):
    zoom, t = place(tau)
    return (x - guess(x * zoom, t)) / tau


@EXERCISE.slip("The zoomed point stands in the velocity, too. The network sees the circle; the sampler moves on the line.")
def zoomed_in_the_velocity(guess, x, tau):
    zoom, t = place(tau)
    return (x / zoom - guess(x / zoom, t)) / tau


@EXERCISE.slip(r"The sign has turned: asked for is $\varepsilon - x_0$, from data to noise, as time runs.")
def sign(guess, x, tau):
    return -flow_answer(guess, x, tau)


@EXERCISE.slip(r"That is the guess of $x_0$. The sampler wants a velocity.")
def guess_alone(guess, x, tau):
    zoom, t = place(tau)
    return guess(x / zoom, t)


@EXERCISE.slip(r"That is the guess of the noise. The velocity is $\varepsilon - x_0$.")
def noise_alone(guess, x, tau):
    zoom, t = place(tau)
    return (x - (1 - tau) * guess(x / zoom, t)) / tau


@EXERCISE.slip(r"$x - x_0$ is $\tau$ times the velocity: how far it has come, and not how fast it goes.")
def not_divided(guess, x, tau):
    zoom, t = place(tau)
    return x - guess(x / zoom, t)


@EXERCISE.slip(r"You gave the network an angle. Its time runs from 0 to 1, the angle from 0 to $\pi/2$.")
def an_angle(guess, x, tau):
    zoom, t = place(tau)
    return (x - guess(x / zoom, t * math.pi / 2)) / tau


@EXERCISE.slip(r"The ratio is upside down: at $\tau = 0$ there is no noise, and your time is 1.")
def ratio_inverted(guess, x, tau):
    zoom, t = place(tau)
    return (x - guess(x / zoom, 1 - t)) / tau


@EXERCISE.slip(r"That is the zoom of the other end: $\alpha + \sigma$ of the line is 1 at every time. The circle asks for the root of the sum of *squares* to be 1.")
def root_forgotten(guess, x, tau):
    zoom, t = place(tau)
    return (x - guess(x / zoom**2, t)) / tau


@EXERCISE.slip("That is the velocity on the circle, with its derivatives. The sampler moves on the line, where the path is straight.")
def velocity_of_the_circle(guess, x, tau):
    zoom, t = place(tau)
    alpha, sigma = math.cos(math.pi / 2 * t), math.sin(math.pi / 2 * t)
    x0 = guess(x / zoom, t)
    eps = (x / zoom - alpha * x0) / sigma
    return math.pi / 2 * (alpha * eps - sigma * x0)
