r"""The schedule of a network as a scheduler of diffusers, every setting named, and back.

`DDIMScheduler` counts time in whole steps k = 0..N - 1, from data to noise; its k is our t = (k + 1) t_max / N,
and what it calls alphas_cumprod[k] is \alpha_t^2. `FlowMatchEulerDiscreteScheduler` counts \tau in [0, 1] of the
straight line (1 - \tau) x_0 + \tau \varepsilon, our schedule `Linear`.
"""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from .._arrays import precise, quoted
from ..destroy import DiscreteSchedule, Gaussian, Linear, Schedule
from ..flow import check_kind, loss_weight, matching_scale, matching_time
from .needed import check_ticks, diffusers_library, schedule_in

if TYPE_CHECKING:
    from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler, SchedulerMixin

# What the answer of a network of each kind is turned into for DDIMScheduler, and its name there.
SAID_AS = {"eps": "eps", "score": "eps", "x0": "x0", "v_vp": "v_vp", "v": "v_vp", "flow": "v_vp", "edm": "v_vp"}
_NEARLY = 1 + 1e-6
PREDICTION_TYPE = {"eps": "epsilon", "x0": "sample", "v_vp": "v_prediction"}


def ddim_scheduler(schedule: Schedule | Gaussian, kind: str, *, ticks: int | None = None) -> DDIMScheduler:
    r"""A diffusers DDIMScheduler with the betas of `schedule`, so that its steps are ours with Keep() or Ddim(eta).

    \beta_k = 1 - \alpha_{t_k}^2 / \alpha_{t_{k-1}}^2, t_k = k t_max / ticks, k = 1..ticks; in float32, as there.

    schedule  variance preserving, \alpha^2 + \sigma^2 = 1, and clean at t = 0; or a Gaussian process that has it
    kind      what the network predicts, one of `flow.KINDS`. eps and score are announced as "epsilon", x0 as
              "sample", the others as "v_prediction": what the model of `to_diffusers` answers
    ticks     its number of steps, num_train_timesteps: 1000, or the T of a chain

    Samples are not clipped, the last alpha-bar is 1, steps are spaced as "trailing", from the noisiest down. Nothing is
    left to a default, so that another scheduler made of its config agrees. Raises ValueError for another schedule or kind, and where
    the kind does not tell x0 at t_max (eps at alpha = 0); TypeError for what is no schedule.
    """
    schedule = schedule_in(schedule)
    ticks = check_ticks(ticks, schedule)
    check_preserving(schedule, ticks)
    said = check_told(kind, schedule)
    return _made(
        diffusers_library().DDIMScheduler,
        num_train_timesteps=ticks,
        trained_betas=_betas(schedule, ticks),
        beta_schedule="linear",  # this and the two ends are not used beside trained_betas
        beta_start=1e-4,
        beta_end=0.02,
        prediction_type=PREDICTION_TYPE[said],
        clip_sample=False,
        clip_sample_range=1.0,
        thresholding=False,
        dynamic_thresholding_ratio=0.995,
        sample_max_value=1.0,
        set_alpha_to_one=True,
        steps_offset=0,
        timestep_spacing="trailing",
        rescale_betas_zero_snr=False,
    )


def flow_match_scheduler(*, ticks: int = 1000, redraw: bool = False) -> FlowMatchEulerDiscreteScheduler:
    r"""A diffusers FlowMatchEulerDiscreteScheduler without any shift: x_s = x_t + (\tau_s - \tau_t) (eps - x0).

    ticks   what the time is multiplied with on its way to the model, num_train_timesteps
    redraw  its stochastic_sampling: fresh noise at each step, our Redraw(); else the noise is kept, our Keep()

    It serves every schedule: the model of `to_diffusers(..., under="flow_match")` knows its own. Its last step ends at
    tau = 0, without noise. Raises TypeError or ValueError unless ticks is a whole number above 0.
    """
    return _made(
        diffusers_library().FlowMatchEulerDiscreteScheduler,
        num_train_timesteps=check_ticks(ticks, Linear()),
        shift=1.0,
        use_dynamic_shifting=False,
        base_shift=0.5,
        max_shift=1.15,
        base_image_seq_len=256,
        max_image_seq_len=4096,
        invert_sigmas=False,
        shift_terminal=None,
        use_karras_sigmas=False,
        use_exponential_sigmas=False,
        use_beta_sigmas=False,
        time_shift_type="exponential",
        stochastic_sampling=bool(redraw),
    )


