"""How every public callable of the upper wings is called: learn, measure."""

from __future__ import annotations

import copy
import functools
from typing import Any

import torch

from udm_lessons import learn, measure
from udm_lessons.data import digits, encode
from udm_lessons.destroy import Deletion, Gaussian, Linear, LinearLevel, Masking, Trig, VPLinear
from udm_lessons.learn import Categorical, Squared
from udm_lessons.rebuild import FiniteData

from .draws import MASK, PAD, Draw, Spec
from .valid import KINDS, SMOOTH

SPECS: dict[str, Spec] = {}
REFUSED: set[str] = set()


def add(name: str, arguments: Any, **options: Any) -> None:
    SPECS[name] = Spec(arguments, **options)


# Networks: small ones, made once for each dtype.


@functools.cache
def network(name: str, dtype: torch.dtype = torch.float64) -> Any:
    torch.manual_seed(0)
    made = {
        "MLP": lambda: learn.MLP(2, 8, 1, Trig(), classes=3), "UNet": lambda: learn.UNet(1, 8, 2, Trig(), classes=3),
        "TokenTransformer": lambda: learn.TokenTransformer(6, 4, 5, dim=8, depth=1, heads=2, classes=3),
        "TokenUNet": lambda: learn.TokenUNet(6, 2, 5, dim=8, levels=1, classes=3),
        "JointTransformer": lambda: learn.JointTransformer(6, 4, 5, dim=8, depth=1, heads=2, classes=3),
        "EditTransformer": lambda: learn.EditTransformer(3, 4, PAD, dim=8, depth=1, heads=2),
        "Condition": lambda: learn.Condition(8, Trig(), 3), "Autoencoder": lambda: learn.Autoencoder(1, 2, 2),
    }[name]()  # fmt: skip
    return made.to(dtype)


SIZES = {
    "MLP": dict(dimension=2, width=8, depth=1, schedule=Trig(), classes=3, t_max=1.0),
    "UNet": dict(channels=1, width=8, levels=2, schedule=Trig(), classes=0),
    "TokenTransformer": dict(vocabulary=6, width=4, mask=5, dim=8, depth=1, heads=2, classes=0),
    "TokenUNet": dict(vocabulary=6, side=2, mask=5, dim=8, levels=1),
    "JointTransformer": dict(vocabulary=6, width=4, mask=5, dim=8, depth=1, heads=2),
    "EditTransformer": dict(vocabulary=3, width=4, pad=PAD, dim=8, depth=1, heads=2),
    "Condition": dict(width=8, schedule=Trig(), classes=3, waves=4),
}  # fmt: skip


def _input(d: Draw, name: str) -> torch.Tensor:
    return d.x(2) if name == "MLP" else d.x(1, 4, 4) if name == "UNet" else d.tokens(4, 6)


for name in ("MLP", "UNet", "TokenTransformer", "TokenUNet", "JointTransformer", "EditTransformer", "Condition"):
    add(f"learn.{name}", lambda d, name=name: (getattr(learn, name), dict(SIZES[name])), draws=True)
for name in ("MLP", "UNet", "TokenTransformer", "TokenUNet"):
    like = dict(like="x_t", keeps="x_t") if name in ("MLP", "UNet") else {}
    add(
        f"learn.{name}.forward",
        lambda d, name=name: (
            network(name, d.dtype), dict(x_t=_input(d, name), t=d.t(), label=torch.tensor([0, 1, 2][: d.batch]))
        ),
        batched=("x_t", "t", "label"), infinite="" if like else "the logit of MASK is -inf", **like,
    )  # fmt: skip
add("learn.Autoencoder", lambda d: (learn.Autoencoder, dict(channels=1, latent=2, width=2)), draws=True)
add("learn.Autoencoder.encode", lambda d: (network("Autoencoder", d.dtype).encode, dict(x=d.x(1, 4, 8))), batched=("x",), keeps="x")
add("learn.Autoencoder.decode", lambda d: (network("Autoencoder", d.dtype).decode, dict(z=d.x(2, 1, 2))), batched=("z",), keeps="z")
add("learn.Autoencoder.fit_scale", lambda d: (copy.deepcopy(network("Autoencoder", d.dtype)).fit_scale, dict(x=d.x(1, 4, 8))))
add("learn.reconstruction_loss", lambda d: (learn.reconstruction_loss, dict(noise=d.number(0, 1), pull=d.number(0, 1))))
add("learn.Condition.forward", lambda d: (network("Condition", d.dtype), dict(t=d.t(), label=None, x=d.x(2))))
add(
    "learn.JointTransformer.forward",
    lambda d: (network("JointTransformer", d.dtype), dict(x_t=d.tokens(4, 6), t=d.t(), x0=d.tokens(4, 5))),
    batched=("x_t", "t", "x0"), infinite="the logit of MASK is -inf",
)  # fmt: skip
add("learn.JointTransformer.draw", lambda d: (network("JointTransformer").draw, dict(x_t=d.tokens(4, 6), t=d.t(), generator=d.generator())))


