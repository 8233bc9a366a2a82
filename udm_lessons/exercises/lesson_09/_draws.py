"""Numbers that several exercises of the lesson draw."""

from __future__ import annotations


def drawn_little(rng):
    """A number that a guard against zero would not leave alone."""
    return 10 ** rng.uniform(-4.5, -2.5)
