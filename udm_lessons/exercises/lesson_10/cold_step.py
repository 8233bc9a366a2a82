"""10.3: the improved step of Cold Diffusion, which carries the residual along."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal
from ...destroy import Blur


def improved_step(degrade, x0_hat, x_t, t, s):
    return x_t - degrade(x0_hat, t) + degrade(x0_hat, s)


def shade(x, t):
    """A corruption that is neither linear in x nor in t."""
    return (1 - t) ** 2 * x + t * torch.tanh(x + 1.0)


def smear(x, t):
    """Neighbours are averaged, and all grows darker."""
    return (1 - 0.5 * t) * ((1 - t) * x + t * (x + x.roll(1, -1)) / 2) - t**3


def worn(x, t):
    """Some damage is there from the beginning, at t = 0."""
    return (0.9 - 0.4 * t) * x + 0.1 * torch.sin(x.flip(-1))


def cases():
    return (
        (shade, torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.8, 0.3),
        (smear, normal(6, 3, 4), normal(7, 3, 4), 0.9, 0.2),
        (shade, normal(8, 2, 3), normal(9, 2, 3), 0.4, 0.1),
        (shade, normal(10, 1, 2, 3), normal(11, 1, 2, 3), 1.0, 0.25),  # from the very end
        (worn, normal(12, 2, 4), normal(13, 2, 4), 0.5, 0.0),  # the last step, for what is never quite sharp
        (Blur((3, 3), 2.0).blur, normal(14, 2, 3, 3), normal(15, 2, 3, 3), 0.6, 0.4),
        (Blur((8, 8), 2.0).blur, 5 * normal(16, 1, 8, 8), normal(17, 1, 8, 8), 0.02, 0.0),
        (Blur((3, 3), 2.0).blur, normal(18, 2, 3, 3), 20 * normal(19, 2, 3, 3), 1.0, 0.0),  # all at once
        (smear, normal(20, 1, 3), normal(21, 1, 3), 1.0, 0.9999),  # a very short step
        (shade, 20 * normal(22, 1, 3), normal(23, 1, 3), 2e-4, 0.0),  # and the last one of as many
    )


def inputs(rng):
    batch, height, width = (rng.choice((1, 2, 3, 5, 8)) for _ in range(3))
    blur = Blur((height, width), rng.uniform(0.5, 8.0)).blur
    degrade = rng.choice((shade, smear, worn, blur))
    shape = (batch, height, width) if degrade is blur else (batch, height, width)[: rng.choice((2, 3))]
    x0_hat, x_t = (rng.choice((0.1, 1.0, 20.0)) * normal(rng.getrandbits(31), *shape) for _ in range(2))
    t = rng.choice((1.0, 2e-4, *(rng.uniform(0.02, 1.0) for _ in range(3))))
    return degrade, x0_hat, x_t, t, rng.choice((0.0, 0.9999 * t, 0.98 * t, rng.random() * t, rng.random() * t))


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
    idea="Put in a guess that is right: where must $x_t$ go? Then a damage that does nothing at all: what "
    "must come out, whatever the guess is? And if the two times are equal?",
    why=r"$r = x_t - D(\hat x_0, t)$ is what the guess does not explain of $x_t$. It is kept, and the "
    r"guess is damaged up to $s$ only: $r + D(\hat x_0, s)$. A right guess has $r = 0$ and leads to "
    "$D(x_0, s)$.",
    inputs=inputs,
)


@EXERCISE.right
def change_of_the_damage_added(degrade, x0_hat, x_t, t, s):
    change = degrade(x0_hat, s) - degrade(x0_hat, t)
    return torch.add(change, x_t)


@EXERCISE.slip("That is the naive step: it forgets $x_t$. What the guess does not explain must come along.")
def naive_step(degrade, x0_hat, s):
    return degrade(x0_hat, s)


@EXERCISE.slip("You went the wrong way in time. With a right guess your picture gets more damage, not less.")
def signs_or_times_swapped(degrade, x0_hat, x_t, t, s):
    return x_t + degrade(x0_hat, t) - degrade(x0_hat, s)


@EXERCISE.slip("You started from the guess. What is corrected is $x_t$.")
def guess_for_x_t(degrade, x0_hat, t, s):
    return x0_hat - degrade(x0_hat, t) + degrade(x0_hat, s)


@EXERCISE.slip(r"You destroyed $x_t$, which is destroyed already. $D$ acts on the guess $\hat x_0$.")
def x_t_degraded_again(degrade, x_t, t, s):
    return x_t - degrade(x_t, t) + degrade(x_t, s)


@EXERCISE.slip(
    "That is the residual alone. It goes on top of something: what does the guess look like at $s$?"
)
def residual_only(degrade, x0_hat, x_t, t):
    return x_t - degrade(x0_hat, t)


@EXERCISE.slip("$x_t$ is damaged and the guess is not. Compare it with how the guess looks *at time t*.")
def residual_against_the_guess(degrade, x0_hat, x_t, s):
    residual = x_t - x0_hat
    return residual + degrade(x0_hat, s)


@EXERCISE.slip(
    "You put the residual inside $D$. It plays the part of noise, which is added after the damage."
)
def residual_degraded(degrade, x0_hat, x_t, t, s):
    residual = x_t - degrade(x0_hat, t)
    return degrade(x0_hat + residual, s)


@EXERCISE.slip("In the last step you return the guess. There, too, the residual comes along.")
def guess_in_the_last_step(x0_hat, s, **given):
    return improved_step(x0_hat=x0_hat, s=s, **given) if s else x0_hat


@EXERCISE.slip("$D$ takes a time, not the length of a step: it has to be called at $t$ and at $s$.")
def length_of_the_step(degrade, x0_hat, x_t, t, s):
    return x_t - degrade(x0_hat, t - s)


@EXERCISE.slip("The residual shrinks in your step. Here it is carried along as it is.")
def residual_shrinks(degrade, x0_hat, x_t, t, s):
    return s / t * (x_t - degrade(x0_hat, t)) + degrade(x0_hat, s)


@EXERCISE.slip("You put the guess on top of all of $x_t$. What it explains of $x_t$ is then in twice.")
def nothing_taken_off(degrade, x0_hat, x_t, s):
    return x_t + degrade(x0_hat, s)


@EXERCISE.slip("The residual comes in with the wrong sign.")
def residual_turned_round(degrade, x0_hat, x_t, t, s):
    return degrade(x0_hat, t) - x_t + degrade(x0_hat, s)


@EXERCISE.slip("You put the guess on without any damage. The step ends at $s$, not at 0.")
def straight_to_the_end(degrade, x0_hat, x_t, t):
    return x_t - degrade(x0_hat, t) + x0_hat


@EXERCISE.slip("You mixed $x_t$ and the guess. What changes in the step is the damage of the guess.")
def mixture(x0_hat, x_t, t, s):
    return s / t * x_t + (1 - s / t) * x0_hat


@EXERCISE.slip("You damaged the guess twice, at $t$ and then at $s$. Each time start from the guess itself.")
def damaged_twice(degrade, x0_hat, x_t, t, s):
    damaged = degrade(x0_hat, t)
    return x_t - damaged + degrade(damaged, s)


@EXERCISE.slip(
    "You went on from the guess at $s$ to make that at $t$. Two short blurs are not one long blur: start from "
    "the guess itself, both times."
)
def damage_in_two_parts(degrade, x0_hat, x_t, t, s):
    at_s = degrade(x0_hat, s)
    return x_t - degrade(at_s, t - s) + at_s


@EXERCISE.slip("At $s = 0$ you put on the guess as it is. Leave it to $D$ what the damage at time 0 is.")
def no_damage_at_time_0(degrade, x0_hat, x_t, t, s):
    return x_t - degrade(x0_hat, t) + (degrade(x0_hat, s) if s else x0_hat)


@EXERCISE.slip("You took the guess off at both times. At one of the two it goes back on: set no brackets.")
def taken_off_twice(degrade, x0_hat, x_t, t, s):
    return x_t - (degrade(x0_hat, t) + degrade(x0_hat, s))


@EXERCISE.slip("You damaged $x_t$ once more to find the residual. Compare $x_t$ with the damaged *guess*.")
def residual_from_x_t_alone(degrade, x0_hat, x_t, t, s):
    return x_t - degrade(x_t, t) + degrade(x0_hat, s)
