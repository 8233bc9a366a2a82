"""07.1: the squared error that is left to a perfect network, whatever it is asked for."""

from __future__ import annotations

import math

from ...checks import Exercise
from ._pairs import drawn_little, drawn_pair, drawn_scales


def smallest_loss(A, B, alpha, sigma, variance):
    return (A - B * alpha / sigma) ** 2 * variance


def cases():
    return (
        (0.5, 2.0, 0.75, 0.5, 0.3),
        (1.0, 0.0, 0.6, 0.8, 0.2),  # data
        (0.0, 1.0, 0.6, 0.8, 0.2),  # noise
        (0.0, -2.5, 0.9, 0.4, 0.7),  # score
        (-1.2, 0.9, 0.6, 0.8, 1.5),  # a velocity
        (-1.0, 1.0, 0.7, 0.3, 0.05),
        (0.9, 0.1, 0.9, 0.1, 0.4),  # x_t itself
        (0.3, -1.7, 0.0, 1.0, 2.0),
        (-1.3, 0.4, 1.0, 3.0, 0.6),
        (0.0, 1.0, 0.999, 0.01, 1e-4),
        (0.8, -0.6, 0.5, 1.2, 0.0),  # x_0 is known
        (0.0, -100.0, 1.0, 0.01, 0.09),
        (0.0, -1e4, 0.9999, 1e-4, 9e-5),  # hardly any noise
        (0.0, 1.0, 0.9999, 1e-4, 3e-9),
        (1.0, 0.7, 2e-4, 1.0, 0.5),  # hardly any signal
        (-0.4, 0.6, 1.0, 30.0, 20.0),
        (-1.5, -1.1, 0.53, 0.03, 0.03),
        (-1.0, 1.0, 0.44, 1.0, 9.5),
        (-1.0, 1.0, 0.25, 0.75, 1.0),
    )


def inputs(rng):
    alpha, sigma, *slopes = drawn_scales(rng, ends=(1.0,))
    sigma = max(sigma, 1e-4)
    A, B = drawn_pair(rng, alpha, sigma, *slopes)
    return A, B, alpha, sigma, rng.choice([0.0, 1.0, drawn_little(rng), *[math.exp(rng.uniform(-4, 3))] * 4])


EXERCISE = Exercise(
    id="07.1",
    title="The loss of a perfect network",
    difficulty=2,
    minutes=8,
    points=2,
    reference=smallest_loss,
    cases=cases,
    law=r"$\text{Var}[A x_0 + B \varepsilon \mid x_t]$, in which $x_t = \alpha x_0 + \sigma \varepsilon$ is given",
    praise="So a loss that stays high need not mean a bad network: look at what the question leaves open.",
    idea="Hold $x_t$ and move $x_0$ by a little. What must the noise do, so that $x_t$ stays where it is? "
    "And what does the target do? Then try the kind that asks for $x_t$ itself: what must its loss be?",
    why=r"Given $x_t$ the noise is $(x_t - \alpha x_0)/\sigma$, so the target is "
    r"$(A - B\alpha/\sigma)\, x_0$ plus something known. Its variance is that of $x_0$, times the square of "
    "the number before it.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_determinant(A, B, alpha, sigma, variance):
    return ((A * sigma - B * alpha) / sigma) ** 2 * variance


@EXERCISE.right
def covariances_added(A, B, alpha, sigma, variance):
    of_noise, together = (alpha / sigma) ** 2 * variance, -alpha / sigma * variance
    return A * A * variance + 2 * A * B * together + B * B * of_noise


@EXERCISE.slip(
    "You added the variances of the two parts, as if they were independent. Given $x_t$ they are not: each "
    "forces the other."
)
def parts_independent(A, B, alpha, sigma, variance):
    return A**2 * variance + B**2 * (alpha / sigma) ** 2 * variance


@EXERCISE.slip(
    r"You gave the noise its variance of 1. That is the variance before $x_t$ is seen; afterwards the noise is "
    "as uncertain as $x_0$ lets it be."
)
def noise_of_variance_one(A, B, variance):
    return A**2 * variance + B**2


@EXERCISE.slip(
    "A sign: if $x_t$ is held and $x_0$ goes up, does the noise go up or down?"
)
def noise_moves_with_the_data(A, B, alpha, sigma, variance):
    return (A + B * alpha / sigma) ** 2 * variance


@EXERCISE.slip("A variance takes the factor of $x_0$ squared.")
def square_missing(A, B, alpha, sigma, variance):
    return (A - B * alpha / sigma) * variance


@EXERCISE.slip("A variance takes the factor of $x_0$ squared: the absolute value is not enough.")
def absolute_value_for_square(A, B, alpha, sigma, variance):
    return abs(A - B * alpha / sigma) * variance


@EXERCISE.slip("You left the noise out. Given $x_t$ it is uncertain too, wherever $x_0$ is.")
def noise_left_out(A, variance):
    return A**2 * variance


@EXERCISE.slip(
    r"The noise that belongs to $x_0$ is $(x_t - \alpha x_0)/\sigma$. In your factor it is not divided by $\sigma$."
)
def not_divided_by_sigma(A, B, alpha, variance):
    return (A - B * alpha) ** 2 * variance


@EXERCISE.slip(
    r"That is $D^2$ times the variance of $x_0$. For the data, with the pair (1, 0), the variance itself must come out."
)
def determinant_alone(A, B, alpha, sigma, variance):
    return (A * sigma - B * alpha) ** 2 * variance


@EXERCISE.slip(r"$\alpha$ and $\sigma$ have changed places. Given $x_t$, write the *noise* with the help of $x_0$: by which of the two do you divide?")
def alpha_for_sigma(A, B, alpha, sigma, variance):
    return (A - B * sigma / alpha) ** 2 * variance if alpha else math.inf


@EXERCISE.slip("$A$ and $B$ have changed places: $A$ stands before $x_0$.")
def data_for_noise(A, B, alpha, sigma, variance):
    return (B - A * alpha / sigma) ** 2 * variance


@EXERCISE.slip("That is the deviation. A mean *squared* error is a variance.")
def deviation(A, B, alpha, sigma, variance):
    return abs(A - B * alpha / sigma) * math.sqrt(variance)


@EXERCISE.slip("`variance` is a variance already. Do not square it again.")
def variance_squared(A, B, alpha, sigma, variance):
    return ((A - B * alpha / sigma) * variance) ** 2
