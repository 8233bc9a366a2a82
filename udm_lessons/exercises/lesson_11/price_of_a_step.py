"""11.4: what a step from p_t to p_s costs in nats, one number for each row of tokens."""

from __future__ import annotations

import math

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
        (*random_rows(8, 3, 3), 0.5, 0.25),
        (uniform(9, 4, 2), torch.tensor([True, False]).expand(4, 2), 0.25, 0.0),  # one pattern for all rows
        (torch.ones(2, 4, dtype=torch.float64), torch.zeros(2, 4, dtype=torch.bool), 0.6, 0.4),  # all visible
        (40 * uniform(11, 1, 64), torch.ones(1, 64, dtype=torch.bool), 1.0, 0.0),  # all at once
        (*random_rows(12, 5, 1), 4e-4, 3e-4),
        (*random_rows(13, 2, 3), 1.0, 0.9999),
    )


def inputs(rng):
    batch, width = rng.choice(((1, 1), (1, 5), (2, 3), (3, 3), (4, 2), (16, 2), (5, 1), (3, 64)))
    nats, masked = random_rows(rng.getrandbits(30), batch, width)
    nats = rng.choice((0.1, 1.0, 1.0, 10.0)) * nats
    masked = rng.choice((masked, masked, masked[:1].expand(batch, width), masked & False, masked | True))
    steps = rng.choice((1, 2, 4, 64))
    k = rng.randint(1, steps)
    low, high = sorted((rng.uniform(0.01, 1), rng.uniform(0.02, 1)))
    ends = (1.0, low), (high, 0.0), (1.0, 0.9999), (4e-4, low * 4e-4)
    p_t, p_s = rng.choice(((k / steps, (k - 1) / steps), (high, low), *ends))
    return nats.float() if rng.random() < 0.2 else nats, masked, p_t, p_s


EXERCISE = Exercise(
    id="11.4",
    title="The price of a step",
    difficulty=1,
    minutes=7,
    points=2,
    reference=price_of_a_step,
    cases=cases,
    law=r"$\left(1 - \frac{p_s}{p_t}\right) \sum_{i\ \text{masked}} -\log q_i(x_{0,i})$, "
    "one number for each row",
    praise=r"In small steps the factor is $p_t'/p_t\, dt$, the weight of MDLM.",
    idea="Which tokens does a step have to guess at all? And what does a step cost that goes nowhere, and "
    "one that goes all the way to the start?",
    why="A masked token is revealed in this step with chance $1 - p_s / p_t$, and it is paid for only "
    r"then, with its $-\\log q$.",
    inputs=inputs,
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
    "That it is masked is given here."
)
def difference_of_levels(nats, masked, p_t, p_s):
    return (p_t - p_s) * (nats * masked).sum(1)


@EXERCISE.slip("The two levels have changed places: $p_s$ is the smaller one.")
def levels_exchanged(nats, masked, p_t, p_s):
    return (1 - p_t / p_s) * (nats * masked).sum(1)


@EXERCISE.slip("You paid for all hidden tokens. This step opens only a share of them.")
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


@EXERCISE.slip("What is opened is a share of what was *hidden before*. You divided by the later level.")
def divided_by_the_later_level(nats, masked, p_t, p_s):
    return (p_t - p_s) / p_s * (nats * masked).sum(1)


@EXERCISE.slip(
    "That is the weight of small steps in another form. Here the masks are given, and the step is finite."
)
def divided_by_p_t_alone(nats, masked, p_t):
    return (nats * masked).sum(1) / p_t


@EXERCISE.slip("You counted the hidden tokens, whatever their guess. Each pays its own `nats`.")
def tokens_counted(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * masked.to(nats).sum(1)


@EXERCISE.slip("`nats` holds the price of each token already. You turned it back into a probability.")
def exponential_taken(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * ((-nats).exp() * masked).sum(1)


@EXERCISE.slip("You summed down the columns. A row of tokens is one example: sum along it.")
def columns_summed(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * (nats * masked).sum(0)


@EXERCISE.slip("Return one number for each row: the prices of its tokens are still to be summed.")
def tokens_not_summed(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * nats * masked


@EXERCISE.slip("You took the dearest token only. The row pays for all that are hidden.")
def dearest_token(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * (nats * masked).amax(1)


@EXERCISE.slip("You converted to bits. The price is asked for in nats.")
def in_bits(**given):
    return price_of_a_step(**given) / math.log(2)


@EXERCISE.slip("A bracket is missing: the sum is multiplied by the *whole* share that is opened.")
def brackets_forgotten(nats, masked, p_t, p_s):
    return 1 - p_s / p_t * (nats * masked).sum(1)


@EXERCISE.slip("The factor is off: what is opened is a share of those that were hidden at $t$.")
def visible_share(nats, masked, p_s):
    return (1 - p_s) * (nats * masked).sum(1)


@EXERCISE.slip(
    "You shared the cost of being hidden among all tokens of the row. `masked` says which ones are to be paid for."
)
def share_of_all_tokens(nats, masked, p_t, p_s):
    return (1 - p_s / p_t) * nats.sum(1) * masked.to(nats).mean(1)
