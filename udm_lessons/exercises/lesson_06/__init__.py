"""Lesson 06, likelihood and variance: how likely a chain makes the data, and which variance is best."""

from . import bound, divergence, guesses, moments, variance_left, weight

EXERCISES = (
    divergence.EXERCISE,
    bound.EXERCISE,
    guesses.EXERCISE,
    weight.EXERCISE,
    variance_left.EXERCISE,
    moments.EXERCISE,
)
