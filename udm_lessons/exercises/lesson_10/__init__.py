"""Lesson 10, hot and cold: noise wave by wave, cold steps in the limit, and what becomes of a wrong start."""

from . import delta, drowning, kept_share, small_steps, start, wave_noise

EXERCISES = (
    wave_noise.EXERCISE,
    drowning.EXERCISE,
    small_steps.EXERCISE,
    start.EXERCISE,
    kept_share.EXERCISE,
    delta.EXERCISE,
)
