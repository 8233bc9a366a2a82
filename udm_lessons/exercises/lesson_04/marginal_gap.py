"""04.1: by how much a design, written as a matrix, misses the marginal identity."""

from __future__ import annotations

import torch

from ...checks import Exercise


def marginal_gap(M, p_t, p_s):
    return (p_t @ M - p_s).abs().max()


def proportional_to(*weights):
    return torch.tensor(weights, dtype=torch.float64) / sum(weights)


def cases():
    M = torch.tensor([[0.5, 0.5, 0.0], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]], dtype=torch.float64)
    sound = torch.stack([proportional_to(4, 1, 1), proportional_to(1, 2, 3)])
    p_t = proportional_to(1, 3)
    return (
        (torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([0.4, 0.6]), torch.tensor([0.9, 0.1])),
        (M, proportional_to(1, 2, 5), proportional_to(3, 3, 2)),
        (M, proportional_to(5, 1, 1), proportional_to(1, 1, 4)),
        (sound, p_t, p_t @ sound),
    )


EXERCISE = Exercise(
    id="04.1",
    title="The marginal test",
    difficulty=2,
    minutes=6,
    points=2,
    reference=marginal_gap,
    cases=cases,
    law=r"the gap is $\max_j | \sum_i p(x_t = i)\, M_{ij} - p(x_s = j) |$",
    praise="Every design in this lesson must bring that number down to rounding.",
)


@EXERCISE.right
def by_einsum(M, p_t, p_s):
    return torch.einsum("i,ij->j", p_t, M).sub(p_s).abs().amax()


@EXERCISE.right
def column_by_column(M, p_t, p_s):
    return max(abs(float(p_t @ M[:, j] - p_s[j])) for j in range(len(p_s)))


@EXERCISE.slip(
    "You summed over $x_s$. Row $i$ of $M$ is the law of $x_s$ given $x_t = i$, so the sum over $x_t$ "
    "runs down the columns."
)
def transposed(M, p_t, p_s):
    return (M @ p_t - p_s).abs().max()


@EXERCISE.slip(
    "You took the largest difference with its sign. A gap below zero counts as well: take absolute values."
)
def sign_kept(M, p_t, p_s):
    return (p_t @ M - p_s).max()


@EXERCISE.slip("You added the gaps up. Asked for is the largest one.")
def sum_for_max(M, p_t, p_s):
    return (p_t @ M - p_s).abs().sum()


@EXERCISE.slip("You averaged the gaps. Asked for is the largest one.")
def mean_for_max(M, p_t, p_s):
    return (p_t @ M - p_s).abs().mean()


@EXERCISE.slip(
    "You compared every row with $p(x_s)$. The identity speaks of the average over $x_t$; "
    "single rows may differ."
)
def x_t_not_averaged(M, p_s):
    return (M - p_s).abs().max()


@EXERCISE.slip("You gave every $x_t$ the same weight. Weight row $i$ by $p(x_t = i)$.")
def uniform_average(M, p_s):
    return (M.mean(0) - p_s).abs().max()
