"""06.4: mean and variance of a step back whose x_0 is known, q(x_{t-1} | x_t, x_0)."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean = math.sqrt(alpha_bar_s) * beta * x0 + math.sqrt(1 - beta) * (1 - alpha_bar_s) * x_t
    return mean / (1 - alpha_bar_t), beta * (1 - alpha_bar_s) / (1 - alpha_bar_t)


def cases():
    """In the last two, `1 - ...` of each number is exact in float32 too."""
    return (
        (_column(1.0, -2.0), _column(0.5, 3.0), 0.2, 0.48, 0.6),
        (_column(20.0), _column(15.0), 0.3, 0.35, 0.5),
        (normal(4, 5, 1), normal(5, 5, 1), 0.02, 0.882, 0.9),
        (normal(2, 4, 3), normal(3, 4, 3), 0.5, 0.1, 0.2),
        (normal(8, 3, 3), normal(9, 3, 3), 0.01, 0.9801, 0.99),  # near the data
        (40 * normal(6, 2, 5), normal(7, 2, 5), 0.9, 0.0005, 0.005),  # near the noise
        (normal(10, 3, 1), normal(11, 3, 1), 2**-13, (1 - 2**-13) * (1 - 2**-11), 1 - 2**-11),  # as early in DDPM
        (40 * normal(12, 2, 2), normal(13, 2, 2), 1 - 2**-12, 2**-23, 2**-11),  # hardly anything is left
    )


def _column(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def inputs(rng):
    """From the second step on, so that not all is known of the state before."""
    beta = rng.choice([rng.uniform(0.005, 0.1), rng.uniform(0.1, 0.95), 1.2e-4, 0.9999])
    alpha_bar_s = rng.choice([rng.uniform(0.001, 0.05), rng.uniform(0.05, 0.95), rng.uniform(0.95, 0.99), 4e-4, 0.9999])
    shape = rng.choice([(1, 1), (2, 1), (5, 1), (60, 1), (4, 3), (3, 3), (1, 5)])
    x0, x_t = (rng.choice([0.1, 1, 3, 40]) * normal(rng.getrandbits(31), *shape) for _ in range(2))
    return x0, x_t, beta, alpha_bar_s * (1 - beta), alpha_bar_s


EXERCISE = Exercise(
    id="06.4",
    title="The posterior of a step",
    difficulty=2,
    minutes=8,
    points=2,
    reference=posterior,
    cases=cases,
    law=r"mean $\frac{\sqrt{\bar\alpha_{t-1}}\, \beta_t}{1 - \bar\alpha_t} x_0 "
    r"+ \frac{\sqrt{1 - \beta_t}\, (1 - \bar\alpha_{t-1})}{1 - \bar\alpha_t} x_t$, "
    r"variance $\frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t} \beta_t$",
    praise="Bayes for three normal laws. This is the whole line, with its variance.",
    idea="Let the step be so small that nothing happens: where must the mean lie, and how large is the "
    "variance? And where must it lie if the state before is almost $x_0$ itself?",
    why=r"Multiply $q(x_t \mid x_{t-1})$ by $q(x_{t-1} \mid x_0)$ and complete the square in $x_{t-1}$: "
    r"the precisions add up, and the mean is weighed by them.",
    inputs=inputs,
)


def factors_and_variance(beta, alpha_bar_t, alpha_bar_s):
    """c_0 and c_t of the mean c_0 x_0 + c_t x_t, and the variance; most slips get one of them wrong."""
    c_0 = math.sqrt(alpha_bar_s) * beta / (1 - alpha_bar_t)
    c_t = math.sqrt(1 - beta) * (1 - alpha_bar_s) / (1 - alpha_bar_t)
    variance = beta * (1 - alpha_bar_s) / (1 - alpha_bar_t)
    return c_0, c_t, variance


@EXERCISE.right
def precisions_added(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, c_t, _ = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    precision = (1 - beta) / beta + 1 / (1 - alpha_bar_s)
    return c_0 * x0 + c_t * x_t, 1 / precision


@EXERCISE.right
def from_two_of_the_numbers(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    return posterior(x0, x_t, beta, (1 - beta) * alpha_bar_s, alpha_bar_s)


@EXERCISE.slip(
    r"$\beta_t$ is the variance of the step forward. Going back, $x_0$ is known too, "
    r"and the variance is smaller: $\tilde\beta_t$."
)
def variance_beta(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, c_t, _ = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return c_0 * x0 + c_t * x_t, beta


@EXERCISE.slip(r"The quotient is upside down: the variance must be *below* $\beta_t$.")
def quotient_turned_over(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, c_t, _ = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return c_0 * x0 + c_t * x_t, beta * (1 - alpha_bar_t) / (1 - alpha_bar_s)


@EXERCISE.slip(r"In the factor of $x_0$ a root is missing: how much of $x_0$ is left in $x_{t-1}$?")
def root_of_alpha_bar_forgotten(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    _, c_t, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    c_0 = alpha_bar_s * beta / (1 - alpha_bar_t)
    return c_0 * x0 + c_t * x_t, variance


@EXERCISE.slip(r"In the factor of $x_t$ a root is missing: a state shrinks less than its variance.")
def root_of_the_step_forgotten(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, _, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    c_t = (1 - beta) * (1 - alpha_bar_s) / (1 - alpha_bar_t)
    return c_0 * x0 + c_t * x_t, variance


@EXERCISE.slip(r"Before $x_0$ stands $\bar\alpha_{t-1}$, of the *earlier* time: `alpha_bar_s`.")
def alpha_bar_of_the_later_time(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    _, c_t, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    c_0 = math.sqrt(alpha_bar_t) * beta / (1 - alpha_bar_t)
    return c_0 * x0 + c_t * x_t, variance


@EXERCISE.slip("The second number is a deviation. Asked for is the variance.")
def deviation_returned(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, c_t, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return c_0 * x0 + c_t * x_t, math.sqrt(variance)


@EXERCISE.slip(
    r"The two factors have changed places. In a small step $x_{t-1}$ is nearly $x_t$, "
    "so $x_t$ has the large one."
)
def factors_swapped(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, c_t, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return c_t * x0 + c_0 * x_t, variance


@EXERCISE.slip(
    r"Before $x_t$ stands the shrinking of *one* step, $\sqrt{1 - \beta_t}$. "
    r"You took that of all steps, $\sqrt{\bar\alpha_t}$."
)
def root_of_alpha_bar_before_x_t(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, _, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    c_t = math.sqrt(alpha_bar_t) * (1 - alpha_bar_s) / (1 - alpha_bar_t)
    return c_0 * x0 + c_t * x_t, variance


@EXERCISE.slip(
    r"The factor of $x_t$ lacks $\sqrt{1 - \beta_t}$, by which $x_{t-1}$ was shrunk on the way to $x_t$."
)
def no_root_before_x_t(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, _, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    c_t = (1 - alpha_bar_s) / (1 - alpha_bar_t)
    return c_0 * x0 + c_t * x_t, variance


@EXERCISE.slip("The order: mean first, then the variance.")
def variance_first(**given):
    mean, variance = posterior(**given)
    return variance, mean


@EXERCISE.slip(
    r"$\bar\alpha_t$ and $\bar\alpha_{t-1}$ have changed places. "
    r"Below the line stands $1 - \bar\alpha_t$, what is noise in $x_t$."
)
def times_exchanged(alpha_bar_t, alpha_bar_s, **given):
    return posterior(alpha_bar_t=alpha_bar_s, alpha_bar_s=alpha_bar_t, **given)


@EXERCISE.slip("Return a pair: the variance is asked for, too.")
def mean_alone(**given):
    mean, _ = posterior(**given)
    return mean


@EXERCISE.slip("The mean is too small: something is missing below the line, what is noise in $x_t$.")
def mean_not_divided(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean, variance = posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)
    return mean * (1 - alpha_bar_t), variance


@EXERCISE.slip("The mean is right. In the variance something is missing below the line.")
def variance_not_divided(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean, variance = posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)
    return mean, variance * (1 - alpha_bar_t)


@EXERCISE.slip("Mean and variance lack the same thing: nothing is divided by what is noise in $x_t$.")
def nothing_divided(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean, variance = posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)
    return mean * (1 - alpha_bar_t), variance * (1 - alpha_bar_t)


@EXERCISE.slip("That is the variance without $x_t$. Knowing it, too, makes the variance smaller.")
def variance_of_the_marginal(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    return posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)[0], 1 - alpha_bar_s


@EXERCISE.slip("The mean is right. The variance is no square: you squared it once too often.")
def variance_squared(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean, variance = posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)
    return mean, variance**2


@EXERCISE.slip("The mean is right. The variance compares the shares of the *noise*, not those of the signal.")
def variance_by_the_signal(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    return posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)[0], beta * alpha_bar_s / alpha_bar_t


@EXERCISE.slip("Both factors of the mean lack a root: only variances shrink without one.")
def both_roots_forgotten(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    _, _, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return (alpha_bar_s * beta * x0 + (1 - beta) * (1 - alpha_bar_s) * x_t) / (1 - alpha_bar_t), variance


@EXERCISE.slip("The factor of $x_0$ lacks the rate of the step: the smaller the step, the less $x_0$ pulls.")
def no_rate_before_x0(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, c_t, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return c_0 / beta * x0 + c_t * x_t, variance


@EXERCISE.slip("The factor of $x_t$ lacks the noise that was there *before* the step.")
def no_noise_before_x_t(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, c_t, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return c_0 * x0 + c_t / (1 - alpha_bar_s) * x_t, variance


@EXERCISE.slip("The two factors of the mean need not add up to 1: $x_t$ is smaller than the state before.")
def factors_that_add_up_to_one(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    c_0, _, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    return c_0 * x0 + (1 - c_0) * x_t, variance


@EXERCISE.slip("The mean is the right one. The variance is a single number, not one for each entry.")
def variance_for_each_entry(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean, variance = posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)
    return mean, torch.full_like(mean, variance)


@EXERCISE.slip("The mean is divided by a root. The precisions that are added are one over *variances*.")
def mean_divided_by_the_root(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean, variance = posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s)
    return mean * math.sqrt(1 - alpha_bar_t), variance
