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
    return (
        (1, 2, 1.0),
        (2, 3, 0.7),
        (4, 3, 1.6),
        (8, 8, 0.4),
        (3, 2, 0.0),  # no blur at all
        (8, 1, 2.5),  # a column, as in the figure
        (1, 1, 3.0),
        (5, 7, 8.0),
        (16, 12, 5.0),
        (8, 8, 2.0),  # a size seen before, another width
        (32, 1, 24.0),  # fine waves are 0 to the computer, and coarse ones are not
    )


def inputs(rng):
    height, width = (rng.choice((1, 2, 3, 4, 5, 8, 16, 32)) for _ in range(2))
    if rng.random() < 0.3:
        width = height
    return height, width, rng.choice((0.0, 1.0, rng.random(), rng.uniform(0.1, 3.0), rng.uniform(0.1, 24.0), 24.0))


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
    idea="Put in a width of 0: what must be left of every wave? Which wave never fades? And a column, "
    "with nothing across: which numbers play a part?",
    why=r"Two derivatives give a cosine back, times minus its frequency squared; down and across add. "
    r"So a wave dies out as $e^{-\lambda_k \tau}$, and with $w = \sqrt{2 \tau}$ the time is $\tau = w^2/2$.",
    inputs=inputs,
)


@EXERCISE.right
def down_times_across(height, width, w):
    down = torch.arange(height) * (math.pi * w / height)
    across = torch.arange(width) * (math.pi * w / width)
    return torch.outer(torch.exp(-(down**2) / 2), torch.exp(-(across**2) / 2))


@EXERCISE.slip("Heat that spreads twice as far has had four times as long. The width can not enter as it is.")
def width_not_squared(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) * w / 2)


@EXERCISE.slip("Your waves fade too fast: compare your exponent with the page, a number is missing.")
def half_missing(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) * w**2)


@EXERCISE.slip(
    "You counted half waves per pixel. What enters is an angle: by how much does half a wave turn?"
)
def pi_missing(height, width, w):
    down = torch.arange(height) / height
    across = torch.arange(width) / width
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip(
    "Heat takes *two* derivatives in space, and each brings out the frequency once. You have it only once."
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


@EXERCISE.slip("The waves only fade by what they turn downwards. They also vary across.")
def down_only(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + 0 * across) * w**2 / 2)


@EXERCISE.slip("The waves only fade by what they turn across. They also vary downwards.")
def across_only(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(0 * down + across**2) * w**2 / 2)


@EXERCISE.slip("Your waves grow. Heat makes them fade: look at the sign.")
def sign(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp((down**2 + across**2) * w**2 / 2)


@EXERCISE.slip("That is the exponent. The share that is left is a number between 0 and 1.")
def exponent_returned(height, width, w):
    down, across = frequencies(height, width)
    return -(down**2 + across**2) * w**2 / 2


@EXERCISE.slip(r"Those are the rates $\lambda_k$. How much of a wave is left after a blur by $w$?")
def rates_returned(height, width):
    down, across = frequencies(height, width)
    return down**2 + across**2


@EXERCISE.slip(r"You put $w$ for the time. They are different things: see how the page gets $w$ from $\tau$.")
def width_for_the_time(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) * w)


@EXERCISE.slip("You counted full waves. Wave $k$ has $k$ *half* waves in the picture.")
def full_waves(height, width, w):
    return fading(height, width, 2 * w)


@EXERCISE.slip("The half in your exponent is squared together with the width.")
def half_squared_too(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) * (w / 2) ** 2)


@EXERCISE.slip("Your picture is always as high as it is wide. Across, divide by the number of columns.")
def height_for_both_sides(height, width, w):
    down, across = math.pi * torch.arange(height) / height, math.pi * torch.arange(width) / height
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip("Your picture is always as wide as it is high. Downwards, divide by the number of rows.")
def width_for_both_sides(height, width, w):
    down, across = math.pi * torch.arange(height) / width, math.pi * torch.arange(width) / width
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip("You divided by 8. Not every picture has 8 rows and 8 columns.")
def always_eight(height, width, w):
    down, across = math.pi * torch.arange(height) / 8, math.pi * torch.arange(width) / 8
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip(r"Your angles run up to $\pi$ itself. The finest wave does not quite get there.")
def up_to_pi(height, width, w):
    down, across = torch.linspace(0, math.pi, height), torch.linspace(0, math.pi, width)
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip("The 1/2 belongs to the middles of the pixels. Waves are counted in whole numbers, from 0.")
def half_a_wave_more(height, width, w):
    down = math.pi * (torch.arange(height) + 0.5) / height
    across = math.pi * (torch.arange(width) + 0.5) / width
    return torch.exp(-(down[:, None] ** 2 + across**2) * w**2 / 2)


@EXERCISE.slip(r"Your $\pi$ stands outside of the square. It belongs to the frequency, which is squared.")
def pi_not_squared(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2 + across**2) / math.pi * w**2 / 2)


@EXERCISE.slip("You added what is left in the two directions. A wave fades by both, one after the other.")
def shares_added(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-(down**2) * w**2 / 2) + torch.exp(-(across**2) * w**2 / 2)


@EXERCISE.slip("You took the root of the rate. Heat takes the sum of squares as it is.")
def root_of_the_rate(height, width, w):
    down, across = frequencies(height, width)
    return torch.exp(-((down**2 + across**2).sqrt()) * w**2 / 2)
