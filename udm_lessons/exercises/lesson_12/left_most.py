"""12.4: how often the left-most rule takes each letter of a word of equal letters for kept."""

from __future__ import annotations

import math

from ...checks import Exercise


def taken_for_kept(n, p):
    chances = [math.comb(n, m) * (1 - p) ** m * p ** (n - m) for m in range(n + 1)]
    return [sum(chances[i + 1 :]) for i in range(n)]


def cases():
    return (
        (1, 0.3),
        (2, 0.5),
        (2, 0.2),
        (3, 0.6),
        (4, 0.8),
        (5, 0.25),
        (7, 0.8),
        (0, 0.4),  # a word without letters
        (4, 0.0),
        (4, 1.0),
        (40, 0.7),
    )


def inputs(rng):
    n = rng.choice((0, 1, 2, 3, 4, 6, 9, 25))
    return n, rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random(), rng.random()))


EXERCISE = Exercise(
    id="12.4",
    title="What the left-most rule believes",
    difficulty=2,
    minutes=8,
    points=2,
    reference=taken_for_kept,
    cases=cases,
    law=r"letter $i$, from 0 on, is taken for kept if more than $i$ letters are left: "
    r"$\sum_{m > i} \binom{n}{m} (1 - p)^m p^{\,n - m}$",
    praise="The sum over the word is right, $n(1 - p)$. But of two letters or more the first is taken for kept too often, and the last too rarely. A fair draw gives $1 - p$ to each.",
    idea="Take two letters, “aa”, and list what deletion may leave of them. In which of these cases does the rule take the "
    "first letter for kept, and in which the second?",
    why="What is left of a word of equal letters says only how many they are, $m$, which is binomial. The left-most rule places "
    "them on letters $0$ to $m - 1$. So letter $i$ is among them if $m > i$.",
    inputs=inputs,
)


def binomial(n, p):
    return [math.comb(n, m) * (1 - p) ** m * p ** (n - m) for m in range(n + 1)]


@EXERCISE.right
def one_minus_the_rest(n, p):
    few, found = 0.0, []
    for chance in binomial(n, p)[:n]:
        few += chance
        found.append(1 - few)
    return found


@EXERCISE.right
def letter_by_letter(n, p):
    law = [1.0]  # of the number that is left, after each letter
    for _ in range(n):
        law = [(law[m] if m < len(law) else 0.0) * p + (law[m - 1] * (1 - p) if m else 0.0) for m in range(len(law) + 1)]
    return [sum(law[i + 1 :]) for i in range(n)]


@EXERCISE.slip(
    "That is how often a letter *is* kept. Asked for is how often the rule takes it for kept, and it always takes the first ones."
)
def truly_kept(n, p):
    return [1 - p] * n


@EXERCISE.slip("That is the right-most rule. The left-most one places what is left on the *first* letters.")
def right_most(n, p):
    return taken_for_kept(n, p)[::-1]


@EXERCISE.slip("One letter too many: letter 0 is taken as soon as *one* letter is left, so for more than 0, not for 0 or more.")
def one_too_many(n, p):
    chances = binomial(n, p)
    return [sum(chances[i:]) for i in range(n)]


@EXERCISE.slip("One letter too few: counted from 0, letter $i$ is taken as soon as $i + 1$ letters are left.")
def one_too_few(n, p):
    chances = binomial(n, p)
    return [sum(chances[i + 2 :]) for i in range(n)]


@EXERCISE.slip("Kept and deleted have changed places: `p` is the chance that a letter is *deleted*.")
def kept_and_deleted_exchanged(n, p):
    return taken_for_kept(n, 1 - p)


@EXERCISE.slip("That is the chance that the rule takes the letter for *deleted*.")
def taken_for_deleted(n, p):
    return [1 - chance for chance in taken_for_kept(n, p)]


@EXERCISE.slip(
    "That is the chance that a certain number of letters is left. The letter is taken for that number and for all larger ones."
)
def exactly_so_many(n, p):
    return binomial(n, p)[1:]


@EXERCISE.slip(
    "You let letter $i$ depend on the letters before it alone. What counts is how many are left of the whole word."
)
def first_letters_all_kept(n, p):
    return [(1 - p) ** (i + 1) for i in range(n)]


@EXERCISE.slip("You forgot in how many ways $m$ letters of $n$ can be left: each number has its binomial coefficient.")
def ways_forgotten(n, p):
    chances = [(1 - p) ** m * p ** (n - m) for m in range(n + 1)]
    return [sum(chances[i + 1 :]) for i in range(n)]


@EXERCISE.slip("There is one entry for each letter, so $n$ of them. Yours has one more, for a letter that is not there.")
def one_entry_more(n, p):
    chances = binomial(n, p)
    return [sum(chances[i:]) for i in range(n + 1)]


@EXERCISE.slip("You took the mean number of letters left and placed it. How many are left is drawn by chance, so average over that.")
def by_the_mean_number(n, p):
    return [1.0 if i < n * (1 - p) else 0.0 for i in range(n)]
