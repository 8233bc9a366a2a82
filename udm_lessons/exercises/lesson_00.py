"""The exercises of lesson 00: destroy, infer the noise, step back."""

from __future__ import annotations

import math

import torch

from ..processes import Gaussian
from ..sampling import reverse_step
from ..schedules import Trig
from .draws import normal
from .exercise import Exercise, Slip


def _destroy_cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.6, 0.3),
        (normal(0, 4, 3), normal(1, 4, 3), 0.9, 0.2),
        (normal(2, 2, 1, 3, 5), normal(3, 2, 1, 3, 5), 0.0, 1.7),
    )


def _destroy(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps


DESTROY = Exercise(
    id="00.1",
    title="Destroy",
    difficulty=1,
    minutes=3,
    points=1,
    reference=_destroy,
    cases=_destroy_cases,
    law=r"$x_t = \alpha_t\, x_0 + \sigma_t\, \varepsilon$",
    slips=(
        Slip(
            "alpha and sigma swapped",
            lambda x0, eps, alpha, sigma: sigma * x0 + alpha * eps,
            r"The two scales have changed places. $\alpha_t$ is how much of the data is left, "
            r"$\sigma_t$ how much noise there is.",
        ),
        Slip(
            "variance for deviation",
            lambda x0, eps, alpha, sigma: alpha * x0 + sigma**2 * eps,
            r"You mixed variance and standard deviation. The noise has variance $\sigma_t^2$, "
            r"so the factor in front of $\varepsilon$ is $\sigma_t$ itself.",
        ),
        Slip(
            "noise not scaled",
            lambda x0, eps, alpha, sigma: alpha * x0 + eps,
            r"The noise goes in at full strength at every time. It has a scale of its own.",
        ),
        Slip(
            "data not scaled",
            lambda x0, eps, alpha, sigma: x0 + sigma * eps,
            r"The data never fades in your formula. Each of the two ingredients has a scale.",
        ),
    ),
    also_right=(
        lambda x0, eps, alpha, sigma: torch.add(x0 * alpha, eps, alpha=sigma),
        lambda x0, eps, alpha, sigma: torch.stack([alpha * x0, sigma * eps]).sum(0),
    ),
    praise=r"That one line is the forward map $F_t$ of every Gaussian diffusion model.",
)


def _infer_cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.6, 0.5),
        (normal(4, 4, 3), normal(5, 4, 3), 0.3, 0.8),
        (normal(6, 2, 1, 3, 5), normal(7, 2, 1, 3, 5), 1.0, 4.0),
    )


def _infer(x0_hat, x_t, alpha, sigma):
    return (x_t - alpha * x0_hat) / sigma


INFER = Exercise(
    id="00.2",
    title="Infer the noise",
    difficulty=1,
    minutes=4,
    points=1,
    reference=_infer,
    cases=_infer_cases,
    law=r"pushed forward again, the inferred noise gives $x_t$ back: "
    r"$\alpha_t\, \hat x_0 + \sigma_t\, \hat\varepsilon = x_t$",
    slips=(
        Slip(
            "divided by the variance",
            lambda x0_hat, x_t, alpha, sigma: (x_t - alpha * x0_hat) / sigma**2,
            r"You divided by the variance. The noise entered with the factor $\sigma_t$, "
            r"so it comes out by dividing by $\sigma_t$ once.",
        ),
        Slip(
            "data not scaled",
            lambda x0_hat, x_t, alpha, sigma: (x_t - x0_hat) / sigma,
            r"Take away what is left of the data at time $t$, not all of it.",
        ),
        Slip(
            "sign",
            lambda x0_hat, x_t, alpha, sigma: (alpha * x0_hat - x_t) / sigma,
            "The sign is turned round. Solve the forward formula for the noise step by step.",
        ),
        Slip(
            "brackets missing",
            lambda x0_hat, x_t, alpha, sigma: x_t - alpha * x0_hat / sigma,
            r"Only a part of your formula is divided by $\sigma_t$. First take the difference, then divide all of it.",
        ),
        Slip(
            "not divided",
            lambda x0_hat, x_t, alpha, sigma: x_t - alpha * x0_hat,
            r"You found $\sigma_t\,\varepsilon$, the scaled noise. One division is missing.",
        ),
    ),
    also_right=(
        lambda x0_hat, x_t, alpha, sigma: x_t / sigma - alpha / sigma * x0_hat,
        lambda x0_hat, x_t, alpha, sigma: torch.sub(x_t, x0_hat, alpha=alpha).mul(1 / sigma),
    ),
    praise="From a guess of the data you know which noise was used. The next step reuses it.",
)


