"""Targets and conversions beside libraries that were written independently: diffusers, flow_matching.

Skipped where not installed. flow_matching's time runs the other way, from noise at 0 to data at 1, so
that its velocity has the other sign; its x_1 is our x0 and its x_0 our eps.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from udm_lessons.destroy import VE, DiscreteSchedule, Linear, Schedule, Trig, VPLinear
from udm_lessons.flow import KINDS, convert, edm, target

SHAPE = (5, 2, 3, 3)
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}
each_dtype = pytest.mark.parametrize("dtype", list(TOLERANCE), ids=str)


def drawn(seed: int, dtype: torch.dtype) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(SHAPE, generator=generator, dtype=torch.float64).to(dtype)


def gap(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference, relative to the largest entry where that exceeds 1."""
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    return float((ours - theirs).abs().max()) / max(1.0, float(theirs.abs().max()))


# diffusers: get_velocity is v_vp.


@each_dtype
@pytest.mark.parametrize("name", ["DDPMScheduler", "DDIMScheduler"])
def test_get_velocity_of_diffusers_is_v_vp(name: str, dtype: torch.dtype) -> None:
    diffusers = pytest.importorskip("diffusers")
    scheduler = getattr(diffusers, name)()
    # Its table is float32 from float32 betas; the same betas in float64 compare to rounding.
    scheduler.alphas_cumprod = torch.cumprod(1 - scheduler.betas.double(), 0)
    schedule = DiscreteSchedule(scheduler.betas.double())
    x0, eps = drawn(1, dtype), drawn(2, dtype)
    index = torch.tensor([0, 10, 333, 700, 999])
    theirs = scheduler.get_velocity(x0, eps, index)
    ours = target("v_vp", x0, eps, index + 1, schedule)
    assert gap(ours, theirs) < TOLERANCE[dtype]
    assert gap(target("flow", x0, eps, index + 1, schedule), theirs) > 0.1  # control


@each_dtype
@pytest.mark.parametrize("index", [0, 10, 333, 700, 999])
def test_a_v_prediction_of_diffusers_means_the_same_x0(index: int, dtype: torch.dtype) -> None:
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDIMScheduler(prediction_type="v_prediction", clip_sample=False)
    scheduler.alphas_cumprod = torch.cumprod(1 - scheduler.betas.double(), 0)
    scheduler.set_timesteps(1000)
    schedule = DiscreteSchedule(scheduler.betas.double())
    said, x_t = drawn(3, dtype), drawn(4, dtype)
    theirs = scheduler.step(said, index, x_t).pred_original_sample
    assert gap(convert(said, "v_vp", "x0", x_t, index + 1, schedule), theirs) < TOLERANCE[dtype]


@each_dtype
@pytest.mark.parametrize("deviation", [0.5, 1.3])
def test_the_bare_network_of_edm(deviation: float, dtype: torch.dtype) -> None:
    """precondition_outputs makes x0_hat from x_t and the network's output; alpha is 1 there."""
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.EDMEulerScheduler(sigma_data=deviation)
    schedule = VE(0.002, 80.0)
    said, x_t = drawn(5, dtype), drawn(6, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KINDS, "edm", edm(deviation))
        for t in (0.0, 0.3, 0.6, 1.0):
            sigma = torch.tensor(schedule.sigma(t), dtype=torch.float64)
            theirs = scheduler.precondition_outputs(x_t, said, sigma)
            assert gap(convert(said, "edm", "x0", x_t, t, schedule), theirs) < TOLERANCE[dtype]
        patch.setitem(KINDS, "edm", edm(0.9 * deviation))  # control
        assert gap(convert(said, "edm", "x0", x_t, 0.6, schedule), theirs) > 0.01


# flow_matching: six conversions between three kinds, on five schedules.

PATHS = {"CondOTScheduler": Linear(), "CosineScheduler": Trig(), "VPScheduler": VPLinear()}
TIMES = [0.15, 0.4, 0.77]


