"""07.6: the wrapper around a network that gives it a target of variance 1 and passes its errors on least."""

from __future__ import annotations

import math

from ...checks import Exercise
from ._pairs import drawn_little


def best_wrapper(alpha, sigma, d):
    r = math.hypot(alpha * d, sigma)
    return alpha * d**2 / r**2, sigma * d / r


def cases():
    return (
        (0.75, 0.5, 2.0),
        (0.6, 0.8, 0.5),
        (1.0, 3.0, 0.5),
        (0.4, 1.0, 1.5),
        (0.0, 1.5, 0.7),  # pure noise
        (1.0, 0.01, 0.5),
        (0.9, 1e-4, 3.0),
        (1.0, 100.0, 0.5),
        (0.7, 0.3, 1.0),
        (0.6, 0.8, 1.0),  # the circle
        (0.3, 0.7, 0.05),
        (1.0, 8e-5, 0.17),
        (2e-4, 0.5, 1.3),
        (2e-4, 8e-5, 0.9),
        (0.0, 3e-4, 0.4),
        (1.2, 1.0, 0.02),
    )


def inputs(rng):
    alpha = rng.choice([0.0, 1.0, drawn_little(rng), *[rng.uniform(0.05, 1.2)] * 4])
    sigma = rng.choice([1.0, drawn_little(rng), *[math.exp(rng.uniform(-3, 3))] * 4])
    return alpha, sigma, rng.choice([1.0, *[math.exp(rng.uniform(-3, 2))] * 4])


EXERCISE = Exercise(
    id="07.6",
    title="The best wrapper",
    difficulty=3,
    minutes=14,
    points=3,
    reference=best_wrapper,
    cases=cases,
    law=r"$c_\text{out}^2 = \text{Var}[x_0 - c_\text{skip}\, x_t]$ gives $F$ a target of variance 1; "
    r"$c_\text{skip}$ is where that is least",
    praise="Table 1 of Karras et al., and for any schedule.",
    idea=r"First write what $F$ is asked for as a pair, and its variance, for any $c_\text{skip}$. Look at the ends: "
    r"with hardly any noise, what is left for $F$ to say? And with hardly any signal?",
    why=r"$F = (x_0 - c_\text{skip} x_t)/c_\text{out}$, so $c_\text{out}^2 = (1 - c_\text{skip} \alpha)^2 d^2 + "
    r"c_\text{skip}^2 \sigma^2$. Its derivative is 0 where $c_\text{skip} (\alpha^2 d^2 + \sigma^2) = \alpha d^2$, and "
    r"there $c_\text{out}^2 = \sigma^2 d^2 / (\alpha^2 d^2 + \sigma^2)$.",
    inputs=inputs,
)


def out_of(c_skip, alpha, sigma, d):
    """The c_out with which the target has variance 1."""
    return math.hypot((1 - c_skip * alpha) * d, c_skip * sigma)


@EXERCISE.right
def regression_of_the_data_on_x_t(alpha, sigma, d):
    c_skip = alpha * d * d / ((alpha * d) ** 2 + sigma**2)
    return c_skip, out_of(c_skip, alpha, sigma, d)


@EXERCISE.right
def as_a_list(alpha, sigma, d):
    snr_d = (alpha * d / sigma) ** 2
    return [alpha / sigma**2 * d**2 / (1 + snr_d), d / math.sqrt(1 + snr_d)]


@EXERCISE.slip(
    r"Your target has variance 1, but $c_\text{skip} = 0$ leaves all to the network. Another one makes $c_\text{out}$ smaller."
)
def no_skip(d):
    return 0.0, d


@EXERCISE.slip(
    r"$c_\text{skip} = 1/\alpha$ takes the data out of the target, and leaves $F$ the noise alone. At small $\alpha$ "
    r"that makes $c_\text{out}$ large. Is there nothing smaller?"
)
def noise_target(alpha, sigma):
    return (1 / alpha, sigma / alpha) if alpha else (math.inf, math.inf)


