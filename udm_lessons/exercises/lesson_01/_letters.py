"""Random letters of the alphabet, as whole numbers."""

from __future__ import annotations

import torch

from ...checks import stream


def letters(seed: int, *shape: int) -> torch.Tensor:
    return torch.randint(26, shape, generator=stream(seed))
