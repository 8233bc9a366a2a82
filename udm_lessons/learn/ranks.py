r"""Several processes that train one network: who is which, what they say to one another, and randomness for each.

`torchrun` and `accelerate launch` start one program several times and tell each process its rank in the environment. Every rank
takes its own part of a joined batch, gradients are averaged on the way (Li et al. 2020, PyTorch Distributed), and all
ranks take the same step.

Randomness is cut by steps: the streams of step k come from a number that all ranks know, from the number of ranks, the rank and k.
So what rank 0 alone wrote down after some step restores every rank.
"""

from __future__ import annotations

import atexit
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from .._arrays import integers, quoted

_LOST = re.compile(r"gloo|nccl|tcpstore|socket|broken pipe|connection (was )?(closed|reset|refused)|timed? ?out", re.IGNORECASE)
_TALKS: list = []  # the group of all ranks, and the one beside it that speaks by the CPU
_SEEDS = 2**32  # as many as PyTorch's generator on the CPU tells apart


@dataclass(frozen=True)
class Ranks:
    """This process among those of a run: `rank` of 0 to size - 1. One process alone is rank 0 of 1, and says nothing to anyone."""

    rank: int = 0
    size: int = 1
    _talk: object = field(default=None, repr=False)  # a group for words, which go by the CPU

    @classmethod
    def here(cls, kind: str) -> Ranks:
        """The ranks that the environment names, or the process group there is; `kind` is the type of the device, "cpu" or "cuda".

        The group is joined once and left when Python ends. Raises ValueError if the environment names half of what it takes.
        """
        if not distributed.is_available():
            return cls()
        if not distributed.is_initialized():
            size = os.environ.get("WORLD_SIZE") or "1"
            missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if not os.environ.get(name)]
            if size == "1":
                return cls()
            if missing or not size.isdecimal():
                raise ValueError(
                    f"WORLD_SIZE is {quoted(size)} in the environment, which means many ranks, but {', '.join(missing) or 'that'} "
                    "is not as torchrun would set it; start with torchrun or accelerate launch, or unset WORLD_SIZE"
                )
            distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
            atexit.register(_leave)
        if distributed.get_world_size() == 1:
            return cls()
        return cls(distributed.get_rank(), distributed.get_world_size(), _talk())

    def device(self, device: torch.device) -> torch.device:
        """The device, for several ranks on CUDA that of the rank on its machine; raises ValueError where that is none."""
        if self.size == 1 or device.type == "cpu":
            return device
        local = int(os.environ.get("LOCAL_RANK", self.rank))
        if device.type != "cuda" or local >= torch.cuda.device_count():
            raise ValueError(
                f"device must be the CPU or CUDA, with a GPU for each of the {self.size} ranks; got {device} for rank {self.rank}, "
                f"with {torch.cuda.device_count()} GPUs on its machine"
            )
        torch.cuda.set_device(local)
        return torch.device("cuda", local)

    def joined(self, model: nn.Module, loss: Callable) -> Callable:
        """(batch, generator) -> loss(model, batch, generator), whose backward leaves the mean gradient of all ranks on every rank.

        The loss sees the bare model, and may call what it likes of it.
        """
        if self.size == 1:
            return lambda batch, generator: loss(model, batch, generator)
        # Looking for weights without a gradient also keeps the order of sums that makes a resumed run the same in all bits.
        return DistributedDataParallel(_Asked(model, loss), find_unused_parameters=True)

    def mean(self, number: float) -> float:
        """The mean over the ranks."""
        if self.size == 1:
            return number
        total = torch.tensor(number, dtype=torch.float64)
        distributed.all_reduce(total, group=self._talk)
        return float(total) / self.size

    def first(self, action: Callable[[], object]) -> object:
        """What rank 0 gets from `action`, on every rank; what it raises is raised on every rank."""
        if self.size == 1:
            return action()
        answer: list[object] = [None, None]
        if self.rank == 0:
            try:
                answer[0] = action()
            except Exception as error:
                answer[1] = error
        distributed.broadcast_object_list(answer, 0, group=self._talk)
        if answer[1] is not None:
            raise answer[1]
        return answer[0]

    def copy_first(self, tensors: Iterable[Tensor]) -> None:
        """Gives the tensors of every rank the values of those of rank 0."""
        if self.size > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, 0)

    def agree(self, said: dict[str, str]) -> None:
        """Raises ValueError, on every rank, unless all ranks say the same."""
        if self.size == 1:
            return
        all_said: list[dict[str, str] | None] = [None] * self.size
        distributed.all_gather_object(all_said, said, group=self._talk)
        for rank, other in enumerate(all_said):
            odd = [f"{name} is {all_said[0][name]} on rank 0 and {other[name]} on rank {rank}" for name in said if other[name] != all_said[0][name]]
            if odd:
                raise ValueError(f"every rank must call train alike: {'; '.join(odd)}. Data of a rank's own come from a function")

    @contextmanager
    def heard(self) -> Iterator[None]:
        """An error because another rank is gone becomes a ConnectionError that says so."""
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not (isinstance(error, distributed.DistError) or _LOST.search(str(error))):
                raise
            raise ConnectionError(
                f"another rank has ended or does not answer, so rank {self.rank} of {self.size} ends too; "
                "the first error above, or the summary of the launcher below, says which"
            ) from error


