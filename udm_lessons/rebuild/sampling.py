r"""The sampler. All of it: one step, and the loop around it.

Every diffusion model destroys data by a forward map x_t = F_t(x0, noise), noise ~ q. To go back from
x_t to an earlier x_s, guess x0, infer the noise that F_t would have needed, refresh some of it, and
push forward again, but only to s. A `process` knows F_t and how to infer noise (destroy/), a
`predictor` guesses x0 from x_t, and a `refresh` is any kernel that leaves the law q of the noise as
it is (refresh.py). With exact guesses x0_hat ~ p(x0 | x_t) every such step maps the law of x_t to
the law of x_s, for any s < t, any refresh and any number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import torch
from torch import Tensor
from tqdm.auto import tqdm

from .._arrays import (
    Generator,
    Time,
    check_callable,
    check_order,
    check_tensor,
    check_times,
    quoted,
)
from ..destroy import ForwardProcess, check_process
from .predictors import Predictor
from .refresh import Keep, Refresh


def reverse_step(
    process: ForwardProcess,
    x0_hat: Tensor,
    x_t: Tensor,
    t: Time,
    s: Time,
    refresh: Refresh = Keep(),
    generator: Generator = None,
) -> Tensor:
    r"""One draw x_s ~ p(x_s | x_t, x0_hat) for s < t, by infer, refresh, forward:

    noise ~ p(noise | x0_hat, x_t),   noise' ~ K(noise, .),   x_s = F_s(x0_hat, noise').

    x0_hat and x_t are batches of one kind; t and s are numbers or (batch,). At s = 0 the result is
    x0_hat wherever the process destroys nothing at time 0. Raises ValueError if s >= t, and
    whatever `process` raises for bad shapes, times, or an x_t that x0_hat cannot have led to.
    """
    if isinstance(refresh, type) or not callable(refresh):
        raise TypeError(f"refresh must be a refresh such as Keep(), not its class; got {quoted(refresh)}")
    check_process(process)
    check_tensor(x0_hat, "x0_hat")
    check_tensor(x_t, "x_t")
    check_order(t, s)
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)


@torch.no_grad()
def sample(
    process: ForwardProcess,
    predictor: Predictor,
    x_T: Tensor,
    times: Iterable[Time],
    refresh: Refresh = Keep(),
    generator: Generator = None,
    progress: bool = True,
    callback: Callable[[float, Tensor, Tensor], None] | None = None,
) -> Tensor:
    """Runs the chain from x_T at times[0] back to times[-1]: predict, correct, repeat.

    predictor  (x_t, t, generator) -> x0_hat
    times      strictly decreasing, at least two, within [0, process.t_max]
    progress   show a bar
    callback   called after each step as callback(s, x_s, x0_hat), to draw or to measure

    Returns x at the last time; no gradient passes. Raises ValueError for a bad grid of times.
    """
    check_callable(predictor, "predictor", "(x_t, t, generator)")
    times = check_times(times, check_process(process).t_max)
    check_tensor(x_T, "x_T")
    if x_T.is_complex() or x_T.ndim == 0:
        raise TypeError(f"x_T must be a batch of real numbers or tokens; got {x_T.dtype} of shape {tuple(x_T.shape)}")
    x_t = x_T
    steps = list(pairwise(times))
    for t, s in tqdm(steps, desc="sampling", disable=not progress, leave=False):
        x0_hat = predictor(x_t, t, generator)
        x_t = reverse_step(process, x0_hat, x_t, t, s, refresh, generator)
        if callback is not None:
            callback(s, x_t, x0_hat)
    return x_t


