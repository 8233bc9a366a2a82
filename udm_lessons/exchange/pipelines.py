r"""A pipeline of diffusers that draws from a network of the course, and the folder in which it lives.

The class is made when it is first asked for, as `exchange.pipelines.CoursePipeline`.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    check_choice,
    check_floating,
    check_number,
    check_probability,
    check_times,
    check_whole,
    normal,
    quoted,
)
from ..destroy import Gaussian, Linear, Schedule
from ..flow import matching_scale, matching_time, uniform_times
from ..learn import NO_LABEL, UNet
from .models import to_diffusers
from .needed import DDIM, FLOW_MATCH, diffusers_library
from .schedulers import ddim_scheduler, flow_match_scheduler

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline


def to_pipeline(
    network: UNet,
    kind: str,
    schedule: Schedule | Gaussian | None = None,
    *,
    size: int,
    under: str = DDIM,
    ticks: int | None = None,
) -> DiffusionPipeline:
    r"""The network and its scheduler as a pipeline of diffusers; `save_pretrained(folder)` writes both.

    The arguments are those of `to_diffusers`; size is the side of the images. The pipeline is called as

        pipe(batch_size=1, class_labels=None, guidance_scale=1.0, num_inference_steps=50, eta=0.0,
             generator=None, latents=None, times=None, output_type="pil").images

    class_labels         None, a number or (batch,) int64
    guidance_scale       unconditional + w (conditional - unconditional), both in one call on a doubled batch. 1
                         asks for the conditional answer alone, 0 for the unconditional one
    num_inference_steps  equal steps of our t from t_max to 0, whatever the scheduler; they must divide ticks under "ddim"
    eta                  of our Ddim(eta), under "ddim"
    latents              x_T of our process; None to draw sigma_T N(0, I) from generator
    times                a grid of our t that ends at 0, under "flow_match", in place of num_inference_steps
    output_type          "pil", "np" or "pt": images from [-1, 1] to [0, 1], clipped; "latent": x_0 as it is

    Another scheduler of diffusers may take the place of the first: pipe.scheduler = KIND.from_config(pipe.scheduler.config).
    Each step is a step of our `sample` with Keep(), or Ddim(eta), up to the float32 in which diffusers keeps its tables.
    Raises what `to_diffusers` raises; the call TypeError or ValueError for bad arguments.
    """
    model = to_diffusers(network, kind, schedule, under=under, size=check_whole(size, 1, "size"), ticks=ticks)
    ticks = model.config.ticks
    if under == FLOW_MATCH:
        scheduler = flow_match_scheduler(ticks=ticks)
    else:
        scheduler = ddim_scheduler(network.condition.schedule if schedule is None else schedule, kind, ticks=ticks)
    return _course_pipeline()(model, scheduler)


def load_pipeline(folder: str | os.PathLike, *, dtype: torch.dtype | None = None) -> DiffusionPipeline:
    """The pipeline that save_pretrained has left in a folder, on the CPU; nothing is downloaded.

    dtype is that of the saved weights unless given. Raises ValueError for what is no folder of a pipeline, ImportError without diffusers.
    """
    pipeline = _course_pipeline()
    if not (Path(folder) / pipeline.config_name).is_file():
        raise ValueError(f"folder must be one that save_pretrained of a pipeline has written; got {quoted(str(folder))}")
    with _without_bar():
        found = pipeline.from_pretrained(folder, local_files_only=True)
    return found if dtype is None else found.to(dtype=dtype)


@contextmanager
def _without_bar() -> Iterator[None]:
    """Two files are opened at once: no bar for that."""
    from diffusers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def __getattr__(name: str) -> Any:
    if name == "CoursePipeline":
        return _course_pipeline()
    raise AttributeError(f"module {__name__} has no attribute {name}")


@cache
def _course_pipeline() -> type:
    library = diffusers_library()

    class CoursePipeline(library.DiffusionPipeline):
        """Draws images from a CourseUNet; see `exchange.to_pipeline`."""

        __qualname__ = "CoursePipeline"
        model_cpu_offload_seq = "unet"

        def __init__(self, unet, scheduler):
            super().__init__()
            _check_fit(unet, scheduler)
            self.register_modules(unet=unet, scheduler=scheduler)

        @torch.no_grad()
        def __call__(
            self,
            batch_size: int = 1,
            class_labels: Tensor | int | None = None,
            guidance_scale: float = 1.0,
            num_inference_steps: int = 50,
            eta: float = 0.0,
            generator: Generator = None,
            latents: Tensor | None = None,
            times: list[float] | None = None,
            output_type: str = "pil",
            return_dict: bool = True,
        ):
            """Images; the arguments are explained at `exchange.to_pipeline`."""
            check_choice(output_type, ("pil", "np", "pt", "latent"), "output_type")
            unet, device = self.unet, self._execution_device
            schedule, shown = unet._schedule, unet.config.in_channels
            if output_type == "pil" and shown not in (1, 3):
                raise ValueError(f"output_type pil needs 1 or 3 channels; got {shown}")
            start = _set_steps(self.scheduler, unet, num_inference_steps, times)
            if latents is None:
                side = check_whole(unet.config.sample_size, 1, "size")
                shape = (check_whole(batch_size, 1, "batch_size"), shown, side, side)
                latents = schedule.sigma(start) * normal(shape, generator, unet.dtype, device)
            check_floating(latents, "latents")
            ask = _guided(unet, _labels(class_labels, latents), check_number(guidance_scale, "guidance_scale"))
            told = _options(self.scheduler, _check_eta(eta, schedule.alpha(start)), generator)
            x = latents.to(device) * getattr(self.scheduler, "init_noise_sigma", 1.0)
            if unet.config.under == FLOW_MATCH:
                x = x / matching_scale(start, schedule, Linear())
            seen = getattr(self.scheduler, "scale_model_input", lambda x, timestep: x)
            for timestep in self.progress_bar(self.scheduler.timesteps):
                x = self.scheduler.step(ask(seen(x, timestep), timestep), timestep, x, **told).prev_sample
            images = _shown(self, _finite(x, self.scheduler), output_type)
            self.maybe_free_model_hooks()
            return library.ImagePipelineOutput(images=images) if return_dict else (images,)

    return CoursePipeline


def _check_fit(unet, scheduler) -> None:
    """Raises ValueError unless the model answers what the scheduler expects."""
    flows = "prediction_type" not in scheduler.config
    if flows != (unet.config.under == FLOW_MATCH):
        raise ValueError(f"unet was made for under={quoted(unet.config.under)}; got a {type(scheduler).__name__}")
    if scheduler.config.num_train_timesteps != unet.config.ticks:
        raise ValueError(
            f"scheduler must have the {unet.config.ticks} ticks of the unet; got {scheduler.config.num_train_timesteps}"
        )


def _set_steps(scheduler, unet, steps: int, times) -> float:
    """Sets the steps of the scheduler; returns the time t at which they begin."""
    schedule, ticks = unet._schedule, unet.config.ticks
    steps = check_whole(steps, 1, "num_inference_steps")
    if unet.config.under == FLOW_MATCH:
        times = uniform_times(steps, schedule.t_max) if times is None else check_times(times, schedule.t_max)
        if times[-1] != 0:
            raise ValueError(f"times must end at 0; got {times[-1]}")
        scheduler.set_timesteps(sigmas=[matching_time(t, schedule, Linear()) for t in times[:-1]])
        return times[0]
    if times is not None:
        raise ValueError("times must be None under ddim, where num_inference_steps says them")
    if ticks % steps:
        raise ValueError(f"num_inference_steps must divide {ticks}, or a step ends where the next does not begin; got {steps}")
    scheduler.set_timesteps(steps)
    return schedule.t_max


def _labels(class_labels, x: Tensor) -> Tensor | None:
    if class_labels is None:
        return None
    try:
        labels = torch.as_tensor(class_labels, device=x.device)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"class_labels must hold whole numbers; got {quoted(class_labels)}") from None
    if labels.ndim and labels.shape != x.shape[:1]:
        raise ValueError(f"class_labels must hold one label per image, {len(x)}; got shape {tuple(labels.shape)}")
    return labels.expand(len(x))


def _guided(unet, labels: Tensor | None, scale: float):
    """The function (x, timestep) -> answer, guided; one call of the network."""
    if labels is None:
        if scale != 1:
            raise ValueError(f"class_labels must be given with guidance_scale other than 1; got {scale}")
        return lambda x, timestep: unet(x, timestep).sample
    nothing = torch.full_like(labels, NO_LABEL)
    if scale in (0, 1):
        return lambda x, timestep: unet(x, timestep, labels if scale else nothing).sample
    both = torch.cat([nothing, labels])

    def ask(x: Tensor, timestep: Tensor) -> Tensor:
        without, given = unet(torch.cat([x, x]), timestep, both).sample.chunk(2)
        return torch.lerp(without, given, scale)

    return ask


def _check_eta(eta: float, alpha: float) -> float:
    if check_probability(eta, "eta") > 0.999 and alpha == 0:
        # DDIMScheduler takes the root of 1 - abar_s - deviation^2 there, which rounding makes negative: all NaN.
        raise ValueError(f"eta must be at most 0.999 with a schedule whose alpha is 0 at t_max; got {eta}")
    return eta


def _options(scheduler, eta: float, generator: Generator) -> dict[str, Any]:
    """What the step of this scheduler takes besides; raises ValueError for an eta that it does not know."""
    known = inspect.signature(scheduler.step).parameters
    if eta and "eta" not in known:
        raise ValueError(f"eta must be 0 with {type(scheduler).__name__}; got {eta}")
    return {name: value for name, value in (("eta", eta), ("generator", generator)) if name in known}


def _finite(x: Tensor, scheduler) -> Tensor:
    if not bool(x.isfinite().all()):
        raise ValueError(
            f"scheduler must be one that these steps do not take to infinity; got a {type(scheduler).__name__}. Few can begin "
            "where alpha = 0, as Trig does: DDIMScheduler can"
        )
    return x


def _shown(pipe, x: Tensor, output_type: str):
    if output_type == "latent":
        return x
    x = (x / 2 + 0.5).clamp(0, 1)
    if output_type == "pt":
        return x
    images = x.float().cpu().permute(0, 2, 3, 1).numpy()
    return images if output_type == "np" else pipe.numpy_to_pil(images)
