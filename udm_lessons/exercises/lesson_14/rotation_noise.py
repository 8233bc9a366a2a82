"""14.2: which speed a letter had, from where it began and where it stands."""

from __future__ import annotations

import torch

from ...checks import Exercise, close, uniform
from ._wheels import drawn_level, drawn_shape, level, levels, pair, shift


def rotation_noise(x0, x_t, p, V, w):
    d = (x_t - x0) % V
    low, high = d / (V * p), (d + 1) / (V * p)
    return low + w * (high.clamp(max=1) - low)


def _case(seed, V, p, *shape):
    return (*pair(seed, V, p, *shape), p, V, uniform(seed + 2, *shape))


def cases():
    return (
        (torch.tensor([[0, 3]]), torch.tensor([[2, 3]]), level(0.5), 8, torch.tensor([[0.25, 0.5]], dtype=torch.float64)),
        (torch.tensor([[0], [5]]), torch.tensor([[2], [0]]), level(0.45), 6, torch.tensor([[0.5], [0.8]], dtype=torch.float64)),  # cut at 1; over the end
        _case(0, 26, level(1.0), 3, 5),
        _case(3, 26, level(0.62), 4, 5),
        _case(6, 26, level(0.08), 4, 5),
        _case(9, 26, levels(40, 4), 4, 5),
        _case(12, 5, levels(41, 6), 6, 3),
        _case(15, 26, level(0.3), 5, 5),
        _case(18, 26, levels(42, 3), 3, 3),
        _case(21, 26, level(0.95), 1, 5),
        _case(24, 26, levels(43, 1), 1, 5),
        _case(27, 2, level(0.9), 7, 1),
        _case(30, 26, level(0.01), 2, 4),
    )


def inputs(rng):
    shape, V = drawn_shape(rng), rng.choice((2, 3, 5, 26, 26))
    p = drawn_level(rng, shape[0])
    return (*pair(rng.getrandbits(30), V, p, *shape), p, V, uniform(rng.getrandbits(30), *shape))


EXERCISE = Exercise(
    id="14.2",
    title="Which speed did it have?",
    difficulty=2,
    minutes=10,
    points=3,
    reference=rotation_noise,
    cases=cases,
    compare=close(1e-6, 1e-7),
    law=r"$u$ lies evenly between $d/(V p)$ and $\min\left((d + 1)/(V p),\, 1\right)$, with $d = (x_t - x_0) \bmod V$",
    praise="Whatever `w` is, your `u` leads to $x_t$. And if `w` is even, so is your `u`, over all words that might have come.",
    idea="Draw a line from 0 to 1 for $u$, and mark on it where the letter has gone 0, 1, 2 ... steps. Which stretch belongs to what you see? "
    "Look at the last stretch, too: does it end where the others would?",
    why=r"$\lfloor V p u \rfloor = d$ says $d \le V p u < d + 1$. All speeds in that stretch lead to the same $x_t$, and $q$ is even, so each is as likely "
    "as another. No speed is above 1, which cuts the last stretch short. The rest of a division gives $d$ also where the wheel went past its end.",
    inputs=inputs,
)


@EXERCISE.right
def by_lerp(x0, x_t, p, V, w):
    d = torch.remainder(x_t - x0, V)
    way = V * p
    return torch.lerp(d / way, torch.minimum(d + 1, way) / way, w)


@EXERCISE.right
def cut_in_letters(x0, x_t, p, V, w):
    d = (x_t - x0 + V) % V
    stretch = (V * p - d).clamp(max=1)
    return (d + w * stretch) / (V * p)


def ends(x0, x_t, p, V):
    d = shift(x0, x_t, V)
    return d / (V * p), ((d + 1) / (V * p)).clamp(max=1)


@EXERCISE.slip("The last stretch ends at 1: no speed is above that. Yours may be, where few letters of the way are left.")
def not_cut_at_one(x0, x_t, p, V, w):
    d = shift(x0, x_t, V)
    return (d + w) / (V * p)


@EXERCISE.slip("You draw beyond 1 and then cut, so that too many speeds are just 1. Cut the *stretch*, and draw from what is left.")
def drawn_then_cut(x0, x_t, p, V, w):
    d = shift(x0, x_t, V)
    return ((d + w) / (V * p)).clamp(max=1)


@EXERCISE.slip(
    "That is the slowest speed that leads to $x_t$, always the same. It gives $x_t$ back, but it is no draw: "
    "spread `w` over the whole stretch."
)
def slowest(x0, x_t, p, V):
    return ends(x0, x_t, p, V)[0]


@EXERCISE.slip("That is the middle of the stretch, always the same. It gives $x_t$ back, but it is no draw: use `w`.")
def middle(x0, x_t, p, V):
    low, high = ends(x0, x_t, p, V)
    return (low + high) / 2


@EXERCISE.slip("Your $u$ is the share of the whole wheel. At the level $p$ only $V p$ letters of it lay open.")
def level_left_out(x0, x_t, V, w):
    return (shift(x0, x_t, V) + w) / V


@EXERCISE.slip("Where the wheel went past its end your $u$ is negative. How far is it from “z” on to “b”?")
def end_of_the_wheel(x0, x_t, p, V, w):
    d = x_t - x0
    low, high = d / (V * p), ((d + 1) / (V * p)).clamp(max=1)
    return low + w * (high - low)


@EXERCISE.slip("You looked backwards, from $x_t$ to $x_0$. The letter went from $x_0$ on to $x_t$.")
def backwards(x0, x_t, p, V, w):
    low, high = ends(x_t, x0, p, V)
    return low + w * (high - low)


@EXERCISE.slip("That ignores what is seen: `w` itself is a fresh speed, and leads anywhere.")
def fresh(w):
    return w


@EXERCISE.slip("You turned a distance into a way forward by leaving off its sign. From “c” on to “a” are 24 letters, and not 2.")
def without_sign(x0, x_t, p, V, w):
    d = (x_t - x0).abs()
    low, high = d / (V * p), ((d + 1) / (V * p)).clamp(max=1)
    return low + w * (high - low)


@EXERCISE.slip("Your stretch lies around the letter, half a step to each side. The forward map takes the whole *part*: the stretch begins at $d$.")
def around_the_letter(x0, x_t, p, V, w):
    d = shift(x0, x_t, V)
    low, high = (d - 0.5) / (V * p), (d + 0.5) / (V * p)
    low, high = low.clamp(min=0), high.clamp(max=1)
    return low + w * (high - low)


@EXERCISE.slip("Your stretch has lost its lower end: all speeds from 0 up are drawn, and most of them do not lead to $x_t$.")
def from_zero(x0, x_t, p, V, w):
    return w * ends(x0, x_t, p, V)[1]


@EXERCISE.slip("Your stretch runs up to 1: it must end where the next letter would be seen.")
def up_to_one(x0, x_t, p, V, w):
    low, _ = ends(x0, x_t, p, V)
    return low + w * (1 - low)


@EXERCISE.slip("At `w` = 0 you are at the upper end. Let `w` run from the lower end to the upper one.")
def from_above(x0, x_t, p, V, w):
    low, high = ends(x0, x_t, p, V)
    return high - w * (high - low)


@EXERCISE.slip("You added the whole upper end. It is the *length* of the stretch that `w` takes a share of.")
def upper_end_added(x0, x_t, p, V, w):
    low, high = ends(x0, x_t, p, V)
    return low + w * high
