"""02.1: one small step of the chain, which shrinks the signal and adds a little noise."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def one_step(x, xi, beta):
    return math.sqrt(1 - beta) * x + math.sqrt(beta) * xi


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.36),
        (normal(0, 4, 3), normal(1, 4, 3), 0.1),
        (normal(2, 2, 1, 3, 5), normal(3, 2, 1, 3, 5), 0.75),
        (20 * normal(8, 3, 3), normal(9, 3, 3), 0.0),
        (normal(10, 1, 2), 5 * normal(11, 1, 2), 1.0),
        (normal(12, 6, 1, 8, 8).float(), normal(13, 6, 1, 8, 8).float(), 1e-4),
        (5 * normal(14, 2, 3), normal(15, 2, 3), 0.9996),
    )


def inputs(rng):
    shape = rng.choice([(1, 2), (2, 3), (5, 4), (3, 3), (2, 1, 3, 5), (6, 1, 8, 8)])
    x, xi = (normal(rng.getrandbits(31), *shape) * rng.choice([0.1, 1.0, 30.0]) for _ in range(2))
    dtype = rng.choice([torch.float32, torch.float64])
    return x.to(dtype), xi.to(dtype), rng.choice([0.0, 1.0, 1e-4, 0.02, 0.9996, rng.random(), rng.random()])


EXERCISE = Exercise(
    id="02.1",
    title="One small step",
    difficulty=1,
    minutes=4,
    points=1,
    reference=one_step,
    cases=cases,
    law=r"given $x_{t-1}$, $x_t$ has the mean $\sqrt{1 - \beta_t}\, x_{t-1}$ and the variance $\beta_t$",
    praise="If the data has variance 1, it keeps it: one minus beta, plus beta.",
    idea="Suppose that the picture has variance 1. What variance has each of the two parts, and do they "
    "add up to 1? "
    "What must come out at the ends, with no noise at all and with nothing but noise?",
    why=r"A weight acts on the variance by its square. With the weights $\sqrt{1 - \beta_t}$ and "
    r"$\sqrt{\beta_t}$ the "
    r"variances are $1 - \beta_t$ and $\beta_t$, and variance 1 stays variance 1.",
    inputs=inputs,
)


@EXERCISE.right
def by_torch(x, xi, beta):
    return torch.add(x * (1 - beta) ** 0.5, xi, alpha=beta**0.5)


@EXERCISE.slip(r"$\beta_t$ is the variance of the noise. What stands in front of $\xi$ is its deviation.")
def variance_for_deviation(x, xi, beta):
    return math.sqrt(1 - beta) * x + beta * xi


@EXERCISE.slip(
    "Your two weights add up to one. It is the variances that should, and a variance is the square of a "
    "weight."
)
def no_roots(x, xi, beta):
    return (1 - beta) * x + beta * xi


@EXERCISE.slip("You add noise but never shrink the signal, so the variance would grow with every step.")
def signal_not_shrunk(x, xi, beta):
    return x + math.sqrt(beta) * xi


@EXERCISE.slip(
    "You shrink the signal by too much: by your factor its variance should shrink, not the signal itself."
)
def shrunk_by_1_minus_beta(x, xi, beta):
    return (1 - beta) * x + math.sqrt(beta) * xi


@EXERCISE.slip(r"The weights have changed places: a small $\beta_t$ is to change little.")
def weights_swapped(x, xi, beta):
    return math.sqrt(beta) * x + math.sqrt(1 - beta) * xi


@EXERCISE.slip("You take the noise away. It is added.")
def noise_taken_away(xi, **given):
    return one_step(xi=-xi, **given)


@EXERCISE.slip(r"The noise goes in at full strength. Its variance should be $\beta_t$.")
def noise_not_scaled(x, xi, beta):
    return math.sqrt(1 - beta) * x + xi


@EXERCISE.slip("The step shrinks the signal but adds no noise.")
def no_noise(x, beta):
    return math.sqrt(1 - beta) * x


@EXERCISE.slip(r"You squared $\beta_t$. It is a variance already: go the other way.")
def squares_for_roots(x, xi, beta):
    return math.sqrt(1 - beta**2) * x + beta * xi


@EXERCISE.slip("You took one minus the root. Which comes first, the root or the difference?")
def one_minus_the_root(x, xi, beta):
    return (1 - math.sqrt(beta)) * x + math.sqrt(beta) * xi