class Theirs(Schedule):
    """A schedule of flow_matching behind our interface, with its time turned round."""

    def __init__(self, scheduler: Callable):
        self.scheduler = scheduler

    def _at(self, t, name: str, sign: float = 1.0):
        value = sign * getattr(self.scheduler(torch.as_tensor(1 - t, dtype=torch.float64)), name)
        return value if isinstance(t, Tensor) else float(value)

    def alpha(self, t):
        return self._at(t, "alpha_t")

    def sigma(self, t):
        return self._at(t, "sigma_t")

    def d_alpha(self, t):
        return self._at(t, "d_alpha_t", -1.0)

    def d_sigma(self, t):
        return self._at(t, "d_sigma_t", -1.0)


def affine(name: str):
    """(flow_matching's path, its scheduler)."""
    package = pytest.importorskip("flow_matching.path")
    from flow_matching.path import scheduler as schedulers

    options = {"n": 3.0} if name == "PolynomialConvexScheduler" else {}
    scheduler = getattr(schedulers, name)(**options)
    return package.AffineProbPath(scheduler), scheduler


def schedule_of(name: str) -> Schedule:
    return PATHS[name] if name in PATHS else Theirs(affine(name)[1])


NAMES = [*PATHS, "PolynomialConvexScheduler", "LinearVPScheduler"]
each_path = pytest.mark.parametrize("name", NAMES)
SIGN = {"eps": 1.0, "x0": 1.0, "v": -1.0}
WORD = {"eps": "epsilon", "x0": "target", "v": "velocity"}
ORDERED = [(a, b) for a in SIGN for b in SIGN if a != b]


@pytest.mark.parametrize("name", PATHS)
def test_the_schedules_are_the_same(name: str) -> None:
    ours, theirs = PATHS[name], Theirs(affine(name)[1])
    for t in TIMES:
        for part in ("alpha", "sigma", "d_alpha", "d_sigma"):
            assert getattr(ours, part)(t) == pytest.approx(getattr(theirs, part)(t), rel=1e-12)


@each_dtype
@each_path
def test_targets_of_flow_matching(name: str, dtype: torch.dtype) -> None:
    path, _ = affine(name)
    x0, eps = drawn(1, dtype), drawn(2, dtype)
    for t in TIMES:
        sample = path.sample(x_0=eps, x_1=x0, t=torch.full((5,), 1 - t, dtype=torch.float64))
        schedule = schedule_of(name)
        x_t = schedule.alpha(t) * x0 + schedule.sigma(t) * eps
        assert gap(x_t, sample.x_t.to(dtype)) < TOLERANCE[dtype]
        velocity = target("v", x0, eps, t, schedule)
        assert gap(velocity, -sample.dx_t.to(dtype)) < TOLERANCE[dtype]


@each_dtype
@each_path
@pytest.mark.parametrize("source, wanted", ORDERED)
def test_conversions_of_flow_matching(name: str, source: str, wanted: str, dtype) -> None:
    path, _ = affine(name)
    theirs = getattr(path, f"{WORD[source]}_to_{WORD[wanted]}")
    said, x_t, schedule = drawn(3, dtype), drawn(4, dtype), schedule_of(name)
    for t in TIMES:
        their_t = torch.tensor(1 - t, dtype=torch.float64)
        expected = SIGN[wanted] * theirs(SIGN[source] * said, x_t, their_t)
        assert gap(convert(said, source, wanted, x_t, t, schedule), expected) < TOLERANCE[dtype]


def test_control_the_sign_of_their_velocity() -> None:
    path, _ = affine("CondOTScheduler")
    said, x_t = drawn(3, torch.float64), drawn(4, torch.float64)
    unturned = path.velocity_to_target(said, x_t, torch.tensor(0.6, dtype=torch.float64))
    assert gap(convert(said, "v", "x0", x_t, 0.4, Linear()), unturned) > 0.1


def test_control_a_wrong_time_would_be_seen() -> None:
    path, _ = affine("CosineScheduler")
    said, x_t = drawn(3, torch.float64), drawn(4, torch.float64)
    theirs = path.epsilon_to_target(said, x_t, torch.tensor(1 - 0.4, dtype=torch.float64))
    assert gap(convert(said, "eps", "x0", x_t, 0.4 + 1e-9, Trig()), theirs) > 1e-10
