r"""Our U-Net as a model of diffusers: the same weights, called as model(sample, timestep, class_labels).

diffusers wants a class of its own to save and to load. It is made when it is first asked for, as
`exchange.models.CourseUNet`, under the name that a saved folder gives it.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .._arrays import align, as_time, check_choice, check_range, check_tensor, check_whole, precise
from ..destroy import Gaussian, Schedule
from ..flow import convert, loss_weight
from ..learn import UNet
from .needed import DDIM, FLOW_MATCH, UNDER, check_ticks, diffusers_library, schedule_in
from .recipes import from_recipe, recipe
from .schedulers import SAID_AS, check_preserving, check_told, last_tau, matching, tick_time

if TYPE_CHECKING:
    from diffusers import ModelMixin


def to_diffusers(
    network: UNet,
    kind: str,
    schedule: Schedule | Gaussian | None = None,
    *,
    under: str = DDIM,
    size: int | None = None,
    ticks: int | None = None,
) -> ModelMixin:
    r"""A model of diffusers around a copy of the network: model(sample, timestep, class_labels=None).sample.

    network   a `learn.UNet`; save the copy that `train` returns, whose weights are the average
    kind      what it predicts, one of `flow.KINDS`
    schedule  the one that it was trained under, or its Gaussian process; None for the one it was told about
    under     "ddim": the timestep is k = 0..ticks - 1, t = (k + 1) t_max / ticks, and the answer is eps, x0 or v_vp as
              `ddim_scheduler` announces. "flow_match": the timestep is \tau ticks, and the answer the eps - x0 of
              the straight line (1 - \tau) x_0 + \tau \varepsilon, which is at equal SNR the point x_t / c (`flow.matching_time`,
              `flow.matching_scale`): the same x_0 and eps, so that the answer is a conversion at x_t
    size      the side of the images that a pipeline draws; None where no pipeline does
    ticks     1000, or the T of a chain: the num_train_timesteps of the scheduler

    sample is (batch, channels, height, width) in the dtype of the network, timestep a number or (batch,),
    class_labels None, a number or (batch,) int64, -1 for none. `save_pretrained(folder)` writes a config, from which alone
    `from_pretrained(folder)` rebuilds it, and weights in safetensors, and `model.network` is the U-Net again.

    Raises ImportError without diffusers; TypeError for another network, a schedule that is not one of the course's, and a chain under
    "flow_match"; ValueError for another kind, where the kind does not tell x0 at t_max, and for a schedule that
    DDIMScheduler cannot follow.
    """
    if type(network) is not UNet:
        raise TypeError(f"network must be a learn.UNet, bare: not wrapped, compiled or parallel; got {type(network).__name__}")
    schedule = network.condition.schedule if schedule is None else schedule_in(schedule)
    if schedule is None:
        raise ValueError("schedule must be given: the network was made without one")
    check_choice(under, UNDER, "under")
    ticks = check_ticks(ticks, schedule)
    _check_usable(kind, schedule, under, ticks)
    condition = network.condition
    config = {
        "in_channels": network.channels, "out_channels": network.channels,
        "sample_size": None if size is None else check_whole(size, 1, "size"),
        "width": network.first.out_channels, "levels": len(network.down), "classes": condition.classes, "t_max": condition.t_max,
        "told": recipe(condition.schedule), "schedule": recipe(schedule), "kind": kind, "under": under, "ticks": ticks,
        "weights": _name(next(network.parameters()).dtype),
    }  # fmt: skip
    model = _course_unet()(**config)
    model.network = copy.deepcopy(network)
    return model.eval()


def _check_usable(kind: str, schedule: Schedule, under: str, ticks: int) -> None:
    check_told(kind, schedule)
    if under == DDIM:
        check_preserving(schedule, ticks)
        loss_weight(kind, SAID_AS.get(kind, "v_vp"), schedule.t_max, schedule)
    else:
        matching(last_tau(schedule), schedule)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def __getattr__(name: str) -> Any:
    if name == "CourseUNet":
        return _course_unet()
    if name == "ModelMixin":  # where a pipeline meets a class, it looks in the module beside it for what it knows to load
        return diffusers_library().ModelMixin
    raise AttributeError(f"module {__name__} has no attribute {name}")


@cache
def _course_unet() -> type:
    library = diffusers_library()
    from diffusers.configuration_utils import register_to_config
    from diffusers.models.unets.unet_2d import UNet2DOutput

    class CourseUNet(library.ModelMixin, library.ConfigMixin):
        """The U-Net of the course inside diffusers; made by `to_diffusers`, or by from_pretrained of a folder."""

        __qualname__ = "CourseUNet"

        @register_to_config
        def __init__(
            self, in_channels: int, out_channels: int, sample_size: int | None, width: int, levels: int, classes: int,
            t_max: float, told: dict | None, schedule: dict, kind: str, under: str, ticks: int, weights: str = "float32",
        ):  # fmt: skip
            super().__init__()
            with torch.random.fork_rng(devices=[]):  # weights that are about to be replaced
                self.network = UNet(in_channels, width, levels, from_recipe(told), classes, t_max)
            if torch.get_default_dtype() == torch.float32:  # else from_pretrained was told another
                self.network.to(getattr(torch, weights))
            self._schedule = from_recipe(schedule)

        def save_config(self, save_directory, push_to_hub=False, **kwargs):
            """As of ConfigMixin, with the dtype that the weights have now."""
            self.register_to_config(weights=_name(self.dtype))
            super().save_config(save_directory, push_to_hub, **kwargs)

        def forward(self, sample, timestep, class_labels=None, return_dict=True):
            """The answer for the scheduler, as UNet2DModel gives it: `.sample`, or a tuple of one."""
            check_tensor(sample, "sample")
            answer = self._answer(sample, _aligned(timestep, sample), class_labels)
            return UNet2DOutput(sample=answer) if return_dict else (answer,)

        def _answer(self, sample, timestep, label):
            config, schedule = self.config, self._schedule
            if config.under == FLOW_MATCH:
                check_range(timestep, 0.0, float(config.ticks), "timestep")
                t, scale = matching(timestep / config.ticks, schedule)
                c = align(scale, sample)
                x_t = sample * (c.to(sample.dtype) if isinstance(c, Tensor) else c)
                return convert(self.network(x_t, t, label), config.kind, "flow", x_t, t, schedule)
            check_range(timestep, 0.0, config.ticks - 1.0, "timestep")
            t, said = tick_time(timestep, schedule, config.ticks), SAID_AS.get(config.kind, "v_vp")
            answer = self.network(sample, t, label)
            return answer if said == config.kind else convert(answer, config.kind, said, sample, t, schedule)

    return CourseUNet


def _aligned(timestep: float | Tensor, sample: Tensor) -> float | Tensor:
    """A timestep as a float, or (batch,) in the widest dtype; raises TypeError or ValueError for anything else."""
    timestep = as_time(timestep, "timestep")
    align(timestep, sample, "timestep")
    return precise(timestep) if isinstance(timestep, Tensor) else timestep
