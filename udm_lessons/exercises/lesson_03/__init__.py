"""Lesson 03, predict: exact guesses, losses, and what a network learns from them."""

from . import (
    best_variance,
    cross_entropy,
    gaussian_posterior_mean,
    posterior_weights,
    prediction_error,
    untold_time,
)

EXERCISES = (
    posterior_weights.EXERCISE,
    gaussian_posterior_mean.EXERCISE,
    cross_entropy.EXERCISE,
    best_variance.EXERCISE,
    prediction_error.EXERCISE,
    untold_time.EXERCISE,
)
