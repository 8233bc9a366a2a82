"""Small mixtures of Gaussians whose posteriors are exact, and a chain that can be solved."""

from __future__ import annotations

import numpy as np
import torch

from udm_lessons.destroy import DiscreteSchedule, Gaussian, Trig
from udm_lessons.rebuild import GaussianMixture

F64 = torch.float64
TRIG = Trig()
PROCESS = Gaussian(TRIG)


def tensor(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=F64)


HUMPS = GaussianMixture(tensor([-1.0], [1.5]), tensor(0.05, 0.05))
PLANE = GaussianMixture(tensor([-1.0, 0.5], [1.2, 1.0], [0.3, -1.4]), tensor(0.05, 0.2, 0.02))

# A chain that can be solved: x0 ~ N(1.3, 1/2), twenty steps.
T, MEAN, VARIANCE = 20, 1.3, 0.5
BETAS = torch.linspace(0.02, 0.5, T, dtype=F64)
CHAIN = DiscreteSchedule(BETAS)
ABAR = np.concatenate([[1.0], np.cumprod(1 - BETAS.numpy())])
