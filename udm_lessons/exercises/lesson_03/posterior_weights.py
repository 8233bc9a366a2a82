"""03.1: how likely each example of a data set is to be the one behind x_t."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def squared_distances(x, centres):
    return ((x[:, None] - centres) ** 2).sum(-1)


def exponents(x_t, data, alpha, sigma):
    return -squared_distances(x_t, alpha * data) / (2 * sigma**2)


def posterior_weights(x_t, data, alpha, sigma):
    return torch.softmax(exponents(x_t, data, alpha, sigma), 1)


def cases():
    return (
        (torch.tensor([[1.0]]), torch.tensor([[0.0], [2.0], [-1.0]]), 0.5, 0.8),
        (normal(0, 4, 3), normal(1, 6, 3), 0.6, 1.2),
        (normal(2, 5, 2), normal(3, 5, 2), 0.9, 0.7),
        (40 * normal(4, 3, 8), 30 * normal(5, 7, 8), 0.8, 0.3),  # far apart: every exponential is 0
    )


EXERCISE = Exercise(
    id="03.1",
    title="The exact posterior over a data set",
    difficulty=2,
    minutes=8,
    points=2,
    reference=posterior_weights,
    cases=cases,
    law=r"$w_i \propto \exp\left( -|x_t - \alpha_t x^{(i)}|^2 / (2 \sigma_t^2) \right)$, "
    "and each row sums to 1",
    praise="Bayes' rule over a data set is a softmax: the first exact oracle.",
)


@EXERCISE.right
def by_cdist(x_t, data, alpha, sigma):
    distances = torch.cdist(x_t, alpha * data, compute_mode="donot_use_mm_for_euclid_dist")
    return (-(distances**2) / (2 * sigma**2)).softmax(-1)


@EXERCISE.right
def square_multiplied_out(x_t, data, alpha, sigma):
    overlaps = alpha * x_t @ data.T
    energies = alpha**2 * (data**2).sum(1) / 2
    return torch.softmax((overlaps - energies) / sigma**2, 1)


@EXERCISE.slip("The farthest example gets the largest weight. The exponent is negative: near is likely.")
def sign_forgotten(**given):
    return torch.softmax(-exponents(**given), 1)


@EXERCISE.slip(r"You divided by $2 \sigma_t$. In a normal density stands the variance, $2 \sigma_t^2$.")
def deviation_for_variance(x_t, data, alpha, sigma):
    return torch.softmax(-squared_distances(x_t, alpha * data) / (2 * sigma), 1)


@EXERCISE.slip(r"A factor is missing: the exponent of a normal density is divided by $2 \sigma_t^2$.")
def two_forgotten(x_t, data, alpha, sigma):
    return torch.softmax(-squared_distances(x_t, alpha * data) / sigma**2, 1)


@EXERCISE.slip(
    r"You compared $x_t$ with the examples themselves. The mean of $x_t$ is $\alpha_t$ times the example."
)
def data_not_scaled(x_t, data, sigma):
    return torch.softmax(-squared_distances(x_t, data) / (2 * sigma**2), 1)


@EXERCISE.slip("You used the distance. In the exponent stands its square.")
def distance_not_squared(x_t, data, alpha, sigma):
    distances = squared_distances(x_t, alpha * data).sqrt()
    return torch.softmax(-distances / (2 * sigma**2), 1)


@EXERCISE.slip("You normalised over the batch. Each *row* belongs to one $x_t$ and must sum to 1.")
def normalised_over_the_batch(**given):
    return torch.softmax(exponents(**given), 0)


@EXERCISE.slip("These are not yet probabilities: divide by their sum over the examples.")
def not_normalised(**given):
    return torch.exp(exponents(**given))


@EXERCISE.slip("These are the logarithms of the weights. Asked for are the weights.")
def logarithms_returned(**given):
    return torch.log_softmax(exponents(**given), 1)


@EXERCISE.slip(
    r"You divided $x_t$ by $\alpha_t$. Then its noise is divided too: the variance becomes "
    r"$\sigma_t^2/\alpha_t^2$."
)
def data_unscaled(x_t, data, alpha, sigma):
    return torch.softmax(-squared_distances(x_t / alpha, data) / (2 * sigma**2), 1)


@EXERCISE.slip("`softmax` takes the exponents themselves. You exponentiated them before.")
def exponential_twice(**given):
    return torch.softmax(torch.exp(exponents(**given)), 1)


@EXERCISE.slip("You averaged over the coordinates. A squared distance is their *sum*.")
def mean_over_coordinates(x_t, data, alpha, sigma):
    mean_squares = ((x_t[:, None] - alpha * data) ** 2).mean(-1)
    return torch.softmax(-mean_squares / (2 * sigma**2), 1)


@EXERCISE.slip(
    "Right for small exponents. For large negative ones every exponential is 0, and the quotient 0/0: "
    "use `softmax`."
)
def plain_quotient(**given):
    densities = torch.exp(exponents(**given))
    return densities / densities.sum(1, keepdim=True)