def _edited(d: Draw) -> tuple:
    x0, _ = d.strings()
    process = Deletion(PAD)
    x_t = process.forward(x0, process.sample_noise(x0, d.generator()), 0.5)
    return x0, x_t, process.sample_alignment(x0, x_t, 0.5, d.generator())


def _edit(method: str) -> Any:
    def arguments(d: Draw) -> tuple:
        x0, x_t, kept = _edited(d)
        model, t = network("EditTransformer", d.dtype), d.number(0.1, 0.9)
        given = {
            "forward": (model, dict(x_t=x_t, t=t, x0=x0, kept=kept)), "impossible": (model.impossible, dict(x_t=x_t, kept=kept)),
            "draw": (model.draw, dict(x_t=x_t, t=t, generator=d.generator())),
        }  # fmt: skip
        return given[method]

    return arguments


for method in ("forward", "impossible", "draw"):
    add(f"learn.EditTransformer.{method}", _edit(method))
add("learn.edit_actions", lambda d: (learn.edit_actions, dict(zip(("x0", "kept"), _edited(d)[::2]), vocabulary=3, pad=PAD)))
add(
    "learn.edit_nats",
    lambda d: (
        learn.edit_nats,
        dict(network=network("EditTransformer", d.dtype), process=Deletion(PAD), x0=_edited(d)[0], x_t=_edited(Draw(d.seed, d.batch))[1], t=0.5, generator=d.generator()),
    ),
)
add("learn.edit_loss", lambda d: (learn.edit_loss, dict(process=Deletion(PAD), t_min=0.1, t_max=0.9)))
add("learn.edit_predictor", lambda d: (learn.edit_predictor, dict(network=network("EditTransformer"))))
add(
    "learn.impossible_mass",
    lambda d: (learn.impossible_mass, dict(network=network("EditTransformer"), process=Deletion(PAD), x0=d.strings()[0], generator=d.generator())),
)

# Objectives

add("learn.Squared", lambda d: (Squared, dict(kind=d.pick(*KINDS), measure=d.pick(*KINDS), max_weight=d.number(1, 5))))
add("learn.Categorical", lambda d: (Categorical, {}))


def _guessed(d: Draw) -> dict:
    process, x0, t = Gaussian(d.pick(*SMOOTH)), d.x(2), 0.1 + 0.8 * torch.rand(d.batch, generator=d.torch, dtype=torch.float64)
    noise = process.sample_noise(x0, d.generator())
    return dict(process=process, answer=d.x(2), x0=x0, noise=noise, x_t=process.forward(x0, noise, t), t=t)


def _token_guess(d: Draw) -> dict:
    process, x0 = Masking(MASK), d.tokens(4)
    noise = process.sample_noise(x0, d.generator())
    return dict(process=process, answer=d.x(4, 5), x0=x0, noise=noise, x_t=process.forward(x0, noise, 0.5), t=torch.full((d.batch,), 0.5))


add(
    "learn.Squared.__call__", lambda d: (Squared(d.pick("x0", "eps", "v")), _guessed(d)),
    batched=("answer", "x0", "noise", "x_t", "t"), like="batch:x0", keeps="x0",
)  # fmt: skip
add("learn.Categorical.__call__", lambda d: (Categorical(), _token_guess(d)), batched=("answer", "x0", "noise", "x_t", "t"), like="batch:x0")
add("learn.token_nats", lambda d: (learn.token_nats, dict(logits=d.x(4, 5), x0=d.tokens(4))), batched=("logits", "x0"), like="x0", keeps="logits")
add("learn.draw_times", lambda d: (learn.draw_times, dict(process=Gaussian(Trig()), n=d.batch, generator=d.generator(), t_min=0.1, t_max=0.9)))
add("learn.draw_tokens", lambda d: (learn.draw_tokens, dict(logits=d.x(4, 5), generator=d.generator())))
add("learn.drop_labels", lambda d: (learn.drop_labels, dict(label=d.tokens(1)[:, 0], chance=d.number(0, 1), generator=d.generator())))
add("learn.masking_weight", lambda d: (learn.masking_weight, dict(level=LinearLevel())))
add("learn.denoising_loss", lambda d: (learn.denoising_loss, dict(process=Gaussian(Trig()), guess=Squared(), t_min=0.1, t_max=0.9, label_dropout=0.1)))
add(
    "learn.network_predictor",
    lambda d: (learn.network_predictor, dict(network=network("MLP"), kind=d.pick(*KINDS), schedule=Trig(), label=1, guidance=d.number(0, 3))),
)
add("learn.token_predictor", lambda d: (learn.token_predictor, dict(network=network("TokenTransformer"))))
add("learn.prefix_mask", lambda d: (learn.prefix_mask, dict(prefix=d.pick(0, 2), written=d.pick(1, 3))))

