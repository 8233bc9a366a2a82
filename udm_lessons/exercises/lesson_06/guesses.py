"""06.3: what the errors of the guesses cost, when the model has the variance of q."""

from __future__ import annotations

from ...checks import Exercise


def cost_of_guesses(alpha_bars, errors):
    snr = [kept / (1 - kept) for kept in alpha_bars]
    return sum(0.5 * (snr[t - 1] - snr[t]) * errors[t] for t in range(1, len(snr)))


def cases():
    return (
        ([0.8, 0.5], [0.3, 1.0]),
        ([0.9, 0.6], [0.7, 0.2]),
        ([0.9, 0.5, 0.1], [0.1, 0.4, 2.0]),
        ([0.96, 0.9, 0.3, 0.25], [5.0, 0.0, 0.6, 0.05]),
        ([0.9999, 0.99, 0.9], [0.0002, 0.004, 0.03]),  # near the data
        ([1 - 2**-13, 1 - 2**-11, 0.6, 4e-5], [3e-5, 2e-4, 0.2, 1.0]),  # as in DDPM
        ([0.03, 0.002, 0.0004], [60.0, 64.0, 65.0]),  # near the noise
        ([0.95], [0.7]),  # one step: there is no middle
        ([0.98, 0.94, 0.88, 0.8, 0.7, 0.58, 0.44, 0.3, 0.15, 0.05], [0.02 * k**2 for k in range(1, 11)]),
    )


def inputs(rng):
    """Shares of the signal that fall, each with the squared error of the guess at its time."""
    steps, kept, alpha_bars = rng.choice([1, 2, 2, 3, 4, 10]), rng.choice([1.0, 1.0, 1 - 1e-4, 0.1]), []
    for _ in range(steps):
        kept *= 1 - rng.choice([rng.uniform(0.05, 0.6), rng.uniform(0.002, 0.05), 2e-4])
        alpha_bars.append(kept)
    size = rng.choice([1.0, 1.0, 64.0, 0.01])
    return alpha_bars, [size * rng.choice([0.0, rng.uniform(0.05, 1.0), rng.uniform(0.05, 1.0)]) for _ in alpha_bars]


EXERCISE = Exercise(
    id="06.3",
    title="What the guesses cost",
    difficulty=3,
    minutes=12,
    points=3,
    reference=cost_of_guesses,
    cases=cases,
    law=r"$\sum_{t=2}^T \frac{1}{2} \left( \frac{\bar\alpha_{t-1}}{1 - \bar\alpha_{t-1}} - "
    r"\frac{\bar\alpha_t}{1 - \bar\alpha_t} \right) E|x_0 - \hat x_0(x_t)|^2$",
    praise="An error costs as much as the signal-to-noise ratio rises in its step, halved.",
    idea="Both laws have the same variance: what is left of a divergence then? The two means differ in one "
    "symbol only. Take two numbers for the shares, and look at what the quotient becomes.",
    why=r"With $\beta_t = 1 - \bar\alpha_t / \bar\alpha_{t-1}$ the factor $c_0^2 / (2 \tilde\beta_t)$ becomes half of "
    r"$\text{SNR}_{t-1} - \text{SNR}_t$: nothing else of the step is left.",
    inputs=inputs,
)


def factor_and_variance(alpha_bar_t, alpha_bar_s):
    """c_0, the factor of x_0 in the mean of a step, and its variance."""
    beta = 1 - alpha_bar_t / alpha_bar_s
    return alpha_bar_s**0.5 * beta / (1 - alpha_bar_t), beta * (1 - alpha_bar_s) / (1 - alpha_bar_t)


def summed(alpha_bars, errors, cost):
    """The sum of cost(alpha_bar_t, alpha_bar_s, error at t) over t = 2, ..., T: most slips get `cost` wrong."""
    return sum(cost(now, before, error) for before, now, error in zip(alpha_bars, alpha_bars[1:], errors[1:]))


def snr(kept):
    return kept / (1 - kept)


@EXERCISE.right
def by_factor_and_variance(alpha_bars, errors):
    def cost(now, before, error):
        factor, variance = factor_and_variance(now, before)
        return factor**2 * error / (2 * variance)

    return summed(alpha_bars, errors, cost)


@EXERCISE.right
def rise_of_one_over_the_noise(alpha_bars, errors):
    return summed(alpha_bars, errors, lambda now, before, error: error / 2 * (1 / (1 - before) - 1 / (1 - now)))


@EXERCISE.slip("A divergence divides by *twice* the variance.")
def two_forgotten(alpha_bars, errors):
    return 2 * cost_of_guesses(alpha_bars, errors)


@EXERCISE.slip(
    "The list of errors is read one step too early: the term of a step from $t$ has the error at $t$, where the network looks."
)
def error_of_the_earlier_time(alpha_bars, errors):
    return cost_of_guesses(alpha_bars, [0.0, *errors])


