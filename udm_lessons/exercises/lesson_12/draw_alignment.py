"""12.3: which letters of x0 are those of y: one of all embeddings, each with the same chance."""

from __future__ import annotations

import functools

from ...checks import Exercise, equal
from ._ways import ways


def draw_alignment(x0, y, N, u):
    kept, j = [], 0
    for i in range(len(x0)):
        fits = j < len(y) and x0[i] == y[j]
        keep = fits and u[i] < N[i + 1][j + 1] / N[i][j]
        kept.append(keep)
        j += keep
    return kept


def cases():
    drawn = (
        ("aab", "ab", (0.3, 0.9, 0.1)),
        ("aab", "ab", (0.7, 0.9, 0.5)),
        ("banana", "an", (0.5, 0.8, 0.2, 0.4, 0.6, 0.9)),
        ("banana", "an", (0.2, 0.6, 0.45, 0.8, 0.7, 0.3)),
        ("aaaaa", "aaa", (0.7, 0.45, 0.62, 0.3, 0.8)),
        ("abcabcab", "abc", (0.72, 0.1, 0.2, 0.6, 0.55, 0.7, 0.3, 0.4)),
        ("anna", "na", (0.1, 0.55, 0.2, 0.9)),
    )
    return tuple((x0, y, ways(x0, y), list(u)) for x0, y, u in drawn)


EXERCISE = Exercise(
    id="12.3",
    title="A fair alignment",
    difficulty=3,
    minutes=12,
    points=3,
    reference=draw_alignment,
    cases=cases,
    law=r"a letter that fits is kept with chance $N_{i+1,j+1} / N_{i,j}$: here if $u_i$ is below it",
    compare=equal(),
    praise="Each step divides what the step before multiplied: every alignment has the chance 1/C.",
)


def walk_by(rule):
    """The walk that keeps a letter which fits if rule(N, i, j, u) says so."""

    @functools.wraps(rule)
    def walk(x0, y, N, u):
        kept, j = [], 0
        for i in range(len(x0)):
            fits = j < len(y) and x0[i] == y[j]
            keep = fits and rule(N, i, j, u)
            kept.append(keep)
            j += keep
        return kept

    return walk


@EXERCISE.right
@walk_by
def without_a_division(N, i, j, u):
    return u[i] * N[i][j] < N[i + 1][j + 1]


@EXERCISE.right
@walk_by
def by_the_chance_to_delete(N, i, j, u):
    return u[i] < 1 - N[i + 1][j] / N[i][j]


@EXERCISE.slip(
    "The first letter that fits was always taken. That is one alignment of many, and always the same."
)
@walk_by
def left_most(N, i, j, u):
    return True


@EXERCISE.slip(
    "A letter was kept only where no later one would do. That is the right-most alignment, always the same."
)
@walk_by
def right_most(N, i, j, u):
    return N[i + 1][j] == 0


@EXERCISE.slip(
    "A fair coin at each letter favours some alignments. Weigh the two branches by the ways behind them."
)
@walk_by
def half_and_half(N, i, j, u):
    must_keep = N[i + 1][j] == 0
    return must_keep or u[i] < 0.5


@EXERCISE.slip("That is the share of the ways *without* this letter, the chance to delete it.")
@walk_by
def kept_and_deleted_exchanged(N, i, j, u):
    return u[i] < N[i + 1][j] / N[i][j]


@EXERCISE.slip("You divided by all ways from the start. Divide by those from where you stand, $N_{i,j}$.")
@walk_by
def share_of_the_whole(N, i, j, u):
    return u[i] < N[i + 1][j + 1] / N[0][0]


@EXERCISE.slip("That is kept ways over deleted ways. A chance is kept ways over *all* ways from here.")
@walk_by
def ratio_of_the_branches(N, i, j, u):
    must_keep = N[i + 1][j] == 0
    return must_keep or u[i] < N[i + 1][j + 1] / N[i + 1][j]


@EXERCISE.slip("You drew with `u[j]`. Each letter of `x0` has a number of its own: `u[i]`.")
@walk_by
def a_number_for_each_letter_of_y(N, i, j, u):
    return u[j] < N[i + 1][j + 1] / N[i][j]


@EXERCISE.slip(
    "You took the next number only where a letter fits. "
    "Letter $i$ always uses `u[i]`, whatever was used before."
)
def numbers_used_up_one_by_one(x0, y, N, u):
    numbers = iter(u)
    kept, j = [], 0
    for i in range(len(x0)):
        fits = j < len(y) and x0[i] == y[j]
        keep = fits and next(numbers) < N[i + 1][j + 1] / N[i][j]
        kept.append(keep)
        j += keep
    return kept


@EXERCISE.slip("The walk is right, its answer is turned: `True` is for a kept letter.")
def kept_and_deleted_named_the_wrong_way(**given):
    return [not keep for keep in draw_alignment(**given)]


@EXERCISE.slip(
    "Some letters that were kept are not those of `y`. Compare `x0[i]` with `y[j]` before anything is drawn."
)
def letters_not_compared(x0, y, N, u):
    kept, j = [], 0
    for i in range(len(x0)):
        # Not divided by N[i][j]: this walk also reaches cells with no way on, where it is 0.
        keep = j < len(y) and u[i] * N[i][j] < N[i + 1][j + 1]
        kept.append(keep)
        j += keep
    return kept


@EXERCISE.slip("The comparison is turned: an event of chance $c$ is `u < c`.")
@walk_by
def comparison_turned(N, i, j, u):
    return u[i] > N[i + 1][j + 1] / N[i][j]


@EXERCISE.slip("Once all of `y` is placed, `y[j]` does not exist. Ask `j < len(y)` before you look at it.")
def behind_the_last_letter(x0, y, N, u):
    kept, j = [], 0
    for i in range(len(x0)):
        keep = x0[i] == y[j] and u[i] < N[i + 1][j + 1] / N[i][j]
        kept.append(keep)
        j += keep
    return kept
