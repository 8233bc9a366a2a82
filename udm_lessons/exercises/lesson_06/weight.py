"""06.5: the weight that the bound gives to the error of the noise."""

from __future__ import annotations

import math

from ...checks import Exercise


def eps_weight(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - beta) * (1 - alpha_bar))


def cases():
    return ((0.2, 0.48, 0.1), (0.5, 0.1, 0.4), (0.02, 0.882, 0.02))


EXERCISE = Exercise(
    id="06.5",
    title="What the bound weighs",
    difficulty=2,
    minutes=8,
    points=2,
    reference=eps_weight,
    cases=cases,
    law=r"$w_t = \frac{\beta_t^2}{2\, v_t\, (1 - \beta_t)\, (1 - \bar\alpha_t)}$",
    praise="DDPM's training replaces this weight by 1.",
)


@EXERCISE.right
def factor_of_the_noise_squared(beta, alpha_bar, variance):
    factor = beta / math.sqrt((1 - beta) * (1 - alpha_bar))
    return factor**2 / variance / 2


@EXERCISE.slip(r"The difference of the means has the factor $\beta_t$, and its square enters.")
def beta_not_squared(beta, alpha_bar, variance):
    return beta / (2 * variance * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip("The divergence of two normal laws divides by $2 v_t$.")
def two_forgotten(beta, alpha_bar, variance):
    return beta**2 / (variance * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip(r"The mean is written with $1/\sqrt{1 - \beta_t}$ before the bracket. Its square must appear.")
def one_minus_beta_forgotten(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - alpha_bar))


@EXERCISE.slip(r"Below the line stands $1 - \bar\alpha_t$, the variance of the noise in $x_t$.")
def alpha_bar_for_its_complement(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - beta) * alpha_bar)


@EXERCISE.slip("$v_t$ is a variance already.")
def variance_squared(beta, alpha_bar, variance):
    return beta**2 / (2 * variance**2 * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip("The roots in the difference of the means vanish when it is squared.")
def roots_kept(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * math.sqrt((1 - beta) * (1 - alpha_bar)))


@EXERCISE.slip(
    r"Square the factor of $\varepsilon$, too: $\sqrt{1 - \bar\alpha_t}$ becomes $1 - \bar\alpha_t$."
)
def root_of_the_noise_kept(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - beta) * math.sqrt(1 - alpha_bar))


@EXERCISE.slip(
    r"$\varepsilon$ stands in the mean with a quotient: "
    r"$\sqrt{1 - \bar\alpha_t}$ below it is missing, squared."
)
def noise_of_x_t_forgotten(beta, variance):
    return beta**2 / (2 * variance * (1 - beta))


@EXERCISE.slip("You have half the squared difference of the means. The divergence also divides by $v_t$.")
def variance_of_the_model_forgotten(beta, alpha_bar):
    return beta**2 / (2 * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip(r"You put $\beta_t$ for $v_t$. The model may choose its variance: use the argument.")
def beta_for_the_variance_of_the_model(beta, alpha_bar):
    return beta**2 / (2 * beta * (1 - beta) * (1 - alpha_bar))
