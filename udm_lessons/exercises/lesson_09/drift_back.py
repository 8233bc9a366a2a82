"""09.6: the way back with noise of any strength, from the drift of the forward SDE."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def drift_back(f, score, g, gamma):
    return f - (g**2 + gamma**2) / 2 * score


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 2.0, 3.0),
        (normal(1, 4, 3), normal(2, 4, 3), 0.7, 1.6),
        (normal(3, 2, 5), normal(4, 2, 5), 1.5, 0.0),  # back by the flow
        (normal(5, 5, 1), normal(6, 5, 1), 1.3, 1.3),  # as much noise as forward
        (normal(7, 3, 3), 10 * normal(8, 3, 3), 0.4, 2.4),
        (normal(9, 6, 1).float(), normal(10, 6, 1).float(), 2.5, 0.5),
        (20 * normal(11, 1, 3), 1e4 * normal(12, 1, 3), 0.02, 0.01),
        (normal(13, 2, 4), normal(14, 2, 4), 0.0, 0.8),  # forward by the flow
        (normal(15, 2, 3), normal(16, 2, 3), 1.0, 0.6),
        (normal(17, 3, 2), normal(18, 3, 2), 0.9, 1.0),
    )


def inputs(rng):
    shape, dtype = rng.choice(((1, 1), (1, 2), (5, 1), (4, 3), (3, 3))), rng.choice((torch.float32, torch.float64))
    size = rng.choice((0.1, 2, 2, 20))
    f, score = (size * normal(rng.getrandbits(30), *shape).to(dtype) for _ in range(2))
    g, gamma = (rng.choice((0.0, 1.0, *(4 * rng.random(),) * 3)) for _ in range(2))
    return f, score, g, g if rng.random() < 0.15 else gamma


EXERCISE = Exercise(
    id="09.6",
    title="Back with another noise",
    difficulty=2,
    minutes=6,
    points=2,
    reference=drift_back,
    cases=cases,
    law=r"forward: drift $= v + \frac12 g^2 \nabla \log p_t$; backward: drift $= v - \frac12 \gamma^2 \nabla \log p_t$",
    praise=r"With $\gamma = g$ it is the reverse SDE of the papers, with $\gamma = 0$ the probability flow.",
    idea="Go by way of the flow. Which drift would the points have if the forward noise were taken away? And which one, if "
    "then some noise were added on the way back?",
    why=r"The flow has $v = f - \frac12 g^2$ times the score. On the way back, noise $\gamma$ asks for another "
    r"$\frac12 \gamma^2$ times the score, with the same sign.",
    inputs=inputs,
)


@EXERCISE.right
def by_way_of_the_flow(f, score, g, gamma):
    velocity = f - g**2 / 2 * score
    return velocity - gamma**2 / 2 * score


@EXERCISE.right
def by_torch(f, score, g, gamma):
    return torch.sub(f, score, alpha=0.5 * (g * g + gamma * gamma))


@EXERCISE.slip(r"$f$ is not the velocity of the flow: it is the drift of the *noisy* way forward. Take that noise's part off first.")
def f_for_the_velocity(f, score, gamma):
    return f - gamma**2 / 2 * score


@EXERCISE.slip(r"That is the reverse SDE with the forward noise $g$. Here the noise on the way back is $\gamma$.")
def noise_of_the_forward_sde(f, score, g):
    return f - g**2 * score


@EXERCISE.slip(r"That is the flow, without any noise on the way back. With noise $\gamma$ something must hold the points together.")
def flow_alone(f, score, g):
    return f - g**2 / 2 * score


@EXERCISE.slip(r"The part of $\gamma$ has the wrong sign: it is the one for the way *forward*.")
def sign_of_gamma(f, score, g, gamma):
    return f - (g**2 - gamma**2) / 2 * score


@EXERCISE.slip(r"The part of $g$ has the wrong sign: forward, the drift *contains* $\frac12 g^2$ times the score. Take it off.")
def sign_of_g(f, score, g, gamma):
    return f + (g**2 - gamma**2) / 2 * score


@EXERCISE.slip("Both parts have the wrong sign. On the way back the score is subtracted, since $dt$ is negative.")
def both_signs(f, score, g, gamma):
    return f + (g**2 + gamma**2) / 2 * score


@EXERCISE.slip("The half is missing, in both parts.")
def half_missing(f, score, g, gamma):
    return f - (g**2 + gamma**2) * score


@EXERCISE.slip(r"The half of $\gamma^2$ is missing.")
def half_of_gamma_missing(f, score, g, gamma):
    return f - (g**2 / 2 + gamma**2) * score


@EXERCISE.slip("The half of $g^2$ is missing: the flow lies half-way between the SDE forward and the one back.")
def half_of_g_missing(f, score, g, gamma):
    return f - (g**2 + gamma**2 / 2) * score


@EXERCISE.slip("What spreads the points is the variance of the noise: square both strengths.")
def not_squared(f, score, g, gamma):
    return f - (g + gamma) / 2 * score


@EXERCISE.slip("You added the strengths before you squared them. Each noise has its own part.")
def squared_together(f, score, g, gamma):
    return f - (g + gamma) ** 2 / 2 * score


@EXERCISE.slip("Only the extra drift is here. The drift of the forward SDE goes in as well.")
def drift_forgotten(score, g, gamma):
    return -(g**2 + gamma**2) / 2 * score


@EXERCISE.slip(
    r"You turned $f$ round. The direction is in $dt$, which is negative on the way back: the drift itself stays the one in growing $t$."
)
def drift_turned(f, score, g, gamma):
    return -f - (g**2 + gamma**2) / 2 * score


@EXERCISE.slip("The score is left out: noise pushes along the slope of the log density, not the same way everywhere.")
def score_forgotten(f, g, gamma):
    return f - (g**2 + gamma**2) / 2


@EXERCISE.slip("Drift and score have changed places.")
def swapped(f, score, g, gamma):
    return score - (g**2 + gamma**2) / 2 * f


@EXERCISE.slip("The bracket is missing: only one of the two parts is multiplied by the score, or halved.")
def bracket_missing(f, score, g, gamma):
    return f - g**2 - gamma**2 / 2 * score
