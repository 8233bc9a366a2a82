"""Lesson 09, three views: conditional targets, what they cost, and flows that are one flow."""

from . import carry, conditional_score, conditional_velocity, drift, loss_gap, match

EXERCISES = (
    conditional_score.EXERCISE,
    loss_gap.EXERCISE,
    conditional_velocity.EXERCISE,
    match.EXERCISE,
    carry.EXERCISE,
    drift.EXERCISE,
)
