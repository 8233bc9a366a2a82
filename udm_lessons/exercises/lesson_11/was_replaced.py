"""11.6: the chance that a token which looks unchanged was replaced by itself."""

from __future__ import annotations

import math

from ...checks import Exercise


def was_replaced(p, vocabulary):
    by_chance = p / vocabulary
    return by_chance / (by_chance + 1 - p)


def cases():
    return (
        (0.5, 2),
        (0.8, 5),
        (0.3, 27),
        (1.0, 4),
        (0.0, 3),
        (0.999, 50),
        (0.02, 4),
        (1.0, 50_000),
        (0.6, 1),  # one token only: to look teaches nothing
    )


def inputs(rng):
    p = rng.choice((0.0, 1.0, *(rng.random() for _ in range(5)), 1 - 0.01 * rng.random()))
    return p, rng.choice((1, 2, 3, 5, 17, 27, 1000, 50_000))


EXERCISE = Exercise(
    id="11.6",
    title="Untouched, or replaced by itself?",
    difficulty=2,
    minutes=8,
    points=2,
    reference=was_replaced,
    cases=cases,
    law=r"Bayes: $\frac{p/V}{p/V + (1 - p)}$",
    praise="With many tokens an unchanged one was almost surely left alone.",
    idea="Count among a hundred tokens: how many were left alone, and how many were replaced by their own "
    "like? And what if all are replaced?",
    why="Two ways lead to an unchanged token: left alone, with chance $1 - p$, or replaced by itself, with "
    "chance $p / V$. Bayes compares them.",
    inputs=inputs,
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


@EXERCISE.slip("With more tokens it is *rarer* that the same one comes back. You multiplied by their number.")
def multiplied_by_v(p, vocabulary):
    by_chance = p * vocabulary
    return by_chance / (by_chance + 1 - p)


@EXERCISE.slip("Above the line stand all replaced tokens. Of those, only some look unchanged.")
def all_replaced_above(p, vocabulary):
    return p / (p / vocabulary + 1 - p)


@EXERCISE.slip("A bracket is missing: divide by the *whole* sum of the two cases.")
def brackets_forgotten(p, vocabulary):
    by_chance = p / vocabulary
    return by_chance / by_chance + 1 - p


@EXERCISE.slip(
    "The sum below the line is that of both cases that look unchanged: p of one, 1 - p of the other."
)
def untouched_certain(p, vocabulary):
    by_chance = p / vocabulary
    return by_chance / (by_chance + 1)


@EXERCISE.slip("The chances have changed places: $p$ is the chance to *be* replaced.")
def chances_exchanged(p, vocabulary):
    return was_replaced(1 - p, vocabulary)


@EXERCISE.slip(
    "That is the chance to look unchanged, by either way. Which share of it is due to a replacement?"
)
def looks_unchanged(p, vocabulary):
    return p / vocabulary + 1 - p


@EXERCISE.slip(
    "Below the line stands the chance that it was *not* replaced by itself, and that counts tokens which look "
    "different. Add up the two ways to look unchanged."
)
def not_replaced_by_itself(p, vocabulary):
    by_chance = p / vocabulary
    return by_chance / (1 - by_chance)
