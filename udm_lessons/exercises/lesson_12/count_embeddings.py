"""12.1: in how many ways a string arises from another by deleting letters."""

from __future__ import annotations

import functools
import math

from ...checks import Exercise, equal
from ._ways import border, fill, from_the_back
from ._words import choices, kept_letters, word


def count_embeddings(x0, y):
    n, m = len(x0), len(y)
    N = [[0] * m + [1] for _ in range(n + 1)]
    for i in reversed(range(n)):
        for j in range(m):
            N[i][j] = N[i + 1][j] + (x0[i] == y[j]) * N[i + 1][j + 1]
    return N[0][0]


def cases():
    return (
        ("aab", "ab"),
        ("", ""),
        ("", "a"),
        ("abc", ""),
        ("ab", "abc"),
        ("aa", "aa"),
        ("aaaa", "aa"),
        ("banana", "ana"),
        ("barbara", "bba"),  # in no piece
        ("abcab", "ab"),
        ("anna", "na"),
        ("anna", "nn"),
        ("jane", "nj"),
        ("a" * 200, "a" * 100),
    )


def inputs(rng):
    if rng.random() < 0.1:  # more ways than 64 bits hold
        return "ab" * rng.randint(40, 60), "ab" * rng.randint(10, 20)
    x0 = word(rng, rng.choice((3, 8, 12)))
    other = word(rng, 3) if rng.random() < 0.3 else kept_letters(x0, choices(rng, x0))
    return x0, other + rng.choice(("", "", "", "a"))


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
    idea="Do one table on paper: “na” in “nana”. Then the smallest: in how many ways does the empty string "
    "hide in a word, and in the empty string? And a single letter in the empty string?",
    why="Every way either passes over letter $i$ of $x_0$, or, if it fits, takes it for letter $j$. No way "
    r"does both, so the two counts add up: $N_{i,j} = N_{i+1,j} + [x_{0,i} = y_j]\, N_{i+1,j+1}$.",
    inputs=inputs,
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


@EXERCISE.slip(
    "A letter that fits was always taken, so your answer says only whether `y` hides in `x0`. "
    "Such a letter may be passed over as well: add the ways without it."
)
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


@EXERCISE.slip(
    "Right, but for two empty strings. The empty string hides in the empty string, in one way: "
    "choose nothing. Ask whether `y` is used up before you ask about `x0`."
)
def nothing_in_nothing(x0, y):
    return count_embeddings(x0, y) if x0 else 0


@EXERCISE.slip("The empty `y` hides in every string, in one way: choose nothing.")
def no_way_for_the_empty_string(x0, y):
    return count_embeddings(x0, y) if y else 0


@EXERCISE.slip(
    "All counts come out as 0. Somewhere on the border of the table stands a 1, or nothing can add up."
)
def no_ones_at_all(x0, y):
    return 0


@EXERCISE.slip("`x0` and `y` have changed places: `x0` is the long one, and `y` hides in it.")
def changed_places(x0, y):
    return count_embeddings(y, x0)


@EXERCISE.slip(
    "Where two letters agreed you took them, and added one. "
    "Each cell is a number of ways: add the ways from both neighbours."
)
def one_more_for_each_match(x0, y):
    N = border(x0, y)
    for i, j in from_the_back(x0, y):
        N[i][j] = N[i + 1][j + 1] + 1 if x0[i] == y[j] else N[i + 1][j]
    return N[0][0]


@EXERCISE.slip("That is the length of the longest part that the two share. Asked for is a number of ways.")
def longest_common_part(x0, y):
    N = [[0] * (len(y) + 1) for _ in range(len(x0) + 1)]
    for i, j in from_the_back(x0, y):
        N[i][j] = N[i + 1][j + 1] + 1 if x0[i] == y[j] else max(N[i + 1][j], N[i][j + 1])
    return N[0][0]


@EXERCISE.slip(
    "You counted places for each letter of `y` by itself. Their order counts: the places must rise."
)
def each_letter_by_itself(x0, y):
    return math.prod(x0.count(letter) for letter in y)


@EXERCISE.slip(
    "Your loop starts at the first row, and the cells below it are not filled yet. Start with the last."
)
def filled_from_the_front(x0, y):
    N = border(x0, y)
    for i in range(len(x0)):
        for j in range(len(y)):
            N[i][j] = N[i + 1][j] + (x0[i] == y[j]) * N[i + 1][j + 1]
    return N[0][0]


@EXERCISE.slip("You counted the choices letter by letter, in whatever order. The letters must stand in `x0` in the order of `y`.")
def in_any_order(x0, y):
    return math.prod(math.comb(x0.count(letter), y.count(letter)) for letter in set(y))


@EXERCISE.slip("Where `y` is the longer one you exchange the two. A string hides in no shorter one.")
def exchanged_if_longer(x0, y):
    return count_embeddings(x0, y) if len(y) <= len(x0) else count_embeddings(y, x0)
