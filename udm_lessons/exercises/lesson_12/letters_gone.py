"""12.2: how many letters are gone, if only the number of those left is known."""

from __future__ import annotations

import math

from ...checks import Exercise


def letters_gone(m, lengths, p):
    weights = [lengths[n] * math.comb(n, m) * p ** (n - m) for n in range(m, len(lengths))]
    return [weight / sum(weights) for weight in weights]


def cases():
    names = [0.0, 0.0, 0.01, 0.04, 0.13, 0.22, 0.25, 0.2, 0.1, 0.05]
    return (
        (1, [0.5, 0.25, 0.25], 0.5),
        (0, [0.2, 0.5, 0.3], 0.3),
        (2, [0.0, 0.0, 0.0, 0.0, 1.0], 0.6),  # the length is known
        (2, names, 0.4),
        (5, names, 0.2),
        (9, names, 0.7),  # the longest: nothing can be gone
        (0, [1.0], 0.5),
        (3, [0.1] * 10, 0.99),
        (1, [0.25, 0.25, 0.25, 0.25], 0.01),
        (4, [1 / 60] * 60, 0.8),
    )


def inputs(rng):
    m = rng.randint(0, 6)
    lengths = [rng.choice((0.0, rng.random(), rng.random())) for _ in range(m + rng.randint(0, 8))]
    lengths.append(0.1 + rng.random())  # a length that is possible
    total = sum(lengths)
    return m, [length / total for length in lengths], rng.choice((0.5, rng.uniform(0.02, 0.98), rng.uniform(0.02, 0.98)))


EXERCISE = Exercise(
    id="12.2",
    title="How many letters are gone",
    difficulty=2,
    minutes=9,
    points=2,
    reference=letters_gone,
    cases=cases,
    law=r"the chance of $k$ is proportional to $P(n) \binom{n}{m}\, p^k$ with $n = m + k$",
    praise="Bayes' rule on the lengths alone: the $m$ letters that stayed count for nothing but their number.",
    idea="Say that names have either two letters or three, with equal chances, and that you see one. Which ways lead there "
    "from two letters, and which from three? How likely is each of them?",
    why=r"A name of $n = m + k$ letters leaves $m$ of them in $\binom{n}{m}$ ways, each with the chance $(1 - p)^m p^k$. Times "
    "the chance $P(n)$ of the length, and divided by the sum over all $k$. The factor $(1 - p)^m$ is in every term and cancels.",
    inputs=inputs,
)


def normalised(weights):
    return [weight / sum(weights) for weight in weights]


def weighed(weight):
    """The answer with weight(n, m, P, p) for each possible length n."""
    return lambda m, lengths, p: normalised([weight(n, m, lengths[n], p) for n in range(m, len(lengths))])


@EXERCISE.right
def with_all_factors(m, lengths, p):
    joint = [
        share * math.comb(n, m) * (1 - p) ** m * p ** (n - m) if n >= m else 0.0 for n, share in enumerate(lengths)
    ]
    return [chance / sum(joint) for chance in joint[m:]]


@EXERCISE.right
def by_the_number_gone(m, lengths, p):
    most = len(lengths) - 1 - m
    weights = [lengths[m + k] * math.comb(m + k, k) * p**k for k in range(most + 1)]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


@EXERCISE.slip(
    "You weigh each length by one way only. The letters that stayed may have stood at any of its places: "
    "how many choices are there?"
)
def one_way_for_each_length(m, lengths, p):
    return weighed(lambda n, m, P, p: P * p ** (n - m))(m, lengths, p)


@EXERCISE.slip("Not all lengths are equally likely: weigh each with its chance in `lengths`.")
def all_lengths_alike(m, lengths, p):
    return weighed(lambda n, m, P, p: math.comb(n, m) * p ** (n - m))(m, lengths, p)


@EXERCISE.slip(
    "The factors $p$ are missing. That so many letters went has a chance too, and it depends on their number."
)
def letters_go_for_free(m, lengths, p):
    return weighed(lambda n, m, P, p: P * math.comb(n, m))(m, lengths, p)


@EXERCISE.slip("Your chances do not add up to one. Given $m$, some number is gone: divide by the sum.")
def not_divided_by_the_sum(m, lengths, p):
    return [lengths[n] * math.comb(n, m) * (1 - p) ** m * p ** (n - m) for n in range(m, len(lengths))]


@EXERCISE.slip("Right up to a factor: your weights need no $(1 - p)^m$, but they still have to be divided by their sum.")
def weights_returned(m, lengths, p):
    return [lengths[n] * math.comb(n, m) * p ** (n - m) for n in range(m, len(lengths))]


@EXERCISE.slip("Kept and gone have changed places: `p` is the chance that a letter goes, and $n - m$ of them went.")
def kept_and_gone_exchanged(m, lengths, p):
    return weighed(lambda n, m, P, p: P * math.comb(n, m) * (1 - p) ** (n - m))(m, lengths, p)


@EXERCISE.slip("You gave each letter a factor $1 - p$, those that went as well. Only the $m$ letters that stayed have it.")
def all_letters_stay(m, lengths, p):
    return weighed(lambda n, m, P, p: P * math.comb(n, m) * (1 - p) ** n * p ** (n - m))(m, lengths, p)


@EXERCISE.slip(
    "Your first entry is for a name without letters. The list begins with nothing gone, so with a name of $m$ letters."
)
def listed_by_the_length(m, lengths, p):
    weights = [P * math.comb(n, m) * p ** (n - m) if n >= m else 0.0 for n, P in enumerate(lengths)]
    return normalised(weights)


@EXERCISE.slip(
    "Your list runs the other way: its first chance is for nothing gone, its last for the longest name."
)
def longest_first(m, lengths, p):
    return letters_gone(m, lengths, p)[::-1]


@EXERCISE.slip(
    "`lengths[k]` is the chance of a name with $k$ letters in all. If $k$ are gone and $m$ are left, it had more."
)
def lengths_taken_for_numbers_gone(m, lengths, p):
    most = len(lengths) - m
    return normalised([lengths[k] * math.comb(m + k, m) * p**k for k in range(most)])


@EXERCISE.slip("You ordered the letters that went. Which of them went first is not asked: they are a choice of places.")
def places_in_order(m, lengths, p):
    return weighed(lambda n, m, P, p: P * math.perm(n, n - m) * p ** (n - m))(m, lengths, p)


@EXERCISE.slip("That is how likely each number is before anything is seen. You see that $m$ letters are left.")
def only_the_prior(m, lengths, p):
    return normalised(lengths[m:])


@EXERCISE.slip("You left out that nothing may be gone: the name may have $m$ letters, all of them seen.")
def at_least_one_gone(m, lengths, p):
    return letters_gone(m, lengths, p)[1:]


@EXERCISE.slip("That is the mean number. Asked for is the chance of each number, as a list.")
def mean_number(m, lengths, p):
    return sum(k * chance for k, chance in enumerate(letters_gone(m, lengths, p)))
