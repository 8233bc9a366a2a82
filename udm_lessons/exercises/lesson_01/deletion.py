"""01.5: keep the letters whose threshold has not been passed, side by side."""

from __future__ import annotations

from ...checks import Exercise, equal


def forward_deletion(word, u, p):
    return "".join(letter for letter, u_i in zip(word, u) if u_i >= p)


def cases():
    return (
        ("abc", [0.1, 0.9, 0.5], 0.5),
        ("tiger", [0.30, 0.95, 0.10, 0.62, 0.41], 0.35),
        ("letter", [0.52, 0.08, 0.77, 0.71, 0.26, 0.90], 0.75),
        ("ox", [0.4, 0.6], 1.0),
    )


EXERCISE = Exercise(
    id="01.5",
    title="Deletion",
    difficulty=2,
    minutes=5,
    points=1,
    reference=forward_deletion,
    cases=cases,
    law=r"the letters with $u_i \ge p_t$, in their order and side by side",
    compare=equal(),
    praise="The result has no fixed length. Most frameworks for diffusion stop here; this one does not.",
)


@EXERCISE.right
def by_index(word, u, p):
    return "".join(word[i] for i in range(len(word)) if not u[i] < p)


@EXERCISE.slip(r"At $u_i = p_t$ the letter stays: the condition to keep it is $u_i \ge p_t$.")
def boundary(word, u, p):
    return "".join(letter for letter, u_i in zip(word, u) if u_i > p)


@EXERCISE.slip(
    "You left gaps, so one still sees where letters stood. That is masking. Deletion forgets the places too."
)
def gaps_left(word, u, p):
    return "".join(letter if u_i >= p else "_" for letter, u_i in zip(word, u))


@EXERCISE.slip("You kept the letters that should go. At $p_t = 1$ the string must be empty.")
def turned_round(word, u, p):
    return "".join(letter for letter, u_i in zip(word, u) if u_i < p)


@EXERCISE.slip("$p_t$ is the probability to be deleted, not to be kept.")
def one_minus_p(word, u, p):
    return "".join(letter for letter, u_i in zip(word, u) if u_i >= 1 - p)


@EXERCISE.slip("You sorted the letters by their thresholds. The ones that stay keep their order.")
def sorted_by_threshold(word, u, p):
    return "".join(letter for u_i, letter in sorted(zip(u, word)) if u_i >= p)


@EXERCISE.slip("You cut the end off. Letters vanish anywhere, each by its own threshold.")
def cut_to_length(word, u, p):
    length = sum(u_i >= p for u_i in u)
    return word[:length]
