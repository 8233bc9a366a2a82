"""00.3: infer the noise at time t, push forward to the earlier time s."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal
from ...destroy import VE, Blur, Cosine, DiscreteSchedule, Gaussian, Linear, Trig, VPLinear
from ...rebuild import reverse_step


def step(process, x0_hat, x_t, t, s):
    noise = process.infer_noise(x0_hat, x_t, t)
    return process.forward(x0_hat, noise, s)


def cases():
    process = Gaussian(Trig())
    return (
        (process, torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.7, 0.2),
        (Gaussian(Linear()), normal(8, 4, 3), normal(9, 4, 3), 0.9, 0.6),
        (process, normal(10, 2, 1, 3, 5), normal(11, 2, 1, 3, 5), 1.0, 0.0),
        (Gaussian(VPLinear()), normal(24, 3, 3), 5 * normal(25, 3, 3), 0.5, 0.25),
        (Gaussian(DiscreteSchedule.ddpm(10)), normal(26, 1, 4), normal(27, 1, 4), 7, 3),
        (process, normal(28, 6, 1, 8, 8).float(), normal(29, 6, 1, 8, 8).float(), 0.4, 0.35),
        (Blur((4, 4)), normal(30, 2, 1, 4, 4), normal(31, 2, 1, 4, 4), 0.8, 0.3),
        (Gaussian(VE()), normal(32, 2, 3), 50 * normal(33, 2, 3), 1.0, 0.8),  # the data is not scaled, even at the end
        (Gaussian(VE()), normal(34, 2, 3), normal(35, 2, 3), 0.2, 0.0),  # a trace of noise is left at the start
        (Gaussian(Linear()), normal(36, 1, 4), normal(37, 1, 4), 8e-4, 3e-4),
    )


def inputs(rng):
    kind = rng.choice(["image", "image", "blur", "chain"])
    shape = rng.choice([(1, 2), (2, 3), (5, 4), (3, 3), (2, 1, 3, 5), (6, 1, 8, 8)])
    t = rng.choice([1.0, 1.0, rng.uniform(0.1, 1.0), rng.uniform(0.1, 1.0), 8e-4])
    s = rng.choice([0.0, t * rng.random()])
    process = Gaussian(rng.choice([Trig(), Linear(), VPLinear(), Cosine(), VE()]))
    if kind == "blur":
        process, shape = Blur((4, 4)), (rng.choice([1, 2, 5]), 1, 4, 4)
    elif kind == "chain":
        process, t = Gaussian(DiscreteSchedule.ddpm(rng.choice([5, 10, 100]))), rng.randint(1, 5)
        s = rng.randrange(t)
    x0_hat, x_t = (normal(rng.getrandbits(31), *shape) * rng.choice([0.3, 1.0, 10.0]) for _ in range(2))
    dtype = rng.choice([torch.float32, torch.float64])
    return process, x0_hat.to(dtype), x_t.to(dtype), t, s


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
    idea="Let the two times be equal: where must you end? And if the earlier time is the very start, what "
    "is left but the guess?",
    why="The noise that explains $x_t$ is kept, only less of it is used: at the earlier time the same "
    "pair of guess and noise gives $x_s$.",
    inputs=inputs,
    also_right=[reverse_step],
)


@EXERCISE.right
def in_one_line(process, x0_hat, x_t, t, s):
    return process.forward(noise=process.infer_noise(x_t=x_t, x0=x0_hat, t=t), t=s, x0=x0_hat)


@EXERCISE.slip(
    "You wrote cosines and sines in place of the process. That is one process among many: "
    "ask the one that you are given."
)
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


@EXERCISE.slip(r"Your step returns $x_t$: you pushed forward to the time from which you came.")
def t_in_both_places(x_t):
    return x_t


@EXERCISE.slip(r"You destroyed $x_t$ once more. What is pushed forward is the guess $\hat x_0$.")
def x_t_pushed_forward(process, x0_hat, x_t, t, s):
    return process.forward(x_t, process.infer_noise(x0_hat, x_t, t), s)


@EXERCISE.slip(r"In `infer_noise` the data comes first and $x_t$ second. You swapped them.")
def guess_and_x_t_swapped(process, x0_hat, x_t, t, s):
    return process.forward(x0_hat, process.infer_noise(x_t, x0_hat, t), s)


@EXERCISE.slip(
    "You drew new noise, so $x_t$ has no say. Infer the noise that was used. (Lesson 04 looks at "
    "what your step does.)"
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


@EXERCISE.slip(
    "You wrote out the formula of Gaussian noise. You are handed a process, which may destroy in another "
    "way: ask it."
)
def scales_of_the_schedule(process, x0_hat, x_t, t, s):
    alpha, sigma = process.schedule.alpha, process.schedule.sigma
    return alpha(s) * x0_hat + sigma(s) * (x_t - alpha(t) * x0_hat) / sigma(t)


@EXERCISE.slip("You returned the noise. Push it forward together with the guess.")
def the_noise_itself(process, x0_hat, x_t, t):
    return process.infer_noise(x0_hat, x_t, t)


@EXERCISE.slip("You pushed the noise forward in the place of the guess. In `forward` the data comes first.")
def guess_and_noise_swapped(process, x0_hat, x_t, t, s):
    return process.forward(process.infer_noise(x0_hat, x_t, t), x0_hat, s)


@EXERCISE.slip("You took $x_t$ for the noise. Infer first which noise is in it.")
def x_t_for_the_noise(process, x0_hat, x_t, s):
    return process.forward(x0_hat, x_t, s)


@EXERCISE.slip(
    "You pushed the guess forward through the time that lies between the two. The later time knows the noise."
)
def forward_by_the_difference(process, x0_hat, x_t, t, s):
    return process.forward(x0_hat, process.infer_noise(x0_hat, x_t, t), t - s)
