"""02.5: move a schedule so that no signal is left at the end."""

from __future__ import annotations

import torch

from ...checks import Exercise
from ...destroy import DiscreteSchedule


def to_zero_terminal(alpha):
    return (alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1])


def cases():
    return (
        (torch.tensor([0.9, 0.5, 0.1]),),
        (torch.tensor([0.99, 0.8, 0.6, 0.3, 0.2]),),
        (DiscreteSchedule.ddpm(200).alpha(torch.arange(1.0, 201.0)),),
    )


EXERCISE = Exercise(
    id="02.5",
    title="Nothing left at the end",
    difficulty=2,
    minutes=6,
    points=2,
    reference=to_zero_terminal,
    cases=cases,
    law=r"the first $\alpha$ stays, the last becomes 0, and those between move in proportion",
    praise=r"With $\alpha_T = 0$ pure noise is exactly what the chain ends in.",
)


@EXERCISE.right
def by_the_distance_from_the_first(alpha):
    return alpha[0] * (1 - (alpha[0] - alpha) / (alpha[0] - alpha[-1]))


@EXERCISE.slip(
    r"The end is right, but the start has moved: $\alpha_1$ must stay as it was. Shift, then stretch."
)
def shifted_only(alpha):
    return alpha - alpha[-1]


@EXERCISE.slip("You stretched so that the first one is 1. It must keep its old value.")
def stretched_to_one(alpha):
    return (alpha - alpha[-1]) / (alpha[0] - alpha[-1])


@EXERCISE.slip(
    "You set the last one to 0 and left the rest: a jump in the last step. Move all of them in proportion."
)
def last_one_cut(alpha):
    return torch.cat([alpha[:-1], torch.zeros_like(alpha[:1])])


@EXERCISE.slip(r"You shifted and stretched $\bar\alpha = \alpha^2$. Here $\alpha$ itself is moved.")
def squares_moved(alpha):
    moved = to_zero_terminal(alpha**2)
    return moved.clamp(min=0).sqrt()
