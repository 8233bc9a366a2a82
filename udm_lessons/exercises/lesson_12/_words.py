"""Words that are drawn, and what is left of them."""

from __future__ import annotations

ALPHABETS = ("a", "ab", "ab", "abc", "abcdefghijklmnopqrstuvwxyz")


def word(rng, most):
    """A word of up to so many letters; short alphabets repeat their letters often."""
    letters = rng.choice(ALPHABETS)
    return "".join(rng.choice(letters) for _ in range(rng.randint(0, most)))


def choices(rng, x0):
    """Which letters of a word are kept: none, all, or each with some chance."""
    chance = rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random()))
    return [rng.random() < chance for _ in x0]


def kept_letters(x0, kept):
    """The letters that are kept, in their order."""
    return "".join(letter for letter, keep in zip(x0, kept) if keep)
