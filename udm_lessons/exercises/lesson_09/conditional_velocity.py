"""09.3: the velocity of the path that starts in x0 and is at x now."""

from __future__ import annotations

import torch

from ...checks import Exercise
from ._pairs import pairs, random_pair


def conditional_velocity(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma / sigma * (x - alpha * x0)


def inputs(rng):
    return random_pair(rng)


EXERCISE = Exercise(
    id="09.3",
    title="The velocity, given x0",
    difficulty=2,
    minutes=7,
    points=2,
    reference=conditional_velocity,
    cases=pairs,
    law=r"$v(x \mid x_0) = \alpha' x_0 + \sigma' \varepsilon$ with $\varepsilon = (x - \alpha x_0) / \sigma$",
    praise="Also linear in $x_0$, like the score.",
    idea="First find which noise leads from $x_0$ to $x$. Then hold both, and let time go on a little: what "
    "moves, and how fast?",
    why=r"With $x_0$ and $\varepsilon$ held, the path is $\alpha_t x_0 + \sigma_t \varepsilon$; its "
    "derivative in $t$ is the velocity, with the noise that fits to $x$.",
    inputs=inputs,
)


@EXERCISE.right
def weights_of_x_and_x0(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_sigma / sigma * x + (d_alpha * sigma - alpha * d_sigma) / sigma * x0


@EXERCISE.right
def by_torch(x, x0, alpha, sigma, d_alpha, d_sigma):
    return torch.add(d_alpha * x0, (x - alpha * x0) / sigma, alpha=d_sigma)


@EXERCISE.slip(r"$x - \alpha x_0$ is $\sigma \varepsilon$. Divide by $\sigma$ to have the noise.")
def noise_not_divided(x, x0, alpha, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma * (x - alpha * x0)


@EXERCISE.slip(r"$x / \sigma$ is not the noise: take the signal $\alpha x_0$ away first.")
def signal_left_in(x, x0, sigma, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma / sigma * x


@EXERCISE.slip(r"The second term has a plus sign: $\sigma'$ says how fast the noise grows.")
def sign_of_the_noise(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * x0 - d_sigma / sigma * (x - alpha * x0)


@EXERCISE.slip(r"Before $x_0$ stands the derivative $\alpha'$, not $\alpha$.")
def alpha_for_its_slope(x, x0, alpha, sigma, d_sigma):
    return alpha * x0 + d_sigma / sigma * (x - alpha * x0)


@EXERCISE.slip(r"Before the noise stands $\sigma'$. With $\sigma$ itself the division cancels.")
def sigma_for_its_slope(x, x0, alpha, d_alpha):
    return d_alpha * x0 + (x - alpha * x0)


@EXERCISE.slip("The signal moves as well: its share changes in time, and that change carries $x_0$ along.")
def x0_fixed_not_moving(x, x0, alpha, sigma, d_sigma):
    return d_sigma / sigma * (x - alpha * x0)


@EXERCISE.slip(r"In $x$ there is $\alpha x_0$, not $x_0$.")
def alpha_forgotten(x, x0, sigma, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma / sigma * (x - x0)


@EXERCISE.slip(r"$x$ is not the noise. It is $\alpha x_0 + \sigma \varepsilon$: solve for $\varepsilon$.")
def x_for_the_noise(x, x0, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma * x


@EXERCISE.slip(r"You put the score in the place of the noise. The noise is $-\sigma$ times the score.")
def score_for_the_noise(x, x0, alpha, sigma, d_alpha, d_sigma):
    score = -(x - alpha * x0) / sigma**2
    return d_alpha * x0 + d_sigma * score


@EXERCISE.slip(r"That is $\varepsilon - x_0$, the velocity on the straight line. The schedule here is any.")
def straight_line(x, x0, alpha, sigma):
    eps = (x - alpha * x0) / sigma
    return eps - x0


@EXERCISE.slip(
    "The whole has the wrong sign. The velocity is the derivative for growing $t$, from data to noise."
)
def reversed_in_time(**given):
    return -conditional_velocity(**given)


@EXERCISE.slip("The noise changes too: you returned the part of the signal alone.")
def noise_fixed(x0, d_alpha):
    return d_alpha * x0


@EXERCISE.slip("The two derivatives have changed places.")
def slopes_swapped(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_sigma * x0 + d_alpha / sigma * (x - alpha * x0)


@EXERCISE.slip(
    r"You divided by $\sigma^2$, as in the score. The noise itself enters the path, with $\sigma$."
)
def divided_by_the_variance(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma / sigma**2 * (x - alpha * x0)


@EXERCISE.slip("The sign of the signal is turned. Its derivative is given, sign and all: add it.")
def sign_of_the_signal(x, x0, alpha, sigma, d_alpha, d_sigma):
    return -d_alpha * x0 + d_sigma / sigma * (x - alpha * x0)


@EXERCISE.slip(
    "You moved $x$ where you should move $x_0$. What stands still along the path are the data and the noise."
)
def slope_times_x(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * x + d_sigma / sigma * (x - alpha * x0)


@EXERCISE.slip(
    r"$x_0$ in the noise is multiplied by its share at this time, $\alpha$, not by the rate of change."
)
def slope_in_the_noise(x, x0, sigma, d_alpha, d_sigma):
    return d_alpha * x0 + d_sigma / sigma * (x - d_alpha * x0)


@EXERCISE.slip(r"You multiplied by $\sigma$ where the noise is found by dividing.")
def multiplied_by_sigma(x, x0, alpha, sigma, d_alpha, d_sigma):
    return d_alpha * x0 + sigma * d_sigma * (x - alpha * x0)
