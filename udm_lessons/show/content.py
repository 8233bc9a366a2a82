"""What a picture is drawn from: labelled rows, numbers, images, strings; checked before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from .._arrays import quoted


def entry(name: str, label: str) -> str:
    """What an error calls the entry of a mapping."""
    return f"{name}[{quoted(label)}]"


def labelled(rows: Mapping, name: str, least: int = 1) -> Mapping:
    """The rows; raises TypeError unless they are a mapping from strings, ValueError if they are too few."""
    if not isinstance(rows, Mapping) or not all(isinstance(label, str) for label in rows):
        raise TypeError(f"{name} must be a mapping from labels, which are strings; got {quoted(rows)}")
    if len(rows) < least:
        raise ValueError(f"{name} must hold at least {least}; got {len(rows)}")
    return rows


def numbers(values: Sequence[float] | Tensor, name: str, shape: tuple[int | None, ...] = (None,)) -> np.ndarray:
    """The values as an array of floats of this shape, in which None is any length above 0.

    Raises TypeError for what is no real numbers, ValueError for another shape.
    """
    if isinstance(values, Tensor):
        values = values.detach().cpu().double() if values.is_floating_point() else values.detach().cpu()
        values = values.numpy()
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be numbers in rows of one length; got {quoted(values)}") from None
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be real numbers; got {quoted(values)}")
    fits = array.ndim == len(shape) and all(n == m or (m is None and n) for n, m in zip(array.shape, shape))
    if not fits:
        wanted = ", ".join("n" if m is None else str(m) for m in shape)
        raise ValueError(f"{name} must have the shape ({wanted}{',' * (len(shape) == 1)}); got {array.shape}")
    return array.astype(float)


def words(texts: Sequence[str], name: str) -> Sequence[str]:
    """The strings; raises TypeError unless they are a sequence of strings."""
    sequence = isinstance(texts, Sequence) and not isinstance(texts, str | bytes)
    if not sequence or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{name} must be a sequence of strings; got {quoted(texts)}")
    return texts


def text(value: str, name: str) -> str:
    """The string; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string; got {quoted(value)}")
    return value


def flag(value: bool, name: str) -> bool:
    """True or False; raises TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False; got {quoted(value)}")
    return value


def image(content: Tensor, name: str) -> Tensor:
    """The one image of a tensor (..., height, width); raises TypeError or ValueError for anything else."""
    if not isinstance(content, Tensor) or content.is_complex():
        raise TypeError(f"{name} must be an image, a tensor of real numbers; got {quoted(content)}")
    if content.ndim < 2 or content.numel() == 0 or content.numel() != content.shape[-2] * content.shape[-1]:
        raise ValueError(f"{name} must be one image (1, height, width); got shape {tuple(content.shape)}")
    return content.detach().cpu().reshape(content.shape[-2:]).float()
