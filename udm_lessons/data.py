"""Small real data that travels with the course: digits, words, names, and 2-D points."""

from __future__ import annotations

import hashlib
import math
from importlib.resources import files

import torch
from torch import Tensor

from ._arrays import check_range, check_tokens

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = len(_LETTERS)
MASK = VOCABULARY
PAD = VOCABULARY + 1

PIXEL_MASK = -2.0  # a grey level that no digit has

GREYS = 17  # grey levels of a digit, as tokens 0..16
GREY_MASK = GREYS

_PARTS = ("all", "train", "heldout")
_LISTS = {
    "first": ("dist.female.first", "dist.male.first"),
    "female": ("dist.female.first",),
    "male": ("dist.male.first",),
    "last": ("dist.all.last",),
}


def digits(part: str = "all", dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Handwritten digits, 8x8 with 17 grey levels scaled to [-1, 1]: images (n, 1, 8, 8), labels (n,).

    part is "all" (1797 images), "train" (every other image) or "heldout" (the rest).
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI 1998 (CC BY 4.0),
    as carried by scikit-learn. Raises ValueError for another part.
    """
    from sklearn.datasets import load_digits

    parts = {"all": slice(None), "train": slice(0, None, 2), "heldout": slice(1, None, 2)}
    if part not in parts:
        raise ValueError(f"part must be one of {', '.join(parts)}; got {part!r}")
    raw = load_digits()
    images = torch.tensor(raw.images, dtype=dtype)[:, None] / 8 - 1
    return images[parts[part]], torch.tensor(raw.target)[parts[part]]


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


def words(length: int | None = None) -> list[str]:
    """Common English words of 4 to 7 letters, in order of length; of one length if that is given.

    The list is the course's own, under the licence of the course. Raises ValueError if it holds no
    word of that length.
    """
    listed = files("udm_lessons").joinpath("words.txt").read_text(encoding="utf-8").split()
    chosen = [word for word in listed if length is None or len(word) == length]
    if not chosen:
        raise ValueError(f"length must be between 4 and 7; got {length}")
    return chosen


def names(part: str = "all", kind: str = "first") -> list[str]:
    """Names in the United States census of 1990, lower case, in alphabetical order.

    kind  "first" (5163 names, those of women and men together), "female", "male", or "last" (88799)
    part  "all", "train" (nine in ten) or "heldout". A name is held out if the first byte of its
          SHA-256 is below 26: the split is the same on every machine and for every kind

    Source: U.S. Census Bureau, Frequently Occurring Surnames and First Names from the 1990 Census, as
    carried by the package `names` (T. Hunner, MIT licence). As works of the government of the United
    States the lists are in the public domain. Raises ValueError for another part or kind.
    """
    if part not in _PARTS:
        raise ValueError(f"part must be one of {', '.join(_PARTS)}; got {part!r}")
    if kind not in _LISTS:
        raise ValueError(f"kind must be one of {', '.join(_LISTS)}; got {kind!r}")
    lists = [files("names").joinpath(name).read_text(encoding="ascii") for name in _LISTS[kind]]
    listed = {line.split()[0].lower() for line in "\n".join(lists).splitlines() if line.strip()}
    wanted = {"all": (True, False), "train": (False,), "heldout": (True,)}[part]
    return sorted(name for name in listed if _held_out(name) in wanted)


def _held_out(name: str) -> bool:
    # Python's own hash differs from run to run.
    return hashlib.sha256(name.encode()).digest()[0] < 26


def encode(strings: list[str], width: int | None = None) -> Tensor:
    """Lower-case strings as (batch, width) int64: a..z are 0..25, '_' is MASK = 26, PAD = 27 on the right.

    Raises ValueError for another symbol or a string longer than `width`.
    """
    if isinstance(strings, str):
        raise TypeError(f"strings must be a list of strings; got the single string {strings!r}")
    longest = max((len(string) for string in strings), default=0)
    width = longest if width is None else width
    if longest > width:
        raise ValueError(f"width must be at least {longest}, the longest string; got {width}")
    tokens = torch.full((len(strings), width), PAD, dtype=torch.int64)
    for row, string in enumerate(strings):
        for column, symbol in enumerate(string):
            if symbol not in _LETTERS + "_":
                raise ValueError(f"strings must use a..z and _; got {symbol!r} in {string!r}")
            tokens[row, column] = (_LETTERS + "_").index(symbol)
    return tokens


def decode(tokens: Tensor) -> list[str]:
    """The strings back from (batch, width) tokens; padding vanishes, MASK is '_'.

    Raises ValueError for a token outside 0..27.
    """
    check_tokens(tokens, "tokens")
    check_range(tokens, 0, PAD, "tokens")
    return ["".join((_LETTERS + "_")[i] for i in row if i != PAD) for row in tokens.tolist()]


def pinwheel_centres(arms: int = 5, along: int = 4, dtype: torch.dtype = torch.float64) -> Tensor:
    """Centres of a five-armed pinwheel in the plane, (arms * along, 2), of about unit variance.

    A mixture of narrow Gaussians at these points is easy to see and has exact posteriors.
    """
    radius = torch.linspace(0.5, 1.9, along, dtype=dtype)
    turn = torch.arange(arms, dtype=dtype)[:, None] * (2 * math.pi / arms)
    angle = turn + 0.55 * radius
    return torch.stack([radius * angle.cos(), radius * angle.sin()], -1).reshape(-1, 2)
