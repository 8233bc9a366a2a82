"""06.5: what is left to know of x_0, from the exact means of the noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def variance_left(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).mean())


def cases():
    return (
        (_rows([0.6], [-0.8]), 0.6, 0.8),
        (_rows([-0.4]), 0.9, 0.3),
        (_rows([0.5, -0.3], [0.1, 0.8]), 0.6, 0.8),
        (torch.zeros(3, 2, dtype=torch.float64), 0.8, 0.6),  # nothing is known of the noise
        (_rows([1.0], [-1.0], [1.0]), 0.5, 2.0),  # all is known
        (_rows([2.1, 0.0, -0.2, 0.1, 0.3, -0.6, 0.4]), 0.1, 0.99),
        (0.7 * normal(8, 4, 3), 0.9, 0.3),
        (0.4 * normal(9, 5, 2), 1.0, 3.0),
        (0.3 + 0.5 * normal(10, 3, 3), 0.2, 0.05),
        (0.5 * normal(11, 60, 1), 0.7, 1.0),
        (0.5 * normal(12, 4, 2), 3e-4, 6e-4),
        (_rows([1.4, -0.8]), 0.6, 0.8),  # one sample: the mean square exceeds 1 by chance
    )


def _rows(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def inputs(rng):
    """Exact means of the noise: their mean square is at most 1, in a small batch a little more by chance."""
    batch, d = rng.choice([1, 2, 3, 5, 60]), rng.choice([1, 1, 2, 3, 5])
    drawn = normal(rng.getrandbits(31), batch, d) + rng.choice([0.0, 1.0])
    size = rng.choice([0.0, 1.0, rng.uniform(0.05, 1.0), rng.uniform(0.05, 1.0), rng.uniform(0.05, 1.2)])
    eps_hat = size * drawn / drawn.square().mean().sqrt()
    alpha, sigma = rng.choice([1.0, rng.uniform(0.05, 1.0)]), rng.choice([1.0, rng.uniform(0.05, 5.0)])
    size = rng.choice([1.0, 1.0, 1.0, 1e-3])
    return eps_hat, size * alpha, size * sigma


EXERCISE = Exercise(
    id="06.5",
    title="What is left to know, from the noise",
    difficulty=2,
    minutes=8,
    points=2,
    reference=variance_left,
    cases=cases,
    law=r"$\bar\sigma_t^2 = \frac{\sigma_t^2}{\alpha_t^2} "
    r"\left( 1 - \frac{1}{d} E|\hat\varepsilon|^2 \right)$",
    praise="No pairs of x0 are needed, if the means are exact. For a network use its errors.",
    idea="If the noise were known exactly, how large would the mean square of its guesses be, and how much "
    "of $x_0$ would be left open? And if nothing were known of it?",
    why=r"Given $x_t$, the errors of $x_0$ and of $\varepsilon$ are proportional, with the factor "
    r"$\sigma_t / \alpha_t$; and the variance of the noise is 1, known part and open part together.",
    inputs=inputs,
)


@EXERCISE.right
def sum_over_count(eps_hat, alpha, sigma):
    mean_square = eps_hat.square().sum() / eps_hat.numel()
    return (1 - mean_square) / (alpha / sigma) ** 2


@EXERCISE.slip(
    r"The larger $\hat\varepsilon$, the more is known of the noise. "
    "You have what is known; asked for is what is *not*."
)
def mean_square_itself(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (eps_hat**2).mean()


@EXERCISE.slip(
    r"The factor stands upside down. Look at $x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$: how large "
    r"is an error of $x_0$ if $\varepsilon$ is off by a little, and $\sigma_t$ is small?"
)
def factor_turned_over(eps_hat, alpha, sigma):
    return (alpha / sigma) ** 2 * (1 - (eps_hat**2).mean())


@EXERCISE.slip("That is the factor of an error. What does it become for a *variance*?")
def factor_not_squared(eps_hat, alpha, sigma):
    return sigma / alpha * (1 - (eps_hat**2).mean())


@EXERCISE.slip("Divide by $d$: all is meant for one coordinate.")
def summed_over_coordinates(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).sum(1).mean())


@EXERCISE.slip("You took the mean off. Here the mean *square* is meant.")
def mean_taken_off(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - eps_hat.var(correction=0))


@EXERCISE.slip(
    r"That is what is not known of the noise. Carry it over to $x_0$: what must the noise be multiplied by "
    "to be a part of it?"
)
def factor_forgotten(eps_hat):
    return 1 - (eps_hat**2).mean()


@EXERCISE.slip(
    "`var` takes the mean off and divides by one less. Here the plain mean of the squares is meant."
)
def variance_by_torch(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - eps_hat.var())


@EXERCISE.slip(
    r"$x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$: you took care of $\sigma_t$, "
    r"but not of the division by $\alpha_t$."
)
def alpha_forgotten(eps_hat, sigma):
    return sigma**2 * (1 - (eps_hat**2).mean())


@EXERCISE.slip(
    r"The $\sigma_t^2$ in the bracket belongs to the *score*. The noise stands there without a factor."
)
def formula_of_the_score(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - sigma**2 * (eps_hat**2).mean())


@EXERCISE.slip("The factor belongs to all of the bracket, to what is known as well: brackets are missing.")
def brackets_forgotten(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 - (eps_hat**2).mean()


@EXERCISE.slip("You averaged first and squared then. It is the squares that are averaged.")
def square_of_the_mean(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - eps_hat.mean() ** 2)


@EXERCISE.slip("The lengths of the rows are to be squared before they are averaged.")
def lengths_not_squared(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - eps_hat.norm(dim=1).mean() / eps_hat.shape[1])


@EXERCISE.slip("You averaged absolute values. A variance is made of squares.")
def absolute_values(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - eps_hat.abs().mean())


@EXERCISE.slip("You took the root of the mean square. What is compared with 1 are variances.")
def root_of_the_mean_square(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).mean().sqrt())


@EXERCISE.slip("You summed over the batch and divided by the coordinates only. $E$ is a mean over the batch.")
def summed_over_the_batch(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).sum() / eps_hat.shape[1])


@EXERCISE.slip("What is known of the noise is taken *off*: the more is known, the less is left.")
def known_part_added(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 + (eps_hat**2).mean())


@EXERCISE.slip("`alpha` and `sigma` need not have squares that add up to 1: use both as they are given.")
def sigma_from_alpha(eps_hat, alpha):
    return (1 - alpha**2) / alpha**2 * (1 - (eps_hat**2).mean())


@EXERCISE.slip("One number for the whole batch is asked for; yours has one for each sample.")
def one_for_each_sample(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).mean(1))


@EXERCISE.slip("Few samples may give less than 0, by chance. Cut off there, the mean would be too large.")
def cut_off_at_zero(eps_hat, alpha, sigma):
    return variance_left(eps_hat, alpha, sigma).clamp(min=0)


@EXERCISE.slip("Few samples may give less than 0, by chance. Leave the sign as it is.")
def sign_dropped(eps_hat, alpha, sigma):
    return variance_left(eps_hat, alpha, sigma).abs()


@EXERCISE.slip("That is a deviation. Asked for is the variance.")
def deviation_returned(eps_hat, alpha, sigma):
    return variance_left(eps_hat, alpha, sigma).sqrt()
