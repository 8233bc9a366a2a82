"""The exercises of lesson 02: from small steps to one jump, and how much of the signal is left."""

from __future__ import annotations

import math

import torch

from ..schedules import DiscreteSchedule
from .compare import equal
from .draws import normal
from .exercise import Exercise, Slip


def _betas(steps: int, low: float, high: float) -> torch.Tensor:
    return torch.linspace(low, high, steps, dtype=torch.float64)


def _step_reference(x, xi, beta):
    return math.sqrt(1 - beta) * x + math.sqrt(beta) * xi


STEP = Exercise(
    id="02.1",
    title="One small step",
    difficulty=1,
    minutes=4,
    points=1,
    reference=_step_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.36),
        (normal(0, 4, 3), normal(1, 4, 3), 0.1),
        (normal(2, 2, 1, 3, 5), normal(3, 2, 1, 3, 5), 0.75),
    ),
    law=r"given $x_{t-1}$, $x_t$ has the mean $\sqrt{1 - \beta_t}\, x_{t-1}$ and the variance $\beta_t$",
    slips=(
        Slip(
            "variance for deviation",
            lambda x, xi, beta: math.sqrt(1 - beta) * x + beta * xi,
            r"$\beta_t$ is a variance. What stands in front of $\xi$ is a deviation, its square root.",
        ),
        Slip(
            "no roots",
            lambda x, xi, beta: (1 - beta) * x + beta * xi,
            r"Both roots are missing. With them the variances $1 - \beta_t$ and $\beta_t$ add up to one.",
        ),
        Slip(
            "signal not shrunk",
            lambda x, xi, beta: x + math.sqrt(beta) * xi,
            r"You add noise but never shrink the signal, so the variance would grow with every step.",
        ),
        Slip(
            "shrunk by 1 - beta",
            lambda x, xi, beta: (1 - beta) * x + math.sqrt(beta) * xi,
            r"The signal shrinks by $\sqrt{1 - \beta_t}$: it is the variance that shrinks by $1 - \beta_t$.",
        ),
        Slip(
            "weights swapped",
            lambda x, xi, beta: math.sqrt(beta) * x + math.sqrt(1 - beta) * xi,
            r"The weights have changed places: a small $\beta_t$ is to change little.",
        ),
    ),
    also_right=(
        lambda x, xi, beta: torch.add(x * (1 - beta) ** 0.5, xi, alpha=beta**0.5),
    ),
    praise="If the data has variance 1, it keeps it: one minus beta, plus beta.",
)


def _product_reference(betas):
    return torch.cumprod(1 - betas, 0)


PRODUCT = Exercise(
    id="02.2",
    title="All steps at once",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_product_reference,
    cases=lambda: (
        (torch.tensor([0.5, 0.2]),),
        (_betas(5, 0.1, 0.4),),
        (_betas(40, 1e-3, 0.05),),
    ),
    law=r"$\bar\alpha_t = (1 - \beta_1)(1 - \beta_2) \cdots (1 - \beta_t)$, one number for each $t = 1, \dots, T$",
    slips=(
        Slip(
            "product of the betas",
            lambda betas: torch.cumprod(betas, 0),
            r"You multiplied the $\beta_t$. What is left of the signal after a step is $1 - \beta_t$.",
        ),
        Slip(
            "sum for product",
            lambda betas: 1 - torch.cumsum(betas, 0),
            r"You added the losses up. Each step takes its share of what is *left*, so the shares multiply.",
        ),
        Slip(
            "only the last",
            lambda betas: torch.prod(1 - betas) + 0 * betas,
            r"Every entry is the product of all steps. Entry $t$ is the product of the first $t$ alone.",
        ),
        Slip(
            "one step late",
            lambda betas: torch.cat([torch.ones_like(betas[:1]), torch.cumprod(1 - betas, 0)[:-1]]),
            r"Your list begins with 1, that is with $t = 0$. The first entry belongs to $t = 1$.",
        ),
        Slip(
            "root taken",
            lambda betas: torch.cumprod(1 - betas, 0).sqrt(),
            r"That is $\alpha_t = \sqrt{\bar\alpha_t}$, the scale of the signal. Asked for is its square.",
        ),
        Slip(
            "not accumulated",
            lambda betas: 1 - betas,
            "That is what one step leaves. Multiply all steps up to $t$.",
        ),
    ),
    also_right=(
        lambda betas: torch.exp(torch.cumsum(torch.log1p(-betas), 0)),
        lambda betas: torch.stack([torch.prod(1 - betas[: t + 1]) for t in range(len(betas))]),
    ),
    praise="A thousand steps have become one number: you may jump to any t.",
)


