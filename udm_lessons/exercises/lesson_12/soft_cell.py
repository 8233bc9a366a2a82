"""12.6: one cell of the table of chances, if letters may also be misprinted."""

from __future__ import annotations

from ...checks import Exercise, close


def soft_cell(without, behind, same, p, mu, V):
    emission = (1 - mu) * same + mu / V
    return p * without + (1 - p) * emission * behind


def cases():
    return (
        (0.5, 0.25, True, 0.3, 0.0, 26),
        (0.5, 0.25, False, 0.3, 0.2, 26),
        (0.2, 0.6, True, 0.7, 0.4, 5),
        (0.0, 0.8, False, 0.4, 0.9, 2),
        (1.0, 0.0, True, 0.6, 0.3, 3),
        (0.0, 1.0, True, 0.15, 0.2, 26),
        (0.3, 0.9, False, 0.3, 0.0, 2),
        (0.6, 0.9, True, 0.0, 1.0, 4),
        (0.6, 0.9, False, 1.0, 0.5, 4),
        (0.0, 0.8, False, 0.4, 0.0, 5),  # cannot be
    )


def inputs(rng):
    ends = (0.0, 1.0, rng.random(), rng.random(), rng.random(), rng.random())
    without, behind, p, mu = (rng.choice((*ends, rng.random())) for _ in range(4))
    return without, behind, rng.random() < 0.5, p, mu, rng.choice((2, 2, 3, 5, 26))


EXERCISE = Exercise(
    id="12.6",
    title="A cell with misprints",
    difficulty=2,
    minutes=8,
    points=2,
    reference=soft_cell,
    cases=cases,
    compare=close(atol=1e-9),
    law=r"$Z_{i,j} = p\, Z_{i+1,j} + (1 - p)\, \text{em}\; Z_{i+1,j+1}$, "
    r"$\text{em} = (1 - \mu)\,[x_{0,i} = y_j] + \mu/V$",
    praise="With $\\mu = 0$ it is the likelihood of deletion again, cell by cell.",
    idea="Test the ends: no misprints, and nothing but misprints. What is left if nothing is deleted? And "
    "add up the chances of all letters as which one kept letter may be seen: what must come out?",
    why="Letter $i$ is either deleted, with chance $p$, or kept and seen as letter $j$, with chance $1 - p$ "
    r"times $\text{em}$. In both cases the rest of the two strings has its own chance behind it. $\text{em}$ "
    "adds up to one over all letters: $1 - \\mu$ and $V$ times $\\mu/V$.",
    inputs=inputs,
)


@EXERCISE.right
def two_cases(without, behind, same, p, mu, V):
    emission = 1 - mu + mu / V if same else mu / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip("A letter that is misprinted may become any letter: $\\mu/V$ belongs to each of them.")
def never_another_letter(without, behind, same, p, mu):
    emission = (1 - mu) * same
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "A misprint is drawn from *all* letters here. It may be the old one, so both cases contain $\\mu/V$."
)
def misprints_are_always_different(without, behind, same, p, mu, V):
    emission = 1 - mu if same else mu / (V - 1)
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "Where the letters agree, there are two ways: no misprint, and a misprint that hits the same letter."
)
def mu_or_1_minus_mu(without, behind, same, p, mu, V):
    emission = 1 - mu if same else mu / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip("A misprint becomes *this* letter only with chance $1/V$.")
def not_shared_among_letters(without, behind, same, p, mu):
    emission = (1 - mu) * same + mu
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "The two chances have changed places: $p$ is the chance that the letter is deleted. "
    "On which of the two ways is it?"
)
def kept_and_deleted_exchanged(p, **given):
    return soft_cell(p=1 - p, **given)


@EXERCISE.slip("The two neighbours have changed places: `without` is the way on which the letter is deleted.")
def neighbours_swapped(without, behind, **given):
    return soft_cell(without=behind, behind=without, **given)


@EXERCISE.slip("Letters that differ may still stand for each other, by a misprint: with chance $\\mu/V$.")
def seen_only_if_the_same(without, behind, same, p, mu, V):
    emission = same * (1 - mu + mu / V)
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "These are no longer counts: each way carries its chance, $p$ for a deleted letter "
    "and $1 - p$ for a kept one."
)
def ways_counted_not_weighed(without, behind, same, mu, V):
    emission = (1 - mu) * same + mu / V
    return without + emission * behind


@EXERCISE.slip(
    "That treats every letter as the right one. With $1 - \\mu$ the letter shows itself, so it must be `same`."
)
def misprint_without_comparison(without, behind, p, mu, V):
    emission = 1 - mu + mu / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "The two ways exclude each other: add their chances. The larger one alone finds the best alignment."
)
def best_way_only(without, behind, same, p, mu, V):
    emission = (1 - mu) * same + mu / V
    return max(p * without, (1 - p) * emission * behind)


@EXERCISE.slip("`mu` is the chance of a misprint. It stands at the place of the chance that there is none.")
def misprint_and_none_exchanged(mu, **given):
    return soft_cell(mu=1 - mu, **given)


@EXERCISE.slip(
    "Where the letters agree, a misprint may still have turned this one into another: "
    "it is not seen for sure."
)
def sure_if_the_same(without, behind, same, p, mu, V):
    emission = 1 if same else mu / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip(
    "Not every letter is a misprint: each of the $V$ letters comes with chance $1/V$ only if there is one."
)
def always_a_misprint(without, behind, same, p, mu, V):
    emission = (1 - mu) * same + 1 / V
    return p * without + (1 - p) * emission * behind


@EXERCISE.slip("On the way `behind` the letter was kept, and that has a chance as well.")
def chance_to_keep_forgotten(without, behind, same, p, mu, V):
    emission = (1 - mu) * same + mu / V
    return p * without + emission * behind


@EXERCISE.slip("On the way `without` the letter was deleted, and that has a chance as well.")
def chance_to_delete_forgotten(without, behind, same, p, mu, V):
    emission = (1 - mu) * same + mu / V
    return without + (1 - p) * emission * behind


@EXERCISE.slip("A deleted letter is not seen, so no emission belongs to the way `without`.")
def emission_of_a_deleted_letter(without, behind, same, p, mu, V):
    emission = (1 - mu) * same + mu / V
    return (p * without + (1 - p) * behind) * emission


@EXERCISE.slip("The two ways exclude each other: their chances are added, not multiplied.")
def ways_multiplied(without, behind, same, p, mu, V):
    emission = (1 - mu) * same + mu / V
    return p * without * (1 - p) * emission * behind


@EXERCISE.slip("Only the letter was asked about: what lies `behind` it has a chance of its own.")
def emission_alone(without, same, p, mu, V):
    return p * without + (1 - p) * ((1 - mu) * same + mu / V)


@EXERCISE.slip(
    "You divide one whole among deleted, misprinted and copied. `mu` is the chance of a misprint for a letter that "
    "is *kept*: first it is kept or not, then misprinted or not."
)
def three_fates(without, behind, same, p, mu, V):
    return p * without + ((1 - p - mu) * same + mu / V) * behind


@EXERCISE.slip("Where the letters differ you have the chance of *any* wrong letter. Seen is this one.")
def any_other_letter(without, behind, same, p, mu, V):
    emission = 1 - mu + mu / V
    return p * without + (1 - p) * (emission if same else 1 - emission) * behind
