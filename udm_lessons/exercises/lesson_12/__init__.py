"""Lesson 12, insert and delete: how a string hides in a longer one, and how it grows back."""

from . import count_embeddings, draw_alignment, left_most, letters_gone, soft_cell, step_chances

EXERCISES = (
    count_embeddings.EXERCISE,
    letters_gone.EXERCISE,
    draw_alignment.EXERCISE,
    left_most.EXERCISE,
    step_chances.EXERCISE,
    soft_cell.EXERCISE,
)
