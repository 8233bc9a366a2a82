"""02.3: the steps that lead to a given curve of what is left."""

from __future__ import annotations

import torch

from ...checks import Exercise, close, uniform


def betas_of(alpha_bar):
    before = torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])
    return 1 - alpha_bar / before


def one_before(alpha_bar):
    return torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])


def cases():
    f64 = torch.float64
    angles = (torch.arange(1, 41, dtype=f64) / 40 + 0.008) / 1.008 * torch.pi / 2
    return (
        (torch.tensor([0.5, 0.4]),),
        (torch.tensor([0.9, 0.6, 0.3, 0.06], dtype=f64),),
        (torch.tensor([0.8, 0.2, 0.0], dtype=f64),),  # nothing is left at the end
        (torch.tensor([0.7], dtype=f64),),
        (torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=f64), 0),),
        (torch.cumprod(torch.full((12,), 0.75, dtype=f64), 0),),
        (torch.cos(angles) ** 2 / torch.cos(torch.tensor(0.008 / 1.008 * torch.pi / 2, dtype=f64)) ** 2,),
        (torch.tensor([1.0, 1.0, 0.25], dtype=f64),),  # two steps that take nothing
        (torch.tensor([4e-4, 2e-4], dtype=f64),),
        (torch.tensor([1e-3, 4e-9, 1e-11, 9e-12], dtype=f64),),  # far below what a computer adds to 1
    )


def inputs(rng):
    n, top = rng.choice([1, 2, 3, 5, 40]), rng.choice([0.05, 0.3, 0.9])
    betas = top * uniform(rng.getrandbits(31), n)
    order = rng.choice(["any", "rising", "falling", "constant"])
    if order == "constant":
        betas = torch.full_like(betas, float(betas[0]))
    elif order != "any":
        betas = betas.sort(descending=order == "falling").values
    if rng.random() < 0.2:
        betas[: n // 2] = 1 - 1e-6
    if rng.random() < 0.2:
        betas[0], betas[-1] = rng.choice([0.0, 0.9996]), 1.0
    return (torch.cumprod(1 - betas, 0).to(rng.choice([torch.float32, torch.float64, torch.float64])),)


EXERCISE = Exercise(
    id="02.3",
    title="From the curve back to the steps",
    difficulty=2,
    minutes=8,
    points=2,
    reference=betas_of,
    cases=cases,
    law=r"$\beta_t = 1 - \bar\alpha_t / \bar\alpha_{t-1}$ with $\bar\alpha_0 = 1$, one number for each $t$",
    compare=close(1e-4, 1e-4),
    praise="Draw any falling curve, and there is a chain that follows it.",
    idea="Take a list of two, and go there step by step. What is left before the first step? And of what is the share that the "
    "second step takes: of the whole, or of what it finds?",
    why=r"Step $t$ multiplies what is left by $1 - \beta_t$, so that factor is the quotient of two neighbours of the list. Before "
    "the first step all is left, so the list must be given a 1 in front.",
    inputs=inputs,
)


@EXERCISE.right
def by_differences(alpha_bar):
    before = torch.cat([alpha_bar.new_ones(1), alpha_bar[:-1]])
    return (before - alpha_bar) / before


@EXERCISE.right
def by_a_loop(alpha_bar):
    left, found = 1.0, []
    for value in alpha_bar.tolist():
        found.append(1 - value / left)
        left = value
    return torch.tensor(found, dtype=alpha_bar.dtype)


@EXERCISE.slip("That is the share of the *whole* that a step takes. Each step takes its share of what it finds.")
def share_of_the_whole(alpha_bar):
    return one_before(alpha_bar) - alpha_bar


@EXERCISE.slip("That is what each step leaves. Asked for is what it takes.")
def what_is_left(alpha_bar):
    return alpha_bar / one_before(alpha_bar)


@EXERCISE.slip("That is what all steps together have taken. Asked for is each step alone.")
def taken_so_far(alpha_bar):
    return 1 - alpha_bar


@EXERCISE.slip("Your list is one entry short: the first step is missing. What was left before it?")
def first_step_missing(alpha_bar):
    return 1 - alpha_bar[1:] / alpha_bar[:-1]


@EXERCISE.slip("Your first step takes nothing. It led from 1 to the first entry of the list.")
def first_step_empty(alpha_bar):
    return torch.cat([torch.zeros_like(alpha_bar[:1]), 1 - alpha_bar[1:] / alpha_bar[:-1]])


@EXERCISE.slip("The first entry is what the first step has left, not what it took.")
def first_entry_kept(alpha_bar):
    return torch.cat([alpha_bar[:1], 1 - alpha_bar[1:] / alpha_bar[:-1]])


@EXERCISE.slip("`roll` puts the last entry before the first. Before the first step all is left.")
def rolled(alpha_bar):
    return 1 - alpha_bar / alpha_bar.roll(1)


@EXERCISE.slip(
    "That is nearly right for small steps, and off for large ones: the logarithm of a quotient stands in for a difference."
)
def by_logarithms(alpha_bar):
    return -(alpha_bar / one_before(alpha_bar)).log()


@EXERCISE.slip("You took a root. The list holds variances, and so does the answer.")
def root_taken(alpha_bar):
    return 1 - (alpha_bar / one_before(alpha_bar)).sqrt()


@EXERCISE.slip("You squared the list. It holds variances already.")
def squared(alpha_bar):
    return 1 - (alpha_bar / one_before(alpha_bar)) ** 2


@EXERCISE.slip("The quotient is turned over: what a step finds stands below.")
def turned_over(alpha_bar):
    return 1 - one_before(alpha_bar) / alpha_bar


@EXERCISE.slip("You compared each entry with the next. A step leads from the entry before to its own.")
def one_step_early(alpha_bar):
    after = torch.cat([alpha_bar[1:], alpha_bar[-1:]])
    return 1 - after / alpha_bar


@EXERCISE.slip("You divided by what the step leaves. Its share is of what it finds.")
def share_of_what_it_leaves(alpha_bar):
    return (one_before(alpha_bar) - alpha_bar) / alpha_bar


@EXERCISE.slip("The sign is wrong: what is left falls, and a step takes a positive share.")
def sign_turned(alpha_bar):
    return alpha_bar / one_before(alpha_bar) - 1
