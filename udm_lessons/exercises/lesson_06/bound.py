"""06.3: the bound on minus log p(x_0), evaluated along one path."""

from __future__ import annotations

import math

from ...checks import Exercise
from ...measure import gaussian_log_prob
from ._paths import log_jump, paths_and_rates
from .log_path import log_path


def raw_bound(path, betas, step):
    bound = -gaussian_log_prob(path[-1], 0.0, 1.0)
    for t, beta in enumerate(betas, start=1):
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound


def _toy_step(x_t, t):
    """Stands for a model: mean and variance of p(x_{t-1} | x_t)."""
    return 0.9 * x_t + 0.1 * t, 0.2 + 0.1 * t


def cases():
    return tuple((path, betas, _toy_step) for path, betas in paths_and_rates())


EXERCISE = Exercise(
    id="06.3",
    title="The bound, along one path",
    difficulty=3,
    minutes=12,
    points=3,
    reference=raw_bound,
    cases=cases,
    law=r"$\log q(x_{1:T} \mid x_0) - \log p(x_T) - \sum_{t=1}^T \log p(x_{t-1} \mid x_t)$, "
    "one number for each path",
    praise="Five lines, and the mean over paths bounds minus log p(x0).",
)


# The bound is log q minus log p. Many answers below put it together from these two parts of log p
# and from `log_path`, which is log q.


def log_prior(x):
    return gaussian_log_prob(x, 0.0, 1.0)


def log_steps_back(path, step):
    return sum(gaussian_log_prob(path[t - 1], *step(path[t], t)) for t in range(1, len(path)))


@EXERCISE.right
def three_parts(path, betas, step):
    return log_path(path, betas) - log_prior(path[-1]) - log_steps_back(path, step)


@EXERCISE.slip(
    r"The sign is turned: the bound is on *minus* $\log p(x_0)$, "
    "so $q$ comes with plus and $p$ with minus."
)
def sign_of_the_whole(path, betas, step):
    return -raw_bound(path, betas, step)


@EXERCISE.slip(r"$p(x_T)$ is missing: $p(x_{0:T}) = p(x_T) \prod p(x_{t-1} \mid x_t)$.")
def prior_forgotten(path, betas, step):
    return log_path(path, betas) - log_steps_back(path, step)


@EXERCISE.slip(r"The law of the path, $q(x_{1:T} \mid x_0)$, is missing. Without it this is no bound.")
def forward_path_forgotten(path, step):
    bound = -log_prior(path[-1])
    for t in range(1, len(path)):
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound


@EXERCISE.slip("The steps of the model stand in $p$, so with a minus sign.")
def model_steps_added(path, betas, step):
    bound = -log_prior(path[-1])
    for t, beta in enumerate(betas, start=1):
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound + gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound


@EXERCISE.slip("The step back from $x_t$ is `step(x_t, t)`, with the time of $x_t$.")
def time_off_by_one(path, betas, step):
    return raw_bound(path, betas, lambda x_t, t: step(x_t, t - 1))


@EXERCISE.slip("The model goes *back*: it is given $x_t$, and asked for the density of $x_{t-1}$.")
def step_forward_by_the_model(path, betas, step):
    bound = -log_prior(path[-1])
    for t, beta in enumerate(betas, start=1):
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t], *step(path[t - 1], t))
    return bound


@EXERCISE.slip(r"$\log p(x_T)$ belongs to $p$, so it has a minus sign.")
def prior_with_plus(path, betas, step):
    return log_path(path, betas) + log_prior(path[-1]) - log_steps_back(path, step)


@EXERCISE.slip(
    r"You took $\log q(x_T \mid x_0)$: the misprint. "
    "The law of the *path* belongs here, your exercise 06.2."
)
def the_misprint(path, betas, step):
    return log_jump(path, betas) - log_prior(path[-1]) - log_steps_back(path, step)


@EXERCISE.slip("The step with $t = T$ is missing: does your `range` end one too early?")
def last_step_missing(path, betas, step):
    bound = -log_prior(path[-1])
    for t in range(1, len(path) - 1):
        beta = betas[t - 1]
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound


@EXERCISE.slip("The step with $t = 1$ is missing, in which $x_0$ itself is made.")
def first_step_missing(path, betas, step):
    bound = -log_prior(path[-1])
    for t in range(2, len(path)):
        beta = betas[t - 1]
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound


@EXERCISE.slip("The prior is the law of the state where the model begins, the last one of the path.")
def prior_at_x0(path, betas, step):
    return log_path(path, betas) - log_prior(path[0]) - log_steps_back(path, step)


@EXERCISE.slip(r"The bracket is $\log q$ *minus* $\log p$; you added the two.")
def all_with_plus(path, betas, step):
    return log_path(path, betas) + log_prior(path[-1]) + log_steps_back(path, step)
