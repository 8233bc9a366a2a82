"""04.7: infer the noise, refresh it, push forward: one step for every process and every refresh."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close_on, normal, same_law, stream
from ...destroy import Cold, Gaussian, Masking, Trig
from ...rebuild import Keep, Redraw, reverse_step


def step(process, x0_hat, x_t, t, s, refresh, generator):
    noise = process.infer_noise(x0_hat, x_t, t, generator)
    noise = refresh(process, noise, t, s, generator)
    return process.forward(x0_hat, noise, s)


def turn(process, noise, t, s, generator=None):
    """A refresh with q K = q for normal noise, since -eps has the law of eps; it needs s < t."""
    return -noise if s < t else noise


def fade(x0, t):
    return x0 * (1 - 0.5 * t) + torch.flip(x0, (-1,)) * 0.5 * t


def cases():
    gaussian, cold, masking = Gaussian(Trig()), Cold(fade), Masking(26)
    first = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, 3.0]])
    words = torch.randint(26, (1500, 8), generator=stream(12))
    masked = masking.forward(words, masking.sample_noise(words, stream(13)), 0.8)
    return (
        (gaussian, *first, 0.7, 0.2, Keep(), None),
        (gaussian, *first, 0.7, 0.2, turn, None),
        (gaussian, normal(6, 2, 1, 3, 4), normal(7, 2, 1, 3, 4), 0.95, 0.6, turn, None),
        (cold, normal(8, 4, 3), normal(9, 4, 3), 0.9, 0.5, Keep(), None),
        (cold, normal(10, 4, 3), normal(11, 4, 3), 0.9, 0.5, Redraw(), None),
        (masking, words, masked, 0.8, 0.3, Keep(), stream(14)),
        (masking, words, masked, 0.8, 0.3, Redraw(), stream(15)),
    )


def what_is_not_random(x_s, process, *others):
    """All of an image; of tokens, whether the visible ones are right."""
    if not isinstance(process, Masking):
        return x_s
    words, masked = others[:2]
    return bool(((x_s == words) | ((x_s == process.mask) & (masked == process.mask))).all())


def masks_in_each_row(x_s, process, *others):
    return {"masks": (x_s == process.mask).sum(1)} if isinstance(process, Masking) else {}


EXERCISE = Exercise(
    id="04.7",
    title="Infer, refresh, forward",
    difficulty=2,
    minutes=8,
    points=3,
    reference=step,
    cases=cases,
    compare=both(close_on(what_is_not_random), same_law(masks_in_each_row, alpha=1e-6)),
    false_alarm=1e-5,
    law=r"$\varepsilon \sim p(\varepsilon \mid \hat x_0, x_t)$, "
    r"then $\varepsilon' \sim K(\varepsilon, \cdot)$, then $x_s = F_s(\hat x_0, \varepsilon')$",
    praise="These three lines are the whole of every sampler in this course.",
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
    "You reuse the noise as it is, whatever the refresh. Hand it to `refresh` before you push forward."
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
