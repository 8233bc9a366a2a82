"""08.4: which steps of a long chain a sampler of few steps visits."""

from __future__ import annotations

import torch

from ...checks import Exercise


def trailing(steps, chain):
    h = chain // steps
    return [*range(chain, 0, -h), 0]


def cases():
    return (2, 6), (5, 20), (10, 1000), (20, 1000)


EXERCISE = Exercise(
    id="08.4",
    title="Which of the thousand steps?",
    difficulty=1,
    minutes=6,
    points=1,
    reference=trailing,
    cases=cases,
    law="the steps chain, chain - h, ..., h and then 0, where h = chain / steps",
    praise="The package has it as `flow.trailing_times`.",
)


@EXERCISE.right
def rounded(steps, chain):
    return [round(chain - k * chain / steps) for k in range(steps + 1)]


@EXERCISE.right
def by_linspace(steps, chain):
    return torch.linspace(chain, 0, steps + 1).round().long()


@EXERCISE.slip(
    "That is the *leading* grid: it starts almost a whole stride before the end of the chain, "
    "where there is still signal, and is fed pure noise."
)
def leading(steps, chain):
    h = chain // steps
    return [*range(chain - h + 1, 0, -h), 0]


@EXERCISE.slip("The last entry must be 0, where the data is.")
def end_missing(steps, chain):
    h = chain // steps
    return list(range(chain, 0, -h))


@EXERCISE.slip("The grid runs upwards. A sampler goes from noise to data: largest first.")
def upwards(steps, chain):
    h = chain // steps
    return list(range(0, chain + 1, h))


@EXERCISE.slip("Everything is early by one. The chain has steps 1 to `chain`; 0 is the data.")
def one_step_early(steps, chain):
    h = chain // steps
    return [*range(chain - 1, 0, -h), 0]


@EXERCISE.slip("The first time is the last step of the chain itself, `chain`.")
def start_missing(steps, chain):
    h = chain // steps
    return [*range(chain - h, 0, -h), 0]


@EXERCISE.slip("You used the number of steps as the stride. The stride is `chain // steps`.")
def steps_for_the_stride(steps, chain):
    return [*range(chain, 0, -steps), 0]


@EXERCISE.slip("0 comes twice: a step from 0 to 0 is none.")
def zero_twice(steps, chain):
    h = chain // steps
    return [*range(chain, -1, -h), 0]


@EXERCISE.slip(
    "That is the *leading* grid, and without the 0 at its end. The trailing one starts at `chain`."
)
def leading_end_missing(steps, chain):
    h = chain // steps
    return list(range(chain - h + 1, 0, -h))


@EXERCISE.slip("Count the posts of the fence: `steps` strides have `steps` + 1 ends, 0 included.")
def fence_posts(steps, chain):
    return torch.linspace(chain, 0, steps).round().int().tolist()
