"""00.1: x_t from the data and the noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def destroy(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.6, 0.3),
        (normal(0, 4, 3), normal(1, 4, 3), 0.9, 0.2),
        (normal(2, 2, 1, 3, 5), normal(3, 2, 1, 3, 5), 0.0, 1.7),
    )


EXERCISE = Exercise(
    id="00.1",
    title="Destroy",
    difficulty=1,
    minutes=3,
    points=1,
    reference=destroy,
    cases=cases,
    law=r"$x_t = \alpha_t\, x_0 + \sigma_t\, \varepsilon$",
    praise=r"That one line is the forward map $F_t$ of every Gaussian diffusion model.",
)


@EXERCISE.right
def by_torch(x0, eps, alpha, sigma):
    return torch.add(x0 * alpha, eps, alpha=sigma)


@EXERCISE.right
def summed(x0, eps, alpha, sigma):
    return torch.stack([alpha * x0, sigma * eps]).sum(0)


@EXERCISE.slip(
    r"The two scales have changed places. $\alpha_t$ is how much of the data is left, "
    r"$\sigma_t$ how much noise there is."
)
def alpha_and_sigma_swapped(x0, eps, alpha, sigma):
    return sigma * x0 + alpha * eps


@EXERCISE.slip(
    r"You mixed variance and standard deviation. The noise has variance $\sigma_t^2$, "
    r"so the factor in front of $\varepsilon$ is $\sigma_t$ itself."
)
def variance_for_deviation(x0, eps, alpha, sigma):
    return alpha * x0 + sigma**2 * eps


@EXERCISE.slip("The noise goes in at full strength at every time. It has a scale of its own.")
def noise_not_scaled(x0, eps, alpha):
    return alpha * x0 + eps


@EXERCISE.slip("The data never fades in your formula. Each of the two ingredients has a scale.")
def data_not_scaled(x0, eps, sigma):
    return x0 + sigma * eps
