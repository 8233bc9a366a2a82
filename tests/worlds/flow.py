"""A mixture in the plane whose probability flow is known: by its formulas, and by SciPy's integrator."""

from __future__ import annotations

from functools import cache

import torch
from scipy.integrate import solve_ivp

from udm_lessons.destroy import Gaussian
from udm_lessons.rebuild import GaussianMixture

from .statistics import rng

F64 = torch.float64
MIXTURE = GaussianMixture(
    torch.tensor([[1.2, 0.4], [-0.8, 1.0], [-0.5, -1.1], [0.9, -0.9]], dtype=F64),
    torch.full((4,), 0.1, dtype=F64),
    torch.tensor([0.3, 0.2, 0.3, 0.2], dtype=F64),
)
ORACLE = {
    "eps": MIXTURE.eps_mean, "x0": MIXTURE.x0_mean, "score": MIXTURE.score, "v": MIXTURE.velocity,
}  # fmt: skip


def model(kind, schedule):
    return lambda x, t: ORACLE[kind](x, t, schedule)


def start(schedule, t: float, n: int = 64) -> torch.Tensor:
    process = Gaussian(schedule)
    x0 = MIXTURE.sample(n, rng(1))
    return process.forward(x0, process.sample_noise(x0, rng(2)), t)


def reference(schedule, x: torch.Tensor, times) -> torch.Tensor:
    """The flow by an integrator of order 8 that knows nothing of ours."""
    return torch.tensor(_flown(schedule, tuple(x.flatten().tolist()), times[0], times[-1])).reshape(x.shape)


@cache
def _flown(schedule, x: tuple[float, ...], first: float, last: float) -> list[float]:
    def field(t, y):
        return MIXTURE.velocity(torch.tensor(y).reshape(-1, 2), float(t), schedule).ravel().numpy()

    done = solve_ivp(field, (first, last), x, method="DOP853", rtol=1e-11, atol=1e-11)
    return done.y[:, -1].tolist()
