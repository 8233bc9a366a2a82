"""Lesson 01, destroy: forward maps, what is left after them, and what it means that information decreases."""

from . import blur, deletion, entropy, falling_snr, follow, length, mask

EXERCISES = (
    blur.EXERCISE,
    mask.EXERCISE,
    deletion.EXERCISE,
    length.EXERCISE,
    entropy.EXERCISE,
    follow.EXERCISE,
    falling_snr.EXERCISE,
)
