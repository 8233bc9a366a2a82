"""10.2: which noise is in a blurred picture, one number per wave."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal
from ...destroy import dct_matrix
from .fading import fading


def wave_noise(x0, x_t, a, sigma, C):
    return (C @ x_t @ C.T - a * (C @ x0 @ C.T)) / sigma


def random_case(seed, batch, n, w, sigma):
    x0, x_t = normal(seed, batch, n, n), normal(seed + 1, batch, n, n)
    return x0, x_t, fading(n, n, w).double(), sigma, dct_matrix(n)


def cases():
    return (
        random_case(0, 1, 2, 0.8, 0.5),
        random_case(2, 3, 4, 0.5, 0.1),
        random_case(4, 2, 5, 1.2, 2.0),
    )


EXERCISE = Exercise(
    id="10.2",
    title="The noise in a blurred picture",
    difficulty=2,
    minutes=8,
    points=2,
    reference=wave_noise,
    cases=cases,
    law=r"$\varepsilon_k = (C x_t C^T - a_t \odot C x_0 C^T)_k / \sigma$",
    praise="No division by $a$ occurs: inferring noise is safe however strong the blur.",
)


@EXERCISE.right
def difference_in_pixels(x0, x_t, a, sigma, C):
    blurred = C.T @ (a * (C @ x0 @ C.T)) @ C
    return C @ (x_t - blurred) @ C.T / sigma


@EXERCISE.right
def by_einsum(x0, x_t, a, sigma, C):
    u0 = torch.einsum("ki,bij,lj->bkl", C, x0, C)
    u_t = torch.einsum("ki,bij,lj->bkl", C, x_t, C)
    return (u_t - a * u0) / sigma


@EXERCISE.slip("That is the noise in pixels. Asked for is one number per wave: transform $x_t$ as well.")
def noise_in_pixels(x0, x_t, a, sigma, C):
    blurred = C.T @ (a * (C @ x0 @ C.T)) @ C
    return (x_t - blurred) / sigma


@EXERCISE.slip(
    "You took off the sharp picture. What is in $x_t$ is the blurred one: its coefficients times $a$."
)
def not_blurred(x0, x_t, sigma, C):
    return C @ (x_t - x0) @ C.T / sigma


@EXERCISE.slip(r"That is $\sigma$ times the noise. Divide by $\sigma$.")
def sigma_forgotten(x0, x_t, a, C):
    return C @ x_t @ C.T - a * (C @ x0 @ C.T)


@EXERCISE.slip("You took coefficients of waves off pixels. Transform $x_t$ as well.")
def picture_not_transformed(x0, x_t, a, sigma, C):
    return (x_t - a * (C @ x0 @ C.T)) / sigma


@EXERCISE.slip(
    "These are pixels, but $a$ and the noise belong to waves. Transform both pictures first: $C x C^T$."
)
def no_transform_at_all(x0, x_t, a, sigma):
    return (x_t - a * x0) / sigma


@EXERCISE.slip(
    "Each wave is multiplied by its own number: `*`, entry by entry, and not the matrix product `@`."
)
def matrix_product_with_a(x0, x_t, a, sigma, C):
    return (C @ x_t @ C.T - a @ (C @ x0 @ C.T)) / sigma


@EXERCISE.slip("You multiplied the *pixels* by $a$. Each wave fades by its own $a$: transform first.")
def faded_in_pixels(x0, x_t, a, sigma, C):
    return C @ (x_t - a * x0) @ C.T / sigma


@EXERCISE.slip(r"Here the noise has one and the same $\sigma$ for every wave, whatever $a$ is.")
def habit_of_normal_noise(x0, x_t, a, C):
    return (C @ x_t @ C.T - a * (C @ x0 @ C.T)) / (1 - a**2).sqrt()


@EXERCISE.slip(
    "You divided $x_t$ by $a$. The noise was added *after* the fading, so it must not be divided by $a$."
)
def x_t_deblurred(x0, x_t, a, sigma, C):
    return (C @ x_t @ C.T / a - C @ x0 @ C.T) / sigma


@EXERCISE.slip(r"You went the wrong way: $C x C^T$ leads from pixels to waves, $C^T c\, C$ leads back.")
def transformed_the_wrong_way(x0, x_t, a, sigma, C):
    return (C.T @ x_t @ C - a * (C.T @ x0 @ C)) / sigma


@EXERCISE.slip("You transformed the columns only. A picture has two directions: $C x C^T$.")
def rows_only(x0, x_t, a, sigma, C):
    return (C @ x_t - a * (C @ x0)) / sigma


@EXERCISE.slip("`sigma` is the deviation of the noise. You divided by its square.")
def variance_for_deviation(sigma, **given):
    return wave_noise(sigma=sigma**2, **given)


@EXERCISE.slip(r"Only the second part is divided by $\sigma$. The whole difference must be: set brackets.")
def brackets(x0, x_t, a, sigma, C):
    return C @ x_t @ C.T - a * (C @ x0 @ C.T) / sigma


@EXERCISE.slip("The sign is turned. The noise is what must be *added* to the blurred picture to get $x_t$.")
def sign(**given):
    return -wave_noise(**given)
