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
        (normal(18, 3, 3), 20 * normal(19, 3, 3), 0.0, 1.0),
        (normal(20, 6, 1, 8, 8).float(), normal(21, 6, 1, 8, 8).float(), 0.309, 0.951),
        (normal(22, 1, 4), normal(23, 1, 4), 0.995, 0.1),
        (normal(24, 2, 3), normal(25, 2, 3), 1.0, 4e-4),  # shortly after the start
    )


def inputs(rng):
    shape = rng.choice([(1, 2), (2, 3), (5, 4), (3, 3), (2, 1, 3, 5), (6, 1, 8, 8)])
    x0_hat, x_t = (normal(rng.getrandbits(31), *shape) * rng.choice([0.1, 1.0, 30.0]) for _ in range(2))
    dtype = rng.choice([torch.float32, torch.float64])
    alpha, sigma = (
        rng.choice([0.0, 1.0, rng.random(), 2 * rng.random(), 4e-4]),
        rng.choice([1.0, 0.05, 0.1 + rng.random(), 50.0, 4e-4]),
    )
    return x0_hat.to(dtype), x_t.to(dtype), alpha, sigma


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
    idea="Put what you found into the forward map, by hand, for one pixel. Does $x_t$ come back?",
    why="The forward map solved for the noise: take away what is left of the data, and undo the scale of "
    "what remains.",
    inputs=inputs,
)


@EXERCISE.right
def term_by_term(x0_hat, x_t, alpha, sigma):
    return x_t / sigma - alpha / sigma * x0_hat


@EXERCISE.right
def by_torch(x0_hat, x_t, alpha, sigma):
    return torch.sub(x_t, x0_hat, alpha=alpha).mul(1 / sigma)


@EXERCISE.slip("You divided by the variance. Destroy with your noise again: do you get back where you were?")
def divided_by_the_variance(x0_hat, x_t, alpha, sigma):
    return (x_t - alpha * x0_hat) / sigma**2


@EXERCISE.slip(r"Take away what is left of the data at time $t$, not all of it.")
def data_not_scaled(x0_hat, x_t, sigma):
    return (x_t - x0_hat) / sigma


@EXERCISE.slip("The sign is turned round. Solve the forward formula for the noise step by step.")
def sign(x0_hat, x_t, alpha, sigma):
    return (alpha * x0_hat - x_t) / sigma


@EXERCISE.slip(r"You divided the data's share only by $\sigma_t$. Are your brackets where you want them?")
def brackets_missing(x0_hat, x_t, alpha, sigma):
    return x_t - alpha * x0_hat / sigma


@EXERCISE.slip(r"You found $\sigma_t\,\varepsilon$, the scaled noise. One division is missing.")
def not_divided(x0_hat, x_t, alpha):
    return x_t - alpha * x0_hat


@EXERCISE.slip(r"You divided $x_t$ only by $\sigma_t$. Are your brackets where you want them?")
def only_x_t_divided(x0_hat, x_t, alpha, sigma):
    return x_t / sigma - alpha * x0_hat


@EXERCISE.slip(r"You multiplied by $\sigma_t$. On the way back you undo what was done on the way forward.")
def multiplied(x0_hat, x_t, alpha, sigma):
    return (x_t - alpha * x0_hat) * sigma


@EXERCISE.slip("The guess and $x_t$ have changed places. Which of the two holds the noise?")
def guess_and_x_t_swapped(x0_hat, x_t, **given):
    return infer(x0_hat=x_t, x_t=x0_hat, **given)


@EXERCISE.slip("The two scales have changed places.")
def scales_swapped(x0_hat, x_t, alpha, sigma):
    return (x_t - sigma * x0_hat) / alpha


@EXERCISE.slip("You added the data's share once more. To solve for the noise, take it away.")
def data_added(x0_hat, x_t, alpha, sigma):
    return (x_t + alpha * x0_hat) / sigma


@EXERCISE.slip("That is the destroying itself. Here the noise is unknown: solve for it.")
def destroyed_again(x0_hat, x_t, alpha, sigma):
    return alpha * x0_hat + sigma * x_t


@EXERCISE.slip(
    "You scaled $x_t$ back and took the guess away. That solves for something else: the noise has a scale "
    "too."
)
def error_of_the_guess(x0_hat, x_t, alpha):
    return x_t / alpha - x0_hat