def _step_cases():
    process = Gaussian(Trig())
    return (
        (process, torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.7, 0.2),
        (process, normal(8, 4, 3), normal(9, 4, 3), 0.9, 0.6),
        (process, normal(10, 2, 1, 3, 5), normal(11, 2, 1, 3, 5), 1.0, 0.0),
    )


def _step(process, x0_hat, x_t, t, s):
    noise = process.infer_noise(x0_hat, x_t, t)
    return process.forward(x0_hat, noise, s)


def _bridge(process, x0_hat, x_t, t, s):
    return x0_hat + (s / t) * (x_t - x0_hat)


STEP = Exercise(
    id="00.3",
    title="One step back",
    difficulty=2,
    minutes=6,
    points=2,
    reference=_step,
    cases=_step_cases,
    law=r"$x_s = F_s(\hat x_0, \hat\varepsilon)$ with the noise $\hat\varepsilon$ for which "
    r"$F_t(\hat x_0, \hat\varepsilon) = x_t$",
    slips=(
        Slip(
            "inferred at s",
            lambda process, x0_hat, x_t, t, s: process.forward(
                x0_hat, process.infer_noise(x0_hat, x_t, s), t
            ),
            r"The two times have changed places. The noise is read off $x_t$, at time $t$.",
        ),
        Slip(
            "s in both places",
            lambda process, x0_hat, x_t, t, s: process.forward(
                x0_hat, process.infer_noise(x0_hat, x_t, s), s
            ),
            r"You inferred the noise as if $x_t$ were from time $s$, so you got $x_t$ back. It is from time $t$.",
        ),
        Slip(
            "t in both places",
            lambda process, x0_hat, x_t, t, s: x_t + 0 * x0_hat,
            r"Your step returns $x_t$. Infer the noise at time $t$, but push forward to time $s$.",
        ),
        Slip(
            "x_t pushed forward",
            lambda process, x0_hat, x_t, t, s: process.forward(
                x_t, process.infer_noise(x0_hat, x_t, t), s
            ),
            r"You destroyed $x_t$ once more. What is pushed forward is the guess $\hat x_0$.",
        ),
        Slip(
            "guess and x_t swapped",
            lambda process, x0_hat, x_t, t, s: process.forward(
                x0_hat, process.infer_noise(x_t, x0_hat, t), s
            ),
            r"In `infer_noise` the data comes first and $x_t$ second. You swapped them.",
        ),
        Slip(
            "fresh noise",
            lambda process, x0_hat, x_t, t, s: process.forward(
                x0_hat, process.sample_noise(x0_hat), s
            ),
            r"You drew new noise, so $x_t$ has no say. Infer the noise that was used. (Lesson 04 looks at what your step does.)",
        ),
        Slip(
            "no noise",
            lambda process, x0_hat, x_t, t, s: process.forward(x0_hat, torch.zeros_like(x_t), s),
            r"You left the noise out. At time $s$ the data still carries noise of scale $\sigma_s$.",
        ),
        Slip(
            "the guess itself",
            lambda process, x0_hat, x_t, t, s: x0_hat,
            r"You jumped to the guess. It is only a guess: go back a little, and look again.",
        ),
        Slip(
            "straight line",
            _bridge,
            r"You drew a straight line from $x_t$ to the guess. The process has a curve of its own: "
            r"ask it to infer the noise, and to push it forward.",
        ),
    ),
    also_right=(
        reverse_step,
        lambda process, x0_hat, x_t, t, s: math.cos(math.pi / 2 * s) * x0_hat
        + math.sin(math.pi / 2 * s)
        * (x_t - math.cos(math.pi / 2 * t) * x0_hat)
        / math.sin(math.pi / 2 * t),
    ),
    praise="You wrote the sampler. The rest of the course is about what else may go in these lines.",
)

EXERCISES = (DESTROY, INFER, STEP)
