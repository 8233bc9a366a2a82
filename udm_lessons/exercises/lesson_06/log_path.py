"""06.2: the logarithm of the law of a whole path, log q(x_1, ..., x_T | x_0)."""

from __future__ import annotations

import math

from torch.distributions import Normal

from ...checks import Exercise
from ...measure import gaussian_log_prob
from ._paths import log_jump, paths_and_rates


def log_path(path, betas):
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, math.sqrt(1 - beta) * x, beta)
    return total


def cases():
    return paths_and_rates()


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
)


@EXERCISE.right
def by_torch_distributions(path, betas):
    total = 0
    for t, beta in enumerate(betas):
        step = Normal(math.sqrt(1 - beta) * path[t], math.sqrt(beta))
        total = total + step.log_prob(path[t + 1]).flatten(1).sum(1)
    return total


@EXERCISE.slip(r"Each step starts from the state before it, $x_{t-1}$, not from $x_0$.")
def from_x0_each_time(path, betas):
    total = 0.0
    for x_next, beta in zip(path[1:], betas):
        total = total + gaussian_log_prob(x_next, math.sqrt(1 - beta) * path[0], beta)
    return total


@EXERCISE.slip(r"The mean of a step is $\sqrt{1 - \beta_t}\, x_{t-1}$.")
def signal_not_shrunk(path, betas):
    total = 0.0
    for x, x_next, beta in zip(path, path[1:], betas):
        total = total + gaussian_log_prob(x_next, x, beta)
    return total


@EXERCISE.slip(r"The signal shrinks by the root, $\sqrt{1 - \beta_t}$.")
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
