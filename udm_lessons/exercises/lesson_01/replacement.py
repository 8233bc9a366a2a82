"""01.4: put the spare token r where the threshold has been passed."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform
from ...destroy import Replacement, ThresholdAndToken
from ._letters import letters


def forward_replacement(x0, u, r, p):
    return torch.where(u < p, r, x0)


def cases():
    return (
        (torch.tensor([[7, 8, 9]]), torch.tensor([[0.1, 0.9, 0.5]]), torch.tensor([[1, 2, 3]]), 0.5),
        (letters(16, 3, 5), uniform(17, 3, 5), letters(18, 3, 5), 0.7),
        (letters(19, 2, 6), uniform(20, 2, 6), letters(21, 2, 6), 0.2),
    )


EXERCISE = Exercise(
    id="01.4",
    title="Replacement",
    difficulty=1,
    minutes=3,
    points=1,
    reference=forward_replacement,
    cases=cases,
    law="$x_{t,i} = r_i$ if $u_i < p_t$, and $x_{0,i}$ otherwise",
    praise="Here the noise has two parts: when a token goes, and what takes its place.",
)


@EXERCISE.right
def by_arithmetic(x0, u, r, p):
    return x0 * (u >= p) + r * (u < p)


@EXERCISE.right
def by_the_process(x0, u, r, p):
    return Replacement(26).forward(x0, ThresholdAndToken(u, r), p)


@EXERCISE.slip("You replaced the tokens that should stay: a token goes once $p_t$ has passed its threshold.")
def turned_round(x0, u, r, p):
    return torch.where(u < p, x0, r)


@EXERCISE.slip("At $u_i = p_t$ the token still stands: the condition is $u_i < p_t$.")
def boundary(x0, u, r, p):
    return torch.where(u <= p, r, x0)


@EXERCISE.slip(
    "You shifted the token by $r$. The new token is $r$ itself, so that it tells nothing of the old one."
)
def shifted(x0, u, r, p):
    return torch.where(u < p, (x0 + r) % 26, x0)


@EXERCISE.slip("You replaced every token. Only those with $u_i < p_t$ go.")
def everything_replaced(r):
    return r


@EXERCISE.slip("$p_t$ is the probability to be replaced, not to stay.")
def one_minus_p(x0, u, r, p):
    return torch.where(u < 1 - p, r, x0)
