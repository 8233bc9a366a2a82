"""14.1: each letter goes on in the alphabet, at a speed of its own."""

from __future__ import annotations

import torch

from ...checks import Exercise, equal, uniform
from ._wheels import drawn_level, drawn_shape, letters, level, levels


def rotated(x0, u, p, V):
    steps = torch.floor(V * p * u).long()
    return (x0 + steps) % V


def cases():
    return (
        (torch.tensor([[0, 1, 25]]), torch.tensor([[0.5, 0.3, 0.1]], dtype=torch.float64), level(1.0), 26),
        (torch.tensor([[25, 24], [3, 0], [7, 7]]), torch.tensor([[0.9, 0.9], [0.05, 0.99], [0.5, 0.25]], dtype=torch.float64), level(0.5), 26),
        (letters(0, 26, 4, 5), uniform(1, 4, 5), level(0.3), 26),
        (letters(2, 26, 3, 5), uniform(3, 3, 5), levels(4, 3), 26),
        (letters(5, 5, 6, 4), uniform(6, 6, 4), levels(7, 6), 5),
        (letters(8, 26, 4, 4), uniform(9, 4, 4), level(0.7), 26),
        (letters(10, 26, 3, 3), uniform(11, 3, 3), levels(12, 3), 26),
        (letters(13, 26, 1, 5), uniform(14, 1, 5), level(0.95), 26),
        (letters(15, 26, 1, 5), uniform(16, 1, 5), levels(17, 1), 26),
        (letters(18, 3, 2, 6), uniform(19, 2, 6), level(0.0), 3),
        (letters(20, 26, 5, 1), uniform(21, 5, 1), level(1.0), 26),
    )


def inputs(rng):
    shape, V = drawn_shape(rng), rng.choice((2, 3, 5, 26, 26))
    p = rng.choice((level(0.0), drawn_level(rng, shape[0]), drawn_level(rng, shape[0]), drawn_level(rng, shape[0])))
    return letters(rng.getrandbits(30), V, *shape), uniform(rng.getrandbits(30), *shape), p, V


EXERCISE = Exercise(
    id="14.1",
    title="Letters that rotate",
    difficulty=1,
    minutes=6,
    points=2,
    reference=rotated,
    cases=cases,
    law=r"$x_{t,i} = (x_{0,i} + \lfloor V p_t u_i \rfloor) \bmod V$",
    compare=equal(),
    praise="All the chance is in $u$, drawn once. Time only turns the wheel.",
    idea="Take one letter with $u = 0.5$ at the level 1: how many letters is half the alphabet? And where does “z” go by one letter?",
    why="The letter has gone the share $u$ of the way that lies open at this level, $V p$ letters. Only whole letters can be seen, so the way is cut to its "
    "whole part, and after the last letter the first one comes again: the rest of a division by $V$.",
    inputs=inputs,
)


@EXERCISE.right
def by_whole_division(x0, u, p, V):
    return torch.remainder(x0 + (u * p * V) // 1, V).long()


@EXERCISE.right
def wound_back_where_too_far(x0, u, p, V):
    x_t = x0 + (V * (p * u)).to(torch.int64)
    return torch.where(x_t >= V, x_t - V, x_t)


@EXERCISE.slip("Some of your numbers are no letters: after the last one the alphabet begins anew.")
def off_the_end(x0, u, p, V):
    return x0 + torch.floor(V * p * u).long()


@EXERCISE.slip("Your letters stop at the last one. The alphabet is a wheel here: after “z” comes “a”.")
def stops_at_the_end(x0, u, p, V):
    return (x0 + torch.floor(V * p * u).long()).clamp(max=V - 1)


@EXERCISE.slip("You rounded to the nearest letter. A letter is seen only once it is reached: take the whole part.")
def rounded(x0, u, p, V):
    return (x0 + torch.round(V * p * u).long()) % V


@EXERCISE.slip("You rounded up: every letter goes on by at least one, even at a level near 0. Take the whole part.")
def rounded_up(x0, u, p, V):
    return (x0 + torch.ceil(V * p * u).long()) % V


@EXERCISE.slip("The letters turn backwards: from “b” to “a”. Let them go on, from “a” to “b”.")
def backwards(x0, u, p, V):
    return (x0 - torch.floor(V * p * u).long()) % V


@EXERCISE.slip("Your letters stand where they end at $p = 1$, at any level. At an earlier time they have gone a part of that way.")
def level_left_out(x0, u, V):
    return (x0 + torch.floor(V * u).long()) % V


@EXERCISE.slip("All your letters go at one speed, the fastest. Each has its own: $u_i$ of the way.")
def one_speed(x0, u, p, V):
    steps = torch.floor(V * p * torch.ones_like(u)).long()
    return (x0 + steps) % V


@EXERCISE.slip("You cut to whole numbers too early: the whole part of $V p$ is taken before $u$ comes in.")
def cut_too_early(x0, u, p, V):
    way = torch.floor(V * p)
    return (x0 + torch.floor(way * u).long()) % V


@EXERCISE.slip("Here $u$ is a threshold: whoever is below the level jumps at once. Asked for is a wheel that turns on and on.")
def as_a_threshold(x0, u, p, V):
    return torch.where(u < p, (x0 + torch.floor(V * u).long()) % V, x0)


@EXERCISE.slip("You turned by $V - 1$ letters at most, so some positions of the wheel are never reached at $p = 1$.")
def one_letter_less(x0, u, p, V):
    return (x0 + torch.floor((V - 1) * p * u).long()) % V


@EXERCISE.slip("That is how far each letter has gone. Where it stands depends on where it began.")
def steps_alone(x0, u, p, V):
    return torch.floor(V * p * u).long() % V


@EXERCISE.slip("That is $x_0$ itself: nothing has turned. A fraction cut to a whole number before it was multiplied is 0.")
def nothing_turned(x0):
    return x0
