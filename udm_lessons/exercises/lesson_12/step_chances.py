"""12.5: in one step back, the chance that a deleted letter returns and that a kept one vanishes."""

from __future__ import annotations

from ...checks import Exercise


def step_chances(p_t, p_s, redraw):
    back = (1 - redraw) * (1 - p_s / p_t) + redraw * (1 - p_s)
    gone = redraw * p_s
    return back, gone


def cases():
    return (
        (0.8, 0.6, 0.0),
        (0.8, 0.6, 0.25),
        (0.5, 0.4, 1.0),
        (1.0, 0.25, 0.0),
        (1.0, 0.7, 0.4),  # the first step: all is deleted
        (0.9, 0.35, 0.7),
        (4e-4, 1e-4, 0.123),
        (0.62, 0.6, 0.05),
        (1.0, 0.9999, 0.3),
    )


def inputs(rng):
    p_t = rng.choice((1.0, 4e-4, *(rng.uniform(0.02, 1) for _ in range(3))))
    p_s = p_t * rng.choice((rng.uniform(0.01, 0.99), rng.uniform(0.01, 0.99), 0.98, 0.9999))
    return p_t, p_s, rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random()))


EXERCISE = Exercise(
    id="12.5",
    title="Who returns, who vanishes",
    difficulty=2,
    minutes=8,
    points=2,
    reference=step_chances,
    cases=cases,
    law=r"a deleted letter returns with chance $(1 - r)(1 - p_s/p_t) + r\,(1 - p_s)$, "
    r"a kept one vanishes with chance $r\, p_s$",
    praise=r"At $r = 0$ nothing vanishes: strings only grow. At $r = 1$ the past is forgotten.",
    idea="Draw a line from 0 to 1 and mark both levels. Where can the threshold of a deleted letter lie, "
    "where that of a kept one, and where can a fresh one? Then take the two ends: nothing drawn anew, and "
    "all of it.",
    why="An old threshold of a deleted letter lies evenly in $(0, p_t)$, so it is above $p_s$ with chance "
    "$1 - p_s/p_t$; that of a kept letter is above both levels, so without a redraw it stays. A fresh one "
    "is above $p_s$ with chance $1 - p_s$ and below it with chance $p_s$.",
    inputs=inputs,
)


@EXERCISE.right
def one_minus_the_chance_to_stay_deleted(p_t, p_s, redraw):
    stays_deleted = (1 - redraw) * p_s / p_t + redraw * p_s
    return 1 - stays_deleted, p_s * redraw


@EXERCISE.right
def multiplied_out(p_t, p_s, redraw):
    back = (p_t - p_s) / p_t * (1 - redraw) + redraw - redraw * p_s
    return [back, redraw * p_s]


@EXERCISE.slip(
    "The two have changed places: first the deleted letter that returns, then the kept one that vanishes."
)
def order(**given):
    back, gone = step_chances(**given)
    return gone, back


@EXERCISE.slip("That is Keep. With chance `redraw` a threshold is fresh, for deleted and for kept letters.")
def nothing_redrawn(p_t, p_s):
    return 1 - p_s / p_t, 0.0


@EXERCISE.slip("With chance `redraw` the one, otherwise the other: your two weights add up to more than one.")
def weights_not_shared(p_t, p_s, redraw):
    back = (1 - p_s / p_t) + redraw * (1 - p_s)
    return back, redraw * p_s


@EXERCISE.slip(r"$p_s$ and $p_t$ have changed places. Going back, $p_s$ is the smaller one.")
def times_swapped(p_t, p_s, **given):
    return step_chances(p_t=p_s, p_s=p_t, **given)


@EXERCISE.slip(
    r"The first number is the chance to *stay* deleted: threshold below $p_s$. "
    "Asked for is the chance to return."
)
def stays_deleted(p_t, p_s, redraw):
    stays = (1 - redraw) * p_s / p_t + redraw * p_s
    return stays, redraw * p_s


@EXERCISE.slip(
    r"The old threshold of a deleted letter lies evenly between 0 and $p_t$, not between 0 and 1. "
    r"Which share of that stretch lies above $p_s$?"
)
def not_divided_by_p_t(p_t, p_s, redraw):
    back = (1 - redraw) * (p_t - p_s) + redraw * (1 - p_s)
    return back, redraw * p_s


@EXERCISE.slip(r"Without a redraw the old threshold counts, and it is known to lie below $p_t$.")
def known_to_be_deleted_forgotten(p_s, redraw):
    return 1 - p_s, redraw * p_s


