"""06.4: the weight that the bound gives to the error of the noise."""

from __future__ import annotations

import math

from ...checks import Exercise


def eps_weight(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - beta) * (1 - alpha_bar))


def cases():
    return (
        (0.2, 0.48, 0.1),
        (0.5, 0.1, 0.4),
        (0.02, 0.882, 0.02),
        (2**-13, 1 - 2**-13, 2**-13),  # the first step, as small as in DDPM; exact in float32 too
        (0.01, 0.99, 0.03),
        (0.02, 0.00004, 0.02),  # the last one of DDPM
        (0.3, 0.35, 5.0),
        (0.9, 0.05, 1.0),
        (1 - 2**-11, 2**-12, 0.2),
    )


def inputs(rng):
    """A rate, what is left of the data (less than after this step alone), and any variance."""
    beta = rng.choice([rng.uniform(0.002, 0.05), rng.uniform(0.05, 0.95), 1e-4, 0.9995])
    kept = rng.choice([rng.uniform(0.02, 0.98), 0.0001]) * (1 - beta)
    if rng.random() < 0.2:
        kept = 1 - beta
    return beta, kept, rng.choice([beta, 1.0, rng.uniform(0.01, 1.0), math.exp(rng.uniform(-8, 3))])


EXERCISE = Exercise(
    id="06.4",
    title="What the bound weighs",
    difficulty=1,
    minutes=6,
    points=2,
    reference=eps_weight,
    cases=cases,
    law=r"$w_t = \frac{\beta_t^2}{2\, V_t\, (1 - \beta_t)\, (1 - \bar\alpha_t)}$",
    praise="DDPM's training replaces this weight by 1.",
    idea="Write the two means below each other and subtract: what is left, and what does the divergence "
    "do with it? Then double the variance of the model: what does the weight do?",
    why=r"The means differ by $\varepsilon - \hat\varepsilon$ times "
    r"$\beta_t / \sqrt{(1 - \beta_t)(1 - \bar\alpha_t)}$, and the divergence takes the square of that over "
    r"twice the variance.",
    inputs=inputs,
)


@EXERCISE.right
def factor_of_the_noise_squared(beta, alpha_bar, variance):
    factor = beta / math.sqrt((1 - beta) * (1 - alpha_bar))
    return factor**2 / variance / 2


@EXERCISE.slip(r"The difference of the means has the factor $\beta_t$, and its square enters.")
def beta_not_squared(beta, alpha_bar, variance):
    return beta / (2 * variance * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip("The divergence of two normal laws divides by $2 V_t$.")
def two_forgotten(beta, alpha_bar, variance):
    return beta**2 / (variance * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip(r"The mean is written with $1/\sqrt{1 - \beta_t}$ before the bracket. Its square must appear.")
def one_minus_beta_forgotten(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - alpha_bar))


@EXERCISE.slip("You took the share of the signal in $x_t$. It is the noise that is guessed: take its share.")
def alpha_bar_for_its_complement(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - beta) * alpha_bar)


@EXERCISE.slip("$V_t$ is a variance already.")
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


@EXERCISE.slip("You have half the squared difference of the means. The divergence also divides by $V_t$.")
def variance_of_the_model_forgotten(beta, alpha_bar):
    return beta**2 / (2 * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip(r"You put $\beta_t$ for $V_t$. The model may choose its variance: use the argument.")
def beta_for_the_variance_of_the_model(beta, alpha_bar):
    return beta**2 / (2 * beta * (1 - beta) * (1 - alpha_bar))


@EXERCISE.slip("What stands below the line needs brackets: Python divides by the 2 alone.")
def brackets_forgotten(beta, alpha_bar, variance):
    return beta**2 / 2 * variance * (1 - beta) * (1 - alpha_bar)


@EXERCISE.slip(r"$1 - \beta_t$ stands on the wrong side: the mean is *divided* by its root.")
def one_minus_beta_above(beta, alpha_bar, variance):
    return beta**2 * (1 - beta) / (2 * variance * (1 - alpha_bar))


@EXERCISE.slip(r"The share of the noise stands on the wrong side: $\varepsilon$ is *divided* by its root.")
def noise_above(beta, alpha_bar, variance):
    return beta**2 * (1 - alpha_bar) / (2 * variance * (1 - beta))


@EXERCISE.slip(r"Square the factor before the bracket of the mean, too: its root must vanish.")
def root_of_the_step_kept(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * math.sqrt(1 - beta) * (1 - alpha_bar))


@EXERCISE.slip(r"`alpha_bar` belongs to $x_t$ already. You went one step back with it.")
def alpha_bar_of_the_time_before(beta, alpha_bar, variance):
    return beta**2 / (2 * variance * (1 - beta) * (1 - alpha_bar / (1 - beta)))


@EXERCISE.slip("You put the variance of $q$ in. The divergence is measured in units of $p$, the model.")
def variance_of_the_posterior(beta, alpha_bar):
    variance = beta * (1 - alpha_bar / (1 - beta)) / (1 - alpha_bar)
    return eps_weight(beta, alpha_bar, variance)


@EXERCISE.slip("That is the weight of the error of $x_0$. Here the error of the *noise* is weighed.")
def weight_of_x0(beta, alpha_bar, variance):
    return beta**2 * alpha_bar / (2 * variance * (1 - beta) * (1 - alpha_bar) ** 2)
