"""10.1: which noise is in a blurred picture, one number per wave."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal, uniform
from ...destroy import dct_matrix
from ._waves import fading


def wave_noise(x0, x_t, a, sigma, C):
    return (C @ x_t @ C.T - a * (C @ x0 @ C.T)) / sigma


def random_case(seed, batch, n, w, sigma):
    x0, x_t = normal(seed, batch, n, n), normal(seed + 1, batch, n, n)
    return x0, x_t, fading(n, n, w), sigma, dct_matrix(n)


def cases():
    return (
        random_case(20, 1, 2, 0.8, 0.5),
        random_case(2, 3, 4, 0.5, 0.1),
        random_case(4, 2, 5, 1.2, 2.0),
        as_on_the_page(),
        random_case(10, 4, 4, 24.0, 1e-4),  # for most waves a is 0 to the computer; as many pictures as rows
        random_case(12, 2, 3, 0.0, 1.0),  # no blur at all
        (normal(14, 2, 3, 3), normal(15, 2, 3, 3), uniform(16, 3, 3), 0.4, dct_matrix(3)),  # other factors across than down
    )


def as_on_the_page():
    """Pictures of 8 x 8 pixels and light noise."""
    x0, eps, C, a = normal(6, 3, 8, 8), normal(8, 3, 8, 8), dct_matrix(8), fading(8, 8, 2.0)
    return x0, C.T @ (a * (C @ x0 @ C.T) + 0.1 * eps) @ C, a, 0.1, C


def inputs(rng):
    batch, n, scale = rng.choice((1, 2, 5)), rng.choice((1, 2, 3, 4, 5, 8)), rng.choice((0.1, 1.0, 20.0))
    if rng.random() < 0.2:
        batch = n
    x0, x_t = (scale * normal(rng.getrandbits(31), batch, n, n) for _ in range(2))
    a = fading(n, n, rng.choice((0.0, 24.0, rng.uniform(0.1, 3.0), rng.uniform(0.1, 8.0))))
    if rng.random() < 0.2:
        a = uniform(rng.getrandbits(31), n, n)
    return x0, x_t, a, rng.choice((1e-4, 0.001, 0.05, 0.1, 1.0, 10.0, rng.uniform(0.01, 3.0))), dct_matrix(n)


EXERCISE = Exercise(
    id="10.1",
    title="The noise in a blurred picture",
    difficulty=2,
    minutes=6,
    points=2,
    reference=wave_noise,
    cases=cases,
    law=r"$\varepsilon_k = (C x_t C^T - a_t \odot C x_0 C^T)_k / \sigma$",
    praise="No division by $a$ occurs: inferring noise is safe however strong the blur.",
    idea="Make an $x_t$ yourself: take a picture, blur it, add noise that you know. Your function must give "
    "back that noise. And if the blur is so strong that nothing of the picture is left?",
    why=r"$C$ undoes $C^T$, so the waves of $x_t$ are $a_t \odot C x_0 C^T + \sigma\, \varepsilon$. "
    r"Take off the first part, which is known, and divide by $\sigma$.",
    inputs=inputs,
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
    "You took off the sharp picture. What is in $x_t$ is the blurred one, each wave faded by its own share."
)
def not_blurred(x0, x_t, sigma, C):
    return C @ (x_t - x0) @ C.T / sigma


@EXERCISE.slip(r"That is the noise at the strength that it has in $x_t$. Asked for is noise of deviation 1.")
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


@EXERCISE.slip(r"You multiplied by $\sigma$. That is how noise gets into $x_t$. Here it is taken out.")
def times_sigma(sigma, **given):
    return wave_noise(sigma=1 / sigma, **given)


@EXERCISE.slip("You took $x_t$ for the sharp picture and $x_0$ for the noisy one.")
def pictures_swapped(x0, x_t, **given):
    return wave_noise(x0=x_t, x_t=x0, **given)


@EXERCISE.slip("It is $x_0$ that has faded on its way to $x_t$. You let $x_t$ fade once more.")
def x_t_faded(x0, x_t, a, sigma, C):
    return (a * (C @ x_t @ C.T) - C @ x0 @ C.T) / sigma


@EXERCISE.slip("Both pictures are faded here. In $x_t$ that has been done already.")
def both_faded(x0, x_t, a, sigma, C):
    return a * (C @ (x_t - x0) @ C.T) / sigma


@EXERCISE.slip("You transformed the rows only. A picture has two directions: $C x C^T$.")
def columns_only(x0, x_t, a, sigma, C):
    return (x_t @ C.T - a * (x0 @ C.T)) / sigma


@EXERCISE.slip("On the right of a picture stands $C^T$, and you took $C$.")
def not_transposed(x0, x_t, a, sigma, C):
    return (C @ x_t @ C - a * (C @ x0 @ C)) / sigma


@EXERCISE.slip("The blurred picture and the noise add up to $x_t$. So it is to be taken off, not added.")
def blurred_added(x0, x_t, a, sigma, C):
    return (C @ x_t @ C.T + a * (C @ x0 @ C.T)) / sigma


@EXERCISE.slip("You averaged over the batch. Every picture has a noise of its own.")
def averaged(**given):
    noise = wave_noise(**given)
    return noise.mean(0, keepdim=True).expand_as(noise)


@EXERCISE.slip("You took the waves of $x_t$ alone. They hold the blurred picture besides the noise.")
def picture_left_in(x_t, sigma, C):
    return C @ x_t @ C.T / sigma


@EXERCISE.slip("You squared $a$. It says how much of a wave is left, not how much of its variance.")
def a_squared(a, **given):
    return wave_noise(a=a**2, **given)


@EXERCISE.slip("You took the root of $a$. It is the factor of a wave as it stands.")
def root_of_a(a, **given):
    return wave_noise(a=a**0.5, **given)
