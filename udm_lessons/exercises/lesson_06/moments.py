"""06.6: mean and variance of the true step back, on a grid, for data of any law."""

from __future__ import annotations

import math

import torch

from ...checks import Exercise, normal


def moments_back(x_s, density, x_t, keep, added):
    joint = density * torch.exp(-((x_t[:, None] - keep * x_s) ** 2) / (2 * added))
    weight = joint / joint.sum(1, keepdim=True)
    mean = weight @ x_s
    variance = (weight * (x_s - mean[:, None]) ** 2).sum(1)
    return mean, variance


def _line(*values):
    return torch.tensor(values, dtype=torch.float64)


def _grid(low, high, n):
    return torch.linspace(low, high, n, dtype=torch.float64)


def _humps(x, means, deviation, height=1.0):
    """A density with a hump at each of the means, the later ones higher; its integral is not 1."""
    return height * sum((k + 1) * torch.exp(-((x - m) ** 2) / (2 * deviation**2)) for k, m in enumerate(means))


def cases():
    wide, fine = _grid(-3, 3, 121), _grid(-2, 2, 401)
    return (
        (_line(-1.0, 0.0, 1.0), _line(0.2, 0.3, 0.5), _line(0.5), 0.8, 0.4),
        (_line(0.0, 1.0), _line(0.75, 0.25), _line(-0.5, 0.2, 1.5), 0.9, 0.3),
        (wide, _humps(wide, (-1.0, 1.2), 0.4), _line(-1.5, 0.1, 0.3, 2.0), 0.95, 0.1),
        (wide, _humps(wide, (0.3,), 0.7, 5.0), wide, 0.7, 0.51),  # as many x_t as x_s
        (fine, _humps(fine, (-0.8, 0.1, 0.9), 0.25), _line(-1.0, 0.004, 0.52, 1.1), 0.9998, 5e-4),  # a short step
        (wide, _humps(wide, (-1.0, 1.0), 0.3, 2e-6), _line(-2.0, 0.0, 1.0), 1e-3, 1.0),  # x_t says next to nothing
        (_grid(-1, 2, 61), torch.ones(61, dtype=torch.float64), _line(-0.4, 0.5), 0.6, 0.02),  # a flat law
        (0.01 * wide, _humps(0.01 * wide, (0.0, 0.012), 0.006), _line(-0.01, 0.003), 0.99, 1e-4),
        (wide, _humps(wide, (-0.5, 1.5), 0.5), _line(0.4), 1.0, 0.2),  # nothing is shrunk
        (_grid(-30, 30, 201), _humps(_grid(-30, 30, 201), (-12.0, 9.0), 6.0), _line(-20.0, 1.0, 15.0), 0.8, 50.0),
    )


def inputs(rng):
    """A grid with a positive density, unnormalised, some later states, and any step."""
    n, size = rng.choice([2, 3, 40, 121]), rng.choice([0.01, 1.0, 1.0, 10.0])
    x_s = size * _grid(-rng.uniform(1, 3), rng.uniform(1, 3), n)
    seed = rng.getrandbits(30)
    density = torch.exp(-2 * normal(seed, 3).abs()[0] * (x_s / size - normal(seed, 2)[1]) ** 2) + 0.05
    x_t = 0.7 * size * normal(seed + 1, rng.choice([1, 2, 5]))
    if rng.random() < 0.3:
        x_t = x_s
    keep = rng.choice([1.0, rng.uniform(0.05, 1.0), rng.uniform(0.9, 1.0)])
    return x_s, rng.choice([1.0, 7.0, 1e-3]) * density, x_t, keep, size**2 * rng.uniform(0.05, 1.0)


EXERCISE = Exercise(
    id="06.6",
    title="The true step back, on a grid",
    difficulty=3,
    minutes=12,
    points=3,
    reference=moments_back,
    cases=cases,
    law=r"Mean and variance of $x_s$ under the weights $q_s(x_s)\, N(x_t;\, k\, x_s,\, b)$, "
    "divided by their sum over the grid, for each $x_t$",
    praise="Bayes on a grid. Any law will do, however far from normal.",
    idea="Take a grid of two points and one $x_t$. Which of the two is likelier, if both had the same density? And "
    "if one of them is rare? What must the two probabilities add up to?",
    why=r"Bayes: given $x_t$, a state is as likely as its density times the density of the step from it to $x_t$, "
    "over the sum of this for all states. Constant factors cancel.",
    inputs=inputs,
)


def joint_of(x_s, density, x_t, keep, added):
    """Density of the state times that of the step, a row for each x_t, up to a factor."""
    return density * torch.exp(-((x_t[:, None] - keep * x_s) ** 2) / (2 * added))


def moments_of(weight, x_s):
    """Mean and variance under weights, a row for each x_t."""
    mean = (weight * x_s).sum(1)
    return mean, (weight * (x_s - mean[:, None]) ** 2).sum(1)


def posterior_of(joint):
    return joint / joint.sum(1, keepdim=True)


@EXERCISE.right
def one_state_after_the_other(x_s, density, x_t, keep, added):
    means, variances = [], []
    for later in x_t:
        weight = density * torch.exp(-((later - keep * x_s) ** 2) / (2 * added))
        total = weight.sum()
        means.append((weight * x_s).sum() / total)
        variances.append((weight * (x_s - means[-1]) ** 2).sum() / total)
    return torch.stack(means), torch.stack(variances)


