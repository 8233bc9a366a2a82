"""Lesson 01, destroy: five forward maps, and what it means that information decreases."""

from . import blur, deletion, entropy, falling_snr, mask, noise, replacement

EXERCISES = (
    noise.EXERCISE,
    blur.EXERCISE,
    mask.EXERCISE,
    replacement.EXERCISE,
    deletion.EXERCISE,
    entropy.EXERCISE,
    falling_snr.EXERCISE,
)
