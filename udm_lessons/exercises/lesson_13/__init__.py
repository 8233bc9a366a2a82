"""Lesson 13, latent diffusion: what a small space keeps, how it is scaled, and how a label leads."""

from . import clock_of_scale, enough_directions, guided, latent_scale, lifted_mean, split_error, tilted

EXERCISES = (
    enough_directions.EXERCISE,
    lifted_mean.EXERCISE,
    split_error.EXERCISE,
    latent_scale.EXERCISE,
    clock_of_scale.EXERCISE,
    guided.EXERCISE,
    tilted.EXERCISE,
)
