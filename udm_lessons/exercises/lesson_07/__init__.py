"""Lesson 07, four parameterizations: one answer in four coordinates, its weights, one conversion for all."""

from . import any_to_any, loss_weight, smallest_loss, step_error, weighted_loss, wrapper

EXERCISES = (
    smallest_loss.EXERCISE,
    any_to_any.EXERCISE,
    loss_weight.EXERCISE,
    weighted_loss.EXERCISE,
    step_error.EXERCISE,
    wrapper.EXERCISE,
)
