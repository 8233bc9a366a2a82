"""07.2: the data, from the velocity and x_t."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal
from ._pairs import drawn_scales, drawn_shape


def data_from_velocity(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t - sigma * v) / (alpha * d_sigma - d_alpha * sigma)


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.75, 0.25, -1.0, 1.0),
        (normal(6, 4, 3), normal(7, 4, 3), 0.6, 0.8, -1.2, 0.9),
        (normal(8, 2, 5), normal(9, 2, 5), 0.8, 3.0, 0.0, 5.0),
        (normal(10, 3, 3), normal(11, 3, 3), 0.4, 1.0, -1.5, 0.5),
        (normal(10, 2, 3), normal(11, 2, 3), 0.0, 1.0, -1.6, 0.0),
        (normal(10, 2, 2), normal(11, 2, 2), 1.0, 0.0, 0.0, 1.6),
        (100 * normal(28, 1, 1), 30 * normal(29, 1, 1), 0.0, 1.5, -1.0, 1.0),
        (normal(30, 4, 3), normal(31, 4, 3), 0.8, 0.0, -1.0, 1.5),
        (normal(32, 2, 1, 3, 2), normal(33, 2, 1, 3, 2), 0.3, 0.7, 1.0, -1.0),
        (normal(34, 3, 2), normal(35, 3, 2), 0.7, 0.5, -2.0, 0.0),
        (2e-5 * normal(36, 2, 4), normal(37, 2, 4), 0.5, 0.8, -2e-5, 3e-5),  # hardly moving
    )


def inputs(rng):
    shape = drawn_shape(rng, 2, 3)
    alpha, sigma, d_alpha, d_sigma = drawn_scales(rng)
    if rng.random() < 0.2:  # time that runs from noise to data
        d_alpha, d_sigma = -d_alpha, -d_sigma
    size = math.exp(rng.uniform(-3, 4))
    x0, noise = size * normal(rng.getrandbits(31), *shape), normal(rng.getrandbits(31), *shape)
    return d_alpha * x0 + d_sigma * noise, alpha * x0 + sigma * noise, alpha, sigma, d_alpha, d_sigma


EXERCISE = Exercise(
    id="07.2",
    title="Data from velocity",
    difficulty=2,
    minutes=8,
    points=2,
    reference=data_from_velocity,
    cases=cases,
    law=r"$\alpha x_0 + \sigma \varepsilon = x_t$ and $\alpha' x_0 + \sigma' \varepsilon = v$, "
    r"with $\varepsilon$ eliminated: "
    r"$(\alpha \sigma' - \alpha' \sigma)\, x_0 = \sigma' x_t - \sigma v$",
    praise=r"The velocity and $x_t$ are two equations; data and noise are the two unknowns.",
    idea="Choose a data point and a noise yourself, make $x_t$ and the velocity from them, and see whether "
    "the data point comes back. Then do the same at both ends of time.",
    why=r"$\sigma' x_t - \sigma v$ holds the noise $\sigma' \sigma - \sigma \sigma' = 0$ times and the data "
    r"$\alpha \sigma' - \alpha' \sigma$ times. Only this number is divided by, and it is not 0 while the "
    "signal-to-noise ratio moves.",
    inputs=inputs,
)


@EXERCISE.right
def share_by_share(v, x_t, alpha, sigma, d_alpha, d_sigma):
    W = d_alpha * sigma - alpha * d_sigma
    return sigma / W * v - d_sigma / W * x_t


@EXERCISE.right
def by_linear_solve(v, x_t, alpha, sigma, d_alpha, d_sigma):
    system = torch.tensor([[alpha, sigma], [d_alpha, d_sigma]], dtype=x_t.dtype)
    known = torch.stack([x_t.flatten(), v.flatten()])
    x0, _ = torch.linalg.solve(system, known)
    return x0.reshape(x_t.shape)


@EXERCISE.slip(
    r"$v$ has the wrong sign. $\sigma v$ contains $\sigma \sigma' \varepsilon$; "
    r"it must cancel the noise in $\sigma' x_t$."
)
def sign_of_v_turned(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t + sigma * v) / (alpha * d_sigma - d_alpha * sigma)


@EXERCISE.slip(
    r"The sign of the whole is turned: numerator and denominator must be subtracted in the same order."
)
def sign_of_all(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (sigma * v - d_sigma * x_t) / (alpha * d_sigma - d_alpha * sigma)


@EXERCISE.slip(
    "The denominator needs a minus: one equation is *subtracted* from the other, and the data in them is "
    "subtracted too."
)
def plus_in_the_denominator(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t - sigma * v) / (alpha * d_sigma + d_alpha * sigma)


@EXERCISE.slip(
    "The noise is gone, but what is left is a multiple of the data. Which multiple? Divide by it. "
    "On a line it is 1, elsewhere not."
)
def not_divided(v, x_t, sigma, d_sigma):
    return d_sigma * x_t - sigma * v


@EXERCISE.slip(r"You eliminated $x_0$ and solved for $\varepsilon$. Asked for is $x_0$.")
def the_noise(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (alpha * v - d_alpha * x_t) / (alpha * d_sigma - d_alpha * sigma)


@EXERCISE.slip(
    r"$x_t - \sigma v$ holds for $\alpha = 1 - t$, $\sigma = t$ only. Keep $\alpha'$ and $\sigma'$ in."
)
def formula_of_the_line(v, x_t, sigma):
    return x_t - sigma * v


@EXERCISE.slip(
    r"$\alpha'$ and $\sigma'$ have changed places. $\alpha'$ belongs to the data, $\sigma'$ to the noise."
)
def derivatives_swapped(d_alpha, d_sigma, **given):
    return data_from_velocity(d_alpha=d_sigma, d_sigma=d_alpha, **given)


@EXERCISE.slip(r"$v$ and $x_t$ have changed places. Which of the two equations is multiplied by $\sigma'$?")
def v_and_x_t_swapped(v, x_t, **given):
    return data_from_velocity(v=x_t, x_t=v, **given)


@EXERCISE.slip(
    r"$\alpha$ and $\sigma$ have changed places. $\alpha$ belongs to the data, $\sigma$ to the noise."
)
def alpha_for_sigma(alpha, sigma, **given):
    return data_from_velocity(alpha=sigma, sigma=alpha, **given)


@EXERCISE.slip(
    r"$v$ is not the noise: $(x_t - \sigma \varepsilon)/\alpha$ needs $\varepsilon$. "
    r"Solve the two equations together."
)
def divided_by_alpha_alone(v, x_t, alpha, sigma):
    return (x_t - sigma * v) / alpha


@EXERCISE.slip(
    r"Right, but at the ends of time $\sigma$ or $\sigma'$ may be 0. "
    r"Multiply the equations instead of dividing them."
)
def divided_by_what_may_be_0(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (x_t / sigma - v / d_sigma) / (alpha / sigma - d_alpha / d_sigma)


@EXERCISE.slip(r"Right, but $\sigma$ may be 0 at the start. Multiply the equations instead of dividing them.")
def divided_by_sigma(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (v - d_sigma / sigma * x_t) / (d_alpha - d_sigma * alpha / sigma)


@EXERCISE.slip(
    r"Right, but $\sigma'$ may be 0 at the end of time. Multiply the equations instead of dividing them."
)
def divided_by_the_slope_of_sigma(v, x_t, alpha, sigma, d_alpha, d_sigma):
    ratio = sigma / d_sigma
    return (x_t - ratio * v) / (alpha - ratio * d_alpha)


@EXERCISE.slip(
    r"Right, but $\alpha$ may be 0 at the end of time. Multiply the equations instead of dividing them."
)
def divided_by_alpha(v, x_t, alpha, sigma, d_alpha, d_sigma):
    eps = (v - d_alpha / alpha * x_t) / (d_sigma - d_alpha / alpha * sigma)
    return (x_t - sigma * eps) / alpha


@EXERCISE.slip(r"Right, but $\alpha'$ may be 0. Multiply the equations instead of dividing them.")
def divided_by_the_slope_of_alpha(v, x_t, alpha, sigma, d_alpha, d_sigma):
    eps = (x_t - alpha / d_alpha * v) / (sigma - alpha / d_alpha * d_sigma)
    return (v - d_sigma * eps) / d_alpha


@EXERCISE.slip(
    "The size is right, but where time runs from noise to data the sign is not: the number that you divide "
    "by may be negative. Take no absolute value."
)
def absolute_denominator(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t - sigma * v) / abs(alpha * d_sigma - d_alpha * sigma)


@EXERCISE.slip(
    r"$\alpha x_t - \sigma v$ is right for $v = \alpha \varepsilon - \sigma x_0$ on a circle. "
    r"Here $v$ is the velocity, of any schedule."
)
def formula_of_the_circle(v, x_t, alpha, sigma):
    return alpha * x_t - sigma * v
