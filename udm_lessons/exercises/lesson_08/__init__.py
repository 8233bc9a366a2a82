"""Lesson 08, the probability flow: its velocity, what a step holds constant, and where steps go."""

from . import even_angles, exponential_step, heun_step, trailing, two_weights, velocity_from_noise

EXERCISES = (
    velocity_from_noise.EXERCISE,
    heun_step.EXERCISE,
    exponential_step.EXERCISE,
    trailing.EXERCISE,
    even_angles.EXERCISE,
    two_weights.EXERCISE,
)
