"""10.1: how much of each wave is left when heat has spread in a picture."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise


def frequencies(height, width):
    """By how much each wave turns per pixel: a column for the rows, a row for the columns."""
    down = math.pi * torch.arange(height) / height
    across = math.pi * torch.arange(width) / width
    return down[:, None], across


def fading(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) * w**2 / 2)


def cases():
    return (1, 2, 1.0), (2, 3, 0.7), (4, 3, 1.6), (8, 8, 0.4)


EXERCISE = Exercise(
    id="10.1",
    title="What heat does to each wave",
    difficulty=1,
    minutes=6,
    points=1,
    reference=fading,
    cases=cases,
    law=r"$a_k = e^{-\lambda_k w^2 / 2}$ with $\lambda_k = (\pi k_1 / h)^2 + (\pi k_2 / b)^2$ "
    r"for $h$ rows and $b$ columns, $k_1 = 0 \ldots h - 1$, $k_2 = 0 \ldots b - 1$",
    praise="In this basis the heat equation is a list of independent, fading numbers.",
)


@EXERCISE.right
def down_times_across(height, width, w):
    down = torch.arange(height) * (math.pi * w / height)
    across = torch.arange(width) * (math.pi * w / width)
    return torch.outer(torch.exp(-(down**2) / 2), torch.exp(-(across**2) / 2))


@EXERCISE.slip("In the exponent stands the square of the width $w$, as in a bell curve.")
def width_not_squared(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) * w / 2)


@EXERCISE.slip("The factor 1/2 before $w^2$ is missing.")
def half_missing(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) * w**2)


@EXERCISE.slip(
    r"Wave $k$ has $k$ half waves in $n$ pixels, so it turns by $\pi k / n$ per pixel. The $\pi$ is missing."
)
def pi_missing(height, width, w):
    down = torch.arange(height) / height
    across = torch.arange(width) / width
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip(
    r"Heat takes two derivatives in space, and so $\lambda_k$ holds the squares of $\pi k_1 / h$ "
    r"and $\pi k_2 / b$."
)
def frequency_not_squared(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down + across) * w**2 / 2)


@EXERCISE.slip("You squared the sum of the two. Add their squares.")
def square_of_the_sum(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-((down + across) ** 2) * w**2 / 2)


@EXERCISE.slip(
    "You multiplied the two rates. They add: a wave that is flat in one direction still fades by the other."
)
def product_for_sum(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 * across**2) * w**2 / 2)


@EXERCISE.slip("You counted the waves from 1. Wave 0 is the average brightness, and it never fades.")
def waves_counted_from_one(height, width, w):
    down = math.pi * torch.arange(1, height + 1) / height
    across = math.pi * torch.arange(1, width + 1) / width
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip(
    "Rows and columns have changed places: the result must have `height` rows and `width` columns."
)
def sides_swapped(height, width, w):
    return fading(width, height, w)


@EXERCISE.slip(
    "The shape is right, but the sides are swapped in the rates: $k_1$ belongs to the $h$ rows, "
    "$k_2$ to the $b$ columns."
)
def divided_by_the_other_side(height, width, w):
    down = math.pi * torch.arange(height) / width
    across = math.pi * torch.arange(width) / height
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip("Divide by the number of pixels, not by that of the steps between them.")
def steps_between_pixels(height, width, w):
    down = math.pi * torch.arange(height) / (height - 1)
    across = math.pi * torch.arange(width) / (width - 1)
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)
