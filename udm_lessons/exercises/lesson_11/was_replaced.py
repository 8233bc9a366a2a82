"""11.3: the chance that a token which looks unchanged was replaced by itself."""

from __future__ import annotations

import math

from ...checks import Exercise


def was_replaced(p, vocabulary):
    by_chance = p / vocabulary
    return by_chance / (by_chance + 1 - p)


def cases():
    return ((0.5, 2), (0.8, 5), (0.3, 27), (1.0, 4))


EXERCISE = Exercise(
    id="11.3",
    title="Untouched, or replaced by itself?",
    difficulty=2,
    minutes=8,
    points=2,
    reference=was_replaced,
    cases=cases,
    law=r"Bayes: $\frac{p/V}{p/V + (1 - p)}$",
    praise="With many tokens an unchanged one was almost surely left alone.",
)


@EXERCISE.right
def fraction_times_vocabulary(p, vocabulary):
    return p / (p + vocabulary * (1 - p))


@EXERCISE.right
def one_minus_untouched(p, vocabulary):
    return 1 - (1 - p) / (1 - p + p / vocabulary)


@EXERCISE.slip("That is the chance before looking. You have seen that the token is still the same.")
def prior(p):
    return p


@EXERCISE.slip("That is the chance to draw the same token once it is replaced. Was it replaced at all?")
def one_in_v(vocabulary):
    return 1 / vocabulary


@EXERCISE.slip(
    "That is the chance of both: replaced, *and* by the same token. "
    "Divide by the chance to see the same token."
)
def joint(p, vocabulary):
    return p / vocabulary


@EXERCISE.slip("That is the chance that the token was left *untouched*.")
def untouched(p, vocabulary):
    return (1 - p) / (p / vocabulary + 1 - p)


@EXERCISE.slip("You excluded the token itself: the replacement is uniform over all $V$ tokens.")
def others_only(p, vocabulary):
    by_chance = p / (vocabulary - 1)
    return by_chance / (by_chance + 1 - p)


@EXERCISE.slip("That is the ratio of the two cases. A probability divides by their sum.")
def odds(p, vocabulary):
    return (p / vocabulary) / (1 - p) if p < 1 else math.inf


@EXERCISE.slip(
    "That is the ratio of the two cases, and at p = 1 it divides by zero. A probability divides by their sum."
)
def odds_of_a_certainty(p, vocabulary):
    return (p / vocabulary) / (1 - p)


@EXERCISE.slip("To be replaced by one given token has the chance $1/V$: divide by $V$.")
def multiplied_by_v(p, vocabulary):
    by_chance = p * vocabulary
    return by_chance / (by_chance + 1 - p)
