"""Gaussian noise as a flow: what a network may predict, and how to follow the flow in few steps.

Kinds of prediction are pairs (A_t, B_t) with target A_t x0 + B_t eps; solvers follow the probability-flow
ODE over a grid of times; all affine flows are one. Uses destroy.
"""

from .affine_flows import matching_scale, matching_time, transfer
from .faces import FACES, Face
from .grids import angle_times, karras_times, leading_times, log_snr_times, trailing_times, uniform_times
from .parameterizations import KINDS, Kind, check_kind, convert, drift_error, edm, loss_weight, pair, target
from .solvers import Adams, Prediction, ReverseSde, dpm_solver_2m, euler, heun, solve

__all__ = [
    "FACES", "KINDS", "Adams", "Face", "Kind", "Prediction", "ReverseSde",
    "angle_times", "check_kind", "convert", "dpm_solver_2m", "drift_error", "edm", "euler",
    "heun", "karras_times", "leading_times", "log_snr_times", "loss_weight", "matching_scale",
    "matching_time", "pair", "solve", "target", "trailing_times", "transfer", "uniform_times",
]  # fmt: skip
