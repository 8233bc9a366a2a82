"""11.5: what a step from p_t to p_s costs in nats, one number for each row of tokens."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform


def price_of_a_step(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * (nats * masked).sum(1)


def random_rows(seed, *shape):
    nats = uniform(seed, *shape) * 3
    masked = uniform(seed + 50, *shape) < 0.6
    return nats, masked


def cases():
    return (
        (torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([[True, False, True]]), 0.8, 0.6),
        (*random_rows(6, 4, 3), 0.9, 0.2),
        (*random_rows(7, 2, 6), 1.0, 0.75),
    )


EXERCISE = Exercise(
    id="11.5",
    title="The price of a step",
    difficulty=1,
    minutes=8,
    points=2,
    reference=price_of_a_step,
    cases=cases,
    law=r"$\left(1 - \frac{p_s}{p_t}\right) \sum_{i\ \text{masked}} -\log q_i(x_{0,i})$, "
    "one number for each row",
    praise=r"In small steps the factor is $p_t'/p_t\, dt$, the weight of MDLM.",
)


@EXERCISE.right
def visible_filled_with_zero(nats, masked, p_t, p_s):
    return nats.masked_fill(~masked, 0.0).sum(1) * ((p_t - p_s) / p_t)


@EXERCISE.right
def by_einsum(nats, masked, p_t, p_s):
    return torch.einsum("bi,bi->b", nats, masked.to(nats)) * (1 - p_s / p_t)


@EXERCISE.slip("Visible tokens are known: they cost nothing.")
def all_tokens(nats, p_t, p_s):
    return (1 - p_s / p_t) * nats.sum(1)


@EXERCISE.slip("You summed over the visible tokens. Only what is hidden is to be guessed.")
def visible_tokens(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * (nats * ~masked).sum(1)


@EXERCISE.slip("$p_s/p_t$ is the chance to *stay* masked. The step pays for what it reveals.")
def chance_to_stay(nats, masked, p_t, p_s):
    return p_s / p_t * (nats * masked).sum(1)


@EXERCISE.slip(
    "$p_t - p_s$ is the chance to be revealed in this step *and* to be masked before. "
    "The mask is given: divide by $p_t$."
)
def difference_of_levels(nats, masked, p_t, p_s):
    return (p_t - p_s) * (nats * masked).sum(1)


@EXERCISE.slip("The two levels have changed places: $p_s$ is the smaller one.")
def levels_exchanged(nats, masked, p_t, p_s):
    return (1 - p_t / p_s) * (nats * masked).sum(1)


@EXERCISE.slip("Only the tokens that this step opens are paid for: a share $1 - p_s/p_t$ of the hidden ones.")
def no_factor(nats, masked):
    return (nats * masked).sum(1)


@EXERCISE.slip("The bound of a row is a *sum* over its tokens.")
def mean_over_the_row(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * (nats * masked).mean(1)


@EXERCISE.slip("You averaged over the masked tokens. The bound sums over them.")
def mean_over_the_masked(nats, masked, p_t, p_s):
    mean = (nats * masked).sum(1) / masked.sum(1).clamp(min=1)
    return (1 - p_s / p_t) * mean


@EXERCISE.slip(r"`nats` holds $-\log q_i$ already, which is positive. So is the price.")
def sign(**given):
    return -price_of_a_step(**given)


@EXERCISE.slip("You summed over the whole batch. Return one number for each row: sum over dimension 1.")
def sum_over_all(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * (nats * masked).sum()


@EXERCISE.slip("You averaged over the batch. Return one number for each row.")
def one_number_for_all(**given):
    prices = price_of_a_step(**given)
    return prices.mean().expand(len(prices))
