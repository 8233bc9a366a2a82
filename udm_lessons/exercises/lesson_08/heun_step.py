"""08.2: Heun's step along a field, with the mean of two slopes."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def heun_step(field, x, t, s):
    v = field(x, t)
    guess = x + (s - t) * v
    return x + (s - t) / 2 * (v + field(guess, s))


def grow(x, t):
    return 2 * x + t


def turn(x, t):
    """A field that depends on place and time, and has no symmetry."""
    return torch.stack([x[:, 1] * (1 + t) - 0.3, torch.sin(x[:, 0]) + t**2], 1)


def bend(x, t):
    """A field for any number of coordinates, each of which moves the next."""
    return torch.cos(x.roll(1, -1) * (1 + t)) - x * t**3


class SeenTwice:
    """A field that answers twice."""

    def __init__(self, field):
        self.field, self.looks = field, 0
        self.__name__ = f"{field.__name__}, which answers twice"

    def __call__(self, x, t):
        self.looks += 1
        if self.looks > 2:
            raise RuntimeError("the field was asked a third time, and Heun's step looks at it twice")
        return self.field(x, t)


def cases():
    return (
        (grow, torch.tensor([[1.0]]), 0.5, 0.3),
        (turn, normal(4, 3, 2), 0.9, 0.5),
        (turn, normal(5, 5, 2), 0.4, 0.3),
        (bend, 3 * normal(6, 1, 4), 1.0, 0.0),
        (turn, normal(7, 2, 2), 0.3, 0.001),
        (bend, normal(8, 6, 1), 1.0, 0.9),
        (turn, 1e-3 * normal(10, 3, 2), 4e-4, 1e-4),
        (SeenTwice(turn), normal(9, 3, 2), 0.6, 0.5),  # a look is at the whole batch
    )


def inputs(rng):
    field, columns = rng.choice(((grow, 1), (grow, 3), (turn, 2), (bend, 1), (bend, 2), (bend, 4)))
    x = rng.choice((1e-3, 1, 1, 5, 5)) * normal(rng.getrandbits(31), rng.choice((1, 2, 3, 5)), columns)
    t = rng.choice((1.0, 10 ** rng.uniform(-4, -1), rng.uniform(0.1, 1), rng.uniform(0.1, 1)))
    return SeenTwice(field), x, t, rng.choice((0.0, 0.9 * t, rng.uniform(0, 0.95) * t))


EXERCISE = Exercise(
    id="08.2",
    title="Two slopes are better than one",
    difficulty=2,
    minutes=8,
    points=2,
    reference=heun_step,
    cases=cases,
    law=r"$x_s = x_t + \frac{s - t}{2} \left( v(x_t, t) + v(y, s) \right)$ with Euler's "
    r"$y = x_t + (s - t)\, v(x_t, t)$",
    praise="Two looks at the field, and an error that falls with the square of the step.",
    idea="Draw a curve and its tangent at the start. Where does the tangent lead, and which slope has the "
    "field *there*, and *then*? Test it on a field that depends on time alone: the step is then the area "
    "of a trapezoid.",
    why="$y$ and $s$ are, to first order, where the path ends, so $v(y, s)$ is the slope there. The mean "
    "of the slopes at both ends is the trapezoid rule, with an error of order 3 in the length of the step.",
    inputs=inputs,
)


@EXERCISE.right
def mean_of_two_steps(field, x, t, s):
    first = x + (s - t) * field(x, t)
    second = x + (s - t) * field(first, s)
    return 0.5 * first + 0.5 * second


@EXERCISE.slip("That is Euler's step. Look at the field once more, at its end, and average the two slopes.")
def euler(field, x, t, s):
    return x + (s - t) * field(x, t)


@EXERCISE.slip("You added the two slopes. Take their mean.")
def slopes_added(field, x, t, s):
    v = field(x, t)
    guess = x + (s - t) * v
    return x + (s - t) * (v + field(guess, s))


@EXERCISE.slip("You used the slope at the end alone. Average it with the one at the start.")
def second_slope_alone(field, x, t, s):
    guess = x + (s - t) * field(x, t)
    return x + (s - t) * field(guess, s)


@EXERCISE.slip("The second slope is taken at $x_t$. Take it where Euler's step leads, at $y$.")
def old_place(field, x, t, s):
    return x + (s - t) / 2 * (field(x, t) + field(x, s))


@EXERCISE.slip("The second slope is taken at the old time $t$. At $y$ the time is $s$.")
def old_time(field, x, t, s):
    v = field(x, t)
    guess = x + (s - t) * v
    return x + (s - t) / 2 * (v + field(guess, t))


@EXERCISE.slip("The step from $t$ to $s$ is $s - t$, which is negative. You went the other way.")
def step_of_the_wrong_sign(field, x, t, s):
    v = field(x, t)
    guess = x + (t - s) * v
    return x + (t - s) / 2 * (v + field(guess, s))


@EXERCISE.slip("The final step starts at $x_t$, not at Euler's guess.")
def from_the_guess(field, x, t, s):
    v = field(x, t)
    guess = x + (s - t) * v
    return guess + (s - t) / 2 * (v + field(guess, s))


@EXERCISE.slip("That is the midpoint rule, also of order 2. Here the slopes at both ends are averaged.")
def midpoint(field, x, t, s):
    middle = x + (s - t) / 2 * field(x, t)
    return x + (s - t) * field(middle, (s + t) / 2)


@EXERCISE.slip(
    "You look at the field three times, and a look is what costs. Keep the first slope, and use it twice."
)
def a_look_too_many(field, x, t, s):
    guess = x + (s - t) * field(x, t)
    return x + (s - t) / 2 * (field(x, t) + field(guess, s))


@EXERCISE.slip("Your guess $y$ lies half a step ahead. Euler's step goes all the way to $s$.")
def half_a_guess(field, x, t, s):
    v = field(x, t)
    return x + (s - t) / 2 * (v + field(x + (s - t) / 2 * v, s))


@EXERCISE.slip("That is the mean slope. Multiply it by the length of the step, and start at $x_t$.")
def slope_returned(field, x, t, s):
    v = field(x, t)
    return (v + field(x + (s - t) * v, s)) / 2


@EXERCISE.slip("Euler's guess is right, but the final step goes the other way: it is $s - t$, too.")
def last_step_forward(field, x, t, s):
    v = field(x, t)
    guess = x + (s - t) * v
    return x + (t - s) / 2 * (v + field(guess, s))


@EXERCISE.slip(
    "Right, until the step ends at time 0: there you stop after Euler's step. Samplers do so where the field cannot be "
    "asked at 0. Here it can, so look a second time."
)
def euler_at_the_end(field, x, t, s):
    return heun_step(field, x, t, s) if s else x + (s - t) * field(x, t)
