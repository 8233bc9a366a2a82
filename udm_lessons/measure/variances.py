r"""What a guess of x0 leaves open: the variance of x0 given x_t, and the variance it leaves in a step.

\bar\sigma_t^2 = E|x_0 - E[x_0 | x_t]|^2 / d is the mean squared error of the best guess, per entry. The
three functions `variance_from_...` measure it after training, from errors, noise or score.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .._arrays import (
    Time,
    check_floating,
    check_number,
    check_order,
    check_range,
    check_same_shape,
    in_float64,
    library,
    quoted,
)
from ..destroy import Schedule, check_schedule


def _at(schedule: Schedule, t: Time) -> tuple[Time, Time]:
    """alpha_t and sigma_t; raises ValueError where sigma_t = 0."""
    alpha, sigma = check_schedule(schedule).alpha(t), schedule.sigma(t)
    if not bool(torch.all(torch.as_tensor(sigma) > 0)):
        raise ValueError(f"t must have sigma_t > 0 here; got t = {quoted(t)} with sigma_t = 0")
    return alpha, sigma


def markov_sigma_tilde(schedule: Schedule, t: Time, s: Time) -> Time:
    r"""\tilde\sigma = \sqrt{1 - SNR_t / SNR_s}: the share of fresh noise in DDPM's step from t to s < t.

    Raises ValueError if s >= t, or if the SNR does not decrease from s to t.
    """
    check_order(t, s)
    (alpha_t, sigma_t), alpha_s, sigma_s = (
        _at(schedule, t),
        schedule.alpha(s),
        schedule.sigma(s),
    )
    fresh = 1 - (alpha_t * sigma_s / (alpha_s * sigma_t)) ** 2
    check_range(fresh, 0.0, 1.0, "1 - SNR_t / SNR_s")
    return library(fresh).sqrt(fresh)


def reverse_variance(
    schedule: Schedule, t: Time, s: Time, sigma_tilde: Time, sigma_bar_squared: Time
) -> Time:
    r"""E Var[x_s | x_t] per entry, for the design \tilde\sigma and E Var[x_0 | x_t] = \bar\sigma_t^2:

    \sigma_s^2 \tilde\sigma^2 + B^2 \bar\sigma_t^2,
    B = \alpha_s - \alpha_t \sigma_s \sqrt{1 - \tilde\sigma^2} / \sigma_t.

    The first part is fresh noise, the second what is not known of x0. It is the best variance of a
    Gaussian step with the exact mean. t, s are numbers or (batch,); sigma_tilde in [0, 1];
    sigma_bar_squared >= 0. Raises ValueError if s >= t, or outside those ranges.
    Source: Bao et al. 2022 (Analytic-DPM), theorem 1, for variance-preserving schedules.
    """
    check_order(t, s)
    check_range(sigma_tilde, 0.0, 1.0, "sigma_tilde")
    check_range(sigma_bar_squared, 0.0, math.inf, "sigma_bar_squared")
    (alpha_t, sigma_t), alpha_s, sigma_s = (
        _at(schedule, t),
        schedule.alpha(s),
        schedule.sigma(s),
    )
    kept = 1 - sigma_tilde**2
    weight = alpha_s - alpha_t * sigma_s * library(kept).sqrt(kept) / sigma_t
    return sigma_s**2 * sigma_tilde**2 + weight**2 * sigma_bar_squared


def _mean_square(x: Tensor, name: str, weights: Tensor | None) -> float:
    """E|x|^2 / d over the batch (batch, ...), with the weights of a quadrature rule if given."""
    check_floating(x, name)
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(f"{name} must have shape (batch, ...), not empty; got {tuple(x.shape)}")
    squares = in_float64(x.detach()).flatten(1).square().mean(1)
    if weights is None:
        return float(squares.mean())
    check_same_shape(weights, squares, "weights", f"the batch of {name}")
    check_floating(weights, "weights")
    weights = weights.detach().to(squares.device)
    if not bool((weights >= 0).all()) or not 0 < float(weights.sum()) < math.inf:
        raise ValueError("weights must be numbers of at least 0, finite and not all 0")
    return float((weights * squares).sum() / weights.sum())


def variance_from_errors(x0: Tensor, x0_hat: Tensor, weights: Tensor | None = None) -> float:
    r"""\bar\sigma_t^2 = E|x_0 - \hat x_0|^2 / d, from pairs (batch, ...): the best for a Gaussian guess.

    It holds for any guess. weights (batch,) turn the mean into a quadrature rule. Raises ValueError
    for different or empty shapes.
    """
    check_same_shape(x0_hat, x0, "x0_hat", "x0")
    return _mean_square(x0 - x0_hat, "x0 - x0_hat", weights)


def _variance_left(schedule: Schedule, t: float, known: Callable[[float], float]) -> float:
    alpha, sigma = _at(schedule, check_number(t, "t"))
    if alpha == 0:
        raise ValueError(f"t must have alpha_t > 0: x_t says nothing of x0 at t = {quoted(t)}")
    return (sigma / alpha) ** 2 * (1 - known(sigma))


def variance_from_eps(
    eps_hat: Tensor, t: float, schedule: Schedule, weights: Tensor | None = None
) -> float:
    r"""\bar\sigma_t^2 = (\sigma_t^2 / \alpha_t^2) ( 1 - E|\hat\varepsilon|^2 / d ), from eps_hat.

    eps_hat (batch, ...) must be E[eps | x_t] exactly, over x_t ~ p_t. Raises ValueError where alpha_t
    or sigma_t is 0.
    """
    return _variance_left(schedule, t, lambda sigma: _mean_square(eps_hat, "eps_hat", weights))


def variance_from_score(
    score: Tensor, t: float, schedule: Schedule, weights: Tensor | None = None
) -> float:
    r"""\bar\sigma_t^2 = (\sigma_t^2 / \alpha_t^2) ( 1 - \sigma_t^2 E|\nabla \log p_t(x_t)|^2 / d ).

    score (batch, ...) must be exact, over x_t ~ p_t (Bao et al. 2022, theorem 1). Raises ValueError where
    alpha_t or sigma_t is 0.
    """
    return _variance_left(schedule, t, lambda sigma: sigma**2 * _mean_square(score, "score", weights))
