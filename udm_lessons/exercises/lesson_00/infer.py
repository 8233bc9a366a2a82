"""00.2: which noise was used, if the guess of the data is right."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def infer(x0_hat, x_t, alpha, sigma):
    return (x_t - alpha * x0_hat) / sigma


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.6, 0.5),
        (normal(4, 4, 3), normal(5, 4, 3), 0.3, 0.8),
        (normal(6, 2, 1, 3, 5), normal(7, 2, 1, 3, 5), 1.0, 4.0),
    )


EXERCISE = Exercise(
    id="00.2",
    title="Infer the noise",
    difficulty=1,
    minutes=4,
    points=1,
    reference=infer,
    cases=cases,
    law=r"pushed forward again, the inferred noise gives $x_t$ back: "
    r"$\alpha_t\, \hat x_0 + \sigma_t\, \hat\varepsilon = x_t$",
    praise="From a guess of the data you know which noise was used. The next step reuses it.",
)


@EXERCISE.right
def term_by_term(x0_hat, x_t, alpha, sigma):
    return x_t / sigma - alpha / sigma * x0_hat


@EXERCISE.right
def by_torch(x0_hat, x_t, alpha, sigma):
    return torch.sub(x_t, x0_hat, alpha=alpha).mul(1 / sigma)


@EXERCISE.slip(
    r"You divided by the variance. The noise entered with the factor $\sigma_t$, "
    r"so it comes out by dividing by $\sigma_t$ once."
)
def divided_by_the_variance(x0_hat, x_t, alpha, sigma):
    return (x_t - alpha * x0_hat) / sigma**2


@EXERCISE.slip(r"Take away what is left of the data at time $t$, not all of it.")
def data_not_scaled(x0_hat, x_t, sigma):
    return (x_t - x0_hat) / sigma


@EXERCISE.slip("The sign is turned round. Solve the forward formula for the noise step by step.")
def sign(x0_hat, x_t, alpha, sigma):
    return (alpha * x0_hat - x_t) / sigma


@EXERCISE.slip(
    r"Only a part of your formula is divided by $\sigma_t$. First take the difference, then divide all of it."
)
def brackets_missing(x0_hat, x_t, alpha, sigma):
    return x_t - alpha * x0_hat / sigma


@EXERCISE.slip(r"You found $\sigma_t\,\varepsilon$, the scaled noise. One division is missing.")
def not_divided(x0_hat, x_t, alpha):
    return x_t - alpha * x0_hat
