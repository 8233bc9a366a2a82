"""03.6: the weight of a time in the loss, its signal-to-noise ratio cut at a cap."""

from __future__ import annotations

import torch

from ...checks import Exercise


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
    )


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
)


@EXERCISE.right
def by_minimum(alpha, sigma, cap):
    return torch.minimum((alpha / sigma) ** 2, torch.full_like(alpha, cap))


@EXERCISE.right
def by_logarithms(alpha, sigma, cap):
    log_snr = 2 * (alpha.log() - sigma.log())
    return log_snr.exp().clamp_max(cap)


@EXERCISE.slip(
    "Noise over signal: that gives the weight to the times at which nothing can be known. Turn it over."
)
def turned_over(alpha, sigma, cap):
    return (sigma**2 / alpha**2).clamp(max=cap)


@EXERCISE.slip(
    r"An error of $\hat x_0$ appears in $\hat\varepsilon$ with the factor $\alpha_t / \sigma_t$, "
    "so its *square* with the square of that."
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
