"""01.2: blur a square image by letting its cosine waves fade, and add noise to every wave."""

from __future__ import annotations

import functools
import math

import torch

from ...checks import Exercise, normal
from ...destroy import Blur, ConstantNoise, dct_matrix


def cosine_waves(x0):
    """The cosine transform and the eigenvalues of the heat equation, for square images."""
    n = x0.shape[-1]
    frequencies = torch.arange(n, dtype=x0.dtype) * (math.pi / n)
    return dct_matrix(n).to(x0), frequencies.square() + frequencies.square()[:, None]


def forward_blur(x0, noise, width, sigma):
    matrix, eigenvalues = cosine_waves(x0)
    faded = torch.exp(-eigenvalues * width**2 / 2) * (matrix @ x0 @ matrix.T)
    return matrix.T @ (faded + sigma * noise) @ matrix


def cases():
    return (
        (normal(4, 1, 1, 2, 2), normal(5, 1, 1, 2, 2), 0.4, 0.1),
        (normal(6, 2, 1, 8, 8), normal(7, 2, 1, 8, 8), 1.5, 0.05),
        (normal(8, 1, 1, 4, 4), normal(9, 1, 1, 4, 4), 0.7, 0.3),
    )


EXERCISE = Exercise(
    id="01.2",
    title="Blur",
    difficulty=2,
    minutes=8,
    points=2,
    reference=forward_blur,
    cases=cases,
    law=r"coefficient $k$ becomes $e^{-\lambda_k w^2 / 2}\, c_k + \sigma\, \varepsilon_k$",
    praise="Each wave fades at a rate of its own. Fine detail goes first.",
)


@EXERCISE.right
def by_the_process(x0, noise, width, sigma):
    process = Blur(x0.shape[-2:], lambda t: width * t, ConstantNoise(sigma))
    return process.forward(x0, noise, 1.0)


def fading_by(decay):
    """The forward map, except that each wave keeps the share `decay(eigenvalues, width)`."""

    @functools.wraps(decay)
    def answer(x0, noise, width, sigma):
        matrix, eigenvalues = cosine_waves(x0)
        faded = decay(eigenvalues, width) * (matrix @ x0 @ matrix.T)
        return matrix.T @ (faded + sigma * noise) @ matrix

    return answer


@EXERCISE.slip("The width enters as $w^2$: heat that spreads twice as far has had four times as long.")
@fading_by
def width_not_squared(eigenvalues, width):
    return torch.exp(-eigenvalues * width / 2)


@EXERCISE.slip(r"The exponent is $-\lambda_k w^2 / 2$. A factor of one half is missing.")
@fading_by
def half_missing(eigenvalues, width):
    return torch.exp(-eigenvalues * width**2)


@EXERCISE.slip("Your fine waves grow instead of fading. That sharpens, and soon explodes.")
@fading_by
def sign(eigenvalues, width):
    return torch.exp(eigenvalues * width**2 / 2)


@EXERCISE.slip(r"You mixed variance and standard deviation: the noise enters with the factor $\sigma$.")
def variance_for_deviation(sigma, **given):
    return forward_blur(sigma=sigma**2, **given)


@EXERCISE.slip("The blur is right, but the noise is missing.")
def no_noise(sigma, **given):
    return forward_blur(sigma=0.0, **given)


@EXERCISE.slip("You took the noise to the wave basis. It is given there already: one number per wave.")
def noise_transformed(noise, **given):
    matrix = dct_matrix(noise.shape[-1]).to(noise)
    return forward_blur(noise=matrix @ noise @ matrix.T, **given)


@EXERCISE.slip("You blurred the noise together with the image. First fade the waves, then add the noise.")
def noise_blurred_too(x0, noise, width, sigma):
    matrix = dct_matrix(x0.shape[-1]).to(x0)
    noisy = x0 + sigma * (matrix.T @ noise @ matrix)
    return forward_blur(noisy, noise, width, sigma=0.0)
