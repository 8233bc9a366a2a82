"""00.1: x_t from the data and the noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def destroy(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.6, 0.3),
        (normal(0, 4, 3), normal(1, 4, 3), 0.9, 0.2),
        (normal(2, 2, 1, 3, 5), normal(3, 2, 1, 3, 5), 0.0, 1.7),
        (20 * normal(12, 3, 3), normal(13, 3, 3), 1.0, 0.0),
        (normal(14, 6, 1, 8, 8).float(), normal(15, 6, 1, 8, 8).float(), 0.309, 0.951),
        (normal(16, 1, 4), 5 * normal(17, 1, 4), 1.6, 3.0),
        (normal(32, 2, 4), normal(33, 2, 4), 0.0, 1.0),
        (normal(34, 2, 3), 90 * normal(35, 2, 3), 0.02, 4e-4),  # little of either
    )


def inputs(rng):
    shape = rng.choice([(1, 2), (2, 3), (5, 4), (3, 3), (2, 1, 3, 5), (6, 1, 8, 8)])
    x0, eps = (normal(rng.getrandbits(31), *shape) * rng.choice([0.1, 1.0, 30.0]) for _ in range(2))
    dtype = rng.choice([torch.float32, torch.float64])
    alpha, sigma = (
        rng.choice([0.0, 1.0, rng.random(), 2 * rng.random(), 4e-4]),
        rng.choice([0.0, 1.0, rng.random(), 50.0, 4e-4]),
    )
    return x0.to(dtype), eps.to(dtype), alpha, sigma


EXERCISE = Exercise(
    id="00.1",
    title="Destroy",
    difficulty=1,
    minutes=3,
    points=1,
    reference=destroy,
    cases=cases,
    law=r"$x_t = \alpha_t\, x_0 + \sigma_t\, \varepsilon$",
    praise=r"That one line is the forward map $F_t$ of every Gaussian diffusion model.",
    idea="Take one pixel. What must be left of it if alpha is 1 and sigma is 0, and what if it is the "
    "other way round?",
    why=r"Two ingredients, each with its scale: the data fades by $\alpha_t$, and the noise, of deviation "
    r"1, enters with the deviation $\sigma_t$.",
    inputs=inputs,
)


@EXERCISE.right
def by_torch(x0, eps, alpha, sigma):
    return torch.add(x0 * alpha, eps, alpha=sigma)


@EXERCISE.right
def summed(x0, eps, alpha, sigma):
    return torch.stack([alpha * x0, sigma * eps]).sum(0)


@EXERCISE.slip(
    r"The two scales have changed places. $\alpha_t$ is how much of the data is left, "
    r"$\sigma_t$ how much noise there is."
)
def alpha_and_sigma_swapped(x0, eps, alpha, sigma):
    return sigma * x0 + alpha * eps


@EXERCISE.slip(
    r"You mixed variance and standard deviation. The variance of the noise is $\sigma_t^2$. What stands "
    "in front of it?"
)
def variance_for_deviation(x0, eps, alpha, sigma):
    return alpha * x0 + sigma**2 * eps


@EXERCISE.slip("The noise goes in at full strength at every time. It has a scale of its own.")
def noise_not_scaled(x0, eps, alpha):
    return alpha * x0 + eps


@EXERCISE.slip("The data never fades in your formula. Each of the two ingredients has a scale.")
def data_not_scaled(x0, eps, sigma):
    return x0 + sigma * eps


@EXERCISE.slip("You take the noise away. It is added.")
def noise_taken_away(eps, **given):
    return destroy(eps=-eps, **given)


@EXERCISE.slip("You squared both scales. They go in as they are.")
def scales_squared(x0, eps, alpha, sigma):
    return alpha**2 * x0 + sigma**2 * eps


@EXERCISE.slip(r"You take $1 - \alpha_t$ for the scale of the noise. It is an input of its own: use it.")
def noise_of_one_minus_alpha(x0, eps, alpha):
    return alpha * x0 + (1 - alpha) * eps


@EXERCISE.slip("Both are scaled by one and the same number. Each of the two has its own.")
def one_scale_for_both(x0, eps, alpha):
    return alpha * (x0 + eps)


@EXERCISE.slip("You scaled the sum, so the noise fades with the data. Scale the data first, then add.")
def noise_fades_too(x0, eps, alpha, sigma):
    return alpha * (x0 + sigma * eps)


@EXERCISE.slip("There is no noise in your result. Two things are mixed here.")
def no_noise(x0, alpha):
    return alpha * x0


@EXERCISE.slip(
    r"You take the scale of the noise from $\alpha_t$, as on a circle. It is an input of its own: use it."
)
def noise_by_pythagoras(x0, eps, alpha):
    return alpha * x0 + max(0.0, 1 - alpha**2) ** 0.5 * eps