# Measures of samples

for name in ("energy_distance", "energy_error", "frechet_distance"):
    add(f"measure.{name}", lambda d, name=name: (getattr(measure, name), dict(x=Draw(d.seed, 6).x(2), y=Draw(d.seed + 1, 7).x(2))))
add("measure.sliced_wasserstein", lambda d: (measure.sliced_wasserstein, dict(x=Draw(d.seed, 6).x(2), y=Draw(d.seed + 1, 7).x(2), generator=d.generator())))
add("measure.nearest_distance", lambda d: (measure.nearest_distance, dict(x=d.x(2), y=Draw(d.seed + 1).x(2))))
add("measure.two_sample_accuracy", lambda d: (measure.two_sample_accuracy, dict(x=Draw(d.seed, 12).x(2), y=Draw(d.seed + 1, 12).x(2), generator=d.generator(), folds=2)))
add("measure.memorised_share", lambda d: (measure.memorised_share, dict(nearest=d.u(), real_nearest=d.u(), quantile=0.05)))
add("measure.random_directions", lambda d: (measure.random_directions, dict(dim=d.pick(1, 3), count=d.pick(1, 4), generator=d.generator())))
add("measure.histogram_distance", lambda d: (measure.histogram_distance, dict(classes=d.tokens(1)[:, 0], reference=d.tokens(1)[:, 0])))
mean_gap = lambda x, y: float(x.mean() - y.mean())  # noqa: E731
add(
    "measure.split_floor",
    lambda d: (measure.split_floor, dict(statistic=mean_gap, real=Draw(d.seed, 9).x(2), n=3, m=4, generator=d.generator(), splits=2)),
)


def _measured(d: Draw) -> dict:
    parts = (Draw(d.seed + k, 6).x(2) for k in range(3))
    return dict(zip(("samples", "reference", "more"), parts), statistic=mean_gap, generator=d.generator(), error=lambda x, y: 0.1, splits=2)


add("measure.measured", lambda d: (measure.measured, _measured(d)))
add("measure.Measured", lambda d: (measure.Measured, dict(value=0.5, error=0.1, floor=0.4)))
add("measure.score_table", lambda d: (measure.score_table, dict(judged={"a": measure.Measured(0.5, 0.1, 0.4)})))

# Likelihoods and variances

add("measure.gaussian_log_prob", lambda d: (measure.gaussian_log_prob, dict(x=d.x(2), mean=d.x(2), variance=d.number(0.1, 2))), batched=("x", "mean"), like="batch:x", keeps="x")
add(
    "measure.gaussian_kl",
    lambda d: (measure.gaussian_kl, dict(mean_q=d.x(2), variance_q=d.number(0.1, 2), mean_p=d.x(2), variance_p=d.number(0.1, 2))),
    batched=("mean_q", "mean_p"), like="batch:mean_q", keeps="mean_q",
)  # fmt: skip
FIELD = lambda x, t: -0.5 * torch.sin(x)  # noqa: E731
add("measure.exact_divergence", lambda d: (measure.exact_divergence, dict(velocity=FIELD, x=d.x(2), t=0.5)), batched=("x",))
add("measure.Hutchinson", lambda d: (measure.Hutchinson, dict(probes=torch.ones(2, d.batch, 2))))
add("measure.Hutchinson.signs", lambda d: (measure.Hutchinson.signs, dict(x=d.x(2), k=2, generator=d.generator())))
add("measure.Hutchinson.__call__", lambda d: (measure.Hutchinson(torch.ones(2, d.batch, 2, dtype=d.dtype)), dict(velocity=FIELD, x=d.x(2), t=0.5)))
add(
    "measure.ode_log_likelihood",
    lambda d: (measure.ode_log_likelihood, dict(velocity=FIELD, x=d.x(2), times=[0.1, 0.2], prior_log_prob=lambda x: -x.square().sum(1))),
    batched=("x",), like="batch:x", keeps="x",
)  # fmt: skip
add("measure.markov_sigma_tilde", lambda d: (measure.markov_sigma_tilde, dict(schedule=d.pick(*SMOOTH), t=0.8, s=0.3)))
add("measure.reverse_variance", lambda d: (measure.reverse_variance, dict(schedule=d.pick(*SMOOTH), t=0.8, s=0.3, sigma_tilde=d.number(0, 1), sigma_bar_squared=d.number(0, 1))))
add("measure.variance_from_errors", lambda d: (measure.variance_from_errors, dict(x0=d.x(2), x0_hat=d.x(2), weights=d.u())))
add("measure.variance_from_eps", lambda d: (measure.variance_from_eps, dict(eps_hat=d.x(2) * 0.1, t=0.5, schedule=d.pick(*SMOOTH), weights=d.u())))
add("measure.variance_from_score", lambda d: (measure.variance_from_score, dict(score=d.x(2) * 0.1, t=0.5, schedule=d.pick(*SMOOTH))))


