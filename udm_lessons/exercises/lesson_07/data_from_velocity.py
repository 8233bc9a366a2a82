"""07.2: the data, from the velocity and x_t."""

from __future__ import annotations

import torch

from ...checks import Exercise, normal


def data_from_velocity(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t - sigma * v) / (alpha * d_sigma - d_alpha * sigma)


def cases():
    return (
        (torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]]), 0.75, 0.25, -1.0, 1.0),
        (normal(6, 4, 3), normal(7, 4, 3), 0.6, 0.8, -1.2, 0.9),
        (normal(8, 2, 5), normal(9, 2, 5), 1.0, 3.0, 0.0, 5.0),
        (normal(10, 3, 3), normal(11, 3, 3), 0.4, 0.7, -1.5, 0.5),
        (normal(10, 2, 3), normal(11, 2, 3), 0.0, 1.0, -1.6, 0.0),
        (normal(10, 2, 2), normal(11, 2, 2), 1.0, 0.0, 0.0, 1.6),
    )


EXERCISE = Exercise(
    id="07.2",
    title="Data from velocity",
    difficulty=2,
    minutes=8,
    points=2,
    reference=data_from_velocity,
    cases=cases,
    law=r"$\alpha x_0 + \sigma \varepsilon = x_t$ and $\alpha' x_0 + \sigma' \varepsilon = v$, "
    r"with $\varepsilon$ eliminated",
    praise=r"The velocity and $x_t$ are two equations; data and noise are the two unknowns.",
)


@EXERCISE.right
def share_by_share(v, x_t, alpha, sigma, d_alpha, d_sigma):
    W = d_alpha * sigma - alpha * d_sigma
    return sigma / W * v - d_sigma / W * x_t


@EXERCISE.right
def by_linear_solve(v, x_t, alpha, sigma, d_alpha, d_sigma):
    system = torch.tensor([[alpha, sigma], [d_alpha, d_sigma]], dtype=x_t.dtype)
    known = torch.stack([x_t.flatten(), v.flatten()])
    x0, _ = torch.linalg.solve(system, known)
    return x0.reshape(x_t.shape)


@EXERCISE.slip(
    r"$v$ has the wrong sign. $\sigma v$ contains $\sigma \sigma' \varepsilon$; "
    r"it must cancel the noise in $\sigma' x_t$."
)
def sign_of_v_turned(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t + sigma * v) / (alpha * d_sigma - d_alpha * sigma)


@EXERCISE.slip(
    r"The sign of the whole is turned: numerator and denominator must be subtracted in the same order."
)
def sign_of_all(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (sigma * v - d_sigma * x_t) / (alpha * d_sigma - d_alpha * sigma)


@EXERCISE.slip(
    r"The denominator needs a minus: "
    r"subtract $\sigma$ times the second equation from $\sigma'$ times the first."
)
def plus_in_the_denominator(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (d_sigma * x_t - sigma * v) / (alpha * d_sigma + d_alpha * sigma)


@EXERCISE.slip(
    r"That is $(\alpha \sigma' - \alpha' \sigma)\, x_0$. Divide by the factor. "
    r"On a line it is 1, elsewhere not."
)
def not_divided(v, x_t, sigma, d_sigma):
    return d_sigma * x_t - sigma * v


@EXERCISE.slip(r"You eliminated $x_0$ and solved for $\varepsilon$. Asked for is $x_0$.")
def the_noise(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (alpha * v - d_alpha * x_t) / (alpha * d_sigma - d_alpha * sigma)


@EXERCISE.slip(
    r"$x_t - \sigma v$ holds for $\alpha = 1 - t$, $\sigma = t$ only. Keep $\alpha'$ and $\sigma'$ in."
)
def formula_of_the_line(v, x_t, sigma):
    return x_t - sigma * v


@EXERCISE.slip(
    r"$\alpha'$ and $\sigma'$ have changed places. $\alpha'$ belongs to the data, $\sigma'$ to the noise."
)
def derivatives_swapped(d_alpha, d_sigma, **given):
    return data_from_velocity(d_alpha=d_sigma, d_sigma=d_alpha, **given)


@EXERCISE.slip(
    r"$v$ is not the noise: $(x_t - \sigma \varepsilon)/\alpha$ needs $\varepsilon$. "
    r"Solve the two equations together."
)
def divided_by_alpha_alone(v, x_t, alpha, sigma):
    return (x_t - sigma * v) / alpha


@EXERCISE.slip(
    r"Right, but at the ends of time $\sigma$ or $\sigma'$ may be 0. "
    r"Multiply the equations instead of dividing them."
)
def divided_by_what_may_be_0(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (x_t / sigma - v / d_sigma) / (alpha / sigma - d_alpha / d_sigma)


@EXERCISE.slip(r"Right, but $\sigma$ may be 0 at the start. Multiply the equations instead of dividing them.")
def divided_by_sigma(v, x_t, alpha, sigma, d_alpha, d_sigma):
    return (v - d_sigma / sigma * x_t) / (d_alpha - d_sigma * alpha / sigma)


@EXERCISE.slip(
    r"$\alpha x_t - \sigma v$ is right for $v = \alpha \varepsilon - \sigma x_0$ on a circle. "
    r"Here $v$ is the velocity, of any schedule."
)
def formula_of_the_circle(v, x_t, alpha, sigma):
    return alpha * x_t - sigma * v
