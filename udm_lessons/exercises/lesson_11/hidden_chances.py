"""11.1: the chances that a masked token stays hidden, and that a visible one is hidden again."""

from __future__ import annotations

import torch

from ...checks import Exercise


def hidden_chances(p_t, p_s, redraw):
    masked = redraw * p_s + (1 - redraw) * p_s / p_t
    visible = redraw * p_s
    return masked, visible


def cases():
    return (
        (0.8, 0.6, 0.0),
        (0.8, 0.6, 0.5),
        (0.9, 0.3, 0.2),
        (1.0, 0.7, 1.0),
        (0.5, 0.0, 0.5),  # the last step: nothing stays hidden
        (1.0, 0.9999, 0.3),
        (0.4, 0.3, 1.0),
        (0.4, 0.1, 0.7),
        (4e-4, 1e-4, 0.7),
        (1.0, 0.0, 0.0),
    )


def inputs(rng):
    steps = rng.choice((1, 2, 4, 64, 1000))
    k = rng.randint(1, steps)
    low, high = sorted((rng.uniform(0.01, 1), rng.uniform(0.02, 1)))
    ends = (1.0, low), (high, 0.0), (1.0, 0.9999), (4e-4, low * 4e-4)
    p_t, p_s = rng.choice(((k / steps, (k - 1) / steps), (high, low), *ends))
    return p_t, p_s, rng.choice((0.0, 1.0, rng.random(), rng.random()))


EXERCISE = Exercise(
    id="11.1",
    title="To stay hidden, to be hidden again",
    difficulty=2,
    minutes=8,
    points=2,
    reference=hidden_chances,
    cases=cases,
    law="redrawn, a threshold lies below $p_s$ with chance $p_s$; "
    "kept, with chance $p_s / p_t$ if masked and 0 if visible",
    praise="At redraw = 0 this is D3PM and MDLM, above it ReMDM.",
    idea="Take the two extremes first: nothing is redrawn, and all is redrawn. What are the chances then, "
    "for a masked token and for a visible one?",
    why="A kept threshold of a masked token is uniform below $p_t$, so that the share $p_s / p_t$ of them "
    "is still below $p_s$; a redrawn one forgets what was seen.",
    inputs=inputs,
)


@EXERCISE.right
def one_fraction(p_t, p_s, redraw):
    return (p_s - redraw * p_s * (1 - p_t)) / p_t, p_s * redraw


@EXERCISE.right
def as_a_tensor(p_t, p_s, redraw):
    kept = p_s / p_t
    return torch.tensor([kept + redraw * (p_s - kept), redraw * p_s], dtype=torch.float64)


@EXERCISE.slip(
    "Your first chance is right for a threshold that is kept. With chance `redraw` it is a new one."
)
def ratio_for_all(p_t, p_s, redraw):
    return p_s / p_t, redraw * p_s


@EXERCISE.slip(
    "That is the chance for a threshold of which nothing is known. "
    "Of a masked token's kept one you know something: it lies below $p_t$."
)
def joint_chance(p_s, redraw):
    return p_s, redraw * p_s


@EXERCISE.slip("A masked token whose threshold is drawn anew may be hidden again too. That part is missing.")
def redrawn_part_forgotten(p_t, p_s, redraw):
    return (1 - redraw) * p_s / p_t, redraw * p_s


@EXERCISE.slip(
    "The ratio is upside down: as it stands it exceeds 1, and no chance does."
)
def ratio_inverted(p_t, p_s, redraw):
    return redraw * p_s + (1 - redraw) * p_t / p_s, redraw * p_s


@EXERCISE.slip("That is the chance to be *revealed*. Asked for is the chance to stay masked.")
def revealed_for_hidden(**given):
    masked, visible = hidden_chances(**given)
    return 1 - masked, visible


@EXERCISE.slip("A visible token whose threshold is drawn anew is hidden again if it falls below $p_s$.")
def visible_never_hidden(**given):
    masked, _ = hidden_chances(**given)
    return masked, 0.0


@EXERCISE.slip("A new threshold is compared with $p_s$: the token is pushed forward to the *earlier* time.")
def visible_by_p_t(p_t, redraw, **given):
    masked, _ = hidden_chances(p_t=p_t, redraw=redraw, **given)
    return masked, redraw * p_t


