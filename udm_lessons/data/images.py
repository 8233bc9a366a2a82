"""Handwritten digits, as grey images and as tokens."""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution

import numpy as np
import torch
from torch import Tensor

from .._arrays import check_cast, check_choice, check_range, check_tokens

PIXEL_MASK = -2.0  # a grey level that no digit has

GREYS = 17  # grey levels of a digit, as tokens 0..16
GREY_MASK = GREYS


def digits(part: str = "all", dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Handwritten digits, 8x8 with 17 grey levels scaled to [-1, 1]: images (n, 1, 8, 8), labels (n,).

    part is "all" (1797 images), "train" (every other image) or "heldout" (the rest).
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI 1998 (CC BY 4.0),
    as carried by scikit-learn. Raises ValueError for another part.
    """
    parts = {"all": slice(None), "train": slice(0, None, 2), "heldout": slice(1, None, 2)}
    check_choice(part, parts, "part")
    check_cast(dtype, "cpu", floating=True)
    table = torch.tensor(_digit_table())
    images = table[:, :-1].to(dtype).reshape(-1, 1, 8, 8) / 8 - 1
    return images[parts[part]], table[:, -1].long()[parts[part]]


@cache
def _digit_table() -> np.ndarray:
    """64 grey levels and the label of each digit: (1797, 65)."""
    path = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    if path.is_file():
        return np.loadtxt(path, delimiter=",")
    # The way in that is promised, but it imports most of scipy for one file.
    from sklearn.datasets import load_digits

    raw = load_digits()
    return np.column_stack([raw.data, raw.target])


def digit_tokens(part: str = "all") -> tuple[Tensor, Tensor]:
    """The digits as tokens: (n, 64) int64 with entries 0 (paper) to 16 (ink), row by row; labels (n,).

    `GREYS` = 17 levels; `GREY_MASK` = 17 is free to stand for a hidden pixel. Parts are those of
    `digits`, and so is the source. Raises ValueError for another part.
    """
    images, labels = digits(part)
    return ((images + 1) * 8).round().long().flatten(1), labels


def token_images(tokens: Tensor) -> Tensor:
    """Images (n, 1, 8, 8) in [-1, 1] of digit tokens (n, 64); GREY_MASK becomes `PIXEL_MASK`.

    Raises ValueError for another shape or a token outside 0..17.
    """
    check_tokens(tokens, "tokens")
    if tokens.shape[1] != 64:
        raise ValueError(f"tokens must have shape (n, 64); got {tuple(tokens.shape)}")
    check_range(tokens, 0, GREY_MASK, "tokens")
    images = (tokens.float() / 8 - 1).masked_fill(tokens == GREY_MASK, PIXEL_MASK)
    return images.reshape(-1, 1, 8, 8)
