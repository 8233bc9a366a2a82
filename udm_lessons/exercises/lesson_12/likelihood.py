"""12.2: the chance that deletion leaves a given string."""

from __future__ import annotations

import math

from ...checks import Exercise


def likelihood(n, m, count, p):
    return count * (1 - p) ** m * p ** (n - m)


def cases():
    return (
        (3, 2, 2, 0.3),
        (6, 2, 3, 0.6),
        (7, 3, 5, 0.35),
        (4, 0, 1, 0.8),
        (5, 0, 1, 1.0),
        (3, 3, 1, 0.0),
    )


EXERCISE = Exercise(
    id="12.2",
    title="How likely it is",
    difficulty=1,
    minutes=5,
    points=1,
    reference=likelihood,
    cases=cases,
    law=r"$p(x_t \mid x_0) = C(x_0, x_t)\, (1 - p_t)^m\, p_t^{\,n - m}$",
    praise="The chance of one way, times the number of ways. "
    "Every way has the same chance, and that matters soon.",
)


@EXERCISE.right
def letter_by_letter(n, m, count, p):
    factors = [1 - p] * m + [p] * (n - m)
    return count * math.prod(factors)


@EXERCISE.slip(
    "Right between 0 and 1. At `p` = 0 and `p` = 1 there is no logarithm: multiply powers instead."
)
def logarithms(n, m, count, p):
    return count * math.exp(m * math.log(1 - p) + (n - m) * math.log(p))


@EXERCISE.slip(
    "Kept and deleted have changed places: `p` is the chance to be *deleted*, and `m` letters were kept."
)
def kept_and_deleted_exchanged(n, m, count, p):
    return count * p**m * (1 - p) ** (n - m)


@EXERCISE.slip("That is the chance of one way. There are `count` of them, and they exclude each other.")
def one_way_only(n, m, p):
    return (1 - p) ** m * p ** (n - m)


@EXERCISE.slip(
    "That is the chance of any string of `m` letters. "
    "This one arises in `count` ways, not in all the ways to choose `m` places."
)
def all_choices_of_places(n, m, p):
    return math.comb(n, m) * (1 - p) ** m * p ** (n - m)


@EXERCISE.slip("You divided by the number of ways. Their chances add up, so multiply.")
def divided_by_the_ways(n, m, count, p):
    return (1 - p) ** m * p ** (n - m) / count


@EXERCISE.slip("Not all `n` letters were deleted, only those that are no longer there.")
def deleted_letters_miscounted(n, m, count, p):
    return count * (1 - p) ** m * p**n


@EXERCISE.slip("The letters that are gone had to be deleted as well: a factor `p` for each.")
def only_the_kept(m, count, p):
    return count * (1 - p) ** m


@EXERCISE.slip("The letters that are seen had to stay: a factor `1 - p` for each.")
def only_the_deleted(n, m, count, p):
    return count * p ** (n - m)


@EXERCISE.slip("You returned the logarithm. Asked for is the chance itself.")
def logarithm(**given):
    return math.log(likelihood(**given))
