"""08.5: noise ratios r = sigma / alpha such that arctan(r / scale) falls in equal parts."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise


def evenly(start, end, parts):
    """From start to end in equal parts, both ends included."""
    return [start + (end - start) * k / parts for k in range(parts + 1)]


def even_angles(first, last, steps, scale):
    angles = evenly(math.atan(first / scale), math.atan(last / scale), steps)
    return [scale * math.tan(angle) for angle in angles]


def cases():
    return (
        (2.0, 0.0, 2, 1.0),
        (100.0, 0.01, 5, 0.5),
        (157.0, 0.0, 4, 2.0),
        (8.0, 0.2, 7, 0.3),
    )


EXERCISE = Exercise(
    id="08.5",
    title="Where the path bends",
    difficulty=2,
    minutes=8,
    points=2,
    reference=even_angles,
    cases=cases,
    law=r"$\arctan(r_k / c)$ falls in equal parts from $\arctan(r_0 / c)$ to $\arctan(r_n / c)$",
    praise="The package has it as `flow.angle_times`, which also turns ratios into times.",
)


@EXERCISE.right
def by_linspace(first, last, steps, scale):
    start, end = math.atan(first / scale), math.atan(last / scale)
    return scale * torch.tan(torch.linspace(start, end, steps + 1, dtype=torch.float64))


@EXERCISE.right
def mixed_angles(first, last, steps, scale):
    start, end = math.atan2(first, scale), math.atan2(last, scale)
    shares = [k / steps for k in range(steps + 1)]
    return [scale * math.tan((1 - share) * start + share * end) for share in shares]


@EXERCISE.slip("From the angle you get $r/c$. Multiply by $c$ to come back to $r$.")
def scale_not_put_back(first, last, steps, scale):
    angles = evenly(math.atan(first / scale), math.atan(last / scale), steps)
    return [math.tan(angle) for angle in angles]


@EXERCISE.slip("You did without $c$. It says at which ratio the middle of the grid lies.")
def scale_left_out(first, last, steps):
    angles = evenly(math.atan(first), math.atan(last), steps)
    return [math.tan(angle) for angle in angles]


@EXERCISE.slip("The angle is that of $r/c$, not of $r c$: at $r = c$ it is 45 degrees.")
def scale_inverted(first, last, steps, scale):
    angles = evenly(math.atan(first * scale), math.atan(last * scale), steps)
    return [math.tan(angle) / scale for angle in angles]


@EXERCISE.slip(
    "You spaced the ratios themselves evenly. Nearly all steps are then spent where there is only noise."
)
def even_in_the_ratio(first, last, steps):
    return evenly(first, last, steps)


@EXERCISE.slip("A grid of $n$ steps has $n + 1$ times, both ends included.")
def one_time_too_few(**given):
    return even_angles(**given)[:-1]


@EXERCISE.slip("Divide the angle into $n$ parts, not $n + 1$: the last time must be the last ratio.")
def last_point_missed(steps, **given):
    return even_angles(steps=steps + 1, **given)[:-1]


@EXERCISE.slip("The grid runs upwards. It starts at the largest noise.")
def upwards(**given):
    return even_angles(**given)[::-1]


@EXERCISE.slip(r"Those are the angles. Go back to the ratios with $r = c \tan(\text{angle})$.")
def angles_returned(first, last, steps, scale):
    return evenly(math.atan(first / scale), math.atan(last / scale), steps)


@EXERCISE.slip("Count the posts of the fence: $n$ steps have $n + 1$ ends.")
def fence_posts(steps, **given):
    return even_angles(steps=steps - 1, **given)


@EXERCISE.slip("On the way back the tangent is *multiplied* by $c$.")
def divided_on_the_way_back(first, last, steps, scale):
    angles = evenly(math.atan(first / scale), math.atan(last / scale), steps)
    return [math.tan(angle) / scale for angle in angles]
