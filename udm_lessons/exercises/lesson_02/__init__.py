"""Lesson 02, from steps to marginals: many small steps as one jump, and how much of the signal is left."""

from . import alpha_bars, betas_of, drowning, limit, one_step, prior_bound, zero_terminal

EXERCISES = (
    one_step.EXERCISE,
    alpha_bars.EXERCISE,
    betas_of.EXERCISE,
    prior_bound.EXERCISE,
    zero_terminal.EXERCISE,
    drowning.EXERCISE,
    limit.EXERCISE,
)
