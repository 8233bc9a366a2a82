"""Lesson 05, one sampler: what steps do to noise and to averages, and what a plugged-in mean costs."""

from . import average_change, final_variance, noise_left, reverse_sde, step_variance, within_class_variance

EXERCISES = (
    noise_left.EXERCISE,
    average_change.EXERCISE,
    reverse_sde.EXERCISE,
    step_variance.EXERCISE,
    final_variance.EXERCISE,
    within_class_variance.EXERCISE,
)
