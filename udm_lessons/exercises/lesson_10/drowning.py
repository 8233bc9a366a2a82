"""10.2: the blur at which a wave is as weak as the noise."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal, uniform
from ._waves import rates


def drowning_width(eigenvalues, v, sigma):
    return (torch.log(v / sigma**2).clamp(min=0) / eigenvalues).sqrt()


def cases():
    return (
        (_row(1.0, 2.0), _row(4.0, 0.01), 0.5),
        (_row(0.154, 0.617, 9.87), _row(5.0, 2.0, 0.3), 0.1),
        (_row(0.5, 4.0, 1.0, 0.2), _row(0.04, 0.039, 3.0, 0.0), 0.2),  # just as weak as the noise; weaker; no such wave at all
        as_on_the_page(8, 0.1),
        as_on_the_page(3, 1.5),
        (_row(2.0), _row(9.0), 1.0),
        (_row(18.0, 0.01), _row(1e-5, 40.0), 2e-3),
        (1e-4 + 20 * uniform(4, 6), normal(5, 6) ** 2, 0.7),
    )


def _row(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def as_on_the_page(n, sigma):
    """All waves of a picture but the average; the finer a wave, the weaker."""
    eigenvalues = rates(n, n).flatten()[1:]
    return eigenvalues, (1 + normal(3, n * n - 1).abs()) / eigenvalues, sigma


def inputs(rng):
    n = rng.choice((1, 2, 3, 8, 63))
    eigenvalues = 1e-3 + rng.choice((1.0, 20.0)) * uniform(rng.getrandbits(31), n)
    sigma = rng.choice((1.0, 0.1, 10 ** rng.uniform(-3, 1)))
    v = sigma**2 * rng.choice((1.0, 30.0, 1e4)) * normal(rng.getrandbits(31), n) ** 2
    return eigenvalues, v * (uniform(rng.getrandbits(31), n) > rng.choice((0.0, 0.0, 0.3))), sigma


EXERCISE = Exercise(
    id="10.2",
    title="When a wave drowns",
    difficulty=2,
    minutes=6,
    points=2,
    reference=drowning_width,
    cases=cases,
    law=r"$e^{-\lambda_k w_k^2}\, v_k = \sigma^2$, and $w_k = 0$ where $v_k \le \sigma^2$",
    praise="The root of a logarithm: ten times less noise moves the water line by little.",
    idea="Write down the variance of the wave after a blur by $w$, and that of the noise. At the width asked "
    "for they are equal. And if the wave is the weaker one before any blur?",
    why=r"Blur multiplies a wave by $e^{-\lambda w^2 / 2}$ and its variance by the square, $e^{-\lambda w^2}$. That "
    r"is $\sigma^2 / v$ where $\lambda w^2 = \log (v / \sigma^2)$; a negative logarithm says that it was under water before.",
    inputs=inputs,
)


@EXERCISE.right
def by_cases(eigenvalues, v, sigma):
    above = v > sigma**2
    safe = torch.where(above, v, torch.full_like(v, sigma**2))
    return torch.where(above, torch.sqrt((safe / sigma**2).log() / eigenvalues), torch.zeros_like(v))


@EXERCISE.right
def by_deviations(eigenvalues, v, sigma):
    steps = 2 * torch.log(v.sqrt() / sigma)
    return torch.relu(steps).div(eigenvalues) ** 0.5


@EXERCISE.slip("Some waves are weaker than the noise before any blur. There you take the root of a negative number.")
def weak_waves_forgotten(eigenvalues, v, sigma):
    return (torch.log(v / sigma**2) / eigenvalues).sqrt()


@EXERCISE.slip("Blur multiplies the wave by $a_k$. Its *variance* is multiplied by something else.")
def variance_faded_like_the_wave(eigenvalues, v, sigma):
    return (2 * torch.log(v / sigma**2).clamp(min=0) / eigenvalues).sqrt()


@EXERCISE.slip("`sigma` is the deviation of the noise, and `v` is a variance. Compare like with like.")
def sigma_not_squared(eigenvalues, v, sigma):
    return (torch.log(v / sigma).clamp(min=0) / eigenvalues).sqrt()


@EXERCISE.slip("You compared the wave, faded by $a_k$, with the noise, but put in its variance.")
def variance_for_deviation(eigenvalues, v, sigma):
    return (2 * torch.log(v / sigma).clamp(min=0) / eigenvalues).sqrt()


@EXERCISE.slip("That is the square of the width.")
def root_forgotten(eigenvalues, v, sigma):
    return torch.log(v / sigma**2).clamp(min=0) / eigenvalues


@EXERCISE.slip("You dropped the sign of the logarithm. It tells the waves that the noise covers before any blur.")
def sign_dropped(eigenvalues, v, sigma):
    return (torch.log(v / sigma**2).abs() / eigenvalues).sqrt()


@EXERCISE.slip("The quotient in your logarithm is upside down: strong waves drown late, not at once.")
def upside_down(eigenvalues, v, sigma):
    return (torch.log(sigma**2 / v).clamp(min=0) / eigenvalues).sqrt()


@EXERCISE.slip("Your waves drown too early: compare your exponent with that of the variance.")
def half_too_many(eigenvalues, v, sigma):
    return (torch.log(v / sigma**2).clamp(min=0) / (2 * eigenvalues)).sqrt()


@EXERCISE.slip("That is how much of the wave is left when it drowns. By how many pixels is it blurred then?")
def what_is_left(v, sigma):
    return (sigma / v.sqrt()).clamp(max=1)


@EXERCISE.slip("You squared the rates. They are squares of frequencies already.")
def rates_squared(eigenvalues, v, sigma):
    return (torch.log(v / sigma**2).clamp(min=0)).sqrt() / eigenvalues


@EXERCISE.slip("You forgot the rates: a fine wave fades faster than a coarse one.")
def rates_forgotten(v, sigma):
    return torch.log(v / sigma**2).clamp(min=0).sqrt()


@EXERCISE.slip("That is the width for wave and noise *together*. The noise is compared with the wave alone.")
def noise_added(eigenvalues, v, sigma):
    return (torch.log1p(v / sigma**2) / eigenvalues).sqrt()


@EXERCISE.slip("Waves that the noise covers before any blur drown at a width of 0. You say they never do.")
def weak_waves_never_drown(**given):
    return weak_waves_forgotten(**given).nan_to_num(nan=math.inf)


@EXERCISE.slip("You multiplied by the rate. The faster a wave fades, the less blur it takes.")
def times_the_rate(eigenvalues, v, sigma):
    return (torch.log(v / sigma**2).clamp(min=0) * eigenvalues).sqrt()


@EXERCISE.slip("The exponential is undone by the natural logarithm, `torch.log`.")
def other_logarithm(eigenvalues, v, sigma):
    return (torch.log10(v / sigma**2).clamp(min=0) / eigenvalues).sqrt()


@EXERCISE.slip("The exponential is undone by the natural logarithm, `torch.log`, to the base e.")
def logarithm_to_base_2(eigenvalues, v, sigma):
    return (torch.log2(v / sigma**2).clamp(min=0) / eigenvalues).sqrt()
