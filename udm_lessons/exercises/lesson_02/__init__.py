"""Lesson 02, from steps to marginals: many small steps as one jump, and how much of the signal is left."""

from . import alpha_bars, drowning, log_snr, one_step, prior_bound, sde_step, zero_terminal

EXERCISES = (
    one_step.EXERCISE,
    alpha_bars.EXERCISE,
    log_snr.EXERCISE,
    prior_bound.EXERCISE,
    zero_terminal.EXERCISE,
    drowning.EXERCISE,
    sde_step.EXERCISE,
)
