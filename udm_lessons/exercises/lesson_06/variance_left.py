"""06.6: what is left to know of x_0, from the exact means of the noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def variance_left(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).mean())


def cases():
    return (
        (torch.tensor([[0.5, -0.3], [0.1, 0.8]]), 0.6, 0.8),
        (0.7 * normal(8, 4, 3), 0.9, 0.3),
        (0.4 * normal(9, 5, 2), 1.0, 3.0),
    )


EXERCISE = Exercise(
    id="06.6",
    title="What is left to know, from the noise",
    difficulty=2,
    minutes=8,
    points=2,
    reference=variance_left,
    cases=cases,
    law=r"$\bar\sigma_t^2 = \frac{\sigma_t^2}{\alpha_t^2} "
    r"\left( 1 - \frac{1}{d} E|\hat\varepsilon|^2 \right)$",
    praise="No pairs of x0 are needed, if the means are exact. For a network use its errors.",
)


@EXERCISE.right
def sum_over_count(eps_hat, alpha, sigma):
    mean_square = eps_hat.square().sum() / eps_hat.numel()
    return (1 - mean_square) / (alpha / sigma) ** 2


@EXERCISE.slip(
    r"The larger $\hat\varepsilon$, the more is known of the noise. "
    "What is *not* known is 1 minus its mean square."
)
def mean_square_itself(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (eps_hat**2).mean()


@EXERCISE.slip(
    r"$x_0 = (x_t - \sigma_t \varepsilon)/\alpha_t$: an error of $\varepsilon$ appears in $x_0$ "
    r"with the factor $\sigma_t/\alpha_t$."
)
def factor_turned_over(eps_hat, alpha, sigma):
    return (alpha / sigma) ** 2 * (1 - (eps_hat**2).mean())


@EXERCISE.slip(r"A variance takes the factor squared, $\sigma_t^2/\alpha_t^2$.")
def factor_not_squared(eps_hat, alpha, sigma):
    return sigma / alpha * (1 - (eps_hat**2).mean())


@EXERCISE.slip("Divide by $d$: all is meant for one coordinate.")
def summed_over_coordinates(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - (eps_hat**2).sum(1).mean())


@EXERCISE.slip("You took the mean off. Here the mean *square* is meant.")
def mean_taken_off(eps_hat, alpha, sigma):
    return (sigma / alpha) ** 2 * (1 - eps_hat.var(correction=0))


@EXERCISE.slip(
    r"That is what is not known of the noise. Carry it over to $x_0$: the factor $\sigma_t^2/\alpha_t^2$."
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
