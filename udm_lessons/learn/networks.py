r"""Two small networks: an MLP for points in the plane, a U-Net for images of 8x8 to 32x32.

Both are called as `network(x_t, t, label=None)`, answer with the shape of x_t, draw nothing at
random, and see the time through waves of the log SNR. What the answer means, noise or data or
velocity, is decided by the loss that trains them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._arrays import (
    Time,
    align,
    as_time,
    check_floating,
    check_positive,
    check_probability,
    check_range,
    check_tensor,
    check_whole,
    precise,
    quoted,
    uniform,
)
from ..destroy import Schedule

NO_LABEL = -1  # the null class of classifier-free guidance

_LOG_SNR_LIMIT = 16.0  # an SNR of 1e7 or 1e-7: beyond it x_t is data, or noise, to float32


def drop_labels(label: Tensor, chance: float, generator: torch.Generator | None = None) -> Tensor:
    """The labels (batch,), each replaced by NO_LABEL with probability `chance`.

    A network trained on such labels knows the conditional and the unconditional law, which guidance
    combines (Ho and Salimans 2022). Raises ValueError unless 0 <= chance <= 1.
    """
    chance = check_probability(chance, "chance")
    check_tensor(label, "label")
    dropped = uniform(label.shape, generator, label.device) < chance
    return label.masked_fill(dropped, NO_LABEL)


class Condition(nn.Module):
    r"""Time and label as one vector per sample: (t, label) -> (batch or 1, width).

    The time enters as waves sin(k \pi z / 2), cos(k \pi z / 2), k = 1..waves, of a number z in [-1, 1]:
    log SNR_t / 16, clipped, if a schedule is given, else 2 t / t_max - 1. The log SNR says how hard
    the denoising is, whatever the schedule calls the time. A label adds a learnt vector; there is one
    more such vector for NO_LABEL.

    classes  number of labels 0, 1, ...; 0 for a network without labels

    Raises ValueError for t out of range or a label outside -1..classes - 1, TypeError for labels that
    are not whole numbers.
    """

    def __init__(
        self,
        width: int,
        schedule: Schedule | None = None,
        classes: int = 0,
        waves: int = 16,
        t_max: float = 1.0,
    ):
        super().__init__()
        if schedule is not None and not isinstance(schedule, Schedule):
            raise TypeError(f"schedule must be a Schedule or None; got {type(schedule).__name__}")
        self.schedule = schedule
        self.t_max = check_positive(t_max, "t_max")
        self.classes = check_whole(classes, 0, "classes")
        self.waves, width = check_whole(waves, 1, "waves"), check_whole(width, 1, "width")
        self.mix = nn.Sequential(
            nn.Linear(2 * self.waves, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.names = nn.Embedding(self.classes + 1, width) if self.classes else None

    def forward(self, t: Time, label: Tensor | int | None, x: Tensor) -> Tensor:
        """The vector for the batch x, in the dtype and on the device of this module."""
        check_tensor(x, "x")
        align(t, x)
        weight = self.mix[0].weight
        t = as_time(t)
        z = precise(self._position(precise(t) if isinstance(t, Tensor) else t), weight.device)
        k = torch.arange(1, self.waves + 1, dtype=z.dtype, device=weight.device)
        angle = z.reshape(-1, 1) * k * (math.pi / 2)
        vector = self.mix(torch.cat([angle.sin(), angle.cos()], 1).to(weight.dtype))
        return vector if self.names is None else vector + self.names(self._rows(label, x))

    def _position(self, t: Time) -> Time:
        if self.schedule is None:
            check_range(t, 0.0, self.t_max, "t")
            return 2 * t / self.t_max - 1
        position = self.schedule.log_snr(t) / _LOG_SNR_LIMIT
        if isinstance(position, Tensor):
            return position.clamp(-1, 1)
        return min(max(position, -1.0), 1.0)

    def _rows(self, label: Tensor | int | None, x: Tensor) -> Tensor:
        try:
            label = torch.as_tensor(NO_LABEL if label is None else label, device=x.device)
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"label must hold whole numbers; got {quoted(label)}") from None
        if label.is_floating_point() or label.is_complex() or label.dtype == torch.bool:
            raise TypeError(f"label must hold whole numbers; got dtype {label.dtype}")
        if label.ndim and label.shape != x.shape[:1]:
            raise ValueError(
                f"label must hold one label per sample, {len(x)}; got shape {tuple(label.shape)}"
            )
        check_range(label, NO_LABEL, self.classes - 1, "label")
        return torch.where(label < 0, self.classes, label).reshape(-1)


def _check_input(network: nn.Module, x_t: Tensor, label, entry: tuple[int, ...]) -> None:
    """Raises unless x_t has the network's dtype and its leading `entry` = (d,) or (channels,)."""
    check_floating(x_t, "x_t")
    dtype = next(network.parameters()).dtype
    if x_t.dtype != dtype and not torch.is_autocast_enabled(x_t.device.type):
        raise TypeError(f"x_t must have the dtype of the network, {dtype}; got {x_t.dtype}")
    if x_t.shape[1:2] != entry:
        raise ValueError(
            f"x_t must have {entry[0]} entries in dimension 1; got shape {tuple(x_t.shape)}"
        )
    if label is not None and network.condition.classes == 0:
        raise ValueError("label must be None: this network was made with classes = 0")


