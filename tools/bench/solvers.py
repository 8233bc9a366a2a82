"""How near a solver comes to the exact end of the flow, at how many calls of the model; beside the peers.

The model is exact: the posterior mean of a mixture of four normal laws in the plane. So is the end of the flow, to 1e-9:
SciPy's integrator of order 8. Everybody starts from the same noise x_T = x0 + sigma_T eps and ends at the same
noise scale. Two tables: all on one grid, even in log sigma from 100 to 0.01; and everybody on the grid that
the library takes by itself, from its own largest noise to none. The peers may refuse a step that is not
theirs, so they are handed sigmas, never weights: their update rules are their own.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from udm_lessons.destroy import VE
from udm_lessons.flow import Adams, angle_times, dpm_solver_2m, euler, heun, solve
from udm_lessons.rebuild import GaussianMixture

F64 = torch.float64
FIRST, LAST, POINTS, TARGET = 100.0, 0.01, 500, 1e-2
CALLS = [5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 35, 40, 60, 80, 160]
MIXTURE = GaussianMixture(
    torch.tensor([[1.2, 0.4], [-0.8, 1.0], [-0.5, -1.1], [0.9, -0.9]], dtype=F64),
    torch.full((4,), 0.1, dtype=F64),
    torch.tensor([0.3, 0.2, 0.3, 0.2], dtype=F64),
)
Solver = Callable[[list[float], Tensor], Tensor]


class Plain(VE):
    """alpha = 1, sigma_t = t: the time is the noise scale."""

    t_max = 1e3

    def __init__(self) -> None:
        pass

    def sigma(self, t):
        return t

    def d_sigma(self, t):
        return 0 * t + 1

    def alpha(self, t):
        return 0 * t + 1.0

    def d_alpha(self, t):
        return 0 * t


PLAIN = Plain()


def denoise(x: Tensor, sigma: float) -> Tensor:
    return MIXTURE.x0_mean(x, float(sigma), PLAIN)


def noisy(sigma: float) -> Tensor:
    """x at the noise scale sigma; the same data and the same noise at every call."""
    generator = torch.Generator().manual_seed(0)
    x0 = MIXTURE.sample(POINTS, generator)
    return x0 + sigma * torch.randn(x0.shape, generator=generator, dtype=F64)


@cache
def exact(first: float, last: float) -> Tensor:
    """The end of the flow dx / d sigma = E[eps | x], from `noisy(first)`."""

    def field(sigma, x):
        return MIXTURE.eps_mean(torch.tensor(x).reshape(-1, 2), float(sigma), PLAIN).ravel().numpy()

    span, x = (first, last), noisy(first).ravel().numpy()
    done = solve_ivp(field, span, x, method="DOP853", rtol=1e-10, atol=1e-10)
    return torch.tensor(done.y[:, -1]).reshape(-1, 2)


def errors(run: Solver, sigmas: list[float]) -> tuple[float, float]:
    """RMS and median distance to the exact end."""
    end = run(sigmas, noisy(sigmas[0]))
    gap = (end - exact(sigmas[0], sigmas[-1])).square().sum(1)
    return float(gap.mean().sqrt()), float(gap.sqrt().median())


def ours(method) -> Solver:
    return lambda sigmas, x: solve(denoise, "x0", PLAIN, x, sigmas, method, progress=False)


def diffusers_ddim() -> Solver:
    from diffusers import DDIMScheduler

    def run(sigmas, x):
        steps = len(sigmas) - 1
        scheduler = DDIMScheduler(
            num_train_timesteps=steps, clip_sample=False, prediction_type="sample"
        )
        a_bar = 1 / (1 + torch.tensor(sigmas[::-1], dtype=F64) ** 2)
        scheduler.final_alpha_cumprod, scheduler.alphas_cumprod = a_bar[0], a_bar[1:]
        scheduler.set_timesteps(steps)
        x = x * a_bar[-1].sqrt()
        for sigma, k in zip(sigmas, scheduler.timesteps):
            x = scheduler.step(denoise(x * math.hypot(1, sigma), sigma), int(k), x).prev_sample
        return x * math.hypot(1, sigmas[-1])

    return run


def diffusers_multistep(name: str, order: int) -> Solver:
    import diffusers

    def run(sigmas, x):
        clean = sigmas[-1] == 0
        scheduler = getattr(diffusers, name)(
            solver_order=order, prediction_type="sample", lower_order_final=clean,
            final_sigmas_type="zero" if clean else "sigma_min",
        )
        scheduler.set_timesteps(len(sigmas) - 1)
        scheduler.sigmas = torch.tensor(sigmas, dtype=F64)
        scheduler.timesteps = torch.arange(len(sigmas) - 1)
        x = x / math.hypot(1, sigmas[0])
        for sigma, k in zip(sigmas, scheduler.timesteps):
            x = scheduler.step(denoise(x * math.hypot(1, sigma), sigma), k, x).prev_sample
        return x * math.hypot(1, sigmas[-1])

    return run


def azula_adams(name: str, order: int) -> Solver:
    import azula.sample
    from azula.denoise import Denoiser, DiracPosterior
    from azula.noise import Schedule

    def run(sigmas, x):
        table = torch.tensor(sigmas, dtype=F64)

        class Table(Schedule):
            """The scales of step k, at time k."""

            def __call__(self, t):
                return torch.ones_like(table[t]), table[t]

        class Exact(Denoiser):
            schedule = Table()

            def forward(self, x_t, t):
                return DiracPosterior(mean=denoise(x_t, table[t]))

        sampler = getattr(azula.sample, name)(
            Exact(), order=order, start=0, stop=len(sigmas) - 1, steps=len(sigmas) - 1, silent=True,
            dtype=torch.int64,
        )
        return sampler(x)

    return run


def contestants() -> dict[str, tuple[Solver, int, int]]:
    """name -> solver, its nominal order, calls of the model a step."""
    found = {
        "Euler in v": (ours(euler), 1, 1),
        "Heun in v": (ours(heun), 2, 2),
        "DDIM": (ours(Adams(1, "x0", False)), 1, 1),
        "DPM-Solver++ 2M": (ours(dpm_solver_2m), 2, 1),
        "DPM-Solver++ 3M": (ours(Adams(3, "x0", False)), 3, 1),
        "Adams 3, eps": (ours(Adams(3, "eps", False)), 3, 1),
        "Adams 3, angle": (ours(Adams(3, "angle", False)), 3, 1),
        "Adams 2, x0, corrected": (ours(Adams(2, "x0")), 3, 1),
        "Adams 3, eps, corrected": (ours(Adams(3, "eps")), 4, 1),
        "Adams 3, angle, corrected": (ours(Adams()), 4, 1),
    }
    peers = {
        "diffusers DDIM": (lambda: diffusers_ddim(), 1),
        "diffusers DPM++ 2M": (lambda: diffusers_multistep("DPMSolverMultistepScheduler", 2), 2),
        "diffusers DPM++ 3M": (lambda: diffusers_multistep("DPMSolverMultistepScheduler", 3), 3),
        "diffusers UniPC 2": (lambda: diffusers_multistep("UniPCMultistepScheduler", 2), 3),
        "azula xEAB 3": (lambda: azula_adams("xEABSampler", 3), 3),
        "azula REAB 3": (lambda: azula_adams("REABSampler", 3), 3),
    }
    for name, (make, order) in peers.items():
        try:
            found[name] = make(), order, 1
        except ImportError as error:
            print(f"{name} is left out: {error}")
    return found


def geometric(steps: int) -> list[float]:
    return np.geomspace(FIRST, LAST, steps + 1).tolist()


def calls_to_reach(target: float, curve: dict[int, float]) -> float:
    """The number of calls at which the error falls to `target`, on straight lines in a log-log plot."""
    points = sorted(curve.items())
    for (n, error), (m, smaller) in zip(points, points[1:]):
        if smaller <= target < error:
            share = math.log(error / target) / math.log(error / smaller)
            return n * (m / n) ** share
    return math.inf


def same_grid() -> list[str]:
    """Everybody on one grid; returns the bars that are missed."""
    print(f"\nRMS distance to the exact end; sigma from {FIRST:g} to {LAST:g}, even in log sigma")
    shown = (5, 10, 20, 40, 80, 160)
    heading = f"{'':27}" + "".join(f"{n:>9}" for n in shown)
    print(heading + "   order (nominal)   to reach 1e-2")
    found, missed, curves, medians, reach = contestants(), [], {}, {}, {}
    for name, (run, order, cost) in found.items():
        curve = {n: errors(run, geometric(n // cost)) for n in CALLS if n >= 2 * cost}
        curves[name] = rms = {n: e for n, (e, _) in curve.items()}
        medians[name] = {n: median for n, (_, median) in curve.items()}
        slope = math.log2(rms[80] / rms[160])
        reach[name] = calls_to_reach(TARGET, rms)
        print(f"{name:27}" + "".join(f"{rms[n]:9.1e}" for n in shown) + f"{slope:8.2f} ({order})"
              f"{reach[name]:20.1f}")
        mine = not name.startswith(("diffusers", "azula"))
        if mine and abs(slope - order) > 0.1 * order:
            missed.append(f"order of {name}: {slope:.2f}")
    print(f"\nmedian distance, the same runs\n{heading}")
    for name, values in medians.items():
        print(f"{name:27}" + "".join(f"{values[n]:9.1e}" for n in shown))
    best = min((n for n in found if not n.startswith(("diffusers", "azula"))), key=reach.get)
    print(f"bar: at most 20 calls to reach {TARGET:g}: {reach[best]:.1f} by {best}")
    missed += [] if reach[best] <= 20 else ["calls to reach 1e-2"]
    peer = curves.get("diffusers DPM++ 2M")
    if peer:
        mine = curves["DPM-Solver++ 2M"]
        gap = max(abs(mine[n] / peer[n] - 1) for n in CALLS)
        print(f"bar: our 2M is that of diffusers to 3 digits: largest relative difference {gap:.1e}")
        missed += [] if gap < 1e-3 else ["2M against diffusers"]
    return missed


def own_grids() -> None:
    """Everybody on the grid of its library, down to no noise at all."""
    first = 157.4  # sigma / alpha at the end of the chain of DDPM

    def angles(n):
        return angle_times(PLAIN, n, first, 0.0, 0.5)

    found = contestants()
    rows = {name: (found[name][0], angles) for name in ("DDIM", "Adams 3, angle, corrected")}
    rows |= {
        name: (found[name][0], library_grid(name))
        for name in found
        if name.startswith(("diffusers", "azula"))
    }
    print("\nRMS (median) distance to the exact end, each on its own grid; ours down to sigma = 0")
    shown = (5, 10, 20, 40, 80, 160)
    print(f"{'':26}" + "".join(f"{n:>18}" for n in shown))
    for name, (run, grid) in rows.items():
        cells = (errors(run, grid(n)) for n in shown)
        print(f"{name:26}" + "".join(f"{rms:10.1e} ({median:.0e})" for rms, median in cells))


def library_grid(name: str) -> Callable[[int], list[float]]:
    """sigma / alpha at the times that the library takes by default.

    diffusers ends at 0, azula at a trace of noise, 0.001.
    """
    if name.startswith("azula"):
        from azula.noise import VPSchedule

        def even(steps):
            alpha, sigma = VPSchedule()(torch.linspace(1, 0, steps + 1, dtype=F64))
            return (sigma / alpha).tolist()

        return even
    import diffusers

    kind = {"diffusers DDIM": "DDIMScheduler", "diffusers UniPC 2": "UniPCMultistepScheduler"}
    make = getattr(diffusers, kind.get(name, "DPMSolverMultistepScheduler"))

    def grid(steps):
        scheduler = make()
        scheduler.set_timesteps(steps)
        a_bar = scheduler.alphas_cumprod.double()[scheduler.timesteps.long()]
        return ((1 - a_bar) / a_bar).sqrt().tolist() + [0.0]

    return grid


def report() -> list[str]:
    """Prints the tables; returns the bars that are missed."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        missed = same_grid()
        own_grids()
    return missed


if __name__ == "__main__":
    print(report())
