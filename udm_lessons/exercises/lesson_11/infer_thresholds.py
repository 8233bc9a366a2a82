"""11.1: a threshold for each token that agrees with what is seen, masked or visible."""

from __future__ import annotations

import torch

from ...checks import Exercise, stream, uniform

MASK = 9


def infer_thresholds(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, p + (1 - p) * fresh)


def tokens_and_masks(seed, *shape, mask=MASK, p=0.5, largest=4):
    """Tokens from 0 to ``largest``; each is masked with chance p, and none is the mask by chance."""
    tokens = torch.randint(0, largest, shape, generator=stream(seed))
    tokens = tokens + (tokens >= mask)
    return tokens.masked_fill(uniform(seed + 100, *shape) < p, mask)


def cases():
    return (
        (torch.tensor([[MASK, 3]]), MASK, 0.7, torch.tensor([[0.5, 0.5]], dtype=torch.float64)),
        (tokens_and_masks(0, 4, 3), MASK, 0.35, uniform(1, 4, 3)),
        (tokens_and_masks(2, 2, 5), MASK, 0.9, uniform(3, 2, 5)),
        (torch.tensor([[26, 3, 27, 0]]), 26, 0.7, torch.tensor([[0.0, 0.0, 1.0, 1.0]], dtype=torch.float64)),
        (tokens_and_masks(4, 3, 3, mask=2), 2, 0.6, uniform(5, 3, 3)),  # ids on both sides of the mask
        (tokens_and_masks(6, 2, 4, mask=0), 0, 0.2, uniform(7, 2, 4)),
        (torch.full((2, 3), 26), 26, 1.0, uniform(8, 2, 3)),  # t = 1: all is hidden
        (torch.tensor([[0, 9, 2], [9, 0, 0]]), 0, 0.4, uniform(11, 2, 3)),  # 9 is a token here
        (tokens_and_masks(9, 1, 5, p=0.0), MASK, 0.0, uniform(10, 1, 5)),  # t = 0: nothing is
        (tokens_and_masks(11, 5, 1), MASK, 0.5, uniform(12, 5, 1)),
        (torch.full((1, 3), 26), 26, 0.4, uniform(13, 1, 3)),  # all hidden, by chance
        (torch.tensor([[4, 0]]), 26, 0.6, uniform(14, 1, 2)),  # and none
    )


def inputs(rng):
    shape = rng.choice(((1, 1), (1, 5), (5, 1), (2, 3), (3, 3), (4, 7)))
    mask = rng.choice((0, 2, 9, 17, 26))
    p = rng.choice((0.0, 1.0, *(rng.random() for _ in range(4))))
    hidden = rng.choice((p, p, p, 0.0, 1.0)) if 0 < p < 1 else p
    x_t = tokens_and_masks(rng.getrandbits(30), *shape, mask=mask, p=hidden, largest=rng.choice((5, 28)))
    fresh = uniform(rng.getrandbits(31), *shape)
    if rng.random() < 0.2:
        fresh = fresh.round()  # the ends
    return x_t, mask, p, fresh


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
    idea="Draw the line from 0 to 1 with the level on it. On which side lies the threshold of a masked "
    "token? Push your thresholds forward again: does the same row come out?",
    why="A token is masked exactly when its threshold lies below $p_t$. Given that, a uniform number is "
    "uniform in its part of the line.",
    inputs=inputs,
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
    "That ignores what is seen. Masked or visible: it tells on which side of $p_t$ the threshold lies."
)
def prior_draw(fresh):
    return fresh


@EXERCISE.slip("The thresholds of visible tokens can exceed 1: their interval is shorter than that.")
def length_left_out(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, p + fresh)


@EXERCISE.slip(
    "The interval of a visible token does not begin at 0: its thresholds lie above all those of masked ones."
)
def start_left_out(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, (1 - p) * fresh)


@EXERCISE.slip(
    "You gave the interval of a visible token the length of the other one. How much of the line is left for "
    "it?"
)
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


@EXERCISE.slip("The interval of a visible token runs backwards: a fresh 0 belongs to its *lower* end.")
def visible_backwards(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, 1 - (1 - p) * fresh)


@EXERCISE.slip("The interval of a masked token runs backwards: a fresh 0 belongs to its *lower* end.")
def masked_backwards(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * (1 - fresh), p + (1 - p) * fresh)


@EXERCISE.slip("Both intervals run backwards: a fresh 0 belongs to the *lower* end.")
def both_backwards(fresh, **given):
    return infer_thresholds(fresh=1 - fresh, **given)


@EXERCISE.slip("The masked tokens are right. A visible token says something about its threshold too.")
def visible_left_fresh(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, fresh)


@EXERCISE.slip("The visible tokens are right. A masked token says something about its threshold too.")
def masked_left_fresh(x_t, mask, p, fresh):
    return torch.where(x_t == mask, fresh, p + (1 - p) * fresh)


@EXERCISE.slip(
    "You took all ids from `mask` on for hidden. Others may stand behind it, such as PAD: compare for "
    "equality."
)
def all_ids_from_mask_on(x_t, mask, p, fresh):
    return torch.where(x_t >= mask, p * fresh, p + (1 - p) * fresh)


@EXERCISE.slip("You made thresholds for one kind of token only. Visible tokens need one too.")
def zero_for_visible(x_t, mask, p, fresh):
    return torch.where(x_t == mask, p * fresh, 0.0)


@EXERCISE.slip("A wrong id: which one is MASK, the argument `mask` says.")
def largest_id_taken_for_the_mask(x_t, p, fresh):
    return torch.where(x_t == x_t.max(), p * fresh, p + (1 - p) * fresh)
