"""Lesson 04, correct: designs of p(x_s | x_t, x0), and the step that holds them all."""

from . import ddpm, delta, independent, infer_thresholds, marginal_gap, mixed, step

EXERCISES = (
    marginal_gap.EXERCISE,
    independent.EXERCISE,
    delta.EXERCISE,
    mixed.EXERCISE,
    ddpm.EXERCISE,
    infer_thresholds.EXERCISE,
    step.EXERCISE,
)
