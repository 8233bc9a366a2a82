"""13.2: the posterior mean in the large space, from the one in the small space."""

from __future__ import annotations

from ...checks import Exercise, normal
from ._spaces import GUESSES, bent, directions, halved, turned


def lifted_mean(latent_mean, U, mu, x_t, alpha):
    return mu + latent_mean((x_t - alpha * mu) @ U) @ U.T


def cases():
    return (
        (halved, directions(0, 3, 1), normal(1, 3), normal(2, 4, 3), 0.8),
        (bent, directions(3, 5, 2), normal(4, 5), normal(5, 3, 5), 0.6),
        (turned, directions(6, 4, 3), 2 * normal(7, 4), normal(8, 6, 4), 0.3),
        (bent, directions(9, 6, 2), 0 * normal(10, 6), normal(11, 2, 6), 1.0),
        (turned, directions(12, 8, 3), normal(13, 8), normal(14, 1, 8), 0.0),
        (halved, directions(15, 2, 2), normal(16, 2), normal(17, 5, 2), 0.9),
        (bent, directions(18, 7, 4), -3 * normal(19, 7), 4 * normal(20, 3, 7), 0.45),
        (bent, directions(21, 6, 2), normal(22, 6), normal(23, 6, 6), 0.7),
        (bent, directions(24, 3, 2), normal(25, 3), normal(26, 1, 3), 1.0),
    )


def inputs(rng):
    d = rng.choice((2, 3, 5, 8))
    k = rng.randint(1, d)
    seeds = [rng.getrandbits(31) for _ in range(3)]
    return (
        rng.choice(GUESSES), directions(seeds[0], d, k), rng.choice((0.0, 1.0, 3.0)) * normal(seeds[1], d),
        2 * normal(seeds[2], rng.choice((1, 3, d)), d), rng.choice((0.0, 1.0, rng.random(), rng.random(), rng.random())),
    )  # fmt: skip


EXERCISE = Exercise(
    id="13.2",
    title="Guess in the small space",
    difficulty=2,
    minutes=10,
    points=3,
    reference=lifted_mean,
    cases=cases,
    law=r"$E[x_0 \mid x_t] = \mu + U\, E[z \mid z_t]$ with $z_t = U^\top (x_t - \alpha \mu)$",
    praise="A network for $z$ is a network for $x_0$, at a fraction of the size.",
    idea=r"Write the destroyed point with $z$ in it, and look at it from the subspace, by $U^\top$. What has to be subtracted so that "
    r"$\alpha z$ plus noise is left? Ask for $z$, and go the way back. In code rows are examples: the way into the subspace multiplies by `U` "
    "from the right.",
    why=r"$U^\top (x_t - \alpha \mu) = \alpha z + \sigma U^\top \varepsilon$, and $U^\top \varepsilon$ is fresh noise in $k$ "
    r"dimensions. The rest of $x_t$ is noise that has nothing to do with $z$. So $E[z \mid x_t] = E[z \mid z_t]$, and the mean goes "
    r"through the map $z \mapsto \mu + U z$, which is straight.",
    inputs=inputs,
)


@EXERCISE.right
def column_by_column(latent_mean, U, mu, x_t, alpha):
    z_t = (U.T @ (x_t - alpha * mu).T).T
    return (U @ latent_mean(z_t).T).T + mu


@EXERCISE.right
def projected_separately(latent_mean, U, mu, x_t, alpha):
    return latent_mean(x_t @ U - alpha * (mu @ U)) @ U.mT + mu


@EXERCISE.slip(r"In $x_t$ the centre stands as $\alpha \mu$: destroying shrinks it with the rest.")
def centre_not_shrunk(latent_mean, U, mu, x_t):
    return mu + latent_mean((x_t - mu) @ U) @ U.T


@EXERCISE.slip(r"The guess is that of $z$. Back in the large space the centre $\mu$ is missing.")
def centre_not_put_back(latent_mean, U, mu, x_t, alpha):
    return latent_mean((x_t - alpha * mu) @ U) @ U.T


@EXERCISE.slip(r"$x_0$ is not shrunk: put back $\mu$, not $\alpha \mu$.")
def centre_put_back_shrunk(latent_mean, U, mu, x_t, alpha):
    return alpha * mu + latent_mean((x_t - alpha * mu) @ U) @ U.T


@EXERCISE.slip(r"The centre is still in $x_t$ when you multiply by $U^\top$. Subtract its share first.")
def centre_not_removed(latent_mean, U, mu, x_t):
    return mu + latent_mean(x_t @ U) @ U.T


@EXERCISE.slip("You projected $x_t$, and never asked `latent_mean`. The noise inside the subspace is still there.")
def only_projected(U, mu, x_t, alpha):
    return mu + (x_t - alpha * mu) @ U @ U.T


@EXERCISE.slip(r"You kept what of $x_t$ lies outside the subspace. Out there $x_0$ is known: it is nothing.")
def rest_kept(latent_mean, U, mu, x_t, alpha):
    centred = x_t - alpha * mu
    return mu + latent_mean(centred @ U) @ U.T + centred - centred @ U @ U.T


@EXERCISE.slip(r"`latent_mean` expects $z_t = \alpha z$ plus noise, as it is. Do not divide by $\alpha$ first.")
def divided_by_alpha(latent_mean, U, mu, x_t, alpha):
    return mu + latent_mean((x_t / alpha - mu) @ U) @ U.T if alpha else 0 * x_t


@EXERCISE.slip(r"The guess of $z$ is a guess of $z$, not of $\alpha z$: it needs no $\alpha$ on its way back.")
def guess_shrunk(latent_mean, U, mu, x_t, alpha):
    return mu + alpha * latent_mean((x_t - alpha * mu) @ U) @ U.T


@EXERCISE.slip(r"That is the guess of $z$, in the small space. Take it back: $x_0 = \mu + U z$.")
def left_in_the_small_space(latent_mean, U, mu, x_t, alpha):
    return latent_mean((x_t - alpha * mu) @ U)


@EXERCISE.slip("You asked for the guess in the large space, which projects afterwards. `latent_mean` takes vectors with $k$ entries.")
def asked_in_the_large_space(latent_mean, U, mu, x_t, alpha):
    return mu + latent_mean(x_t - alpha * mu) @ U @ U.T
