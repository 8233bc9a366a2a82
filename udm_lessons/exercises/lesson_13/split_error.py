"""13.3: what a guess in the small space gets wrong, and what it could never get right."""

from __future__ import annotations

from ...checks import Exercise, normal
from ._spaces import directions


def split_error(x0, z_hat, U, mu):
    z = (x0 - mu) @ U
    rest = x0 - mu - z @ U.T
    return ((z_hat - z) ** 2).sum(1).mean(), (rest**2).sum(1).mean()


def cases():
    cases = []
    for seed, n, d, k, size in (
        (0, 4, 3, 1, 1.0), (10, 3, 5, 2, 2.0), (20, 6, 4, 3, 1.0), (30, 1, 6, 2, 0.5), (40, 5, 5, 4, 3.0), (50, 3, 3, 3, 1.0), (60, 4, 4, 2, 1.0)
    ):  # fmt: skip
        U = directions(seed, d, k)
        cases.append((size * normal(seed + 1, n, d) + 1, normal(seed + 2, n, k), U, normal(seed + 3, d)))
    cases.append((normal(62, 2, 8), normal(63, 2, 1), directions(64, 8, 1), 0 * normal(65, 8)))
    U, mu, z = directions(70, 4, 2), normal(71, 4), normal(72, 3, 2)
    return (*cases, (mu + z @ U.T, z, U, mu))  # nothing is lost, and the guess is right


def inputs(rng):
    d, n = rng.choice((2, 3, 5, 8)), rng.choice((1, 2, 5))
    k = rng.randint(1, d)
    seeds = [rng.getrandbits(31) for _ in range(4)]
    U, mu = directions(seeds[0], d, k), rng.choice((0.0, 1.0, 3.0)) * normal(seeds[1], d)
    return mu + rng.choice((0.3, 1.0, 4.0)) * normal(seeds[2], n, d), rng.choice((0.3, 1.0, 4.0)) * normal(seeds[3], n, k), U, mu


EXERCISE = Exercise(
    id="13.3",
    title="Two kinds of error",
    difficulty=2,
    minutes=8,
    points=2,
    reference=split_error,
    cases=cases,
    law=r"$|x_0 - (\mu + U \hat z)|^2 = |\hat z - z|^2 + |x_0 - (\mu + U z)|^2$ with $z = U^\top (x_0 - \mu)$",
    praise="The two parts stand at a right angle, so they add up. A better guess makes the first smaller, never the second.",
    idea="Which $z$ would have been best for this $x_0$? Measure the guess against that one, in the small space. And measure what is left "
    "of $x_0$ even with the best $z$. The two must add up to the whole squared error.",
    why=r"$z = U^\top(x_0 - \mu)$ is the nearest point of the subspace. The error inside it is $U(\hat z - z)$, as long as $\hat z - z$ "
    r"itself since the columns of $U$ are orthonormal. The rest $x_0 - \mu - U z$ is at a right angle to it.",
    inputs=inputs,
)


@EXERCISE.right
def by_pythagoras(x0, z_hat, U, mu):
    centred = x0 - mu
    z = centred @ U
    lost = centred.square().sum(1) - z.square().sum(1)
    return (z_hat - z).square().sum(1).mean(), lost.mean().clamp(min=0)


@EXERCISE.right
def inside_the_large_space(x0, z_hat, U, mu):
    nearest = mu + (x0 - mu) @ U @ U.T
    guess = mu + z_hat @ U.T
    return float(((guess - nearest) ** 2).sum() / len(x0)), float(((x0 - nearest) ** 2).sum() / len(x0))


@EXERCISE.slip("The second is the whole error of the guess. What is lost even with the best $z$ is only a part of it.")
def whole_error_second(x0, z_hat, U, mu):
    return split_error(x0, z_hat, U, mu)[0], ((x0 - mu - z_hat @ U.T) ** 2).sum(1).mean()


@EXERCISE.slip("The first is the whole error of the guess. Measure the guess against the best $z$ for this $x_0$ instead.")
def whole_error_first(x0, z_hat, U, mu):
    return ((x0 - mu - z_hat @ U.T) ** 2).sum(1).mean(), split_error(x0, z_hat, U, mu)[1]


@EXERCISE.slip(r"Subtract the centre before you multiply by $U^\top$.")
def centre_left_in(x0, z_hat, U, mu):
    return split_error(x0, z_hat, U, 0 * mu)


@EXERCISE.slip("Right, but the other way round: first what the guess gets wrong, then what is lost.")
def other_way_round(x0, z_hat, U, mu):
    return split_error(x0, z_hat, U, mu)[::-1]


@EXERCISE.slip("You averaged over the entries. Here it is the squared length: the sum over entries, averaged over examples.")
def mean_over_entries(x0, z_hat, U, mu):
    z = (x0 - mu) @ U
    return ((z_hat - z) ** 2).mean(), ((x0 - mu - z @ U.T) ** 2).mean()


@EXERCISE.slip("You added up over the examples too. Average over them.")
def sum_over_examples(x0, z_hat, U, mu):
    within, outside = split_error(x0, z_hat, U, mu)
    return len(x0) * within, len(x0) * outside


@EXERCISE.slip("That is the length. It is squares that add up.")
def lengths(x0, z_hat, U, mu):
    z = (x0 - mu) @ U
    return ((z_hat - z) ** 2).sum(1).sqrt().mean(), ((x0 - mu - z @ U.T) ** 2).sum(1).sqrt().mean()


@EXERCISE.slip("The first is the squared length of the guess itself. How far is it from the best $z$?")
def guess_itself(x0, z_hat, U, mu):
    return (z_hat**2).sum(1).mean(), split_error(x0, z_hat, U, mu)[1]


@EXERCISE.slip(r"What is lost is $x_0 - \mu$ without its part in the subspace. You measured all of it.")
def nothing_in_the_subspace(x0, z_hat, U, mu):
    return split_error(x0, z_hat, U, mu)[0], ((x0 - mu) ** 2).sum(1).mean()


@EXERCISE.slip("The second is the variance that the subspace holds. What is lost is what it does not hold.")
def kept_for_lost(x0, z_hat, U, mu):
    return split_error(x0, z_hat, U, mu)[0], (((x0 - mu) @ U) ** 2).sum(1).mean()
