"""09.6: the drift with which fresh noise leaves the law of the points as it is."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def drift(velocity, score, gamma, direction):
    return velocity + direction * gamma**2 / 2 * score


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 3.0, -1),
        (normal(6, 4, 3), normal(7, 4, 3), 0.7, 1),
        (normal(8, 2, 5), normal(9, 2, 5), 1.6, -1),
    )


EXERCISE = Exercise(
    id="09.6",
    title="The drift that keeps the law",
    difficulty=2,
    minutes=8,
    points=2,
    reference=drift,
    cases=cases,
    law=r"$-\nabla \cdot (\text{drift}\; p) \pm \frac{1}{2} \gamma^2 \Delta p = -\nabla \cdot (v\, p)$, "
    r"plus forward in time and minus backward; and $\Delta p = \nabla \cdot (p\, \nabla \log p)$",
    praise=r"$\gamma = 0$ is the probability-flow ODE, in both directions.",
)


@EXERCISE.right
def by_torch(velocity, score, gamma, direction):
    return torch.add(velocity, score, alpha=direction * 0.5 * gamma * gamma)


@EXERCISE.right
def halved_at_the_end(velocity, score, gamma, direction):
    return velocity + score * (direction * gamma**2) / 2


@EXERCISE.slip(
    "The extra drift has the wrong sign. It must lead, in the direction of travel, "
    "to where the density is high."
)
def sign(velocity, score, gamma, direction):
    return velocity - direction * gamma**2 / 2 * score


@EXERCISE.slip(
    r"The half is missing. Noise of variance $\gamma^2 dt$ spreads the density with $\frac{1}{2} \gamma^2$."
)
def half_missing(velocity, score, gamma, direction):
    return velocity + direction * gamma**2 * score


@EXERCISE.slip(r"What spreads the density is the variance of the noise: $\gamma$ must be squared.")
def gamma_not_squared(velocity, score, gamma, direction):
    return velocity + direction * gamma / 2 * score


@EXERCISE.slip(r"A quarter stands where a half belongs: only $\gamma$ is squared, and it is halved once.")
def gamma_and_half_squared(velocity, score, gamma, direction):
    return velocity + direction * (gamma / 2) ** 2 * score


@EXERCISE.slip("Right forward in time. Backward, with `direction` = -1, the extra drift changes its sign.")
def always_forward(velocity, score, gamma):
    return velocity + gamma**2 / 2 * score


@EXERCISE.slip("Right backward in time. Forward, with `direction` = 1, the extra drift changes its sign.")
def always_backward(velocity, score, gamma):
    return velocity - gamma**2 / 2 * score


@EXERCISE.slip(
    "Only the extra drift changes its sign. The velocity is that of $x$ in $t$, whichever way one goes; "
    "the sign is in $dt$."
)
def velocity_turned_too(velocity, score, gamma, direction):
    return direction * (velocity + gamma**2 / 2 * score)


@EXERCISE.slip(
    "That is the drift of the ODE. Fresh noise spreads the points, and something must hold them together."
)
def no_extra_drift(velocity):
    return velocity


@EXERCISE.slip(
    r"The formula with $\gamma^2$ and no half starts from the drift of the forward SDE. "
    "$v$ is half-way between the two already."
)
def drift_of_the_forward_sde(velocity, score, gamma, direction):
    if direction < 0:
        return velocity - gamma**2 * score
    return velocity


@EXERCISE.slip("That is the extra drift alone. It is added to the velocity.")
def velocity_forgotten(score, gamma, direction):
    return direction * gamma**2 / 2 * score
