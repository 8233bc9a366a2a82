"""12.3: which letters of x0 are those of y: one of all embeddings, each with the same chance."""

from __future__ import annotations

import functools

from ...checks import Exercise, equal
from ._ways import ways
from ._words import choices, kept_letters, word


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
        ("aa", "a", (0.5, 0.9)),  # a tie: 1/2 is not below 1/2
        ("ab", "", (0.2, 0.6)),
        ("aba", "aba", (0.7, 0.999999, 0.4)),
        ("banana", "an", (0.5, 0.668, 0.2, 0.4, 0.6, 0.9)),  # 0.668 is just above 2/3
        ("banana", "an", (0.2, 0.6, 0.45, 0.8, 0.7, 0.3)),
        ("aaaaa", "aaa", (0.7, 0.45, 0.62, 0.3, 0.8)),
        ("abcabcab", "abc", (0.72, 0.1, 0.2, 0.6, 0.55, 0.7, 0.3, 0.4)),
        ("anna", "na", (0.1, 0.55, 0.2, 0.9)),
        ("aaaaaaa", "aa", (0.56, 0.4, 0.78, 0.55, 0.45, 0.1, 0.6)),
        ("a" * 140, "a" * 70, [0.618 * k % 1 for k in range(140)]),  # counts that single precision cannot hold
    )
    return tuple((x0, y, ways(x0, y), list(u)) for x0, y, u in drawn)


def inputs(rng):
    x0 = rng.choice((word(rng, 3), word(rng, 8), word(rng, 11), "a" * rng.randint(4, 9))) or "b"
    y = kept_letters(x0, choices(rng, x0))
    u = [rng.choice((0.5, 1 - 1e-6, *(rng.random() for _ in range(5)))) for _ in x0]
    return x0, y, ways(x0, y), u


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
    idea="Walk by hand through the table of “ab” in “aab”, with your finger on a cell: how many ways lie "
    "ahead of you, and how many of these take the letter? A letter that is needed must be taken for sure: "
    "is it?",
    why="From the cell $(i, j)$ the ways that keep the letter are $N_{i+1,j+1}$ of $N_{i,j}$, so a fair "
    "draw keeps it with that share. Along a walk each denominator cancels the numerator before it, so every "
    "alignment has the chance $1/N_{0,0}$.",
    inputs=inputs,
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


@EXERCISE.slip("You divided by all ways from the start. What counts are the ways from where you stand.")
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


@EXERCISE.slip(
    "At a tie, where `u[i]` equals the chance, the letter goes: it is kept where `u[i]` is *below*."
)
@walk_by
def kept_at_a_tie(N, i, j, u):
    return u[i] <= N[i + 1][j + 1] / N[i][j]


@EXERCISE.slip(
    "With an empty `y` your list is empty. There is an entry for each letter of `x0`: "
    "all of them are deleted."
)
def empty_list_for_an_empty_y(y, **given):
    return draw_alignment(y=y, **given) if y else []


@EXERCISE.slip(
    "Your list ends with the last letter that is kept. The letters after it are deleted: they need entries."
)
def stops_when_all_is_placed(x0, y, N, u):
    kept = draw_alignment(x0, y, N, u)
    while kept and not kept[-1]:
        kept.pop()
    return kept


@EXERCISE.slip(
    "Those are the places of the kept letters. Asked for is `True` or `False` for each letter of `x0`."
)
def places(**given):
    return [i for i, keep in enumerate(draw_alignment(**given)) if keep]


@EXERCISE.slip(
    "Those are the kept letters themselves. Asked for is `True` or `False` for each letter of `x0`."
)
def letters(x0, **given):
    kept = draw_alignment(x0=x0, **given)
    return [letter for letter, keep in zip(x0, kept) if keep]


@EXERCISE.slip("`True` and `False` only: your list holds the chances, and nothing is drawn with `u`.")
def chances(x0, y, N, u):
    found, j = [], 0
    for i, keep in enumerate(draw_alignment(x0, y, N, u)):
        fits = j < len(y) and x0[i] == y[j]
        found.append(N[i + 1][j + 1] / N[i][j] if fits else 0.0)
        j += keep
    return found


@EXERCISE.slip(
    "The walk stays in the first column of the table. Each kept letter moves it one column on, as `j` does."
)
@walk_by
def never_to_the_right(N, i, j, u):
    return u[i] * N[i][0] < N[i + 1][1]


@EXERCISE.slip(
    "You looked for the way on in the row of letter $i$. Kept or not, the letter is used up: one row down."
)
@walk_by
def same_row(N, i, j, u):
    return u[i] < N[i][j + 1] / N[i][j]


@EXERCISE.slip(
    "You moved on in `y` though the letter was not kept. A letter of `y` is placed only where one is kept."
)
def moved_on_without_keeping(x0, y, N, u):
    kept, j = [], 0
    for i in range(len(x0)):
        fits = j < len(y) and x0[i] == y[j]
        kept.append(fits and u[i] * N[i][j] < N[i + 1][j + 1])
        j += fits
    return kept


@EXERCISE.slip(
    "Fair, but not as told: a large `u[i]` keeps the letter here. "
    "It is kept where `u[i]` is *below* its chance."
)
@walk_by
def above_the_chance_to_delete(N, i, j, u):
    return u[i] > N[i + 1][j] / N[i][j]
