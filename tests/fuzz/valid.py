"""How every public callable of the lower wings is called: data, destroy, rebuild, flow."""

from __future__ import annotations

from typing import Any

import torch

from udm_lessons import data, destroy, flow, rebuild
from udm_lessons.destroy import (
    Blur, Cold, ConstantNoise, Cosine, CosineLevel, Deletion, DiscreteLevel, DiscreteSchedule, Editing, EditLaw,
    Gaussian, Linear, LinearLevel, Masking, NoNoise, Normal, Replacement, Trig, Uniform, UniformAndToken, VE, VPLinear,
)  # fmt: skip
from udm_lessons.rebuild import Ddim, FiniteData, GaussianMixture, Interpolate, Keep, Markov, Mixture, Redraw, Reflect

from .draws import MASK, PAD, Draw, Spec

SPECS: dict[str, Spec] = {}


def add(name: str, arguments: Any, **options: Any) -> None:
    SPECS[name] = Spec(arguments, **options)


# Schedules and levels

SCHEDULES = {
    "VPLinear": VPLinear(), "Cosine": Cosine(), "Trig": Trig(), "Linear": Linear(), "VE": VE(),
    "ConstantNoise": ConstantNoise(), "DiscreteSchedule": DiscreteSchedule([0.1, 0.2, 0.3]),
}  # fmt: skip
SMOOTH = [VPLinear(), Cosine(), Trig(), Linear(), VE()]
LEVELS = {"LinearLevel": LinearLevel(), "CosineLevel": CosineLevel(), "DiscreteLevel": DiscreteLevel([0.2, 0.3])}
NUMBERS = {
    "VPLinear": lambda d: dict(beta_min=d.number(0, 1), beta_max=d.number(1, 20)),
    "Cosine": lambda d: dict(s=d.number(0, 0.1), floor=d.number(1e-6, 1e-2)),
    "VE": lambda d: dict(sigma_min=d.number(0.01, 0.1), sigma_max=d.number(1, 50)),
    "ConstantNoise": lambda d: dict(sigma=d.number(0.01, 1)),
    "DiscreteSchedule": lambda d: dict(betas=[d.number(0.1, 0.5) for _ in range(3)]),
    "DiscreteLevel": lambda d: dict(betas=[d.number(0.1, 0.5) for _ in range(3)]),
}
DERIVED = {"ConstantNoise": ("time_at_log_snr",), "DiscreteSchedule": ("d_alpha", "d_sigma", "time_at_log_snr"), "DiscreteLevel": ("d_p",)}
REFUSED = {f"destroy.{name}.{method}" for name, methods in DERIVED.items() for method in methods}


def _time(d: Draw, name: str) -> Any:
    return float(d.pick(1, 2)) if name.startswith("Discrete") else d.t()


for name, owner in {**SCHEDULES, **LEVELS}.items():
    made = getattr(destroy, name)
    add(f"destroy.{name}", lambda d, made=made, name=name: (made, NUMBERS.get(name, lambda d: {})(d)))
    for method in ("alpha", "sigma", "d_alpha", "d_sigma", "log_snr") if name in SCHEDULES else ("p", "d_p"):
        add(
            f"destroy.{name}.{method}",
            lambda d, name=name, owner=owner, method=method: (getattr(owner, method), dict(t=_time(d, name))),
            infinite="the log SNR has infinite ends" if method == "log_snr" else "",
        )
    if name in SCHEDULES:
        add(
            f"destroy.{name}.time_at_log_snr",
            lambda d, owner=owner: (owner.time_at_log_snr, dict(log_snr=d.number(-1.5, 3.0))),
        )
add("destroy.DiscreteSchedule.ddpm", lambda d: (DiscreteSchedule.ddpm, dict(steps=d.pick(2, 5), beta_min=1e-4, beta_max=0.02)))

# Laws of noise

LAWS = {
    "Normal": (Normal(), lambda d: d.x(2)), "Uniform": (Uniform(), lambda d: d.u(2)),
    "NoNoise": (NoNoise(), lambda d: d.x(2)), "UniformAndToken": (UniformAndToken(5), lambda d: d.tokens(2)),
    "EditLaw": (EditLaw(3), lambda d: d.strings()[0]),
}  # fmt: skip


