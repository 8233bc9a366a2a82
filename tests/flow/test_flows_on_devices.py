"""Faces, conversions, solvers, maps between flows, likelihoods and distances on another device against the CPU."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from udm_lessons._arrays import default_device, in_float64, moved, precise, uniform, widest
from udm_lessons.data import PAD, encode
from udm_lessons.destroy import VE, Cosine, DiscreteSchedule, Gaussian, Linear, Masking, Trig, VPLinear
from udm_lessons.flow import (
    KINDS,
    Adams,
    ReverseSde,
    convert,
    dpm_solver_2m,
    euler,
    heun,
    log_snr_times,
    loss_weight,
    matching_scale,
    matching_time,
    solve,
    target,
    transfer,
)
from udm_lessons.measure import (
    GaussianChain,
    Hutchinson,
    NGram,
    bits_per_token,
    energy_distance,
    laws,
    nearest_distance,
    ode_log_likelihood,
    sliced_wasserstein,
    two_sample_accuracy,
    variance_from_errors,
)
from udm_lessons.rebuild import GaussianMixture, Keep

POINTS = torch.randn(40, 2, generator=torch.Generator().manual_seed(1))
MEANS, VARIANCES = torch.tensor([[-1.4, 0.3], [0.5, 1.1]]), torch.tensor([0.3, 0.5])
EXACT = GaussianMixture(MEANS.double(), VARIANCES.double())
TIMES = torch.linspace(0.2, 0.8, 6, dtype=torch.float64)
METHODS = {"euler": euler, "heun": heun, "2m": dpm_solver_2m, "adams": Adams(), "adams eps": Adams(3, "eps"), "sde": ReverseSde(0.5)}


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def near(there: Tensor, here: Tensor, device: torch.device, tolerance: float, dtype: torch.dtype = torch.float32) -> None:
    assert there.device.type == device.type and there.dtype == dtype
    torch.testing.assert_close(there.cpu().double(), here, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("t", [0.4, TIMES], ids=["one time", "a time each"])
def test_kinds(t, device) -> None:
    x0, eps = POINTS[:6], POINTS[6:12]
    times = [t] if isinstance(t, float) else [t, moved(t, device)]
    pairs = [*zip(KINDS, [*KINDS][1:]), *zip([*KINDS][2:], KINDS), ("v", "v")]
    for schedule, time in product((Linear(), VPLinear()), times):
        for source, aim in pairs:
            said = target(source, x0.double(), eps.double(), t, schedule)
            near(target(source, x0.to(device), eps.to(device), time, schedule), said, device, 1e-4)
            x_t = Gaussian(schedule).forward(x0.double(), eps.double(), t)
            there = convert(said.float().to(device), source, aim, x_t.float().to(device), time, schedule)
            near(there, convert(said, source, aim, x_t, t, schedule), device, 2e-3)
            if isinstance(time, Tensor) and time.device.type == device.type:
                near(loss_weight(source, aim, time, schedule), loss_weight(source, aim, t, schedule), device, 1e-4, widest(device))


def test_what_has_no_answer_is_refused_there_too(device) -> None:
    x = POINTS[:3].to(device)
    ends = torch.tensor([0.0, 0.5, 1.0])
    for t in (ends, ends.to(device)):
        for source, aim in (("eps", "x0"), ("x0", "eps"), ("x0", "score"), ("flow", "score")):
            with pytest.raises(ValueError, match="^t must"):
                convert(x, source, aim, x, t, Linear())
    with pytest.raises(ValueError, match="t must have p_t|s must|t must"):
        VPLinear().d_sigma(ends.to(device))


@pytest.mark.parametrize("schedule", [Linear(), Trig(), VPLinear(), Cosine(), VE(), DiscreteSchedule.ddpm(20)], ids=lambda s: type(s).__name__)
def test_schedules(schedule, device) -> None:
    t = torch.linspace(0.1, 0.9, 9, dtype=torch.float64)
    t = (t * schedule.t_max).round() if schedule.t_max > 1 else t
    there = moved(t, device)
    for name in ("alpha", "sigma", "log_snr", "d_alpha", "d_sigma", "time_at_log_snr"):
        if schedule.t_max > 1 and name not in ("alpha", "sigma", "log_snr"):
            continue
        at, at_there = (schedule.log_snr(x) if name == "time_at_log_snr" else x for x in (t, there))
        near(getattr(schedule, name)(at_there), getattr(schedule, name)(at), device, 1e-4, widest(device))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["v", "x0", "eps"])
def test_solvers(method: str, kind: str, device) -> None:
    schedule, name = VPLinear(), {"v": "velocity", "x0": "x0_mean", "eps": "eps_mean"}[kind]
    times, x_T, ends = log_snr_times(schedule, 6, 1.0, 0.05), torch.randn(6, 2, generator=seeded()), []
    # The same noise is drawn in float32 only.
    for x in (x_T.to(device), x_T if method == "sde" else x_T.double()):
        oracle = GaussianMixture(MEANS.to(x), VARIANCES.to(x))
        model = lambda x, t, oracle=oracle: getattr(oracle, name)(x, t, schedule)  # noqa: E731
        ends.append(solve(model, kind, schedule, x, times, METHODS[method], seeded(), progress=False))
    near(ends[0], ends[1].double(), device, 2e-3)


@pytest.mark.parametrize("kind", ["eps", "x0", "score", "v", "v_vp", "flow", "edm"])
def test_one_flow_in_another_schedule(kind: str, device) -> None:
    x = POINTS[:6]
    model = lambda x, t: torch.sin(x) * (t if isinstance(t, float) else t.to(x.dtype)[:, None])  # noqa: E731
    for t in (0.4, TIMES):
        here = transfer(model, VPLinear(), Linear(), kind)(x.double(), t)
        for time in [t] if isinstance(t, float) else [t, moved(t, device)]:
            if isinstance(time, Tensor) and time.device.type != device.type:
                continue  # a model is asked at times on its own device
            near(transfer(model, VPLinear(), Linear(), kind)(x.to(device), time), here, device, 2e-3)
    there = moved(TIMES, device)
    for match in (matching_time, matching_scale):
        near(match(there, Linear(), Trig()), match(TIMES, Linear(), Trig()), device, 1e-5, widest(device))
    ends = torch.tensor([0.0, 1.0])
    assert matching_time(ends.to(device), Linear(), Trig()).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="whose SNR the other schedule reaches"):
        matching_time(ends.to(device), Linear(), VPLinear())


def test_likelihoods(device) -> None:
    x0, noise = POINTS[:8], torch.randn(8, 2, generator=seeded())
    schedule, found = Trig(), []
    for x, eps in ((x0.to(device), noise.to(device)), (x0.double(), noise.double())):
        oracle = GaussianMixture(MEANS.to(x), VARIANCES.to(x))
        velocity = lambda x, t, o=oracle: o.velocity(x, t, schedule)  # noqa: E731
        prior = lambda x, o=oracle: o.log_prob(x, 0.9, schedule)  # noqa: E731
        times = torch.linspace(0, 0.9, 8).tolist()
        probes = Hutchinson.signs(x, 2, seeded())
        guess = lambda x, t, generator=None, o=oracle: o.x0_mean(x, t, schedule)  # noqa: E731
        chain = GaussianChain(schedule, guess, [0.9, 0.6, 0.3, 0.0], lambda t, s: 0.2)
        found.append((
            ode_log_likelihood(velocity, x, times, prior), ode_log_likelihood(velocity, x, times, prior, probes),
            chain.elbo(x, eps).total, chain.raw_bound(x, eps.expand(3, 8, 2)),
        ))  # fmt: skip
        variance = variance_from_errors(x, guess(x, 0.5), torch.arange(1.0, 9.0).to(x))
    for there, here in zip(*found):
        near(there, here, device, 1e-3)
    assert variance > 0


def test_measures(device) -> None:
    x, y = POINTS[:20], POINTS[20:] + 1
    for distance in (energy_distance, lambda x, y: sliced_wasserstein(x, y, generator=seeded()),
                     lambda x, y: two_sample_accuracy(x, y, seeded())):  # fmt: skip
        assert distance(x.to(device), y.to(device)) == pytest.approx(distance(x, y), rel=1e-6)
    assert torch.equal(nearest_distance(x.to(device), y.to(device)).cpu(), nearest_distance(x, y))
    words = encode(["abc", "ab", "cab", "b"])
    model, alone = NGram(words.to(device), 2, 3, PAD), NGram(words, 2, 3, PAD)
    near(model.log_prob(words.to(device)), alone.log_prob(words), device, 1e-6, widest(device))
    tokens = torch.randint(5, (8, 4), generator=seeded())
    network = lambda x, t: torch.zeros(*x.shape, 5, device=x.device) + 0.1 * x[..., None]  # noqa: E731
    bits = [bits_per_token(network, data, Masking(5), draws=2, generator=seeded()) for data in (tokens.to(device), tokens)]
    assert bits[0] == pytest.approx(bits[1], rel=1e-5)


def test_laws_of_a_process(device) -> None:
    short = {"times": (0.7, 0.2), "refreshes": (Keep(),), "draws": 100, "progress": False}
    process, data = Masking(5), torch.randint(5, (4, 3), generator=seeded())
    assert laws(process, data.to(device), **short).broken == laws(process, data, **short).broken == ()


def test_the_digits_of_a_device(device, monkeypatch) -> None:
    dtype = widest(device)
    assert dtype in (torch.float64, torch.float32) and widest(torch.device("cpu")) == torch.float64
    x = torch.rand(5, generator=seeded())
    assert precise(x.to(device)).dtype == dtype and precise(0.3).dtype == torch.float64 and precise(0.3, device).dtype == dtype
    assert moved(x.double(), device).dtype == dtype and moved(x, device).dtype == torch.float32
    assert in_float64(x.to(device)).dtype == torch.float64 and torch.equal(in_float64(x.to(device)).cpu(), x.double())
    # A threshold is below 1 in the digits of the device, although the draw rounds to 1 there.
    monkeypatch.setattr(torch, "rand", lambda shape, **how: torch.full(shape, 1 - 2.0**-53, **{k: v for k, v in how.items() if k != "generator"}))
    u = uniform((3,), seeded(), device)
    assert u.dtype == dtype and bool((u < 1).all()) and float(u.max()) >= 1 - 2.0**-23


def test_control_float64_is_refused_where_it_is_not(device) -> None:
    if widest(device) == torch.float64:
        assert POINTS.double().to(device).dtype == torch.float64
        return
    for call in (lambda: POINTS.double().to(device), lambda: POINTS.to(device).double(), lambda: POINTS.to(device) * math.pi + torch.zeros(1, dtype=torch.float64, device=device)):
        with pytest.raises(TypeError, match="float64"):
            call()


def test_the_default_device(device, monkeypatch) -> None:
    """CUDA before MPS before the CPU."""
    for cuda, mps, name in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=cuda: found)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda found=mps: found)
        assert default_device().type == name
