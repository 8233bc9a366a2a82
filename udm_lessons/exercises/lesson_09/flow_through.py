"""09.5: what flows through the edges of bins, from what the bins hold before and after."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def flow_through(before, after, h):
    return (before - after).cumsum(0)[:-1] / h


def _row(*values):
    return torch.tensor(values, dtype=torch.float64)


def _shares(k, n):
    return normal(k, n).softmax(0)


def cases():
    return (
        (_row(0.5, 0.3, 0.2), _row(0.4, 0.35, 0.25), 0.5),
        (_row(0.25, 0.5, 0.125, 0.125), _row(0.25, 0.25, 0.375, 0.125), 0.25),
        (_shares(1, 6), _shares(2, 6), 0.1),
        (_shares(3, 30), 0.9 * _shares(3, 30) + 0.1 * _shares(4, 30), 0.02),
        (_row(0.0, 1.0, 0.0), _row(0.0, 0.0, 1.0), 2.0),
        (_row(0.7, 0.3), _row(0.1, 0.9), 0.3),  # one edge
        (_shares(5, 4), _shares(5, 4), 0.05),  # nothing moves
        (_shares(6, 5).float(), _shares(7, 5).float(), 0.75),
        (_shares(8, 9), _shares(9, 9), 1.0),
        (_row(0.0, 0.0, 0.5, 0.5, 0.0), _row(0.25, 0.25, 0.0, 0.25, 0.25), 0.01),
    )


def inputs(rng):
    """Two rows of shares that sum to 1, some of them 0, and any time between."""
    n, dtype = rng.choice([2, 3, 5, 8, 30]), rng.choice([torch.float32, torch.float64, torch.float64])
    before, after = (_shares(rng.getrandbits(30), n) for _ in range(2))
    after = rng.choice([after, after, 0.95 * before + 0.05 * after, before])
    if rng.random() < 0.3:
        before = torch.eye(n, dtype=torch.float64)[rng.randrange(n)]
    return before.to(dtype), after.to(dtype), rng.choice([1.0, 0.5, rng.uniform(0.005, 2.0), rng.uniform(0.005, 2.0)])


EXERCISE = Exercise(
    id="09.5",
    title="What flows through a point",
    difficulty=2,
    minutes=7,
    points=2,
    reference=flow_through,
    cases=cases,
    law="share to the left of an edge, before - after = $h$ times the flow through the edge to the right",
    praise="No velocity was needed: only counting.",
    idea="Two bins: the left one held 7 of 10 points and now holds 1. How many came through the edge, net, and which way? "
    "Now three bins: what does the second edge see of a change in the *first* bin?",
    why="All that lies to the left of an edge can change only through that edge. So what the bins to the left have lost "
    "together has gone through it, to the right.",
    inputs=inputs,
)


@EXERCISE.right
def from_the_right(before, after, h):
    gained = (after - before).flip(0).cumsum(0).flip(0)
    return gained[1:] / h


@EXERCISE.right
def edge_by_edge(before, after, h):
    return torch.stack([(before[:k].sum() - after[:k].sum()) / h for k in range(1, len(before))])


@EXERCISE.slip("The sign is turned: what the bins to the left have *lost* went to the right, and counts as positive.")
def sign(before, after, h):
    return -flow_through(before, after, h)


@EXERCISE.slip("The flow is per unit of time: divide by how long it took.")
def time_forgotten(before, after):
    return (before - after).cumsum(0)[:-1]


@EXERCISE.slip("A flow is a share *per* time. You multiplied by the time.")
def time_multiplied(before, after, h):
    return (before - after).cumsum(0)[:-1] * h


@EXERCISE.slip(
    "You took what one bin has lost. It may have lost it on either side, and points from bins further left come through too: "
    "count all that lies to the left."
)
def one_bin_alone(before, after, h):
    return (before - after)[:-1] / h


@EXERCISE.slip(
    "You have one number too many: $n$ bins have $n - 1$ edges between them. Nothing goes through the last end."
)
def last_end_kept(before, after, h):
    return (before - after).cumsum(0) / h


@EXERCISE.slip("You dropped the first edge and kept the right end, through which nothing goes.")
def first_edge_dropped(before, after, h):
    return (before - after).cumsum(0)[1:] / h


@EXERCISE.slip(
    "That compares neighbouring bins. Points do not know what the next bin holds: what counts is what changed to the left."
)
def neighbours_compared(before, after, h):
    return (before - after).diff() / h


@EXERCISE.slip("You summed from the right and left the sums in that order: the first number belongs to the first edge.")
def order_turned(before, after, h):
    return flow_through(before, after, h).flip(0)


@EXERCISE.slip("That is what lies to the left now. A flow is made of what has *changed*.")
def only_after(after, h):
    return after.cumsum(0)[:-1] / h


@EXERCISE.slip("That is what lay to the left before. A flow is made of what has *changed*.")
def only_before(before, h):
    return before.cumsum(0)[:-1] / h


@EXERCISE.slip("The flow has a direction: keep the sign.")
def without_sign(before, after, h):
    return flow_through(before, after, h).abs()


@EXERCISE.slip("You divided by what lies to the left. That gives a rate for each point there, not the share that goes through.")
def per_point(before, after, h):
    left = before.cumsum(0)[:-1]
    return flow_through(before, after, h) / left.clamp(min=1e-9)


@EXERCISE.slip("You averaged over the bins to the left. What they lose adds up.")
def averaged_to_the_left(before, after, h):
    count = torch.arange(1, len(before), device=before.device)
    return flow_through(before, after, h) / count
