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
        (normal(6, 2, 1, 3, 5), normal(7, 2, 1, 3, 5), 1.0, 0.2),
        (torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 16.0, 0.02),
        (20 * normal(14, 3, 3), normal(15, 3, 3), 0.1, 0.005),
        (normal(16, 50, 1), 5 * normal(17, 50, 1), 19.9, 0.001),
        (normal(18, 2, 3), 90 * normal(19, 2, 3), 4e-4, 5e-4),
    )


def inputs(rng):
    shape = rng.choice([(2,), (1, 2), (2, 3), (5, 4), (3, 3), (2, 1, 3, 5), (40, 1)])
    x, xi = (normal(rng.getrandbits(31), *shape) * rng.choice([0.1, 1.0, 30.0]) for _ in range(2))
    dtype = rng.choice([torch.float32, torch.float64])
    return (
        x.to(dtype),
        xi.to(dtype),
        rng.choice([0.1, 1.0, 4e-4, 20 * rng.random() + 0.1]),
        1 / rng.choice([50, 200, 800, 25, 2000]),
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
    idea="Leave the noise out: in which direction does $x$ move, and by which share of itself? Now leave "
    "the drift out: "
    "what is the variance of what is added?",
    why=r"A short step shrinks $x$ by $\sqrt{1 - \beta h} \approx 1 - \frac{1}{2} \beta h$ and adds noise "
    "of variance "
    r"$\beta h$, hence of deviation $\sqrt{\beta h}$.",
    inputs=inputs,
)


@EXERCISE.right
def two_weights(x, xi, beta, h):
    return (1 - 0.5 * beta * h) * x + (beta * h) ** 0.5 * xi


@EXERCISE.right
def by_torch(x, xi, beta, h):
    drifted = torch.add(x, x, alpha=-beta * h / 2)
    return drifted.add(xi, alpha=math.sqrt(beta * h))


@EXERCISE.slip("You let the deviation of the noise grow with $h$. It is variances that add up over time.")
def noise_of_scale_h(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(beta) * h * xi


@EXERCISE.slip(
    "Your drift is too strong, by a fixed factor: a root shrinks by less than what stands under it."
)
def half_missing(x, xi, beta, h):
    return x - beta * x * h + math.sqrt(beta * h) * xi


@EXERCISE.slip("The signal would grow. The drift pulls towards 0.")
def sign_of_the_drift(x, xi, beta, h):
    return x + beta * x * h / 2 + math.sqrt(beta * h) * xi


@EXERCISE.slip(r"$\beta h$ is the variance of the noise. What stands in front of $\xi$ is a deviation.")
def root_missing(x, xi, beta, h):
    return x - beta * x * h / 2 + beta * h * xi


@EXERCISE.slip(
    "That is the chain's own step, which agrees up to terms of order $h^2$. "
    "Asked for is its limit, in which the first root has been replaced."
)
def step_of_the_chain(x, xi, beta, h):
    return math.sqrt(1 - beta * h) * x + math.sqrt(beta * h) * xi


@EXERCISE.slip("You returned the change of $x$. Add it to $x$.")
def change_only(x, xi, beta, h):
    return -beta * x * h / 2 + math.sqrt(beta * h) * xi


@EXERCISE.slip("The drift acts for a time $h$ only. Multiply by it.")
def drift_without_h(x, xi, beta, h):
    return x - beta * x / 2 + math.sqrt(beta * h) * xi


@EXERCISE.slip("You take the noise away. It is added.")
def noise_taken_away(xi, **given):
    return sde_step(xi=-xi, **given)


@EXERCISE.slip("The noise does not know the length of the step. In a shorter time there is less of it.")
def noise_without_h(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(beta) * xi


@EXERCISE.slip(r"The noise has lost its $\beta$. Where more is destroyed, there is more of it.")
def noise_without_beta(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(h) * xi


@EXERCISE.slip(r"The root is over $h$ alone. The variance is the product of two things.")
def root_of_h_alone(x, xi, beta, h):
    return x - beta * x * h / 2 + beta * math.sqrt(h) * xi


@EXERCISE.slip("There is no drift. Without it the variance would grow with every step.")
def no_drift(x, xi, beta, h):
    return x + math.sqrt(beta * h) * xi


@EXERCISE.slip("There is no noise in your step: the drift alone pulls everything to 0.")
def no_noise(x, beta, h):
    return x - beta * x * h / 2


@EXERCISE.slip("Your drift is the same wherever $x$ is. It pulls harder the further away from 0.")
def drift_without_x(x, xi, beta, h):
    return x - beta * h / 2 + math.sqrt(beta * h) * xi


@EXERCISE.slip("You halved the noise together with the drift. The one half belongs to the drift alone.")
def noise_halved(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(beta * h / 2) * xi


@EXERCISE.slip(r"The drift has lost its $\beta$. Where more is destroyed, it pulls harder.")
def drift_without_beta(x, xi, beta, h):
    return x - x * h / 2 + math.sqrt(beta * h) * xi


@EXERCISE.slip("You pull by the noise. The drift is a share of $x$ itself.")
def drift_of_the_noise(x, xi, beta, h):
    return x - beta * xi * h / 2 + math.sqrt(beta * h) * xi
