"""04.4: x_s from the guess and a mixture of the inferred noise with fresh noise."""

from __future__ import annotations

import functools
import math

from ...checks import Exercise
from ._designs import design_cases


def mixed(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * (math.sqrt(1 - sigma**2) * eps + sigma * xi)


def cases():
    sigmas = (0.6, 0.3, 0.9)
    return tuple((*case, sigma) for case, sigma in zip(design_cases(), sigmas, strict=True))


EXERCISE = Exercise(
    id="04.4",
    title="Anything in between",
    difficulty=2,
    minutes=6,
    points=2,
    reference=mixed,
    cases=cases,
    law=r"the noise in $x_s$ has variance 1, and $\tilde\sigma^2$ of that is fresh",
    praise=r"One knob $\tilde\sigma$ from DDIM (0) to the independent design (1). DDPM lies on the way.",
)


@EXERCISE.right
def deviation_of_each_part(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    fresh = sigma * sigma_s
    inferred = math.sqrt(sigma_s**2 - fresh**2)
    return alpha_s * x0_hat + inferred * (x_t - alpha_t * x0_hat) / sigma_t + fresh * xi


def with_weights(weights):
    """The step whose weights of the inferred and of the fresh noise are the pair ``weights(sigma)``."""

    @functools.wraps(weights)
    def step(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
        eps = (x_t - alpha_t * x0_hat) / sigma_t
        inferred, fresh = weights(sigma)
        return alpha_s * x0_hat + sigma_s * (inferred * eps + fresh * xi)

    return step


@EXERCISE.slip(
    r"You mixed with weights $1 - \tilde\sigma$ and $\tilde\sigma$. Variances add, not deviations: the noise "
    "would come out too weak. The squares of the weights must sum to one."
)
@with_weights
def linear_mixture(sigma):
    return 1 - sigma, sigma


@EXERCISE.slip(
    r"The weights have changed places. $\tilde\sigma = 0$ is to be the delta design, without fresh noise."
)
@with_weights
def weights_swapped(sigma):
    return sigma, math.sqrt(1 - sigma**2)


@EXERCISE.slip(
    "You added fresh noise on top of all the old. Together they are too strong: part of the old must go."
)
@with_weights
def old_noise_kept_whole(sigma):
    return 1.0, sigma


@EXERCISE.slip(
    r"You took $\tilde\sigma$ for a variance. It is the deviation of the fresh part, so its square is what "
    "is taken from one."
)
@with_weights
def variance_for_deviation(sigma):
    return math.sqrt(1 - sigma), math.sqrt(sigma)


@EXERCISE.slip(
    r"The square is missing under the root: $\tilde\sigma$ is a deviation, and it is variances "
    "that add up to one."
)
@with_weights
def sigma_not_squared(sigma):
    return math.sqrt(1 - sigma), sigma


@EXERCISE.slip(
    r"The mixture is right, but it goes in at full strength. At time $s$ the noise has the scale $\sigma_s$."
)
def noise_not_scaled_to_s(**given):
    return mixed(**given | {"sigma_s": 1.0})


@EXERCISE.slip(r"The square root is missing: the old noise gets the weight $\sqrt{1 - \tilde\sigma^2}$.")
@with_weights
def root_missing(sigma):
    return 1 - sigma**2, sigma


@EXERCISE.slip(
    r"The fresh part must be scaled by $\sigma_s$ too. Both parts together are the noise of $x_s$."
)
def fresh_noise_not_scaled_to_s(xi, sigma_s, **given):
    return mixed(xi=xi / sigma_s, sigma_s=sigma_s, **given)
