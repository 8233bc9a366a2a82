"""12.6: the actions that lead from the letters that were kept back to the name."""

from __future__ import annotations

from ...checks import Exercise, equal


def edit_actions(x0, kept):
    actions = ["copy" if keep else f"insert {letter}" for letter, keep in zip(x0, kept)]
    return actions + ["end"]


def cases():
    return (
        ("ab", [False, True]),
        ("jane", [True, False, True, False]),
        ("olivia", [True, True, False, True, False, False]),
        ("", []),
        ("al", [False, False]),
    )


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
