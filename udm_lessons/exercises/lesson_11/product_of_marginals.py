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
        (joint_law(6, 4, 4),),
        (torch.diag(torch.tensor([0.0, 1.0], dtype=torch.float64), 1),),  # a sure pair
        (joint_law(7, 1, 3),),
        (joint_law(8, 27, 26),),
        (torch.eye(4, dtype=torch.float64) / 4,),  # always equal
    )


def inputs(rng):
    rows, columns = rng.choice(((1, 3), (2, 2), (2, 5), (3, 3), (4, 4), (5, 2), (4, 1), (17, 17)))
    table = joint_law(rng.getrandbits(31), rows, columns)
    kind = rng.choice(("any", "any", "known", "sure", "zeros", "float32"))
    if kind == "known":  # the first token is known
        table[torch.arange(rows) != rng.randrange(rows)] = 0
    if kind == "sure":
        table = torch.zeros(rows, columns, dtype=torch.float64)
        table[rng.randrange(rows), rng.randrange(columns)] = 1
    if kind == "zeros":
        table = table * (table >= table.median())
    return ((table / table.sum()).to(torch.float32 if kind == "float32" else torch.float64),)


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
    idea="Draw the table of two bits that are always equal. What are the sums of its rows and of its "
    "columns, and what does each say of one token alone?",
    why="The sum over a row forgets the second token, that over a column the first. Drawn each for itself, "
    "the chances of the two multiply.",
    inputs=inputs,
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


@EXERCISE.slip("You used the law of one token twice. The second has its own: sum over the rows.")
def first_token_twice(joint):
    law = joint.sum(1)
    return (law[:, None] * law[None, :])[:, : joint.shape[1]]


@EXERCISE.slip("You used the law of one token twice. The first has its own: sum over the columns.")
def second_token_twice(joint):
    law = joint.sum(0)
    return (law[:, None] * law[None, :])[: joint.shape[0]]


@EXERCISE.slip("You took the largest entries. A marginal is the *sum* over the other token.")
def largest_entries(joint):
    return joint.amax(1)[:, None] * joint.amax(0)[None, :]


@EXERCISE.slip("Only one of the two was summed. Each token has a law of its own, by sums over the other.")
def joint_times_one_marginal(joint):
    return joint * joint.sum(1, keepdim=True)


@EXERCISE.slip("Those are the two marginal laws. Make a table of them: every pair has a chance.")
def marginals_alone(joint):
    return joint.sum(1), joint.sum(0)


@EXERCISE.slip("Pairs that never occur are kept out of your product. Drawn each for itself, they do occur.")
def impossible_pairs_kept_out(joint):
    return product_of_marginals(joint) * (joint > 0)


@EXERCISE.slip("The matrix product adds up over shared values. Here every row sum meets every column sum.")
def matrix_product(joint):
    return joint @ joint.T


@EXERCISE.slip("A pair that never comes in the joint law does come here: the product knows only the two marginals.")
def impossible_stays_impossible(joint):
    table = torch.outer(joint.sum(1), joint.sum(0)) * (joint > 0)
    return table / table.sum()
