"""How fast the waves of a picture fade, and how much of each is left, for the cases of this lesson."""

from __future__ import annotations

import math

import torch


def rates(height, width):
    """lambda_k for a picture of height rows and width columns, float64 (height, width)."""
    down = math.pi * torch.arange(height, dtype=torch.float64) / height
    across = math.pi * torch.arange(width, dtype=torch.float64) / width
    return down[:, None] ** 2 + across**2


def fading(height, width, w):
    """What a blur by w pixels leaves of each wave."""
    return torch.exp(-rates(height, width) * w**2 / 2)
