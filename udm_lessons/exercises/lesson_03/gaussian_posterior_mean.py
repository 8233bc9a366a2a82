"""03.2: the mean of x_0 given x_t, for data from a normal law with mean m and variance v."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def gaussian_posterior_mean(x_t, m, v, alpha, sigma):
    slope = alpha * v / (alpha**2 * v + sigma**2)
    return m + slope * (x_t - alpha * m)


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), 1.0, 0.5, 0.8, 0.6),
        (normal(6, 4, 3), -2.0, 2.5, 0.5, 1.2),
        (normal(7, 3, 2), 0.7, 0.1, 0.9, 0.3),
    )


EXERCISE = Exercise(
    id="03.2",
    title="The posterior mean of normal data",
    difficulty=2,
    minutes=8,
    points=2,
    reference=gaussian_posterior_mean,
    cases=cases,
    law=r"$E[x_0 \mid x_t] = m + \frac{\alpha_t v}{\alpha_t^2 v + \sigma_t^2} (x_t - \alpha_t m)$",
    praise="Between the data's mean and the evidence, weighted by how noisy the evidence is.",
)


@EXERCISE.right
def weighted_by_precisions(x_t, m, v, alpha, sigma):
    return (m / v + alpha * x_t / sigma**2) / (1 / v + alpha**2 / sigma**2)


@EXERCISE.right
def one_fraction(x_t, m, v, alpha, sigma):
    return (sigma**2 * m + alpha * v * x_t) / (alpha**2 * v + sigma**2)


@EXERCISE.slip(
    r"The covariance of $x_0$ and $x_t$ is $\alpha_t v$, not $\alpha_t^2 v$: only one of the two was scaled."
)
def alpha_squared_above(x_t, m, v, alpha, sigma):
    slope = alpha**2 * v / (alpha**2 * v + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(r"The covariance of $x_0$ and $x_t$ is $\alpha_t v$: an $\alpha_t$ is missing above the line.")
def alpha_forgotten_above(x_t, m, v, alpha, sigma):
    slope = v / (alpha**2 * v + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(r"The mean of $x_t$ is $\alpha_t m$, not $m$. Compare $x_t$ with that.")
def mean_not_scaled(x_t, m, v, alpha, sigma):
    slope = alpha * v / (alpha**2 * v + sigma**2)
    return m + slope * (x_t - m)


@EXERCISE.slip("That is the correction. It is to be added to the mean of the data.")
def mean_not_added(x_t, m, v, alpha, sigma):
    slope = alpha * v / (alpha**2 * v + sigma**2)
    return slope * (x_t - alpha * m)


@EXERCISE.slip(r"The variance of $x_t$ is $\alpha_t^2 v + \sigma_t^2$: $\sigma_t$ must be squared.")
def noise_not_squared(x_t, m, v, alpha, sigma):
    slope = alpha * v / (alpha**2 * v + sigma)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(
    "That trusts $x_t$ fully, as if there were no noise. The noisier $x_t$ is, the more the mean of the data "
    "counts."
)
def solved_for_x0(x_t, alpha):
    return x_t / alpha


@EXERCISE.slip(r"The variance of $x_t$ is $\alpha_t^2 v + \sigma_t^2$: the data was scaled by $\alpha_t$.")
def signal_alone_below(x_t, m, v, alpha, sigma):
    slope = alpha * v / (v + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(r"The line goes through the means: $E[x_t] = \alpha_t m$ is to be taken off $x_t$.")
def mean_of_x_t_not_taken_off(x_t, m, v, alpha, sigma):
    slope = alpha * v / (alpha**2 * v + sigma**2)
    return m + slope * x_t


@EXERCISE.slip(r"The line starts from $E[x_0] = m$. You started from $\alpha_t m$, the mean of $x_t$.")
def mean_scaled(x_t, m, v, alpha, sigma):
    slope = alpha * v / (alpha**2 * v + sigma**2)
    return alpha * m + slope * (x_t - alpha * m)


@EXERCISE.slip(r"A scaled variable has its variance scaled by the square: $\alpha_t^2 v$.")
def alpha_once_below(x_t, m, v, alpha, sigma):
    slope = alpha * v / (alpha * v + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip("$v$ is a variance already. You squared it.")
def variance_squared(v, **given):
    return gaussian_posterior_mean(v=v**2, **given)
