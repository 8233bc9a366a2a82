"""06.1: the divergence between two normal laws, KL(q || p), in one dimension."""

from __future__ import annotations

import math

from ...checks import Exercise, normal


def gaussian_divergence(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)


def cases():
    return (
        (0.0, 2.0, 1.0, 0.5),
        (1.5, 0.3, -0.5, 0.9),
        (normal(0, 5), 0.4, normal(1, 5), 3.0),
    )


EXERCISE = Exercise(
    id="06.1",
    title="The divergence between two normal laws",
    difficulty=2,
    minutes=8,
    points=2,
    reference=gaussian_divergence,
    cases=cases,
    law=r"$\text{KL} = \frac{1}{2} \left( \frac{v_q}{v_p} - 1 - \log \frac{v_q}{v_p} "
    r"+ \frac{(m_q - m_p)^2}{v_p} \right)$",
    praise="Zero for equal laws, positive for all others.",
)


@EXERCISE.right
def half_of_each_logarithm(mean_q, variance_q, mean_p, variance_p):
    logarithms = 0.5 * (math.log(variance_p) - math.log(variance_q))
    return logarithms + (variance_q + (mean_q - mean_p) ** 2) / (2 * variance_p) - 0.5


@EXERCISE.slip(r"You computed $\text{KL}(p \,\|\, q)$. The mean is taken under $q$, the first one.")
def q_and_p_swapped(mean_q, variance_q, mean_p, variance_p):
    return gaussian_divergence(mean_p, variance_p, mean_q, variance_q)


@EXERCISE.slip(r"The difference of the means is measured in units of $p$: divide its square by $v_p$.")
def divided_by_the_variance_of_q(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_q)


@EXERCISE.slip(r"At $v_q = v_p$ the divergence must have its lowest point. With $+\log$ it has none there.")
def sign_of_the_logarithm(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 + math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)


@EXERCISE.slip("For two equal laws the divergence must be 0. Yours is one half: the $-1$ is missing.")
def minus_one_forgotten(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)


@EXERCISE.slip("The factor one half is missing. It stands before all terms.")
def half_forgotten(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p


@EXERCISE.slip("The difference of the means is to be squared.")
def means_not_squared(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + abs(mean_q - mean_p) / variance_p)


@EXERCISE.slip("You squared the variances as if they were deviations. They are $v_q$ and $v_p$ already.")
def deviations_for_variances(variance_q, variance_p, **given):
    return gaussian_divergence(variance_q=variance_q**2, variance_p=variance_p**2, **given)


@EXERCISE.slip(
    "In the formula with deviations a whole logarithm stands. "
    "That of a quotient of *variances* is twice as large: halve it."
)
def logarithm_of_deviations(mean_q, variance_q, mean_p, variance_p):
    logarithm = math.log(variance_p / variance_q)
    return logarithm + (variance_q + (mean_q - mean_p) ** 2) / (2 * variance_p) - 0.5


@EXERCISE.slip(r"$E_q (x - m_p)^2 = v_q + (m_q - m_p)^2$: your formula lacks $v_q$, over $v_p$.")
def spread_of_q_forgotten(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (-1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)


@EXERCISE.slip(r"A divergence is never negative. You took the mean of $\log p - \log q$.")
def negated(**given):
    return -gaussian_divergence(**given)


@EXERCISE.slip(r"That is the mean of $-\log p$ alone, the cross-entropy. The mean of $\log q$ belongs to it.")
def cross_entropy(mean_q, variance_q, mean_p, variance_p):
    mean_square = variance_q + (mean_q - mean_p) ** 2
    return 0.5 * (math.log(2 * math.pi * variance_p) + mean_square / variance_p)
