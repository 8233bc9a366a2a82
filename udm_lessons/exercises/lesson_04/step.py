"""04.5: infer the noise, refresh it, push forward: one step for every process and every refresh."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close_on, normal, same_law, stream
from ...destroy import VE, Cold, Deletion, Gaussian, Masking, Replacement, Trig, count_embeddings
from ...rebuild import Interpolate, Keep, Markov, Mixture, Redraw, reverse_step


def step(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)


def turn(process, noise, t, s, generator=None):
    """A refresh with q K = q for normal noise, since -eps has the law of eps; it needs s < t."""
    return -noise if s < t else noise


def fade(x0, t):
    return x0 * (1 - 0.5 * t) + torch.flip(x0, (-1,)) * 0.5 * t


GAUSSIAN, COLD = Gaussian(Trig()), Cold(fade)
EXPLODING = Gaussian(VE())  # at s = 0 a trace of noise is left


def on_tokens(process, rows, width, t, s, refresh, seed):
    """A case with letters 0 to 25 as the guess, and with an x_t that they may have led to."""
    words = torch.randint(26, (rows, width), generator=stream(seed))
    x_t = process.forward(words, process.sample_noise(words, stream(seed + 1)), t)
    return (process, words, x_t, t, s, refresh, stream(seed + 2))


def on_equal_rows(rows, t, s, refresh, seed):
    """A case with noise in which all rows start alike, so that the law of x_s can be seen."""
    ones = torch.ones(rows, 1, dtype=torch.float64)
    return (GAUSSIAN, 0.5 * ones, 2 * ones, t, s, refresh, stream(seed))


def cases():
    first = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]])
    masking = Masking(26)
    return (
        (GAUSSIAN, *first, 0.7, 0.2, Keep(), None),
        (GAUSSIAN, *first, 0.7, 0.2, turn, None),
        (GAUSSIAN, 20 * normal(6, 2, 1, 3, 4), normal(7, 2, 1, 3, 4), 1.0, 0.9995, turn, None),
        (COLD, normal(8, 4, 3), normal(9, 4, 3), 0.9, 0.5, Keep(), None),
        (COLD, normal(10, 4, 3), normal(11, 4, 3), 0.9, 0.5, Redraw(), None),
        (GAUSSIAN, normal(16, 5, 2), normal(17, 5, 2), 8e-4, 3e-4, turn, None),
        (EXPLODING, normal(18, 3, 2), normal(19, 3, 2), 0.3, 0.0, turn, None),
        on_tokens(masking, 1, 5, 0.6, 0.5, Keep(), 24),
        on_tokens(Replacement(26), 1, 5, 0.9, 0.8, Mixture(0.5), 33),
        on_tokens(Deletion(27), 1, 5, 0.3, 0.2, Redraw(), 36),
        on_tokens(masking, 1500, 8, 0.8, 0.3, Keep(), 12),
        on_tokens(masking, 1500, 8, 0.8, 0.3, Redraw(), 15),
        on_tokens(masking, 800, 8, 1.0, 0.4, Mixture(0.5), 27),
        on_tokens(Replacement(26), 800, 6, 0.7, 0.4, Markov(), 18),
        on_tokens(Deletion(27), 300, 6, 0.6, 0.2, Keep(), 21),
        on_equal_rows(800, 0.8, 0.5, Markov(), 30),
    )


def inputs(rng):
    seed, t = rng.getrandbits(30), rng.choice((1.0, 0.6, rng.uniform(0.3, 0.95)))
    s = rng.choice((0.0, t / 2, rng.uniform(0.1, 0.9) * t))
    kind = rng.choice(("noise", "noise, random", "cold", "tokens", "tokens"))
    if kind == "tokens":
        process = rng.choice((Masking(26), Masking(27), Replacement(26), Replacement(28), Deletion(27)))
        refresh = rng.choice((Keep(), Redraw(), Mixture(0.5), Markov()))
        return on_tokens(process, 400, rng.randint(3, 8), t, s, refresh, seed)
    if kind == "noise, random":
        return on_equal_rows(400, t, s, rng.choice((Redraw(), Markov(), Interpolate(0.5))), seed)
    shape = rng.choice(((1, 2), (5, 1), (4, 4), (2, 1, 3, 5)))
    process, refreshes = COLD, (Keep(), Redraw())
    if kind == "noise":
        process, refreshes = rng.choice((GAUSSIAN, GAUSSIAN, EXPLODING)), (Keep(), turn)
    share = rng.choice((s / t, s / t, s / t, 0.9995))
    t = rng.choice((t, t, t, 8e-4))
    return (process, normal(seed, *shape), normal(seed + 1, *shape), t, share * t, rng.choice(refreshes), None)


def what_is_not_random(x_s, process, x0_hat, x_t, t, s, refresh, generator):
    """All of it if nothing is drawn or destroyed; of masks and strings, whether they fit to both ends."""
    x_s = torch.as_tensor(x_s[0] if isinstance(x_s, tuple) else x_s)  # noise may be a pair
    if generator is None or s == 0:
        return x_s
    if isinstance(process, Masking) and len(x_t) > 1:
        return bool(((x_s == x0_hat) | ((x_s == process.mask) & (x_t == process.mask))).all())
    if isinstance(process, Deletion):
        tokens = x_s.dtype == x0_hat.dtype
        return tokens and bool((count_embeddings(x0_hat, x_s, process.pad) > 0).all())
    return x_s.is_floating_point()


def what_is_random(x_s, process, x0_hat, x_t, t, s, refresh, generator):
    """Of numbers all; of tokens how many of each row are as in the guess, as in x_t, and destroyed."""
    x_s = torch.as_tensor(x_s[0] if isinstance(x_s, tuple) else x_s)  # noise may be a pair
    if generator is None or s == 0:
        return {}
    if isinstance(process, Gaussian):
        return {"": x_s}
    end = getattr(process, "mask", getattr(process, "pad", -1))
    return {
        "tokens of the guess": (x_s == x0_hat).sum(1),
        "tokens of x_t": (x_s == x_t).sum(1),
        "tokens destroyed": (x_s == end).sum(1),
    }


EXERCISE = Exercise(
    id="04.5",
    title="Infer, refresh, forward",
    difficulty=2,
    minutes=8,
    points=3,
    reference=step,
    cases=cases,
    compare=both(close_on(what_is_not_random), same_law(what_is_random, alpha=1e-6)),
    false_alarm=2e-5,
    law=r"$\varepsilon \sim p(\varepsilon \mid \hat x_0, x_t)$, "
    r"then $\varepsilon' \sim K(\varepsilon, \cdot)$, then $x_s = F_s(\hat x_0, \varepsilon')$",
    praise="These three lines are the whole of every sampler in this course.",
    idea="Say for each of the three moves what it takes and what it gives, and which of the two times it "
    "belongs to. With a refresh that keeps everything and equal times, $x_t$ must come back.",
    why="The inferred noise has the law $q$, the refresh leaves $q$ as it is, and pushing noise of law "
    r"$q$ forward from $x_0$ to $s$ is what $p(x_s \mid x_0)$ means.",
    inputs=inputs,
    also_right=[reverse_step],
)


@EXERCISE.right
def in_one_expression(process, x0_hat, x_t, t, s, refresh, generator):
    return process.forward(
        x0_hat,
        refresh(process, process.infer_noise(x0_hat, x_t, t, generator), t, s, generator),
        s,
    )


@EXERCISE.slip(
    "You push forward the noise that you inferred, whatever the refresh. What `refresh` returns must take its place."
)
def refresh_left_out(process, x0_hat, x_t, t, s, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    return process.forward(x0_hat, noise, s)


@EXERCISE.slip("You pushed forward to $t$, where you came from. The step ends at the earlier time $s$.")
def forward_to_t(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, t)


@EXERCISE.slip("You inferred the noise as if $x_t$ were from time $s$. It is from time $t$.")
def inferred_at_s(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, s, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)


@EXERCISE.slip("You drew new noise instead of inferring the old one, so $x_t$ has no say at all.")
def noise_not_inferred(process, x0_hat, t, s, refresh, generator):
    noise = process.sample_noise(x0_hat, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)


@EXERCISE.slip(r"You destroyed $x_t$ once more. What is pushed forward is the guess $\hat x_0$.")
def x_t_pushed_forward(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x_t, noise, s)


@EXERCISE.slip("In `infer_noise` the data comes first and $x_t$ second. You swapped them.")
def guess_and_x_t_swapped(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x_t, x0_hat, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)


@EXERCISE.slip("The refresh got its two times in the wrong order. First comes $t$, the later one.")
def times_of_the_refresh_swapped(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, s, t, generator)
    return process.forward(x0_hat, noise, s)


@EXERCISE.slip("You refreshed the result. The refresh acts on the noise, between infer and forward.")
def refreshed_too_late(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    x_s = process.forward(x0_hat, noise, s)
    return refresh(process, x_s, t, s, generator)


@EXERCISE.slip("You refreshed twice. Once is enough: each refresh forgets a part of the old noise.")
def refreshed_twice(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, refresh(process, noise, t, s, generator), t, s, generator)
    return process.forward(x0_hat, noise, s)


@EXERCISE.slip("You gave the refresh one time twice. It wants both, where the step starts and where it ends.")
def refresh_with_one_time(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, t, generator)
    return process.forward(x0_hat, noise, s)


@EXERCISE.slip("That is the noise after the refresh. The last move is missing: push it forward.")
def noise_returned(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    return refresh(process, noise, t, s, generator)


@EXERCISE.slip("You always draw new noise and never ask the refresh. Some refreshes keep what was inferred.")
def always_redrawn(process, x0_hat, s, generator):
    return process.forward(x0_hat, process.sample_noise(x0_hat, generator), s)


@EXERCISE.slip("You return the guess itself. It is not clean data that is asked for, but data at time $s$.")
def guess_returned(x0_hat):
    return x0_hat
