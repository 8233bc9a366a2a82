"""08.5: noise ratios r = sigma / alpha such that arctan(r / scale) falls in equal parts."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise


def evenly(start, end, parts):
    """From start to end in equal parts, both ends included."""
    return [start + (end - start) * k / parts for k in range(parts + 1)]


def even_angles(first, last, steps, scale):
    start, end = math.atan(first / scale), math.atan(last / scale)
    angles = [start + (end - start) * k / steps for k in range(steps + 1)]
    return [scale * math.tan(angle) for angle in angles]


def cases():
    return (
        (2.0, 0.0, 2, 1.0),
        (1.0, 0.5, 1, 0.5),  # a single step
        (6e-4, 0.0, 3, 1.5),
        (0.02, 1e-4, 4, 4e-4),
        (100.0, 0.01, 5, 0.5),
        (157.0, 0.0, 4, 2.0),
        (8.0, 1.0, 7, 0.3),
        (152.0, 0.007, 20, 0.5),
        (152.0, 0.007, 49, 0.5),  # 49 strides of a 49th, rounded, fall short of the end
    )


def inputs(rng):
    scale = rng.choice((1.0, 0.5, *[10 ** rng.uniform(-1, 1)] * 2, 10 ** rng.uniform(-4, -2)))
    first = rng.choice((*[scale * 10 ** rng.uniform(-1, 2.3)] * 4, 1.0 if scale > 0.01 else scale, 6e-4 * scale))
    last = rng.choice((0.0, *[first * rng.uniform(0, 0.9)] * 2, 1e-3 * first, min(1.0, 0.9 * first)))
    return first, last, rng.choice((1, 2, 3, 10, 40, 49)), scale


EXERCISE = Exercise(
    id="08.5",
    title="Where the path bends",
    difficulty=2,
    minutes=6,
    points=2,
    reference=even_angles,
    cases=cases,
    law=r"$\arctan(r_k / c)$ falls in equal parts from $\arctan(r_0 / c)$ to $\arctan(r_n / c)$",
    praise="The package has it as `flow.angle_times`, which also turns ratios into times.",
    idea="Draw a right triangle with the legs $r$ and $c$, for the first ratio and for the last, and cut "
    "the angle between them into equal parts. Which ratio belongs to 45 degrees? And do both ends come "
    "out as given?",
    why=r"The angle of $r$ is $\arctan(r/c)$, and that of the $k$-th ratio lies $k/n$ of the way from the "
    r"first to the last. The way back is $r = c \tan(\text{angle})$.",
    inputs=inputs,
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


@EXERCISE.slip("A range with a stride that is rounded may end one stride too late. Count the angles: there are `steps` + 1.")
def a_range_of_fractions(first, last, steps, scale):
    start, end = math.atan(first / scale), math.atan(last / scale)
    angles = torch.arange(start, end, (end - start) / steps, dtype=torch.float64).tolist()
    return [scale * math.tan(angle) for angle in angles] + [last]


@EXERCISE.slip("You measured the angle from the other axis: which leg lies opposite, the ratio or the scale?")
def angle_from_the_other_axis(first, last, steps, scale):
    start, end = math.atan2(scale, first), math.atan2(scale, last)
    return [scale * math.tan(start + (end - start) * k / steps) for k in range(steps + 1)]


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


@EXERCISE.slip("Those are the angles, and well spaced. Asked for are the ratios that belong to them.")
def angles_returned(first, last, steps, scale):
    return evenly(math.atan(first / scale), math.atan(last / scale), steps)


@EXERCISE.slip("Count the posts of the fence: $n$ steps have $n + 1$ ends.")
def fence_posts(steps, **given):
    return even_angles(steps=steps - 1, **given)


@EXERCISE.slip("Your grid goes down to 0, whatever `last` is. Stop at `last`.")
def down_to_zero(first, steps, scale):
    return even_angles(first, 0.0, steps, scale)


@EXERCISE.slip("Your last entry is 0, whatever `last` is.")
def zero_at_the_end(**given):
    return [*even_angles(**given)[:-1], 0.0]


@EXERCISE.slip("On the way back the tangent is *multiplied* by $c$.")
def divided_on_the_way_back(first, last, steps, scale):
    angles = evenly(math.atan(first / scale), math.atan(last / scale), steps)
    return [math.tan(angle) / scale for angle in angles]
