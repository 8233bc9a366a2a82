"""12.6: the actions that lead from the letters that were kept back to the name."""

from __future__ import annotations

from ...checks import Exercise, equal
from ._words import choices, word


def edit_actions(x0, kept):
    actions = ["copy" if keep else f"insert {letter}" for letter, keep in zip(x0, kept)]
    return actions + ["end"]


def cases():
    return (
        ("ab", [False, True]),
        ("", []),
        ("a", [True]),
        ("al", [False, False]),
        ("ida", [True, True, True]),
        ("anna", [False, False, False, True]),
        ("nana", [True, False, False, True]),
        ("jane", [True, False, True, False]),
        ("olivia", [True, True, False, True, False, False]),
        ("christopher", [False] * 3 + [True] * 2 + [False, True] * 3),
    )


def inputs(rng):
    x0 = word(rng, rng.choice((3, 6, 11)))
    return x0, choices(rng, x0)


EXERCISE = Exercise(
    id="12.6",
    title="A name as a list of actions",
    difficulty=1,
    minutes=6,
    points=1,
    reference=edit_actions,
    cases=cases,
    law='`"copy"` for a kept letter, `"insert c"` for a deleted letter c, in the order of `x0`, '
    'and `"end"` at last',
    compare=equal(),
    praise="A network that chooses such actions cannot lose a letter of yours.",
    idea="Play the network: follow your list with a finger on the letters that are left, and write. Does "
    "the name appear? Try it with a name of which nothing is left, one of which all is left, and one with a "
    "double letter.",
    why="Going through `x0` from left to right, each kept letter is the next one under the finger, so it is "
    "copied; every other letter has to be written. The end comes once, when all is written.",
    inputs=inputs,
)


@EXERCISE.right
def unpacked(x0, kept):
    return [*("copy" if keep else "insert " + letter for letter, keep in zip(x0, kept)), "end"]


@EXERCISE.right
def by_index(x0, kept):
    actions = []
    for i in range(len(x0)):
        actions.append("insert " + x0[i] if not kept[i] else "copy")
    actions.append("end")
    return actions


@EXERCISE.slip("How should the reader of these actions know when the name is finished?")
def no_end(x0, kept):
    return ["copy" if keep else f"insert {letter}" for letter, keep in zip(x0, kept)]


@EXERCISE.slip('A copy needs no letter, since the finger is on it: just `"copy"`.')
def copies_with_their_letter(x0, kept):
    actions = [f"copy {letter}" if keep else f"insert {letter}" for letter, keep in zip(x0, kept)]
    return actions + ["end"]


@EXERCISE.slip("In `insert c` the c stands for the letter of `x0`.")
def the_letter_c_itself(kept):
    actions = ["copy" if keep else "insert c" for keep in kept]
    return actions + ["end"]


@EXERCISE.slip("Copies and insertions have changed places. What was kept is there already and is copied.")
def copy_and_insert_exchanged(x0, kept):
    actions = [f"insert {letter}" if keep else "copy" for letter, keep in zip(x0, kept)]
    return actions + ["end"]


@EXERCISE.slip("Without copies nobody knows *where* the new letters go.")
def only_the_new_letters(x0, kept):
    actions = [f"insert {letter}" for letter, keep in zip(x0, kept) if not keep]
    return actions + ["end"]


@EXERCISE.slip("The letters after the last kept one are lost. They have to be inserted as well.")
def stops_at_the_last_copy(x0, kept):
    actions = no_end(x0, kept)
    while actions and actions[-1] != "copy":
        actions.pop()
    return actions + ["end"]


@EXERCISE.slip("Copies and insertions belong in one line, in the order of `x0`.")
def first_all_insertions(x0, kept):
    insertions = [f"insert {letter}" for letter, keep in zip(x0, kept) if not keep]
    copies = ["copy"] * sum(kept)
    return insertions + copies + ["end"]


@EXERCISE.slip(
    "That writes the right name, but from nothing. Kept letters are copied, so that they cannot get lost."
)
def insert_what_is_copied(x0):
    return [f"insert {letter}" for letter in x0] + ["end"]


@EXERCISE.slip("The name is written from left to right. Your actions run the other way.")
def backwards(x0, kept):
    return no_end(x0, kept)[::-1] + ["end"]


@EXERCISE.slip(
    "A letter that stands twice in the name may be kept once and deleted once. Go by places, not by letters."
)
def by_letter(x0, kept):
    fate = dict(zip(x0, kept))
    return ["copy" if fate[letter] else f"insert {letter}" for letter in x0] + ["end"]


@EXERCISE.slip(
    "A letter that stands twice in the name may be kept once and deleted once. "
    "`x0.index` finds only the first."
)
def by_first_place(x0, kept):
    return ["copy" if kept[x0.index(letter)] else f"insert {letter}" for letter in x0] + ["end"]


@EXERCISE.slip('The empty name is written too, with no copy and no insertion: the list is just `["end"]`.')
def nothing_for_the_empty_name(x0, kept):
    return edit_actions(x0, kept) if x0 else []


@EXERCISE.slip(
    "One insertion writes one letter. Where several letters are missing in a row, each has its own."
)
def neighbours_in_one_insertion(x0, kept):
    actions = []
    for action in no_end(x0, kept):
        if actions and action != "copy" != actions[-1]:
            actions[-1] += action[-1]
        else:
            actions.append(action)
    return actions + ["end"]


@EXERCISE.slip('There is a space between "insert" and the letter.')
def no_space(x0, kept):
    return [action.replace(" ", "") for action in edit_actions(x0, kept)]


@EXERCISE.slip("The letter stands in the action as it is, without quotation marks.")
def quoted_letters(x0, kept):
    actions = ["copy" if keep else f"insert {letter!r}" for letter, keep in zip(x0, kept)]
    return actions + ["end"]


@EXERCISE.slip("Each action is one string, with the letter in it, not a pair.")
def pairs(x0, kept):
    return ["copy" if keep else ("insert", letter) for letter, keep in zip(x0, kept)] + ["end"]


@EXERCISE.slip("The end comes once, after all the letters. Yours comes after each action.")
def an_end_after_each(x0, kept):
    return [said for action in no_end(x0, kept) for said in (action, "end")] or ["end"]


@EXERCISE.slip("Asked for is a list of strings. You joined them into one.")
def one_string(x0, kept):
    return " ".join(edit_actions(x0, kept))


@EXERCISE.slip("A deleted letter is an action as well: say that it is inserted. You wrote the letter alone.")
def letters_alone(x0, kept):
    return ["copy" if keep else letter for letter, keep in zip(x0, kept)] + ["end"]


@EXERCISE.slip("The end comes at last, when all is written. Yours comes first.")
def the_end_first(x0, kept):
    return ["end"] + no_end(x0, kept)


@EXERCISE.slip('The words are written small: `"copy"`, `"insert c"` and `"end"`.')
def capitals(x0, kept):
    return [action.capitalize() for action in edit_actions(x0, kept)]


@EXERCISE.slip("Seen from the letters that are left, nothing is deleted: what is missing has to be inserted.")
def delete_for_insert(kept):
    return ["copy" if keep else "delete" for keep in kept] + ["end"]


@EXERCISE.slip(
    "You copy a letter if its like was kept anywhere. Where a letter stands twice in the name, one of the two may be "
    "gone: go by places."
)
def kept_anywhere(x0, kept):
    letters = {letter for letter, keep in zip(x0, kept) if keep}
    return ["copy" if letter in letters else f"insert {letter}" for letter in x0] + ["end"]
