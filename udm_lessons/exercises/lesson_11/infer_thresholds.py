"""11.1: a threshold for each token that agrees with what is seen, masked or visible."""

from __future__ import annotations

import torch

from ...checks import Exercise, stream, uniform

MASK = 9


def infer_thresholds(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, p + (1 - p) * fresh)


def half_masked_tokens(seed, *shape):
    tokens = torch.randint(0, 5, shape, generator=stream(seed))
    return tokens.masked_fill(uniform(seed + 100, *shape) < 0.5, MASK)


def cases():
    return (
        (torch.tensor([[MASK, 3]]), MASK, 0.7, torch.tensor([[0.5, 0.5]], dtype=torch.float64)),
        (half_masked_tokens(0, 4, 3), MASK, 0.35, uniform(1, 4, 3)),
        (half_masked_tokens(2, 2, 5), MASK, 0.9, uniform(3, 2, 5)),
    )


EXERCISE = Exercise(
    id="11.1",
    title="The threshold behind a token",
    difficulty=1,
    minutes=6,
    points=1,
    reference=infer_thresholds,
    cases=cases,
    law="masked: $u$ runs evenly over $(0, p_t)$; visible: evenly over $(p_t, 1)$",
    praise="One line, and every refresh of lesson 04 works on tokens.",
)


@EXERCISE.right
def visible_measured_from_one(x_t, mask, p, fresh):
    return (x_t == mask) * p * fresh + (x_t != mask) * (1 - (1 - p) * (1 - fresh))


@EXERCISE.right
def between_two_ends(x_t, mask, p, fresh):
    lower = torch.where(x_t == mask, 0.0, p).to(fresh)
    upper = torch.where(x_t == mask, p, 1.0).to(fresh)
    return torch.lerp(lower, upper, fresh)


@EXERCISE.slip(
    "Masked and visible have changed places. A token is masked where its threshold lies *below* $p_t$."
)
def exchanged(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p + (1 - p) * fresh, p * fresh)


@EXERCISE.slip(
    "That ignores what is seen. A masked token tells that $u < p_t$, "
    r"a visible one that $u \ge p_t$."
)
def prior_draw(fresh):
    return fresh


@EXERCISE.slip("The thresholds of visible tokens leave the interval: it has the length $1 - p_t$.")
def length_left_out(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, p + fresh)


@EXERCISE.slip("The interval of a visible token begins at $p_t$, not at 0.")
def start_left_out(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, (1 - p) * fresh)


@EXERCISE.slip("The interval of a visible token goes from $p_t$ to 1: its length is $1 - p_t$, not $p_t$.")
def length_of_the_other_interval(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, p + p * fresh)


@EXERCISE.slip(
    "The middle of the interval agrees with $x_t$, but such thresholds are not uniform. "
    "Draw within the interval."
)
def middles(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p / 2, (1 + p) / 2).to(fresh)


@EXERCISE.slip("You used $1 - p_t$ for $p_t$. $p_t$ is the chance to be masked.")
def chances_exchanged(p, **given):
    return infer_thresholds(p=1 - p, **given)


@EXERCISE.slip(
    "Cutting a uniform number piles many values up at the edge. Shrink it into the interval instead."
)
def clipped(x_t, mask, p, fresh):
    return torch.where(x_t == mask, fresh.clamp(max=p), fresh.clamp(min=p))
