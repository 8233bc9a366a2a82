"""09.4: the velocity on any schedule, from a model of the velocity on the straight line."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal
from ._draws import drawn_little


def carry(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + c * d_tau * model(x / c, tau)


def bent(x, t):
    """Some field with no symmetry."""
    return torch.tanh(x) + 0.5 * x + t


def steep(x, t):
    return x**2 - 2 * t


def cases():
    return (
        (bent, torch.tensor([[2.0, -1.0]]), 0.25, 2.0, 0.5, 1.5),
        (steep, normal(4, 4, 3), 0.7, 0.8, -0.6, 0.4),
        (bent, normal(5, 2, 5), 0.4, 3.0, 2.0, 0.3),
        (bent, normal(6, 5, 1), 0.55, 1.4, 0.0, 2e-4),
        (steep, 4 * normal(7, 3, 3), 0.95, 0.3, -1.5, 2.5),
        (bent, 3e-4 * normal(11, 2, 4), 0.0, 3e-4, -0.5, 2.0),
        (steep, normal(12, 4, 2), 1.0, 1.3, 1.0, 0.7),
        (bent, normal(13, 3, 1), 0.0, 1.0, 0.3, 1.6),
        (lambda x, t: 0 * x, normal(8, 1, 3), 0.5, 1.25, 0.75, 1.2),
        (bent, 20 * normal(9, 6, 1), 0.998, 5.01, 4.9, 0.05),
        (steep, normal(10, 2, 2).float(), 0.1, 1.0, 0.6, 1.0),
    )


def inputs(rng):
    model = rng.choice((bent, steep, lambda x, t: x * (1 - t)))
    shape = rng.choice(((1, 1), (1, 2), (5, 1), (4, 3), (3, 3), (2, 5), (2, 1, 3, 4)))
    x = rng.choice((0.1, 1, 1, 20)) * normal(rng.getrandbits(30), *shape)
    x = x.to(rng.choice((torch.float32, torch.float64)))
    c, d_c = rng.choice((1.0, rng.uniform(0.3, 5.0))), rng.choice((0.0, 1.0, *(rng.uniform(-2.0, 5.0),) * 3))
    if rng.random() < 0.2:
        c = drawn_little(rng)
        x = c * x
    tau = rng.choice((0.0, 1.0, drawn_little(rng), *(rng.random(),) * 4))
    return model, x, tau, c, d_c, rng.choice((1.0, drawn_little(rng), *(rng.uniform(0.05, 3.0),) * 3))


EXERCISE = Exercise(
    id="09.4",
    title="A velocity from another schedule",
    difficulty=3,
    minutes=9,
    points=3,
    reference=carry,
    cases=cases,
    law=r"$\frac{d}{dt}\, c(t)\, \tilde x_{\tau(t)}$ by the product rule and the chain rule, "
    r"with $\tilde x = x / c$",
    praise="The only one of the four kinds that needs more than a scale.",
    idea="Let the model stand still, with velocity 0: what still moves when the zoom grows? Then hold the "
    "zoom and let only the clock run twice as fast.",
    why=r"$x = c(t)\, \tilde x_{\tau(t)}$ has two reasons to move: the zoom, which takes $\tilde x = x / "
    "c$ along, and the path, at the pace of its own clock.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_product_rule(model, x, tau, c, d_c, d_tau):
    on_the_line = x / c
    return d_c * on_the_line + model(on_the_line, tau) * d_tau * c


@EXERCISE.right
def by_torch(model, x, tau, c, d_c, d_tau):
    return torch.add(x * (d_c / c), model(x / c, tau), alpha=c * d_tau)


@EXERCISE.slip("The scale $c$ changes in time as well: the product rule has a second term.")
def no_stretch(model, x, tau, c, d_tau):
    return c * d_tau * model(x / c, tau)


@EXERCISE.slip(
    r"$\tilde x$ moves by the clock $\tau$. By the chain rule its velocity takes the factor $\tau'$."
)
def clock_forgotten(model, x, tau, c, d_c):
    return d_c / c * x + c * model(x / c, tau)


@EXERCISE.slip(r"The chain rule multiplies by $\tau'$. You divided.")
def clock_inverted(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + c / d_tau * model(x / c, tau)


@EXERCISE.slip(r"A velocity scales as a point does: the velocity of $\tilde x$ must be multiplied by $c$.")
def scale_forgotten(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + d_tau * model(x / c, tau)


@EXERCISE.slip(r"The second term has the scale inverted. From $\tilde x$ to $x$ one multiplies by $c$.")
def scale_inverted(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + d_tau / c * model(x / c, tau)


@EXERCISE.slip(r"The model knows points of its own scale: ask it at $\tilde x = x / c$.")
def asked_at_x(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + c * d_tau * model(x, tau)


@EXERCISE.slip(r"You scaled $x$ the wrong way before asking the model. $x = c\, \tilde x$.")
def asked_at_c_x(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + c * d_tau * model(c * x, tau)


@EXERCISE.slip(
    "The zoom stretches the point of the straight line. You stretched $x$, which is zoomed already."
)
def stretch_of_x(model, x, tau, c, d_c, d_tau):
    return d_c * x + c * d_tau * model(x / c, tau)


@EXERCISE.slip("That is the velocity of the straight line. Clock and zoom both change it.")
def the_other_flow(model, x, tau, c):
    return model(x / c, tau)


@EXERCISE.slip("Scaled, but not yet a derivative in $t$: the clock has a rate, and the zoom changes.")
def scale_alone(model, x, tau, c):
    return c * model(x / c, tau)


@EXERCISE.slip("The path moves as well: yours is the change of the zoom alone.")
def stretch_alone(x, c, d_c):
    return d_c / c * x


@EXERCISE.slip("The two terms are added: both push in their own direction.")
def terms_subtracted(model, x, tau, c, d_c, d_tau):
    return d_c / c * x - c * d_tau * model(x / c, tau)


@EXERCISE.slip("The clock runs for the path only. The change of the zoom is a derivative in $t$ already.")
def clock_before_both(model, x, tau, c, d_c, d_tau):
    return d_tau * (d_c / c * x + c * model(x / c, tau))


@EXERCISE.slip(r"You asked the model at another time than $\tau$: its clock is that of the straight line.")
def asked_at_the_rate(model, x, c, d_c, d_tau):
    return d_c / c * x + c * d_tau * model(x / c, d_tau)


@EXERCISE.slip("In the second term stands the zoom itself. You put in its change.")
def change_of_the_zoom_twice(model, x, tau, c, d_c, d_tau):
    return d_c / c * x + d_c * d_tau * model(x / c, tau)
