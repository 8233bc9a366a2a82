"""05.2: how fast the average of a function changes, when every point moves a little and gets a little noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def average_change(f, g, slope, bend):
    moved = f * slope
    spread = g**2 / 2 * bend
    return (moved + spread).mean()


def _row(*values):
    return torch.tensor(values, dtype=torch.float64)


def cases():
    return (
        (_row(1.0, -2.0), 2.0, _row(0.5, 3.0), _row(1.0, 0.5)),
        (_row(0.3), 0.7, _row(-1.5), _row(2.0)),
        (normal(0, 6), 0.0, normal(1, 6), normal(2, 6)),  # no noise: points only move
        (torch.zeros(4, dtype=torch.float64), 1.5, normal(3, 4), normal(4, 4)),  # nothing moves
        (normal(5, 5), 1.0, normal(6, 5), normal(7, 5)),
        (20 * normal(8, 9), 4.4, 5 * normal(9, 9), 30 * normal(10, 9)),
        (2 + normal(14, 4), 1.2, 3 + normal(15, 4), 4 + normal(16, 4)),  # a fast rise
        (normal(11, 300), 0.4, normal(12, 300), normal(13, 300)),
        (_row(2.0, 0.0, 1.0), 3.0, _row(0.0, 1.0, -1.0), _row(-2.0, 0.0, 1.0)),
    )


def inputs(rng):
    n = rng.choice((1, 2, 3, 7, 50))
    f, slope, bend = (rng.choice((1, 1, 20)) * normal(rng.getrandbits(31), n) for _ in range(3))
    return f, rng.choice((0.0, 1.0, rng.uniform(0.1, 1.0), rng.uniform(1.0, 5.0))), slope, bend


EXERCISE = Exercise(
    id="05.2",
    title="What a small step does to an average",
    difficulty=3,
    minutes=12,
    points=3,
    reference=average_change,
    cases=cases,
    law=r"$E[\phi(x_s)] - E[\phi(x_t)] = h\, E\left[ f \phi' + \frac{1}{2} g^2 \phi'' \right]$ "
    r"up to higher powers of $h$",
    praise="Noise that pushes nobody anywhere still changes averages: where the function is bent.",
    idea="Expand the function around the old point, as far as its second derivative, and put the whole "
    "displacement in. Its two parts are of different size. Of each term ask which power of $h$ it has, and "
    "what is left of it on average over the noise.",
    why=r"In $\phi(x + \Delta) \approx \phi + \phi' \Delta + \frac{1}{2} \phi'' \Delta^2$ with $\Delta = "
    r"h f + \sqrt h\, g\, \xi$, averages over $\xi$ leave $h f$ of $\Delta$, and $h g^2$ of $\Delta^2$ (the rest of "
    r"it is of order $h^2$).",
    inputs=inputs,
)


@EXERCISE.right
def two_averages(f, g, slope, bend):
    return (f * slope).mean() + 0.5 * g * g * bend.mean()


@EXERCISE.right
def by_products(f, g, slope, bend):
    return (torch.dot(f.double(), slope.double()) + g**2 / 2 * bend.double().sum()) / len(f)


@EXERCISE.slip("Taylor's second term has a half before it.")
def half_forgotten(f, g, slope, bend):
    return (f * slope + g**2 * bend).mean()


@EXERCISE.slip(r"$g$ is squared together with the noise: $\phi''$ comes with the square of the displacement.")
def g_not_squared(f, g, slope, bend):
    return (f * slope + g / 2 * bend).mean()


@EXERCISE.slip(
    r"The noise is 0 on average, but its square is not. Expand as far as the second derivative: "
    r"the square of $\sqrt h\, g\, \xi$ is of order $h$, like the move."
)
def noise_left_out(f, slope):
    return (f * slope).mean()


@EXERCISE.slip("That is the part of the noise alone. The points also move.")
def move_left_out(g, bend):
    return (g**2 / 2 * bend).mean()


@EXERCISE.slip(
    "You multiplied the average move by the average slope. Points that move far may sit where the slope is steep: "
    "multiply first, then average."
)
def product_of_averages(f, g, slope, bend):
    return f.mean() * slope.mean() + g**2 / 2 * bend.mean()


@EXERCISE.slip("You added the points up. Asked for is the change of an average.")
def summed(f, g, slope, bend):
    return (f * slope + g**2 / 2 * bend).sum()


@EXERCISE.slip("You have the change for each point. Asked for is that of the average.")
def not_averaged(f, g, slope, bend):
    return f * slope + g**2 / 2 * bend


@EXERCISE.slip(
    r"The square of the move has its place in the expansion, but it is of order $h^2$. "
    r"Asked for is the part that grows like $h$."
)
def move_squared(f, g, slope, bend):
    return (f * slope + (f**2 + g**2) / 2 * bend).mean()


@EXERCISE.slip(r"You squared the half as well. It is $g$ that is squared with the noise.")
def half_squared(f, g, slope, bend):
    return (f * slope + (g / 2) ** 2 * bend).mean()


@EXERCISE.slip("The two derivatives have changed places: a move goes with the slope, a spread with the bend.")
def derivatives_swapped(f, g, slope, bend):
    return (f * bend + g**2 / 2 * slope).mean()


@EXERCISE.slip(r"The noise has no direction: on average nothing of $g\, \xi$ goes along the slope.")
def noise_along_the_slope(f, g, slope, bend):
    return ((f + g) * slope + g**2 / 2 * bend).mean()


@EXERCISE.slip(
    "The sign of the second part is that of diffusion undone. "
    "Where the function bends upwards, spreading raises its average."
)
def spread_with_a_minus(f, g, slope, bend):
    return (f * slope - g**2 / 2 * bend).mean()


@EXERCISE.slip(
    "That is how a *density* changes: it sinks where points move away. The average of a function follows the points."
)
def sign_of_the_density(f, g, slope, bend):
    return (-f * slope + g**2 / 2 * bend).mean()
