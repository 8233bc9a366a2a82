"""Lesson 09, three views: what conditional targets cost, flows that are one flow, and what flows through a point."""

from . import carry, drift_back, flow_through, kl_weight, match, wanted_loss

EXERCISES = (
    wanted_loss.EXERCISE,
    kl_weight.EXERCISE,
    match.EXERCISE,
    carry.EXERCISE,
    flow_through.EXERCISE,
    drift_back.EXERCISE,
)
