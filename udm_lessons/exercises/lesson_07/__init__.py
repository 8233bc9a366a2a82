"""Lesson 07, four parameterizations: one answer in four coordinates, its weights, one conversion for all."""

from . import any_to_any, data_from_velocity, loss_weight, preconditioned_pair, score_from_data, weighted_loss

EXERCISES = (
    score_from_data.EXERCISE,
    data_from_velocity.EXERCISE,
    loss_weight.EXERCISE,
    weighted_loss.EXERCISE,
    preconditioned_pair.EXERCISE,
    any_to_any.EXERCISE,
)
