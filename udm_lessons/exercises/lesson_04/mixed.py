"""04.4: x_s from the guess and a mixture of the inferred noise with fresh noise."""

from __future__ import annotations

import functools
import math

from ...checks import Exercise
from ._designs import design_cases, design_inputs


def mixed(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * (math.sqrt(1 - sigma**2) * eps + sigma * xi)


def cases():
    first, *others = design_cases()
    sigmas = (0.3, 0.9, 0.4, 0.7, 0.5, 0.8, 0.6)
    return (
        (*first, 0.6),
        (*first, 0.0),
        (*first, 1.0),
        *((*case, sigma) for case, sigma in zip(others, sigmas, strict=True)),
    )


def inputs(rng):
    return *design_inputs(rng), rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random()))


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
    idea=r"Try the two ends, $\tilde\sigma = 0$ and $\tilde\sigma = 1$: each must be a design that you "
    "have written. "
    "In between, think of two independent noises: how wide is their sum?",
    why=r"The weights have squares $1 - \tilde\sigma^2$ and $\tilde\sigma^2$, which add up to 1, so the "
    "mixture is normal "
    "noise again, and is used at time $s$ as any other.",
    inputs=inputs,
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


@EXERCISE.slip("You gave the old noise its share of the *variance* as a weight. A weight is a deviation.")
@with_weights
def root_missing(sigma):
    return 1 - sigma**2, sigma


@EXERCISE.slip(
    r"The fresh part must be scaled by $\sigma_s$ too. Both parts together are the noise of $x_s$."
)
def fresh_noise_not_scaled_to_s(xi, sigma, **given):
    return mixed(xi=0 * xi, sigma=sigma, **given) + sigma * xi


@EXERCISE.slip("The knob is left out: your result is the delta design, whatever the share of fresh noise.")
@with_weights
def always_delta(sigma):
    return 1.0, 0.0


@EXERCISE.slip(
    "The knob is left out: your result is the independent design, whatever the share of fresh noise."
)
@with_weights
def always_independent(sigma):
    return 0.0, 1.0


@EXERCISE.slip("The fresh noise goes in whole. The knob weights both parts.")
@with_weights
def fresh_noise_whole(sigma):
    return math.sqrt(1 - sigma**2), 1.0


@EXERCISE.slip("The old noise is weakened, but the fresh noise that should make up for it is missing.")
@with_weights
def fresh_noise_missing(sigma):
    return math.sqrt(1 - sigma**2), 0.0


@EXERCISE.slip("The fresh noise is weighted with a variance. A weight is a deviation.")
@with_weights
def fresh_weight_squared(sigma):
    return math.sqrt(1 - sigma**2), sigma**2


@EXERCISE.slip("Both weights are variances here. It is their squares that must add up to one.")
@with_weights
def both_weights_squared(sigma):
    return 1 - sigma**2, sigma**2


@EXERCISE.slip(
    "What you mix with the fresh noise is $x_t$. Take the data out of it first: mix noise with noise."
)
def x_t_for_the_noise(x0_hat, x_t, xi, alpha_s, sigma_s, sigma):
    return alpha_s * x0_hat + sigma_s * (math.sqrt(1 - sigma**2) * x_t + sigma * xi)


@EXERCISE.slip(
    "You mixed the two finished designs with weights, so the share of the data is weighted as well."
)
def designs_mixed(x0_hat, x_t, xi, alpha_t, sigma_t, alpha_s, sigma_s, sigma):
    kept, eps = math.sqrt(1 - sigma**2), (x_t - alpha_t * x0_hat) / sigma_t
    return kept * (alpha_s * x0_hat + sigma_s * eps) + sigma * (alpha_s * x0_hat + sigma_s * xi)


@EXERCISE.slip("The noise is inferred with the scales of $s$. $x_t$ was made with those of $t$.")
def inferred_at_s(x0_hat, x_t, xi, alpha_s, sigma_s, sigma):
    kept = math.sqrt(1 - sigma**2)
    return alpha_s * x0_hat + kept * (x_t - alpha_s * x0_hat) + sigma_s * sigma * xi


@EXERCISE.slip("The mixture is right, but it is pushed forward to $t$. The step ends at $s$.")
def forward_to_t(x0_hat, x_t, xi, alpha_t, sigma_t, sigma):
    eps = (x_t - alpha_t * x0_hat) / sigma_t
    return alpha_t * x0_hat + sigma_t * (math.sqrt(1 - sigma**2) * eps + sigma * xi)
