"""Lesson 11, masks and tokens: thresholds, hidden again or not, products, prices and bits."""

from . import bits, hidden_chances, infer_thresholds, price_of_a_step, product_of_marginals, was_replaced

EXERCISES = (
    infer_thresholds.EXERCISE,
    hidden_chances.EXERCISE,
    was_replaced.EXERCISE,
    product_of_marginals.EXERCISE,
    price_of_a_step.EXERCISE,
    bits.EXERCISE,
)
