"""09.2: what the divergence of a step back asks of the guess of x0."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise


def kl_weight(snr_t, snr_s, sigma_tilde):
    gap = math.sqrt(snr_s) - math.sqrt((1 - sigma_tilde**2) * snr_t)
    return gap**2 / (2 * sigma_tilde**2)


def cases():
    return (
        (1.0, 4.0, 0.6),
        (0.5, 3.0, 0.8),
        (0.0, 1.0, 1.0),  # from the noisy end, and nothing is kept
        (2.0, 9.0, 1.0),
        (1.9, 9.5, 0.3),
        (0.0, 0.25, 0.5),
        (0.04, 16.0, 0.97),
        (8.0, 8.2, 0.15),
        (30.0, 1000.0, 0.02),
        (1e-6, 3e-6, 0.4),
        (2.0, 4.0, math.sqrt(0.5)),  # DDPM's share
    )


def inputs(rng):
    """Any two SNRs, the second one larger, and any share above 0 up to 1."""
    size = rng.choice([1.0, 1.0, math.exp(rng.uniform(-9, 7))])
    snr_t = rng.choice([0.0, rng.uniform(0.05, 1.0), rng.uniform(0.05, 1.0), 1.0])
    snr_s = snr_t + rng.choice([0.2, 1.0, rng.uniform(0.05, 5.0), rng.uniform(0.05, 5.0)])
    share = rng.choice([1.0, rng.uniform(0.05, 1.0), rng.uniform(0.05, 1.0), math.sqrt(1 - snr_t / snr_s)])
    return size * snr_t, size * snr_s, share


EXERCISE = Exercise(
    id="09.2",
    title="The divergence as an error of x0",
    difficulty=3,
    minutes=12,
    points=3,
    reference=kl_weight,
    cases=cases,
    law=r"$w = \frac{(\text{difference of the means, for } x_0 - \hat x_0 = 1)^2}{2\, \sigma_s^2\, \tilde\sigma^2}$; "
    r"$\hat\varepsilon$ falls by $\alpha_t / \sigma_t$ when $x_0$ grows by 1",
    praise="A level of noise enters by its SNR alone: no zoom, no schedule.",
    idea="Put $x_0$ and then the guess into the mean of the step and subtract. $x_0$ stands in it twice: which two "
    "things happen to the mean when the guess is a little too large?",
    why=r"The means differ by $(\alpha_s - \sigma_s \sqrt{1 - \tilde\sigma^2}\, \alpha_t / \sigma_t)$ times the error of "
    r"$x_0$. Squared, over twice the variance $\sigma_s^2 \tilde\sigma^2$: $\sigma_s$ cancels, and ratios are left.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_scales_of_a_circle(snr_t, snr_s, sigma_tilde):
    alpha_t, alpha_s = math.sqrt(snr_t / (1 + snr_t)), math.sqrt(snr_s / (1 + snr_s))
    sigma_t, sigma_s = math.sqrt(1 / (1 + snr_t)), math.sqrt(1 / (1 + snr_s))
    factor = alpha_s - alpha_t * sigma_s / sigma_t * math.sqrt(1 - sigma_tilde**2)
    return factor**2 / 2 / (sigma_s * sigma_tilde) ** 2


@EXERCISE.right
def as_a_tensor(snr_t, snr_s, sigma_tilde):
    t, s, share = torch.tensor([snr_t, snr_s, sigma_tilde], dtype=torch.float64)
    return ((s.sqrt() - t.sqrt() * (1 - share**2).sqrt()) / share).square() / 2


@EXERCISE.slip(
    r"That holds for one share only, that of DDPM. Here $\tilde\sigma$ is any: it stands in the mean and in the variance."
)
def ddpm_for_any_share(snr_t, snr_s):
    return (snr_s - snr_t) / 2


@EXERCISE.slip(
    r"$x_0$ stands in the mean twice: in the signal, and in the noise $\hat\varepsilon$ that is inferred with it. "
    "You saw the first."
)
def noise_forgotten(snr_s, sigma_tilde):
    return snr_s / (2 * sigma_tilde**2)


@EXERCISE.slip("A larger guess of $x_0$ leaves *less* for the inferred noise: the two changes have opposite signs.")
def added(snr_t, snr_s, sigma_tilde):
    gap = math.sqrt(snr_s) + math.sqrt((1 - sigma_tilde**2) * snr_t)
    return gap**2 / (2 * sigma_tilde**2)


@EXERCISE.slip("The divergence of two normal laws with one variance divides by *twice* that variance.")
def two_forgotten(snr_t, snr_s, sigma_tilde):
    return 2 * kl_weight(snr_t, snr_s, sigma_tilde)


@EXERCISE.slip(r"$\sigma_s \tilde\sigma$ is a deviation. The divergence divides by the variance, its square.")
def deviation_for_variance(snr_t, snr_s, sigma_tilde):
    return sigma_tilde * kl_weight(snr_t, snr_s, sigma_tilde)


@EXERCISE.slip("What enters is the *square* of the difference of the means.")
def gap_not_squared(snr_t, snr_s, sigma_tilde):
    return (math.sqrt(snr_s) - math.sqrt((1 - sigma_tilde**2) * snr_t)) / (2 * sigma_tilde**2)


@EXERCISE.slip("SNR is a ratio of *squares*. In the difference of the means stand the ratios themselves: take roots.")
def snr_without_roots(snr_t, snr_s, sigma_tilde):
    return (snr_s - math.sqrt(1 - sigma_tilde**2) * snr_t) ** 2 / (2 * sigma_tilde**2)


@EXERCISE.slip("You squared the two parts one by one. It is their difference that is squared.")
def squared_one_by_one(snr_t, snr_s, sigma_tilde):
    return (snr_s - (1 - sigma_tilde**2) * snr_t) / (2 * sigma_tilde**2)


@EXERCISE.slip(r"The inferred noise goes in with the factor $\sqrt{1 - \tilde\sigma^2}$. You let it in at full strength.")
def noise_at_full_strength(snr_t, snr_s, sigma_tilde):
    return (math.sqrt(snr_s) - math.sqrt(snr_t)) ** 2 / (2 * sigma_tilde**2)


@EXERCISE.slip(r"The root is missing on $1 - \tilde\sigma^2$: old and fresh noise add by their *variances*.")
def share_without_root(snr_t, snr_s, sigma_tilde):
    return (math.sqrt(snr_s) - (1 - sigma_tilde**2) * math.sqrt(snr_t)) ** 2 / (2 * sigma_tilde**2)


@EXERCISE.slip(r"The weight of the old noise is $\sqrt{1 - \tilde\sigma^2}$: you left out the square on $\tilde\sigma$.")
def share_not_squared(snr_t, snr_s, sigma_tilde):
    return (math.sqrt(snr_s) - math.sqrt((1 - sigma_tilde) * snr_t)) ** 2 / (2 * sigma_tilde**2)


@EXERCISE.slip(r"Old and fresh noise have changed places: $\tilde\sigma$ is the share of the *fresh* one.")
def shares_swapped(snr_t, snr_s, sigma_tilde):
    return (math.sqrt(snr_s) - sigma_tilde * math.sqrt(snr_t)) ** 2 / (2 * max(1 - sigma_tilde**2, 1e-12))


@EXERCISE.slip("The two times have changed places: the step ends at $s$, and its noise is inferred at $t$.")
def times_swapped(snr_t, snr_s, sigma_tilde):
    return kl_weight(snr_s, snr_t, sigma_tilde)


@EXERCISE.slip(
    r"You left the fresh noise out of the variance. The less of it there is, the better two laws can be told apart."
)
def fresh_noise_forgotten(snr_t, snr_s, sigma_tilde):
    return (math.sqrt(snr_s) - math.sqrt((1 - sigma_tilde**2) * snr_t)) ** 2 / 2


@EXERCISE.slip(
    "Brackets are missing: Python divides by 2 and then *multiplies* by what stands behind it."
)
def brackets_forgotten(snr_t, snr_s, sigma_tilde):
    return (math.sqrt(snr_s) - math.sqrt((1 - sigma_tilde**2) * snr_t)) ** 2 / 2 * sigma_tilde**2
