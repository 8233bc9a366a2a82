"""12.5: one cell of the table of chances, if letters may also be misprinted."""

from __future__ import annotations

from ...checks import Exercise


def soft_cell(without, behind, same, p, r, V):
    emission = (1 - r) * same + r / V
    return p * without + (1 - p) * emission * behind


def cases():
    return (
        (0.5, 0.25, True, 0.3, 0.0, 26),
        (0.5, 0.25, False, 0.3, 0.2, 26),
        (0.2, 0.6, True, 0.7, 0.4, 5),
        (0.0, 0.8, False, 0.4, 0.9, 2),
    )


EXERCISE = Exercise(
    id="12.5",
    title="A cell with misprints",
    difficulty=2,
    minutes=8,
    points=2,
    reference=soft_cell,
    cases=cases,
    law=r"$Z_{i,j} = p\, Z_{i+1,j} + (1 - p)\, \text{em}\; Z_{i+1,j+1}$, "
    r"$\text{em} = (1 - r)\,[x_{0,i} = y_j] + r/V$",
    praise="With $r = 0$ it is the likelihood of deletion again, cell by cell.",
)


@EXERCISE.right
def two_cases(without, behind, same, p, r, V):
    emission = 1 - r + r / V if same else r / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip("A letter that is misprinted may become any letter: $r/V$ belongs to each of them.")
def never_another_letter(without, behind, same, p, r):
    emission = (1 - r) * same
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "A misprint is drawn from *all* letters here. It may be the old one, so both cases contain $r/V$."
)
def misprints_are_always_different(without, behind, same, p, r, V):
    emission = 1 - r if same else r / (V - 1)
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "Where the letters agree, there are two ways: no misprint, and a misprint that hits the same letter."
)
def r_or_1_minus_r(without, behind, same, p, r, V):
    emission = 1 - r if same else r / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip("A misprint becomes *this* letter only with chance $1/V$.")
def not_shared_among_letters(without, behind, same, p, r):
    emission = (1 - r) * same + r
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "The two chances have changed places: $p$ goes with `without`, where the letter is deleted, "
    "and $1 - p$ with `behind`."
)
def kept_and_deleted_exchanged(p, **given):
    return soft_cell(p=1 - p, **given)


@EXERCISE.slip("The two neighbours have changed places: `without` is the way on which the letter is deleted.")
def neighbours_swapped(without, behind, **given):
    return soft_cell(without=behind, behind=without, **given)


@EXERCISE.slip("Letters that differ may still stand for each other, by a misprint: with chance $r/V$.")
def seen_only_if_the_same(without, behind, same, p, r, V):
    emission = same * (1 - r + r / V)
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "These are no longer counts: each way carries its chance, $p$ for a deleted letter "
    "and $1 - p$ for a kept one."
)
def ways_counted_not_weighed(without, behind, same, r, V):
    emission = (1 - r) * same + r / V
    return without + emission * behind


@EXERCISE.slip(
    "That treats every letter as the right one. With $1 - r$ the letter shows itself, so it must be `same`."
)
def misprint_without_comparison(without, behind, p, r, V):
    emission = 1 - r + r / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "The two ways exclude each other: add their chances. The larger one alone finds the best alignment."
)
def best_way_only(without, behind, same, p, r, V):
    emission = (1 - r) * same + r / V
    return max(p * without, (1 - p) * emission * behind)
