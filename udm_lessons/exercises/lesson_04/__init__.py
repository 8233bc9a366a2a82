"""Lesson 04, correct: designs of p(x_s | x_t, x0), and the step that holds them all."""

from . import ddpm, drift, infer_thresholds, kernel, marginal_gap, reflected, step

EXERCISES = (
    marginal_gap.EXERCISE,
    ddpm.EXERCISE,
    infer_thresholds.EXERCISE,
    reflected.EXERCISE,
    step.EXERCISE,
    kernel.EXERCISE,
    drift.EXERCISE,
)
