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
    )


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
    r"You squared the scales. The squares sum to one, $\alpha_t^2 + \sigma_t^2 = 1$, but the formula "
    "for $x_t$ has the scales themselves."
)
def variance_for_deviation(x0, eps, t):
    angle = math.pi / 2 * t
    return math.cos(angle) ** 2 * x0 + math.sin(angle) ** 2 * eps


@EXERCISE.slip("At $t = 0$ nothing may be destroyed yet. Which of the two functions is 1 there?")
def cos_and_sin_swapped(x0, eps, t):
    angle = math.pi / 2 * t
    return math.sin(angle) * x0 + math.cos(angle) * eps


@EXERCISE.slip(
    r"The angle runs from 0 to $\pi/2$ while $t$ runs from 0 to 1. You used $t$ itself as the angle."
)
def angle_is_t(x0, eps, t):
    return math.cos(t) * x0 + math.sin(t) * eps


@EXERCISE.slip(r"Your angle runs to $\pi$, a half circle: at $t = 1$ you would be back at $-x_0$.")
def angle_is_pi_t(x0, eps, t):
    angle = math.pi * t
    return math.cos(angle) * x0 + math.sin(angle) * eps
