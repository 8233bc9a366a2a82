"""13.6: the answer of a network, led away from what it would say without the label."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def guided(network, x_t, t, label, w):
    both = network(torch.cat([x_t, x_t]), t, torch.cat([torch.full_like(label, -1), label]))
    unconditional, conditional = both.chunk(2)
    return unconditional + w * (conditional - unconditional)


def moved(x, t, label):
    """A network that moves its input by an amount that depends on the label."""
    told = (label + 2.0).reshape(-1, *[1] * (x.ndim - 1))
    return (1 - t) * x + 0.3 * told


def stretched(x, t, label):
    """One that stretches it."""
    told = (label.double() * 0.7).cos().reshape(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    return told * x + t


def curved(x, t, label):
    """One that does neither."""
    told = label.reshape(-1, *[1] * (x.ndim - 1))
    return torch.sin(x + told) * (1 + t)


NETWORKS = (moved, stretched, curved)


def labels(*values):
    return torch.tensor(values)


def cases():
    return (
        (moved, normal(0, 2, 1, 2, 2), 0.5, labels(3, 0), 2.0),
        (curved, normal(1, 3, 2, 4, 4), 0.3, labels(1, 4, 0), 4),
        (moved, normal(8, 3, 2, 4, 4), 1.0, labels(7, 0, 2), 2.5),
        (stretched, normal(2, 1, 2, 3, 3), 0.9, labels(5), 1.0),
        (curved, normal(3, 2, 2, 2, 2), 1.0, labels(2, 25), 0.0),
        (stretched, normal(4, 4, 1, 2, 2), 0.0, labels(0, 1, 2, 3), 1.5),
        (moved, normal(5, 2, 2, 8, 8).float(), 0.7, labels(0, 7), 3.0),
        (curved, normal(6, 2, 2, 2, 2), 0.2, labels(9, 9), -1.0),
        (curved, normal(7, 2, 2, 2, 2), 0.6, labels(6, 1), 0.5),
    )


def inputs(rng):
    n, channels, side = rng.choice((1, 2, 3, 4)), rng.choice((1, 2)), rng.choice((2, 3, 8))
    return (
        rng.choice(NETWORKS), normal(rng.getrandbits(31), n, channels, side, side), rng.choice((0.0, 1.0, 0.5, rng.random())),
        torch.tensor([rng.randrange(26) for _ in range(n)]), rng.choice((0.0, 1.0, 0, 1, 2, 4, rng.uniform(-1, 6))),
    )  # fmt: skip


EXERCISE = Exercise(
    id="13.6",
    title="Led by a label",
    difficulty=1,
    minutes=6,
    points=2,
    reference=guided,
    cases=cases,
    law=r"$\hat u + w\, (\hat c - \hat u)$, with $\hat u$ the answer without the label and $\hat c$ the one with it",
    praise="Two answers, and the line through them. The network itself has learnt nothing of $w$.",
    idea="Which value of $w$ must give the answer with the label, untouched? Which the one without? Draw the line through the two, and go on. "
    "A batch without labels is one in which all are -1: `torch.full_like` makes it.",
    why="The two answers are points on a line, at $w = 0$ and $w = 1$. At $w$ the line is at $\\hat u + w (\\hat c - \\hat u)$. With both halves "
    "in one batch, `torch.cat`, the network is called once.",
    inputs=inputs,
)


@EXERCISE.right
def two_calls(network, x_t, t, label, w):
    without = network(x_t, t, torch.full_like(label, -1))
    return torch.lerp(without, network(x_t, t, label), w)


@EXERCISE.right
def as_two_shares(network, x_t, t, label, w):
    return (1 - w) * network(x_t, t, label * 0 - 1) + w * network(x_t, t, label)


def answers(network, x_t, t, label):
    return network(x_t, t, torch.full_like(label, -1)), network(x_t, t, label)


@EXERCISE.slip("You count $w$ from the answer with the label, as some papers do. Here $w = 1$ must give that answer, and $w = 0$ the one without.")
def counted_from_the_conditional(network, x_t, t, label, w):
    without, with_label = answers(network, x_t, t, label)
    return with_label + w * (with_label - without)


@EXERCISE.slip("The two answers have changed places: at $w = 1$ yours ignores the label.")
def changed_places(network, x_t, t, label, w):
    without, with_label = answers(network, x_t, t, label)
    return with_label + w * (without - with_label)


@EXERCISE.slip("The step starts from the answer without the label. Yours starts from nothing.")
def step_alone(network, x_t, t, label, w):
    without, with_label = answers(network, x_t, t, label)
    return w * (with_label - without)


@EXERCISE.slip("You stretched the answer with the label. It is the *difference* of the two answers that is multiplied.")
def conditional_stretched(network, x_t, t, label, w):
    return w * network(x_t, t, label)


@EXERCISE.slip("You went from the answer without the label in the wrong direction.")
def wrong_direction(network, x_t, t, label, w):
    without, with_label = answers(network, x_t, t, label)
    return without - w * (with_label - without)


@EXERCISE.slip("That is a sum of the two, with $w$ before the second. The answer without the label must be taken off as well.")
def nothing_taken_off(network, x_t, t, label, w):
    without, with_label = answers(network, x_t, t, label)
    return without + w * with_label


@EXERCISE.slip("The label that says “none” is -1. 0 is the letter A.")
def first_letter_for_none(network, x_t, t, label, w):
    without, with_label = network(x_t, t, torch.zeros_like(label)), network(x_t, t, label)
    return without + w * (with_label - without)


@EXERCISE.slip("Right, but for the batch twice. If you asked with both in one batch, take its halves apart by `chunk(2)`.")
def both_halves(network, x_t, t, label, w):
    whole = guided(network, x_t, t, label, w)
    return torch.cat([whole, whole])


@EXERCISE.slip("That is the answer with the label, whatever $w$ is.")
def w_left_out(network, x_t, t, label):
    return network(x_t, t, label)


@EXERCISE.slip("That is the answer without the label, whatever $w$ is.")
def label_left_out(network, x_t, t, label):
    return network(x_t, t, torch.full_like(label, -1))


@EXERCISE.slip("You scaled `x_t`. The line runs through the two answers, for one and the same $x_t$.")
def input_scaled(network, x_t, t, label, w):
    without, with_label = answers(network, w * x_t, t, label)
    return without + w * (with_label - without)
