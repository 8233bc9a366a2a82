"""03.2: the mean of x_0 given x_t, for data from a normal law with mean m and variance c."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def gaussian_posterior_mean(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2)
    return m + slope * (x_t - alpha * m)


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), 1.0, 0.5, 0.8, 0.6),
        (normal(6, 4, 3), -2.0, 1.0, 0.5, 1.0),
        (normal(7, 3, 2), 0.7, 0.1, 0.9, 0.3),
        (torch.linspace(-1.5, 2.5, 9, dtype=torch.float64), 1.0, 0.5, 0.6, 0.8),  # a row, as on the page
        (normal(8, 2, 2), 1.5, 0.8, 0.0, 1.0),  # t = 1: nothing can be seen
        (30 * normal(9, 1, 3), 20.0, 150.0, 1.0, 7.0),
        (normal(10, 5), 0.0, 2.0, 0.3, 0.5),
        (1e-3 * normal(11, 2, 3), 0.01, 4e-4, 0.1, 8e-4),  # hardly any noise
    )


def inputs(rng):
    shape = rng.choice(((1,), (2,), (9,), (1, 1), (1, 3), (4, 3), (3, 3), (5, 1)))
    size = rng.choice((0.02, 0.1, 1.0, 1.0, 30.0))
    x_t = size * normal(rng.getrandbits(31), *shape)
    if rng.random() < 0.3:
        x_t = x_t.float()
    m = rng.choice((0.0, 1.0, size * rng.gauss(0, 1), size * rng.gauss(0, 1)))
    c = size**2 * rng.choice((1.0, rng.uniform(0.05, 3), rng.uniform(0.05, 3)))
    alpha = rng.choice((0.0, 1.0, rng.random(), rng.random()))
    if size == 0.02:  # small scales throughout
        return x_t, m, c, rng.choice((0.0, 0.1)), 8e-4
    return x_t, m, c, alpha, rng.choice((1.0, rng.uniform(0.05, 1), rng.uniform(1, 9)))


EXERCISE = Exercise(
    id="03.2",
    title="The posterior mean of normal data",
    difficulty=2,
    minutes=8,
    points=2,
    reference=gaussian_posterior_mean,
    cases=cases,
    law=r"$E[x_0 \mid x_t] = m + \frac{\alpha_t c}{\alpha_t^2 c + \sigma_t^2} (x_t - \alpha_t m)$",
    praise="Between the data's mean and the evidence, weighted by how noisy the evidence is.",
    idea="Go to the ends. With hardly any noise, what must come out? And with nothing but noise? Then put "
    "in the $x_t$ that is expected on average: it brings no news.",
    why="For jointly normal variables the conditional mean is a straight line through the two means, with "
    r"slope Cov / Var. Here the covariance is $\alpha_t c$ and the variance of $x_t$ is "
    r"$\alpha_t^2 c + \sigma_t^2$.",
    inputs=inputs,
)


@EXERCISE.right
def weighted_by_precisions(x_t, m, c, alpha, sigma):
    return (m / c + alpha * x_t / sigma**2) / (1 / c + alpha**2 / sigma**2)


@EXERCISE.right
def one_fraction(x_t, m, c, alpha, sigma):
    return (sigma**2 * m + alpha * c * x_t) / (alpha**2 * c + sigma**2)


@EXERCISE.slip(
    r"The numerator is the *covariance* of $x_0$ and $x_t$. Only one of the two was scaled by $\alpha_t$."
)
def alpha_squared_above(x_t, m, c, alpha, sigma):
    slope = alpha**2 * c / (alpha**2 * c + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(r"An $\alpha_t$ is missing above the line: one of the two, $x_t$, was scaled.")
def alpha_forgotten_above(x_t, m, c, alpha, sigma):
    slope = c / (alpha**2 * c + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(r"The mean of $x_t$ is $\alpha_t m$, not $m$. Compare $x_t$ with that.")
def mean_not_scaled(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2)
    return m + slope * (x_t - m)


@EXERCISE.slip("That is the correction. It is to be added to the mean of the data.")
def mean_not_added(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2)
    return slope * (x_t - alpha * m)


@EXERCISE.slip(r"In the variance of $x_t$ the noise counts with its variance: $\sigma_t$ must be squared.")
def noise_not_squared(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(
    "That trusts $x_t$ fully, as if there were no noise. The noisier $x_t$ is, the more the mean of the data "
    "counts."
)
def solved_for_x0(x_t, alpha):
    return x_t / alpha


@EXERCISE.slip(r"In the variance of $x_t$ the data counts as it stands in $x_t$: scaled by $\alpha_t$.")
def signal_alone_below(x_t, m, c, alpha, sigma):
    slope = alpha * c / (c + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(r"The line goes through the means: $E[x_t] = \alpha_t m$ is to be taken off $x_t$.")
def mean_of_x_t_not_taken_off(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2)
    return m + slope * x_t


@EXERCISE.slip(r"The line starts from $E[x_0] = m$. You started from $\alpha_t m$, the mean of $x_t$.")
def mean_scaled(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2)
    return alpha * m + slope * (x_t - alpha * m)


@EXERCISE.slip(
    r"A scaled variable has its variance scaled by the *square*. Below the line you scaled $c$ once only."
)
def alpha_once_below(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha * c + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip("$c$ is a variance already. You squared it.")
def variance_squared(c, **given):
    return gaussian_posterior_mean(c=c**2, **given)


@EXERCISE.slip("Below the line stands a deviation. The slope divides by the *variance* of $x_t$.")
def deviation_below(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2) ** 0.5
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(
    "The correction goes the wrong way: an $x_t$ above its mean speaks for an $x_0$ above its own."
)
def correction_subtracted(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2)
    return m - slope * (x_t - alpha * m)


@EXERCISE.slip("The slope is upside down: the more noise, the *flatter* the line must be.")
def slope_upside_down(x_t, m, c, alpha, sigma):
    slope = (alpha**2 * c + sigma**2) / (alpha * c)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(
    "You keep the slope at 1 or below. Where the data has been shrunk a lot and there is little noise, the line has to stretch "
    "it again, and is steeper."
)
def slope_at_most_1(x_t, m, c, alpha, sigma):
    slope = min(1.0, alpha * c / (alpha**2 * c + sigma**2))
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip(
    "Above the line you have the noise. There belongs what $x_0$ and $x_t$ share, their covariance."
)
def noise_above(x_t, m, c, alpha, sigma):
    slope = sigma**2 / (alpha**2 * c + sigma**2)
    return m + slope * (x_t - alpha * m)


@EXERCISE.slip("$c$ is a variance already. You took its root.")
def root_of_the_variance(c, **given):
    return gaussian_posterior_mean(c=c**0.5, **given)


@EXERCISE.slip(r"A sign: the mean of $x_t$ is to be taken *off* $x_t$.")
def mean_of_x_t_added(x_t, m, c, alpha, sigma):
    slope = alpha * c / (alpha**2 * c + sigma**2)
    return m + slope * (x_t + alpha * m)
