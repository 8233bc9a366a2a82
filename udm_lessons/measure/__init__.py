"""How good a model is: distances to real data, likelihoods and bits, what a guess leaves open.

Distances come with their errors and with the floor that real data reaches. Uses destroy, rebuild and learn.
"""

from .digit_judge import DigitClassifier, PrincipalComponents, histogram_distance, judge_digits, score_table
from .distances import (
    energy_distance,
    energy_error,
    frechet_distance,
    memorised_share,
    nearest_distance,
    random_directions,
    sliced_wasserstein,
    two_sample_accuracy,
)
from .divergence import Hutchinson, exact_divergence
from .floors import Measured, jackknife_error, measured, split_floor
from .gaussians import gaussian_kl, gaussian_log_prob
from .law_report import Law, LawReport
from .likelihood import Elbo, GaussianChain, design_bound, ode_log_likelihood
from .ngrams import NGram
from .process_laws import laws
from .token_likelihood import Bits, bits_per_token, masked_nats, per_count, step_nats
from .variances import (
    markov_sigma_tilde,
    reverse_variance,
    variance_from_eps,
    variance_from_errors,
    variance_from_score,
)

__all__ = [
    "Bits", "DigitClassifier", "Elbo", "GaussianChain", "Hutchinson", "Law", "LawReport", "Measured", "NGram",
    "PrincipalComponents", "bits_per_token", "design_bound", "energy_distance", "energy_error",
    "exact_divergence", "frechet_distance", "gaussian_kl", "gaussian_log_prob",
    "histogram_distance", "jackknife_error", "judge_digits", "laws", "markov_sigma_tilde",
    "masked_nats", "measured", "memorised_share", "nearest_distance", "ode_log_likelihood",
    "per_count", "random_directions", "reverse_variance", "score_table", "sliced_wasserstein",
    "split_floor", "step_nats", "two_sample_accuracy", "variance_from_eps",
    "variance_from_errors", "variance_from_score",
]  # fmt: skip
