"""13.5: the time at which latents of variance 1 are as noisy as latents of another scale."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, equal


def clock_of_scale(t, scale):
    return 2 / math.pi * math.atan2(math.sin(math.pi * t / 2), scale * math.cos(math.pi * t / 2))


def cases():
    return ((0.5, 7.0), (0.5, 1.0), (0.3, 0.2), (1.0, 3.0), (0.0, 5.0), (0.9, 7.0), (0.75, 0.5), (0.25, 2.0), (0.02, 0.05), (0.98, 40.0))


def inputs(rng):
    return rng.choice((0.0, 1.0, 0.5, rng.random(), rng.random(), rng.random())), rng.choice((1.0, 7.0, 0.2, math.exp(rng.uniform(-3, 3))))


EXERCISE = Exercise(
    id="13.5",
    title="The clock of a scale",
    difficulty=2,
    minutes=8,
    points=2,
    reference=clock_of_scale,
    cases=cases,
    compare=equal(),
    law=r"$\tan(\pi t'/2) = \tan(\pi t/2) / s$, since the signal is to the noise as $s \cos(\pi t/2)$ to $\sin(\pi t/2)$",
    praise="Changing the scale of data is changing the clock. Nothing else happens.",
    idea="How large is the signal beside the noise at time $t$, if $z$ has the scale $s$? And at time $t'$, if it has the scale 1? Set the two equal. "
    "Half way, with the scale 7, there is seven times as much signal as noise: the clock of variance 1 must show an early time.",
    why=r"$z_t = \cos(\pi t/2)\, z + \sin(\pi t/2)\, \varepsilon$ has the ratio $s \cos(\pi t/2) / \sin(\pi t/2)$ of signal to noise. At $t'$ and scale 1 "
    r"it is $\cos(\pi t'/2) / \sin(\pi t'/2)$. Turn both over, and take the angle.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_tangent(t, scale):
    return 2 / math.pi * math.atan(math.tan(math.pi * t / 2) / scale)


@EXERCISE.right
def from_the_other_end(t, scale):
    return 1 - 2 / math.pi * torch.atan2(scale * torch.cos(torch.tensor(math.pi * t / 2, dtype=torch.float64)), torch.sin(torch.tensor(math.pi * t / 2, dtype=torch.float64)))


@EXERCISE.slip("A larger scale makes the same time *less* noisy. Yours makes it more.")
def multiplied(t, scale):
    return clock_of_scale(t, 1 / scale)


@EXERCISE.slip("You used the ratio of the variances, $s^2$. The two angles are those of the deviations.")
def variance_for_deviation(t, scale):
    return clock_of_scale(t, scale**2)


@EXERCISE.slip("You divided the time by the scale. It is the ratio of noise to signal, the tangent, that is divided.")
def time_divided(t, scale):
    return t / scale


@EXERCISE.slip(r"That is the angle. The time is $2/\pi$ times as much, so that it ends at 1.")
def angle_for_time(t, scale):
    return math.pi / 2 * clock_of_scale(t, scale)


@EXERCISE.slip("You divided the angle, not its tangent.")
def angle_divided(t, scale):
    return 2 / math.pi * math.atan(math.pi * t / 2 / scale)


@EXERCISE.slip(r"The angle at time $t$ is $\pi t / 2$: a quarter turn at $t = 1$.")
def half_turn(t, scale):
    return 2 / math.pi * math.atan2(math.sin(math.pi * t), scale * math.cos(math.pi * t))


@EXERCISE.slip("That is the time seen from the other end: at $t = 0$ it must be 0.")
def from_the_end(t, scale):
    return 1 - clock_of_scale(t, scale)


@EXERCISE.slip("That is the ratio of noise to signal. Which time on the clock of variance 1 has it?")
def ratio_for_time(t, scale):
    return math.tan(math.pi * t / 2) / scale


@EXERCISE.slip("The scale must not change the noise: it stands before the signal alone.")
def sine_alone(t, scale):
    return 2 / math.pi * math.asin(min(1.0, math.sin(math.pi * t / 2) / scale))


@EXERCISE.slip("That is the way back: from the clock of variance 1 to that of the scale, with the sine where the tangent belongs.")
def cosine_alone(t, scale):
    return 2 / math.pi * math.acos(min(1.0, scale * math.cos(math.pi * t / 2)))
