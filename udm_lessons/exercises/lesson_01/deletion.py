"""01.3: keep the letters whose threshold has not been passed, side by side."""

from __future__ import annotations

from ...checks import Exercise, equal
from ._letters import some_level


def forward_deletion(word, u, p):
    return "".join(letter for letter, u_i in zip(word, u) if u_i >= p)


def cases():
    return (
        ("abc", [0.1, 0.9, 0.5], 0.5),
        ("fig", [0.8, 0.2, 0.6], 0.3),
        ("tiger", [0.30, 0.95, 0.10, 0.62, 0.41], 0.35),
        ("letter", [0.52, 0.08, 0.77, 0.71, 0.26, 0.90], 0.75),
        ("ox", [0.4, 0.9996], 1.0),
        ("a", [0.0], 0.0),
        ("banana", [0.15, 0.93, 0.61, 0.37, 0.74, 0.42], 0.4),
        ("bookkeeper", [0.91, 0.12, 0.84, 0.55, 0.67, 0.38, 0.79, 0.21, 0.96, 0.48], 0.35),
        ("garden", [0.30, 0.95, 0.10, 0.62, 0.81, 0.45], 0.2),
        ("loop", [0.25, 0.75, 0.5, 0.5], 0.5),
        ("level", [0.9, 0.05, 0.7, 0.8, 0.6], 0.0),
    )


def inputs(rng):
    word = "".join(rng.choice("abcdeeiooxz") for _ in range(rng.choice([1, 2, 3, 5, 8])))
    u = [rng.choice([0.0, 0.25, 0.5, 0.9996, round(rng.random(), 2), rng.random(), rng.random()]) for _ in word]
    return word, u, some_level(rng, u)


EXERCISE = Exercise(
    id="01.3",
    title="Deletion",
    difficulty=2,
    minutes=5,
    points=1,
    reference=forward_deletion,
    cases=cases,
    law=r"the letters with $u_i \ge p_t$, in their order and side by side",
    compare=equal(),
    praise="The result has no fixed length. Most frameworks for diffusion stop here; this one does not.",
    idea="Take a word in which a letter stands twice, such as banana. What is left at levels 0 and 1? "
    "What if only one of the two equal letters is to go?",
    why="A letter goes once the level has passed its threshold, which happens with probability $p_t$; "
    "those that "
    "stay close ranks. Each place is judged by its own threshold, so equal letters may fare differently.",
    inputs=inputs,
)


@EXERCISE.right
def by_index(word, u, p):
    return "".join(word[i] for i in range(len(word)) if not u[i] < p)


@EXERCISE.slip("Look at a threshold that equals the level: there the letter stays.")
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


@EXERCISE.slip(
    "A letter that stands twice came out only once. Judge places, not letters: each has its own threshold."
)
def each_letter_once(word, u, p):
    return "".join(dict.fromkeys(letter for letter, u_i in zip(word, u) if u_i >= p))


@EXERCISE.slip(
    "Where a letter stands twice, you took one threshold for both. Go through places, not through letters."
)
def first_threshold_of_a_letter(word, u, p):
    return "".join(letter for letter in word if u[word.index(letter)] >= p)


@EXERCISE.slip(
    "Where a letter stands twice, its last threshold decided for both. A dict holds a letter only once: "
    "go by places."
)
def last_threshold_of_a_letter(word, u, p):
    threshold = dict(zip(word, u))
    return "".join(letter for letter in word if threshold[letter] >= p)


@EXERCISE.slip("You look places up by their thresholds. Where two thresholds are equal, the first of the two places comes twice.")
def places_by_threshold(word, u, p):
    return "".join(word[u.index(u_i)] for u_i in u if u_i >= p)


@EXERCISE.slip("You cut letters out while you walk along the word, so that the places behind them move up.")
def places_move(word, u, p):
    for i, u_i in enumerate(u):
        if u_i < p:
            word = word[:i] + word[i + 1 :]
    return word


@EXERCISE.slip("You deleted a letter everywhere, though only one of its places was due.")
def deleted_everywhere(word, u, p):
    for letter, u_i in zip(word, u):
        if u_i < p:
            word = word.replace(letter, "")
    return word


@EXERCISE.slip("These are the right letters, but in a list. Join them to one string.")
def a_list(word, u, p):
    return [letter for letter, u_i in zip(word, u) if u_i >= p]


@EXERCISE.slip("You put a space where a letter was. The letters close the gap.")
def spaces_left(word, u, p):
    return "".join(letter if u_i >= p else " " for letter, u_i in zip(word, u))


@EXERCISE.slip("There is a space between your letters. They stand side by side.")
def spaces_between(word, u, p):
    return " ".join(letter for letter, u_i in zip(word, u) if u_i >= p)


@EXERCISE.slip("You remove a letter by what it is. If it stands twice in the word, the first one goes, whichever was meant.")
def removed_by_kind(word, u, p):
    left = word
    for letter, u_i in zip(word, u):
        if u_i < p:
            left = left.replace(letter, "", 1)
    return left
