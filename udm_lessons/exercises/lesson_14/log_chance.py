"""14.3: how likely a turned word is, given the word."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, close
from ._wheels import drawn_level, drawn_shape, letters, level, levels, pair, shift, stretch


def log_chance(x0, x_t, p, V):
    d = (x_t - x0) % V
    chance = (V * p - d).clamp(0, 1) / (V * p)
    return chance.log().sum(1)


def cases():
    impossible = letters(50, 26, 4, 5), letters(51, 26, 4, 5)
    one_off = torch.tensor([[3, 3], [3, 3], [3, 3]]), torch.tensor([[3, 5], [3, 6], [2, 3]])  # steps 2, 3 and 7 of 8
    return (
        (*one_off, level(0.35), 8),
        (torch.tensor([[0]]), torch.tensor([[1]]), level(0.5), 4),
        (*pair(0, 26, level(1.0), 3, 5), level(1.0), 26),
        (*pair(2, 26, level(0.62), 4, 5), level(0.62), 26),
        (*pair(4, 26, level(0.08), 4, 5), level(0.08), 26),
        (*pair(6, 26, levels(40, 4), 4, 5), levels(40, 4), 26),
        (*pair(8, 5, levels(41, 6), 6, 3), levels(41, 6), 5),
        (*pair(10, 26, level(0.3), 5, 5), level(0.3), 26),
        (*pair(12, 26, levels(42, 3), 3, 3), levels(42, 3), 26),
        (*impossible, level(0.3), 26),
        (*impossible, levels(44, 4), 26),
        (*pair(14, 26, level(0.95), 1, 5), level(0.95), 26),
        (*pair(16, 26, levels(43, 1), 1, 5), levels(43, 1), 26),
        (*pair(18, 26, level(0.01), 2, 4), level(0.01), 26),
        (*pair(20, 2, level(0.9), 7, 1), level(0.9), 2),
    )


def inputs(rng):
    shape, V = drawn_shape(rng), rng.choice((2, 3, 5, 26, 26))
    p, seed = drawn_level(rng, shape[0]), rng.getrandbits(30)
    if rng.random() < 0.2:
        return letters(seed, V, *shape), letters(seed + 1, V, *shape), p, V
    return (*pair(seed, V, p, *shape), p, V)


EXERCISE = Exercise(
    id="14.3",
    title="The chance of a turned word",
    difficulty=2,
    minutes=8,
    points=2,
    reference=log_chance,
    cases=cases,
    compare=close(1e-5, 1e-6),
    law=r"$\log p(x_t \mid x_0) = \sum_i \log \text{(length of the stretch of } u_i)$, the stretch from $d_i/(Vp)$ to $\min((d_i+1)/(Vp), 1)$",
    praise="With this, the exact posterior over any list of words is one softmax away.",
    idea="For one letter, add up your chances over all that may be seen: 0 steps, 1 step, and so on. What must come out, also where $V p$ is no whole "
    "number? And what is the chance of a letter that the wheel cannot have reached?",
    why="$u$ is even on (0, 1), so a stretch has its length as its chance: $1/(V p)$, less for the last one, and nothing beyond it. Letters turn "
    "independently, so chances are multiplied and their logs are added up. `log` of 0 is minus infinity, as it should be.",
    inputs=inputs,
)


@EXERCISE.right
def from_the_two_ends(x0, x_t, p, V):
    d = (x_t - x0) % V
    ends = [(k / (V * p)).clamp(max=1) for k in (d, d + 1)]
    return (ends[1] - ends[0]).log().sum(1)


@EXERCISE.right
def chances_multiplied(x0, x_t, p, V):
    d, way = torch.remainder(x_t - x0, V), V * p
    return (torch.minimum(d + 1, way) - torch.minimum(d, way)).div(way).prod(1).log()


@EXERCISE.slip("Your chances of one letter add up to more than 1: the last stretch is cut off at $u = 1$, so it is shorter.")
def last_stretch_not_cut(x0, x_t, p, V):
    d = shift(x0, x_t, V)
    return ((d < V * p) / (V * p)).log().sum(1)


@EXERCISE.slip("That is the same for every letter. One that the wheel cannot have reached has chance 0, and the last one in reach has less than the others.")
def all_alike(x0, x_t, p, V):
    return -(torch.ones_like(x0) * (V * p).log()).sum(1)


@EXERCISE.slip("Every letter of the alphabet seems as likely as another to you. At the level $p$ only about $V p$ of them are in reach.")
def level_left_out(x0, V):
    return -torch.full(x0.shape, math.log(V)).sum(1)


@EXERCISE.slip("That is the chance itself. Asked for is its logarithm.")
def no_logarithm(x0, x_t, p, V):
    return log_chance(x0, x_t, p, V).exp()


@EXERCISE.slip("You added up chances. The letters turn independently: their chances are multiplied, so their *logarithms* are added up.")
def log_of_the_sum(x0, x_t, p, V):
    return (stretch(x0, x_t, p, V) / (V * p)).sum(1).log()


@EXERCISE.slip("You took the mean over the letters. The log of a product is a sum.")
def mean_over_letters(x0, x_t, p, V):
    return log_chance(x0, x_t, p, V) / x0.shape[1]


@EXERCISE.slip("Return one number for each word, $(n,)$. Yours are added up over all words.")
def one_number_for_all(x0, x_t, p, V):
    return log_chance(x0, x_t, p, V).sum()


@EXERCISE.slip("You looked backwards, from $x_t$ to $x_0$. The letter went from $x_0$ on to $x_t$.")
def backwards(x0, x_t, p, V):
    return log_chance(x_t, x0, p, V)


@EXERCISE.slip("Your chances are not divided by the whole way: add them up over all letters that may be seen, and $V p$ comes out.")
def not_divided(x0, x_t, p, V):
    return stretch(x0, x_t, p, V).log().sum(1)


@EXERCISE.slip("The sign has turned: a chance is below 1, so its logarithm is negative.")
def minus_log(x0, x_t, p, V):
    return -log_chance(x0, x_t, p, V)


@EXERCISE.slip("You multiplied the chance of the first letter with nothing else. All letters of the word were turned.")
def first_letter(x0, x_t, p, V):
    return log_chance(x0[:, :1], x_t[:, :1], p, V)


@EXERCISE.slip("Where the wheel went past its end, the way is not negative: take it around the wheel.")
def end_of_the_wheel(x0, x_t, p, V):
    return ((V * p - (x_t - x0)).clamp(0, 1) / (V * p)).log().sum(1)
