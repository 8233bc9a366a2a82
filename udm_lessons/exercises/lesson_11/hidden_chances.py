"""11.2: the chances that a masked token stays hidden, and that a visible one is hidden again."""

from __future__ import annotations

import torch

from ...checks import Exercise


def hidden_chances(p_t, p_s, redraw):
    masked = redraw * p_s + (1 - redraw) * p_s / p_t
    visible = redraw * p_s
    return masked, visible


def cases():
    return ((0.8, 0.6, 0.0), (0.8, 0.6, 0.5), (0.9, 0.3, 0.2), (1.0, 0.7, 1.0))


EXERCISE = Exercise(
    id="11.2",
    title="To stay hidden, to be hidden again",
    difficulty=2,
    minutes=10,
    points=2,
    reference=hidden_chances,
    cases=cases,
    law="redrawn, a threshold lies below $p_s$ with chance $p_s$; "
    "kept, with chance $p_s / p_t$ if masked and 0 if visible",
    praise="At redraw = 0 this is D3PM and MDLM, above it ReMDM.",
)


@EXERCISE.right
def one_fraction(p_t, p_s, redraw):
    return (p_s - redraw * p_s * (1 - p_t)) / p_t, p_s * redraw


@EXERCISE.right
def as_a_tensor(p_t, p_s, redraw):
    kept = p_s / p_t
    return torch.tensor([kept + redraw * (p_s - kept), redraw * p_s], dtype=torch.float64)


@EXERCISE.slip(
    "$p_s/p_t$ is right for a threshold that is kept. With chance `redraw` it is a new one, "
    "uniform on (0, 1)."
)
def ratio_for_all(p_t, p_s, redraw):
    return p_s / p_t, redraw * p_s


@EXERCISE.slip(
    "$p_s$ is the chance to lie below $p_s$ for a threshold of which nothing is known. "
    "A masked token's kept one lies below $p_t$: divide."
)
def joint_chance(p_s, redraw):
    return p_s, redraw * p_s


@EXERCISE.slip("A masked token whose threshold is drawn anew may be hidden again too, with the chance $p_s$.")
def redrawn_part_forgotten(p_t, p_s, redraw):
    return (1 - redraw) * p_s / p_t, redraw * p_s


@EXERCISE.slip(
    "The ratio is upside down: a uniform number below $p_t$ is below the smaller $p_s$ "
    "with chance $p_s / p_t$."
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
    "With chance `redraw` the one, otherwise the other: the second term is weighted by 1 - redraw."
)
def weights_not_shared(p_t, p_s, redraw):
    return redraw * p_s + p_s / p_t, redraw * p_s


@EXERCISE.slip(
    "A new threshold is uniform on all of (0, 1): it lies below $p_s$ with chance $p_s$, not $p_s/p_t$."
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
    "$p_t - p_s$ is the chance to lie between the two, for a threshold that may be anywhere. "
    "Given that it lies below $p_t$, divide."
)
def difference(p_t, p_s, redraw):
    return redraw * p_s + (1 - redraw) * (p_t - p_s), redraw * p_s
