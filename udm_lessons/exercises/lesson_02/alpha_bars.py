"""02.2: how much of the signal's variance is left after the first t steps, for every t."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform


def alpha_bars(betas):
    return torch.cumprod(1 - betas, 0)


def cases():
    return (
        (torch.tensor([0.5, 0.2]),),
        (torch.linspace(0.1, 0.4, 5, dtype=torch.float64),),
        (torch.linspace(1e-3, 0.05, 40, dtype=torch.float64),),
        (torch.tensor([0.3]),),
        (torch.tensor([0.6, 0.0, 0.1, 0.1, 0.4, 1.0], dtype=torch.float64),),
        (torch.full((30,), 0.01, dtype=torch.float64),),
        (torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64),),
    )


def inputs(rng):
    n, top = rng.choice([1, 2, 3, 5, 40]), rng.choice([0.05, 0.3, 0.9])
    betas = top * uniform(rng.getrandbits(31), n)
    order = rng.choice(["any", "rising", "falling", "constant"])
    if order == "constant":
        betas = torch.full_like(betas, float(betas[0]))
    elif order != "any":
        betas = betas.sort(descending=order == "falling").values
    if rng.random() < 0.2:  # a step that takes nothing, and one that takes all
        betas[0], betas[-1] = 0.0, 1.0
    return (betas.to(rng.choice([torch.float32, torch.float64])),)


EXERCISE = Exercise(
    id="02.2",
    title="All steps at once",
    difficulty=2,
    minutes=6,
    points=2,
    reference=alpha_bars,
    cases=cases,
    law=r"$\bar\alpha_t = (1 - \beta_1)(1 - \beta_2) \cdots (1 - \beta_t)$, "
    r"one number for each $t = 1, \dots, T$",
    praise="A thousand steps have become one number: you may jump to any t.",
    idea="Take three steps that each lose one half, and write down by hand what is left after each. "
    "How long is the list? What is its first entry, and can it ever rise or fall below zero?",
    why=r"Each step multiplies the signal's variance by $1 - \beta_k$, so after $t$ steps the product of "
    "the first $t$ "
    "factors is left. `cumprod` keeps every product on the way.",
    inputs=inputs,
)


@EXERCISE.right
def by_logarithms(betas):
    return torch.exp(torch.cumsum(torch.log1p(-betas), 0))


@EXERCISE.right
def one_product_for_each_t(betas):
    return torch.stack([torch.prod(1 - betas[: t + 1]) for t in range(len(betas))])


@EXERCISE.slip(r"You multiplied the $\beta_t$, which say what a step takes. Multiply what it leaves.")
def product_of_the_betas(betas):
    return torch.cumprod(betas, 0)


@EXERCISE.slip(
    "You added the losses up. Each step takes its share of what is *left*, so the shares multiply."
)
def sum_for_product(betas):
    return 1 - torch.cumsum(betas, 0)


@EXERCISE.slip("Every entry is the product of all steps. Entry $t$ is the product of the first $t$ alone.")
def only_the_last(betas):
    return torch.full_like(betas, torch.prod(1 - betas))


@EXERCISE.slip("Your list begins with 1, that is with $t = 0$. The first entry belongs to $t = 1$.")
def one_step_late(betas):
    return torch.cat([torch.ones_like(betas[:1]), alpha_bars(betas)[:-1]])


@EXERCISE.slip(r"That is $\alpha_t = \sqrt{\bar\alpha_t}$, the scale of the signal. Asked for is its square.")
def root_taken(betas):
    return alpha_bars(betas).sqrt()


@EXERCISE.slip("That is what one step leaves. Multiply all steps up to $t$.")
def not_accumulated(betas):
    return 1 - betas


@EXERCISE.slip("That is the variance of the noise. Asked for is what is left of the signal.")
def what_is_lost(betas):
    return 1 - alpha_bars(betas)


@EXERCISE.slip(
    r"You took the root of $\beta_t$ first. Asked for is a variance, and $\beta_t$ is one already."
)
def product_of_roots(betas):
    return torch.cumprod(1 - betas.sqrt(), 0)


@EXERCISE.slip(
    "That is nearly right for small steps, and off for large ones: an exponential stands in for a product."
)
def exponential_of_the_sum(betas):
    return torch.exp(-torch.cumsum(betas, 0))


@EXERCISE.slip(
    "You returned what is left at the very end. Asked for is a list, with an entry for every step."
)
def one_number(betas):
    return torch.prod(1 - betas)


@EXERCISE.slip("Your list is one entry too long: it begins with $t = 0$. The first entry belongs to $t = 1$.")
def one_entry_too_many(betas):
    return torch.cat([torch.ones_like(betas[:1]), alpha_bars(betas)])


@EXERCISE.slip("You took every step to be like the first one. The steps differ.")
def power_of_the_first(betas):
    return (1 - betas[0]) ** torch.arange(1, len(betas) + 1)


@EXERCISE.slip("You multiplied from the far end. The first entry is what is left after the first step.")
def from_the_far_end(betas):
    return torch.cumprod((1 - betas).flip(0), 0).flip(0)


@EXERCISE.slip("You raised the last factor to a power, as if all steps were alike. Each step has its own $\\beta$.")
def power_of_the_last(betas):
    return (1 - betas) ** torch.arange(1, len(betas) + 1)
