"""12.1: in how many ways a string arises from another by deleting letters."""

from __future__ import annotations

import functools
import math

from ...checks import Exercise, equal
from ._ways import border, fill, from_the_back, ways


def count_embeddings(x0, y):
    N = ways(x0, y)
    return N[0][0]


def cases():
    return (
        ("aab", "ab"),
        ("aa", "aa"),
        ("aaaa", "aa"),
        ("banana", "ana"),
        ("abcab", "ab"),
        ("abc", ""),
        ("ab", "abc"),
        ("anna", "na"),
        ("jane", "nj"),
        ("a" * 100, "a" * 50),
    )


EXERCISE = Exercise(
    id="12.1",
    title="In how many ways it hides",
    difficulty=2,
    minutes=10,
    points=2,
    reference=count_embeddings,
    cases=cases,
    law=r"$N_{i,j} = N_{i+1,j} + [x_{0,i} = y_j]\, N_{i+1,j+1}$, "
    r"with $N_{i,m} = 1$ and $N_{n,j} = 0$ for $j < m$",
    compare=equal(),
    praise="Adding whole numbers, once for each cell: n times m additions, however many ways there are.",
)


@EXERCISE.right
def recursion_with_memory(x0, y):
    @functools.cache
    def count(i, j):
        if j == len(y):
            return 1
        if i == len(x0):
            return 0
        without = count(i + 1, j)
        return without + count(i + 1, j + 1) if x0[i] == y[j] else without

    return count(0, 0)


@EXERCISE.right
def one_row(x0, y):
    row = [0] * len(y) + [1]
    for letter in reversed(x0):
        for j in range(len(y)):
            row[j] += (letter == y[j]) * row[j + 1]
    return row[0]


@EXERCISE.slip("A letter that fits was always taken. It may be passed over as well: add the ways without it.")
def no_skip_after_a_match(x0, y):
    N = border(x0, y)
    for i, j in from_the_back(x0, y):
        N[i][j] = N[i + 1][j + 1] if x0[i] == y[j] else N[i + 1][j]
    return N[0][0]


@EXERCISE.slip(
    "After a match only the finger in `y` moved on. The letter of `x0` is used up too, or it serves twice. "
    "(If your recursion is right, look whether all rows of the table are one and the same list.)"
)
def a_letter_used_twice(x0, y):
    N = border(x0, y)
    for i, j in from_the_back(x0, y):
        N[i][j] = N[i + 1][j] + (x0[i] == y[j]) * N[i][j + 1]
    return N[0][0]


@EXERCISE.slip("Each match counts double here. Taking the letter is one way, passing over it is the other.")
def match_counted_twice(x0, y):
    N = border(x0, y)
    for i, j in from_the_back(x0, y):
        N[i][j] = N[i + 1][j] + 2 * (x0[i] == y[j]) * N[i + 1][j + 1]
    return N[0][0]


@EXERCISE.slip(
    "Once `y` is used up there is one way left, wherever we stand in `x0`: pass over all the rest. "
    "The whole last column is 1."
)
def only_the_corner_is_one(x0, y):
    N = [[0] * (len(y) + 1) for _ in range(len(x0) + 1)]
    N[-1][-1] = 1
    return fill(N, x0, y)[0][0]


@EXERCISE.slip(
    "With `x0` used up and letters of `y` still to place, there is no way. "
    "That row holds zeros, but for its end."
)
def ones_in_the_last_row(x0, y):
    N = border(x0, y)
    N[-1] = [1] * (len(y) + 1)
    return fill(N, x0, y)[0][0]


@EXERCISE.slip("That is the number of ways to choose places at all. The letters there must be those of `y`.")
def letters_not_compared(x0, y):
    return math.comb(len(x0), len(y))


@EXERCISE.slip("You counted where `y` stands in one piece. Letters in between may have been deleted.")
def in_one_piece(x0, y):
    starts = range(len(x0) - len(y) + 1)
    return sum(x0[k : k + len(y)] == y for k in starts)


@EXERCISE.slip("Letters of `y` were passed over. Only letters of `x0` may be: all of `y` must find a place.")
def letters_of_y_passed_over(x0, y):
    N = border(x0, y)
    for i, j in from_the_back(x0, y):
        other = N[i + 1][j + 1] if x0[i] == y[j] else N[i][j + 1]
        N[i][j] = N[i + 1][j] + other
    return N[0][0]


@EXERCISE.slip(
    "Right until the number outgrows 64 bits, as those of NumPy and PyTorch do. "
    "Python's own whole numbers have no end."
)
def numbers_of_64_bits(x0, y):
    count = count_embeddings(x0, y)
    return (count + 2**63) % 2**64 - 2**63  # what a sum in torch.int64 becomes


@EXERCISE.slip(
    "You count in floating point, which rounds large numbers. Keep to Python's whole numbers: "
    "lists of 0 and 1, where `np.zeros` would make floats."
)
def floating_point(x0, y):
    N = [[0.0] * len(y) + [1.0] for _ in range(len(x0) + 1)]
    return fill(N, x0, y)[0][0]
