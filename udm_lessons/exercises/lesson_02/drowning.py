"""02.6: the first step at which a wave of given power is weaker than the noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, equal, uniform


def first_step(drowned):
    return int(drowned.nonzero()[0]) + 1


def drowns_at(alpha_bar, power):
    weaker = alpha_bar * power < 1 - alpha_bar
    return int(weaker.nonzero()[0]) + 1


def cases():
    chain = torch.cumprod(1 - torch.linspace(1e-3, 0.04, 300, dtype=torch.float64), 0)
    return (
        (torch.tensor([0.9, 0.6, 0.3, 0.05]), 1.5),
        (chain, 4.0),
        (chain, 0.05),
        (chain, 1.0),
        (torch.tensor([0.9, 0.5, 0.4, 0.2]), 1.0),  # at the second step they are equally strong
        (torch.tensor([0.75, 0.25, 0.125]), 3.0),
        (torch.tensor([0.4, 0.2]), 0.5),  # at the first step
        (torch.tensor([0.3]), 1.2),
        (torch.tensor([0.9, 0.8, 0.7], dtype=torch.float64), 0.4),  # at the last step
        (torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0), 100.0),
        (torch.cumprod(torch.full((500,), 0.99, dtype=torch.float64), 0), 0.004),
        (torch.tensor([0.9998, 0.9993, 0.99, 0.9]), 5e-4),  # hardly any power, and hardly any noise
        (torch.tensor([0.5, 4e-4, 1e-4]), 3000.0),
    )


def inputs(rng):
    n = rng.choice([1, 2, 3, 5, 60, 400])
    rates = uniform(rng.getrandbits(31), n) * rng.choice([5e-4, 0.02, 0.2, 0.9])
    alpha_bar = torch.cumprod(1 - rates, 0)
    k = rng.randrange(n)
    if rng.random() < 0.3:  # equally strong at one step, where numbers are exact
        alpha_bar, k = 2.0 ** -torch.arange(1, n + 2, dtype=torch.float64)[: rng.choice([2, 3, 5])], 0
        return alpha_bar, rng.choice([1.0, 3.0]) if len(alpha_bar) > 2 else 1.0
    equal = float((1 - alpha_bar[k]) / alpha_bar[k])
    return alpha_bar, equal * rng.choice([0.99, 0.7, 0.1])


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
    idea="Take a list of three by hand. Which number do you return if the wave drowns at the very first "
    "step? "
    "And has it drowned yet where signal and noise are equally strong?",
    why=r"The wave carries $\bar\alpha_t P$ of signal against $1 - \bar\alpha_t$ of noise. `nonzero` "
    "lists the places where "
    "it is the weaker, counted from 0, and steps are counted from 1.",
    inputs=inputs,
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
    "The number is right, but you returned it as a tensor with one entry. A whole number is asked for."
)
def a_tensor_returned(alpha_bar, power):
    drowned = alpha_bar * power < 1 - alpha_bar
    return drowned.nonzero()[0] + 1


@EXERCISE.slip("You forgot the power of the wave. A strong wave holds out longer.")
def power_forgotten(alpha_bar):
    return first_step(alpha_bar < 1 - alpha_bar)


@EXERCISE.slip(
    "You divided by the power, so that strong waves would drown early. The stronger, the later it drowns."
)
def noise_scaled_too(alpha_bar, power):
    return first_step(alpha_bar / power < 1 - alpha_bar)


@EXERCISE.slip("You compared the signal with a fixed number. Compare it with the noise of the same step.")
def signal_below_one_half(alpha_bar, power):
    return first_step(alpha_bar * power < 0.5)


@EXERCISE.slip("Where signal and noise are equally strong the wave has not drowned yet.")
def boundary(alpha_bar, power):
    return first_step(alpha_bar * power <= 1 - alpha_bar)


@EXERCISE.slip(
    "You looked for the wave while it stands. Asked for is the first step at which the noise is the stronger."
)
def still_standing(alpha_bar, power):
    return int((alpha_bar * power > 1 - alpha_bar).int().argmax()) + 1


@EXERCISE.slip("You took the last of the places, but the wave drowned long before. Take the first.")
def last_place(alpha_bar, power):
    return int((alpha_bar * power < 1 - alpha_bar).nonzero()[-1]) + 1


@EXERCISE.slip("You counted the steps after the wave has drowned. Asked for is when it did.")
def steps_after(alpha_bar, power):
    return int((alpha_bar * power < 1 - alpha_bar).sum())


@EXERCISE.slip(
    "You squared the power, or took the roots of what stands beside it. All three are variances already."
)
def power_squared(alpha_bar, power):
    return first_step(alpha_bar * power**2 < 1 - alpha_bar)


@EXERCISE.slip("You returned the whole list of steps at which the wave is weaker. Asked for is the first.")
def all_steps(alpha_bar, power):
    return (alpha_bar * power < 1 - alpha_bar).nonzero()[:, 0] + 1


@EXERCISE.slip(
    "You asked when the signal itself falls below 1. What matters is whether it is weaker than the noise."
)
def signal_below_one(alpha_bar, power):
    return first_step(alpha_bar * power < 1)


@EXERCISE.slip("You took the step at which the two come closest to each other. Asked for is the first one at which the noise is stronger.")
def closest_to_equal(alpha_bar, power):
    return int((alpha_bar * power / (1 - alpha_bar) - 1).abs().argmin()) + 1


@EXERCISE.slip("You look for a crossing between two steps. A weak wave may have drowned in the very first one.")
def crossing_between_steps(alpha_bar, power):
    weaker = alpha_bar * power < 1 - alpha_bar
    crossings = (weaker[1:] & ~weaker[:-1]).nonzero()
    return int(crossings[0]) + 2 if len(crossings) else len(weaker)