@EXERCISE.right
def by_softmax(x_s, density, x_t, keep, added):
    weight = (density.log() - (x_t[:, None] - keep * x_s) ** 2 / (2 * added)).softmax(1)
    return moments_of(weight, x_s)


@EXERCISE.slip(r"You left out how frequent each $x_s$ is. Bayes needs the density as well as the step.")
def density_forgotten(x_s, density, **given):
    return moments_back(x_s, torch.ones_like(density), **given)


@EXERCISE.slip("On its way the state shrinks: `keep` is missing.")
def keep_forgotten(keep, **given):
    return moments_back(keep=1.0, **given)


@EXERCISE.slip("`added` is a variance already; you squared it.")
def added_squared(added, **given):
    return moments_back(added=added**2, **given)


@EXERCISE.slip("`added` is a variance. A normal law divides by *twice* the variance: the 2 is missing.")
def two_forgotten(added, **given):
    return moments_back(added=added / 2, **given)


@EXERCISE.slip("Below the square stands a deviation in yours. `added` is the variance: no root.")
def deviation_for_variance(added, **given):
    return moments_back(added=math.sqrt(added), **given)


@EXERCISE.slip(r"You shrank $x_t$. It is $x_s$ that shrinks on its way to $x_t$.")
def x_t_shrunk(x_s, density, x_t, keep, added):
    return moments_back(x_s, density, keep * x_t, 1.0, added)


@EXERCISE.slip(
    r"The weights do not add up to 1 for each $x_t$: you divided by the sum over the other axis."
)
def wrong_axis(x_s, density, x_t, keep, added):
    joint = joint_of(x_s, density, x_t, keep, added)
    return moments_of(joint / joint.sum(0, keepdim=True), x_s)


@EXERCISE.slip("The weights of all $x_t$ together add up to 1 in yours. Each $x_t$ has a law of its own.")
def divided_by_the_sum_of_all(x_s, density, x_t, keep, added):
    joint = joint_of(x_s, density, x_t, keep, added)
    return moments_of(joint / joint.sum(), x_s)


@EXERCISE.slip("The weights must add up to 1 before they average: nothing is divided.")
def not_normalised(x_s, density, x_t, keep, added):
    return moments_of(joint_of(x_s, density, x_t, keep, added), x_s)


@EXERCISE.slip("That is the mean square. A variance is taken around the mean.")
def second_moment(x_s, density, x_t, keep, added):
    weight = posterior_of(joint_of(x_s, density, x_t, keep, added))
    return weight @ x_s, weight @ x_s**2


@EXERCISE.slip("Your deviations are from $x_t$. A variance is taken around the mean.")
def around_x_t(x_s, density, x_t, keep, added):
    weight = posterior_of(joint_of(x_s, density, x_t, keep, added))
    return weight @ x_s, (weight * (x_s - x_t[:, None]) ** 2).sum(1)


@EXERCISE.slip("The second result is a deviation. Asked for is the variance.")
def deviation_returned(**given):
    mean, variance = moments_back(**given)
    return mean, variance.sqrt()


@EXERCISE.slip("The order: mean first, then the variance.")
def variance_first(**given):
    mean, variance = moments_back(**given)
    return variance, mean


@EXERCISE.slip("Return a pair: the variance is asked for, too.")
def mean_alone(**given):
    mean, _ = moments_back(**given)
    return mean


@EXERCISE.slip("That is the likeliest state, the top of the law. Asked for is its mean.")
def top_of_the_law(x_s, density, x_t, keep, added):
    weight = posterior_of(joint_of(x_s, density, x_t, keep, added))
    top = x_s[weight.argmax(1)]
    return top, (weight * (x_s - top[:, None]) ** 2).sum(1)


@EXERCISE.slip("One variance for all is returned. It differs from one $x_t$ to the next.")
def one_variance_for_all(**given):
    mean, variance = moments_back(**given)
    return mean, variance.mean().expand(len(mean))


@EXERCISE.slip("That is the variance of the step with the density left out. A narrow hump makes it smaller.")
def variance_without_the_density(x_s, density, x_t, keep, added):
    mean, _ = moments_back(x_s, density, x_t, keep, added)
    return mean, moments_back(x_s, torch.ones_like(density), x_t, keep, added)[1]


@EXERCISE.slip("The minus sign in the exponent is missing: what is far away would be likely.")
def sign_of_the_exponent(x_s, density, x_t, keep, added):
    distance = (x_t[:, None] - keep * x_s) ** 2 / (2 * added)
    return moments_of(posterior_of(density * torch.exp(distance.clamp(max=600))), x_s)


@EXERCISE.slip("In the exponent the distance is to be squared.")
def distance_not_squared(x_s, density, x_t, keep, added):
    joint = density * torch.exp(-(x_t[:, None] - keep * x_s).abs() / (2 * added))
    return moments_of(posterior_of(joint), x_s)


@EXERCISE.slip("You added the density and the step. Bayes multiplies them.")
def added_not_multiplied(x_s, density, x_t, keep, added):
    joint = density + torch.exp(-((x_t[:, None] - keep * x_s) ** 2) / (2 * added))
    return moments_of(posterior_of(joint), x_s)


@EXERCISE.slip("Your weights are squared before they sum: the density stands in them twice.")
def density_twice(density, **given):
    return moments_back(density=density**2, **given)


@EXERCISE.slip("What shrinks by `keep` is the state. You shrank it by the root, as if `keep` were a variance.")
def root_of_keep(keep, **given):
    return moments_back(keep=math.sqrt(keep), **given)
