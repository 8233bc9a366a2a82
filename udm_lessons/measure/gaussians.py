"""Gaussian densities and divergences, in nats."""

from __future__ import annotations

import math

from torch import Tensor

from .._arrays import as_time, check_floating, check_number, check_positive, check_same_shape, per_sample


def gaussian_log_prob(x: Tensor, mean: Tensor | float, variance: float) -> Tensor:
    r"""log N(x; mean, v I) = -|x - mean|^2 / (2v) - (d/2) log(2 pi v), shape (batch,).

    Its negative is the cross-entropy of a Gaussian guess. The last term may be dropped only while v
    is fixed: without it a larger v is always better. mean is a number or has the shape of x. Raises ValueError
    for another shape and unless v > 0.
    """
    variance = check_positive(variance, "variance")
    mean = _as_mean(mean, x, "mean", "x")
    return per_sample(-((x - mean) ** 2) / (2 * variance) - math.log(2 * math.pi * variance) / 2)


def _as_mean(mean: Tensor | float, x: Tensor, name: str, x_name: str) -> Tensor | float:
    """The mean; raises unless it is a number, or a tensor of the shape of x."""
    check_floating(x, x_name)
    if isinstance(mean, Tensor) and mean.ndim:
        check_floating(mean, name)
        check_same_shape(mean, x, name, x_name)
        return mean
    return check_number(as_time(mean, name), name)


def gaussian_kl(mean_q: Tensor, variance_q: float, mean_p: Tensor | float, variance_p: float) -> Tensor:
    r"""KL( N(m_q, v_q I) || N(m_p, v_p I) ), shape (batch,):

    \sum_i \tfrac12 ( v_q / v_p - 1 - \log(v_q / v_p) + (m_{q,i} - m_{p,i})^2 / v_p ).

    mean_p is a number or has the shape of mean_q. Raises ValueError for another shape and unless both
    variances are positive.
    """
    mean_p = _as_mean(mean_p, mean_q, "mean_p", "mean_q")
    variance_p = check_positive(variance_p, "variance_p")
    ratio = check_positive(variance_q, "variance_q") / variance_p
    squares = (mean_q - mean_p) ** 2 / variance_p
    return per_sample((ratio - 1 - math.log(ratio) + squares) / 2)
