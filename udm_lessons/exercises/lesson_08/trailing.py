"""08.4: which steps of a long chain a sampler of few steps visits."""

from __future__ import annotations

import torch

from ...checks import Exercise, close_on


def trailing(steps, chain):
    h = chain // steps
    return [*range(chain, 0, -h), 0]


def cases():
    return (2, 6), (1, 7), (4, 4), (1, 1), (5, 20), (7, 21), (50, 150), (5, 1000), (10, 1000), (20, 1000)


def inputs(rng):
    steps = rng.choice((1, 2, 3, 7, 20, 50))
    return steps, steps * rng.choice((1, 2, 3, 10, rng.randint(1, 60)))


def as_numbers(grid):
    """The steps as floats: chain - k * chain / steps may be off by a rounding."""
    if isinstance(grid, range):
        raise TypeError("not a list")
    return torch.as_tensor(grid, dtype=torch.float64)


EXERCISE = Exercise(
    id="08.4",
    title="Which of the thousand steps?",
    difficulty=1,
    minutes=6,
    points=1,
    reference=trailing,
    cases=cases,
    compare=close_on(as_numbers, rtol=1e-6, atol=1e-7),
    law="the steps chain, chain - h, ..., h and then 0, where h = chain / steps",
    praise="The package has it as `flow.trailing_times`.",
    idea="Do a chain of 6 in 2 steps by hand. How far apart are the entries? How many are there, where do "
    "they start, and where do they end?",
    why="`range` goes down from `chain` in strides of h and stops before 0, which is added. Since `steps` "
    "divides `chain`, the last stride ends at 0 too.",
    inputs=inputs,
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


@EXERCISE.slip("You used the number of steps as the stride. With more steps the strides must be shorter.")
def steps_for_the_stride(steps, chain):
    return [*range(chain, 0, -steps), 0]


@EXERCISE.slip("Your first stride starts at `chain` - 1. Count down from `chain` itself, in whole strides.")
def counted_from_one_less(steps, chain):
    h = chain // steps
    return [chain, *range(chain - h - 1, 0, -h), 0]


@EXERCISE.slip("That is every step of the chain. Only some are to be visited.")
def every_step(chain):
    return [*range(chain, -1, -1)]


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