def chain() -> Any:
    return measure.GaussianChain(VPLinear(), lambda x, t, g: 0.5 * x, [1.0, 0.5, 0.0], lambda t, s: 0.3)


add("measure.GaussianChain", lambda d: (measure.GaussianChain, dict(schedule=VPLinear(), predictor=lambda x, t, g: x, times=[1.0, 0.5, 0.0], variance=lambda t, s: 0.3, prior_mean=0.0, prior_variance=1.0)))
add("measure.GaussianChain.posterior", lambda d: (chain().posterior, dict(x0=d.x(2), x_t=d.x(2), t=0.8, s=0.3)))
add("measure.GaussianChain.step", lambda d: (chain().step, dict(x_t=d.x(2), t=0.8, s=0.3)))
for name in ("elbo", "raw_bound"):
    add(f"measure.GaussianChain.{name}", lambda d, name=name: (getattr(chain(), name), dict(x0=d.x(2), generator=d.generator())))


def _tables(d: Draw) -> dict:
    rows = lambda *shape: torch.rand(*shape, generator=d.torch, dtype=torch.float64).softmax(-1)  # noqa: E731
    return dict(p0=rows(3), likelihoods=[rows(3, 4), rows(3, 2)], guesses=[rows(4, 3), rows(2, 3)], prior=rows(4))


add("measure.design_bound", lambda d: (measure.design_bound, _tables(d)), infinite="+inf where q misses what p has")
add("measure.per_count", lambda d: (measure.per_count, dict(nats=Draw(d.seed).u(), counts=Draw(d.seed + 1).u() + 1)))
add("measure.Bits", lambda d: (measure.Bits, dict(value=1.0, error=0.1)))


def _hidden(d: Draw) -> dict:
    x0 = d.tokens(4)
    return dict(logits=d.x(4, 5), x0=x0, x_t=torch.where(d.u(4) < 0.5, MASK, x0), process=Masking(MASK))


add("measure.masked_nats", lambda d: (measure.masked_nats, _hidden(d)), batched=("logits", "x0", "x_t"), like="batch:x0")
add("measure.step_nats", lambda d: (measure.step_nats, dict(**_hidden(d), t=0.8, s=0.3)), batched=("logits", "x0", "x_t"), like="batch:x0")
add(
    "measure.bits_per_token",
    lambda d: (
        measure.bits_per_token,
        dict(network=lambda x_t, t: torch.zeros(*x_t.shape, 5), x0=Draw(d.seed).tokens(4), process=Masking(MASK), times=d.pick(None, [1.0, 0.5, 0.0]), draws=2, pad=None, generator=d.generator()),
    ),
)


@functools.cache
def fitted(name: str) -> Any:
    images, labels = digits("train")
    if name == "NGram":
        return measure.NGram(encode(["anna", "bob", "ann"]), 2)
    return measure.DigitClassifier(images[:300], labels[:300]) if name == "DigitClassifier" else measure.PrincipalComponents(images[:60], 4)


add("measure.PrincipalComponents", lambda d: (measure.PrincipalComponents, dict(images=Draw(d.seed, 9).x(1, 4, 4), count=2)))
add("measure.PrincipalComponents.__call__", lambda d: (fitted("PrincipalComponents"), dict(images=d.x(1, 8, 8))), batched=("images",))
for name in ("classes", "probabilities"):
    add(f"measure.DigitClassifier.{name}", lambda d, name=name: (getattr(fitted("DigitClassifier"), name), dict(images=d.x(1, 8, 8))), batched=("images",))
add("measure.NGram", lambda d: (measure.NGram, dict(strings=d.strings()[0], order=d.pick(1, 2), vocabulary=3, pad=PAD, discount=0.5)))
add("measure.NGram.probabilities", lambda d: (fitted("NGram").probabilities, dict(context=d.pick([], [0], [13]))))
for name in ("log_prob", "bits_per_character"):
    add(f"measure.NGram.{name}", lambda d, name=name: (getattr(fitted("NGram"), name), dict(strings=d.strings()[0])))
