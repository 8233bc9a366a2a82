"""03.1: how likely each example of a data set is to be the one behind x_t."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def squared_distances(x, centres):
    return ((x[:, None] - centres) ** 2).sum(-1)


def exponents(x_t, data, alpha, sigma):
    return -squared_distances(x_t, alpha * data) / (2 * sigma**2)


def posterior_weights(x_t, data, alpha, sigma):
    squares = ((x_t[:, None] - alpha * data) ** 2).sum(-1)
    return torch.softmax(-squares / (2 * sigma**2), 1)


def cases():
    return (
        (torch.tensor([[1.0]]), torch.tensor([[0.0], [2.0], [-1.0]]), 0.5, 0.8),
        (normal(0, 4, 3), normal(1, 6, 3), 0.6, 1.0),
        (normal(2, 5, 2), normal(3, 5, 2), 0.9, 0.7),
        (40 * normal(4, 3, 8), 30 * normal(5, 7, 8), 0.8, 0.3),  # far apart: every exponential is 0
        (normal(6, 1, 2), normal(7, 4, 2), 0.0, 1.0),  # t = 1
        (normal(8, 3, 3), normal(9, 3, 3).repeat(2, 1), 1.0, 2.5),  # each example twice
        (0.2 * normal(10, 6, 1), 0.2 * normal(11, 2, 1), 0.99, 0.1),
        (normal(12, 2, 2), normal(13, 1, 2), 0.4, 0.9),
        (normal(14, 1, 64).float(), normal(15, 9, 64).float().clamp(-1, 1), 0.3, 0.95),  # digits as rows
        (1e-3 * normal(16, 3, 2), 1e-3 * normal(17, 4, 2), 0.9, 6e-4),  # close together, and hardly any noise
    )


def inputs(rng):
    batch, n, d = rng.choice((1, 2, 3, 5)), rng.choice((1, 2, 3, 5, 9)), rng.choice((1, 2, 3, 8, 64))
    size = rng.choice((1e-3, 0.1, 1.0, 1.0, 30.0))
    x_t, data = size * normal(rng.getrandbits(31), batch, d), size * normal(rng.getrandbits(31), n, d)
    if rng.random() < 0.2:
        data = data.repeat(2, 1)
    if rng.random() < 0.3:
        x_t, data = x_t.float(), data.float()
    alpha = rng.choice((0.0, 1.0, rng.random(), rng.random()))
    sigma = 6e-4 if size == 1e-3 else rng.choice((1.0, rng.uniform(0.05, 1), rng.uniform(1, 4)))
    return x_t, data, alpha, sigma


EXERCISE = Exercise(
    id="03.1",
    title="The exact posterior over a data set",
    difficulty=2,
    minutes=8,
    points=2,
    reference=posterior_weights,
    cases=cases,
    law=r"$\pi_i \propto \exp\left( -|x_t - \alpha_t x^{(i)}|^2 / (2 \sigma_t^2) \right)$, "
    "and each row sums to 1",
    praise="Bayes' rule over a data set is a softmax: the first exact oracle.",
    idea="Put $x_t$ exactly where one example of the data lands when there is no noise: which example must "
    "win? And if no signal is left at all, what must each weight be?",
    why="Bayes' rule: the examples are equally likely beforehand, so the weight is proportional to the "
    r"density of $x_t$ around $\alpha_t x^{(i)}$ with variance $\sigma_t^2$. Its constant is the same for "
    "all $i$ and cancels; `softmax` divides by the sum.",
    inputs=inputs,
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


@EXERCISE.right
def one_pair_at_a_time(x_t, data, alpha, sigma):
    rows = []
    for x in x_t:
        logs = torch.stack([-(x - alpha * example).square().sum() / (2 * sigma**2) for example in data])
        rows.append((logs - logs.logsumexp(0)).exp())
    return torch.stack(rows)


@EXERCISE.slip("The farthest example gets the largest weight. The exponent is negative: near is likely.")
def sign_forgotten(**given):
    return torch.softmax(-exponents(**given), 1)


@EXERCISE.slip(
    r"You divided by the deviation. In the exponent of a normal density stands the *variance*, $\sigma_t$ "
    "squared."
)
def deviation_for_variance(x_t, data, alpha, sigma):
    return torch.softmax(-squared_distances(x_t, alpha * data) / (2 * sigma), 1)


@EXERCISE.slip("A number is missing below the line: the exponent of a normal density has a half.")
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
    r"You divided $x_t$ by $\alpha_t$, and its noise with it. Leave $x_t$ as it is, and scale the examples."
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


@EXERCISE.slip(
    r"Right as long as some signal is left. At the end $\alpha_t$ is 0, and you divide by it: scale the "
    "examples "
    "instead."
)
def everything_divided_by_alpha(x_t, data, alpha, sigma):
    return torch.softmax(-squared_distances(x_t / alpha, data) / (2 * sigma**2 / alpha**2), 1)


@EXERCISE.slip(
    "You normalised all weights together. Each *row* belongs to one $x_t$ and must sum to 1 by itself."
)
def normalised_over_everything(**given):
    return torch.softmax(exponents(**given).flatten(), 0).reshape(exponents(**given).shape)


@EXERCISE.slip(
    "You compared directions alone. Multiplied out, the squared distance has a part that differs from example to example: "
    "their lengths."
)
def lengths_forgotten(x_t, data, alpha, sigma):
    return torch.softmax(alpha * x_t @ data.T / sigma**2, 1)


@EXERCISE.slip(
    "You cut very negative exponents off. Where $x_t$ is far from all the data, all of them are cut, and all weights come out "
    "equal. Only their differences count."
)
def exponents_cut(**given):
    return torch.softmax(exponents(**given).clamp(min=-80), 1)


@EXERCISE.slip(
    "The nearest example took it all. The others keep a chance, and more of it the more noise there is."
)
def nearest_takes_all(x_t, data, alpha):
    nearest = squared_distances(x_t, alpha * data).argmin(1)
    return torch.nn.functional.one_hot(nearest, len(data)).to(x_t)


@EXERCISE.slip(
    "You added the coordinates up before squaring: errors of opposite sign cancelled. Square first."
)
def sum_before_the_square(x_t, data, alpha, sigma):
    sums = (x_t[:, None] - alpha * data).sum(-1)
    return torch.softmax(-(sums**2) / (2 * sigma**2), 1)
