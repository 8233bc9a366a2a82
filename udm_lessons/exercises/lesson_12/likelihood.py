"""12.2: the chance that deletion leaves a given string."""

from __future__ import annotations

import math

from ...checks import Exercise


def likelihood(n, m, count, p):
    return count * (1 - p) ** m * p ** (n - m)


def cases():
    return (
        (3, 2, 2, 0.3),
        (0, 0, 1, 0.4),  # nothing there, nothing lost
        (3, 3, 1, 0.0),
        (3, 3, 0, 0.0),  # as long, but of other letters
        (4, 2, 3, 0.0),  # without deletions nothing can be missing
        (3, 2, 2, 1.0),
        (5, 0, 1, 1.0),
        (4, 2, 0, 0.4),  # it does not hide there
        (3, 3, 1, 0.3),
        (4, 0, 1, 0.8),
        (6, 2, 3, 0.6),
        (7, 3, 5, 0.35),
        (30, 14, 40_000_000, 0.55),
        (200, 199, 200, 0.0),
        (200, 1, 200, 1.0),
    )


def inputs(rng):
    n = rng.choice((rng.randint(0, 4), rng.randint(0, 12), rng.randint(0, 30), 200))
    m = rng.choice((0, n, max(n - 1, 0), rng.randint(0, n), rng.randint(0, n)))
    most = math.comb(n, m)
    count = rng.choice((0, 1, most, rng.randint(0, most))) if m else 1
    return n, m, count, rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random()))


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
    idea="Put in easy numbers. Nothing is ever deleted: which chance is left for a string that is shorter, "
    "and for the whole one? All is deleted: which string is certain? And what if there is no way at all?",
    why="One embedding asks that $m$ letters stay and $n - m$ go, each by itself: "
    r"$(1 - p_t)^m\, p_t^{\,n - m}$. Two embeddings cannot both happen, so the chances of all $C$ add up. "
    "With powers in place of logarithms, 0 to the power 0 is 1, as it must be here.",
    inputs=inputs,
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


@EXERCISE.slip("With `count` = 0 there is no logarithm either. The chance is 0 then: multiply instead.")
def logarithm_of_the_count(n, m, count, p):
    if p in (0, 1):
        return likelihood(n, m, count, p)
    return math.exp(math.log(count) + m * math.log(1 - p) + (n - m) * math.log(p))


@EXERCISE.slip(
    "There is no logarithm of 0, and here `count` and `p` may be 0, and `p` may be 1: multiply powers."
)
def logarithms_throughout(n, m, count, p):
    return math.exp(math.log(count) + m * math.log(1 - p) + (n - m) * math.log(p))


@EXERCISE.slip(
    "Right between 0 and 1. At `p` = 0 or `p` = 1 a chance may still be above 0: test what is left over."
)
def nothing_at_the_ends(n, m, count, p):
    return 0.0 if p in (0, 1) else likelihood(n, m, count, p)


@EXERCISE.slip(
    "Without deletions the whole string stays, but a shorter one cannot arise. "
    "Your `p` = 0 tells no difference."
)
def certain_without_deletions(n, m, count, p):
    return 1.0 if p == 0 else likelihood(n, m, count, p)


@EXERCISE.slip("If all is deleted, only the empty string is left. Your `p` = 1 tells no difference.")
def certain_if_all_is_deleted(n, m, count, p):
    return 1.0 if p == 1 else likelihood(n, m, count, p)


@EXERCISE.slip("With `count` = 0 the string does not hide there at all, and its chance is 0.")
def at_least_one_way(n, m, count, p):
    return likelihood(n, m, max(count, 1), p)


@EXERCISE.slip("You multiplied by the numbers of letters. Each letter brings a factor of its own.")
def products_for_powers(n, m, count, p):
    return count * (1 - p) * m * p * (n - m)


@EXERCISE.slip(
    "At the ends you go by the lengths alone. A string that is as long may still have other letters: `count` says "
    "whether there is any way."
)
def ends_by_the_lengths(n, m, count, p):
    if p == 0:
        return float(n == m)
    return float(m == 0) if p == 1 else likelihood(n, m, count, p)


@EXERCISE.slip(
    "You kept `p` a little away from 0 and 1. At the ends a chance is then slightly off: powers need no such guard."
)
def p_kept_from_the_ends(n, m, count, p):
    return likelihood(n, m, count, min(max(p, 1e-6), 1 - 1e-6))
