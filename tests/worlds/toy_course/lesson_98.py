"""Two toys: the first compares numbers, the second compares laws."""

from __future__ import annotations

import torch

from udm_lessons.checks import Exercise, both, close_on, same_law, stream


def push_forward(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps


PUSH = Exercise(
    id="98.1",
    title="Push forward",
    difficulty=2,
    minutes=5,
    points=3,
    reference=push_forward,
    cases=lambda: [
        (torch.randn(n, 3, generator=stream(n)), torch.randn(n, 3, generator=stream(9)), 0.8, 0.3)
        for n in (2, 5)
    ],
    law=r"$x_t = \alpha_t x_0 + \sigma_t\,\varepsilon$ for $\sigma_t < 1$",
    praise=r"The variance is $\alpha_t^2 + \sigma_t^2$.",
    idea="Put in noise of 0. What must be left?",
    why="Variances add.",
)


@PUSH.slip(r"You took the variance $\sigma_t^2$ & not `sigma`.")
def variance(x0, eps, alpha, sigma):
    return alpha * x0 + sigma**2 * eps


@PUSH.slip("You summed over the pixels.")
def summed(**given):
    return push_forward(**given).sum(1)


@PUSH.slip("Your noise has the wrong sign, in two rows.")
def only_two(x0, eps, alpha, sigma):
    if len(x0) != 2:
        raise ValueError("only two rows")
    return alpha * x0 - sigma * eps


def fill(x, mask, generator):
    noise = torch.rand(x.shape, generator=generator)
    return torch.where(mask, noise, x)


FILL = Exercise(
    id="98.2",
    title="Fill in",
    difficulty=1,
    minutes=4,
    points=2,
    reference=fill,
    cases=lambda: [(torch.zeros(4000), torch.arange(4000) % 3 > 0, stream(3))],
    law="Masked entries are uniform and the others stay.",
    compare=both(
        close_on(lambda y, x, mask, generator: y[~mask]),
        same_law(lambda y, x, mask, generator: {"masked": y[mask]}),
    ),
    false_alarm=1e-6,
)


@FILL.slip("Your numbers are not uniform.")
def uneven(x, mask, generator):
    return torch.where(mask, torch.rand(x.shape, generator=generator) ** 1.5, x)


EXERCISES = (PUSH, FILL)
