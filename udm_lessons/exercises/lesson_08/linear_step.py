"""08.4: the exact solution of dx/dt = a x + m after a time h, with a and m constant."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def linear_step(x, m, a, h):
    if a == 0:
        return x + h * m
    return math.exp(a * h) * x + math.expm1(a * h) / a * m


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 1.0]]), 1.0, -0.5),
        (normal(0, 4, 3), normal(1, 4, 3), -0.7, 0.3),
        (normal(2, 2, 5), normal(3, 2, 5), 3.0, -0.8),
        (normal(4, 3, 3), normal(5, 3, 3), 0.0, -0.25),  # no linear part
        (normal(6, 1, 4), normal(7, 1, 4), -2.0, -0.6),
        (30 * normal(8, 2, 2), normal(9, 2, 2), 0.4, 1.5),
        (normal(10, 5, 1), normal(11, 5, 1), 40.0, -0.2),  # a step that Euler cannot take
        (normal(12, 3, 2), normal(13, 3, 2), 1e-3, -0.1),
        (normal(14, 3, 4), normal(15, 3, 4), -10.0, -1e-3),
        (normal(16, 2, 2), normal(17, 2, 2), 0.8, 1.0),
        (normal(18, 2, 3), normal(19, 2, 3), 1.0, -1.0),
    )


def inputs(rng):
    shape = rng.choice(((1, 1), (1, 3), (2, 2), (5, 2), (3, 4)))
    x, m = normal(rng.getrandbits(31), *shape), normal(rng.getrandbits(31), *shape)
    a = rng.choice((0.0, 1.0, *[rng.uniform(-3, 3)] * 3, rng.choice((-1, 1)) * 10 ** rng.uniform(-3, 1)))
    h = rng.choice((1.0, -1.0, rng.uniform(-1, 1), -(10 ** rng.uniform(-3, -1))))
    return rng.choice((1, 30)) * x, m, a, h


EXERCISE = Exercise(
    id="08.4",
    title="What need not be guessed",
    difficulty=2,
    minutes=8,
    points=2,
    reference=linear_step,
    cases=cases,
    law=r"$\frac{d}{dh} x(h) = a\, x(h) + m$ and $x(0) = x$",
    praise="The linear part is exact at any length of the step.",
    idea="First let m be 0: which function is its own slope, times a? Then ask where x comes to rest if a "
    "is negative, and look at the distance from there. What happens if a is 0?",
    why=r"Multiplied by $e^{-a h}$ the equation says $\frac{d}{dh} (e^{-a h} x) = e^{-a h} m$. Integrate "
    r"from 0 to $h$ and multiply back: the factor of $m$ is $(e^{a h} - 1)/a$, which tends to $h$ as "
    r"$a \to 0$.",
    inputs=inputs,
)


@EXERCISE.right
def distance_from_rest(x, m, a, h):
    if not a:
        return x + m * h
    rest = -m / a
    return rest + (x - rest) * math.exp(a * h)


@EXERCISE.right
def by_matrix_exponential(x, m, a, h):
    turn = torch.matrix_exp(h * torch.tensor([[a, 1.0], [0.0, 0.0]], dtype=torch.float64)).to(x.dtype)
    return turn[0, 0] * x + turn[0, 1] * m


@EXERCISE.slip("That is Euler's step: right for short steps only. Solve the equation, with $a$ and $m$ constant.")
def euler(x, m, a, h):
    return x + h * (a * x + m)


@EXERCISE.slip("Right, until $a = 0$, where you divide by it. What does the factor of $m$ tend to?")
def divided_by_zero(x, m, a, h):
    return math.exp(a * h) * x + (math.exp(a * h) - 1) / a * m


@EXERCISE.slip("Right, until $a = 0$: there $m$ still pushes $x$, and you return it as it is.")
def nothing_moves_at_zero(x, m, a, h):
    return linear_step(x, m, a, h) if a else x


@EXERCISE.slip("Your $x$ grows where it should shrink: check the sign in the exponent with $m = 0$.")
def sign_of_the_exponent(x, m, a, h):
    return linear_step(x, m, -a, h) if a else x + h * m


@EXERCISE.slip("The linear part is right, and $m$ is missing: it pushes all the way.")
def linear_part_only(x, a, h):
    return math.exp(a * h) * x


@EXERCISE.slip(
    "What $m$ added early has grown (or shrunk) since, just as $x$ has. You added it unchanged, at $h m$."
)
def push_not_carried_on(x, m, a, h):
    return math.exp(a * h) * x + h * m


@EXERCISE.slip(
    "You let all of $m$ act at the start and grow over the whole step. It acts all along: integrate."
)
def push_at_the_start(x, m, a, h):
    return math.exp(a * h) * (x + h * m)


@EXERCISE.slip("Without $m$ and with $h = 0$ nothing may change. Your factor of $m$ is not 0 at $h = 0$.")
def one_not_taken_off(x, m, a, h):
    return math.exp(a * h) * (x + m / a) if a else x + h * m


@EXERCISE.slip("The integral of $e^{a h}$ brings a factor $1/a$.")
def not_divided_by_a(x, m, a, h):
    return math.exp(a * h) * x + math.expm1(a * h) * m if a else x + h * m


@EXERCISE.slip("$m$ enters with the wrong sign: at $a = 0$, $x$ moves by $+ h m$.")
def sign_of_the_push(x, m, a, h):
    return linear_step(x, -m, a, h)


@EXERCISE.slip("In a sampler $h$ is negative: time runs back. You took its length.")
def length_taken(x, m, a, h):
    return linear_step(x, m, a, abs(h))


@EXERCISE.slip("That is the change. Asked for is $x$ after it: the start is missing.")
def change_returned(x, m, a, h):
    return linear_step(x, m, a, h) - x


@EXERCISE.slip("You stopped after the square of $h$. The series goes on; it has a name.")
def second_order(x, m, a, h):
    return x + (h + a * h**2 / 2) * (a * x + m)


@EXERCISE.slip("You divided by $h$. The integral of $e^{a h}$ over $h$ brings $1/a$.")
def divided_by_h(x, m, a, h):
    return math.exp(a * h) * x + math.expm1(a * h) / h * m if a else x + h * m
