"""02.6: the first step at which a wave of given power is weaker than the noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, equal


def first_step(drowned):
    return int(drowned.nonzero()[0]) + 1


def drowns_at(alpha_bar, power):
    return first_step(alpha_bar * power < 1 - alpha_bar)


def cases():
    chain = torch.cumprod(1 - torch.linspace(1e-3, 0.04, 300, dtype=torch.float64), 0)
    return (
        (torch.tensor([0.9, 0.6, 0.3, 0.05]), 1.5),
        (chain, 4.0),
        (chain, 0.05),
        (chain, 1.0),
    )


EXERCISE = Exercise(
    id="02.6",
    title="When does a wave drown?",
    difficulty=2,
    minutes=6,
    points=2,
    reference=drowns_at,
    cases=cases,
    law=r"the first step $t$ (counted from 1) with $\bar\alpha_t P / (1 - \bar\alpha_t) < 1$",
    compare=equal(),
    praise="The order in which waves drown is the order of their powers, weakest first.",
)


@EXERCISE.right
def by_counting(alpha_bar, power):
    return int((alpha_bar * power >= 1 - alpha_bar).sum()) + 1


@EXERCISE.right
def by_a_loop(alpha_bar, power):
    for t, a in enumerate(alpha_bar.tolist(), start=1):
        if a / (1 - a) * power < 1:
            return t


@EXERCISE.slip("You returned the place in the list, which counts from 0. The first entry is step $t = 1$.")
def counted_from_zero(alpha_bar, power):
    return drowns_at(alpha_bar, power) - 1


@EXERCISE.slip(
    "The number is right, but you returned it as a tensor with one entry. `int(...)` makes it a whole number."
)
def a_tensor_returned(alpha_bar, power):
    drowned = alpha_bar * power < 1 - alpha_bar
    return drowned.nonzero()[0] + 1


@EXERCISE.slip("You forgot the power of the wave. A strong wave holds out longer.")
def power_forgotten(alpha_bar):
    return first_step(alpha_bar < 1 - alpha_bar)


@EXERCISE.slip(
    r"You divided by the power. Its signal is $\bar\alpha_t P$: the stronger, the later it drowns."
)
def noise_scaled_too(alpha_bar, power):
    return first_step(alpha_bar / power < 1 - alpha_bar)


@EXERCISE.slip(r"You compared the signal with a fixed number. Compare it with the noise, $1 - \bar\alpha_t$.")
def signal_below_one_half(alpha_bar, power):
    return first_step(alpha_bar * power < 0.5)
