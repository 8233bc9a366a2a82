"""Lesson 00, welcome: destroy, infer the noise, step back."""

from . import destroy, infer, step

EXERCISES = (destroy.EXERCISE, infer.EXERCISE, step.EXERCISE)
