"""07.5: what an error of a prediction does to x_s, in one step of DDIM."""

from __future__ import annotations

import math

from ...checks import Exercise
from ._pairs import drawn_pair, drawn_scales, told_apart


def step_error(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    return (alpha_s * sigma_t - sigma_s * alpha_t) / (A * sigma_t - B * alpha_t)


def cases():
    return (
        (0.5, 2.0, 0.75, 0.5, 0.9, 0.2),
        (0.0, 1.0, 0.3, 0.95, 0.8, 0.6),  # noise
        (1.0, 0.0, 0.3, 0.95, 0.8, 0.6),  # data
        (-1.2, 0.9, 0.6, 0.8, 0.9, 0.4),  # a velocity
        (-1.0, 1.0, 0.25, 0.75, 0.5, 0.5),
        (0.0, -1.25, 0.6, 0.8, 0.8, 0.6),  # score
        (1.0, 0.0, 0.0, 1.0, 0.7, 0.7),  # from pure noise
        (0.0, 1.0, 0.01, 1.0, 1.0, 0.0),  # one step down to the data
        (-1.6, 0.3, 0.2, 0.9, 1.0, 0.0),
        (0.4, -1.5, 1.0, 3.0, 1.0, 2.5),  # exploding noise
        (-1.3, 0.8, 0.61, 0.79, 0.62, 0.78),  # a short step
        (0.7, 0.7, 0.2, 0.9, 0.2, 0.9),  # no step
        (1.0, 0.0, 0.8, 0.9, 1.5, 0.0),  # a schedule that goes beyond 1
        (1.0, 0.0, 0.9, 1e-4, 1.0, 0.0),  # hardly any noise
        (0.0, -1e4, 0.9, 1e-4, 0.95, 4e-5),
        (0.0, 1.0, 2e-4, 1.0, 0.3, 0.9),  # hardly any signal
        (1.0, 0.0, 0.3, 20.0, 0.9, 15.0),
        (-1.6, 0.0, 0.0, 1.0, 0.0, 0.87),  # no signal yet
    )


def inputs(rng):
    while True:
        alpha_t, sigma_t, *slopes = drawn_scales(rng, ends=(1.0,))
        A, B = drawn_pair(rng, alpha_t, sigma_t, *slopes)
        if told_apart((A, B), alpha_t, sigma_t):
            break
    alpha_s = rng.choice([1.0, alpha_t, alpha_t + rng.uniform(0.0, 1.0)])
    sigma_s = sigma_t * rng.choice([0.0, rng.uniform(0.0, 1.0), math.exp(-rng.uniform(0.0, 0.2))])
    return A, B, alpha_t, sigma_t, alpha_s, sigma_s


EXERCISE = Exercise(
    id="07.5",
    title="What a step feels",
    difficulty=2,
    minutes=8,
    points=2,
    reference=step_error,
    cases=cases,
    law=r"$\hat x_0$ is off by $\sigma_t \delta$ and $\hat\varepsilon$ by $-\alpha_t \delta$, where the prediction is "
    r"off by $D\, \delta$; and $x_s = \alpha_s \hat x_0 + \sigma_s \hat\varepsilon$",
    praise="One number per kind and step, for long steps as for short ones.",
    idea=r"Follow one $\delta$: how far off is the prediction, how far $\hat x_0$, how far $\hat\varepsilon$, and then "
    "$x_s$? What must come out for the data in one step down to the end? And in a step that leads nowhere?",
    why=r"$x_s$ is off by $\alpha_s \sigma_t \delta - \sigma_s \alpha_t \delta$, and $\delta$ is the error of the "
    r"prediction divided by $D = A \sigma_t - B \alpha_t$.",
    inputs=inputs,
)


@EXERCISE.right
def both_guesses_followed(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    delta = 1 / (A * sigma_t - B * alpha_t)
    dx0, deps = sigma_t * delta, -alpha_t * delta
    return alpha_s * dx0 + sigma_s * deps


@EXERCISE.right
def as_a_ratio_of_determinants(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    return -(sigma_s * alpha_t - alpha_s * sigma_t) / (-(B * alpha_t - A * sigma_t))


@EXERCISE.slip(
    r"You followed $\hat x_0$ alone. The noise is inferred from it, so $\hat\varepsilon$ is wrong too, and the step puts it back."
)
def noise_taken_for_right(A, B, alpha_t, sigma_t, alpha_s):
    return alpha_s * sigma_t / (A * sigma_t - B * alpha_t)


@EXERCISE.slip(r"You followed $\hat\varepsilon$ alone. The guess of the data is wrong as well.")
def data_taken_for_right(A, B, alpha_t, sigma_t, sigma_s):
    return -sigma_s * alpha_t / (A * sigma_t - B * alpha_t)


@EXERCISE.slip(
    r"A sign: the two guesses are wrong in opposite directions, since both must explain the same $x_t$. "
    "In a step that leads nowhere the errors must cancel."
)
def errors_added(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    return (alpha_s * sigma_t + sigma_s * alpha_t) / (A * sigma_t - B * alpha_t)


@EXERCISE.slip(
    r"That is the factor of $\delta$. The error that is given is that of the prediction: how many $\delta$ is it?"
)
def factor_of_delta(alpha_t, sigma_t, alpha_s, sigma_s):
    return alpha_s * sigma_t - sigma_s * alpha_t


@EXERCISE.slip("You multiplied by $D$. The prediction is off by $D$ times the common error: divide by it.")
def multiplied_by_d(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    return (alpha_s * sigma_t - sigma_s * alpha_t) * (A * sigma_t - B * alpha_t)


@EXERCISE.slip("That is the factor turned upside down: error of the prediction for an error of 1 in $x_s$.")
def inverted(alpha_t, sigma_t, alpha_s, sigma_s, A, B):
    across = alpha_s * sigma_t - sigma_s * alpha_t
    return (A * sigma_t - B * alpha_t) / across if across else math.inf


@EXERCISE.slip("The prediction was made at $t$: its $D$ has the scales of $t$.")
def scales_of_s_in_d(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    d = A * sigma_s - B * alpha_s
    return (alpha_s * sigma_t - sigma_s * alpha_t) / d if d else math.inf


@EXERCISE.slip(r"In $D$ stands a difference: the data and the noise are wrong in opposite directions.")
def plus_in_d(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    d = A * sigma_t + B * alpha_t
    return (alpha_s * sigma_t - sigma_s * alpha_t) / d if d else math.inf


@EXERCISE.slip("The sign is turned. In a step down to the data an error of the data must arrive with a plus.")
def sign_of_all(**given):
    return -step_error(**given)


@EXERCISE.slip("Asked for is the factor with its sign, not squared: it tells in which direction $x_s$ is off.")
def squared(**given):
    return step_error(**given) ** 2


@EXERCISE.slip("Asked for is the factor with its sign: it tells in which direction $x_s$ is off.")
def absolute(**given):
    return abs(step_error(**given))


@EXERCISE.slip("$s$ and $t$ have changed places: which scales go with the guesses at $t$, which with the step to $s$?")
def times_swapped(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    d = A * sigma_s - B * alpha_s
    return (alpha_t * sigma_s - sigma_t * alpha_s) / d if d else math.inf


@EXERCISE.slip("$A$ and $B$ have changed places: $A$ stands before $x_0$.")
def data_for_noise(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    d = B * sigma_t - A * alpha_t
    return (alpha_s * sigma_t - sigma_s * alpha_t) / d if d else math.inf


@EXERCISE.slip(r"You took $\delta$ for the error of the data. The data is off by $\sigma_t \delta$.")
def delta_for_the_error_of_the_data(A, B, alpha_t, sigma_t, alpha_s, sigma_s):
    return (alpha_s - sigma_s * alpha_t / sigma_t) / (A * sigma_t - B * alpha_t)
