"""09.5: the velocity on any schedule, from a model of the velocity on the straight line."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


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
    )


EXERCISE = Exercise(
    id="09.5",
    title="A velocity from another schedule",
    difficulty=3,
    minutes=10,
    points=3,
    reference=carry,
    cases=cases,
    law=r"$\frac{d}{dt}\, c(t)\, \tilde x_{\tau(t)}$ by the product rule and the chain rule, "
    r"with $\tilde x = x / c$",
    praise="The only one of the four kinds that needs more than a scale.",
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


@EXERCISE.slip(r"The first term is $c'\, \tilde x$, and $\tilde x$ is not $x$.")
def stretch_of_x(model, x, tau, c, d_c, d_tau):
    return d_c * x + c * d_tau * model(x / c, tau)


@EXERCISE.slip("That is the velocity of the straight line. Clock and zoom both change it.")
def the_other_flow(model, x, tau, c):
    return model(x / c, tau)


@EXERCISE.slip("Scaled, but not yet a derivative in $t$: the clock has a rate, and the zoom changes.")
def scale_alone(model, x, tau, c):
    return c * model(x / c, tau)