def _log_snr_reference(alpha, sigma):
    return torch.log(alpha**2 / sigma**2)


LOG_SNR = Exercise(
    id="02.3",
    title="Log-SNR",
    difficulty=1,
    minutes=3,
    points=1,
    reference=_log_snr_reference,
    cases=lambda: (
        (torch.tensor([0.8, 0.6]), torch.tensor([0.6, 0.8])),
        (torch.tensor([1.0, 1.0, 1.0]), torch.tensor([0.01, 0.5, 40.0])),
        (_betas(6, 0.95, 0.05), _betas(6, 0.2, 1.3)),
    ),
    law=r"$\log \text{SNR}_t = \log(\alpha_t^2 / \sigma_t^2)$",
    slips=(
        Slip(
            "not squared",
            lambda alpha, sigma: torch.log(alpha / sigma),
            r"You took the ratio of the scales. The SNR is a ratio of variances, so its logarithm is twice as large.",
        ),
        Slip(
            "turned over",
            lambda alpha, sigma: torch.log(sigma**2 / alpha**2),
            "Signal over noise, not noise over signal: the number must fall as time goes on.",
        ),
        Slip(
            "no logarithm",
            lambda alpha, sigma: alpha**2 / sigma**2,
            "That is the SNR. Take its logarithm.",
        ),
        Slip(
            "decibels",
            lambda alpha, sigma: 10 * torch.log10(alpha**2 / sigma**2),
            "You measured in decibels. Here the natural logarithm is meant, without a factor.",
        ),
    ),
    also_right=(lambda alpha, sigma: 2 * (alpha.log() - sigma.log()),),
    praise="Whatever the schedule is called, this one curve is all that sets it apart.",
)


def _bound_reference(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - d * math.log(1 - alpha_bar))


BOUND = Exercise(
    id="02.4",
    title="How Gaussian is the end?",
    difficulty=2,
    minutes=8,
    points=2,
    reference=_bound_reference,
    cases=lambda: ((0.5, 3.0, 2), (0.1, 64.0, 64), (0.02, 10.0, 3), (4e-5, 1.0, 1)),
    law=r"$\frac{1}{2} \left( \bar\alpha\, (E|x_0|^2 - d) - d \log(1 - \bar\alpha) \right)$",
    slips=(
        Slip(
            "half missing",
            lambda alpha_bar, second_moment, d: 2 * _bound_reference(alpha_bar, second_moment, d),
            "A factor of one half is missing: it stands before the whole bracket.",
        ),
        Slip(
            "sign of the logarithm",
            lambda alpha_bar, second_moment, d: 0.5
            * (alpha_bar * (second_moment - d) + d * math.log(1 - alpha_bar)),
            r"$\log(1 - \bar\alpha)$ is negative, and the minus sign makes its term positive. A bound on a KL "
            "divergence can't be negative.",
        ),
        Slip(
            "dimension forgotten",
            lambda alpha_bar, second_moment, d: 0.5
            * (alpha_bar * (second_moment - d) - math.log(1 - alpha_bar)),
            r"The logarithm counts once for each dimension: $d \log(1 - \bar\alpha)$.",
        ),
        Slip(
            "d not taken off",
            lambda alpha_bar, second_moment, d: 0.5
            * (alpha_bar * second_moment - d * math.log(1 - alpha_bar)),
            r"From $E|x_0|^2$ the $d$ of a standard normal is taken off.",
        ),
        Slip(
            "bracket misplaced",
            lambda alpha_bar, second_moment, d: 0.5
            * (alpha_bar * second_moment - d - d * math.log(1 - alpha_bar)),
            r"The bracket is misplaced: $\bar\alpha$ multiplies the whole difference $E|x_0|^2 - d$.",
        ),
        Slip(
            "log of alpha-bar",
            lambda alpha_bar, second_moment, d: 0.5
            * (alpha_bar * (second_moment - d) - d * math.log(alpha_bar)),
            r"The logarithm is of $1 - \bar\alpha$, the variance of the noise.",
        ),
    ),
    also_right=(
        lambda alpha_bar, second_moment, d: (
            alpha_bar * second_moment + d * (1 - alpha_bar) - d - d * math.log1p(-alpha_bar)
        )
        / 2,
    ),
    praise="Starting from pure noise costs at most this many nats.",
)


