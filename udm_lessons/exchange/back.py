r"""A model of diffusers as a network of ours: called as network(x_t, t, label), trained by `train`, drawn by `sample`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .._arrays import Time, align, as_time, check_floating, check_range, precise, quoted
from ..destroy import Gaussian, Schedule
from ..learn import NO_LABEL, UNet
from .needed import check_ticks, diffusers_library, schedule_in

if TYPE_CHECKING:
    from diffusers import ModelMixin


def from_diffusers(
    model: ModelMixin, schedule: Schedule | Gaussian | None = None, *, ticks: int | None = None
) -> DiffusersNetwork | UNet:
    r"""A model of diffusers as a network(x_t, t, label=None); `.model` is the model itself, not a copy.

    model     a UNet2DModel, of as many channels out as in; or the model of `to_diffusers`, whose U-Net is handed back
    schedule  the one that it was or will be trained under, or its Gaussian process: it says how far t runs
    ticks     1000, or the T of a chain: the model is told the timestep k = t ticks / t_max - 1, whole or not

    Labels: of a model with num_class_embeds = n, 0..n - 2 are classes and the last is the label that is no label, -1 or None here.

    Raises ImportError without diffusers; TypeError for another model or schedule; ValueError for one that embeds time otherwise than by positions
    or classes otherwise than by a table, and for ticks that are not those of the chain.
    """
    library = diffusers_library()
    if type(model).__name__ == "CourseUNet":
        return model.network
    if not isinstance(model, library.UNet2DModel):
        raise TypeError(f"model must be a UNet2DModel of diffusers; got {type(model).__name__}")
    if schedule is None:
        raise ValueError("schedule must be given with a UNet2DModel, which knows none")
    schedule = schedule_in(schedule)
    return DiffusersNetwork(model, schedule.t_max, check_ticks(ticks, schedule))


class DiffusersNetwork(nn.Module):
    """What `from_diffusers` returns for a UNet2DModel.

    forward(x_t, t, label=None): x_t (batch, channels, height, width), t a number or (batch,) in [0, t_max], label
    None, a number or (batch,) int64. The answer has the shape of x_t. Raises ValueError or TypeError for another shape, dtype, time or label.
    """

    def __init__(self, model: nn.Module, t_max: float, ticks: int):
        super().__init__()
        config = model.config
        if config.in_channels != config.out_channels:
            raise ValueError(
                f"model must have as many channels out as in; got {config.in_channels} in, {config.out_channels} out"
            )
        if config.time_embedding_type != "positional" or config.class_embed_type is not None:
            raise ValueError(
                "model must embed time by positions and classes by a table; "
                f"got {quoted(config.time_embedding_type)} and {quoted(config.class_embed_type)}"
            )
        self.model, self.t_max, self.ticks = model, float(t_max), ticks
        self.classes = (config.num_class_embeds or 1) - 1
        self._smallest = 2 ** (len(config.block_out_channels) - 1)

    def forward(self, x_t: Tensor, t: Time, label: Tensor | int | None = None) -> Tensor:
        """The prediction, of the shape of x_t."""
        self._check(x_t)
        align(t, x_t)
        t = as_time(t)
        check_range(t, 0.0, self.t_max, "t")
        # As a tensor: UNet2DModel cuts a Python number down to a whole one.
        k = precise(t, x_t.device) * self.ticks / self.t_max - 1
        k = k.to(torch.float32).expand(len(x_t))
        labels = self._rows(label, x_t)
        return self.model(x_t, k, **({} if labels is None else {"class_labels": labels})).sample

    def _check(self, x_t: Tensor) -> None:
        check_floating(x_t, "x_t")
        channels, least = self.model.config.in_channels, self._smallest
        if x_t.dtype != self.model.dtype and not torch.is_autocast_enabled(x_t.device.type):
            raise TypeError(f"x_t must have the dtype of the network, {self.model.dtype}; got {x_t.dtype}")
        if x_t.ndim != 4 or x_t.shape[1] != channels or any(side < least or side % least for side in x_t.shape[2:]):
            raise ValueError(
                f"x_t must have shape (batch, {channels}, height, width), with sides that are multiples of {least}; "
                f"got {tuple(x_t.shape)}"
            )

    def _rows(self, label: Tensor | int | None, x_t: Tensor) -> Tensor | None:
        if not self.classes:
            if label is not None:
                raise ValueError("label must be None: this model was made without classes")
            return None
        try:
            label = torch.as_tensor(NO_LABEL if label is None else label, device=x_t.device)
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"label must hold whole numbers; got {quoted(label)}") from None
        if label.is_floating_point() or label.is_complex() or label.dtype == torch.bool:
            raise TypeError(f"label must hold whole numbers; got dtype {label.dtype}")
        if label.ndim and label.shape != x_t.shape[:1]:
            raise ValueError(f"label must hold one label per sample, {len(x_t)}; got shape {tuple(label.shape)}")
        check_range(label, NO_LABEL, self.classes - 1, "label")
        return torch.where(label < 0, self.classes, label).expand(len(x_t))
