"""Lesson 14, capstone: a process of one's own, a model with a judge that errs, and the way to another library."""

from . import flow_answer, judged_right, log_chance, rotated, rotation_noise

EXERCISES = (
    rotated.EXERCISE,
    rotation_noise.EXERCISE,
    log_chance.EXERCISE,
    judged_right.EXERCISE,
    flow_answer.EXERCISE,
)
