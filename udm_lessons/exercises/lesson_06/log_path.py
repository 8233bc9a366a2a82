"""06.2: the logarithm of the law of a whole path, log q(x_1, ..., x_T | x_0)."""

from __future__ import annotations

import math

import torch
from torch.distributions import Normal

from ...checks import Exercise
from ...measure import gaussian_log_prob
from ._paths import log_jump, paths_and_rates, random_path


def log_path(path, betas):
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, math.sqrt(1 - beta) * x, beta)
    return total


def cases():
    return paths_and_rates()


def inputs(rng):
    return random_path(rng)


EXERCISE = Exercise(
    id="06.2",
    title="The law of a whole path",
    difficulty=2,
    minutes=8,
    points=2,
    reference=log_path,
    cases=cases,
    law=r"$\log q(x_{1:T} \mid x_0) = \sum_{t=1}^T "
    r"\log N(x_t;\, \sqrt{1 - \beta_t}\, x_{t-1},\, \beta_t I)$",
    praise="A product over the steps, of all states, and not of the last one only.",
    idea="Write down a path of two steps with small numbers. How many factors has its law, and which state "
    "does each one start from?",
    why=r"Given the state before, a step knows nothing else, so that the law of the path is the product of "
    r"its steps, and its logarithm their sum.",
    inputs=inputs,
)


@EXERCISE.right
def by_torch_distributions(path, betas):
    total = 0
    for t, beta in enumerate(betas):
        step = Normal(math.sqrt(1 - beta) * path[t], math.sqrt(beta))
        total = total + step.log_prob(path[t + 1]).flatten(1).sum(1)
    return total


@EXERCISE.right
def all_steps_at_once(path, betas):
    stacked = torch.stack(path)
    rates = torch.tensor(betas, dtype=stacked.dtype)[:, None, None]
    means = (1 - rates).sqrt() * stacked[:-1]
    return Normal(means, rates.sqrt()).log_prob(stacked[1:]).sum((0, 2))


@EXERCISE.slip(r"Each step starts from the state before it, $x_{t-1}$, not from $x_0$.")
def from_x0_each_time(path, betas):
    total = 0.0
    for x_next, beta in zip(path[1:], betas):
        total = total + gaussian_log_prob(x_next, math.sqrt(1 - beta) * path[0], beta)
    return total


@EXERCISE.slip("A step does not start at the old state as it is: first the signal shrinks a little.")
def signal_not_shrunk(path, betas):
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, x, beta)
    return total


@EXERCISE.slip("The signal shrinks too much: what you took is the factor of its square, of the variance.")
def shrunk_by_1_minus_beta(path, betas):
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, (1 - beta) * x, beta)
    return total


@EXERCISE.slip(
    "That is the last step alone. The law of a path is the product over all steps, "
    "so its logarithm is the sum."
)
def last_step_only(path, betas):
    return log_path(path[-2:], betas[-1:])


@EXERCISE.slip(
    r"That is $\log q(x_T \mid x_0)$, the marginal of the end. Here the *whole path* is asked for. "
    "It is just this confusion that the misprint comes from."
)
def marginal_of_the_end(path, betas):
    return log_jump(path, betas)


@EXERCISE.slip(r"The step from $x_0$ to $x_1$ is missing.")
def first_step_missing(path, betas):
    return log_path(path[1:], betas[1:])


@EXERCISE.slip("Your loop starts one step too late: the first step, which leaves the data, counts, too.")
def first_step_missing_from_zeros(path, betas):
    return path[0].new_zeros(len(path[0])) + log_path(path[1:], betas[1:])


@EXERCISE.slip("Your loop ends one step too early: the step to the last state counts, too.")
def last_step_missing_from_zeros(path, betas):
    return path[0].new_zeros(len(path[0])) + log_path(path[:-1], betas[:-1])


@EXERCISE.slip(r"`gaussian_log_prob` wants the variance, which is $\beta_t$ itself.")
def deviation_for_variance(path, betas):
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, math.sqrt(1 - beta) * x, math.sqrt(beta))
    return total


@EXERCISE.slip(r"The step from $x_{T-1}$ to $x_T$ is missing. Remember that `range` leaves out its end.")
def last_step_missing(path, betas):
    return log_path(path[:-1], betas[:-1])


@EXERCISE.slip(
    r"The list of rates starts at $\beta_1$, the path at $x_0$: "
    "the step to `path[t]` has the rate `betas[t - 1]`."
)
def rate_of_the_next_step(path, betas):
    return log_path(path[:-1], betas[1:])


