"""02.7: what is left after many small steps, in the limit."""

from __future__ import annotations

import torch

from ...checks import Exercise, uniform


def limit_alpha_bar(low, high, t):
    total = low * t + (high - low) * t**2 / 2
    return torch.exp(-total)


def times(*values):
    return torch.tensor(values, dtype=torch.float64)


def cases():
    return (
        (2.0, 4.0, torch.tensor([0.5, 1.0])),
        (0.1, 20.0, times(0.0, 0.2, 0.45, 0.7)),
        (0.1, 20.0, times(0.95, 1.0)),
        (3.0, 3.0, times(0.1, 0.4, 0.9)),  # one rate at all times
        (6.0, 0.5, times(0.3, 0.6, 1.0)),  # a rate that falls
        (0.0, 5.0, times(0.25, 0.75)),
        (0.5, 1.5, times(0.35)),
        (9.0, 0.0, torch.linspace(0, 1, 7)),
        (4e-4, 0.002, times(0.3, 0.8)),
        (0.7, 4e-4, times(0.5, 1.0)),
        (2e-4, 1.2, times(5e-4, 0.02, 0.9996)),
    )


def inputs(rng):
    t = uniform(rng.getrandbits(31), rng.choice([1, 2, 3, 5, 50])).sort().values
    if rng.random() < 0.3:
        t[0], t[-1] = 0.0, 1.0
    if rng.random() < 0.2:
        t[0] = 5e-4
    low, high = (rng.choice([0.0, 4e-4, 0.1, 3 * rng.random(), 10 * rng.random()]) for _ in range(2))
    high = rng.choice([high, high, low, 20.0])
    return low, high, t.to(rng.choice([torch.float32, torch.float64, torch.float64]))


EXERCISE = Exercise(
    id="02.7",
    title="The limit of the product",
    difficulty=3,
    minutes=10,
    points=3,
    reference=limit_alpha_bar,
    cases=cases,
    law=r"$\bar\alpha(t) = \exp\left( -\int_0^t \beta(u)\, du \right)$ with the integral "
    r"$\beta_\text{low}\, t + \frac{1}{2} (\beta_\text{high} - \beta_\text{low})\, t^2$",
    praise="A product of many factors near 1 is the exponential of an integral. This is the schedule `VPLinear`.",
    idea="Make the rate constant first: what becomes of $(1 - b/n)^n$ for large $n$? Then let it change. The logarithm of a "
    "product is a sum, and a sum of many small parts is an area. Draw the area under the rate up to the time asked for.",
    why=r"The logarithm of the product is $\sum \log(1 - \beta h)$, and for small $h$ each part is $-\beta h$ up to a term of order "
    r"$h^2$. The sum becomes minus the integral of the rate from 0 to $t$, the area of a trapezium.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_mean_rate(low, high, t):
    at_t = low + (high - low) * t
    return (-(low + at_t) / 2 * t).exp()


@EXERCISE.right
def as_two_factors(low, high, t):
    return torch.exp(-low * t) * torch.exp((low - high) / 2 * t * t)


@EXERCISE.slip("You took the rate at $t$ for all the time before. It changes on the way: add up what it was.")
def last_rate_throughout(low, high, t):
    return torch.exp(-(low + (high - low) * t) * t)


@EXERCISE.slip("You took the rate at the start for all the time. It changes on the way.")
def first_rate_throughout(low, t):
    return torch.exp(-low * t)


@EXERCISE.slip("You took the mean of both ends for every $t$. Up to $t$ the rate has not yet seen its last value.")
def mean_rate_throughout(low, high, t):
    return torch.exp(-(low + high) / 2 * t)


@EXERCISE.slip(r"That is $\alpha(t)$, the scale of the signal. Asked for is its square.")
def root_taken(**given):
    return limit_alpha_bar(**given).sqrt()


@EXERCISE.slip("What is left cannot grow. Look at the sign.")
def sign_forgotten(**given):
    return 1 / limit_alpha_bar(**given)


@EXERCISE.slip("That is the variance of the noise. Asked for is what is left of the signal.")
def what_is_lost(**given):
    return 1 - limit_alpha_bar(**given)


@EXERCISE.slip("You added the losses up. Each takes its share of what is *left*: for a long time that makes all the difference.")
def losses_added(low, high, t):
    return 1 - (low * t + (high - low) * t**2 / 2)


@EXERCISE.slip("That is the logarithm of it. Asked for is what is left itself.")
def logarithm(low, high, t):
    return -(low * t + (high - low) * t**2 / 2)


@EXERCISE.slip("That is the rate in the exponent. How long has it acted? Add it up over the time.")
def rate_not_integrated(low, high, t):
    return torch.exp(-(low + (high - low) * t))


@EXERCISE.slip("Near, but not the limit: you multiplied a finite number of steps. Take the logarithm, and let the sum become an area.")
def thousand_steps(low, high, t):
    h = t / 1000
    u = (torch.arange(1000, dtype=torch.float64) + 0.5) * h.double()[..., None]
    return torch.prod(1 - (low + (high - low) * u) * h.double()[..., None], -1)


@EXERCISE.slip("You forgot the part of the rate that is there from the start.")
def start_forgotten(low, high, t):
    return torch.exp(-(high - low) * t**2 / 2)


@EXERCISE.slip("The rate rises from `low`, not from 0: what rises is only the difference.")
def rise_from_zero(low, high, t):
    return torch.exp(-(low * t + high * t**2 / 2))


@EXERCISE.slip("`low` and `high` have changed places. The rate is `low` at time 0.")
def ends_swapped(low, high, t):
    return limit_alpha_bar(high, low, t)


@EXERCISE.slip("You added the whole rate up to $t = 1$. Stop at the time asked for.")
def up_to_one(low, high, t):
    return torch.exp(-(low + high) / 2 + 0 * t)