@EXERCISE.slip("`redraw` is the chance of a *new* threshold. You used it for the old one.")
def redraw_and_keep_exchanged(redraw, **given):
    return hidden_chances(redraw=1 - redraw, **given)


@EXERCISE.slip(
    "Both ways are added, but they exclude each other: the second needs a weight as well."
)
def weights_not_shared(p_t, p_s, redraw):
    return redraw * p_s + p_s / p_t, redraw * p_s


@EXERCISE.slip(
    "A new threshold is uniform on all of (0, 1). You treated it as if it lay below $p_t$."
)
def redrawn_like_a_kept_one(p_t, p_s, redraw):
    kept = p_s / p_t
    return redraw * kept + (1 - redraw) * kept, redraw * kept


@EXERCISE.slip("A new threshold does not always hide a visible token: it must fall below $p_s$.")
def visible_redrawn_is_enough(redraw, **given):
    masked, _ = hidden_chances(redraw=redraw, **given)
    return masked, redraw


@EXERCISE.slip("The two have changed places: first the masked token, then the visible one.")
def order(**given):
    masked, visible = hidden_chances(**given)
    return visible, masked


@EXERCISE.slip(
    "$p_t - p_s$ is the chance to lie *between* the two, for a threshold that may be anywhere. "
    "Yours lies below $p_t$, and it must fall below $p_s$."
)
def difference(p_t, p_s, redraw):
    return redraw * p_s + (1 - redraw) * (p_t - p_s), redraw * p_s


@EXERCISE.slip(
    "What stays hidden of the kept ones is right. But you subtracted the redrawn part: it is one more way to "
    "hide."
)
def redrawn_part_subtracted(p_t, p_s, redraw):
    return (1 - redraw) * p_s / p_t - redraw * p_s, redraw * p_s


@EXERCISE.slip("A visible token that keeps its threshold stays visible: it lies above both levels.")
def visible_like_masked(p_t, p_s, redraw):
    masked, _ = hidden_chances(p_t, p_s, redraw)
    return masked, masked


@EXERCISE.slip(
    "A visible token with a new threshold: it may fall anywhere in (0, 1), not only on the old side."
)
def visible_given_above(p_t, p_s, redraw):
    masked, visible = hidden_chances(p_t, p_s, redraw)
    return masked, visible / p_t


@EXERCISE.slip("You took the share that is *opened* for the share that stays.")
def opened_share_kept(p_t, p_s, redraw):
    return redraw * p_s + (1 - redraw) * (1 - p_s / p_t), redraw * p_s


@EXERCISE.slip("The masked token is right. A visible one is hidden only if its threshold is a *new* one.")
def visible_always_redrawn(p_t, p_s, redraw):
    masked, _ = hidden_chances(p_t, p_s, redraw)
    return masked, p_s


@EXERCISE.slip(
    "The masked token is right. For the visible one you used the chance to keep the old threshold."
)
def visible_with_the_other_chance(p_t, p_s, redraw):
    masked, _ = hidden_chances(p_t, p_s, redraw)
    return masked, (1 - redraw) * p_s


@EXERCISE.slip("Only the masked token? Two chances are asked for: that of a visible one comes second.")
def masked_alone(**given):
    return hidden_chances(**given)[0]


@EXERCISE.slip("A new threshold does not always hide a masked token: it must fall below the level again.")
def masked_redrawn_is_enough(p_t, p_s, redraw):
    return redraw + (1 - redraw) * p_s / p_t, redraw * p_s


@EXERCISE.slip("The masked token's new threshold is compared with the level of the *earlier* time.")
def masked_redrawn_by_p_t(p_t, p_s, redraw):
    return redraw * p_t + (1 - redraw) * p_s / p_t, redraw * p_s


@EXERCISE.slip("A bracket is missing: the *whole* of 1 - redraw is multiplied.")
def brackets_forgotten(p_t, p_s, redraw):
    return redraw * p_s + 1 - redraw * p_s / p_t, redraw * p_s


@EXERCISE.slip("You counted a threshold as both kept and redrawn. It is the one or the other, never both.")
def both_at_once(p_t, p_s, redraw):
    new, kept = redraw * p_s, p_s / p_t
    return new + kept - new * kept, redraw * p_s


@EXERCISE.slip("You took `redraw` for a switch. Between 0 and 1 it is a chance, and both ways happen.")
def a_switch(p_t, p_s, redraw):
    return (p_s, p_s) if redraw else (p_s / p_t, 0.0)
