"""Generative diffusion as one forward map and one reverse step. The folders are the course:

    destroy    x_t = F_t(x0, eps): processes, schedules and levels, laws of noise
    rebuild    predict, infer, refresh, forward: `reverse_step` and `sample`, exact oracles
    flow       parameterizations, the probability-flow ODE, solvers, grids
    learn      networks, objectives, training, the course's own models
    measure    distances, judges, likelihoods, bits
    exchange   networks, schedules and folders of diffusers, both ways
    show       pictures, tables, sliders        data    digits, words, names
    exercises  what learners are asked          checks  the judge that tries their answers
    train      `python -m udm_lessons.train FOLDER`, for pictures of your own

Imports lead one way only: exercises use measure, that and exchange use learn, that uses rebuild and flow, those use destroy.
show uses rebuild; data, destroy and checks need no other.
"""

from ._arrays import default_device

__all__ = ["default_device"]

__version__ = "0.1.0"
