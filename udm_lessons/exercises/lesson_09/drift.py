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
        (normal(10, 5, 1), normal(11, 5, 1), 0.0, 1),
        (normal(12, 3, 3), 10 * normal(13, 3, 3), 2.4, 1),
        (normal(14, 6, 1).float(), normal(15, 6, 1).float(), 0.5, -1),
        (20 * normal(16, 1, 3), 1e6 * normal(17, 1, 3), 0.0, -1),  # close to the data a score is steep
        (normal(18, 2, 4), normal(19, 2, 4), 1.0, -1),
        (normal(20, 5, 1).requires_grad_(), normal(21, 5, 1).requires_grad_(), 1.7, 1),
        (normal(22, 3, 1).requires_grad_(), normal(23, 3, 1).requires_grad_(), 0.8, -1),
    )


def inputs(rng):
    shape = rng.choice(((1, 1), (1, 2), (5, 1), (4, 3), (3, 3)))
    dtype = rng.choice((torch.float32, torch.float64))
    size = rng.choice((0.1, 2, 2, 20))
    velocity, score = (size * normal(rng.getrandbits(30), *shape).to(dtype) for _ in range(2))
    if rng.random() < 0.2:
        score = 1e6 * score
    if rng.random() < 0.3:
        velocity, score = velocity.requires_grad_(), score.requires_grad_()
    return velocity, score, rng.choice((0.0, 1.0, 1e-3 * rng.random(), *(4 * rng.random(),) * 3)), rng.choice((1, -1))


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
    idea="Noise spreads a heap of points. Which way must the drift push, along the slope of the density "
    "or against it, to undo that? And how, when time runs backward?",
    why=r"Spreading is a flow against the slope: $\Delta p = \nabla \cdot (p \nabla \log p)$. A drift of "
    r"$\gamma^2 / 2$ times the score, with the sign of the direction, undoes it.",
    inputs=inputs,
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


@EXERCISE.slip(
    r"Right forward. Backward you took the whole $\gamma^2$, as one does who starts from the drift of the forward SDE; "
    "from $v$ it is as far one way as the other."
)
def half_missing_backward(direction, **given):
    v, both = given["velocity"], drift(direction=direction, **given)
    return both if direction > 0 else 2 * both - v


@EXERCISE.slip("That is the extra drift alone. It is added to the velocity.")
def velocity_forgotten(score, gamma, direction):
    return direction * gamma**2 / 2 * score


@EXERCISE.slip("The half is of the noise alone. The velocity goes in whole.")
def velocity_halved(velocity, score, gamma, direction):
    return velocity / 2 + direction * gamma**2 / 2 * score


@EXERCISE.slip(
    "The score is left out: noise pushes along the slope of the density, not the same way everywhere."
)
def score_forgotten(velocity, gamma, direction):
    return velocity + direction * gamma**2 / 2


@EXERCISE.slip("You put the velocity in the place of the score. Both are needed, each in its own.")
def velocity_for_the_score(velocity, gamma, direction):
    return velocity + direction * gamma**2 / 2 * velocity


@EXERCISE.slip(r"The noise has strength $\gamma$ in both directions. You left $\gamma$ out.")
def gamma_left_out(velocity, score, direction):
    return velocity + direction * score / 2


@EXERCISE.slip("Velocity and score have changed places.")
def swapped(velocity, score, gamma, direction):
    return score + direction * gamma**2 / 2 * velocity


@EXERCISE.slip(
    "You turned the velocity with the direction and left the extra drift. It is the other way round."
)
def only_the_velocity_turned(velocity, score, gamma, direction):
    return direction * velocity + gamma**2 / 2 * score


@EXERCISE.slip(
    "You work in place in a tensor that you are given. It is not yours to change, and autograd cannot go back through it: "
    "make a new one."
)
def in_place(velocity, score, gamma, direction):
    velocity += direction * gamma**2 / 2 * score
    return velocity


@EXERCISE.slip(
    "The values are right, but you cut the score off from its graph. The next cell differentiates your drift in $x$, "
    "and the score depends on $x$ as the velocity does."
)
def score_detached(score, **given):
    return drift(score=score.detach(), **given)
