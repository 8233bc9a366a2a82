"""07.1: the score, from a guess of the data."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal
from ._pairs import drawn_scales, drawn_shape


def score_from_data(x0, x_t, alpha, sigma):
    return (alpha * x0 - x_t) / sigma**2


def cases():
    return (
        (torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 3.0]]), 0.75, 0.5),
        (normal(0, 4, 3), normal(1, 4, 3), 0.6, 0.8),
        (normal(2, 3, 2), normal(3, 3, 2), 0.4, 3.0),
        (normal(4, 2, 2), normal(5, 2, 2), 0.0, 1.5),
        (100 * normal(24, 5, 1), 20 * normal(25, 5, 1), 1.0, 5.0),
        (torch.tensor([[1.0]]), torch.tensor([[1.011]]), 0.9999, 0.2),
        (torch.tensor([[1.0], [-1.0]]), torch.tensor([[1.05], [-0.93]]), 0.999999, 0.00157),
        (normal(28, 3, 4), normal(29, 3, 4), 0.9999, 0.0002),
        (normal(26, 4, 3), normal(27, 4, 3), 0.0, 1.0),
    )


def inputs(rng):
    shape = drawn_shape(rng)
    alpha, sigma, _, _ = drawn_scales(rng, ends=(1.0,))
    size = math.exp(rng.uniform(-3, 4))
    x0, noise = size * normal(rng.getrandbits(31), *shape), normal(rng.getrandbits(31), *shape)
    x_t = rng.choice([alpha * x0 + sigma * noise, size * noise])
    return x0, x_t, alpha, sigma


EXERCISE = Exercise(
    id="07.1",
    title="The score of a denoiser",
    difficulty=1,
    minutes=6,
    points=1,
    reference=score_from_data,
    cases=cases,
    law=r"$\nabla \log p_t = -\hat\varepsilon / \sigma$ "
    r"with $\hat\varepsilon = (x_t - \alpha \hat x_0) / \sigma$",
    praise=r"A denoiser knows the score, at every time with $\sigma > 0$, even where $\alpha = 0$.",
    idea="Put in an $x_t$ without noise, the scaled data itself: what must the score be there? Then move "
    "$x_t$ a little to one side: which way must the score point? And is it longer where the noise is wide, "
    "or where it is narrow?",
    why=r"$\log N(\alpha x_0, \sigma^2 I)$ has the gradient $(\alpha x_0 - x_t)/\sigma^2$. It is linear in "
    r"$x_0$, so its mean given $x_t$ has $\hat x_0$ in that place; nothing is divided by $\alpha$.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_noise(x0, x_t, alpha, sigma):
    eps = (x_t - alpha * x0) / sigma
    return -eps / sigma


@EXERCISE.right
def by_torch(x0, x_t, alpha, sigma):
    return torch.add(-x_t, x0, alpha=alpha).div(sigma * sigma)


@EXERCISE.slip(
    r"The sign is turned. The score points *against* the noise, from $x_t$ towards $\alpha \hat x_0$."
)
def sign_of_the_score(x0, x_t, alpha, sigma):
    return (x_t - alpha * x0) / sigma**2


@EXERCISE.slip(
    r"That is minus the noise. $\sigma$ divides twice: once to infer the noise, once to make it a score."
)
def deviation_for_variance(x0, x_t, alpha, sigma):
    return (alpha * x0 - x_t) / sigma


@EXERCISE.slip(
    r"That is the noise $\hat\varepsilon$ itself. The score points the other way, and its length is another: "
    "look up the pair of the score in the table."
)
def the_noise(x0, x_t, alpha, sigma):
    return (x_t - alpha * x0) / sigma


@EXERCISE.slip(r"In $x_t$ stands $\alpha x_0$, not $x_0$: scale $\hat x_0$ before you compare the two.")
def signal_not_scaled(x0, x_t, sigma):
    return (x0 - x_t) / sigma**2


@EXERCISE.slip(r"You divided by $\alpha^2$. It is the *noise* that has the variance $\sigma^2$.")
def alpha_for_sigma(x0, x_t, alpha):
    return (alpha * x0 - x_t) / alpha**2


@EXERCISE.slip(
    r"$x_t$ is not subtracted. Where $x_t = \alpha \hat x_0$, no noise is seen, and the score is 0."
)
def x_t_not_subtracted(x0, alpha, sigma):
    return alpha * x0 / sigma**2


@EXERCISE.slip(
    r"Right, except at $\alpha = 0$: there $x_t/\alpha$ is infinite and you get nan, although "
    r"$\alpha \cdot x_t/\alpha$ is harmless. Multiply the factor in, so that no division by $\alpha$ is left."
)
def divided_by_alpha(x0, x_t, alpha, sigma):
    return alpha / sigma**2 * (x0 - x_t / alpha)


@EXERCISE.slip(r"`sigma` is the deviation $\sigma$. Its square is the variance; you squared twice.")
def divided_by_sigma_to_the_fourth(x0, x_t, alpha, sigma):
    return (alpha * x0 - x_t) / sigma**4


@EXERCISE.slip("The direction is right, the length is not: the narrower the noise, the steeper the density.")
def not_divided(x0, x_t, alpha):
    return alpha * x0 - x_t


@EXERCISE.slip(r"$x_0$ and $x_t$ have changed roles. It is $x_0$ that is scaled by $\alpha$.")
def roles_exchanged(x0, x_t, alpha, sigma):
    return (alpha * x_t - x0) / sigma**2


@EXERCISE.slip(
    r"At $\alpha = 0$ you return 0, through a branch or a small number added to $\alpha$. The score is not 0 "
    r"there: $x_t$ is pure noise, and noise has a slope too. Multiply the factor in instead."
)
def alpha_padded(x0, x_t, alpha, sigma):
    return alpha / sigma**2 * (x0 - x_t / (alpha + 1e-8))
