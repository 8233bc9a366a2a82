"""03.3: minus the log of a normal density around the guess, with all its terms."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def squared_error(x0, guess):
    return ((x0 - guess) ** 2).sum(1)


def cross_entropy(x0, guess, variance):
    d = x0.shape[1]
    squares = ((x0 - guess) ** 2).sum(1)
    return squares / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)


def cases():
    return (
        (torch.tensor([[1.0, 2.0, -1.0]]), torch.tensor([[0.5, 0.0, 1.0]]), 0.5),
        (normal(8, 4, 3), normal(9, 4, 3), 2.5),
        (normal(10, 5, 2), normal(11, 5, 2), 0.04),
        (normal(12, 6, 1), normal(13, 6, 1), 0.05),  # one coordinate, as on the page
        (normal(14, 3, 3), normal(14, 3, 3), 0.3),  # every guess is right
        (40 * normal(16, 1, 5), 40 * normal(17, 1, 5), 300.0),
        (normal(18, 2, 4).float(), normal(19, 2, 4).float(), 1.0),
        (90 * normal(20, 3, 2), 90 * normal(21, 3, 2), 0.7),  # far off: the density itself is 0 to a computer
        (0.02 * normal(22, 3, 2), 0.02 * normal(23, 3, 2), 4e-4),
        (0.03 * normal(24, 2, 784), 0.03 * normal(25, 2, 784), 1e-3),  # a picture: the product of all its factors is 0
    )


def inputs(rng):
    batch, d = rng.choice((1, 2, 3, 5)), rng.choice((1, 2, 3, 5, 8))
    size = rng.choice((0.02, 0.1, 1.0, 1.0, 40.0))
    x0, guess = size * normal(rng.getrandbits(31), batch, d), size * normal(rng.getrandbits(31), batch, d)
    if rng.random() < 0.2:
        guess = x0.clone()
    elif rng.random() < 0.2:
        guess = guess + 90 * size
    if rng.random() < 0.2:
        x0, guess = x0.float(), guess.float()
    return x0, guess, size**2 * rng.choice((1.0, rng.uniform(0.03, 1), rng.uniform(0.5, 4)))


EXERCISE = Exercise(
    id="03.3",
    title="From cross-entropy to squared error",
    difficulty=2,
    minutes=8,
    points=2,
    reference=cross_entropy,
    cases=cases,
    law=r"$-\log N(x_0; G, v I) = \frac{|x_0 - G|^2}{2v} + \frac{d}{2} \log(2 \pi v)$, "
    "one number for each row",
    praise="While v is fixed, all that depends on the guess is the squared error.",
    idea="Begin with one coordinate, and write down the density of a normal law with all its factors. What "
    "does the logarithm make of a product, of a root, of a quotient? And what is left when the guess is "
    "perfect?",
    why=r"The density is a product of $d$ factors $e^{-(x - G)^2 / (2v)} / \sqrt{2 \pi v}$. Minus the "
    r"logarithm turns it into a sum: the squares over $2v$, and $\frac{1}{2} \log(2 \pi v)$ for each "
    "coordinate.",
    inputs=inputs,
)


@EXERCISE.right
def by_torch_distributions(x0, guess, variance):
    return -torch.distributions.Normal(guess, math.sqrt(variance)).log_prob(x0).sum(1)


@EXERCISE.slip(
    "The term without the guess is missing. It may be dropped only while $v$ is fixed, "
    "and here $v$ is an argument."
)
def constant_dropped(x0, guess, variance):
    return squared_error(x0, guess) / (2 * variance)


@EXERCISE.slip("The logarithm counts once for each of the $d$ coordinates.")
def dimension_forgotten(x0, guess, variance):
    return squared_error(x0, guess) / (2 * variance) + math.log(2 * math.pi * variance) / 2


@EXERCISE.slip(
    r"That is $+\log N$. The cross-entropy has a minus sign: a loss falls as the guess gets better."
)
def log_likelihood(**given):
    return -cross_entropy(**given)


@EXERCISE.slip("You averaged over the $d$ coordinates. The logarithm of a product is a *sum* over them.")
def averaged_over_coordinates(x0, **given):
    return cross_entropy(x0, **given) / x0.shape[1]


@EXERCISE.slip("You averaged over the batch. Return one number for each row.")
def averaged_over_the_batch(**given):
    return cross_entropy(**given).mean()


@EXERCISE.slip("The exponent of a normal density has a half, which is missing before your squares.")
def half_forgotten(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / variance + d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("You took `variance` for a deviation and squared it. It is $v$ already.")
def deviation_taken(variance, **given):
    return cross_entropy(variance=variance**2, **given)


@EXERCISE.slip(r"The normal density also has $2\pi$ under its root.")
def two_pi_missing(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * math.log(variance)


@EXERCISE.slip("In front of a normal density stands a root. What does a root become in the logarithm?")
def logarithm_of_the_variance_whole(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d * math.log(2 * math.pi * variance)


@EXERCISE.slip("The density is *divided* by its root. Look again at the sign of that term in $-\\log$.")
def sign_of_the_logarithm(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) - d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("The squares are to be summed over the coordinates, as the logarithm is.")
def squares_averaged(x0, guess, variance):
    d = x0.shape[1]
    mean_square = ((x0 - guess) ** 2).mean(1)
    return mean_square / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("You used the distance. In the exponent stands its square.")
def distance_for_its_square(x0, guess, variance):
    d = x0.shape[1]
    distance = (x0 - guess).norm(dim=1)
    return distance / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("That is the density itself. Asked for is minus its logarithm.")
def density(**given):
    return torch.exp(-cross_entropy(**given))


@EXERCISE.slip("Your logarithm has another base. In nats it is the natural one, `math.log`.")
def logarithm_to_base_2(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * math.log2(2 * math.pi * variance)


@EXERCISE.slip("Your logarithm has the base 10. In nats it is the natural one, `math.log`.")
def logarithm_to_base_10(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * math.log10(2 * math.pi * variance)


@EXERCISE.slip("`//` cuts the half off where $d$ is odd. Divide with `/`.")
def half_of_d_cut(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d // 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("You counted the rows. $d$ is the number of columns.")
def rows_counted(x0, guess, variance):
    d = x0.shape[0]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip(
    r"You counted the variance once, and $2\pi$ for each coordinate. The density of each coordinate brings its own."
)
def variance_counted_once(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + (d * math.log(2 * math.pi) + math.log(variance)) / 2


@EXERCISE.slip(
    "The density of a guess that is far off is 0 to a computer, and its logarithm infinite. Write the logarithm down on paper "
    "first: it needs no exponential."
)
def logarithm_of_the_density(x0, guess, variance):
    densities = torch.exp(-((x0 - guess) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
    return -densities.prod(1).log()


@EXERCISE.slip(
    "`/ 2 * variance` divides by 2 and multiplies by the variance. Put the denominator in brackets."
)
def brackets_forgotten(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / 2 * variance + d / 2 * math.log(2 * math.pi * variance)


@EXERCISE.slip("A factor of 2 is missing under the logarithm.")
def pi_alone(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * math.log(math.pi * variance)


@EXERCISE.slip(
    "Where the variance is small the density exceeds 1, and its logarithm changes sign. Leave that sign."
)
def sign_of_the_logarithm_lost(x0, guess, variance):
    d = x0.shape[1]
    return squared_error(x0, guess) / (2 * variance) + d / 2 * abs(math.log(2 * math.pi * variance))


@EXERCISE.slip("You added the errors up before squaring: opposite signs cancelled. Square each one first.")
def sum_before_the_square(x0, guess, variance):
    d = x0.shape[1]
    return (x0 - guess).sum(1) ** 2 / (2 * variance) + d / 2 * math.log(2 * math.pi * variance)