@dataclass
class Streams:
    """Where a rank takes random numbers from: `own` for noise, times and the like, `rows` for the rows of the joined batch.

    One process has a single stream, the generator of its run. Of several, each has an `own`, and PyTorch's global one
    for dropout; `rows` is the same on all, so that the joined batch is drawn as one process would draw it.
    """

    ranks: Ranks
    own: torch.Generator
    rows: torch.Generator
    number: int | None = None

    @classmethod
    def of(cls, generator: torch.Generator, ranks: Ranks, words: dict[str, str], path: Path | None) -> Streams:
        """Those of a run that begins, or goes on from a file with these words: on as many ranks the same, else new ones, said."""
        then = _whole(words.get("ranks", "1"), path)
        if words and then != ranks.size and ranks.rank == 0:
            warnings.warn(
                f"checkpoint {path} is of {_counted(then)} and goes on with {_counted(ranks.size)}: from here on the random numbers are new "
                f"ones, made from the seed, and a joined batch is {ranks.size}/{then} of what it was", RuntimeWarning, stacklevel=4,
            )  # fmt: skip
        if ranks.size == 1:
            return cls(ranks, generator, generator)
        if "streams" in words and then == ranks.size:
            number = _whole(words["streams"], path)
        else:
            number = ranks.first(lambda drawn=int(integers(_SEEDS, (), generator, generator.device)): drawn)
        return cls(ranks, torch.Generator(generator.device), torch.Generator(generator.device), number)

    @property
    def words(self) -> dict[str, str]:
        """What a checkpoint says of them."""
        return {} if self.number is None else {"ranks": str(self.ranks.size), "streams": str(self.number)}

    def turn(self, step: int) -> None:
        """Makes ready for a step; for one process, whose stream flows on, nothing."""
        if self.number is None:
            return
        size, rank = self.ranks.size, self.ranks.rank
        begin = self.number + step * (2 * size + 1)
        self.rows.manual_seed(_seed(begin))
        self.own.manual_seed(_seed(begin + 1 + rank))
        torch.manual_seed(_seed(begin + 1 + size + rank))

    def draw_rows(self, n: int, batch_size: int, device: torch.device) -> Tensor:
        """This rank's part of the rows of the joined batch, (batch_size,) of {0, ..., n - 1}."""
        begin = self.ranks.rank * batch_size
        return integers(n, (self.ranks.size * batch_size,), self.rows, device)[begin : begin + batch_size]


class _Asked(nn.Module):
    """The loss of a network as a module of its own: what is made parallel is the whole question."""

    def __init__(self, model: nn.Module, loss: Callable):
        super().__init__()
        self.model = model
        self._ask = (loss,)  # in a tuple: a loss that is a module is not trained
        # As long as there is one that no loss reaches, PyTorch does not warn that all weights are reached.
        self.idle = nn.Parameter(next(model.parameters()).new_zeros(()))

    def forward(self, batch, generator):
        return self._ask[0](self.model, batch, generator)


def _talk() -> object:
    """A group that speaks from CPU to CPU: the one there is, or one beside it, made once."""
    world = distributed.group.WORLD
    if distributed.get_backend(world) == "gloo":
        return world
    if not _TALKS or _TALKS[0] is not world:
        _TALKS[:] = [world, distributed.new_group(backend="gloo")]
    return _TALKS[1]


def _leave() -> None:
    with suppress(Exception):
        distributed.destroy_process_group()


def _seed(number: int) -> int:
    """The number as one of 2^32 seeds, scrambled one to one (the last lines of MurmurHash3): neighbours lie far apart."""
    number %= _SEEDS
    number = (number ^ number >> 16) * 0x85EBCA6B % _SEEDS
    number = (number ^ number >> 13) * 0xC2B2AE35 % _SEEDS
    return number ^ number >> 16


def _counted(n: int) -> str:
    return "one process" if n == 1 else f"{n} ranks"


def _whole(text: str, path: Path | None) -> int:
    if not text.isdecimal() or not 0 <= int(text) < _SEEDS or len(text) > 10:
        raise ValueError(f"checkpoint {path} says {quoted(text)} where the numbers of its ranks belong")
    return int(text)
