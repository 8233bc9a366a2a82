"""07.6: a prediction of any kind, said as any other kind."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal
from ._pairs import SOURCE_TARGET_ALPHA_SIGMA, determinants


def cross(source, target):
    """A B' - A' B of the pairs (A, B) and (A', B')."""
    return source[0] * target[1] - target[0] * source[1]


def any_to_any(prediction, source, target, x_t, alpha, sigma):
    before, after = determinants(source, target, alpha, sigma)
    return (after * prediction + cross(source, target) * x_t) / before


def cases():
    prediction_and_x_t = (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]])),
        (normal(18, 4, 3), normal(19, 4, 3)),
        (normal(20, 2, 1, 3, 2), normal(21, 2, 1, 3, 2)),
        (normal(22, 3, 3), normal(23, 3, 3)),
        (normal(18, 4, 3), normal(19, 4, 3)),
        (normal(22, 3, 3), normal(23, 3, 3)),
    )
    data, noise = (1.0, 0.0), (0.0, 1.0)
    ends_of_time = ((data, noise, 0.0, 1.5), (noise, data, 0.8, 0.0))
    return tuple(
        (prediction, source, target, x_t, alpha, sigma)
        for (prediction, x_t), (source, target, alpha, sigma) in zip(
            prediction_and_x_t, (*SOURCE_TARGET_ALPHA_SIGMA, *ends_of_time), strict=True
        )
    )


EXERCISE = Exercise(
    id="07.6",
    title="Any kind into any kind",
    difficulty=3,
    minutes=12,
    points=3,
    reference=any_to_any,
    cases=cases,
    law=r"$A x_0 + B \varepsilon = \text{prediction}$ and $\alpha x_0 + \sigma \varepsilon = x_t$ give "
    r"$A' x_0 + B' \varepsilon = \frac{D'}{D}\, \text{prediction} + \frac{A B' - A' B}{D}\, x_t$",
    praise="Twelve conversions in the papers, one line here.",
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
    r"The factor of the prediction is right. That is enough for errors; for the values $x_t$ has a share too."
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


@EXERCISE.slip(r"The whole has the wrong sign: the determinant of the system is $A \sigma - B \alpha$.")
def sign_of_all(**given):
    return -any_to_any(**given)
