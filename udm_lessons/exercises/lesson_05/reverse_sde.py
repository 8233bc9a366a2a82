"""05.3: a short step back in time, along the velocity and the score, with fresh noise."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def reverse_sde_step(x, velocity, score, gamma, h, xi):
    pull = gamma**2 / 2 * score
    noise = gamma * math.sqrt(h) * xi
    return x - (velocity - pull) * h + noise


def cases():
    x, velocity = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]])
    score, xi = torch.tensor([[-1.0, 2.0]]), torch.tensor([[1.5, 0.5]])
    return (
        (x, velocity, score, 2.0, 0.09, xi),
        (normal(8, 1, 1), normal(9, 1, 1), normal(10, 1, 1), 1.0, 0.04, normal(11, 1, 1)),
        (normal(0, 4, 3), normal(1, 4, 3), normal(2, 4, 3), 0.7, 0.25, normal(3, 4, 3)),
        (normal(4, 2, 5), normal(5, 2, 5), normal(6, 2, 5), 3.0, 0.01, normal(7, 2, 5)),
        (normal(12, 3, 3), normal(13, 3, 3), normal(14, 3, 3), 0.0, 0.1, normal(15, 3, 3)),  # the ODE
        (normal(16, 5), 20 * normal(17, 5), 30 * normal(18, 5), 4.4, 2e-4, normal(19, 5)),
        (_row(0, -1, 1, 0.5), _row(1, 0, -2, 0), _row(0.5, 1, 0, 0), 3.0, 0.5, _row(-1, 0.5, 1, 0)),
        (normal(20, 2, 1, 3), normal(21, 2, 1, 3), normal(22, 2, 1, 3), 1.3, 0.5, normal(23, 2, 1, 3)),
    )


def _row(*values):
    return torch.tensor(values, dtype=torch.float64)


def inputs(rng):
    shape = rng.choice(((1, 1), (1, 3), (2, 2), (5, 2), (3, 4), (6,), (2, 1, 4, 4)))
    x, velocity, score, xi = (normal(rng.getrandbits(31), *shape) for _ in range(4))
    gamma = rng.choice((0.0, 1.0, rng.uniform(0.1, 1.0), rng.uniform(1.0, 5.0)))
    h = rng.choice((2e-4, 0.001, 0.01, rng.uniform(0.02, 0.5)))
    if rng.random() < 0.2:
        x, velocity, score, xi = (values.round() for values in (x, velocity, score, xi))  # zeros and ones among them
    return x, rng.choice((1, 20)) * velocity, rng.choice((1, 20)) * score, gamma, h, xi


EXERCISE = Exercise(
    id="05.3",
    title="The reverse SDE",
    difficulty=2,
    minutes=8,
    points=2,
    reference=reverse_sde_step,
    cases=cases,
    law=r"$x_{t-h} = x_t - v h + u h + \gamma \sqrt{h}\, \xi$ with "
    r"$\nabla \cdot (u\, p) = \frac{1}{2} \gamma^2 \Delta p$",
    praise=r"The pull is $u = \frac{1}{2} \gamma^2 \nabla \log p_t$. "
    r"At $\gamma = 0$ this is the probability-flow ODE.",
    idea="Which way does each of the three parts move a point? Draw a hump: the noise widens it, so the "
    "pull has to make it narrower. What must be left without noise? And if $h$ falls to a quarter, how "
    "much of each part stays?",
    why=r"$h\, \nabla \cdot (u\, p)$ and $\frac{1}{2} \gamma^2 h\, \Delta p$ cancel for "
    r"$u\, p = \frac{1}{2} \gamma^2 \nabla p$, so $u = \frac{1}{2} \gamma^2 \nabla \log p$. "
    "Time runs back, so $v h$ is subtracted, and $u h$ added.",
    inputs=inputs,
)


@EXERCISE.right
def by_torch(x, velocity, score, gamma, h, xi):
    moved = torch.add(x - velocity * h, score, alpha=gamma * gamma * h / 2)
    return moved + gamma * h**0.5 * xi


@EXERCISE.slip(
    "You went forward in time. Going back by $h$, the velocity is subtracted and the pull of the score added."
)
def time_runs_forward(x, velocity, score, gamma, h, xi):
    pull = gamma**2 / 2 * score
    return x + (velocity - pull) * h + gamma * math.sqrt(h) * xi


@EXERCISE.slip(
    "The sign of the score is turned. Fresh noise spreads the points, so the score, which points to where "
    "data is likely, is added. (If you opened a bracket: the minus before it stands before both parts.)"
)
def sign_of_the_score(score, **given):
    return reverse_sde_step(score=-score, **given)


@EXERCISE.slip(
    r"A half is missing: the density changes by $\frac{1}{2} \gamma^2 h\, \Delta p$. "
    "(The formula with $g^2$ and no half has the drift $f$ of the forward SDE in place of $v$, "
    "and $v$ contains half a score already.)"
)
def half_missing(x, velocity, score, gamma, h, xi):
    pull = gamma**2 * score
    return x - (velocity - pull) * h + gamma * math.sqrt(h) * xi


@EXERCISE.slip(r"The noise of a short time $h$ has the deviation $\sqrt{h}$.")
def noise_of_scale_h(x, velocity, score, gamma, h, xi):
    noise = gamma * h * xi
    return x - (velocity - gamma**2 / 2 * score) * h + noise


@EXERCISE.slip(r"In the pull stands $\gamma^2$, the variance of the noise per unit of time.")
def gamma_not_squared(x, velocity, score, gamma, h, xi):
    pull = gamma / 2 * score
    return x - (velocity - pull) * h + gamma * math.sqrt(h) * xi


@EXERCISE.slip("Velocity and pull are right, but the fresh noise `xi` is missing.")
def no_noise(x, velocity, score, gamma, h):
    return x - (velocity - gamma**2 / 2 * score) * h


@EXERCISE.slip("The pull acts for a time $h$ too, like the velocity.")
def score_not_scaled_by_h(x, velocity, score, gamma, h, xi):
    pull = gamma**2 / 2 * score
    return x - velocity * h + pull + gamma * math.sqrt(h) * xi


@EXERCISE.slip("Velocity and pull are rates. In a time $h$ they move the point by $h$ times as much.")
def nothing_scaled_by_h(x, velocity, score, gamma, h, xi):
    pull = gamma**2 / 2 * score
    return x - (velocity - pull) + gamma * math.sqrt(h) * xi


@EXERCISE.slip(r"You squared the half as well. It stands outside the square of $\gamma$.")
def half_squared(x, velocity, score, gamma, h, xi):
    pull = (gamma / 2) ** 2 * score
    return x - (velocity - pull) * h + gamma * math.sqrt(h) * xi


@EXERCISE.slip(r"$\gamma^2 h$ is the variance of the noise. Before $\xi$ stands its deviation.")
def variance_before_the_noise(x, velocity, score, gamma, h, xi):
    noise = gamma**2 * h * xi
    return x - (velocity - gamma**2 / 2 * score) * h + noise


@EXERCISE.slip(
    r"Add the noise. In law $-\xi$ would do as well, "
    r"but the comparison below needs the same $\xi$ in both steps."
)
def noise_subtracted(xi, **given):
    return reverse_sde_step(xi=-xi, **given)


@EXERCISE.slip("The pull of the score is missing. Without it the points spread a little in every step.")
def no_pull(x, velocity, gamma, h, xi):
    return x - velocity * h + gamma * math.sqrt(h) * xi


@EXERCISE.slip("The fresh noise is not scaled by $h$. A shorter step adds less of it.")
def noise_not_scaled_by_h(x, velocity, score, gamma, h, xi):
    return x - (velocity - gamma**2 / 2 * score) * h + gamma * xi


@EXERCISE.slip("That is how far the point moves. Asked for is where it is then: start from `x`.")
def move_only(x, **given):
    return reverse_sde_step(x=x, **given) - x


@EXERCISE.slip("You drew new noise. The noise is given, as `xi`.")
def noise_of_your_own(x, velocity, score, gamma, h):
    noise = gamma * math.sqrt(h) * torch.randn_like(x)
    return x - (velocity - gamma**2 / 2 * score) * h + noise
