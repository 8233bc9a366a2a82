"""Lesson 08, the probability flow: its velocity, orders, what a step holds constant, and where steps go."""

from . import even_angles, heun_step, linear_step, three_runs, two_weights, velocity_from_noise

EXERCISES = (
    velocity_from_noise.EXERCISE,
    heun_step.EXERCISE,
    three_runs.EXERCISE,
    linear_step.EXERCISE,
    even_angles.EXERCISE,
    two_weights.EXERCISE,
)
