"""04.6: draw the thresholds that a masked x_t may have come from."""

from __future__ import annotations

import torch

from ...checks import Exercise, both, close_on, same_law, stream
from ...destroy import Masking


def infer_thresholds(x_t, p, mask, generator):
    u = torch.rand(x_t.shape, generator=generator, dtype=torch.float64)
    return torch.where(x_t == mask, p * u, p + (1 - p) * u)


def masked_case(seed, p):
    mask = 26  # the letters are 0 to 25
    process, x0 = Masking(mask), torch.randint(mask, (600, 12), generator=stream(seed))
    x_t = process.forward(x0, process.sample_noise(x0, stream(seed + 1)), p)
    return (x_t, p, mask, stream(seed + 2))


def cases():
    return (masked_case(0, 0.3), masked_case(3, 0.7))


def gives_x_t_back(u, x_t, p, mask, generator):
    return bool(((u < p) == (x_t == mask)).all())


def masked_and_visible(u, x_t, p, mask, generator):
    masked = x_t == mask
    return {"masked": u[masked].flatten(), "visible": u[~masked].flatten()}


EXERCISE = Exercise(
    id="04.6",
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
        same_law(masked_and_visible, alpha=1e-6),
    ),
    false_alarm=1e-5,
    praise="Over all masks that may occur, these thresholds are uniform again: their law is q.",
)


@EXERCISE.right
def by_the_process(x_t, p, mask, generator):
    x0 = torch.where(x_t == mask, 0, x_t)  # any letter may be under a mask
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
    "Your thresholds for visible positions run beyond 1. The interval from $p_t$ to 1 has the length "
    "$1 - p_t$."
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
    "For visible positions you drew from the whole of $(0, 1)$. That they are visible tells that "
    r"$u_i \ge p_t$."
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
