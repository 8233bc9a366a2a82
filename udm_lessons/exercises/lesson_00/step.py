"""00.3: infer the noise at time t, push forward to the earlier time s."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal
from ...destroy import Gaussian, Trig
from ...rebuild import reverse_step


def step(process, x0_hat, x_t, t, s):
    noise = process.infer_noise(x0_hat, x_t, t)
    return process.forward(x0_hat, noise, s)


def cases():
    process = Gaussian(Trig())
    return (
        (process, torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.7, 0.2),
        (process, normal(8, 4, 3), normal(9, 4, 3), 0.9, 0.6),
        (process, normal(10, 2, 1, 3, 5), normal(11, 2, 1, 3, 5), 1.0, 0.0),
    )


EXERCISE = Exercise(
    id="00.3",
    title="One step back",
    difficulty=2,
    minutes=6,
    points=2,
    reference=step,
    cases=cases,
    law=r"$x_s = F_s(\hat x_0, \hat\varepsilon)$ with the noise $\hat\varepsilon$ for which "
    r"$F_t(\hat x_0, \hat\varepsilon) = x_t$",
    praise="You wrote the sampler. The rest of the course is about what else may go in these lines.",
    also_right=[reverse_step],
)


@EXERCISE.right
def cosines_and_sines(x0_hat, x_t, t, s):
    turn = math.pi / 2
    eps = (x_t - math.cos(turn * t) * x0_hat) / math.sin(turn * t)
    return math.cos(turn * s) * x0_hat + math.sin(turn * s) * eps


@EXERCISE.slip(r"The two times have changed places. The noise is read off $x_t$, at time $t$.")
def inferred_at_s(t, s, **given):
    return step(t=s, s=t, **given)


@EXERCISE.slip(
    r"You inferred the noise as if $x_t$ were from time $s$, so you got $x_t$ back. It is from time $t$."
)
def s_in_both_places(process, x0_hat, x_t, s):
    return process.forward(x0_hat, process.infer_noise(x0_hat, x_t, s), s)


@EXERCISE.slip(r"Your step returns $x_t$. Infer the noise at time $t$, but push forward to time $s$.")
def t_in_both_places(x_t):
    return x_t


@EXERCISE.slip(r"You destroyed $x_t$ once more. What is pushed forward is the guess $\hat x_0$.")
def x_t_pushed_forward(process, x0_hat, x_t, t, s):
    return process.forward(x_t, process.infer_noise(x0_hat, x_t, t), s)


@EXERCISE.slip(r"In `infer_noise` the data comes first and $x_t$ second. You swapped them.")
def guess_and_x_t_swapped(process, x0_hat, x_t, t, s):
    return process.forward(x0_hat, process.infer_noise(x_t, x0_hat, t), s)


@EXERCISE.slip(
    r"You drew new noise, so $x_t$ has no say. Infer the noise that was used. (Lesson 04 looks at what your step does.)"
)
def fresh_noise(process, x0_hat, s):
    return process.forward(x0_hat, process.sample_noise(x0_hat), s)


@EXERCISE.slip(r"You left the noise out. At time $s$ the data still carries noise of scale $\sigma_s$.")
def no_noise(process, x0_hat, x_t, s):
    return process.forward(x0_hat, torch.zeros_like(x_t), s)


@EXERCISE.slip("You jumped to the guess. It is only a guess: go back a little, and look again.")
def the_guess_itself(x0_hat):
    return x0_hat


@EXERCISE.slip(
    r"You drew a straight line from $x_t$ to the guess. The process has a curve of its own: "
    r"ask it to infer the noise, and to push it forward."
)
def straight_line(x0_hat, x_t, t, s):
    return x0_hat + (s / t) * (x_t - x0_hat)
