"""03.6: the weight of a time in the loss, its signal-to-noise ratio cut at a cap."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform


def capped_snr(alpha, sigma, cap):
    return (alpha**2 / sigma**2).clamp(max=cap)


def scales(*pairs):
    alpha, sigma = torch.tensor(pairs, dtype=torch.float64).T
    return alpha, sigma


def cases():
    return (
        (*scales((0.9, 0.3), (0.6, 0.7), (0.2, 1.1)), 5.0),
        (*scales((0.99, 0.05), (0.8, 0.6)), 2.0),
        (*scales((1.0, 0.25), (1.0, 0.9), (1.0, 3.0), (1.0, 20.0)), 10.0),
        (*(x[:, None] for x in scales((0.8, 0.6), (0.0, 1.0), (1.0, 0.5))), 1.0),  # 0 at t = 1
        (*(x.reshape(-1, 1, 1, 1).float() for x in scales((0.999, 0.04), (0.7, 0.7))), 5.0),  # for digits
        (*scales((0.9, 0.03)), 2000.0),  # the cap is out of reach
        (*scales((1.0, 0.5), (0.5, 1.0)), 4.0),  # the SNR is the cap, and is below 1
        (*scales((1.0, 0.0), (0.8, 0.6)), 3.0),  # clean data at t = 0: the SNR is infinite
        (*scales((0.02, 6e-4), (4e-4, 0.002)), 5000.0),
        (*scales((0.7, 0.7), (4e-4, 1.0), (0.3, 0.9)), 4e-4),  # a cap that is hardly there
    )


def inputs(rng):
    n = rng.choice((1, 2, 3, 5))
    alpha, sigma = uniform(rng.getrandbits(31), n), 0.01 + uniform(rng.getrandbits(31), n)
    if rng.random() < 0.5:
        alpha[-1] = rng.choice((0.0, 1.0))
    if alpha[-1] == 1 and rng.random() < 0.5:
        sigma[-1] = 0.0
    sigma = rng.choice((1, 1, 8)) * sigma
    shape = rng.choice(((n,), (n, 1), (n, 1, 1, 1)))
    dtype = rng.choice((torch.float32, torch.float64, torch.float64))
    if rng.random() < 0.2:
        alpha[0], sigma[0] = rng.choice(((0.02, 6e-4), (4e-4, 0.002)))
    cap = rng.choice((5.0, 1.0, 4e-4, 5000.0, rng.uniform(0.1, 1), rng.uniform(1, 10), 1000.0))
    return alpha.reshape(shape).to(dtype), sigma.reshape(shape).to(dtype), cap


EXERCISE = Exercise(
    id="03.6",
    title="Which times count",
    difficulty=1,
    minutes=5,
    points=1,
    reference=capped_snr,
    cases=cases,
    law=r"$w_t = \min(\alpha_t^2 / \sigma_t^2,\; c)$",
    praise="The squared error of the noise, cut where it would drown all other times.",
    idea="Draw the curve over t: where does it start, where does it end, and what does the cut leave flat? "
    "Test a time with hardly any noise, and one with hardly any signal.",
    why=r"The error of $\hat\varepsilon$ is $-\alpha_t/\sigma_t$ times that of $\hat x_0$, so its square is "
    "the SNR times as large. The smaller of the SNR and $c$ is the SNR, cut at $c$.",
    inputs=inputs,
)


@EXERCISE.right
def by_minimum(alpha, sigma, cap):
    return torch.minimum((alpha / sigma) ** 2, torch.full_like(alpha, cap))


@EXERCISE.right
def by_logarithms(alpha, sigma, cap):
    log_snr = 2 * (alpha.log() - sigma.log())
    return log_snr.exp().clamp_max(cap)


@EXERCISE.slip("Where there is no noise the SNR is infinite, and the smaller of it and the cap is the cap. Your weight is 0 there.")
def nothing_for_clean_data(alpha, sigma, cap):
    return (alpha**2 / sigma**2).nan_to_num(posinf=0.0).clamp(max=cap)


@EXERCISE.slip(
    "Noise over signal: that gives the weight to the times at which nothing can be known. Turn it over."
)
def turned_over(alpha, sigma, cap):
    return (sigma**2 / alpha**2).clamp(max=cap)


@EXERCISE.slip(
    "That is the factor by which the *error* grows on its way to the noise. The loss holds squared errors."
)
def not_squared(alpha, sigma, cap):
    return (alpha / sigma).clamp(max=cap)


@EXERCISE.slip(r"The cap is missing. As $t \to 0$ this grows without bound.")
def cap_forgotten(alpha, sigma):
    return alpha**2 / sigma**2


@EXERCISE.slip("You cut from below: the weight is to be *at most* the cap.")
def cut_from_below(alpha, sigma, cap):
    return (alpha**2 / sigma**2).clamp(min=cap)


@EXERCISE.slip("You cut the ratio of the scales and squared afterwards. Cut the SNR itself.")
def cap_before_the_square(alpha, sigma, cap):
    return (alpha / sigma).clamp(max=cap) ** 2


@EXERCISE.slip("Where the SNR exceeds the cap your weight is 0. It should be the cap.")
def large_weights_dropped(alpha, sigma, cap):
    snr = alpha**2 / sigma**2
    return torch.where(snr > cap, 0.0, snr)


@EXERCISE.slip("You cut at 5, whatever `cap` is.")
def cap_ignored(alpha, sigma):
    return (alpha**2 / sigma**2).clamp(max=5.0)


@EXERCISE.slip("That is the weight for a network that predicts the noise. Ours predicts $x_0$: no division.")
def weight_of_the_noise_loss(alpha, sigma, cap):
    snr = alpha**2 / sigma**2
    return snr.clamp(max=cap) / snr


@EXERCISE.slip(r"$1 - \alpha_t^2$ is $\sigma_t^2$ only where both squares sum to 1. You are given `sigma`.")
def on_the_circle(alpha, cap):
    return (alpha**2 / (1 - alpha**2)).clamp(max=cap)


@EXERCISE.slip(r"The noise counts with its variance: $\sigma_t$ must be squared too.")
def noise_not_squared(alpha, sigma, cap):
    return (alpha**2 / sigma).clamp(max=cap)


@EXERCISE.slip(r"You squared the noise only. $\alpha_t$ must be squared too.")
def signal_not_squared(alpha, sigma, cap):
    return (alpha / sigma**2).clamp(max=cap)


@EXERCISE.slip(r"$1 - \sigma_t^2$ is $\alpha_t^2$ only where both squares sum to 1. You are given `alpha`.")
def alpha_from_sigma(sigma, cap):
    return ((1 - sigma**2) / sigma**2).clamp(max=cap)


@EXERCISE.slip("You raised small weights. Late times say little, and their weight is to be small.")
def small_weights_raised(alpha, sigma, cap):
    return (alpha**2 / sigma**2).clamp(min=min(1.0, cap), max=cap)


@EXERCISE.slip("One number for all times? Return a weight for each.")
def largest_only(alpha, sigma, cap):
    return (alpha**2 / sigma**2).clamp(max=cap).max()


@EXERCISE.slip("That is a logarithm. Cut the SNR itself.")
def logarithm_cut(alpha, sigma, cap):
    return (alpha**2 / sigma**2).log().clamp(max=cap)