def _noise(d: Draw, name: str) -> Any:
    law, like = LAWS[name]
    return law.sample(like(d), d.generator())


for name, (law, like) in LAWS.items():
    made = getattr(destroy, name)
    add(f"destroy.{name}", lambda d, made=made, name=name: (made, dict(vocabulary=5) if name in ("UniformAndToken", "EditLaw") else {}))
    add(f"destroy.{name}.sample", lambda d, law=law, like=like: (law.sample, dict(like=like(d), generator=d.generator())))
    add(f"destroy.{name}.redraw", lambda d, law=law, name=name: (law.redraw, dict(noise=_noise(d, name), generator=d.generator())))
    add(
        f"destroy.{name}.mix",
        lambda d, law=law, name=name: (law.mix, dict(noise=_noise(d, name), redraw=d.number(0, 1), generator=d.generator())),
    )
    add(f"destroy.{name}.reflect", lambda d, law=law, name=name: (law.reflect, dict(noise=_noise(d, name))))
    add(
        f"destroy.{name}.correlate",
        lambda d, law=law, name=name: (law.correlate, dict(noise=_noise(d, name), rho=d.number(0, 1), generator=d.generator())),
    )
add(
    "destroy.UniformAndToken.redraw_token",
    lambda d: (UniformAndToken(5).redraw_token, dict(noise=_noise(d, "UniformAndToken"), redraw=d.number(0, 1), generator=d.generator())),
)
REFUSED |= {f"destroy.{name}.correlate" for name in LAWS if name != "Normal"}
REFUSED |= {"destroy.Normal.reflect", "destroy.NoNoise.reflect"}

# Processes

