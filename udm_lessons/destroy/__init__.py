"""The forward half: ways to destroy data, x_t = F_t(x0, eps) with eps ~ q.

A process (`base.py` says what each can do) destroys by a law of noise q at a speed: a `Schedule` says how
much signal and noise is in x_t, a `Level` how many tokens are gone. Uses no other wing.
"""

from .alignment import Alignment, AlignmentTable, alignment_table, sample_alignment
from .base import AffineGaussian, ForwardProcess, check_process, distances
from .blur import Blur, dct_matrix
from .chain import DiscreteSchedule
from .cold import Cold
from .deletion import Deletion
from .editing import Editing, EditLaw, EditNoise
from .embeddings import check_strings, count_embeddings, log_embeddings
from .gaussian import Gaussian
from .levels import CosineLevel, DiscreteLevel, Level, LinearLevel
from .masking import Masking
from .noise import Noise, NoiseLaw, NoNoise, Normal, ThresholdAndToken, Uniform, UniformAndToken
from .replacement import Replacement
from .schedules import (
    VE,
    ConstantNoise,
    Cosine,
    Linear,
    Schedule,
    Trig,
    VPLinear,
    check_schedule,
)

__all__ = [
    "VE", "AffineGaussian", "Alignment", "AlignmentTable", "Blur", "Cold", "ConstantNoise", "Cosine",
    "CosineLevel", "Deletion", "DiscreteLevel", "DiscreteSchedule", "EditLaw", "EditNoise",
    "Editing", "ForwardProcess", "Gaussian", "Level", "Linear", "LinearLevel", "Masking",
    "NoNoise", "Noise", "NoiseLaw", "Normal", "Replacement", "Schedule", "ThresholdAndToken",
    "Trig", "Uniform", "UniformAndToken", "VPLinear", "alignment_table", "check_process",
    "check_schedule", "check_strings", "count_embeddings", "dct_matrix", "distances", "log_embeddings",
    "sample_alignment",
]  # fmt: skip
