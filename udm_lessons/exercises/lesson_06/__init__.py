"""Lesson 06, likelihood and variance: how likely a chain makes the data, and which variance is best."""

from . import bound, divergence, log_path, posterior, variance_left, weight

EXERCISES = (
    divergence.EXERCISE,
    log_path.EXERCISE,
    bound.EXERCISE,
    posterior.EXERCISE,
    weight.EXERCISE,
    variance_left.EXERCISE,
)
