"""01.3: hide those tokens whose threshold has been passed."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close, close_on, normal, uniform
from ...destroy import Masking
from ._letters import letters


def forward_mask(x0, u, p, mask):
    return torch.where(u < p, mask, x0)


def cases():
    return (
        (torch.tensor([[7, 8, 9]]), torch.tensor([[0.1, 0.9, 0.5]]), 0.5, 26),
        (letters(10, 3, 5), uniform(11, 3, 5), 0.3, 26),
        (normal(12, 2, 1, 4, 3), uniform(13, 2, 1, 4, 3), 0.8, -2.0),
        (letters(14, 2, 4), uniform(15, 2, 4), 1.0, 26),
    )


def keeps_the_kind_of_number(x_t, x0, *others):
    return x_t.is_floating_point() == x0.is_floating_point()


EXERCISE = Exercise(
    id="01.3",
    title="Masks",
    difficulty=1,
    minutes=4,
    points=1,
    reference=forward_mask,
    cases=cases,
    law=r"$x_{t,i} = \text{MASK}$ if $u_i < p_t$, and $x_{0,i}$ otherwise",
    compare=both(
        close(),
        close_on(
            keeps_the_kind_of_number,
            say="tokens must stay whole numbers: use mask as it is given",
        ),
    ),
    praise="The same line hides letters and pixels. Nothing in it asks what the data is.",
)


@EXERCISE.right
def by_masked_fill(x0, u, p, mask):
    return x0.masked_fill(u < p, mask)


@EXERCISE.right
def by_the_process(x0, u, p, mask):
    return Masking(mask).forward(x0, u, p)


@EXERCISE.right
def visible_ones_first(x0, u, p, mask):
    return torch.where(u >= p, x0, mask)


@EXERCISE.slip(
    "You hid the tokens that should stay. A token is hidden once $p_t$ has passed its threshold, "
    "so that at $p_t = 1$ everything is."
)
def turned_round(x0, u, p, mask):
    return torch.where(u < p, x0, mask)


@EXERCISE.slip(
    "At $u_i = p_t$ the token is still visible: the condition is $u_i < p_t$. "
    "Otherwise something might be hidden at $p_t = 0$."
)
def boundary(x0, u, p, mask):
    return torch.where(u <= p, mask, x0)


@EXERCISE.slip("You wrote zeros where the mask belongs. A zero is an ordinary value of the data.")
def zero_for_mask(x0, u, p):
    return torch.where(u < p, 0, x0)


@EXERCISE.slip("$p_t$ is the probability to be hidden, not to be visible.")
def one_minus_p(x0, u, p, mask):
    return torch.where(u < 1 - p, mask, x0)
