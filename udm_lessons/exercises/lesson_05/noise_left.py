"""05.1: the share of the noise that is left after many small steps, at any setting of the knob."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise


def noise_left(snr_t, snr_s, eta):
    rise = math.log(snr_s / snr_t)
    return math.exp(-(eta**2) * rise / 2)


def cases():
    return (
        (0.25, 4.0, 0.5),
        (0.5, 8.0, 1.0),
        (0.1, 0.3, 0.0),
        (2.0, 2.5, 0.8),
        (1e-3, 10.0, 0.3),
        (3.0, 3.02, 0.9),
        (4e-5, 3e-4, 0.7),  # hardly anything but noise
        (400.0, 30_000.0, 0.6),  # hardly any noise
        (1e-4, 900.0, 0.95),
    )


def inputs(rng):
    snr_t = 10 ** rng.uniform(-5, 3)
    snr_s = snr_t * 10 ** rng.choice((0.01, rng.uniform(0.05, 1.0), rng.uniform(0.5, 6.0)))
    return snr_t, snr_s, rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random()))


EXERCISE = Exercise(
    id="05.1",
    title="What is left of the noise",
    difficulty=3,
    minutes=10,
    points=3,
    reference=noise_left,
    cases=cases,
    law=r"With ever more steps from $t$ to $s$ the share tends to "
    r"$(\text{SNR}_t / \text{SNR}_s)^{\eta^2 / 2}$",
    praise=r"At $\eta = 1$ no number of steps changes it; below, the SNRs to a smaller power are left.",
    idea="Take one small step first: which share does it keep, if the log of the SNR rises by a little? Then "
    "many such steps, one after the other: do their shares add, or multiply? Two ends of the knob are easy, "
    "with nothing lost at one of them.",
    why=r"A step in which $\log \text{SNR}$ rises by a small $\delta$ keeps $\sqrt{1 - \eta^2 (1 - e^{-\delta})} "
    r"\approx 1 - \eta^2 \delta / 2$. The shares multiply, so that their logs add up to $-\eta^2/2$ times the "
    r"whole rise.",
    inputs=inputs,
)


@EXERCISE.right
def as_a_power(snr_t, snr_s, eta):
    return (snr_t / snr_s) ** (eta * eta / 2)


@EXERCISE.right
def as_a_tensor(**given):
    return torch.tensor(noise_left(**given))


@EXERCISE.right
def from_logarithms(snr_t, snr_s, eta):
    return math.exp(0.5 * eta**2 * (math.log(snr_t) - math.log(snr_s)))


@EXERCISE.slip(r"That is what *one* step from $t$ to $s$ keeps. Cut it into many small ones.")
def one_step(snr_t, snr_s, eta):
    return math.sqrt(1 - eta**2 * (1 - snr_t / snr_s))


@EXERCISE.slip("That is the square of the share: how much of the *variance* is old. Mind the root in the step.")
def half_forgotten(snr_t, snr_s, eta):
    return (snr_t / snr_s) ** eta**2


@EXERCISE.slip(
    r"$\eta$ scales the deviation of the fresh noise. In a small step the share of the old noise sees its square."
)
def eta_not_squared(snr_t, snr_s, eta):
    return (snr_t / snr_s) ** (eta / 2)


@EXERCISE.slip(r"That is the share at $\eta = 1$, for any $\eta$. With less fresh noise more is left.")
def knob_left_out(snr_t, snr_s):
    return math.sqrt(snr_t / snr_s)


@EXERCISE.slip("A share above 1? The SNR rises on the way from $t$ to $s$: the smaller one belongs above the line.")
def upside_down(snr_t, snr_s, eta):
    return (snr_s / snr_t) ** (eta**2 / 2)


@EXERCISE.slip(
    "Small losses of many steps do not add up to this, since each step keeps a share of what is *left*. "
    "Shares multiply."
)
def losses_added(snr_t, snr_s, eta):
    return 1 - eta**2 / 2 * math.log(snr_s / snr_t)


@EXERCISE.slip(r"It is $\log \text{SNR}$ that rises by $\delta$. You took the rise of the SNR itself.")
def rise_of_the_snr(snr_t, snr_s, eta):
    return math.exp(-(eta**2) * (snr_s - snr_t) / 2)


@EXERCISE.slip("That is the share of the *fresh* noise in the end. Asked for is that of the old noise.")
def fresh_share(**given):
    return math.sqrt(1 - noise_left(**given) ** 2)


@EXERCISE.slip(
    r"$\eta$ does not mix the two ends of the knob in this way. Follow the share through one small step first."
)
def ends_mixed(snr_t, snr_s, eta):
    return 1 - eta + eta * math.sqrt(snr_t / snr_s)


@EXERCISE.slip(r"With $\eta = 0$ nothing is lost, and you return 0. The knob works on what is lost.")
def knob_as_a_factor(snr_t, snr_s, eta):
    return eta * math.sqrt(snr_t / snr_s)


@EXERCISE.slip("The knob is turned round: the less fresh noise, the more of the old is left.")
def knob_turned_round(snr_t, snr_s, eta):
    return (snr_t / snr_s) ** ((1 - eta**2) / 2)


@EXERCISE.slip("You returned the logarithm of the share.")
def logarithm(**given):
    return math.log(noise_left(**given))


@EXERCISE.slip(
    r"In a small step the *square* of the kept share is 1 less $\eta^2 \delta$. The share itself loses half of that; "
    "you took a quarter."
)
def root_taken_twice(**given):
    return math.sqrt(noise_left(**given))