@EXERCISE.slip(
    r"You summed the jumps $\log q(x_t \mid x_0)$. Given the path so far, $x_t$ depends on $x_{t-1}$: "
    "sum the steps."
)
def jumps_summed(path, betas):
    return sum(log_jump(path[: t + 1], betas[:t]) for t in range(1, len(path)))


# Slips in what a step adds: each is a sum over the steps of something that is not quite its logarithm.


def summed_steps(path, betas, log_step):
    return sum(log_step(x, x_next, beta) for x, x_next, beta in zip(path, path[1:], betas))


@EXERCISE.slip("The rate and what is left have changed places: the rate is what the noise has.")
def rate_for_the_signal(path, betas):
    def log_step(x, x_next, beta):
        return gaussian_log_prob(x_next, math.sqrt(beta) * x, 1 - beta)

    return summed_steps(path, betas, log_step)


@EXERCISE.slip(
    "Your signal shrinks as in the SDE, whose steps are short. A step of a chain may be long: "
    "put a large rate in, and see how far your factor is from the one on the page."
)
def shrunk_as_in_the_sde(path, betas):
    def log_step(x, x_next, beta):
        return gaussian_log_prob(x_next, (1 - beta / 2) * x, beta)

    return summed_steps(path, betas, log_step)


@EXERCISE.slip("The rate is a variance already; you squared it.")
def variance_squared(path, betas):
    def log_step(x, x_next, beta):
        return gaussian_log_prob(x_next, math.sqrt(1 - beta) * x, beta**2)

    return summed_steps(path, betas, log_step)


@EXERCISE.slip("A normal law has a constant before the exponential. Its logarithm belongs to each step.")
def constant_dropped(path, betas):
    def log_step(x, x_next, beta):
        return -((x_next - math.sqrt(1 - beta) * x) ** 2).sum(1) / (2 * beta)

    return summed_steps(path, betas, log_step)


@EXERCISE.slip(r"The number $2 \pi$ in the constant of a normal law is missing.")
def two_pi_dropped(path, betas):
    constants = len(path[0][0]) * len(betas) * 0.5 * math.log(2 * math.pi)
    return log_path(path, betas) + constants


@EXERCISE.slip("The constant of a normal law counts for each coordinate; you have it once for each step.")
def constant_once_for_all_coordinates(path, betas):
    surplus = 0.5 * (len(path[0][0]) - 1) * sum(math.log(2 * math.pi * beta) for beta in betas)
    return log_path(path, betas) + surplus


@EXERCISE.slip("That is the density itself. Its logarithm is asked for.")
def density(path, betas):
    return log_path(path, betas).exp()


@EXERCISE.slip("The law is one *given* $x_0$: the density of the start does not belong to it.")
def start_counted_too(path, betas):
    return log_path(path, betas) + gaussian_log_prob(path[0], 0.0, 1.0)


@EXERCISE.slip("You multiplied the logarithms. What is multiplied are the densities.")
def logarithms_multiplied(path, betas):
    return math.prod(log_path(path[t : t + 2], [beta]) for t, beta in enumerate(betas))


@EXERCISE.slip("That is the mean over the steps. Which operation does a product become under the logarithm?")
def averaged_over_the_steps(path, betas):
    return log_path(path, betas) / len(betas)


@EXERCISE.slip("You shrink by all rates so far. From one state to the next only one rate is at work.")
def shrunk_by_all_rates_so_far(path, betas):
    total, kept = 0.0, 1.0
    for x, x_next, beta in zip(path, path[1:], betas):
        kept *= 1 - beta
        total = total + gaussian_log_prob(x_next, math.sqrt(kept) * x, beta)
    return total


@EXERCISE.slip("That is the first step alone. Does `return` stand inside the loop?")
def first_step_alone(path, betas):
    return log_path(path[:2], betas[:1])


@EXERCISE.slip("One number for each path is asked for: the coordinates are to be summed, too.")
def coordinates_not_summed(path, betas):
    return sum(
        Normal(math.sqrt(1 - beta) * x, math.sqrt(beta)).log_prob(x_next)
        for x, x_next, beta in zip(path, path[1:], betas)
    )


@EXERCISE.slip("You asked for the earlier state, given the later one. The chain runs the other way: what follows has its law given what was.")
def earlier_given_later(path, betas):
    return sum(gaussian_log_prob(x, math.sqrt(1 - beta) * x_next, beta) for x, x_next, beta in zip(path, path[1:], betas))
