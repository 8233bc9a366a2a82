"""08.6: the weights of the last two predictions, for a step along the line through them."""

from __future__ import annotations

import torch

from ...checks import Exercise


def two_weights(before, now, then):
    h, old = then - now, now - before
    return h + h**2 / (2 * old), -(h**2) / (2 * old)


def cases():
    return (
        (0.0, 1.0, 1.5),
        (1.0, 0.9, 0.4),
        (-2.0, -1.5, 0.5),
        (3.0, 2.0, 1.0),
        (1.5, 1.45, 0.0),  # a long step after a short one
        (-0.5, 0.0, 0.3),
        (0.5, -2.0, -2.25),
        (40.0, 43.0, 60.0),
        (4.0, 4.0001, 4.6),  # so close that single precision is not enough
    )


def inputs(rng):
    old, h = (rng.choice((1.0, 10 ** rng.uniform(-4, 1))) for _ in range(2))
    sign, start = rng.choice((1, -1)), rng.choice((0.0, 1.0, rng.uniform(-2, 2), rng.uniform(-50, 50)))
    start -= sign * rng.choice((0.0, 0.0, old, old + h))  # so that any of the three may be 0 or 1
    return start, start + sign * old, start + sign * (old + h)


EXERCISE = Exercise(
    id="08.6",
    title="Remember one prediction",
    difficulty=3,
    minutes=10,
    points=3,
    reference=two_weights,
    cases=cases,
    law=r"$w\, m + w_\text{old}\, m_\text{old}$ is exact for $m = 1$ and for $m = \tau$: "
    r"$w + w_\text{old} = \tau_s - \tau_t$ and "
    r"$w\, \tau_t + w_\text{old} \tau_\text{old} = \frac{1}{2} (\tau_s^2 - \tau_t^2)$",
    praise="Order 2 at the price of Euler: the older prediction costs nothing.",
    idea="Draw the two points and the line through them, continued over the step, and look at the area "
    "below it: a rectangle and a triangle. If both predictions are 1, what must the two weights add up to?",
    why=r"With $h = \tau_s - \tau_t$ the area is $h\, m + \frac{1}{2} h^2$ times the slope, and the slope "
    r"is $(m - m_\text{old}) / (\tau_t - \tau_\text{old})$. Collect what stands before $m$ and before "
    r"$m_\text{old}$.",
    inputs=inputs,
)


@EXERCISE.right
def integrals_of_two_lines(before, now, then):
    h, old = then - now, now - before
    w = ((then - before) ** 2 - old**2) / (2 * old)
    return w, -(h**2) / (2 * old)


@EXERCISE.right
def solved_from_the_law(before, now, then):
    sums = torch.tensor([[1.0, 1.0], [now, before]], dtype=torch.float64)
    integrals = torch.tensor([then - now, (then**2 - now**2) / 2], dtype=torch.float64)
    return torch.linalg.solve(sums, integrals)


@EXERCISE.slip("You integrated over both steps, from `before` to `then`. The step to be done begins `now`.")
def over_both_steps(before, now, then):
    total = then - before
    w = total**2 / (2 * (now - before))
    return w, total - w


@EXERCISE.slip("3/2 and -1/2 are right when both steps have the same length. Here the lengths differ.")
def even_steps_assumed(now, then):
    h = then - now
    return 1.5 * h, -0.5 * h


@EXERCISE.slip("First the weight of the prediction now, then that of the one before.")
def swapped(**given):
    w, w_old = two_weights(**given)
    return w_old, w


@EXERCISE.slip("The integral of a line over the step brings a factor one half.")
def half_forgotten(before, now, then):
    h, old = then - now, now - before
    return h + h**2 / old, -(h**2) / old


@EXERCISE.slip("The slope is (now - before) / (time between): the older prediction enters with a minus sign.")
def sign_of_the_slope(before, now, then):
    h, old = then - now, now - before
    return h - h**2 / (2 * old), h**2 / (2 * old)


@EXERCISE.slip(
    "You averaged the two predictions. That looks back; the step looks ahead, so the line must be continued."
)
def average(now, then):
    h = then - now
    return h / 2, h / 2


@EXERCISE.slip(
    "The area of the triangle grows with the square of the step to be done, and not with the step before. "
    "That one belongs to the slope."
)
def older_step_in_the_numerator(before, now, then):
    h, old = then - now, now - before
    return h + old / 2, -old / 2


@EXERCISE.slip(
    r"You used the length of the step before, $\tau_t - \tau_\text{old}$, for that of the step to be done."
)
def older_step_for_the_new(before, now):
    old = now - before
    return old + old / 2, -old / 2


@EXERCISE.slip(
    r"Those are the weights of a mean: multiply both by the length of the step, $\tau_s - \tau_t$."
)
def length_left_out(before, now, then):
    h, old = then - now, now - before
    return 1 + h / (2 * old), -h / (2 * old)


@EXERCISE.slip(
    "The weights do not add up to the length of the step. "
    "The slope is a *difference*: the older prediction has a minus sign."
)
def older_prediction_added(before, now, then):
    h, old = then - now, now - before
    return h + h**2 / (2 * old), h**2 / (2 * old)


@EXERCISE.slip(
    "The slope belongs to the step before: it is a difference divided by the time between. You did not "
    "divide."
)
def slope_not_divided(now, then):
    h = then - now
    return h + h**2 / 2, -(h**2) / 2


@EXERCISE.slip(
    "The step is `then` - `now`, negative on the way down. You took its length for it, or a difference "
    "turned."
)
def lengths_taken(before, now, then):
    return two_weights(0.0, abs(now - before), abs(now - before) + abs(then - now))


@EXERCISE.slip("That is the line at the end of the step, at `then`. Asked for is its integral over the step.")
def value_at_the_end(before, now, then):
    share = (then - now) / (now - before)
    return 1 + share, -share


@EXERCISE.slip("The two predictions lie at `before` and `now`. Your slope divides by the time up to `then`.")
def slope_over_both_steps(before, now, then):
    h = then - now
    return h + h**2 / (2 * (then - before)), -(h**2) / (2 * (then - before))


@EXERCISE.slip("3/2 and -1/2 are right for two steps of length 1. Here the lengths are others.")
def weights_of_a_unit_step():
    return 1.5, -0.5


@EXERCISE.slip(r"The integral of $\tau$ is $\tau^2 / 2$. The half is missing.")
def half_of_the_square_forgotten(before, now, then):
    h, old = then - now, now - before
    integral = then**2 - now**2
    return (integral - before * h) / old, (now * h - integral) / old


@EXERCISE.slip(
    r"You took the area under $\tau$ from 0 on. The step begins at $\tau_t$: what lies before it does not belong to it."
)
def integral_from_zero(before, now, then):
    h, integral = then - now, then**2 / 2
    return (integral - before * h) / (now - before), (now * h - integral) / (now - before)
