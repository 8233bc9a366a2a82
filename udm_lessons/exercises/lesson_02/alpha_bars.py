"""02.2: how much of the signal's variance is left after the first t steps, for every t."""

from __future__ import annotations

import torch

from ...checks import Exercise


def alpha_bars(betas):
    return torch.cumprod(1 - betas, 0)


def cases():
    return (
        (torch.tensor([0.5, 0.2]),),
        (torch.linspace(0.1, 0.4, 5, dtype=torch.float64),),
        (torch.linspace(1e-3, 0.05, 40, dtype=torch.float64),),
    )


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
)


@EXERCISE.right
def by_logarithms(betas):
    return torch.exp(torch.cumsum(torch.log1p(-betas), 0))


@EXERCISE.right
def one_product_for_each_t(betas):
    return torch.stack([torch.prod(1 - betas[: t + 1]) for t in range(len(betas))])


@EXERCISE.slip(r"You multiplied the $\beta_t$. What is left of the signal after a step is $1 - \beta_t$.")
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
