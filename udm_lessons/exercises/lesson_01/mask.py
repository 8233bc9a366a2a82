"""01.2: hide those tokens whose threshold has been passed."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close, normal, uniform
from ...destroy import Masking
from ._letters import letters, some_level, whole_numbers_stay


def forward_mask(x0, u, p, mask):
    return torch.where(u < p, mask, x0)


def cases():
    return (
        (torch.tensor([[7, 8, 9]]), torch.tensor([[0.1, 0.9, 0.5]]), 0.5, 26),
        (letters(10, 3, 5), uniform(11, 3, 5), 0.3, 26),
        (normal(12, 2, 1, 4, 3), uniform(13, 2, 1, 4, 3), 0.8, 1.0),
        (letters(14, 2, 2), torch.tensor([[0.3, 0.9996], [0.99, 0.6]]), 1.0, 26),
        (torch.tensor([[3, 27], [26, 0]]), torch.tensor([[0.0, 0.25], [0.75, 0.5]]), 0.0, 30),
        (torch.cat([letters(33, 5, 3), torch.full((5, 2), 27)], 1), uniform(34, 5, 5), 0.55, 3),
        (normal(35, 6, 1, 8, 8).float(), uniform(36, 6, 1, 8, 8).float(), 0.2, 0.0),
        ((2 * normal(37, 1, 1, 8, 8)).round(), uniform(38, 1, 1, 8, 8), 0.6, -7.5),
    )


def inputs(rng):
    shape = rng.choice([(1, 3), (2, 4), (5, 4), (3, 3), (2, 1, 4, 3), (6, 1, 8, 8)])
    u = uniform(rng.getrandbits(31), *shape)
    if rng.random() < 0.3:
        u = (4 * u).floor() / 4  # thresholds that meet the level, and one that is 0
        u[0, 0] = rng.choice([0.0, 0.9996])
    p = some_level(rng, u.flatten().tolist())
    if len(shape) == 2:
        padded = uniform(rng.getrandbits(31), *shape) < 0.1
        x0 = torch.where(padded, 27, letters(rng.getrandbits(31), *shape))
        return x0, u, p, rng.choice([26, 26, 30, 3])
    pixels = normal(rng.getrandbits(31), *shape) * rng.choice([1.0, 20.0])
    if rng.random() < 0.3:  # some are 0, and none is the mask
        return pixels.round(), u, p, rng.choice([-7.5, 0.5])
    return pixels, u, p, rng.choice([-2.0, 0.0, 1.0, 9.5])


EXERCISE = Exercise(
    id="01.2",
    title="Masks",
    difficulty=1,
    minutes=4,
    points=1,
    reference=forward_mask,
    cases=cases,
    law=r"$x_{t,i} = \text{MASK}$ if $u_i < p_t$, and $x_{0,i}$ otherwise",
    compare=both(
        close(),
        whole_numbers_stay("tokens must stay whole numbers: use mask as it is given"),
    ),
    praise="The same line hides letters and pixels. Nothing in it asks what the data is.",
    idea="Take three positions with thresholds of your choice and move the level from 0 to 1. In which "
    "order do they "
    "vanish? What is seen at the two ends?",
    why=r"A uniform threshold lies below $p_t$ with probability $p_t$, so each position is hidden with that "
    r"probability. Since $p_t$ only grows, what is hidden stays hidden.",
    inputs=inputs,
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
    "Look at a threshold that equals the level: there the token is still visible. "
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


@EXERCISE.slip("You hid everything with one mask and one decision. Each position has a threshold of its own.")
def first_row_for_all(x0, u, p, mask):
    return torch.where(u[:1] < p, mask, x0)


@EXERCISE.slip(
    "Your mask is always 26. What stands for MASK is handed to you: for pixels it is another number."
)
def mask_of_letters(x0, u, p):
    return torch.where(u < p, 26, x0)


@EXERCISE.slip("You compared the data with the level. What is compared is each position's threshold.")
def data_compared(x0, p, mask):
    return torch.where(x0 < p, mask, x0)


@EXERCISE.slip(
    "Right numbers, but your tokens have become floats, and nobody could read them as letters any more."
)
def tokens_become_floats(x0, u, p, mask):
    return torch.where(u < p, float(mask), x0)
