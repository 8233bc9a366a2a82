"""01.1: x_t when the data fades as a cosine and the noise rises as a sine."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal
from ...destroy import Gaussian, Trig


def forward_noise(x0, eps, t):
    alpha, sigma = math.cos(math.pi / 2 * t), math.sin(math.pi / 2 * t)
    return alpha * x0 + sigma * eps


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.3),
        (normal(0, 3, 1, 4, 2), normal(1, 3, 1, 4, 2), 0.8),
        (normal(2, 2, 3), normal(3, 2, 3), 0.0),
        (normal(23, 6, 1, 8, 8).float(), normal(24, 6, 1, 8, 8).float(), 0.37),
        (20 * normal(25, 3, 3), 0.5 * normal(26, 3, 3), 1.0),
        (normal(27, 2, 3), 90 * normal(28, 2, 3), 4e-4),
    )


def inputs(rng):
    shape = rng.choice([(1, 2), (2, 3), (5, 4), (3, 3), (2, 1, 4, 3), (6, 1, 8, 8)])
    x0, eps = (normal(rng.getrandbits(31), *shape) * rng.choice([0.1, 1.0, 30.0]) for _ in range(2))
    dtype = rng.choice([torch.float32, torch.float64])
    t = rng.choice([0.0, 1.0, 4e-4, round(rng.random(), 1), rng.random(), rng.random()])
    return x0.to(dtype), eps.to(dtype), t


EXERCISE = Exercise(
    id="01.1",
    title="Noise",
    difficulty=1,
    minutes=4,
    points=1,
    reference=forward_noise,
    cases=cases,
    law=r"$x_t = \cos(\frac{\pi t}{2})\, x_0 + \sin(\frac{\pi t}{2})\, \varepsilon$",
    praise=r"Since $\alpha_t^2 + \sigma_t^2 = 1$, data of variance 1 keeps variance 1 at every time.",
    idea="Put in the two ends of time: what must come out at each? And halfway: how far along the quarter "
    "circle are you, and is there then more data than noise?",
    why=r"The angle $\frac{\pi}{2} t$ runs along a quarter circle: its cosine falls from 1 to 0, so the "
    "data fades, "
    r"and its sine rises from 0 to 1, so $\varepsilon$ takes over.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_process(x0, eps, t):
    return Gaussian(Trig()).forward(x0, eps, t)


@EXERCISE.right
def by_torch(x0, eps, t):
    angle = math.pi / 2 * t
    return torch.add(math.cos(angle) * x0, eps, alpha=math.sin(angle))


@EXERCISE.slip(
    r"That is another schedule, $\alpha_t = 1 - t$ and $\sigma_t = t$. It is a good one, and lesson "
    "09 uses it. Here the two scales run along a quarter circle."
)
def a_straight_line(x0, eps, t):
    return (1 - t) * x0 + t * eps


@EXERCISE.slip(
    "You squared the scales. Their squares are variances, which sum to one. What stands in front of the "
    "data and "
    "of the noise are the scales themselves."
)
def variance_for_deviation(x0, eps, t):
    angle = math.pi / 2 * t
    return math.cos(angle) ** 2 * x0 + math.sin(angle) ** 2 * eps


@EXERCISE.slip("At $t = 0$ nothing may be destroyed yet. Which of the two functions is 1 there?")
def cos_and_sin_swapped(x0, eps, t):
    angle = math.pi / 2 * t
    return math.sin(angle) * x0 + math.cos(angle) * eps


@EXERCISE.slip(
    "You used $t$ itself as the angle. At $t = 1$ a quarter circle must be complete, and the data gone."
)
def angle_is_t(x0, eps, t):
    return math.cos(t) * x0 + math.sin(t) * eps


@EXERCISE.slip(r"Your angle runs to $\pi$, a half circle: at $t = 1$ you would be back at $-x_0$.")
def angle_is_pi_t(x0, eps, t):
    angle = math.pi * t
    return math.cos(angle) * x0 + math.sin(angle) * eps


@EXERCISE.slip(
    "Your angle is in degrees. `math.cos` and `math.sin` want radians: what is a quarter circle there?"
)
def degrees(x0, eps, t):
    return math.cos(90 * t) * x0 + math.sin(90 * t) * eps


@EXERCISE.slip("The noise goes in at full strength at every time. At $t = 0$ there should be none.")
def noise_not_scaled(x0, eps, t):
    return math.cos(math.pi / 2 * t) * x0 + eps


@EXERCISE.slip("The data never fades. At $t = 1$ nothing of it should be left.")
def data_not_scaled(x0, eps, t):
    return x0 + math.sin(math.pi / 2 * t) * eps


@EXERCISE.slip("You take the noise away. It is added: at $t = 1$ the noise itself must come out.")
def noise_taken_away(eps, **given):
    return forward_noise(eps=-eps, **given)


@EXERCISE.slip(
    r"Your two scales sum to one. On a circle it is their squares that do: $\alpha_t^2 + \sigma_t^2 = 1$."
)
def scales_sum_to_one(x0, eps, t):
    alpha = math.cos(math.pi / 2 * t)
    return alpha * x0 + (1 - alpha) * eps


@EXERCISE.slip("You mix the noise of the first example into all of them. Each example has its own.")
def first_noise_for_all(x0, eps, t):
    return math.cos(math.pi / 2 * t) * x0 + math.sin(math.pi / 2 * t) * eps[:1]


@EXERCISE.slip("Your angle stops at an eighth of a circle. At $t = 1$ the data must be gone.")
def half_the_angle(t, **given):
    return forward_noise(t=t / 2, **given)
