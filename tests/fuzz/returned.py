"""How the functions are called that public functions return: predictors, losses, weights, models."""

from __future__ import annotations

from typing import Any

import torch

from udm_lessons import flow, learn, rebuild
from udm_lessons.destroy import Deletion, Gaussian, Linear, LinearLevel, Masking, Trig
from udm_lessons.learn import Categorical, Squared

from .draws import MASK, PAD, Draw, Spec
from .valid import KINDS, mixture
from .valid_upper import network

SPECS: dict[str, Spec] = {}


def add(name: str, arguments: Any, **options: Any) -> None:
    SPECS[f"{name}()"] = Spec(arguments, **options)


def _asked(d: Draw, **more: Any) -> dict:
    return dict(x_t=d.x(2), t=d.t(0.2, 0.8), **more)


GUESSED = dict(like="x_t", keeps="x_t")
HALF = lambda x, t, generator: 0.5 * x  # noqa: E731

add("rebuild.posterior_mean", lambda d: (rebuild.posterior_mean(mixture(d), Trig()), _asked(d)), batched=("x_t", "t"), **GUESSED)
add("rebuild.posterior_sample", lambda d: (rebuild.posterior_sample(mixture(d), Trig()), _asked(d, generator=d.generator())), **GUESSED)
add("rebuild.gaussian_draw", lambda d: (rebuild.gaussian_draw(HALF, d.number(0, 1)), _asked(d, generator=d.generator())), **GUESSED)
add("rebuild.clipped", lambda d: (rebuild.clipped(HALF, -1.0, 1.0), _asked(d, generator=d.generator())), **GUESSED)
add(
    "rebuild.carry_over",
    lambda d: (
        rebuild.carry_over(Masking(MASK), lambda x, t, generator: torch.zeros_like(x)),
        dict(x_t=d.tokens(4), t=d.t(), generator=d.generator()),
    ),
    like="x_t", keeps="x_t",
)  # fmt: skip
add(
    "flow.transfer",
    lambda d: (flow.transfer(lambda x, t: 0.5 * x, Linear(), Trig(), d.pick(*KINDS)), dict(x=d.x(2), t=d.t(0.2, 0.8))),
    batched=("x", "t"), like="x", keeps="x",
)  # fmt: skip
add(
    "learn.reconstruction_loss",
    lambda d: (
        learn.reconstruction_loss(), dict(autoencoder=network("Autoencoder", d.dtype), x=d.x(1, 4, 8), generator=d.generator())
    ),
)  # fmt: skip
add("learn.masking_weight", lambda d: (learn.masking_weight(LinearLevel()), dict(t=d.t(0.2, 0.8))))
add(
    "learn.network_predictor",
    lambda d: (learn.network_predictor(network("MLP", d.dtype), d.pick(*KINDS), Trig(), d.pick(None, 1)), _asked(d)),
    batched=("x_t", "t"), **GUESSED,
)  # fmt: skip
add(
    "learn.token_predictor",
    lambda d: (learn.token_predictor(network("TokenTransformer", d.dtype)), dict(x_t=d.tokens(4), t=d.t(), generator=d.generator())),
    like="x_t", keeps="x_t",
)  # fmt: skip
add(
    "learn.edit_predictor",
    lambda d: (learn.edit_predictor(network("EditTransformer", d.dtype)), dict(x_t=d.strings()[1], t=d.number(0.1, 0.9), generator=d.generator())),
)
add(
    "learn.edit_loss",
    lambda d: (
        learn.edit_loss(Deletion(PAD), 0.1, 0.9),
        dict(network=network("EditTransformer", d.dtype), x0=d.strings()[0], generator=d.generator()),
    ),
)


def _loss(d: Draw) -> tuple:
    loss = learn.denoising_loss(Gaussian(Trig()), Squared("x0"), t_min=0.1, t_max=0.9)
    return loss, dict(network=network("MLP", d.dtype), batch=d.x(2), generator=d.generator())


def _token_loss(d: Draw) -> tuple:
    loss = learn.denoising_loss(Masking(MASK), Categorical(), weight=learn.masking_weight(LinearLevel()), t_min=0.1)
    return loss, dict(network=lambda x_t, t: torch.zeros(*x_t.shape, 5, dtype=d.dtype), batch=d.tokens(4), generator=d.generator())


add("learn.denoising_loss", lambda d: d.pick(_loss, _token_loss)(d))
