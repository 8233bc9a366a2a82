"""Words and names, and how a string becomes tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files

import torch
from torch import Tensor

from .._arrays import check_choice, check_range, check_tokens, check_whole, quoted

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = len(_LETTERS)
MASK = VOCABULARY
PAD = VOCABULARY + 1

_PARTS = ("all", "train", "heldout")
_LISTS = {
    "first": ("dist.female.first", "dist.male.first"),
    "female": ("dist.female.first",),
    "male": ("dist.male.first",),
    "last": ("dist.all.last",),
}


def words(length: int | None = None) -> list[str]:
    """Common English words of 4 to 7 letters, in order of length; of one length if that is given.

    The list is the course's own, under the licence of the course. Raises ValueError if it holds no
    word of that length.
    """
    listed = files("udm_lessons.data").joinpath("words.txt").read_text(encoding="utf-8").split()
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
    check_choice(part, _PARTS, "part")
    check_choice(kind, _LISTS, "kind")
    lists = [files("names").joinpath(name).read_text(encoding="ascii") for name in _LISTS[kind]]
    listed = {line.split()[0].lower() for line in "\n".join(lists).splitlines() if line.strip()}
    wanted = {"all": (True, False), "train": (False,), "heldout": (True,)}[part]
    return sorted(name for name in listed if _held_out(name) in wanted)


def _held_out(name: str) -> bool:
    # Python's own hash differs from run to run.
    return hashlib.sha256(name.encode()).digest()[0] < 26


def encode(strings: Iterable[str], width: int | None = None) -> Tensor:
    """Lower-case strings as (batch, width) int64: a..z are 0..25, '_' is MASK = 26, PAD = 27 on the right.

    Raises TypeError for anything but a list of strings, ValueError for another symbol or a string longer
    than `width`.
    """
    try:
        listed = None if isinstance(strings, str) else list(strings)
    except TypeError:  # no iterable, or one without axes
        listed = None
    if listed is None:
        raise TypeError(f"strings must be a list of strings; got {quoted(strings)}")
    strings = listed
    for string in strings:
        if not isinstance(string, str):
            raise TypeError(f"strings must be a list of strings; got {quoted(string)} in it")
    longest = max((len(string) for string in strings), default=0)
    width = longest if width is None else check_whole(width, 0, "width")
    if longest > width:
        raise ValueError(f"width must be at least {longest}, the longest string; got {width}")
    tokens = torch.full((len(strings), width), PAD, dtype=torch.int64)
    for row, string in enumerate(strings):
        for column, symbol in enumerate(string):
            if symbol not in _LETTERS + "_":
                raise ValueError(f"strings must use a..z and _; got {quoted(symbol)} in {quoted(string)}")
            tokens[row, column] = (_LETTERS + "_").index(symbol)
    return tokens


def decode(tokens: Tensor) -> list[str]:
    """The strings back from (batch, width) tokens; padding vanishes, MASK is '_'.

    Raises ValueError for a token outside 0..27.
    """
    check_tokens(tokens, "tokens")
    check_range(tokens, 0, PAD, "tokens")
    return ["".join((_LETTERS + "_")[i] for i in row if i != PAD) for row in tokens.tolist()]