@EXERCISE.slip("The first number: a letter with a fresh threshold may return as well.")
def redrawn_letters_never_return(p_t, p_s, redraw):
    back = (1 - redraw) * (1 - p_s / p_t)
    return back, redraw * p_s


@EXERCISE.slip(
    "`redraw` is the chance of a *fresh* threshold. It stands at the place of the chance to keep the old one."
)
def redraw_and_keep_exchanged(redraw, **given):
    return step_chances(redraw=1 - redraw, **given)


@EXERCISE.slip("The second number: a kept letter is in danger only if its threshold is drawn anew.")
def every_kept_letter_at_risk(p_t, p_s, redraw):
    back, _ = step_chances(p_t, p_s, redraw)
    return back, p_s


@EXERCISE.slip(r"The second number: we go to time $s$, so a fresh threshold is compared with $p_s$.")
def vanishing_level_of_t(p_t, p_s, redraw):
    back, _ = step_chances(p_t, p_s, redraw)
    return back, redraw * p_t


@EXERCISE.slip(
    "The first number is that of Keep. With chance `redraw` a deleted letter has a fresh threshold too."
)
def deleted_nothing_redrawn(p_t, p_s, redraw):
    return 1 - p_s / p_t, redraw * p_s


@EXERCISE.slip(r"The second number: a fresh threshold deletes the letter only if it lies below $p_s$.")
def vanishes_if_redrawn(p_t, p_s, redraw):
    back, _ = step_chances(p_t, p_s, redraw)
    return back, redraw


@EXERCISE.slip("The second number is the chance to stay. Asked for is the chance to vanish.")
def survival(**given):
    back, gone = step_chances(**given)
    return back, 1 - gone


@EXERCISE.slip(r"The second number: a fresh threshold above $p_s$ keeps the letter. It vanishes below.")
def kept_stays(p_t, p_s, redraw):
    back, _ = step_chances(p_t, p_s, redraw)
    return back, redraw * (1 - p_s)


@EXERCISE.slip(
    "The two weights of the first number have changed places: `redraw` goes with the fresh threshold."
)
def weights_exchanged(p_t, p_s, redraw):
    return redraw * (1 - p_s / p_t) + (1 - redraw) * (1 - p_s), redraw * p_s


@EXERCISE.slip(
    "The second number: at `redraw` = 0 a kept letter never vanishes. "
    "Its threshold lies above both levels."
)
def kept_at_risk_without_redraw(p_t, p_s, redraw):
    back, _ = step_chances(p_t, p_s, redraw)
    return back, (1 - redraw) * p_s


@EXERCISE.slip(
    r"The second number: a fresh threshold lies anywhere between 0 and 1, and not only below $p_t$."
)
def vanishing_divided_by_p_t(p_t, p_s, redraw):
    back, _ = step_chances(p_t, p_s, redraw)
    return back, redraw * p_s / p_t


@EXERCISE.slip(
    "The first number: a redraw replaces the old threshold. "
    "It is no second try for letters that did not return by the old one."
)
def a_second_try(p_t, p_s, redraw):
    return 1 - p_s / p_t * (1 - redraw * (1 - p_s)), redraw * p_s


@EXERCISE.slip("That is the first number alone. Return two chances: of the return, and of the vanishing.")
def the_return_alone(**given):
    return step_chances(**given)[0]


@EXERCISE.slip(
    r"The first number: at time $s$ the level is $p_s$, for fresh thresholds too. "
    r"Yours are compared with $p_t$."
)
def returning_level_of_t(p_t, p_s, redraw):
    return (1 - redraw) * (1 - p_s / p_t) + redraw * (1 - p_t), redraw * p_s


@EXERCISE.slip(
    r"The first number: a fresh threshold brings the letter back if it lies above $p_s$, not below."
)
def returns_below(p_t, p_s, redraw):
    return (1 - redraw) * (1 - p_s / p_t) + redraw * p_s, redraw * p_s


@EXERCISE.slip(
    r"The first number: not every redraw brings a letter back. The fresh threshold may lie below $p_s$ again."
)
def always_back_if_redrawn(p_t, p_s, redraw):
    return (1 - redraw) * (1 - p_s / p_t) + redraw, redraw * p_s


@EXERCISE.slip(
    "The first number: without a redraw a deleted letter may return as well, by its old threshold."
)
def only_redrawn_letters_return(p_s, redraw):
    return redraw * (1 - p_s), redraw * p_s


@EXERCISE.slip(
    "The second number: that is how far the level falls. A fresh threshold may lie anywhere from 0 to 1."
)
def vanishes_between_the_levels(p_t, p_s, redraw):
    back, _ = step_chances(p_t, p_s, redraw)
    return back, redraw * (p_t - p_s)
