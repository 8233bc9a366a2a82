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
        (0.7, 1.3, 0.7, 1.3),  # equal laws
        (2.0, 1.0, 2.0, 0.3),  # equal means
        (1.0, 0.6, -1.0, 0.6),  # equal variances
        (1.5, 0.3, -0.5, 0.9),
        (normal(2, 4, 1), 0.4, 0.0, 1.0),
        (0.5, 0.8, normal(3, 3, 1), 0.2),
        (normal(0, 5, 1), 0.4, normal(1, 5, 1), 3.0),
        (20 * normal(4, 1, 1), 0.05, normal(5, 1, 1), 40.0),
        (0.31, 4e-4, 0.33, 6e-4),  # narrow laws, as in a short step
    )


def inputs(rng):
    """Means are numbers or of shape (batch, 1), one batch for both; now and then the laws agree in part."""
    batch, size = rng.choice([1, 2, 5, 40]), rng.choice([0.1, 1.0, 1.0, 20.0])

    def mean():
        return rng.choice([0.0, rng.uniform(-3, 3) * size, size * normal(rng.getrandbits(31), batch, 1)])

    mean_q, mean_p = mean(), mean()
    variance_q, variance_p = (rng.choice([1.0, 5e-4, math.exp(rng.uniform(-8, 4))]) for _ in range(2))
    if rng.random() < 0.2:
        mean_p = mean_q
    return mean_q, variance_q, mean_p, rng.choice([variance_p, variance_p, variance_p, variance_q])


EXERCISE = Exercise(
    id="06.1",
    title="The divergence between two normal laws",
    difficulty=2,
    minutes=8,
    points=2,
    reference=gaussian_divergence,
    cases=cases,
    law=r"$\text{KL} = \frac{1}{2} \left( \frac{V_q}{V_p} - 1 - \log \frac{V_q}{V_p} "
    r"+ \frac{(m_q - m_p)^2}{V_p} \right)$",
    praise="Zero for equal laws, positive for all others.",
    idea="Put in two equal laws: what must come out? Then move one mean only, and then exchange the two "
    "variances: may the result ever be negative?",
    why=r"It is the mean of $\log q(x) - \log p(x)$ under $q$: the means enter by their distance in units "
    r"of $p$, the variances by their ratio.",
    inputs=inputs,
)


@EXERCISE.right
def half_of_each_logarithm(mean_q, variance_q, mean_p, variance_p):
    logarithms = 0.5 * (math.log(variance_p) - math.log(variance_q))
    return logarithms + (variance_q + (mean_q - mean_p) ** 2) / (2 * variance_p) - 0.5


@EXERCISE.slip(r"You computed $\text{KL}(p \,\|\, q)$. The mean is taken under $q$, the first one.")
def q_and_p_swapped(mean_q, variance_q, mean_p, variance_p):
    return gaussian_divergence(mean_p, variance_p, mean_q, variance_q)


@EXERCISE.slip("The distance of the means is measured in units of $p$, the second law, not of $q$.")
def divided_by_the_variance_of_q(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_q)


@EXERCISE.slip(r"At $V_q = V_p$ the divergence must have its lowest point. With $+\log$ it has none there.")
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


@EXERCISE.slip(
    "You took the difference of two squares, right only where the second mean is 0 or both are equal. "
    "Elsewhere it may even be negative. What is squared is the distance of the means."
)
def difference_of_squares(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q**2 - mean_p**2) / variance_p)


@EXERCISE.slip("You squared the variances as if they were deviations. They are $V_q$ and $V_p$ already.")
def deviations_for_variances(variance_q, variance_p, **given):
    return gaussian_divergence(variance_q=variance_q**2, variance_p=variance_p**2, **given)


@EXERCISE.slip(
    "In the formula with deviations a whole logarithm stands. "
    "That of a quotient of *variances* is twice as large: halve it."
)
def logarithm_of_deviations(mean_q, variance_q, mean_p, variance_p):
    logarithm = math.log(variance_p / variance_q)
    return logarithm + (variance_q + (mean_q - mean_p) ** 2) / (2 * variance_p) - 0.5


@EXERCISE.slip(
    r"In $E_q (x - m_p)^2$ you kept the distance of the means only. The spread of $q$ is a part of it, too."
)
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


@EXERCISE.slip("One half stands before the whole, the distance of the means too.")
def half_before_the_variances_only(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio)) + (mean_q - mean_p) ** 2 / variance_p


@EXERCISE.slip("$V_p$ is a variance already, a square. Do not square it below the distance of the means.")
def distance_over_the_square_of_the_variance(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p**2)


@EXERCISE.slip("The distance of the means is right, but the quotient of the variances stands upside down.")
def ratio_turned_over(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_p / variance_q
    return 0.5 * (ratio - 1 - math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)


@EXERCISE.slip("Your logarithm is halved twice. Did you mix deviations with variances?")
def logarithm_halved_twice(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - 0.5 * math.log(ratio) + (mean_q - mean_p) ** 2 / variance_p)


@EXERCISE.slip("With equal means and a wide $q$ yours is negative: what does the spread of $q$ cost?")
def spread_and_one_forgotten(mean_q, variance_q, mean_p, variance_p):
    return 0.5 * (math.log(variance_p / variance_q) + (mean_q - mean_p) ** 2 / variance_p)


@EXERCISE.slip("Your logarithm is not the natural one, so that its term counts in bits and the others in nats.")
def logarithm_in_bits(mean_q, variance_q, mean_p, variance_p):
    ratio = variance_q / variance_p
    return 0.5 * (ratio - 1 - math.log2(ratio) + (mean_q - mean_p) ** 2 / variance_p)
