"""How many microseconds a step of the sampler costs, beside a bare loop and beside the peers.

Everybody runs deterministic DDIM with the trivial predictor x_t -> 0.9 x_t over the same 50 steps
of DDPM's linear schedule, on one thread and in float32. Results are compared first. Rounds are
interleaved, so that a slow moment hits everyone, and the time is CPU time of the thread.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from udm_lessons.destroy import DiscreteSchedule, Gaussian
from udm_lessons.flow import Adams, dpm_solver_2m, solve
from udm_lessons.rebuild import sample

STEPS = 50
TIMES = [*range(1 + 20 * (STEPS - 1), 0, -20), 0]
SCHEDULE = DiscreteSchedule.ddpm()
SCALES = [(SCHEDULE.alpha(t), SCHEDULE.sigma(t)) for t in TIMES]
SHAPES = [(64, 2), (64, 1, 32, 32)]
BARE, PEER = "bare loop", "diffusers"
BARS = {BARE: {shape: 2.5 for shape in SHAPES}, PEER: dict(zip(SHAPES, (0.3, 0.5)))}
Sampler = Callable[[Tensor], Tensor]


def predict(x_t: Tensor, t: float, generator: torch.Generator | None = None) -> Tensor:
    return 0.9 * x_t


def ours(x: Tensor, progress: bool = False) -> Tensor:
    return sample(Gaussian(SCHEDULE), predict, x, TIMES, progress=progress)


def ours_with_progress(x: Tensor) -> Tensor:
    with contextlib.redirect_stderr(io.StringIO()):
        return ours(x, progress=True)


@torch.no_grad()
def bare(x: Tensor) -> Tensor:
    """What one would write by hand."""
    for t, (a_t, s_t), (a_s, s_s) in zip(TIMES, SCALES, SCALES[1:]):
        x0 = predict(x, t)
        eps = (x - a_t * x0) / s_t
        x = a_s * x0 + s_s * eps
    return x


@torch.no_grad()
def fused(x: Tensor) -> Tensor:
    """The two updates as one: x_s = (a_s - c a_t) x0 + c x_t with c = s_s / s_t."""
    for t, (a_t, s_t), (a_s, s_s) in zip(TIMES, SCALES, SCALES[1:]):
        c = s_s / s_t
        x = predict(x, t).mul_(a_s - c * a_t).add_(x, alpha=c)
    return x


def diffusers() -> Sampler:
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(
        beta_schedule="linear",
        clip_sample=False,
        prediction_type="sample",
        timestep_spacing="leading",
    )

    @torch.no_grad()
    def run(x: Tensor) -> Tensor:
        scheduler.set_timesteps(STEPS)
        for t in scheduler.timesteps:
            x = scheduler.step(predict(x, t), t, x, eta=0.0).prev_sample
        return x

    return run


def azula() -> Sampler:
    from azula.denoise import Denoiser, DiracPosterior
    from azula.noise import Schedule
    from azula.sample import DDIMSampler

    alpha, sigma = (torch.tensor(values, dtype=torch.float32) for values in zip(*SCALES))

    class Table(Schedule):
        """The scales of step k, at time k."""

        def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
            return alpha[t], sigma[t]

    class Trivial(Denoiser):
        schedule = Table()

        def forward(self, x_t: Tensor, t: Tensor) -> DiracPosterior:
            return DiracPosterior(mean=predict(x_t, t))

    return DDIMSampler(
        Trivial(), start=0, stop=STEPS, steps=STEPS, eta=0.0, silent=True, dtype=torch.int64
    )


def contestants() -> dict[str, Sampler]:
    found = {
        "udm_lessons": ours,
        "with progress bar": ours_with_progress,
        BARE: bare,
        "fused by hand": fused,
    }
    for make in (diffusers, azula):
        try:
            found[make.__name__] = make()
        except ImportError as error:
            print(f"{make.__name__} is left out: {error}")
    return found


def ours_2m(x: Tensor) -> Tensor:
    return solve(predict, "x0", SCHEDULE, x, TIMES, dpm_solver_2m, progress=False)


def ours_adams(x: Tensor) -> Tensor:
    return solve(predict, "x0", SCHEDULE, x, TIMES, Adams(), progress=False)


def diffusers_2m() -> Sampler:
    from diffusers import DPMSolverMultistepScheduler

    scheduler = DPMSolverMultistepScheduler(prediction_type="sample", lower_order_final=False)

    @torch.no_grad()
    def run(x: Tensor) -> Tensor:
        scheduler.set_timesteps(STEPS)
        scheduler.sigmas = torch.tensor([sigma / alpha for alpha, sigma in SCALES])
        for t in scheduler.timesteps:
            x = scheduler.step(predict(x, t), t, x).prev_sample
        return x

    return run


def report_2m(rounds: int) -> list[str]:
    """Prints microseconds a step of the second-order solvers; returns the bars that are missed."""
    try:
        peer = diffusers_2m()
    except ImportError as error:
        print(f"diffusers is left out: {error}")
        return []
    missed = []
    for shape in SHAPES:
        x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        error = float((ours_2m(x) - peer(x)).abs().max() / ours_2m(x).abs().max())
        if not error < 1e-3:
            sys.exit(f"the two 2M solvers do not do the same on {shape}: relative error {error:.1e}")
        cost = measure({"ours, 2M": ours_2m, "ours, Adams 3": ours_adams, "diffusers, 2M": peer}, shape, rounds)
        ratio = cost["ours, 2M"] / cost["diffusers, 2M"]
        print(f"\n{'x'.join(map(str, shape)):<20}{'us per step':>12}")
        for name, value in cost.items():
            print(f"{name:<20}{value:12.1f}")
        verdict = "met" if ratio <= 0.3 else "MISSED"
        print(f"bar: 2M at most 0.3 of diffusers: {ratio:.2f}, {verdict}")
        missed += [] if ratio <= 0.3 else [f"2M on {shape}"]
    return missed


def check_agreement(samplers: dict[str, Sampler], shape: tuple[int, ...]) -> None:
    """All must end where the bare loop ends in float64; peers tabulate the schedule in float32."""
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    expected = bare(x.double())
    for name, run in samplers.items():
        error = float((run(x).double() - expected).abs().max() / expected.abs().max())
        if not error < 1e-4:
            sys.exit(f"{name} does not do the same on {shape}: relative error {error:.1e}")


def measure(samplers: dict[str, Sampler], shape: tuple[int, ...], rounds: int) -> dict[str, float]:
    """Median CPU time of one step in microseconds."""
    x, clock = torch.randn(shape), time.thread_time
    resolution = time.get_clock_info("thread_time").resolution
    repeats = 4
    if resolution > 1e-5:
        print(f"The CPU clock ticks every {resolution:.0e} s; rounds are made longer.")
        repeats = 100
    spent: dict[str, list[float]] = {name: [] for name in samplers}
    for k in range(rounds + 2):
        for name, run in samplers.items():
            start = clock()
            for _ in range(repeats):
                run(x)
            elapsed = (clock() - start) / (repeats * STEPS)
            if k >= 2:  # the first rounds warm up
                spent[name].append(elapsed * 1e6)
    return {name: statistics.median(values) for name, values in spent.items()}


def show(shape: tuple[int, ...], cost: dict[str, float]) -> list[str]:
    """Prints the table of one size; returns the bars that are missed."""
    print(f"\n{'x'.join(map(str, shape)):<20}{'us per step':>12}{'/ bare':>9}{'/ diffusers':>13}")
    for name, value in cost.items():
        peer = f"{value / cost[PEER]:13.2f}" if PEER in cost else ""
        print(f"{name:<20}{value:12.1f}{value / cost[BARE]:9.2f}{peer}")
    missed = []
    for other, bars in BARS.items():
        if other in cost:
            ratio, bar = cost["udm_lessons"] / cost[other], bars[shape]
            verdict = "met" if ratio <= bar else "MISSED"
            print(f"bar: at most {bar:g} of {other}: {ratio:.2f}, {verdict}")
            missed += [] if ratio <= bar else [f"{other} on {shape}"]
    return missed


def report(rounds: int) -> list[str]:
    """Measures and prints everything; returns the bars that are missed."""
    samplers, missed = contestants(), []
    for shape in SHAPES:
        check_agreement(samplers, shape)
        missed += show(shape, measure(samplers, shape, rounds))
    return missed + report_2m(rounds)
