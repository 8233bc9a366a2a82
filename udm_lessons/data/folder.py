"""Pictures of one's own, from a folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from tqdm.auto import tqdm

from .._arrays import check_cast, check_choice, check_whole, quoted

_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
_GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
_LONGEST_LIST = 5


class ImageFolder(NamedTuple):
    """Pictures (n, channels, size, size) in [-1, 1], white 1; their classes (n,), whose names are `classes`; their files."""

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    files: tuple[Path, ...]


def image_folder(
    path: str | Path,
    size: int = 32,
    channels: int | None = None,
    skip_broken: bool = False,
    dtype: torch.dtype = torch.float32,
    progress: bool = True,
) -> ImageFolder:
    """All pictures in a folder, squares of `size` pixels, as a batch. Each subfolder is a class, named after it.

    channels     1 or 3; None: 1 if all files are grey by their format, else 3
    skip_broken  leave out files that cannot be read, with a warning that names them; else they raise

    A picture is turned as its camera says, laid on white where it is transparent, cut to its middle square, and
    made smaller by averages. 16-bit grey keeps its range. Of moving pictures the first is taken. Hidden files and
    folders, and files of other kinds, are passed over. Every file is read before anything is returned. Only what
    lies on disk is read. Raises ValueError for a path that is no folder, a folder without pictures, pictures beside
    subfolders (they have no class), and pictures that cannot be read.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise ValueError(f"path must be a folder; got {quoted(str(root))}")
    size = check_whole(size, 1, "size")
    if channels is not None:
        check_choice(str(channels), ("1", "3"), "channels")
    check_cast(dtype, "cpu", floating=True)
    files = list(_pictures(root))
    if not files:
        raise ValueError(f"path must hold pictures ({', '.join(_ENDINGS)}); got none in {quoted(str(root))}")
    names = [_class_of(file, root) for file in files]
    if len(set(names)) > 1 and "" in names:
        loose = files[names.index("")]
        raise ValueError(
            f"path must hold either pictures or folders of them, one for each class; got both: {quoted(str(loose))} has no class"
        )
    squares, broken = [], []
    for file in tqdm(files, desc="pictures", disable=not progress, leave=False):
        try:
            squares.append(_square(file, size))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            squares.append(None)
            broken.append(f"{file.relative_to(root)} ({str(error)[:80]})")
    if broken:
        said = "; ".join(broken[:_LONGEST_LIST]) + ("; ..." if len(broken) > _LONGEST_LIST else "")
        if not skip_broken or len(broken) == len(files):
            raise ValueError(f"path holds {len(broken)} pictures that cannot be read: {said}")
        warnings.warn(f"{len(broken)} pictures are left out: {said}", stacklevel=2)
    kept = [k for k, square in enumerate(squares) if square is not None]
    if channels is None:
        channels = 1 if all(squares[k].ndim == 2 for k in kept) else 3
    images = torch.tensor(np.stack([_with_channels(squares[k], channels) for k in kept]))
    classes = tuple(sorted({names[k] for k in kept}))
    labels = torch.tensor([classes.index(names[k]) for k in kept])
    return ImageFolder(images.to(dtype) / 127.5 - 1, labels, classes, tuple(files[k] for k in kept))


def _pictures(root: Path) -> Iterator[Path]:
    for file in sorted(root.rglob("*")):
        hidden = any(part.startswith((".", "__")) for part in file.relative_to(root).parts)
        if not hidden and file.is_file() and file.suffix.lower() in _ENDINGS:
            yield file


def _class_of(file: Path, root: Path) -> str:
    """The name of the first folder on the way from the root, "" if there is none."""
    parts = file.relative_to(root).parts
    return parts[0] if len(parts) > 1 else ""


def _square(file: Path, size: int) -> np.ndarray:
    """Grey levels (size, size), or colours (size, size, 3), 0 to 255."""
    with Image.open(file) as picture:
        grey = picture.mode in _GREY_MODES
        picture.draft("L" if grey else "RGB", (size, size))  # a large photograph is read small
        picture = ImageOps.exif_transpose(_plain(picture))
        square = ImageOps.fit(picture, (size, size), Image.Resampling.BOX if min(picture.size) >= size else Image.Resampling.BICUBIC)
    return np.asarray(square)


def _plain(picture: Image.Image) -> Image.Image:
    """In 8 bits for each of one or three channels, on white."""
    orientation = picture.getexif()
    if picture.mode.startswith("I"):
        levels = np.asarray(picture).astype(np.float64)
        if levels.min() < 0 or levels.max() > 65_535:
            raise ValueError("grey levels beyond 16 bits have no white that is known")
        plain = Image.fromarray(np.round(levels / 257).astype(np.uint8))
    elif picture.mode == "F":
        raise ValueError("grey levels as real numbers have no white that is known")
    elif "transparency" in picture.info or picture.mode in ("RGBA", "RGBa", "LA", "La", "PA"):
        page = Image.new("RGBA", picture.size, "white")
        page.alpha_composite(picture.convert("RGBA"))
        plain = page.convert("L" if picture.mode in _GREY_MODES else "RGB")
    else:
        plain = picture.convert("L" if picture.mode in _GREY_MODES else "RGB")
    plain.getexif().update(orientation)
    return plain


def _with_channels(square: np.ndarray, channels: int) -> np.ndarray:
    """(channels, size, size)."""
    if channels == 1:
        return np.asarray(Image.fromarray(square).convert("L"))[None]
    return np.broadcast_to(square[..., None], (*square.shape, 3)).transpose(2, 0, 1) if square.ndim == 2 else square.transpose(2, 0, 1)
