"""11.4: the law of two tokens that are drawn each for itself, from the table of their joint law."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform


def product_of_marginals(joint):
    return joint.sum(1)[:, None] * joint.sum(0)[None, :]


def joint_law(seed, rows, columns):
    table = uniform(seed, rows, columns) ** 2
    return table / table.sum()


def cases():
    return (
        (torch.tensor([[0.5, 0.1], [0.0, 0.4]], dtype=torch.float64),),
        (joint_law(4, 3, 4),),
        (joint_law(5, 5, 2),),
    )


EXERCISE = Exercise(
    id="11.4",
    title="What a product forgets",
    difficulty=1,
    minutes=6,
    points=1,
    reference=product_of_marginals,
    cases=cases,
    law=r"$q(a, b) = p(a)\, p(b)$ with $p(a) = \sum_b p(a, b)$ and $p(b) = \sum_a p(a, b)$",
    praise="For two bits that are always equal, half of what it draws is wrong.",
)


@EXERCISE.right
def by_outer(joint):
    return torch.outer(joint.sum(1), joint.sum(0))


@EXERCISE.right
def by_einsum(joint):
    return torch.einsum("ab,cd->ad", joint, joint)


@EXERCISE.slip("Rows and columns have changed places: the first token belongs to the rows.")
def axes_exchanged(joint):
    return product_of_marginals(joint).T


@EXERCISE.slip("That is the joint law. The product must know nothing but each token's own law.")
def the_joint_itself(joint):
    return joint


@EXERCISE.slip("You multiplied the entries by themselves. Sum over the other token first.")
def squared(joint):
    return joint * joint


@EXERCISE.slip("That is the law of the second token given the first: just what a product cannot have.")
def conditionals(joint):
    return joint / joint.sum(1, keepdim=True).clamp(min=1e-12)


@EXERCISE.slip("That forgets the laws of the single tokens as well.")
def all_pairs_alike(joint):
    return torch.full_like(joint, 1 / joint.numel())


@EXERCISE.slip("Independent chances are multiplied, not added.")
def sum_for_product(joint):
    sums = joint.sum(1)[:, None] + joint.sum(0)[None, :]
    return sums / sum(joint.shape)  # a law again: the sums add up to rows + columns


@EXERCISE.slip(
    "Two rows of numbers were multiplied entry by entry. Make a column of the one: every pair is wanted."
)
def axes_not_kept(joint):
    return joint.sum(0) * joint.sum(1)


@EXERCISE.slip("You averaged. A marginal is a *sum* over the other token.")
def means(joint):
    return joint.mean(1)[:, None] * joint.mean(0)[None, :]
