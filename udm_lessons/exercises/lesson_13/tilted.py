"""13.7: the law that p(x) p(c | x)^w stands for, if p(x) and p(x | c) are normal."""

from __future__ import annotations

from ...checks import Exercise


def tilted(m, v, V, w):
    variance = 1 / (w / v + (1 - w) / V)
    return variance * w * m / v, variance


def cases():
    return (
        (2.0, 0.25, 4.0, 1.0),
        (2.0, 0.25, 4.0, 2.0),
        (2.0, 0.25, 4.0, 0.0),
        (-1.0, 0.5, 1.0, 4.0),
        (0.7, 1.0, 3.0, 0.5),
        (3.0, 2.0, 2.0, 3.0),  # the label says nothing of the width
        (0.0, 0.1, 1.0, 2.0),
        (1.0, 0.09, 1.2, 10.0),
        (-4.0, 1.5, 9.0, 1.7),
    )


def inputs(rng):
    V = rng.uniform(0.2, 5)
    return rng.choice((0.0, rng.uniform(-3, 3), rng.uniform(-3, 3))), V * rng.choice((1.0, rng.uniform(0.05, 1), rng.uniform(0.05, 1))), V, rng.choice((0.0, 1.0, 2.0, 4.0, rng.uniform(0, 8)))


EXERCISE = Exercise(
    id="13.7",
    title="What the formula asks for",
    difficulty=2,
    minutes=8,
    points=2,
    reference=tilted,
    cases=cases,
    law=r"$p(x)\, p(c \mid x)^w \propto p(x)^{1 - w}\, p(x \mid c)^w$, with precision $\frac{w}{v} + \frac{1 - w}{V}$ "
    r"and with mean $\frac{w m}{v}$ over the precision",
    praise="Now there is something to hold the guided flow against.",
    idea=r"Put Bayes' rule in for $p(c \mid x)$. How often does $p(x)$ stand in the whole then? Take the logarithm of both normal "
    "densities and collect what stands before $x^2$ and before $x$. At $w = 1$ you must get $p(x \\mid c)$, at $w = 0$ $p(x)$.",
    why=r"The logarithm is $-\frac{w (x - m)^2}{2v} - \frac{(1 - w) x^2}{2V}$. Before $-x^2/2$ stands $w/v + (1 - w)/V$, one over the variance. "
    r"Before $x$ stands $w m / v$, the mean over the variance.",
    inputs=inputs,
)


@EXERCISE.right
def over_one_denominator(m, v, V, w):
    below = w * V + (1 - w) * v
    return w * m * V / below, v * V / below


@EXERCISE.right
def precisions(m, v, V, w):
    precise, wide = 1 / v, 1 / V
    total = wide + w * (precise - wide)
    return m * precise * w / total, 1 / total


@EXERCISE.slip(r"You multiplied $p(x)$ by $p(x \mid c)^w$. The power stands over $p(c \mid x)$, which is $p(x \mid c) / p(x)$.")
def likelihood_of_x(m, v, V, w):
    variance = 1 / (w / v + 1 / V)
    return variance * w * m / v, variance


@EXERCISE.slip(r"You left out $p(x)$. It stands there to the power $1 - w$.")
def prior_left_out(m, v, V, w):
    return m, v / w if w else V


@EXERCISE.slip("Precisions add up, not variances. Collect what stands before $x^2$.")
def variances_added(m, v, V, w):
    return w * m, w * v + (1 - w) * V


@EXERCISE.slip("That is the precision. The variance is one over it.")
def precision_for_variance(m, v, V, w):
    mean, variance = tilted(m, v, V, w)
    return mean, 1 / variance


@EXERCISE.slip(r"The mean is not $m$ for every $w$: what stands before $x$ is $w m / v$, to be multiplied by the variance.")
def mean_stays(m, v, V, w):
    return m, tilted(m, v, V, w)[1]


@EXERCISE.slip("The mean is what stands before $x$ times the variance. You did not multiply.")
def mean_not_multiplied(m, v, V, w):
    return w * m / v, tilted(m, v, V, w)[1]


@EXERCISE.slip(r"The mean moves $w$ times as far only if the variance is still $v$. Multiply $m/v$, with its $w$, by the new variance.")
def mean_times_w(m, v, V, w):
    return w * m, tilted(m, v, V, w)[1]


@EXERCISE.slip("The variance is right. In the mean a factor of $w$ is missing: it stands before the whole square.")
def mean_without_w(m, v, V, w):
    variance = tilted(m, v, V, w)[1]
    return variance * m / v, variance


@EXERCISE.slip("That is the deviation. A variance is asked for.")
def deviation(m, v, V, w):
    mean, variance = tilted(m, v, V, w)
    return mean, variance**0.5


@EXERCISE.slip("$v$ and $V$ have changed places: $v$ is that with the label.")
def changed_places(m, v, V, w):
    return tilted(m, V, v, w)


@EXERCISE.slip("A sign: $p(x)$ stands to the power $1 - w$, not $1 + w$.")
def one_plus_w(m, v, V, w):
    variance = 1 / (w / v + (1 + w) / V)
    return variance * w * m / v, variance


@EXERCISE.slip("You count $w$ from 1, as some papers do. Here $w = 1$ must give $p(x \\mid c)$.")
def counted_from_one(m, v, V, w):
    return tilted(m, v, V, w + 1)


@EXERCISE.slip("Both are right, in the other order: first the mean.")
def other_order(m, v, V, w):
    return tilted(m, v, V, w)[::-1]
