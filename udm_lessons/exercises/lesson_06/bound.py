"""06.2: the bound on minus log p(x_0), evaluated along one path."""

from __future__ import annotations

import math

from ...checks import Exercise
from ...measure import gaussian_log_prob
from ._paths import log_jump, log_path, paths_and_rates, random_path


def raw_bound(path, betas, step):
    bound = -gaussian_log_prob(path[-1], 0.0, 1.0)
    for t, beta in enumerate(betas, start=1):
        bound = bound + gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], beta)
        bound = bound - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return bound


def _toy_step(x_t, t):
    """Stands for a model: mean and variance of p(x_{t-1} | x_t). Like that of the page it takes one time."""
    return 0.9 * x_t + 0.1 * float(t), 0.2 + 0.1 * float(t)


def _bent_step(x_t, t):
    """Another one, whose mean is no straight line and whose variance falls with t."""
    return 2 * x_t / (1 + x_t**2) - 0.2 * math.sin(float(t)), 0.1 + 0.8 / (1 + float(t))


def _short_step(x_t, t):
    """A third one, for small rates: it hardly moves, and is sure of that."""
    return 0.999 * x_t, 3e-4 * float(t)


def cases():
    steps = (_toy_step, _bent_step)
    return tuple(
        (path, betas, _short_step if max(betas) < 0.01 else steps[k % 2])
        for k, (path, betas) in enumerate(paths_and_rates())
    )


def inputs(rng):
    a, b, c = rng.uniform(0.5, 1.0), rng.uniform(-0.2, 0.2), rng.uniform(0.1, 0.5)
    bend, size = rng.choice([0.0, 1.0]), rng.choice([1.0, 1.0, 1.0, 1e-3])

    def step(x_t, t):
        return a * x_t / (1 + bend * x_t**2) + b * float(t), size * (c + 0.1 * float(t))

    return *random_path(rng), step


EXERCISE = Exercise(
    id="06.2",
    title="The bound, along one path",
    difficulty=3,
    minutes=12,
    points=3,
    reference=raw_bound,
    cases=cases,
    law=r"$\log q(x_{1:T} \mid x_0) - \log p(x_T) - \sum_{t=1}^T \log p(x_{t-1} \mid x_t)$, "
    "one number for each path",
    praise="Five lines, and the mean over paths bounds minus log p(x0).",
    idea="Take a path of one step only. Which three laws meet in it, which of them belong to the model, and "
    "which sign has each in the bracket?",
    why=r"It is $\log q$ of the path less $\log p$ of prior and steps: its mean over paths is at least "
    r"$-\log p(x_0)$, by Jensen.",
    inputs=inputs,
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


@EXERCISE.slip(r"The prior is missing. The model first draws $x_T$: that has a density, too.")
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
    r"You took $\log q(x_T \mid x_0)$, the law of the end alone. "
    "The law of the *path* belongs here, a product over its steps."
)
def law_of_the_end(path, betas, step):
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


# Slips in one of the three parts, beside two that are right.


@EXERCISE.slip("`step` returns the variance, and that is what `gaussian_log_prob` wants: no root.")
def deviation_of_the_model(path, betas, step):
    return raw_bound(path, betas, lambda x_t, t: (step(x_t, t)[0], math.sqrt(step(x_t, t)[1])))


@EXERCISE.slip("The variance of the model's step is no longer that of the forward step: `step` returns it.")
def variance_of_the_forward_step(path, betas, step):
    return raw_bound(path, betas, lambda x_t, t: (step(x_t, t)[0], betas[t - 1]))


@EXERCISE.slip("The time is one too large: the first step back to $x_0$ is the one with the smallest time.")
def time_one_too_late(path, betas, step):
    return raw_bound(path, betas, lambda x_t, t: step(x_t, t + 1))


@EXERCISE.slip("The prior counts once for a path. Does it stand inside the loop?")
def prior_at_each_step(path, betas, step):
    return raw_bound(path, betas, step) - (len(betas) - 1) * log_prior(path[-1])


@EXERCISE.slip("The prior is the law of the *last* state only. The others are made by `step`.")
def prior_at_each_state(path, betas, step):
    return raw_bound(path, betas, step) - sum(log_prior(x) for x in path[1:-1])


@EXERCISE.slip("You gave the model the state that it is to guess. It sees the later one.")
def step_sees_what_it_guesses(path, betas, step):
    guessed = sum(gaussian_log_prob(path[t - 1], *step(path[t - 1], t)) for t in range(1, len(path)))
    return log_path(path, betas) - log_prior(path[-1]) - guessed


@EXERCISE.slip("The prior knows nothing of $x_0$. You took the law of the end of the *forward* path for it.")
def jump_for_the_prior(path, betas, step):
    return log_path(path, betas) - log_jump(path, betas) - log_steps_back(path, step)


@EXERCISE.slip("In the forward steps the signal does not shrink in yours. What does a step do to the state?")
def forward_signal_not_shrunk(path, betas, step):
    forward = sum(gaussian_log_prob(path[t], path[t - 1], beta) for t, beta in enumerate(betas, start=1))
    return forward - log_prior(path[-1]) - log_steps_back(path, step)


@EXERCISE.slip("The forward part goes wrong: its steps start from the state before, not all from $x_0$.")
def forward_steps_from_x0(path, betas, step):
    forward = sum(
        gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[0], beta)
        for t, beta in enumerate(betas, start=1)
    )
    return forward - log_prior(path[-1]) - log_steps_back(path, step)


@EXERCISE.slip("The rates of the forward part are variances; you gave their roots.")
def forward_deviation(path, betas, step):
    forward = sum(
        gaussian_log_prob(path[t], math.sqrt(1 - beta) * path[t - 1], math.sqrt(beta))
        for t, beta in enumerate(betas, start=1)
    )
    return forward - log_prior(path[-1]) - log_steps_back(path, step)


@EXERCISE.slip("The bound is a sum over the steps, not their mean.")
def averaged_over_the_steps(path, betas, step):
    return raw_bound(path, betas, step) / len(betas)


@EXERCISE.slip("The forward part sums the jumps from $x_0$. In a path each state comes from the one before.")
def jumps_summed(path, betas, step):
    forward = sum(log_jump(path[: t + 1], betas[:t]) for t in range(1, len(path)))
    return forward - log_prior(path[-1]) - log_steps_back(path, step)


@EXERCISE.slip("You gave the prior the variance that the noise in $x_T$ has. The prior is $N(0, 1)$.")
def prior_with_the_variance_of_the_noise(path, betas, step):
    total = log_path(path, betas)
    for t in range(1, len(path)):
        total = total - gaussian_log_prob(path[t - 1], *step(path[t], t))
    return total - gaussian_log_prob(path[-1], 0.0, 1 - math.prod(1 - beta for beta in betas))


@EXERCISE.slip("The model's last step, from $x_1$ to the data, is missing.")
def step_to_the_data_missing(path, betas, step):
    total = log_path(path, betas) - gaussian_log_prob(path[-1], 0.0, 1.0)
    return total - sum(gaussian_log_prob(path[t - 1], *step(path[t], t)) for t in range(2, len(path)))
