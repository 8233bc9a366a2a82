"""02.5: move a schedule so that no signal is left at the end."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform
from ...destroy import DiscreteSchedule


def to_zero_terminal(alpha):
    return (alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1])


def cases():
    return (
        (torch.tensor([0.9, 0.5, 0.1]),),
        (torch.tensor([0.99, 0.8, 0.6, 0.3, 0.2]),),
        (DiscreteSchedule.ddpm(200).alpha(torch.arange(1.0, 201.0)),),
        (DiscreteSchedule.ddpm(1000).alpha(torch.arange(1, 1001)),),
        (torch.tensor([0.8, 0.3], dtype=torch.float64),),
        (torch.tensor([1.0, 0.7, 0.2, 0.15], dtype=torch.float64),),
        (torch.tensor([0.9, 0.5, 0.2, 0.0], dtype=torch.float64),),
        (0.875 - torch.tensor([0.0, 0.25, 0.75, 1.0], dtype=torch.float64) / 2048,),  # hardly destroyed
    )


def inputs(rng):
    n = rng.choice([2, 3, 5, 40])
    alpha = uniform(rng.getrandbits(31), n).sort(descending=True).values * 0.9 + 0.05
    alpha[0] = rng.choice([1.0, 0.9999, float(alpha[0])])
    if rng.random() < 0.2:
        alpha[-1] = 0.0
    if rng.random() < 0.2:
        return (alpha[0] - (alpha[0] - alpha) / 2048,)
    return (alpha.to(rng.choice([torch.float32, torch.float64])),)


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
    idea="Mark three numbers on a line and move them: the last onto 0, the first back to where it was. "
    "Where must the "
    "middle one go? What if the last one was 0 already?",
    why="Taking off the last value makes the end 0. Then all are stretched by one factor, and only "
    r"$\alpha_1 / (\alpha_1 - "
    r"\alpha_T)$ brings the first back to $\alpha_1$.",
    inputs=inputs,
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


@EXERCISE.slip(
    "You stretched first and shifted then, so the end is not 0. Or it is, and the start has moved."
)
def stretched_then_shifted(alpha):
    stretched = alpha * alpha[0] / (alpha[0] - alpha[-1])
    return stretched - alpha[-1]


@EXERCISE.slip("Your factor is turned over: after the shift the numbers must be stretched, not squeezed.")
def squeezed(alpha):
    return (alpha - alpha[-1]) * (alpha[0] - alpha[-1]) / alpha[0]


@EXERCISE.slip(
    "You took off a part that grows along the list, as if the steps were even. Shift all by the same amount."
)
def tilted(alpha):
    return alpha - alpha[-1] * torch.linspace(0, 1, len(alpha), dtype=alpha.dtype)


@EXERCISE.slip(
    "The first one is right again, but by a jump: you moved the others and put it back. Stretch all of them."
)
def first_put_back(alpha):
    return torch.cat([alpha[:1], alpha[1:] - alpha[-1]])


@EXERCISE.slip("You stretched as if the first one were 1. It need not be.")
def first_taken_for_one(alpha):
    return (alpha - alpha[-1]) / (1 - alpha[-1])


@EXERCISE.slip("You drew an even line down to 0. Those between keep their proportions.")
def even_line(alpha):
    return alpha[0] * torch.linspace(1, 0, len(alpha), dtype=alpha.dtype)