class MLP(nn.Module):
    """A residual network for x_t (batch, dimension): `depth` layers of `width`, told t and label in each.

    schedule  gives the log SNR that stands for the time; None to use t itself, in [0, t_max]
    classes   number of labels, 0 for none

    forward(x_t, t, label=None): t a number or (batch,); label None, a number or (batch,) int64.
    Raises ValueError or TypeError for another shape, dtype, time or label. About 71 thousand
    parameters as it stands.
    """

    def __init__(
        self,
        dimension: int = 2,
        width: int = 128,
        depth: int = 3,
        schedule: Schedule | None = None,
        classes: int = 0,
        t_max: float = 1.0,
    ):
        super().__init__()
        self.dimension = check_whole(dimension, 1, "dimension")
        width = check_whole(width, 1, "width")
        self.condition = Condition(width, schedule, classes, t_max=t_max)
        self.first = nn.Linear(self.dimension, width)
        layers = [nn.Linear(width, width) for _ in range(check_whole(depth, 1, "depth"))]
        self.layers = nn.ModuleList(layers)
        self.last = nn.Linear(width, self.dimension)

    def forward(self, x_t: Tensor, t: Time, label: Tensor | int | None = None) -> Tensor:
        """The prediction, of the shape of x_t."""
        _check_input(self, x_t, label, (self.dimension,))
        if x_t.ndim != 2:
            raise ValueError(
                f"x_t must have shape (batch, {self.dimension}); got {tuple(x_t.shape)}"
            )
        told = self.condition(t, label, x_t)
        hidden = self.first(x_t)
        for layer in self.layers:
            hidden = hidden + layer(functional.silu(hidden + told))
        return self.last(functional.silu(hidden))


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(math.gcd(4, channels), channels)


class _Block(nn.Module):
    """Two convolutions with a way around them; time and label scale and shift what lies between."""

    def __init__(self, inside: int, outside: int, told: int):
        super().__init__()
        self.first = nn.Sequential(
            _norm(inside), nn.SiLU(), nn.Conv2d(inside, outside, 3, padding=1)
        )
        self.norm = _norm(outside)
        self.scale_and_shift = nn.Linear(told, 2 * outside)
        self.second = nn.Sequential(nn.SiLU(), nn.Conv2d(outside, outside, 3, padding=1))
        self.around = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.scale_and_shift(told)[..., None, None].chunk(2, 1)
        hidden = self.norm(self.first(x)) * (1 + scale) + shift
        return self.around(x) + self.second(hidden)


class _Attention(nn.Module):
    """Every place looks at every other: (batch, channels, height, width) -> the same."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = _norm(channels)
        # Without a bias: added to all keys alike, it would change nothing.
        self.parts = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.last = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        # With an axis of heads and whole rows in memory, no table of all pairs of places is made.
        parts = self.parts(self.norm(x)).flatten(2).transpose(1, 2)[:, None].chunk(3, -1)
        seen = functional.scaled_dot_product_attention(*(part.contiguous() for part in parts))
        return x + self.last(seen[:, 0].transpose(1, 2).reshape(x.shape))


class UNet(nn.Module):
    """A U-Net for images x_t (batch, channels, height, width), 8x8 to 32x32 and beyond.

    Each of `levels` halves the sides and doubles the channels, which begin at `width`; attention sits
    at the lowest. About 120 thousand parameters as it stands.

    width     a multiple of 8
    schedule  gives the log SNR that stands for the time; None to use t itself, in [0, t_max]
    classes   number of labels, 0 for none

    forward(x_t, t, label=None): t a number or (batch,); label None, a number or (batch,) int64.
    Raises ValueError unless the sides are multiples of 2^(levels - 1), and for another number of
    channels, time or label; TypeError for another dtype.
    Source: Ronneberger et al. 2015; with time as in Ho et al. 2020, appendix B.
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 16,
        levels: int = 2,
        schedule: Schedule | None = None,
        classes: int = 0,
        t_max: float = 1.0,
    ):
        super().__init__()
        self.channels = check_whole(channels, 1, "channels")
        if check_whole(width, 8, "width") % 8:
            raise ValueError(f"width must be a multiple of 8; got {width}")
        told = 3 * width
        widths = [width * 2**level for level in range(check_whole(levels, 1, "levels"))]
        below = [*widths[1:], widths[-1]]
        self.condition = Condition(told, schedule, classes, t_max=t_max)
        self.first = nn.Conv2d(self.channels, width, 3, padding=1)
        self.down = nn.ModuleList(map(_Block, [width, *widths], widths, [told] * levels))
        self.middle = nn.ModuleList(_Block(widths[-1], widths[-1], told) for _ in range(2))
        self.attention = _Attention(widths[-1])
        self.up = nn.ModuleList(_Block(a + b, a, told) for a, b in zip(widths, below))
        self.last = nn.Sequential(
            _norm(width), nn.SiLU(), nn.Conv2d(width, self.channels, 3, padding=1)
        )

    def forward(self, x_t: Tensor, t: Time, label: Tensor | int | None = None) -> Tensor:
        """The prediction, of the shape of x_t."""
        _check_input(self, x_t, label, (self.channels,))
        smallest = 2 ** (len(self.down) - 1)
        if x_t.ndim != 4 or any(side < smallest or side % smallest for side in x_t.shape[2:]):
            raise ValueError(
                f"x_t must have shape (batch, {self.channels}, height, width), with sides that are "
                f"multiples of {smallest}; got {tuple(x_t.shape)}"
            )
        told = functional.silu(self.condition(t, label, x_t))
        hidden, seen = self.first(x_t), []
        for level, block in enumerate(self.down):
            hidden = block(functional.avg_pool2d(hidden, 2) if level else hidden, told)
            seen.append(hidden)
        hidden = self.middle[1](self.attention(self.middle[0](hidden, told)), told)
        for level in reversed(range(len(seen))):
            hidden = self.up[level](torch.cat([hidden, seen[level]], 1), told)
            hidden = functional.interpolate(hidden, scale_factor=2.0) if level else hidden
        return self.last(hidden)
