r"""K: what happens to the inferred noise before it is used again.

A refresh is called as (process, noise, t, s, generator) and returns noise of the same law q.
That one property, q K = q, makes any refresh sound: if x_t ~ p(x_t | x0) then x_s ~ p(x_s | x0).
Two extremes and what lies between them name most of the methods in use:

    Keep()              DDIM, Cold Diffusion's improved sampler, D3PM-absorbing, multinomial DDIM
    Redraw()            the independent design; multistep consistency sampling
    Interpolate(sigma)  the sigma-tilde design:  sqrt(1 - sigma^2) noise + sigma fresh
    Ddim(eta)           DDIM's family, from Keep() at eta = 0 to Markov() at eta = 1
    Markov()            DDPM, D3PM, Blurring Diffusion: the posterior of the process's own chain
    Mixture(redraw)     each coordinate redrawn with a probability: ReMDM, multinomial DDIM's sigma
    Reflect()           u -> 1 - u for thresholds: ReMDM's largest remasking
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from .._arrays import Generator, Time, check_probability
from ..destroy import AffineGaussian, ForwardProcess, Noise, check_process

Refresh = Callable[[ForwardProcess, Noise, Time, Time, Generator], Noise]


@dataclass(frozen=True)
class Keep:
    """eps' = eps. Draws nothing."""

    def __call__(self, process, noise, t, s, generator=None):
        return noise


@dataclass(frozen=True)
class Redraw:
    """eps' ~ q, independent of eps."""

    def __call__(self, process, noise, t, s, generator=None):
        return check_process(process).noise_law.redraw(noise, generator)


@dataclass(frozen=True)
class Interpolate:
    r"""eps' = \sqrt{1 - \tilde\sigma^2} eps + \tilde\sigma xi, xi ~ N(0, I): for normal noise only.

    sigma is a number in [0, 1], or a function of (t, s) that returns one.
    Raises TypeError for other noise: uniform thresholds mixed so would not stay uniform.
    """

    sigma: float | Callable[[Time, Time], float]

    def __post_init__(self):
        if not callable(self.sigma):
            check_probability(self.sigma, "sigma")

    def __call__(self, process, noise, t, s, generator=None):
        sigma = self.sigma(t, s) if callable(self.sigma) else self.sigma
        sigma = check_probability(sigma, "sigma")
        return check_process(process).noise_law.correlate(noise, math.sqrt(1 - sigma**2), generator)


@dataclass(frozen=True)
class Ddim:
    r"""eps' = \sqrt{1 - \tilde\sigma^2} eps + \tilde\sigma xi with \tilde\sigma^2 = \eta^2 (1 - SNR_t / SNR_s).

    eta in [0, 1]: 0 is Keep(), 1 is Markov() (Song, Meng and Ermon 2021, eq. 16, where the deviation
    of the noise added to x_s is sigma_s times this one). For processes with Gaussian noise;
    the SNR of blur differs per frequency, and so does \tilde\sigma. Raises TypeError for others.
    """

    eta: float

    def __post_init__(self):
        check_probability(self.eta, "eta")

    def __call__(self, process, noise, t, s, generator=None):
        if not isinstance(process, AffineGaussian):
            raise TypeError(
                f"Ddim needs a process with Gaussian noise; got {type(process).__name__}. "
                "Mixture(redraw) is the family between Keep and Redraw for any noise"
            )
        if self.eta == 0:
            return noise
        kept = 1 - self.eta**2 * (1 - process.markov_correlation(t, s, noise) ** 2)
        rho = kept.sqrt() if isinstance(kept, Tensor) else math.sqrt(kept)
        return process.noise_law.correlate(noise, rho, generator)


@dataclass(frozen=True)
class Markov:
    """The kernel that makes the design the posterior p(x_s | x_t, x0) of the process's Markov chain.

    Which kernel that is, only the process knows: see its `markov_refresh`.
    """

    def __call__(self, process, noise, t, s, generator=None):
        return check_process(process).markov_refresh(noise, t, s, generator)


@dataclass(frozen=True)
class Mixture:
    """Each coordinate is redrawn from q with probability `redraw` in [0, 1] and kept otherwise."""

    redraw: float

    def __post_init__(self):
        check_probability(self.redraw, "redraw")

    def __call__(self, process, noise, t, s, generator=None):
        return check_process(process).noise_law.mix(noise, self.redraw, generator)


@dataclass(frozen=True)
class Reflect:
    """u' = 1 - u for thresholds: what was destroyed first is now destroyed last.

    Raises TypeError for noise that is not a uniform threshold. Draws nothing.
    """

    def __call__(self, process, noise, t, s, generator=None):
        return check_process(process).noise_law.reflect(noise)
