"""08.3: a step of any length from t to s, with the guess of x0 held constant on the way."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def exponential_step(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x + (alpha_s - shrink * alpha_t) * x0_hat


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 1.0]]), 0.6, 0.9, 0.8, 0.5),
        (normal(6, 4, 3), normal(7, 4, 3), 0.3, 0.7, 0.5, 0.5),
        (normal(8, 2, 5), normal(9, 2, 5), 1.0, 3.0, 1.0, 0.5),
        (normal(8, 2, 3), normal(9, 2, 3), 0.2, 0.9, 1.0, 0.0),  # the last step
    )


EXERCISE = Exercise(
    id="08.3",
    title="Hold the guess, not the velocity",
    difficulty=2,
    minutes=10,
    points=2,
    reference=exponential_step,
    cases=cases,
    law=r"$\frac{x_s}{\sigma_s} - \frac{x_t}{\sigma_t} = "
    r"\hat x_0 \left( \frac{\alpha_s}{\sigma_s} - \frac{\alpha_t}{\sigma_t} \right)$",
    praise="It is DDIM: old noise, new scale.",
)


@EXERCISE.right
def old_noise_at_new_scale(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    eps_hat = (x - alpha_t * x0_hat) / sigma_t
    return alpha_s * x0_hat + sigma_s * eps_hat


@EXERCISE.right
def by_torch(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    data = alpha_s * x0_hat
    return torch.lerp(data, data + x - alpha_t * x0_hat, sigma_s / sigma_t)


@EXERCISE.slip(r"$x_t$ is divided by its $\sigma_t$ and multiplied by the new $\sigma_s$.")
def scale_forgotten(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return x + (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip(r"The factor of $x_t$ is upside down. Solve for $x_s$: it is $\sigma_s / \sigma_t$.")
def scale_inverted(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_t / sigma_s
    return shrink * x + (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip(
    r"The difference of the clocks has two terms: the part $\alpha_t/\sigma_t$ at the start is missing."
)
def old_signal_stays(x, x0_hat, sigma_t, alpha_s, sigma_s):
    return sigma_s / sigma_t * x + alpha_s * x0_hat


@EXERCISE.slip(r"The sign of the second part is turned: towards the data $\alpha/\sigma$ grows.")
def sign(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x - (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip(r"Multiply *everything* by $\sigma_s$, the difference of the clocks too.")
def clock_not_scaled(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    clocks = alpha_s / sigma_s - alpha_t / sigma_t
    return sigma_s / sigma_t * x + clocks * x0_hat


@EXERCISE.slip(
    r"Right, until the last step: there $\sigma_s = 0$. "
    r"Multiply out, so that nothing is divided by $\sigma_s$."
)
def divided_by_zero(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    clocks = alpha_s / sigma_s - alpha_t / sigma_t
    return sigma_s * (x / sigma_t + x0_hat * clocks)


@EXERCISE.slip(r"You squared the scales. $x/\sigma$ has the deviation $\sigma$ below, not the variance.")
def variances(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = (sigma_s / sigma_t) ** 2
    return shrink * x + (alpha_s - shrink * alpha_t) * x0_hat


@EXERCISE.slip(r"That is the step which holds the *noise* constant. It has $\alpha$ and $\sigma$ exchanged.")
def clock_of_the_noise(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = alpha_s / alpha_t
    return shrink * x + (sigma_s - shrink * sigma_t) * x0_hat


@EXERCISE.slip(r"Both terms of the difference carry $\alpha_s$. The one at the start has $\alpha_t$.")
def one_alpha_for_both(x, x0_hat, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x + (alpha_s - shrink * alpha_s) * x0_hat


@EXERCISE.slip(
    r"The factor of $\hat x_0$ is $\alpha_s - \alpha_t \sigma_s / \sigma_t$: "
    "the old signal shrinks together with $x_t$."
)
def difference_of_the_alphas(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    return sigma_s / sigma_t * x + (alpha_s - alpha_t) * x0_hat


@EXERCISE.slip("The old signal is already in the first part. It is taken away, not added.")
def sum_of_the_clocks(x, x0_hat, alpha_t, sigma_t, alpha_s, sigma_s):
    shrink = sigma_s / sigma_t
    return shrink * x + (alpha_s + shrink * alpha_t) * x0_hat
