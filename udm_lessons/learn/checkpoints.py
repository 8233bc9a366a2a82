"""The file in which a training run lives on: written whole or not at all, read whole or not at all.

A checkpoint is a safetensors file. Its metadata hold a digest of everything in it, so that a flipped bit is noticed, and the
settings of the run, so that a file of another run is refused with what differs. A lock beside it keeps a second
run away while the first one lives.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

_FORMAT = "udm_lessons training 2"


class Checkpoint:
    """One file of one run; locked, and other runs kept away, inside ``with``.

    Raises ValueError if the path is a folder or another run holds the lock, OSError if nothing can be written there.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self._partial = self.path.with_name(self.path.name + ".partial")
        self._lock = FileLock(self.path.with_name(self.path.name + ".lock"), timeout=0)

    def __enter__(self) -> Checkpoint:
        """Makes the folder, takes the lock, and clears away what a killed run left half written."""
        if self.path.is_dir():
            raise ValueError(f"checkpoint must be a file; {self.path} is a folder")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise ValueError(f"checkpoint {self.path} is in use by another run; wait for it, or name another file") from error
        self._partial.unlink(missing_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def exists(self) -> bool:
        """Whether there is something to go on from."""
        return self.path.exists()

    def write(self, tensors: dict[str, Tensor], settings: dict[str, str], keep: bool = True) -> None:
        """Writes beside the path, then moves it there at once; with keep=False only tries whether it could be written."""
        metadata = {"format": _FORMAT, **settings}
        metadata["digest"] = _digest(tensors, metadata)
        try:
            with open(self._partial, "xb") as file:  # x: what lies there, a link too, is not followed
                file.write(save(tensors, metadata))
                file.flush()
                os.fsync(file.fileno())
            if keep:
                os.replace(self._partial, self.path)
        finally:
            self._partial.unlink(missing_ok=True)

    def read(self) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Tensors and settings, copied out of the file.

        Raises ValueError if `train` did not write the file, or not all of it as it is now.
        """
        content = self.path.read_bytes()
        try:
            length = int.from_bytes(content[:8], "little")
            metadata = json.loads(content[8 : 8 + length]).get("__metadata__", {})
            tensors = load(content)
        except (SafetensorError, ValueError, AttributeError, KeyError, RecursionError, MemoryError, OverflowError) as error:
            raise ValueError(f"checkpoint must be a file that train wrote; got {self.path}") from error
        if metadata.get("format") != _FORMAT:
            raise ValueError(f"checkpoint must be a file that this version of train wrote; got {self.path}")
        if metadata.pop("digest", None) != _digest(tensors, metadata):
            raise ValueError(f"checkpoint {self.path} is damaged: its content is not what was written; delete it to begin anew")
        return tensors, metadata


def _digest(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    digest = hashlib.blake2b(json.dumps(metadata, sort_keys=True).encode(), digest_size=16)
    for name in sorted(tensors):
        digest.update(repr((name, tensors[name].dtype, tuple(tensors[name].shape))).encode())
        digest.update(_bytes(tensors[name]))
    return digest.hexdigest()


def fingerprint(tensor: Tensor) -> str:
    """Shape, dtype and a digest of the values of a tensor."""
    digest = hashlib.blake2b(_bytes(tensor), digest_size=8)
    return f"{tuple(tensor.shape)} {tensor.dtype} {digest.hexdigest()}"


def _bytes(tensor: Tensor) -> memoryview:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return memoryview(flat.view(torch.uint8).numpy() if flat.numel() else b"")
