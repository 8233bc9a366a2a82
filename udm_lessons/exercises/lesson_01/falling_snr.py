"""01.7: whether the signal-to-noise ratio falls, so that information decreases all the time."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, equal


def falls(values):
    return bool((values.diff() < 0).all())


def information_decreases(alpha, sigma):
    ratio = alpha**2 / sigma**2
    return bool((ratio.diff() < 0).all())


def cases():
    t = torch.linspace(0.02, 0.98, 9, dtype=torch.float64)
    there_and_back = 0.9 * math.pi / 2 * torch.sin(math.pi * t)
    return (
        (torch.tensor([1.0, 0.8, 0.5]), torch.tensor([0.1, 0.6, 0.9])),
        (torch.cos(there_and_back), torch.sin(there_and_back)),  # the signal goes and comes back
        (torch.ones_like(t), 0.1 * 80**t),  # the signal stays and drowns
        (0.8**t, 0.5 * 0.82**t),  # both fall, the signal faster
        (1 + t, 0.5 + 2 * t),  # both rise, the noise faster
        (2 * (0.5 - 0.25 * t), 0.5 - 0.25 * t),  # the ratio stays
        (0.5**t, 0.3 * 0.45**t),  # both fall, the noise faster
        (torch.tensor([0.9, 0.5, 0.7, 0.2]), torch.tensor([0.3, 0.6, 0.5, 0.9])),  # one step back
        (torch.tensor([0.9, 0.3, 0.95]), torch.tensor([0.3, 0.9, 0.2])),  # ends higher than it began
        (torch.tensor([0.5, 0.9, 0.6, 0.3, 0.1]), torch.tensor([0.8, 0.4, 0.7, 0.9, 1.0])),  # first step
        (torch.tensor([0.9, 0.6, 0.3, 0.1, 0.2]), torch.tensor([0.4, 0.7, 0.9, 1.0, 0.9])),  # last step
        (torch.tensor([0.9, 0.6, 0.6, 0.3]), torch.tensor([0.4, 0.7, 0.7, 0.9])),  # rests once
        (torch.tensor([1.0, 0.999, 0.5, -0.4, 0.0]), torch.tensor([0.01, 0.0101, 30.0, 50.0, 50.0])),
        (torch.tensor([0.02, 0.001]), torch.tensor([0.2, 0.015])),
        (torch.tensor([0.6, 0.8]), torch.tensor([0.8, 0.6])),
        (torch.tensor([0.9, 0.3, -0.8]), torch.tensor([0.3, 0.9, 0.5])),  # the signal comes back upside down
        (torch.tensor([1.0, 1.0, 1.0, 6e-4, 2e-4]), torch.tensor([3e-4, 8e-4, 0.02, 1.0, 1.0])),  # very large to very small
        (torch.tensor([1.0, 0.9998, 0.9998, 0.3]), torch.tensor([0.9992, 0.9992, 1.0, 1.0])),  # falls by little
    )


def inputs(rng):
    n = rng.choice([2, 2, 3, 4, 7])
    widest = rng.choice([9, 9, 16])
    log_ratio = sorted((rng.uniform(-widest, widest) for _ in range(n)), reverse=True)
    sigma = [rng.choice([0.1, 1.0, 5.0]) * rng.uniform(0.3, 1) for _ in range(n)]
    kind = rng.choice(["falls", "falls", "rises once", "rests once", "any", "ends at 0", "by little"])
    k = rng.randrange(n - 1)
    if kind == "rises once":
        log_ratio[k], log_ratio[k + 1] = log_ratio[k + 1], log_ratio[k]
    elif kind == "rests once":
        log_ratio[k + 1], sigma[k + 1] = log_ratio[k], sigma[k]
    elif kind == "any":
        rng.shuffle(log_ratio)
    alpha = [s * math.exp(r / 2) for s, r in zip(sigma, log_ratio)]
    if kind == "ends at 0":
        alpha[-1] = 0.0
    elif kind == "by little":
        near_one = [1 - 1e-4 * j for j in range(n)]
        alpha, sigma = rng.choice([(near_one, [0.5] * n), ([0.5] * n, near_one[::-1])])
    if rng.random() < 0.2:  # seen upside down
        alpha = [a * rng.choice([1, -1]) for a in alpha]
    dtype = rng.choice([torch.float32, torch.float64])
    return torch.tensor(alpha, dtype=dtype), torch.tensor(sigma, dtype=dtype)


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
    praise="Whatever the two functions are: if the SNR falls, information does.",
    idea="Draw the ratio of signal to noise as a curve. What if it rises at the first step only, or the "
    "last only? "
    "What if it rests for one step? What if both scales are doubled?",
    why=r"Seeing $x_t$ is as good as seeing $x_0 + (\sigma_t / \alpha_t)\, \varepsilon$. So each step "
    "loses something "
    r"exactly if the size of $\sigma_t / \alpha_t$ grows, that is, if the SNR falls.",
    inputs=inputs,
)


@EXERCISE.right
def without_squares(alpha, sigma):
    return falls(alpha.abs() / sigma)


@EXERCISE.right
def by_logarithms(alpha, sigma):
    return falls(alpha.square().log() - 2 * sigma.log())


@EXERCISE.right
def noise_to_signal_rises(alpha, sigma):
    return bool((sigma / alpha.abs()).diff().min() > 0)


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
    "If the ratio rests, nothing is destroyed in that step: the picture is only scaled. Ask for a strict "
    "fall."
)
def not_strictly(alpha, sigma):
    change = (alpha**2 / sigma**2).diff()
    return bool((change <= 1e-9).all())


@EXERCISE.slip("You compared the two ends. In between the information may fall and come back.")
def first_and_last_only(alpha, sigma):
    return bool(alpha[-1] / sigma[-1] < alpha[0] / sigma[0])


@EXERCISE.slip(
    r"You left out the squares. That is as good while no $\alpha_t$ is negative. A negative one turns the picture over, "
    "and then more can be seen again."
)
def squares_left_out(alpha, sigma):
    return falls(alpha / sigma)


@EXERCISE.slip(
    "You ask that it falls by more than some small number. Late in time the SNR itself is smaller than that, "
    "and still falls."
)
def by_more_than_a_little(alpha, sigma):
    return bool(((alpha**2 / sigma**2).diff() < -1e-6).all())


@EXERCISE.slip("You squared the noise alone. Try it with both scales doubled: nothing may change.")
def signal_not_squared(alpha, sigma):
    return falls(alpha / sigma**2)


@EXERCISE.slip("You squared the signal alone. Try it with both scales halved: nothing may change.")
def noise_not_squared(alpha, sigma):
    return falls(alpha**2 / sigma)


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


@EXERCISE.slip("You never look at the first step of the grid. Information may come back there too.")
def first_step_skipped(alpha, sigma):
    return information_decreases(alpha[1:], sigma[1:])


@EXERCISE.slip("You never look at the last step of the grid. Information may come back there too.")
def last_step_skipped(alpha, sigma):
    return information_decreases(alpha[:-1], sigma[:-1])


@EXERCISE.slip("You looked at the first step only. It must fall at every step of the grid.")
def first_step_only(alpha, sigma):
    return information_decreases(alpha[:2], sigma[:2])


@EXERCISE.slip(
    "You asked that the signal falls or that the noise rises. Neither is enough, and neither is needed."
)
def one_must_move(alpha, sigma):
    return alpha_alone(alpha) or sigma_alone(sigma)


@EXERCISE.slip("You returned the answer for each step. Asked for is one answer for the whole grid.")
def one_answer_for_each_step(alpha, sigma):
    return (alpha / sigma).diff() < 0
