"""Capital letters as grey images, drawn from the typefaces that matplotlib carries."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from string import ascii_uppercase

import numpy as np
import torch
from matplotlib import get_data_path
from PIL import Image, ImageChops, ImageDraw, ImageFont
from torch import Tensor

from .._arrays import check_cast, check_choice, check_whole

_SANS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique")
_MONO = ("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique")
_SERIF = ("DejaVuSerif", "DejaVuSerif-BoldItalic", "DejaVuSerif-Italic")
_STIX = ("STIXGeneral", "STIXGeneralBol", "STIXGeneralBolIta")
_HELD_OUT = ("DejaVuSans-Oblique", "DejaVuSansMono-BoldOblique", "DejaVuSerif-Bold", "STIXGeneralItalic")
FACES = (*_SANS, *_MONO, *_SERIF, *_STIX, *_HELD_OUT)

_CANVAS = 128  # pixels at which a letter is drawn and turned, before it is made small
_POINTS = 92


def letters(
    part: str = "all", size: int = 32, copies: int = 6, seed: int = 0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """The 26 capitals in 16 typefaces: images (n, 1, size, size) in [-1, 1], ink 1; labels (n,), 0 for A to 25 for Z.

    part is "all" (16 * 26 * copies images), "train" (the first 12 of `FACES`) or "heldout" (the last 4, which
    are in no training image). In order of face, letter and copy. Each copy is turned by up to 12 degrees, sheared
    by up to 0.15, scaled by 0.85 to 1.1 and shifted by up to 6 of 128 pixels, uniformly and seeded; with copies = 1
    each letter stands as its typeface has it. size divides 128, and is 4 at least.
    Source: DejaVu and STIX fonts, as carried by matplotlib with their licences (free to use, change and pass on).
    Raises ValueError for another part or size, or fewer copies than one.
    """
    check_choice(part, ("all", "train", "heldout"), "part")
    size, copies, seed = check_whole(size, 4, "size"), check_whole(copies, 1, "copies"), check_whole(seed, 0, "seed")
    if _CANVAS % size:
        raise ValueError(f"size must divide {_CANVAS}; got {size}")
    check_cast(dtype, "cpu", floating=True)
    train = len(FACES) - len(_HELD_OUT)
    faces = {"all": slice(None), "train": slice(train), "heldout": slice(train, None)}[part]
    images = torch.tensor(_alphabet(size, copies, seed)[faces]).to(dtype).reshape(-1, 1, size, size) / 127.5 - 1
    labels = torch.arange(26).repeat_interleave(copies)
    return images, labels.repeat(len(images) // len(labels))


@cache
def _alphabet(size: int, copies: int, seed: int) -> np.ndarray:
    """The ink of each pixel, 0 to 255: (faces, 26, copies, size, size)."""
    draws = 2 * torch.rand(len(FACES), 26, copies, 5, generator=torch.Generator().manual_seed(seed)) - 1
    if copies == 1:
        draws.zero_()
    found = np.empty((len(FACES), 26, copies, size, size), np.uint8)
    for f, face in enumerate(FACES):
        path = Path(get_data_path(), "fonts", "ttf", f"{face}.ttf")
        font = ImageFont.truetype(path, _POINTS, layout_engine=ImageFont.Layout.BASIC)
        for k, letter in enumerate(ascii_uppercase):
            page = Image.new("L", (_CANVAS, _CANVAS))
            ImageDraw.Draw(page).text((_CANVAS // 8, 0), letter, fill=255, font=font)
            left, top, right, bottom = page.getbbox()
            page = ImageChops.offset(page, (_CANVAS - left - right) // 2, (_CANVAS - top - bottom) // 2)
            for c, draw in enumerate(draws[f, k].tolist()):
                found[f, k, c] = np.asarray(_moved(page, *draw).reduce(_CANVAS // size))
    return found


def _moved(page: Image.Image, turn: float, shear: float, scale: float, right: float, down: float) -> Image.Image:
    """The page under an affine map; all five numbers lie in [-1, 1] and are 0 for none of it."""
    if not any((turn, shear, scale, right, down)):
        return page
    angle, shear, scale = math.radians(12 * turn), 0.15 * shear, 0.975 + 0.125 * scale
    cos, sin, half = math.cos(angle) / scale, math.sin(angle) / scale, _CANVAS / 2
    # Pillow asks where a pixel of the result comes from.
    a, b, c, d = cos, sin - shear * cos, -sin, cos + shear * sin
    x, y = half + 6 * right, half + 6 * down
    return page.transform(page.size, Image.AFFINE, (a, b, half - a * x - b * y, c, d, half - c * x - d * y), Image.BICUBIC)