@EXERCISE.slip(
    r"That is right for $\alpha = 1$, the schedule of Karras et al. Keep $\alpha$ in."
)
def alpha_left_out(sigma, d):
    return best_wrapper(1.0, sigma, d)


@EXERCISE.slip(r"That is right for data of variance 1. Keep $d$ in.")
def data_of_variance_one(alpha, sigma):
    return best_wrapper(alpha, sigma, 1.0)


@EXERCISE.slip(r"That is right on the circle with $d = 1$ only: $\alpha$ and $\sigma$ themselves.")
def circle_only(alpha, sigma):
    return alpha, sigma


@EXERCISE.slip(r"The second number is a variance. $c_\text{out}$ is its root.")
def variance_for_deviation(alpha, sigma, d):
    c_skip, c_out = best_wrapper(alpha, sigma, d)
    return c_skip, c_out**2


@EXERCISE.slip(r"The data has the deviation $d$, so its variance is $d^2$.")
def d_for_its_square(alpha, sigma, d):
    return best_wrapper(alpha, sigma, math.sqrt(d))


@EXERCISE.slip(r"The noise in $x_t$ has the deviation $\sigma$, so its variance is $\sigma^2$.")
def sigma_for_its_square(alpha, sigma, d):
    return best_wrapper(alpha, math.sqrt(sigma), d)


@EXERCISE.slip(
    r"$c_\text{skip}$ is right. But $c_\text{out}$ is the deviation of $x_0 - c_\text{skip}\, x_t$, and that holds noise too."
)
def noise_left_out_of_c_out(alpha, sigma, d):
    c_skip, _ = best_wrapper(alpha, sigma, d)
    return c_skip, (1 - c_skip * alpha) * d


@EXERCISE.slip(
    r"$c_\text{skip}$ is right. In $c_\text{out}$ the data that comes with $x_t$ must be taken off: "
    r"it is the deviation of $x_0 - c_\text{skip}\, x_t$."
)
def data_in_x_t_left_out_of_c_out(alpha, sigma, d):
    c_skip, _ = best_wrapper(alpha, sigma, d)
    return c_skip, math.hypot(d, c_skip * sigma)


@EXERCISE.slip(r"$c_\text{skip}$ is right. $c_\text{out}$ is not the deviation of $x_t$, but that of $x_0 - c_\text{skip}\, x_t$.")
def deviation_of_x_t(alpha, sigma, d):
    c_skip, _ = best_wrapper(alpha, sigma, d)
    return c_skip, math.hypot(alpha * d, sigma)


@EXERCISE.slip("The two numbers have changed places: first the skip, then the scale of the network.")
def order(alpha, sigma, d):
    c_skip, c_out = best_wrapper(alpha, sigma, d)
    return c_out, c_skip


@EXERCISE.slip(
    r"Your $c_\text{skip}$ divides $x_t$ by its own deviation. What is asked for is the share of $x_t$ that is the best guess of $x_0$."
)
def skip_over_the_deviation(alpha, sigma, d):
    r = math.hypot(alpha * d, sigma)
    return alpha * d**2 / r, sigma * d / r


@EXERCISE.slip(r"An $\alpha$ is missing in the numerator of $c_\text{skip}$: with no signal in $x_t$ nothing may be taken from it.")
def alpha_missing_on_top(alpha, sigma, d):
    r = math.hypot(alpha * d, sigma)
    return d**2 / r**2, sigma * d / r


@EXERCISE.slip(
    r"You turned the scale of the network upside down: $F$ is what is left, *divided* by $c_\text{out}$."
)
def c_out_inverted(alpha, sigma, d):
    c_skip, c_out = best_wrapper(alpha, sigma, d)
    return c_skip, 1 / c_out


@EXERCISE.slip(r"Both numbers are positive. A $c_\text{out}$ below 0 would only turn the target round.")
def negative_c_out(alpha, sigma, d):
    c_skip, c_out = best_wrapper(alpha, sigma, d)
    return c_skip, -c_out
