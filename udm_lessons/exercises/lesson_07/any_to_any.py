"""07.2: a prediction of any kind, said as any other kind."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal
from ._pairs import SOURCE_TARGET_ALPHA_SIGMA, determinants, drawn_pair, drawn_scales, drawn_shape, told_apart


def cross(source, target):
    """A B' - A' B of the pairs (A, B) and (A', B')."""
    return source[0] * target[1] - target[0] * source[1]


def any_to_any(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (after * prediction + cross(source, target) * x_t) / before


def cases():
    data, noise, velocity = (1.0, 0.0), (0.0, 1.0), (-1.6, 0.0)
    more = (
        (data, noise, 0.0, 1.5),
        (noise, data, 0.8, 0.0),
        (velocity, (0.5, -0.7), 0.0, 1.0),
        ((-1.0, 1.0), (0.3, 2.0), 0.8, 0.0),
        (data, (0.9, 0.1), 0.9, 0.1),  # the target is x_t itself
        ((0.4, -0.9), (0.4, -0.9), 0.6, 0.8),
        (noise, (0.0, -50.0), 1.0, 0.02),
        ((-1.0, 1.0), noise, 1.0, 0.0),  # other shares of x_t, and D is the same for both
        (noise, (-1.6, 0.3), 1e-4, 1.0),
        (data, noise, 0.9, 1e-4),
    )
    seeds_and_shapes = (
        (18, 4, 3), (20, 2, 1, 3, 2), (22, 3, 3), (18, 4, 3), (22, 3, 3), (34, 5, 1), (36, 1, 1), (38, 1, 4),
        (40, 4, 3), (42, 2, 2), (44, 2, 3, 1), (46, 3, 4), (48, 3, 1),
    )  # fmt: skip
    drawn = [(normal(seed, *shape), normal(seed + 1, *shape)) for seed, *shape in seeds_and_shapes]
    by_hand = (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]))
    return tuple(
        (prediction, source, target, x_t, alpha, sigma)
        for (prediction, x_t), (source, target, alpha, sigma) in zip(
            (by_hand, *drawn), (*SOURCE_TARGET_ALPHA_SIGMA, *more), strict=True
        )
    )


def inputs(rng):
    shape, size = drawn_shape(rng, 2, 3), math.exp(rng.uniform(-3, 4))
    while True:
        scales = drawn_scales(rng)
        source, target = drawn_pair(rng, *scales), drawn_pair(rng, *scales)
        alpha, sigma, _, _ = scales
        if told_apart(source, alpha, sigma):
            break
    x0, noise = size * normal(rng.getrandbits(31), *shape), normal(rng.getrandbits(31), *shape)
    return source[0] * x0 + source[1] * noise, source, target, alpha * x0 + sigma * noise, alpha, sigma


EXERCISE = Exercise(
    id="07.2",
    title="Any kind into any kind",
    difficulty=3,
    minutes=12,
    points=3,
    reference=any_to_any,
    cases=cases,
    law=r"$A x_0 + B \varepsilon = \text{prediction}$ and $\alpha x_0 + \sigma \varepsilon = x_t$ give "
    r"$A' x_0 + B' \varepsilon = \frac{D'}{D}\, \text{prediction} + \frac{A B' - A' B}{D}\, x_t$",
    praise="Twelve conversions in the papers, one line here.",
    idea="Choose data and noise yourself, make the prediction and $x_t$ from them, and see whether the "
    "target comes out. What must come out if source and target are the same? And do not trust a round trip.",
    why=r"The two equations have the solution $D x_0 = \sigma\, \text{prediction} - B x_t$ and "
    r"$D \varepsilon = A x_t - \alpha\, \text{prediction}$. The result is $A'$ times the first "
    "plus $B'$ times the second, and only $D$ divides.",
    inputs=inputs,
)


@EXERCISE.right
def by_linear_solve(prediction, source, target, x_t, alpha, sigma):
    system = torch.tensor([[alpha, sigma], source], dtype=x_t.dtype)
    known = torch.stack([x_t.flatten(), prediction.flatten()])
    x0, eps = torch.linalg.solve(system, known)
    return (target[0] * x0 + target[1] * eps).reshape(x_t.shape)


@EXERCISE.right
def data_and_noise_over_one_denominator(prediction, source, target, x_t, alpha, sigma):
    A, B = source
    D = A * sigma - B * alpha
    D_times_x0 = sigma * prediction - B * x_t
    D_times_eps = A * x_t - alpha * prediction
    return (target[0] * D_times_x0 + target[1] * D_times_eps) / D


@EXERCISE.slip(
    r"The factor of the prediction is right. But $x_t$ has a share too, unless both kinds are one."
)
def x_t_left_out(prediction, source, target, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return after / before * prediction


@EXERCISE.slip(r"The two shares need not add up to 1. Solve the two equations for the share of $x_t$.")
def shares_that_add_to_one(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    share = after / before
    return share * prediction + (1 - share) * x_t


@EXERCISE.slip(
    r"The share of $x_t$ has the wrong sign. "
    r"Try it on noise to data, where $x_t$ must come with $+1/\alpha$."
)
def sign_of_the_share_of_x_t(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (after * prediction - cross(source, target) * x_t) / before


@EXERCISE.slip(
    r"$D$ and $D'$ have changed places. "
    r"What is divided by is the determinant of the two *known* equations."
)
def inverted(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (before * prediction + cross(source, target) * x_t) / after


@EXERCISE.slip(r"The share of $x_t$ must be divided by $D$ as well.")
def x_t_not_divided(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return after / before * prediction + cross(source, target) * x_t


@EXERCISE.slip("That converts from the target to the source.")
def source_and_target_swapped(source, target, **given):
    return any_to_any(source=target, target=source, **given)


@EXERCISE.slip(r"$\alpha$ and $\sigma$ have changed places: $x_t = \alpha x_0 + \sigma \varepsilon$.")
def alpha_for_sigma(alpha, sigma, **given):
    return any_to_any(alpha=sigma, sigma=alpha, **given)


@EXERCISE.slip(
    r"In the target $x_0$ and $\varepsilon$ have changed places: "
    r"$A'$ stands before $x_0$, $B'$ before $\varepsilon$."
)
def data_for_noise(target, **given):
    return any_to_any(target=(target[1], target[0]), **given)


@EXERCISE.slip(
    r"In the source $x_0$ and $\varepsilon$ have changed places: "
    r"$A$ stands before $x_0$, $B$ before $\varepsilon$."
)
def data_for_noise_in_the_source(source, **given):
    return any_to_any(source=(source[1], source[0]), **given)


@EXERCISE.slip("The prediction and $x_t$ have changed places. Which equation has which right side?")
def prediction_and_x_t_swapped(prediction, x_t, **given):
    return any_to_any(prediction=x_t, x_t=prediction, **given)


@EXERCISE.slip(
    "That is a multiple of the target. If source and target are one kind, the prediction as it is must come "
    "out. What is still to be divided by?"
)
def not_divided(prediction, source, target, x_t, alpha, sigma):
    _, after = determinants(source, target, alpha, sigma)
    return after * prediction + cross(source, target) * x_t


@EXERCISE.slip(
    r"The share of $x_t$ must vanish if source and target are one kind, and yours does not. It has two "
    "parts, one from the data and one from the noise: look at the sign of each."
)
def plus_in_the_share_of_x_t(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (after * prediction + (source[0] * target[1] + target[0] * source[1]) * x_t) / before


@EXERCISE.slip(r"You added in $D$ and in $D'$. Which sign has the $D$ of the noise in the table?")
def plus_in_d(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, -sigma)
    return (after * prediction - cross(source, target) * x_t) / before


@EXERCISE.slip(
    r"The noise that you solved for has the wrong sign. Put your $x_0$ and $\varepsilon$ back into "
    r"$x_t = \alpha x_0 + \sigma \varepsilon$ and see."
)
def sign_of_epsilon(target, **given):
    return any_to_any(target=(target[0], -target[1]), **given)


@EXERCISE.slip(
    r"Right, but $\alpha$ may be 0 at the end of time, where data still tells the noise. "
    r"Divide by $D$ alone."
)
def divided_by_alpha(prediction, source, target, x_t, alpha, sigma):
    A, B = source
    eps = (prediction - x_t * (A / alpha)) / (B - A * sigma / alpha)
    x0 = (x_t - sigma * eps) / alpha
    return target[0] * x0 + target[1] * eps


@EXERCISE.slip(
    r"Right, but $\sigma$ may be 0 at the start, where noise still tells the data. Divide by $D$ alone."
)
def divided_by_sigma(prediction, source, target, x_t, alpha, sigma):
    A, B = source
    x0 = (sigma * prediction - B * x_t) / (A * sigma - B * alpha)
    eps = (x_t - alpha * x0) / sigma
    return target[0] * x0 + target[1] * eps


@EXERCISE.slip(
    r"That is the prediction itself. "
    r"With $x_0$ and $\varepsilon$ in hand, use the pair of the *target*."
)
def source_returned(prediction):
    return prediction


@EXERCISE.slip(
    "The whole has the wrong sign. If source and target are one kind, the prediction itself must come out."
)
def sign_of_all(**given):
    return -any_to_any(**given)
