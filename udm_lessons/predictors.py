r"""Predictors: callables (x_t, t, generator) -> x0_hat, the first half of every reverse step.

A predictor may draw x0_hat from p(x0 | x_t), which makes every design exact, or plug in a single
best guess, which is what networks trained on squared error do, and is where designs differ.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ._arrays import Time
from .oracles import FiniteData, GaussianMixture
from .processes import Masking
from .schedules import Schedule

Predictor = Callable[[Tensor, Time, torch.Generator | None], Tensor]


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


def carry_over(process: Masking, predictor: Predictor) -> Predictor:
    """The predictor with the visible tokens of x_t put back into every guess.

    A guess that contradicts what is visible is off the support of masking, where the noise cannot be
    inferred (the carry-over of MDLM; Sahoo et al. 2024, section 3.2.3).
    """
    if not isinstance(process, Masking):
        raise TypeError(f"process must be Masking; got {type(process).__name__}")

    def predict(x_t: Tensor, t: Time, generator: torch.Generator | None = None) -> Tensor:
        return process.carry_over(predictor(x_t, t, generator), x_t)

    return predict