def scheduler_times(scheduler: SchedulerMixin, schedule: Schedule | Gaussian) -> list[float]:
    r"""The times for `sample` at which a scheduler of diffusers stands, after its set_timesteps: decreasing, ending at 0.

    k of a chain of N is t = (k + 1) t_max / N; \tau of flow matching the t of equal SNR under `schedule`.
    Raises ValueError before set_timesteps, and for uneven steps: the step that DDIMScheduler takes from k ends at
    k - N // n whatever the next k is, so that n must divide N.
    """
    schedule = schedule_in(schedule)
    if getattr(scheduler, "num_inference_steps", None) is None:
        raise ValueError(f"scheduler must know its steps: call set_timesteps first; got {quoted(scheduler)}")
    if hasattr(scheduler, "sigmas") and not hasattr(scheduler, "alphas_cumprod"):
        return [matching(float(tau), schedule)[0] for tau in scheduler.sigmas[:-1]] + [0.0]
    chain, places = scheduler.config.num_train_timesteps, scheduler.timesteps.tolist()
    step = chain // scheduler.num_inference_steps
    if places != [places[0] - k * step for k in range(len(places))] or places[-1] >= step:
        raise ValueError(
            f"scheduler must take even steps: num_inference_steps must divide {chain}; "
            f"got {scheduler.num_inference_steps}"
        )
    return [tick_time(k, schedule, chain) for k in places] + [0.0]


def scheduler_schedule(scheduler: SchedulerMixin) -> tuple[DiscreteSchedule, str]:
    """The chain of a scheduler of diffusers that has betas, as a schedule of ours, and the kind that it expects.

    Raises TypeError for a scheduler without betas, ValueError for a prediction type that is none of our kinds.
    """
    betas, said = getattr(scheduler, "betas", None), getattr(scheduler, "config", {}).get("prediction_type")
    if not isinstance(betas, torch.Tensor):
        raise TypeError(f"scheduler must have betas, as DDIMScheduler; got {type(scheduler).__name__}")
    kinds = {name: kind for kind, name in PREDICTION_TYPE.items()}
    if said not in kinds:
        raise ValueError(f"scheduler must have a prediction_type among {', '.join(kinds)}; got {quoted(said)}")
    return DiscreteSchedule(betas.double()), kinds[said]


def tick_time(k: float | torch.Tensor, schedule: Schedule, ticks: int) -> float | torch.Tensor:
    """The time (k + 1) t_max / ticks of the step that diffusers calls k."""
    return (k + 1) * schedule.t_max / ticks


def matching(tau: float | torch.Tensor, schedule: Schedule) -> tuple[float | torch.Tensor, float | torch.Tensor]:
    r"""The t at which `schedule` has the SNR of the straight line at \tau, and the c of x_t = c \tilde x_\tau.

    A \tau past the last one by no more than a rounding in float32 is the last one. Raises ValueError where the schedule
    does not reach the SNR, TypeError for a chain.
    """
    if not isinstance(tau, torch.Tensor):
        return _matching(tau, schedule)
    last = last_tau(schedule)
    t = matching_time(torch.where((tau > last) & (tau <= last * _NEARLY), last, precise(tau)), Linear(), schedule)
    return t, matching_scale(t, schedule, Linear())


@lru_cache(maxsize=4096)  # a sampler asks at the same times again and again
def _matching(tau: float, schedule: Schedule) -> tuple[float, float]:
    last = last_tau(schedule)
    t = matching_time(last if last < tau <= last * _NEARLY else tau, Linear(), schedule)
    return t, matching_scale(t, schedule, Linear())


@lru_cache(maxsize=64)
def last_tau(schedule: Schedule) -> float:
    r"""The \tau of the straight line that has the SNR of `schedule` at t_max: 1, or a little less."""
    return matching_time(schedule.t_max, schedule, Linear())


def check_preserving(schedule: Schedule, ticks: int) -> None:
    r"""Raises ValueError unless \alpha^2 + \sigma^2 = 1 at all ticks, and sigma = 0 at t = 0."""
    if schedule.sigma(0.0) != 0:
        raise ValueError(f"schedule must be clean at t = 0 for DDIMScheduler; got sigma_0 = {schedule.sigma(0.0):g}")
    for k in range(ticks):
        t = tick_time(k, schedule, ticks)
        length = schedule.alpha(t) ** 2 + schedule.sigma(t) ** 2
        if abs(length - 1) > 1e-9:
            raise ValueError(
                f"schedule must have alpha^2 + sigma^2 = 1 for DDIMScheduler; got {length:.4g} at t = {t:g}. "
                "Under flow matching any schedule will do"
            )


def check_told(kind: str, schedule: Schedule) -> str:
    """What an answer of this kind is turned into for DDIMScheduler; raises where it does not tell x0 at t_max."""
    said = SAID_AS.get(check_kind(kind), "v_vp")
    loss_weight(kind, "x0", schedule.t_max, schedule)
    return said


def _betas(schedule: Schedule, ticks: int) -> list[float]:
    """Betas in float32 whose running product meets each alpha_t^2 to a rounding: none adds to the next."""
    product, betas = 1.0, []
    for k in range(ticks):
        wanted = schedule.alpha(tick_time(k, schedule, ticks)) ** 2
        beta = torch.tensor(1 - wanted / product, dtype=torch.float32)
        betas.append(float(beta))
        product *= float(1 - beta)
    return betas


def _made(kind: type, **settings):
    """A scheduler with these settings, those left out that a release does not know."""
    known = inspect.signature(kind.__init__).parameters
    return kind(**{name: value for name, value in settings.items() if name in known})