IMAGES = torch.randn(4, 1, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
PROCESSES = {
    "Gaussian": (lambda d: Gaussian(d.pick(*SMOOTH)), lambda d: dict(schedule=d.pick(*SMOOTH))),
    "Blur": (
        lambda d: Blur((3, 3), 2.0, ConstantNoise(0.3), data=IMAGES.to(d.dtype)),
        lambda d: dict(size=(3, 3), width=2.0, schedule=Trig(), data=IMAGES),
    ),
    "Cold": (
        lambda d: Cold(lambda x0, t: x0 * (1 - t if isinstance(t, float) else (1 - t).reshape(-1, 1, 1, 1)), data=IMAGES.to(d.dtype)),
        lambda d: dict(degrade=lambda x0, t: x0, data=IMAGES, t_max=1.0),
    ),
    "Masking": (lambda d: Masking(MASK), lambda d: dict(mask=MASK, level=LinearLevel())),
    "Replacement": (lambda d: Replacement(5), lambda d: dict(vocabulary=5, level=CosineLevel())),
    "Deletion": (lambda d: Deletion(PAD), lambda d: dict(pad=PAD, level=LinearLevel(), rates=torch.ones(3))),
    "Editing": (
        lambda d: Editing(PAD, 3, substitution=0.2, insertion=0.2),
        lambda d: dict(pad=PAD, vocabulary=3, level=LinearLevel(), substitution=0.1, insertion=0.1),
    ),
}  # fmt: skip
ON_IMAGES = ("Gaussian", "Blur", "Cold")


def x0_of(d: Draw, name: str) -> Any:
    if name in ON_IMAGES:
        return d.x(1, 3, 3)
    return d.strings()[0] if name in ("Deletion", "Editing") else d.tokens(4)


def steps_of(d: Draw, name: str) -> tuple:
    """A process, x0, noise, t, x_t."""
    process, x0, t = PROCESSES[name][0](d), x0_of(d, name), d.t()
    if name == "Cold":
        t = d.number(0.1, 0.9)
    noise = process.sample_noise(x0, d.generator())
    return process, x0, noise, t, process.forward(x0, noise, t)


def _call(name: str, method: str) -> Any:
    def arguments(d: Draw) -> tuple:
        process, x0, noise, t, x_t = steps_of(d, name)
        given = dict(
            x0=x0, noise=noise, t=t, x_t=x_t, x=x0, x0_hat=x0, data=x0, coefficients=x0, generator=d.generator(),
            s=t * 0.5, shape=tuple(x0.shape),
        )  # fmt: skip
        return getattr(process, method), {key: given[key] for key in ARGUMENTS[method]}

    return arguments


ARGUMENTS = {
    "sample_noise": ("x0", "generator"), "forward": ("x0", "noise", "t"), "infer_noise": ("x0", "x_t", "t", "generator"),
    "log_likelihood": ("x_t", "x0", "t"), "pairwise_log_likelihood": ("x_t", "data", "t"),
    "markov_refresh": ("noise", "t", "s", "generator"), "sample_prior": ("shape", "generator"),
    "mean": ("x0", "t"), "blur": ("x0", "t"), "sigma": ("t", "x"), "positive_sigma": ("t", "x"), "attenuation": ("t", "x"),
    "dct": ("x",), "inverse_dct": ("coefficients",), "markov_correlation": ("t", "s", "noise"),
    "carry_over": ("x0_hat", "x_t"), "sample_alignment": ("x0", "x_t", "t", "generator"), "chances": ("t",),
}  # fmt: skip
RULES: dict[str, dict] = {
    "forward": dict(batched=("x0", "noise", "t"), like="x0", keeps="x0"),
    "mean": dict(batched=("x0", "t"), like="x0", keeps="x0"), "blur": dict(batched=("x0", "t"), like="x0", keeps="x0"),
    "dct": dict(batched=("x",), like="x", keeps="x"),
    "inverse_dct": dict(batched=("coefficients",), like="coefficients", keeps="coefficients"),
    "log_likelihood": dict(batched=("x_t", "x0", "t"), like="batch:x0", infinite="-inf off the support"),
    "pairwise_log_likelihood": dict(batched=("x_t", "t"), infinite="-inf off the support"),
}  # fmt: skip
METHODS = {
    name: [
        *("sample_noise", "forward", "infer_noise", "log_likelihood", "pairwise_log_likelihood", "markov_refresh", "sample_prior"),
        *(("mean", "sigma", "positive_sigma", "markov_correlation") if name in ("Gaussian", "Blur") else ()),
        *(("blur", "attenuation", "dct", "inverse_dct") if name == "Blur" else ()),
        *(("carry_over",) if name == "Masking" else ()),
        *(("sample_alignment",) if name in ("Deletion", "Editing") else ()),
        *(("chances",) if name == "Editing" else ()),
    ]
    for name in PROCESSES
}
for name, methods in METHODS.items():
    add(f"destroy.{name}", lambda d, name=name: (getattr(destroy, name), PROCESSES[name][1](d)))
    for method in methods:
        options = dict(RULES.get(method, {}))
        if method == "forward" and name in ("Deletion", "Editing"):
            options = dict(keeps="x0")
        add(f"destroy.{name}.{method}", _call(name, method), **options)
REFUSED |= {"destroy.Cold.log_likelihood", "destroy.Cold.pairwise_log_likelihood", "destroy.Editing.markov_refresh"}


def _pair(d: Draw) -> dict:
    x0, x_t = d.strings()
    return dict(x0=x0, x_t=x_t, pad=PAD)


add("destroy.check_strings", lambda d: (destroy.check_strings, _pair(d)))
for function in ("count_embeddings", "log_embeddings"):
    add(
        f"destroy.{function}", lambda d, function=function: (getattr(destroy, function), _pair(d)),
        batched=("x0", "x_t"), like="batch:x0", infinite="log 0 where nothing hides",
    )  # fmt: skip


def _aligned(d: Draw) -> dict:
    x0, y = d.strings()
    return dict(x0=x0, y=y, pad=PAD, deletion=d.number(0.1, 0.9), substitution=d.number(0, 0.3), insertion=d.number(0, 0.3), vocabulary=3)


add("destroy.alignment_table", lambda d: (destroy.alignment_table, _aligned(d)), infinite="log 0 off the support")
add("destroy.sample_alignment", lambda d: (destroy.sample_alignment, dict(**_aligned(d), generator=d.generator())))
add("destroy.dct_matrix", lambda d: (destroy.dct_matrix, dict(n=d.pick(1, 2, 5))))
add("destroy.distances", lambda d: (destroy.distances, dict(a=d.x(2), b=d.x(2))), keeps="a")
add("destroy.check_process", lambda d: (destroy.check_process, dict(process=Gaussian(Trig()))))
add("destroy.check_schedule", lambda d: (destroy.check_schedule, dict(schedule=Trig())))

# Data

add("data.encode", lambda d: (data.encode, dict(strings=["ab", "c_"][: d.batch], width=d.pick(2, 5))))
add("data.decode", lambda d: (data.decode, dict(tokens=d.tokens(4, 26))))
add("data.token_images", lambda d: (data.token_images, dict(tokens=d.tokens(64, 17))))
add("data.words", lambda d: (data.words, dict(length=d.pick(4, 7))))
add("data.names", lambda d: (data.names, dict(part="heldout", kind="female")))
add("data.digits", lambda d: (data.digits, dict(part=d.pick("all", "train"), dtype=d.dtype)))
add("data.letters", lambda d: (data.letters, dict(part=d.pick("all", "heldout"), size=8, copies=1, seed=0, dtype=d.dtype)))
add("data.digit_tokens", lambda d: (data.digit_tokens, dict(part="heldout")))
add("data.pinwheel_centres", lambda d: (data.pinwheel_centres, dict(arms=d.pick(1, 5), along=d.pick(1, 4), dtype=d.dtype)))

# Rebuild

REFRESHES = {
    "Keep": lambda d: Keep(), "Redraw": lambda d: Redraw(), "Markov": lambda d: Markov(), "Ddim": lambda d: Ddim(d.number(0, 1)),
    "Interpolate": lambda d: Interpolate(d.number(0, 1)), "Mixture": lambda d: Mixture(d.number(0, 1)), "Reflect": lambda d: Reflect(),
}  # fmt: skip
for name, make in REFRESHES.items():
    given = {"Ddim": "eta", "Interpolate": "sigma", "Mixture": "redraw"}.get(name)
    add(
        f"rebuild.{name}",
        lambda d, name=name, given=given: (getattr(rebuild, name), {given: d.number(0, 1)} if given else {}),
    )

    def refreshed(d: Draw, name: str = name, make: Any = make) -> tuple:
        process, _, noise, t, _ = steps_of(d, "Masking" if name == "Reflect" else "Gaussian")
        return make(d).__call__, dict(process=process, noise=noise, t=t, s=t * 0.5, generator=d.generator())

    add(f"rebuild.{name}.__call__", refreshed, like="noise")


def _step(d: Draw) -> tuple:
    process, x0, _, t, x_t = steps_of(d, d.pick(*PROCESSES))
    return rebuild.reverse_step, dict(process=process, x0_hat=x0, x_t=x_t, t=t, s=t * 0.5, refresh=Keep(), generator=d.generator())


def _sampled(d: Draw) -> tuple:
    x = d.x(2)
    return rebuild.sample, dict(
        process=Gaussian(d.pick(*SMOOTH)), predictor=lambda x, t, generator: 0.5 * x, x_T=x, times=[0.9, 0.5, 0.1],
        refresh=REFRESHES[d.pick("Keep", "Redraw", "Ddim")](d), generator=d.generator(), progress=False,
    )  # fmt: skip


add("rebuild.reverse_step", _step)
add("rebuild.sample", _sampled, like="x_T", keeps="x_T")


def mixture(d: Draw) -> GaussianMixture:
    means = torch.tensor([[1.0, 0.0], [-1.0, 0.5]], dtype=d.dtype)
    return GaussianMixture(means, torch.tensor([0.2, 0.3], dtype=d.dtype))


add(
    "rebuild.GaussianMixture",
    lambda d: (GaussianMixture, dict(means=d.x(2), variances=d.x(1)[:, 0].abs() + 0.1, weights=d.x(1)[:, 0].abs() + 0.1)),
)
add("rebuild.GaussianMixture.sample", lambda d: (mixture(d).sample, dict(n=d.batch, generator=d.generator())))
for method, like in {
    "x0_mean": "x_t", "eps_mean": "x_t", "score": "x_t", "velocity": "x_t", "log_prob": "batch:x_t", "x0_cov": None,
}.items():  # fmt: skip
    add(
        f"rebuild.GaussianMixture.{method}",
        lambda d, method=method: (getattr(mixture(d), method), dict(x_t=d.x(2), t=d.t(), schedule=d.pick(*SMOOTH))),
        batched=("x_t", "t"), like=like, keeps="x_t",
    )  # fmt: skip
add(
    "rebuild.GaussianMixture.sample_x0",
    lambda d: (mixture(d).sample_x0, dict(x_t=d.x(2), t=d.t(), schedule=d.pick(*SMOOTH), generator=d.generator())),
    like="x_t", keeps="x_t",
)  # fmt: skip
add("rebuild.FiniteData", lambda d: (FiniteData, dict(data=d.x(2), process=Gaussian(Trig()), weights=d.x(1)[:, 0].abs() + 0.1)))


def finite(method: str) -> Any:
    def arguments(d: Draw) -> tuple:
        tokens = method == "marginals" or d.pick(True, False, False) and method in ("weights", "entropy", "sample_x0")
        process, rows, _, t, x_t = steps_of(d, d.pick("Masking", "Deletion", "Replacement") if tokens else d.pick("Gaussian", "Blur"))
        extra = dict(generator=d.generator()) if method == "sample_x0" else dict(vocabulary=28) if method == "marginals" else {}
        return getattr(FiniteData(rows, process), method), dict(x_t=x_t, t=t, **extra)

    return arguments


for method in ("weights", "entropy", "x0_mean", "x0_cov", "mmse", "marginals", "sample_x0"):
    options: dict = {} if method == "sample_x0" else dict(batched=("x_t", "t"))
    add(f"rebuild.FiniteData.{method}", finite(method), **options)


def _oracle(d: Draw) -> dict:
    return dict(oracle=mixture(d), schedule=Trig())


add("rebuild.posterior_mean", lambda d: (rebuild.posterior_mean, _oracle(d)))
add("rebuild.posterior_sample", lambda d: (rebuild.posterior_sample, _oracle(d)))
add("rebuild.gaussian_draw", lambda d: (rebuild.gaussian_draw, dict(mean_predictor=lambda x, t, g: x, sigma_bar=d.number(0, 1))))
add("rebuild.clipped", lambda d: (rebuild.clipped, dict(predictor=lambda x, t, g: x, low=-1.0, high=1.0)))
add("rebuild.carry_over", lambda d: (rebuild.carry_over, dict(process=Masking(MASK), predictor=lambda x, t, g: x)))

# Flow

KINDS = ("eps", "x0", "score", "v", "v_vp", "flow", "edm")


def _kinds(d: Draw, *names: str) -> dict:
    given = dict(
        kind=d.pick(*KINDS), source=d.pick(*KINDS), target=d.pick(*KINDS), prediction=d.x(2), x_t=d.x(2), x0=d.x(2), eps=d.x(2),
        t=d.t(), schedule=d.pick(*SMOOTH),
    )  # fmt: skip
    return {name: given[name] for name in names}


add("flow.pair", lambda d: (flow.pair, _kinds(d, "kind", "t", "schedule")))
add("flow.target", lambda d: (flow.target, _kinds(d, "kind", "x0", "eps", "t", "schedule")), batched=("x0", "eps", "t"), like="x0", keeps="x0")
add(
    "flow.convert", lambda d: (flow.convert, _kinds(d, "prediction", "source", "target", "x_t", "t", "schedule")),
    batched=("prediction", "x_t", "t"), like="x_t", keeps="x_t",
)  # fmt: skip
add("flow.loss_weight", lambda d: (flow.loss_weight, _kinds(d, "source", "target", "t", "schedule")))
add("flow.drift_error", lambda d: (flow.drift_error, _kinds(d, "kind", "t", "schedule")))
add("flow.check_kind", lambda d: (flow.check_kind, dict(kind="x0")))
add("flow.edm", lambda d: (flow.edm, dict(sigma_data=d.number(0.1, 2))))
for name in ("matching_time", "matching_scale"):
    add(f"flow.{name}", lambda d, name=name: (getattr(flow, name), dict(t=d.t(0.2, 0.8), schedule=Trig(), other=d.pick(Linear(), Trig()))))
add(
    "flow.transfer",
    lambda d: (flow.transfer, dict(model=lambda x, t: x, from_schedule=Linear(), to_schedule=Trig(), kind=d.pick(*KINDS))),
)
add("flow.uniform_times", lambda d: (flow.uniform_times, dict(steps=d.pick(1, 4), start=1.0, end=0.0)))
for name in ("log_snr_times", "karras_times", "angle_times"):
    extra = {"log_snr_times": {}, "karras_times": dict(rho=7.0), "angle_times": dict(scale=1.0)}[name]
    add(
        f"flow.{name}",
        lambda d, name=name, extra=extra: (getattr(flow, name), dict(schedule=d.pick(*SMOOTH), steps=d.pick(1, 4), start=0.9, end=0.1, **extra)),
    )
for name in ("trailing_times", "leading_times"):
    add(f"flow.{name}", lambda d, name=name: (getattr(flow, name), dict(steps=d.pick(1, 5), chain=d.pick(10, 1000))))


_METHODS = {
    "euler": flow.euler, "heun": flow.heun, "dpm_solver_2m": flow.dpm_solver_2m, "Adams.__call__": flow.Adams(2, "x0"),
    "ReverseSde.__call__": flow.ReverseSde(0.3),
}  # fmt: skip


def _stepped(d: Draw, method: Any) -> tuple:
    ask = flow.Prediction(lambda x, t: 0.5 * x, d.pick("x0", "v"), d.pick(*SMOOTH))
    last = lambda x, times, generator: list(method(ask, x, times, generator))[-1]  # noqa: E731
    return last, dict(x=d.x(2), times=[0.9, 0.5, 0.1], generator=d.generator())


for name, method in _METHODS.items():
    add(f"flow.{name}", lambda d, method=method: _stepped(d, method), batched=("x",), like="x", keeps="x")


def _solved(d: Draw) -> tuple:
    method = d.pick(*_METHODS.values())
    return flow.solve, dict(
        model=lambda x, t: 0.5 * x, kind=d.pick("x0", "v"), schedule=d.pick(*SMOOTH), x_T=d.x(2), times=[0.9, 0.5, 0.1], method=method,
        generator=d.generator(), progress=False,
    )  # fmt: skip


add("flow.solve", _solved, like="x_T", keeps="x_T")
add("flow.Adams", lambda d: (flow.Adams, dict(order=d.pick(1, 3), face=d.pick("x0", "angle"), corrected=d.pick(True, False))))
add("flow.ReverseSde", lambda d: (flow.ReverseSde, dict(gamma=d.number(0, 1))))
add("flow.Prediction", lambda d: (flow.Prediction, dict(model=lambda x, t: x, kind="x0", schedule=Trig())))


def _asked(d: Draw) -> tuple:
    ask = flow.Prediction(lambda x, t: 0.5 * x, d.pick("x0", "v"), d.pick(*SMOOTH))
    return ask.__call__, dict(x_t=d.x(2), t=d.t(), kind=d.pick(*KINDS))


def _grid(d: Draw) -> tuple:
    steps = flow.Prediction(lambda x, t: x, "x0", d.pick(*SMOOTH)).steps
    return lambda times: list(steps(times)), dict(times=[0.9, 0.5, 0.1])


def _turned(d: Draw) -> tuple:
    ask = flow.Prediction(lambda x, t: 0.5 * x, d.pick("x0", "v"), d.pick(*SMOOTH))
    return ask.turn, dict(answer=d.x(2), x_t=d.x(2), t=d.t(), kind=d.pick(*KINDS))


add("flow.Prediction.__call__", _asked, batched=("x_t", "t"), like="x_t", keeps="x_t")
add("flow.Prediction.turn", _turned, batched=("answer", "x_t", "t"), like="x_t", keeps="x_t")
add("flow.Prediction.steps", _grid)
