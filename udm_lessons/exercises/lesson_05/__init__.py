"""Lesson 05, one sampler: one step, its famous settings, and what a plugged-in mean costs."""

from . import coefficients, ddim_sigma, final_variance, reverse_sde, step_variance, within_class_variance

EXERCISES = (
    ddim_sigma.EXERCISE,
    coefficients.EXERCISE,
    reverse_sde.EXERCISE,
    step_variance.EXERCISE,
    final_variance.EXERCISE,
    within_class_variance.EXERCISE,
)
