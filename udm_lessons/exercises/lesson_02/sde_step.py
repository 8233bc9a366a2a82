"""02.7: one short step of the stochastic differential equation, the limit of the chain."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def sde_step(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(beta * h) * xi


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 4.0, 0.09),
        (normal(4, 4, 3), normal(5, 4, 3), 10.0, 0.01),
        (normal(6, 2, 1, 3, 5), normal(7, 2, 1, 3, 5), 0.5, 0.2),
    )


EXERCISE = Exercise(
    id="02.7",
    title="The limit of small steps",
    difficulty=2,
    minutes=6,
    points=2,
    reference=sde_step,
    cases=cases,
    law=r"$x_{t+h} = x_t - \frac{1}{2} \beta(t)\, x_t\, h + \sqrt{\beta(t)\, h}\; \xi$",
    praise="This is the forward SDE of score-based models.",
)


@EXERCISE.right
def two_weights(x, xi, beta, h):
    return (1 - 0.5 * beta * h) * x + (beta * h) ** 0.5 * xi


@EXERCISE.right
def by_torch(x, xi, beta, h):
    drifted = torch.add(x, x, alpha=-beta * h / 2)
    return drifted.add(xi, alpha=math.sqrt(beta * h))


@EXERCISE.slip(
    r"The noise of a short time $h$ has the deviation $\sqrt{h}$, not $h$: "
    "it is variances that add up over time."
)
def noise_of_scale_h(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(beta) * h * xi


@EXERCISE.slip(r"The drift has a factor of one half: $\sqrt{1 - \beta h} \approx 1 - \beta h / 2$.")
def half_missing(x, xi, beta, h):
    return x - beta * x * h + math.sqrt(beta * h) * xi


@EXERCISE.slip("The signal would grow. The drift pulls towards 0.")
def sign_of_the_drift(x, xi, beta, h):
    return x + beta * x * h / 2 + math.sqrt(beta * h) * xi


@EXERCISE.slip(r"$\beta h$ is the variance of the noise. Its deviation is the square root.")
def root_missing(x, xi, beta, h):
    return x - beta * x * h / 2 + beta * h * xi


@EXERCISE.slip(
    "That is the chain's own step, which agrees up to terms of order $h^2$. "
    r"Asked for is its limit, with the root replaced by $1 - \frac{1}{2} \beta h$."
)
def step_of_the_chain(x, xi, beta, h):
    return math.sqrt(1 - beta * h) * x + math.sqrt(beta * h) * xi


@EXERCISE.slip("You returned the change of $x$. Add it to $x$.")
def change_only(x, xi, beta, h):
    return -beta * x * h / 2 + math.sqrt(beta * h) * xi


@EXERCISE.slip("The drift acts for a time $h$ only. Multiply by it.")
def drift_without_h(x, xi, beta, h):
    return x - beta * x / 2 + math.sqrt(beta * h) * xi
