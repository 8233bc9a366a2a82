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
    )


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
)


@EXERCISE.right
def by_torch(x, xi, beta):
    return torch.add(x * (1 - beta) ** 0.5, xi, alpha=beta**0.5)


@EXERCISE.slip(r"$\beta_t$ is a variance. What stands in front of $\xi$ is a deviation, its square root.")
def variance_for_deviation(x, xi, beta):
    return math.sqrt(1 - beta) * x + beta * xi


@EXERCISE.slip(r"Both roots are missing. With them the variances $1 - \beta_t$ and $\beta_t$ add up to one.")
def no_roots(x, xi, beta):
    return (1 - beta) * x + beta * xi


@EXERCISE.slip("You add noise but never shrink the signal, so the variance would grow with every step.")
def signal_not_shrunk(x, xi, beta):
    return x + math.sqrt(beta) * xi


@EXERCISE.slip(
    r"The signal shrinks by $\sqrt{1 - \beta_t}$: it is the variance that shrinks by $1 - \beta_t$."
)
def shrunk_by_1_minus_beta(x, xi, beta):
    return (1 - beta) * x + math.sqrt(beta) * xi


@EXERCISE.slip(r"The weights have changed places: a small $\beta_t$ is to change little.")
def weights_swapped(x, xi, beta):
    return math.sqrt(beta) * x + math.sqrt(1 - beta) * xi
