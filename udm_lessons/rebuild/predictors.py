r"""Predictors: callables (x_t, t, generator) -> x0_hat, the first half of every reverse step.

A predictor may draw x0_hat from p(x0 | x_t), which makes every design exact, or plug in a single
best guess, which is what networks trained on squared error do, and is where designs differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .._arrays import Time, align, check_callable, check_floating, check_number, check_range, check_tensor, normal_like
from ..destroy import Masking, Schedule
from .oracles import FiniteData, GaussianMixture

Predictor = Callable[[Tensor, Time, torch.Generator | None], Tensor]
_TAKES = "(x_t, t, generator)"


def _bound(oracle, schedule: Schedule | None) -> tuple:
    if isinstance(oracle, GaussianMixture):
        if schedule is None:
            raise ValueError("schedule must be given with a GaussianMixture")
        return (schedule,)
    if not isinstance(oracle, FiniteData):
        raise TypeError(f"oracle must be FiniteData or GaussianMixture; got {type(oracle).__name__}")
    if schedule is not None:
        raise ValueError("schedule must be None: a FiniteData oracle knows its own process")
    return ()


def posterior_mean(oracle: FiniteData | GaussianMixture, schedule: Schedule | None = None) -> Predictor:
    """x0_hat = E[x0 | x_t], from an exact oracle; a GaussianMixture needs the schedule too."""
    bound = _bound(oracle, schedule)
    return lambda x_t, t, generator=None: oracle.x0_mean(x_t, t, *bound)


def posterior_sample(
    oracle: FiniteData | GaussianMixture, schedule: Schedule | None = None
) -> Predictor:
    """x0_hat ~ p(x0 | x_t) exactly, from an oracle: with it every refresh is exact at every step count."""
    bound = _bound(oracle, schedule)
    return lambda x_t, t, generator=None: oracle.sample_x0(x_t, t, *bound, generator=generator)


def gaussian_draw(mean_predictor: Predictor, sigma_bar: float | Callable[[Time], Time]) -> Predictor:
    r"""x0_hat = G(x_t) + \bar\sigma_t \xi, xi ~ N(0, I): the best guess, and how wrong it is on average.

    G is `mean_predictor`. sigma_bar is a number, or a function of t that returns a number or one number
    per sample, (batch,): the root of the mean squared error per entry, of which
    `measure.variance_from_errors` and its like measure the square. Exact for every design if
    p(x0 | x_t) = N(G(x_t), \bar\sigma_t^2 I), as for isotropic Gaussian data; at sigma_bar = 0 it is G.
    Raises TypeError for tokens, ValueError where sigma_bar is negative or not finite.
    Source: Bao et al. 2022 (Analytic-DPM), whose reverse variance is that of this draw.
    """
    check_callable(mean_predictor, "mean_predictor", _TAKES)
    at = sigma_bar if callable(sigma_bar) else lambda t: sigma_bar
    if not callable(sigma_bar):
        _check_deviation(check_number(sigma_bar, "sigma_bar"))

    def predict(x_t: Tensor, t: Time, generator: torch.Generator | None = None) -> Tensor:
        check_floating(x_t, "x_t")
        mean = mean_predictor(x_t, t, generator)
        check_floating(mean, "the guess of mean_predictor")
        scale = align(at(t), mean, "sigma_bar")
        _check_deviation(scale)
        if isinstance(scale, Tensor):
            scale = scale.to(mean.dtype)
        return mean + scale * normal_like(mean, generator)

    return predict


def _check_deviation(value: Time) -> None:
    check_range(value, 0.0, math.nextafter(math.inf, 0), "sigma_bar")


def clipped(predictor: Predictor, low: float, high: float) -> Predictor:
    """The predictor with every guess clipped to [low, high], the range of the data: pixels, say.

    `reverse_step` infers the noise from the guess that it is given. So the noise fits the clipped
    guess: the pair still leads to x_t. A sampler that clips x0 and keeps the noise of the unclipped
    guess leaves the path. Raises TypeError for tokens, ValueError unless low < high.
    Source: Saharia et al. 2022 (Imagen), section 2.3, where it is called static thresholding.
    """
    check_callable(predictor, "predictor", _TAKES)
    low, high = check_number(low, "low"), check_number(high, "high")
    if not low < high:
        raise ValueError(f"low must be below high; got {low} and {high}")

    def predict(x_t: Tensor, t: Time, generator: torch.Generator | None = None) -> Tensor:
        check_floating(x_t, "x_t")
        x0_hat = predictor(x_t, t, generator)
        check_floating(x0_hat, "the guess of predictor")
        return x0_hat.clamp(low, high)

    return predict


def carry_over(process: Masking, predictor: Predictor) -> Predictor:
    """The predictor with the visible tokens of x_t put back into every guess.

    A guess that contradicts what is visible is off the support of masking, where the noise cannot be
    inferred (the carry-over of MDLM; Sahoo et al. 2024, section 3.2.3).
    """
    if not isinstance(process, Masking):
        raise TypeError(f"process must be Masking; got {type(process).__name__}")
    check_callable(predictor, "predictor", _TAKES)

    def predict(x_t: Tensor, t: Time, generator: torch.Generator | None = None) -> Tensor:
        check_tensor(x_t, "x_t")
        return process.carry_over(predictor(x_t, t, generator), x_t)

    return predict
