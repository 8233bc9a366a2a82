"""10.3: the improved step of Cold Diffusion, which carries the residual along."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def improved_step(degrade, x0_hat, x_t, t, s):
    return x_t - degrade(x0_hat, t) + degrade(x0_hat, s)


def shade(x, t):
    """A corruption that is neither linear in x nor in t."""
    return (1 - t) ** 2 * x + t * torch.tanh(x + 1.0)


def smear(x, t):
    """Neighbours are averaged, and all grows darker."""
    return (1 - 0.5 * t) * ((1 - t) * x + t * (x + x.roll(1, -1)) / 2) - t**3


def cases():
    return (
        (shade, torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.8, 0.3),
        (smear, normal(6, 3, 4), normal(7, 3, 4), 0.9, 0.2),
        (shade, normal(8, 2, 3), normal(9, 2, 3), 0.4, 0.1),
    )


EXERCISE = Exercise(
    id="10.3",
    title="The improved cold step",
    difficulty=1,
    minutes=5,
    points=1,
    reference=improved_step,
    cases=cases,
    law=r"$x_s = r + D(\hat x_0, s)$ with the residual $r = x_t - D(\hat x_0, t)$",
    praise="Infer the residual, keep it, push forward: the delta design of lesson 04.",
)


@EXERCISE.right
def change_of_the_damage_added(degrade, x0_hat, x_t, t, s):
    change = degrade(x0_hat, s) - degrade(x0_hat, t)
    return torch.add(change, x_t)


@EXERCISE.slip(r"That is the naive step: it forgets $x_t$. Carry the residual $x_t - D(\hat x_0, t)$ along.")
def naive_step(degrade, x0_hat, s):
    return degrade(x0_hat, s)


@EXERCISE.slip("You went the wrong way in time: take off the damage at $t$, and put on that at $s$.")
def signs_or_times_swapped(degrade, x0_hat, x_t, t, s):
    return x_t + degrade(x0_hat, t) - degrade(x0_hat, s)


@EXERCISE.slip("You started from the guess. What is corrected is $x_t$.")
def guess_for_x_t(degrade, x0_hat, t, s):
    return x0_hat - degrade(x0_hat, t) + degrade(x0_hat, s)


@EXERCISE.slip(r"You destroyed $x_t$, which is destroyed already. $D$ acts on the guess $\hat x_0$.")
def x_t_degraded_again(degrade, x_t, t, s):
    return x_t - degrade(x_t, t) + degrade(x_t, s)


@EXERCISE.slip("That is the residual alone. Add it to the guess, pushed forward to $s$.")
def residual_only(degrade, x0_hat, x_t, t):
    return x_t - degrade(x0_hat, t)


@EXERCISE.slip(r"The residual is $x_t$ minus what the guess looks like *at time t*: $D(\hat x_0, t)$.")
def residual_against_the_guess(degrade, x0_hat, x_t, s):
    residual = x_t - x0_hat
    return residual + degrade(x0_hat, s)


@EXERCISE.slip(
    "You put the residual inside $D$. It plays the part of noise, which is added after the damage."
)
def residual_degraded(degrade, x0_hat, x_t, t, s):
    residual = x_t - degrade(x0_hat, t)
    return degrade(x0_hat + residual, s)
