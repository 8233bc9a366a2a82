"""08.1: the velocity of the probability flow, from a prediction of the noise."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def velocity_from_noise(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    x0_hat = (x - sigma * eps_hat) / alpha
    return d_alpha * x0_hat + d_sigma * eps_hat


def cases():
    on_a_circle = (0.8, 0.6, -0.9, 1.2)  # alpha, sigma and their slopes
    on_a_line = (0.3, 0.7, -1.0, 1.0)
    on_neither = (0.5, 1.5, -0.4, 2.5)
    exploding = (1.0, 20.0, 0.0, 30.0)
    resting = (1.0, 2.0, -3.0, 0.0)  # noise that stays as it is
    rising = (0.7, 1.0, 1.0, -1.5)
    almost_noise = (2e-4, 0.9, -1.3, 0.4)
    almost_data = (0.9, 2e-4, -0.6, 1.4)
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 1.0]]), *on_a_circle),
        (normal(0, 4, 3), normal(1, 4, 3), *on_a_line),
        (normal(2, 2, 5), normal(3, 2, 5), *on_neither),
        (normal(10, 1, 2), normal(11, 1, 2), *resting),
        (30 * normal(12, 3, 3), normal(13, 3, 3), *exploding),
        (normal(14, 5, 2), normal(15, 5, 2), *rising),
        (normal(16, 2, 4), normal(17, 2, 4), *almost_noise),
        (normal(18, 3, 1), normal(19, 3, 1), *almost_data),
    )


def inputs(rng):
    shape = rng.choice(((1, 1), (1, 3), (2, 2), (5, 2), (3, 4)))
    x, eps_hat = normal(rng.getrandbits(31), *shape), normal(rng.getrandbits(31), *shape)
    little = 10 ** rng.uniform(-4.5, -2)
    alpha, sigma = (rng.choice((1.0, little, *[rng.uniform(0.05, most)] * 3)) for most in (3, 20))
    d_alpha, d_sigma = (rng.choice((0.0, 1.0, rng.uniform(-2, 2), rng.uniform(-20, 20))) for _ in range(2))
    return rng.choice((1, 30)) * x, eps_hat, alpha, sigma, d_alpha, d_sigma


EXERCISE = Exercise(
    id="08.1",
    title="The flow of a noise predictor",
    difficulty=1,
    minutes=6,
    points=1,
    reference=velocity_from_noise,
    cases=cases,
    law=r"$v = \alpha' \hat x_0 + \sigma' \hat\varepsilon$, "
    r"and $x = \alpha \hat x_0 + \sigma \hat\varepsilon$",
    praise="One line, and a network that knows only noise drives a flow.",
    idea="Choose clean data and noise, mix them, and ask for the velocity of the mix: each part must move "
    "with its own slope. What is left if one of the slopes is 0?",
    why=r"The second equation, solved for the data, gives $\hat x_0 = (x - \sigma \hat\varepsilon)/\alpha$. "
    r"Put into the first it gives $v$.",
    inputs=inputs,
)


@EXERCISE.right
def short_form(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return d_alpha / alpha * x - sigma * (d_alpha / alpha - d_sigma / sigma) * eps_hat


@EXERCISE.right
def by_torch(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return torch.add(x, eps_hat, alpha=-sigma) * (d_alpha / alpha) + eps_hat * d_sigma


@EXERCISE.slip(r"$\alpha'$ multiplies $\hat x_0$, not $x$. Find $\hat x_0$ from $x$ and the noise first.")
def x_for_x0(x, eps_hat, d_alpha, d_sigma):
    return d_alpha * x + d_sigma * eps_hat


@EXERCISE.slip(r"$x - \sigma \hat\varepsilon$ is $\alpha \hat x_0$. Divide by $\alpha$.")
def not_divided_by_alpha(x, eps_hat, sigma, d_alpha, d_sigma):
    x0_hat = x - sigma * eps_hat
    return d_alpha * x0_hat + d_sigma * eps_hat


@EXERCISE.slip(r"In $x$ the noise has the scale $\sigma$: take $\sigma \hat\varepsilon$ away.")
def noise_not_scaled(x, eps_hat, alpha, d_alpha, d_sigma):
    x0_hat = (x - eps_hat) / alpha
    return d_alpha * x0_hat + d_sigma * eps_hat


@EXERCISE.slip(
    r"To find $\hat x_0$, the noise is taken away from $x$, not added."
)
def noise_added(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * (x + sigma * eps_hat) / alpha + d_sigma * eps_hat


@EXERCISE.slip(r"The slopes have changed places: $\alpha'$ belongs to $\hat x_0$ and $\sigma'$ to the noise.")
def slopes_swapped(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return d_sigma * (x - sigma * eps_hat) / alpha + d_alpha * eps_hat


@EXERCISE.slip(
    "That is the flow with its sign turned. It is $dx/dt$ for growing $t$; the sampler takes negative steps."
)
def sign(**given):
    return -velocity_from_noise(**given)


@EXERCISE.slip(r"The data part moves too: $\alpha' \hat x_0$ is missing.")
def noise_part_only(eps_hat, d_sigma):
    return d_sigma * eps_hat


@EXERCISE.slip(
    r"That is the form for a guess of the data, with the noise in its place. Here the network predicts "
    r"$\hat\varepsilon$."
)
def form_of_a_data_predictor(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return d_sigma / sigma * x + alpha * (d_alpha / alpha - d_sigma / sigma) * eps_hat


@EXERCISE.slip(r"That is $\hat x_0$. Asked for is the velocity: how fast data and noise in $x$ move.")
def guess_returned(x, eps_hat, alpha, sigma):
    return (x - sigma * eps_hat) / alpha


@EXERCISE.slip(
    r"You multiplied by $\alpha$ to get the data out of $x$, which holds it at the scale $\alpha$ already."
)
def multiplied_by_alpha(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * alpha * (x - sigma * eps_hat) + d_sigma * eps_hat


@EXERCISE.slip(
    r"You turned the noise into a score first, $-\hat\varepsilon/\sigma$, and then used it as noise. "
    "No score is needed here."
)
def score_for_noise(eps_hat, sigma, **given):
    score = -eps_hat / sigma
    return velocity_from_noise(eps_hat=score, sigma=sigma, **given)


@EXERCISE.slip(r"The noise part moves too: $\sigma' \hat\varepsilon$ is missing.")
def data_part_only(x, eps_hat, alpha, sigma, d_alpha):
    return d_alpha * (x - sigma * eps_hat) / alpha


@EXERCISE.slip(r"$\sigma' \hat\varepsilon$ is added: the velocity is the derivative of a sum.")
def noise_part_taken_away(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * (x - sigma * eps_hat) / alpha - d_sigma * eps_hat


@EXERCISE.slip(
    r"You have a short form, with a wrong sign before $\hat\varepsilon$: check it with $\sigma' = 0$. "
    r"The noise inside $\hat x_0$ is taken away."
)
def sign_in_the_short_form(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    return d_alpha / alpha * x + sigma * (d_alpha / alpha - d_sigma / sigma) * eps_hat


@EXERCISE.slip(
    "You cut the guess of the data off at -1 and 1, as is done with pixels. Nothing here says that data lie in between."
)
def guess_clipped(x, eps_hat, alpha, sigma, d_alpha, d_sigma):
    x0_hat = ((x - sigma * eps_hat) / alpha).clamp(-1, 1)
    return d_alpha * x0_hat + d_sigma * eps_hat
