"""07.5: what a network F is asked for, if c_skip x_t + c_out F is its guess of the data."""

from __future__ import annotations

from ...checks import Exercise


def preconditioned_pair(c_skip, c_out, alpha, sigma):
    return (1 - c_skip * alpha) / c_out, -c_skip * sigma / c_out


def cases():
    return (
        (0.5, 0.25, 0.75, 0.25),
        (0.6, -0.8, 0.6, 0.8),
        (0.3, 2.0, 1.0, 3.0),
        (-0.4, 1.5, 0.4, 0.7),
    )


EXERCISE = Exercise(
    id="07.5",
    title="The pair of a wrapped network",
    difficulty=2,
    minutes=8,
    points=2,
    reference=preconditioned_pair,
    cases=cases,
    law=r"$F = (x_0 - c_\text{skip}\, x_t) / c_\text{out}$ with $x_t = \alpha x_0 + \sigma \varepsilon$",
    praise="A wrapped network predicts one more kind, and a kind is a pair.",
)


@EXERCISE.right
def term_by_term(c_skip, c_out, alpha, sigma):
    before_x_t = -c_skip / c_out
    return 1 / c_out + before_x_t * alpha, before_x_t * sigma


@EXERCISE.right
def as_a_list(c_skip, c_out, alpha, sigma):
    return [(1 - c_skip * alpha) / c_out, -(c_skip * sigma) / c_out]


@EXERCISE.slip(
    r"$x_t$ holds data as well: what stands before $x_0$ is $1 - c_\text{skip}\, \alpha$, "
    r"divided by $c_\text{out}$."
)
def x_t_taken_for_noise(c_skip, c_out, sigma):
    return 1 / c_out, -c_skip * sigma / c_out


@EXERCISE.slip(
    r"The data in $x_t$ is scaled by $\alpha$. The original paper has $\alpha = 1$, where it cannot be seen."
)
def alpha_left_out(c_skip, c_out, sigma):
    return (1 - c_skip) / c_out, -c_skip * sigma / c_out


@EXERCISE.slip(r"$x_t$ is subtracted, and so is the noise in it: the second number has a minus.")
def sign_of_the_noise(c_skip, c_out, alpha, sigma):
    return (1 - c_skip * alpha) / c_out, c_skip * sigma / c_out


@EXERCISE.slip(r"The noise in $x_t$ is scaled by $\sigma$.")
def sigma_left_out(c_skip, c_out, alpha):
    return (1 - c_skip * alpha) / c_out, -c_skip / c_out


@EXERCISE.slip(
    r"$\hat x_0 = c_\text{skip}\, x_t + c_\text{out}\, F$: to get $F$, *divide* by $c_\text{out}$."
)
def multiplied_by_c_out(c_skip, c_out, alpha, sigma):
    return (1 - c_skip * alpha) * c_out, -c_skip * sigma * c_out


@EXERCISE.slip(
    r"The two numbers have changed places: first the one before $x_0$, then the one before $\varepsilon$."
)
def order(c_skip, c_out, alpha, sigma):
    return -c_skip * sigma / c_out, (1 - c_skip * alpha) / c_out


@EXERCISE.slip(r"That is $-F$: subtract $c_\text{skip}\, x_t$ from $x_0$, and not the other way round.")
def sign_of_all(c_skip, c_out, alpha, sigma):
    return (c_skip * alpha - 1) / c_out, c_skip * sigma / c_out


@EXERCISE.slip(
    r"Those stand before $x_0$ and $x_t$. One step is left: put in $x_t = \alpha x_0 + \sigma \varepsilon$."
)
def pair_before_x_t(c_skip, c_out):
    return 1 / c_out, -c_skip / c_out


@EXERCISE.slip(r"That is the pair of $c_\text{out} F$. Divide by $c_\text{out}$.")
def c_out_forgotten(c_skip, alpha, sigma):
    return 1 - c_skip * alpha, -c_skip * sigma