def _rescale_reference(alpha):
    return (alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1])


RESCALE = Exercise(
    id="02.5",
    title="Nothing left at the end",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_rescale_reference,
    cases=lambda: (
        (torch.tensor([0.9, 0.5, 0.1]),),
        (torch.tensor([0.99, 0.8, 0.6, 0.3, 0.2]),),
        (DiscreteSchedule.ddpm(200).alpha(torch.arange(1.0, 201.0)),),
    ),
    law=r"the first $\alpha$ stays, the last becomes 0, and those between move in proportion",
    slips=(
        Slip(
            "shifted only",
            lambda alpha: alpha - alpha[-1],
            r"The end is right, but the start has moved: $\alpha_1$ must stay as it was. Shift, then stretch.",
        ),
        Slip(
            "stretched to one",
            lambda alpha: (alpha - alpha[-1]) / (alpha[0] - alpha[-1]),
            r"You stretched so that the first one is 1. It must keep its old value.",
        ),
        Slip(
            "last one cut",
            lambda alpha: torch.cat([alpha[:-1], torch.zeros_like(alpha[:1])]),
            r"You set the last one to 0 and left the rest: a jump in the last step. Move all of them in proportion.",
        ),
        Slip(
            "squares moved",
            lambda alpha: _rescale_reference(alpha**2).clamp(min=0).sqrt(),
            r"You shifted and stretched $\bar\alpha = \alpha^2$. Here $\alpha$ itself is moved.",
        ),
    ),
    also_right=(lambda alpha: alpha[0] * (1 - (alpha[0] - alpha) / (alpha[0] - alpha[-1])),),
    praise=r"With $\alpha_T = 0$ pure noise is exactly what the chain ends in.",
)


def _drowned_reference(alpha_bar, power):
    drowned = alpha_bar * power < 1 - alpha_bar
    return int(drowned.nonzero()[0]) + 1


def _first(condition):
    return lambda alpha_bar, power: int(condition(alpha_bar, power).nonzero()[0]) + 1


def _drowned_cases():
    chain = torch.cumprod(1 - _betas(300, 1e-3, 0.04), 0)
    return (
        (torch.tensor([0.9, 0.6, 0.3, 0.05]), 1.5),
        (chain, 4.0),
        (chain, 0.05),
        (chain, 1.0),
    )


