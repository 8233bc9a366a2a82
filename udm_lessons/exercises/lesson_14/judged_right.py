"""14.4: how many drawn digits are what was asked for, if the judge errs as well."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise


def judged_right(share, n, accuracy, classes):
    by_luck = (1 - accuracy) / (classes - 1)
    scale = accuracy - by_luck
    error = math.sqrt(share * (1 - share) / n)
    return (share - by_luck) / scale, error / scale


def cases():
    return (
        (0.8, 100, 0.9, 10),
        (0.5, 400, 0.7, 2),
        (0.9, 400, 0.985, 10),
        (0.25, 50, 0.4, 4),
        (0.985, 1000, 0.985, 10),  # as good as the judge is
        (1.0, 400, 0.95, 10),
        (0.0, 30, 0.8, 26),
        (0.725, 400, 1.0, 10),  # a judge that never errs
        (0.6, 1, 0.9, 3),
        (0.0751, 40, 0.925, 2),  # hardly more than luck
        (0.0101, 200, 0.91, 10),
    )


def inputs(rng):
    classes, n = rng.choice((2, 3, 10, 10, 26)), rng.choice((1, 20, 400, 1000))
    accuracy = rng.choice((1.0, rng.uniform(1 / classes + 0.1, 1.0), rng.uniform(0.9, 1.0)))
    return rng.choice((0.0, 1.0, accuracy, rng.random(), rng.random(), rng.random())), n, accuracy, classes


EXERCISE = Exercise(
    id="14.4",
    title="A judge that errs",
    difficulty=2,
    minutes=9,
    points=2,
    reference=judged_right,
    cases=cases,
    law=r"$\text{share} = \theta\, a + (1 - \theta)\, \frac{1 - a}{M - 1}$, solved for $\theta$; an error is stretched as the share is",
    praise="A judge with many errors is no wrong scale: it is a coarse one.",
    idea="Take a hundred digits of which 60 are as asked for, and a judge that is right on nine in ten. How many does it call right, of the 60 and of the 40? "
    "Now go back. And what must come out if the share is as high as on real digits?",
    why=r"Of the share $\theta$ of digits that are right the judge sees $a$; of the others it calls $(1 - a)/(M - 1)$ right by luck. That is a straight line in $\theta$, "
    "with the slope $a - (1 - a)/(M - 1)$. Turned round, its ends and its errors are divided by the slope.",
    inputs=inputs,
)


@EXERCISE.right
def in_counts(share, n, accuracy, classes):
    slope = (accuracy * classes - 1) / (classes - 1)
    right = (share * (classes - 1) - (1 - accuracy)) / (accuracy * classes - 1)
    return torch.tensor([right, (share * (1 - share) / n) ** 0.5 / slope], dtype=torch.float64)


@EXERCISE.right
def by_the_two_ends(share, n, accuracy, classes):
    none, all_of_them = (1 - accuracy) / (classes - 1), accuracy
    error = math.sqrt(share - share**2) / math.sqrt(n)
    return [(share - none) / (all_of_them - none), error / (all_of_them - none)]


@EXERCISE.slip("You corrected for the right ones that the judge misses, and forgot that it calls some wrong ones right by luck.")
def no_luck(share, n, accuracy, classes):
    error = math.sqrt(share * (1 - share) / n)
    return share / accuracy, error / accuracy


@EXERCISE.slip("That is the share as the judge sees it. The judge errs: what share of right digits would look like that?")
def as_seen(share, n):
    return share, math.sqrt(share * (1 - share) / n)


@EXERCISE.slip("The share is right. Its error is stretched as well: the same shift in the share you see stands for a larger one in what is true.")
def error_not_stretched(share, n, accuracy, classes):
    return judged_right(share, n, accuracy, classes)[0], math.sqrt(share * (1 - share) / n)


@EXERCISE.slip("A judge that errs has $M - 1$ wrong classes to choose from. The one asked for is one of $M - 1$, and not one of $M$.")
def one_of_all_classes(share, n, accuracy, classes):
    by_luck = (1 - accuracy) / classes
    scale = accuracy - by_luck
    return (share - by_luck) / scale, math.sqrt(share * (1 - share) / n) / scale


@EXERCISE.slip("By luck the judge calls right only *one* of the wrong classes: share its mistakes out among them.")
def mistakes_not_shared_out(share, n, accuracy, classes):
    scale = accuracy - (1 - accuracy) or 1.0
    return (share - (1 - accuracy)) / scale, math.sqrt(share * (1 - share) / n) / scale


@EXERCISE.slip("You went the other way: from what is true to what the judge sees. Solve for the share that is true.")
def other_way(share, n, accuracy, classes):
    by_luck = (1 - accuracy) / (classes - 1)
    scale = accuracy - by_luck
    return share * scale + by_luck, math.sqrt(share * (1 - share) / n) * scale


@EXERCISE.slip("The line has two parts that depend on what is true: the right ones and the wrong ones. You divide by $a$, without the luck in the slope.")
def slope_without_luck(share, n, accuracy, classes):
    by_luck = (1 - accuracy) / (classes - 1)
    return (share - by_luck) / accuracy, math.sqrt(share * (1 - share) / n) / accuracy


@EXERCISE.slip("The error is that of one digit. The share is a mean over $n$ of them.")
def error_of_one(share, n, accuracy, classes):
    scale = accuracy - (1 - accuracy) / (classes - 1)
    return judged_right(share, n, accuracy, classes)[0], math.sqrt(share * (1 - share)) / scale


@EXERCISE.slip("That is the variance of the share. Its error is the root of it.")
def variance(share, n, accuracy, classes):
    scale = accuracy - (1 - accuracy) / (classes - 1)
    return judged_right(share, n, accuracy, classes)[0], share * (1 - share) / n / scale


@EXERCISE.slip("The error of a mean falls with the *root* of $n$.")
def divided_by_n(share, n, accuracy, classes):
    right, error = judged_right(share, n, accuracy, classes)
    return right, error / math.sqrt(n)


@EXERCISE.slip("You cut the share to at most 1. Chance may carry an estimate beyond it: cut, its mean over many tries would be wrong.")
def cut_at_one(share, n, accuracy, classes):
    right, error = judged_right(share, n, accuracy, classes)
    return min(right, 1.0), error


@EXERCISE.slip("You cut the share at 0. Chance may carry an estimate below it: cut, its mean over many tries would be wrong.")
def cut_at_zero(share, n, accuracy, classes):
    right, error = judged_right(share, n, accuracy, classes)
    return max(right, 0.0), error


@EXERCISE.slip("Your error is that of the corrected share. Chance acts on what the judge *says*: take its error there, then stretch it.")
def error_of_the_corrected(share, n, accuracy, classes):
    right, _ = judged_right(share, n, accuracy, classes)
    return right, math.sqrt(abs(right * (1 - right)) / n)


@EXERCISE.slip("That is the share alone. Return two numbers: the share, and its error.")
def share_alone(share, n, accuracy, classes):
    return judged_right(share, n, accuracy, classes)[0]