@EXERCISE.slip("A cost cannot be negative. Which of two neighbours has more signal?")
def sign_turned(alpha_bars, errors):
    return -cost_of_guesses(alpha_bars, errors)


@EXERCISE.slip(
    "The step to the data is counted, too: at index 0 your sum reaches around to the end of the list. "
    "That step is $L_0$ and stands apart."
)
def first_index_counted(alpha_bars, errors):
    ratios = [kept / (1 - kept) for kept in alpha_bars]
    return sum(0.5 * (ratios[t - 1] - ratios[t]) * errors[t] for t in range(len(ratios)))


@EXERCISE.slip("The error of the last time counts as well: your sum ends one step too early.")
def last_step_missing(alpha_bars, errors):
    return cost_of_guesses(alpha_bars[:-1], errors[:-1])


@EXERCISE.slip("The first of the middle terms is the one with $t = 2$: your sum begins one too late.")
def begins_too_late(alpha_bars, errors):
    return cost_of_guesses(alpha_bars[1:], errors[1:])


@EXERCISE.slip("You weighed with the signal alone. What does the noise do to the variance of the step?")
def shares_of_the_signal(alpha_bars, errors):
    return summed(alpha_bars, errors, lambda now, before, error: 0.5 * (before - now) * error)


@EXERCISE.slip(r"In a square the factor of $x_0$ counts twice. You took $c_0$ as it is.")
def factor_not_squared(alpha_bars, errors):
    def cost(now, before, error):
        factor, variance = factor_and_variance(now, before)
        return factor * error / (2 * variance)

    return summed(alpha_bars, errors, cost)


@EXERCISE.slip("`errors` are mean squares already: square the factor, not them.")
def errors_squared(alpha_bars, errors):
    return cost_of_guesses(alpha_bars, [error**2 for error in errors])


@EXERCISE.slip("You squared the variance of the step. A divergence divides by the variance itself.")
def variance_squared(alpha_bars, errors):
    def cost(now, before, error):
        factor, variance = factor_and_variance(now, before)
        return factor**2 * error / (2 * variance**2)

    return summed(alpha_bars, errors, cost)


@EXERCISE.slip(
    r"The variance is that of the forward step, $\beta_t$, in yours. Here the model has that of $q$, "
    "which knows $x_0$ and is smaller."
)
def variance_beta(alpha_bars, errors):
    def cost(now, before, error):
        factor, _ = factor_and_variance(now, before)
        return factor**2 * error / (2 * (1 - now / before))

    return summed(alpha_bars, errors, cost)


@EXERCISE.slip("You did not divide by the variance: an error in a narrow step costs more than one in a wide one.")
def variance_forgotten(alpha_bars, errors):
    return summed(
        alpha_bars, errors, lambda now, before, error: factor_and_variance(now, before)[0] ** 2 * error / 2
    )


@EXERCISE.slip("You weighed each error by the ratio at its own time. What counts is how much a step *changes* it.")
def ratio_itself(alpha_bars, errors):
    return summed(alpha_bars, errors, lambda now, before, error: 0.5 * snr(now) * error)


@EXERCISE.slip("You compare the logarithms of the ratios. The ratios themselves are to be subtracted.")
def logarithms(alpha_bars, errors):
    from math import log

    return summed(alpha_bars, errors, lambda now, before, error: 0.5 * log(snr(before) / snr(now)) * error)


@EXERCISE.slip("A ratio of the *roots* is in yours, of signal to noise without the squares.")
def roots_of_the_ratios(alpha_bars, errors):
    return summed(
        alpha_bars, errors, lambda now, before, error: 0.5 * (snr(before) ** 0.5 - snr(now) ** 0.5) * error
    )


@EXERCISE.slip("Noise over signal is in yours. It should be the other way round.")
def ratio_upside_down(alpha_bars, errors):
    return summed(alpha_bars, errors, lambda now, before, error: 0.5 * (1 / snr(now) - 1 / snr(before)) * error)


@EXERCISE.slip("The bound is a sum over the steps, not their mean.")
def averaged(alpha_bars, errors):
    return cost_of_guesses(alpha_bars, errors) / max(len(alpha_bars) - 1, 1)


@EXERCISE.slip("One number is asked for: sum over the steps.")
def not_summed(alpha_bars, errors):
    return [
        0.5 * (snr(before) - snr(now)) * error for before, now, error in zip(alpha_bars, alpha_bars[1:], errors[1:])
    ]


@EXERCISE.slip(
    r"Before $x_0$ stands the share of the *earlier* time: an $\bar\alpha_t$ is where $\bar\alpha_{t-1}$ should be."
)
def share_of_the_later_time(alpha_bars, errors):
    return summed(
        alpha_bars, errors, lambda now, before, error: 0.5 * (snr(before) - snr(now)) * error * now / before
    )


@EXERCISE.slip("Only one step is left in yours. Does `return` stand inside the loop?")
def one_step_alone(alpha_bars, errors):
    return cost_of_guesses(alpha_bars[:2], errors[:2])
