"""01.1: blur a square image by letting its cosine waves fade, and add noise to every wave."""

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
    waves = matrix @ x0 @ matrix.T
    faded = torch.exp(-eigenvalues * width**2 / 2) * waves + sigma * noise
    return matrix.T @ faded @ matrix


def cases():
    return (
        (normal(4, 1, 1, 2, 2), normal(5, 1, 1, 2, 2), 0.4, 0.1),
        (normal(6, 2, 1, 8, 8), normal(7, 2, 1, 8, 8), 1.5, 0.05),
        (normal(8, 1, 1, 4, 4), normal(9, 1, 1, 4, 4), 1.0, 1.0),
        (normal(27, 3, 1, 3, 3), 20 * normal(28, 3, 1, 3, 3), 0.0, 0.05),
        (normal(29, 6, 1, 8, 8).float(), normal(30, 6, 1, 8, 8).float(), 3.0, 0.05),
        (normal(31, 5, 1, 5, 5), normal(32, 5, 1, 5, 5), 1.2, 1.5),
        (0.1 * normal(33, 2, 1, 4, 4), 20 * normal(34, 2, 1, 4, 4), 0.5, 4e-4),  # hardly any noise
    )


def inputs(rng):
    batch, n = rng.choice([1, 2, 5]), rng.choice([2, 3, 4, 8])
    x0, noise = (normal(rng.getrandbits(31), batch, 1, n, n) for _ in range(2))
    dtype = rng.choice([torch.float32, torch.float64])
    width = rng.choice([0.0, 1.0, 3 * rng.random(), 5 * rng.random()])
    sigma = rng.choice([0.05, 0.05 + rng.random(), 2.0, 1.0, 4e-4])
    return x0.to(dtype), noise.to(dtype) * rng.choice([1.0, 20.0]), width, sigma


EXERCISE = Exercise(
    id="01.1",
    title="Blur",
    difficulty=2,
    minutes=8,
    points=2,
    reference=forward_blur,
    cases=cases,
    law=r"coefficient $k$ becomes $e^{-\lambda_k w^2 / 2}\, c_k + \sigma\, \varepsilon_k$",
    praise="Each wave fades at a rate of its own. Fine detail goes first.",
    idea="Put in no width and no noise: which picture must come out? With a huge width and no noise? "
    "And if the picture is black and only the noise is there, does the width matter?",
    why=r"In the wave basis heat acts on each number alone: wave $k$ keeps the share $e^{-\lambda_k w^2/2}$. "
    r"The noise is given in that basis and is added after the fading, at scale $\sigma$.",
    inputs=inputs,
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


@EXERCISE.slip(
    "Heat that spreads twice as far has had four times as long. So the width cannot enter as it is."
)
@fading_by
def width_not_squared(eigenvalues, width):
    return torch.exp(-eigenvalues * width / 2)


@EXERCISE.slip("Your waves fade too fast: compare your exponent with the page, a number is missing.")
@fading_by
def half_missing(eigenvalues, width):
    return torch.exp(-eigenvalues * width**2)


@EXERCISE.slip("Your fine waves grow instead of fading. That sharpens, and soon explodes.")
@fading_by
def sign(eigenvalues, width):
    return torch.exp(eigenvalues * width**2 / 2)


@EXERCISE.slip(r"You mixed variance and standard deviation: $\sigma$ is the scale of the noise as it is.")
def variance_for_deviation(sigma, **given):
    return forward_blur(sigma=sigma**2, **given)


@EXERCISE.slip("The blur is right, but the noise is missing.")
def no_noise(sigma, **given):
    return forward_blur(sigma=0.0, **given)


@EXERCISE.slip(
    "You took the noise for a picture. It is one number per wave already: add it to the waves as it is."
)
def noise_transformed(noise, **given):
    matrix = dct_matrix(noise.shape[-1]).to(noise)
    return forward_blur(noise=matrix @ noise @ matrix.T, **given)


@EXERCISE.slip("You blurred the noise together with the image. First fade the waves, then add the noise.")
def noise_blurred_too(x0, noise, width, sigma):
    matrix = dct_matrix(x0.shape[-1]).to(x0)
    noisy = x0 + sigma * (matrix.T @ noise @ matrix)
    return forward_blur(noisy, noise, width, sigma=0.0)


@EXERCISE.slip("The width has no say: the picture comes out as sharp as it was.")
def not_faded(width, **given):
    return forward_blur(width=0.0, **given)


@EXERCISE.slip("The noise goes in at full strength. It has a scale of its own.")
def noise_not_scaled(sigma, **given):
    return forward_blur(sigma=1.0, **given)


@EXERCISE.slip("The eigenvalues are squares of frequencies already. You squared them once more.")
@fading_by
def eigenvalues_squared(eigenvalues, width):
    return torch.exp(-(eigenvalues**2) * width**2 / 2)


@EXERCISE.slip("Your waves fade too slowly: you squared the one half together with the width.")
@fading_by
def half_squared_too(eigenvalues, width):
    return torch.exp(-eigenvalues * (width / 2) ** 2)


@EXERCISE.slip(
    r"You took the $8$ of the text for every picture. The waves of a picture of $n \times n$ pixels depend on $n$, "
    "and the cell has `eigenvalues` ready."
)
def eight_for_every_size(x0, noise, width, sigma):
    return forward_blur(x0, noise, width * x0.shape[-1] / 8, sigma)


@EXERCISE.slip("You take the noise away. It is added.")
def noise_taken_away(noise, **given):
    return forward_blur(noise=-noise, **given)


@EXERCISE.slip("You gave faded waves more noise, as if the variance had to be kept. Here each wave gets the same noise.")
def noise_fills_up_what_fades(x0, noise, width, sigma):
    matrix, eigenvalues = cosine_waves(x0)
    fade = torch.exp(-eigenvalues * width**2 / 2)
    faded = fade * (matrix @ x0 @ matrix.T) + sigma * (1 - fade**2).sqrt() * noise
    return matrix.T @ faded @ matrix


@EXERCISE.slip("The slowest wave, the mean of the picture, has no noise in your result. It does not fade, but it is noised like the others.")
def no_noise_on_the_mean(x0, noise, width, sigma):
    matrix, eigenvalues = cosine_waves(x0)
    waves = matrix @ x0 @ matrix.T
    faded = torch.exp(-eigenvalues * width**2 / 2) * waves + (eigenvalues > 0) * sigma * noise
    return matrix.T @ faded @ matrix
