"""The reverse half: predict x0, infer the noise, refresh it, push forward to an earlier time. Repeat.

`reverse_step` and `sample` are the same for every process. A predictor guesses x0; the oracles know
it exactly; a refresh K, with q K = q, says what becomes of the inferred noise. Uses destroy.
"""

from .oracles import FiniteData, GaussianMixture
from .predictors import Predictor, carry_over, clipped, gaussian_draw, posterior_mean, posterior_sample
from .refresh import Ddim, Interpolate, Keep, Markov, Mixture, Redraw, Reflect, Refresh
from .sampling import reverse_step, sample

__all__ = [
    "Ddim", "FiniteData", "GaussianMixture", "Interpolate", "Keep", "Markov", "Mixture",
    "Predictor", "Redraw", "Reflect", "Refresh", "carry_over", "clipped",
    "gaussian_draw", "posterior_mean", "posterior_sample", "reverse_step", "sample",
]  # fmt: skip
