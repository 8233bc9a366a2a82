"""04.3: draw the thresholds that a masked x_t may have come from."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close_on, same_law, stream
from ...destroy import Masking


def infer_thresholds(x_t, p, mask, generator):
    u = torch.rand(x_t.shape, generator=generator, dtype=torch.float64)
    return torch.where(x_t == mask, p * u, p + (1 - p) * u)


def masked_case(seed, p, mask=26, rows=600, width=12, share=None):
    """Letters 0 to 26 without the mask, of which a share is masked: p, or by a rare chance another."""
    process, x0 = Masking(mask), torch.randint(26, (rows, width), generator=stream(seed))
    x0 = x0 + (x0 >= mask)
    x_t = process.forward(x0, process.sample_noise(x0, stream(seed + 1)), p if share is None else share)
    return (x_t, p, mask, stream(seed + 2))


def cases():
    return (
        masked_case(0, 0.3),
        masked_case(3, 0.7),
        masked_case(6, 0.5, mask=0, rows=200, width=5),
        masked_case(9, 0.1, mask=11, rows=200, width=8),
        masked_case(18, 0.8, mask=-1, rows=300, width=1),
        masked_case(12, 0.0, rows=100),
        masked_case(15, 1.0, rows=100),
        masked_case(21, 5e-4, rows=60, width=9, share=1.0),  # all masked against all odds
        masked_case(24, 0.9995, rows=60, width=9, share=0.0),
    )


def inputs(rng):
    p = rng.choice((0.0, 1.0, *(rng.uniform(0.1, 0.9),) * 4))
    if rng.random() < 0.2:
        p, share = rng.choice(((5e-4, 1.0), (0.9995, 0.0)))
        return masked_case(rng.getrandbits(31), p, rows=60, share=share)
    mask, rows, width = rng.choice((26, 26, 0, 11, 25, 27, -1)), rng.choice((300, 600)), rng.randint(1, 12)
    return masked_case(rng.getrandbits(31), p, mask, rows, width)


def gives_x_t_back(u, x_t, p, mask, generator):
    return bool(((torch.as_tensor(u) < p) == (x_t == mask)).all())


def each_for_itself(u):
    return len(torch.as_tensor(u).unique()) > 0.9 * len(torch.as_tensor(u).flatten())


def draws(u, x_t, p, mask, generator):
    """The thresholds, stretched to the interval from 0 to 1, and their differences: no two are one draw."""
    u, masked = torch.as_tensor(u), x_t == mask
    v = torch.where(masked, u / max(p, 1e-9), (u - p) / max(1 - p, 1e-9))
    n, m = len(v) // 2, v.shape[1] // 2
    return {
        "difference of neighbours in a word": v[:, 1 : 2 * m : 2] - v[:, : 2 * m : 2],
        "difference of the halves of a word": v[:, m : 2 * m] - v[:, :m],
        "difference of neighbouring words": v[1 : 2 * n : 2] - v[: 2 * n : 2],
        "difference of the first and the last words": v[n : 2 * n] - v[:n],
        "masked": v[masked],
        "visible": v[~masked],
    }


EXERCISE = Exercise(
    id="04.3",
    title="Infer the thresholds",
    difficulty=2,
    minutes=8,
    points=2,
    reference=infer_thresholds,
    cases=cases,
    law=r"$u_i \sim U(0, p_t)$ where $x_t$ is masked, $u_i \sim U(p_t, 1)$ where it is visible",
    compare=both(
        close_on(
            gives_x_t_back,
            say="pushed forward to time t, these thresholds do not give x_t back",
        ),
        close_on(
            each_for_itself,
            say="some thresholds are equal, and every position throws for itself",
        ),
        same_law(draws, alpha=1e-6),
    ),
    false_alarm=1e-5,
    praise="Over all masks that may occur, these thresholds are uniform again: their law is q.",
    idea="Take a word with one mask. Where on the line from 0 to 1 can each threshold lie? Two positions "
    "are two throws: what one got tells nothing of the other.",
    why="Before $x_t$ is seen, $u_i$ is uniform. Seeing a mask says $u_i < p_t$ and nothing more, and "
    "a uniform number "
    r"known to lie in an interval is uniform there: $p_t u$ or $p_t + (1 - p_t) u$ with $u \sim U(0, 1)$.",
    inputs=inputs,
)


@EXERCISE.right
def by_the_process(x_t, p, mask, generator):
    x0 = torch.where(x_t == mask, mask + 1, x_t)  # any letter may be under a mask
    return Masking(mask).infer_noise(x0, x_t, p, generator)


@EXERCISE.right
def length_and_start(x_t, p, mask, generator):
    length = torch.where(x_t == mask, p, 1 - p)
    start = torch.where(x_t == mask, 0.0, p)
    return torch.rand(x_t.shape, generator=generator) * length + start


def uniform_like(x_t, generator):
    return torch.rand(x_t.shape, generator=generator, dtype=torch.float64)


@EXERCISE.slip(
    "Your thresholds ignore $x_t$. Pushed forward they would mask other positions. What $x_t$ shows tells on "
    "which side of $p_t$ each threshold lies."
)
def x_t_ignored(x_t, generator):
    return uniform_like(x_t, generator)


@EXERCISE.slip(
    "You took one fixed value on each side. It reproduces $x_t$, but it is not a draw: on the way back all "
    "masks would vanish at one and the same time."
)
def midpoint(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    middle = torch.where(x_t == mask, p / 2, (1 + p) / 2)
    return middle + 0 * u  # in float64, with as many draws as the reference makes


@EXERCISE.slip(
    "The sides have changed places. A position is masked because its threshold lies *below* $p_t$."
)
def sides_swapped(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == mask, p + (1 - p) * u, p * u)


@EXERCISE.slip(
    "Your thresholds for visible positions run beyond 1. Shrink the draw to the length of their interval "
    "before you shift it."
)
def visible_not_scaled(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == mask, p * u, p + u)


@EXERCISE.slip(
    "Your thresholds for visible positions have the right spread but start at 0. Shift them: the interval "
    "begins at $p_t$."
)
def visible_not_shifted(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == mask, p * u, (1 - p) * u)


@EXERCISE.slip(
    "For visible positions you drew from the whole line from 0 to 1. That they are visible tells on which "
    "side of $p_t$ they lie."
)
def visible_anywhere(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == mask, p * u, u)


@EXERCISE.slip(
    "On the right side, but not uniform there. A uniform number that is known to lie in an interval "
    "is uniform in it."
)
def squeezed_towards_p(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == mask, p * u.sqrt(), p + (1 - p) * u**2)


@EXERCISE.slip(
    "For masked positions you drew from the whole line from 0 to 1. That they are masked tells on which side "
    "of $p_t$ they lie."
)
def masked_anywhere(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == mask, u, p + (1 - p) * u)


@EXERCISE.slip(
    "You took every number from `mask` on for MASK. MASK is one number, and letters may have larger ones."
)
def all_from_mask_on(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t >= mask, p * u, p + (1 - p) * u)


@EXERCISE.slip(
    "You took a fixed number, or the largest one, for MASK. Which number stands for MASK is given as `mask`."
)
def mask_is_26(x_t, p, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == 26, p * u, p + (1 - p) * u)


@EXERCISE.slip("You drew normal numbers. Thresholds are uniform.")
def normal_draws(x_t, p, mask, generator):
    u = torch.randn(x_t.shape, generator=generator, dtype=torch.float64)
    return torch.where(x_t == mask, p * u, p + (1 - p) * u)


@EXERCISE.slip(
    "You scaled visible positions to the length of the interval of the masked ones. The two have "
    "different lengths."
)
def length_p_for_both(x_t, p, mask, generator):
    u = uniform_like(x_t, generator)
    return torch.where(x_t == mask, p * u, p + p * u)
