"""Lesson 11, masks and tokens: hidden again or not, how often guessed, products, prices and bits."""

from . import bits, hidden_chances, price_of_a_step, times_opened, unequal, was_replaced

EXERCISES = (
    hidden_chances.EXERCISE,
    times_opened.EXERCISE,
    unequal.EXERCISE,
    price_of_a_step.EXERCISE,
    bits.EXERCISE,
    was_replaced.EXERCISE,
)
