"""10.3: what the improved sampler makes of a wave, in ever more, ever smaller steps."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform
from ._waves import fading


def many_small_steps(a, kappa):
    return a * ((1 + kappa) / (a**2 + kappa)) ** 0.5


def cases():
    return (
        (_row(0.5, 0.1), 0.2),
        (_row(0.0, 1.0, 0.3), 0.05),  # nothing was left of it; nothing happened to it
        (fading(3, 4, 1.5), 1e-3),
        (fading(8, 8, 2.0), 1.0),
        (uniform(3, 7), 3.0),
        (_row(0.02, 0.9, 1e-4), 1e-3),
        (_row(0.01, 0.003), 1e-6),
        (fading(5, 5, 4.0), 1e-3),  # as on the page
    )


def _row(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def inputs(rng):
    shape = rng.choice(((1,), (2,), (5,), (3, 4), (8, 8)))
    a = uniform(rng.getrandbits(31), *shape) ** rng.choice((1, 1, 4, 20))
    if rng.random() < 0.2:
        a = fading(*(rng.choice((2, 3, 8)) for _ in range(2)), rng.uniform(0.1, 5.0))
    return a, rng.choice((1e-3, 1.0, 10 ** rng.uniform(-6, 1), 10 ** rng.uniform(-3, 0)))


EXERCISE = Exercise(
    id="10.3",
    title="The improved sampler in small steps",
    difficulty=3,
    minutes=10,
    points=3,
    reference=many_small_steps,
    cases=cases,
    law=r"$\frac{dx}{db} = \frac{b}{b^2 + \kappa}\, x$ from $b = a$, $x = a$ to $b = 1$; so $x = a \sqrt{(1 + \kappa)/(a^2 + \kappa)}$ at the end",
    praise=r"With $a^2$ far above $\kappa$ the wave comes back nearly whole; far below, hardly more than $a / \sqrt\kappa$ of it.",
    idea="Take one step, in which the factor grows from $b$ to $b + db$: what is added to $x$? Divide by $db$, and by "
    "$x$. You know a function whose derivative is what stands there. Where does $x$ start?",
    why=r"A step adds $db\, \frac{b}{b^2 + \kappa}\, x$, so $\log x$ grows by $\int_a^1 \frac{b\, db}{b^2 + \kappa} = "
    r"\frac12 \log \frac{1 + \kappa}{a^2 + \kappa}$; and it starts at $x = a$.",
    inputs=inputs,
)


def stepped(a, kappa, steps):
    """The improved step itself, in equal steps of the factor."""
    x, b = a, a
    for k in range(steps):
        c = a + (1 - a) * (k + 1) / steps
        x, b = x + (c - b) * b / (b**2 + kappa) * x, c
    return x


@EXERCISE.right
def through_logarithms(a, kappa):
    grown = (torch.log(torch.tensor(1 + kappa, dtype=a.dtype)) - torch.log(a**2 + kappa)) / 2
    return a * torch.exp(grown)


@EXERCISE.right
def roots_apart(a, kappa):
    return a * (1 + kappa) ** 0.5 / torch.sqrt(a * a + kappa)


@EXERCISE.slip("By so much the steps multiply the wave. What was it at the start, after the blur?")
def start_forgotten(a, kappa):
    return ((1 + kappa) / (a**2 + kappa)) ** 0.5


@EXERCISE.slip(r"Look at the integral again: what is the derivative of $\log(b^2 + \kappa)$?")
def half_forgotten(a, kappa):
    return a * (1 + kappa) / (a**2 + kappa)


@EXERCISE.slip("That is one step, all the way at once. Cut it into many.")
def one_step(a, kappa):
    return stepped(a, kappa, 1)


@EXERCISE.slip("You ran a finite number of steps, and that is close. Asked for is the limit, as a formula.")
def hundreds_of_steps(a, kappa):
    return stepped(a, kappa, 300)


@EXERCISE.slip("You ran a finite number of steps, and that is close. Asked for is the limit: find it on paper.")
def a_thousand_steps(a, kappa):
    return stepped(a, kappa, 1000)


@EXERCISE.slip("That is what the restorer makes of the blurred wave at once, without any steps.")
def restored_at_once(a, kappa):
    return a**2 / (a**2 + kappa)


@EXERCISE.slip("Your integral has no end: the factor grows from $a$ to 1, and the upper limit counts as well.")
def upper_limit_forgotten(a, kappa):
    return a / (a**2 + kappa) ** 0.5


@EXERCISE.slip("Upside down: the steps make the wave larger, not smaller.")
def upside_down(a, kappa):
    return a * ((a**2 + kappa) / (1 + kappa)) ** 0.5


@EXERCISE.slip(r"That is right for a perfect restorer, $1/b$. This one is $b / (b^2 + \kappa)$.")
def perfect_restorer(a):
    return torch.ones_like(a)


@EXERCISE.slip("In your integral $b$ is not squared.")
def b_not_squared(a, kappa):
    return a * ((1 + kappa) / (a + kappa)) ** 0.5


@EXERCISE.slip("You added what the steps add as if $x$ stayed as it was at the start. It grows on the way.")
def not_compounded(a, kappa):
    return a * (1 + 0.5 * torch.log((1 + kappa) / (a**2 + kappa)))


@EXERCISE.slip("That is the sum of the changes. The wave had something at the start as well.")
def changes_only(a, kappa):
    return a * ((1 + kappa) / (a**2 + kappa)) ** 0.5 - a


@EXERCISE.slip("That is how much is *missing* of the wave. Asked for is what it comes back to.")
def what_is_missing(a, kappa):
    return 1 - many_small_steps(a, kappa)


@EXERCISE.slip("You integrated the restorer alone. The step adds the restorer times $x$, so it is $\\log x$ that grows.")
def restorer_integrated(a, kappa):
    return a + 0.5 * torch.log((1 + kappa) / (a**2 + kappa))


@EXERCISE.slip(r"You integrated $1/(b^2 + \kappa)$. The restorer has a $b$ on top.")
def arc_tangent(a, kappa):
    root = kappa**0.5
    angle = torch.atan(torch.full_like(a, 1 / root)) - torch.atan(a / root)
    return a * torch.exp(angle / root)


@EXERCISE.slip("That is the naive sampler: in many steps it multiplies by a number below 1 again and again.")
def naive_limit(a):
    return torch.zeros_like(a)


@EXERCISE.slip("You took the square of what is left. It is the wave itself that is asked for.")
def squared(a, kappa):
    return many_small_steps(a, kappa) ** 2


@EXERCISE.slip(r"The restorer holds $\kappa$, not its square.")
def kappa_squared(a, kappa):
    return many_small_steps(a, kappa**2)
