"""01.4: put the spare token r where the threshold has been passed."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close, uniform
from ...destroy import Replacement, ThresholdAndToken
from ._letters import letters, some_level, whole_numbers_stay


def forward_replacement(x0, u, r, p):
    return torch.where(u < p, r, x0)


def cases():
    return (
        (torch.tensor([[7, 8, 9]]), torch.tensor([[0.1, 0.9, 0.5]]), torch.tensor([[1, 2, 3]]), 0.5),
        (letters(16, 3, 5), uniform(17, 3, 5), letters(18, 3, 5), 0.7),
        (letters(19, 3, 5), uniform(20, 3, 5), letters(21, 3, 5), 0.2),
        (torch.tensor([[3, 9], [0, 4]]), torch.tensor([[0.0, 0.25], [0.75, 0.5]]), letters(39, 2, 2), 0.0),
        (letters(40, 4, 4), uniform(41, 4, 4), letters(42, 4, 4), 0.5),
        (torch.tensor([[4, 0, 27, 27]]), torch.tensor([[0.4, 0.9996, 0.1, 0.8]]), letters(45, 1, 4), 1.0),
        (torch.cat([letters(43, 5, 3), torch.full((5, 2), 27)], 1), uniform(44, 5, 5), letters(46, 5, 5), 0.55),
    )


def inputs(rng):
    shape = rng.choice([(1, 3), (1, 6), (2, 4), (5, 4), (3, 3)])
    u = uniform(rng.getrandbits(31), *shape)
    if rng.random() < 0.3:
        u = (4 * u).floor() / 4  # thresholds that meet the level, and one that is 0
        u[0, 0] = rng.choice([0.0, 0.9996])
    x0, r = (letters(rng.getrandbits(31), *shape) for _ in range(2))
    if rng.random() < 0.3:  # a short row
        x0[-1, -1] = 27
    return x0, u, r, some_level(rng, u.flatten().tolist())


EXERCISE = Exercise(
    id="01.4",
    title="Replacement",
    difficulty=1,
    minutes=3,
    points=1,
    reference=forward_replacement,
    cases=cases,
    law="$x_{t,i} = r_i$ if $u_i < p_t$, and $x_{0,i}$ otherwise",
    compare=both(close(), whole_numbers_stay("tokens must stay whole numbers")),
    praise="Here the noise has two parts: when a token goes, and what takes its place.",
    idea="Take two letters, two thresholds and two spare letters. What is there at the ends, at levels 0 "
    "and 1? "
    "And can one see from the result which letters are the old ones?",
    why="A threshold lies below $p_t$ with probability $p_t$; then the spare letter stands there, "
    "whatever was "
    "there before. The others are untouched.",
    inputs=inputs,
)


@EXERCISE.right
def by_arithmetic(x0, u, r, p):
    return x0 * (u >= p) + r * (u < p)


@EXERCISE.right
def by_the_process(x0, u, r, p):
    return Replacement(28).forward(x0, ThresholdAndToken(u, r), p)


@EXERCISE.slip("You replaced the tokens that should stay: a token goes once $p_t$ has passed its threshold.")
def turned_round(x0, u, r, p):
    return torch.where(u < p, x0, r)


@EXERCISE.slip("Look at a threshold that equals the level: there the old token still stands.")
def boundary(x0, u, r, p):
    return torch.where(u <= p, r, x0)


@EXERCISE.slip(
    "You shifted the token by $r$. The new token is $r$ itself, so that it tells nothing of the old one."
)
def shifted(x0, u, r, p):
    return torch.where(u < p, (x0 + r) % 26, x0)


@EXERCISE.slip("You replaced every token. Which ones go depends on their thresholds.")
def everything_replaced(r):
    return r


@EXERCISE.slip("$p_t$ is the probability to be replaced, not to stay.")
def one_minus_p(x0, u, r, p):
    return torch.where(u < 1 - p, r, x0)


@EXERCISE.slip("Nothing is replaced. Where a threshold has been passed, the spare token takes the place.")
def nothing_replaced(x0):
    return x0


@EXERCISE.slip(
    "You used the spare tokens of the first row for all rows. Each position has a spare of its own."
)
def first_row_for_all(x0, u, r, p):
    return torch.where(u < p, r[:1], x0)


@EXERCISE.slip("You spared PAD, which fills short rows. Whatever stands at a position goes once its threshold has been passed.")
def padding_spared(x0, u, r, p):
    return torch.where((u < p) & (x0 < 26), r, x0)


@EXERCISE.slip("You put a mask there. Here the spare token takes the place, so that nobody sees a gap.")
def masked(x0, u, p):
    return torch.where(u < p, 26, x0)


@EXERCISE.slip(
    "Right numbers, but your tokens have become floats, and nobody could read them as letters any more."
)
def tokens_become_floats(x0, u, r, p):
    return torch.where(u < p, r, x0).double()
