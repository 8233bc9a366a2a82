"""01.7: whether the signal-to-noise ratio falls, so that information decreases all the time."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, equal


def falls(values):
    return bool((values.diff() < 0).all())


def information_decreases(alpha, sigma):
    return falls(alpha**2 / sigma**2)


def cases():
    t = torch.linspace(0.02, 0.98, 9, dtype=torch.float64)
    there_and_back = 0.9 * math.pi / 2 * torch.sin(math.pi * t)
    return (
        (torch.tensor([1.0, 0.8, 0.5]), torch.tensor([0.1, 0.6, 0.9])),
        (torch.cos(there_and_back), torch.sin(there_and_back)),  # the signal goes and comes back
        (torch.ones_like(t), 0.1 * 80**t),  # the signal stays and drowns
        (0.8**t, 0.5 * 0.9**t),  # both fall, the signal faster
        (1 + t, 0.5 + 2 * t),  # both rise, the noise faster
        (2 * (0.5 - 0.25 * t), 0.5 - 0.25 * t),  # the ratio stays
        (0.5**t, 0.3 * 0.4**t),  # both fall, the noise faster
        (torch.tensor([0.9, 0.5, 0.7, 0.2]), torch.tensor([0.3, 0.6, 0.5, 0.9])),  # one step back
        (torch.tensor([0.9, 0.3, 0.95]), torch.tensor([0.3, 0.9, 0.2])),  # ends higher than it began
    )


EXERCISE = Exercise(
    id="01.7",
    title="Is it a forward process?",
    difficulty=2,
    minutes=6,
    points=2,
    reference=information_decreases,
    cases=cases,
    law=r"$\text{SNR}_t = \alpha_t^2 / \sigma_t^2$ falls from each time of the grid to the next",
    compare=equal(),
    praise="Whatever the two functions are: if their ratio falls, information does.",
)


@EXERCISE.right
def without_squares(alpha, sigma):
    return falls(alpha / sigma)


@EXERCISE.right
def by_logarithms(alpha, sigma):
    return falls(2 * (alpha.log() - sigma.log()))


@EXERCISE.right
def noise_to_signal_rises(alpha, sigma):
    return bool((sigma / alpha).diff().min() > 0)


@EXERCISE.slip(
    "A falling signal is not enough: the noise may fall even faster. And a constant signal may drown."
)
def alpha_alone(alpha):
    return falls(alpha)


@EXERCISE.slip("Rising noise is not enough: the signal may rise even faster, and then more can be seen.")
def sigma_alone(sigma):
    return bool((sigma.diff() > 0).all())


@EXERCISE.slip(
    r"You ask for more than is needed. With $\alpha_t = 1$ and rising noise, information is lost as well. "
    "Only the ratio of the two matters."
)
def both_must_move(alpha, sigma):
    return alpha_alone(alpha) and sigma_alone(sigma)


@EXERCISE.slip(
    "If the ratio stays the same, nothing is destroyed: the picture is only scaled. Ask for a strict fall."
)
def not_strictly(alpha, sigma):
    change = (alpha**2 / sigma**2).diff()
    return bool((change <= 1e-9).all())


@EXERCISE.slip("You compared the two ends. In between the information may fall and come back.")
def first_and_last_only(alpha, sigma):
    return bool(alpha[-1] / sigma[-1] < alpha[0] / sigma[0])


@EXERCISE.slip("You ask whether the SNR falls somewhere. It must fall at every step of the grid.")
def any_for_all(alpha, sigma):
    return bool(((alpha / sigma).diff() < 0).any())


@EXERCISE.slip(
    "Your test has the direction turned round: signal over noise must get smaller as time goes on."
)
def rising(alpha, sigma):
    change = (alpha**2 / sigma**2).diff()
    return bool((change > 0).all())


@EXERCISE.slip(
    "You took the difference. Scaling $x_t$ by a constant loses nothing, yet changes the difference; "
    "a ratio does not change."
)
def difference_for_ratio(alpha, sigma):
    return falls(alpha - sigma)
