"""06.4: mean and variance of a step back whose x_0 is known, q(x_{t-1} | x_t, x_0)."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def posterior(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    mean = math.sqrt(alpha_bar_s) * beta * x0 + math.sqrt(1 - beta) * (1 - alpha_bar_s) * x_t
    return mean / (1 - alpha_bar_t), beta * (1 - alpha_bar_s) / (1 - alpha_bar_t)


def cases():
    return (
        (torch.tensor([1.0, -2.0]), torch.tensor([0.5, 3.0]), 0.2, 0.48, 0.6),
        (normal(2, 4, 3), normal(3, 4, 3), 0.5, 0.1, 0.2),
        (normal(4, 5), normal(5, 5), 0.02, 0.882, 0.9),
    )


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


@EXERCISE.slip(r"Before $x_0$ stands $\sqrt{\bar\alpha_{t-1}}$, the root.")
def root_of_alpha_bar_forgotten(x0, x_t, beta, alpha_bar_t, alpha_bar_s):
    _, c_t, variance = factors_and_variance(beta, alpha_bar_t, alpha_bar_s)
    c_0 = alpha_bar_s * beta / (1 - alpha_bar_t)
    return c_0 * x0 + c_t * x_t, variance


@EXERCISE.slip(r"Before $x_t$ stands $\sqrt{1 - \beta_t}$, the root.")
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
