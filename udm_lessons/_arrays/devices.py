"""Devices: which one is used, and which digits it has. Apple's MPS has no float64."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

CPU = torch.device("cpu")


def default_device() -> torch.device:
    """The CUDA device where there is one, else Apple's MPS where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps") if torch.backends.mps.is_available() else CPU


@lru_cache
def widest(device: torch.device) -> torch.dtype:
    """float64, or float32 on a device that has no float64."""
    try:
        torch.empty(0, dtype=torch.float64, device=device)
    except TypeError:
        return torch.float32
    return torch.float64


def precise(value: float | Tensor, device: torch.device | None = None) -> Tensor:
    """A number or a tensor in the widest dtype of a device: its own unless given, the CPU for a number."""
    device = device or (value.device if isinstance(value, Tensor) else CPU)
    return torch.as_tensor(value, dtype=widest(device), device=device)


def moved(x: Tensor, device: torch.device) -> Tensor:
    """The tensor on a device, in its own dtype or the widest one there."""
    return x.to(device, widest(device) if x.dtype == torch.float64 else x.dtype)


def home(device: torch.device) -> torch.device:
    """Where what needs float64 is computed for a device: there, or on the CPU if it has none."""
    return device if widest(device) == torch.float64 else CPU


def in_float64(x: Tensor) -> Tensor:
    """The tensor in float64: where it is, or on the CPU if its device has none."""
    return x.to(home(x.device)).double()
