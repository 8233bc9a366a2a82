"""11.2: how often a token is guessed anew in a whole chain, on average."""

from __future__ import annotations

import torch

from ...checks import Exercise


def times_opened(levels, redraw):
    return sum(p_t - p_s + redraw * p_s * (1 - p_t) for p_t, p_s in zip(levels, levels[1:]))


def even(steps):
    return [k / steps for k in range(steps, -1, -1)]


def cases():
    return (
        ([1.0, 0.6, 0.0], 0.5),
        ([1.0, 0.0], 0.7),  # one step: all is opened, once
        (even(4), 0.0),  # nothing is redrawn
        (even(4), 1.0),
        (even(33), 0.3),
        ([1.0, 0.9, 0.8, 0.3, 0.1, 0.0], 0.8),
        ([1.0, 0.999, 0.0], 1.0),
        ([1.0, 0.5, 0.2, 0.0], 0.4),
        ([1.0, 0.75, 0.7, 0.2, 0.0], 0.6),
        (even(1000), 1.0),
    )


def inputs(rng):
    steps = rng.choice((1, 2, 3, 4, 8, 33, 200))
    bent = rng.choice((1.0, 1.0, 0.5, 2.0))
    levels = [p**bent for p in even(steps)]
    if rng.random() < 0.3:
        levels = [1.0, *sorted((rng.random() for _ in range(steps - 1)), reverse=True), 0.0]
    return levels, rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random()))


EXERCISE = Exercise(
    id="11.2",
    title="How often is a token guessed?",
    difficulty=2,
    minutes=9,
    points=2,
    reference=times_opened,
    cases=cases,
    law=r"the sum over the steps of $p_t$ times the chance to be opened, $1 - $ that to stay masked: "
    r"$\sum (p_t - p_s) + r\, p_s (1 - p_t)$",
    praise="Kept, a token is guessed once. Redrawn in even steps it is guessed about T/6 times more.",
    idea="How often is a token opened if nothing is redrawn, whatever the steps? With redraws it may be opened in "
    "each of the steps: what must be so before a step, and what must happen in it?",
    why=r"A token is masked at $t$ with chance $p_t$, by the marginal identity, whatever $K$ does. It is opened in "
    r"the step with $1 - $ your chance to stay masked. The mean of a count is the sum of the chances.",
    inputs=inputs,
)


def summed(levels, term):
    """The sum of term(p_t, p_s) over the steps."""
    return sum(term(p_t, p_s) for p_t, p_s in zip(levels, levels[1:]))


def stays(p_t, p_s, redraw):
    return redraw * p_s + (1 - redraw) * p_s / p_t if p_t else 0.0


@EXERCISE.right
def by_the_chance_to_stay(levels, redraw):
    return summed(levels, lambda p_t, p_s: p_t * (1 - stays(p_t, p_s, redraw)))


@EXERCISE.right
def once_and_again(levels, redraw):
    """Each token is opened once, and once more after each time that it is hidden again."""
    p = torch.tensor(levels, dtype=torch.float64)
    return float(1 + redraw * (p[1:] * (1 - p[:-1])).sum())


@EXERCISE.slip("You added up the chances to be opened, but only a *masked* token can be: how likely is that?")
def masked_for_sure(levels, redraw):
    return summed(levels, lambda p_t, p_s: 1 - stays(p_t, p_s, redraw))


@EXERCISE.slip("That is how often it is hidden *again*. It is opened after each of those, and once at the very first.")
def times_hidden_again(levels, redraw):
    return summed(levels, lambda p_t, p_s: redraw * p_s * (1 - p_t))


@EXERCISE.slip("You counted how often it stays masked. Asked for is how often it is opened.")
def times_it_stays(levels, redraw):
    return summed(levels, lambda p_t, p_s: p_t * stays(p_t, p_s, redraw))


@EXERCISE.slip("Once is right if nothing is redrawn. A token that is hidden again is guessed again.")
def once():
    return 1.0


@EXERCISE.slip("A redrawn threshold hides a token only if it falls below $p_s$.")
def redrawn_is_enough(levels, redraw):
    return 1 + summed(levels, lambda p_t, p_s: redraw * (1 - p_t))


@EXERCISE.slip("To be hidden *again* it must be visible before the step, and that has not the chance 1.")
def visible_for_sure(levels, redraw):
    return 1 + summed(levels, lambda p_t, p_s: redraw * p_s)


@EXERCISE.slip("The two levels have changed places: a token that is hidden again was visible at $t$, and is masked at $s$.")
def levels_exchanged(levels, redraw):
    return 1 + summed(levels, lambda p_t, p_s: redraw * p_t * (1 - p_s))


@EXERCISE.slip("You counted each redraw as a guess. But a token may be redrawn and stay visible, or stay hidden.")
def redraws(levels, redraw):
    return 1 + redraw * (len(levels) - 1)


@EXERCISE.slip("`redraw` is the chance of a *new* threshold. You used it for the old one.")
def redraw_and_keep_exchanged(levels, redraw):
    return times_opened(levels, 1 - redraw)


@EXERCISE.slip("That is a mean over the steps. The times add up.")
def mean_of_the_steps(levels, redraw):
    return times_opened(levels, redraw) / (len(levels) - 1)


@EXERCISE.slip("That is the limit of many even steps. The levels are given: add up.")
def limit_of_even_steps(levels, redraw):
    return 1 + redraw * (len(levels) - 1) / 6


@EXERCISE.slip(
    "You used the new level for both sides of the step: before it, the chance to be masked is that of the *old* level."
)
def later_level_before(levels, redraw):
    return summed(levels, lambda p_t, p_s: p_s * (1 - stays(p_t, p_s, redraw)))


@EXERCISE.slip("That is the chance to be opened *at least once*, which is 1 here in the end. Asked for is how often.")
def at_least_once(levels, redraw):
    never = 1.0
    for p_t, p_s in zip(levels, levels[1:]):
        never *= 1 - p_t * (1 - stays(p_t, p_s, redraw))
    return 1 - never


@EXERCISE.slip("A step is missing: the first one goes from level 1, where all is hidden.")
def first_step_left_out(levels, redraw):
    return times_opened(levels[1:], redraw)


@EXERCISE.slip("A step is missing: the last one goes to level 0, where all is open.")
def last_step_left_out(levels, redraw):
    return times_opened(levels[:-1], redraw)