DROWNED = Exercise(
    id="02.6",
    title="When does a wave drown?",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_drowned_reference,
    cases=_drowned_cases,
    law=r"the first step $t$ (counted from 1) with $\bar\alpha_t P / (1 - \bar\alpha_t) < 1$",
    compare=equal(),
    slips=(
        Slip(
            "counted from zero",
            lambda alpha_bar, power: _drowned_reference(alpha_bar, power) - 1,
            r"You returned the place in the list, which counts from 0. The first entry is step $t = 1$.",
        ),
        Slip(
            "a tensor returned",
            lambda alpha_bar, power: (alpha_bar * power < 1 - alpha_bar).nonzero()[0] + 1,
            "The number is right, but you returned it as a tensor with one entry. `int(...)` makes it a whole number.",
        ),
        Slip(
            "power forgotten",
            _first(lambda alpha_bar, power: alpha_bar < 1 - alpha_bar),
            r"You forgot the power of the wave. A strong wave holds out longer.",
        ),
        Slip(
            "noise scaled too",
            _first(lambda alpha_bar, power: alpha_bar / power < 1 - alpha_bar),
            r"You divided by the power. Its signal is $\bar\alpha_t P$: the stronger, the later it drowns.",
        ),
        Slip(
            "signal below one half",
            _first(lambda alpha_bar, power: alpha_bar * power < 0.5),
            r"You compared the signal with a fixed number. Compare it with the noise, $1 - \bar\alpha_t$.",
        ),
    ),
    also_right=(
        lambda alpha_bar, power: int((alpha_bar * power >= 1 - alpha_bar).sum()) + 1,
        lambda alpha_bar, power: next(
            t for t, a in enumerate(alpha_bar.tolist(), start=1) if a / (1 - a) * power < 1
        ),
    ),
    praise="The order in which waves drown is the order of their powers, weakest first.",
)


def _sde_reference(x, xi, beta, h):
    return x - beta * x * h / 2 + math.sqrt(beta * h) * xi


SDE = Exercise(
    id="02.7",
    title="The limit of small steps",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_sde_reference,
    cases=lambda: (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 4.0, 0.09),
        (normal(4, 4, 3), normal(5, 4, 3), 10.0, 0.01),
        (normal(6, 2, 1, 3, 5), normal(7, 2, 1, 3, 5), 0.5, 0.2),
    ),
    law=r"$x_{t+h} = x_t - \frac{1}{2} \beta(t)\, x_t\, h + \sqrt{\beta(t)\, h}\; \xi$",
    slips=(
        Slip(
            "noise of scale h",
            lambda x, xi, beta, h: x - beta * x * h / 2 + math.sqrt(beta) * h * xi,
            r"The noise of a short time $h$ has the deviation $\sqrt{h}$, not $h$: it is variances that add up over time.",
        ),
        Slip(
            "half missing",
            lambda x, xi, beta, h: x - beta * x * h + math.sqrt(beta * h) * xi,
            r"The drift has a factor of one half: $\sqrt{1 - \beta h} \approx 1 - \beta h / 2$.",
        ),
        Slip(
            "sign of the drift",
            lambda x, xi, beta, h: x + beta * x * h / 2 + math.sqrt(beta * h) * xi,
            "The signal would grow. The drift pulls towards 0.",
        ),
        Slip(
            "root missing",
            lambda x, xi, beta, h: x - beta * x * h / 2 + beta * h * xi,
            r"$\beta h$ is the variance of the noise. Its deviation is the square root.",
        ),
        Slip(
            "step of the chain",
            lambda x, xi, beta, h: math.sqrt(1 - beta * h) * x + math.sqrt(beta * h) * xi,
            r"That is the chain's own step, which agrees up to terms of order $h^2$. Asked for is its limit, with the root "
            r"replaced by $1 - \frac{1}{2} \beta h$.",
        ),
        Slip(
            "change only",
            lambda x, xi, beta, h: -beta * x * h / 2 + math.sqrt(beta * h) * xi,
            r"You returned the change of $x$. Add it to $x$.",
        ),
        Slip(
            "drift without h",
            lambda x, xi, beta, h: x - beta * x / 2 + math.sqrt(beta * h) * xi,
            r"The drift acts for a time $h$ only. Multiply by it.",
        ),
    ),
    also_right=(
        lambda x, xi, beta, h: (1 - 0.5 * beta * h) * x + (beta * h) ** 0.5 * xi,
        lambda x, xi, beta, h: torch.add(x, x, alpha=-beta * h / 2).add(xi, alpha=math.sqrt(beta * h)),
    ),
    praise="This is the forward SDE of score-based models.",
)

EXERCISES = (STEP, PRODUCT, LOG_SNR, BOUND, RESCALE, DROWNED, SDE)
