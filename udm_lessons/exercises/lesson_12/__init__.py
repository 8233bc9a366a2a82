"""Lesson 12, insert and delete: how a string hides in a longer one, and how it grows back."""

from . import count_embeddings, draw_alignment, edit_actions, likelihood, soft_cell, step_chances

EXERCISES = (
    count_embeddings.EXERCISE,
    likelihood.EXERCISE,
    draw_alignment.EXERCISE,
    step_chances.EXERCISE,
    soft_cell.EXERCISE,
    edit_actions.EXERCISE,
)
