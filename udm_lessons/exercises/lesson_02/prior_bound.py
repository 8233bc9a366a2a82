"""02.4: how far, in nats, the end of the chain can be from a standard normal."""

from __future__ import annotations

import math

from ...checks import Exercise, close


def prior_bound(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - d * math.log(1 - alpha_bar))


def cases():
    return (
        (0.5, 3.0, 2),
        (0.1, 64.0, 64),
        (0.02, 10.0, 3),
        (4e-5, 1.0, 1),
        (0.0, 5.0, 2),
        (0.9, 0.0, 3),
        (4e-5, 1.675, 1),
        (0.7, 20.0, 192),
        (0.3, 2500.0, 5),
        (0.8, 1.0, 1),
        (0.9996, 1.5, 2),  # hardly destroyed
    )


def inputs(rng):
    alpha_bar = rng.choice([0.0, 4e-5, 0.9996, 10 ** rng.uniform(-6, -1), rng.random(), rng.random()])
    d = rng.choice([1, 2, 3, 64, 192])
    return alpha_bar, rng.choice([0.0, float(d), d * rng.uniform(0, 3), d + rng.uniform(0, 500)]), d


EXERCISE = Exercise(
    id="02.4",
    title="How Gaussian is the end?",
    difficulty=2,
    minutes=8,
    points=2,
    reference=prior_bound,
    cases=cases,
    law=r"$\frac{1}{2} \left( \bar\alpha\, (E|x_0|^2 - d) - d \log(1 - \bar\alpha) \right)$",
    compare=close(1e-4, 1e-6),
    praise="Starting from pure noise costs at most this many nats.",
    idea="Which bound must come out if no signal is left? Put in data of second moment $d$: which part "
    "vanishes? "
    "Can a bound on a divergence be negative?",
    why=r"Given $x_0$, the end is normal with mean $\sqrt{\bar\alpha}\, x_0$ and variance $1 - "
    r"\bar\alpha$. The KL "
    r"divergence of such a law from $N(0, I)$ is $\frac{1}{2} (\bar\alpha |x_0|^2 + d (1 - \bar\alpha) - "
    r"d - d \log(1 - \bar\alpha))$; "
    "the bound is its average over $x_0$.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_gaussian_kl(alpha_bar, second_moment, d):
    mean_squared, variance = alpha_bar * second_moment, 1 - alpha_bar
    return (mean_squared + d * variance - d - d * math.log1p(-alpha_bar)) / 2


@EXERCISE.slip("Your bound is too large, always by the same factor. Compare the very front with the page.")
def half_missing(alpha_bar, second_moment, d):
    return alpha_bar * (second_moment - d) - d * math.log(1 - alpha_bar)


@EXERCISE.slip(
    r"$\log(1 - \bar\alpha)$ is negative, and the minus sign makes its term positive. A bound on a KL "
    "divergence can't be negative."
)
def sign_of_the_logarithm(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) + d * math.log(1 - alpha_bar))


@EXERCISE.slip("The logarithm counts once for each dimension.")
def dimension_forgotten(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - math.log(1 - alpha_bar))


@EXERCISE.slip("You compare with a standard normal, which has a second moment too. Take that off.")
def d_not_taken_off(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * second_moment - d * math.log(1 - alpha_bar))


@EXERCISE.slip(r"A bracket is misplaced: look at the page which terms $\bar\alpha$ multiplies.")
def bracket_misplaced(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * second_moment - d - d * math.log(1 - alpha_bar))


@EXERCISE.slip(
    "You took the logarithm of the signal. It is of the variance of the noise: with no signal left it is 0."
)
def log_of_alpha_bar(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - d * math.log(alpha_bar))


@EXERCISE.slip("The one half counts for both parts. You gave it to the first alone.")
def half_of_the_first_part(alpha_bar, second_moment, d):
    return 0.5 * alpha_bar * (second_moment - d) - d * math.log(1 - alpha_bar)


@EXERCISE.slip("Your logarithm is not the natural one. The bound is in nats.")
def bits(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - d * math.log2(1 - alpha_bar))


@EXERCISE.slip(r"You used $\sqrt{\bar\alpha}$, the scale. What goes in is $\bar\alpha$ as it is, a variance.")
def root_of_alpha_bar(alpha_bar, second_moment, d):
    return prior_bound(math.sqrt(alpha_bar), second_moment, d)


@EXERCISE.slip(r"You squared $\bar\alpha$. It is a variance already.")
def alpha_bar_squared(alpha_bar, second_moment, d):
    return prior_bound(alpha_bar**2, second_moment, d)


@EXERCISE.slip("You squared the second moment. It is a mean of squares already.")
def second_moment_squared(alpha_bar, second_moment, d):
    return prior_bound(alpha_bar, second_moment**2, d)


@EXERCISE.slip("The logarithm is missing: you took its argument as it is.")
def no_logarithm(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - d) - d * (1 - alpha_bar))


@EXERCISE.slip(
    "You took off 1 where the dimension belongs: a standard normal has one unit for each of its dimensions."
)
def one_for_d(alpha_bar, second_moment, d):
    return 0.5 * (alpha_bar * (second_moment - 1) - d * math.log(1 - alpha_bar))


@EXERCISE.slip("You counted a part of the bound only. It has two: one for the mean, one for the variance.")
def logarithm_alone(alpha_bar, d):
    return -0.5 * d * math.log(1 - alpha_bar)
