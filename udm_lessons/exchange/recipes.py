r"""Schedules as plain data: what a config file holds of them, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._arrays import quoted
from ..destroy import VE, VPLinear, ConstantNoise, Cosine, DiscreteSchedule, Linear, Schedule, Trig

_ARGUMENTS = {
    Linear: (), Trig: (), VPLinear: ("beta_min", "beta_max"), Cosine: ("s", "floor"), VE: ("sigma_min", "sigma_max"),
}  # fmt: skip
_BY_NAME = {kind.__name__: kind for kind in (*_ARGUMENTS, ConstantNoise, DiscreteSchedule)}


def recipe(schedule: Schedule | None) -> dict[str, Any] | None:
    """{"name": ..., arguments} of a schedule of the course, in numbers, strings and lists; None for None.

    Raises TypeError for a schedule of your own: a config file cannot hold its code.
    """
    if schedule is None:
        return None
    kind = type(schedule)
    if kind in _ARGUMENTS:
        return {"name": kind.__name__, **{name: getattr(schedule, name) for name in _ARGUMENTS[kind]}}
    if kind is ConstantNoise:
        return {"name": kind.__name__, "sigma": schedule.sigma(0.0)}
    if kind is DiscreteSchedule:
        return {"name": kind.__name__, "betas": _betas(schedule)}
    raise TypeError(f"schedule must be one of {', '.join(_BY_NAME)}, whose code a config need not hold; got {kind.__name__}")


def from_recipe(data: Mapping[str, Any] | None) -> Schedule | None:
    """The schedule of a recipe. Raises ValueError for an unknown name or other arguments."""
    if data is None:
        return None
    if not isinstance(data, Mapping) or data.get("name") not in _BY_NAME:
        raise ValueError(f"a schedule in a config must have a name among {', '.join(_BY_NAME)}; got {quoted(data)}")
    arguments = {name: value for name, value in data.items() if name != "name"}
    try:
        return _BY_NAME[data["name"]](**arguments)
    except TypeError as error:
        raise ValueError(f"the config holds other arguments than {data['name']} has; got {quoted(arguments)}") from error


def _betas(schedule: DiscreteSchedule) -> list[float]:
    r"""\beta_k = (\sigma_k^2 - \sigma_{k-1}^2) / \alpha_{k-1}^2 of a chain, k = 1..T; a list of floats."""
    alpha, sigma = schedule.alpha, schedule.sigma
    return [
        (sigma(k) ** 2 - sigma(k - 1) ** 2) / alpha(k - 1) ** 2 if alpha(k) else 1.0
        for k in range(1, int(schedule.t_max) + 1)
    ]
