"""Lesson 10, hot and cold: heat wave by wave, cold steps, and what a step should add."""

from . import chain, cold_step, delta, fading, kept_share, wave_noise

EXERCISES = (
    fading.EXERCISE,
    wave_noise.EXERCISE,
    cold_step.EXERCISE,
    kept_share.EXERCISE,
    delta.EXERCISE,
    chain.EXERCISE,
)
