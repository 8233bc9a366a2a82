"""Calls: a callable, valid arguments from a seed, and what is done to them; and the strategy that draws them."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from . import returned, valid, valid_show, valid_upper
from .draws import Draw, Spec
from .mutations import mutations_of

SPECS: dict[str, Spec] = {**valid.SPECS, **valid_upper.SPECS, **valid_show.SPECS, **returned.SPECS}
REFUSED = valid.REFUSED | valid_upper.REFUSED

_ABSTRACT = "abstract: its subclasses are called"
_BUNDLE = "a bundle of values, without a check of its own"
_SLOW = "reads or writes files, or trains for seconds: held in tests/learn and tests/measure"
_FOREIGN = "makes and takes objects of diffusers, an optional library: held in tests/peers/test_exchange.py"
_AUTHORS = "for those who write exercises: held in tests/checks; what a learner hands in is called through exercises"
LEFT_OUT = {
    "destroy.AffineGaussian": _ABSTRACT, "destroy.ForwardProcess": _ABSTRACT, "destroy.Level": _ABSTRACT,
    "destroy.NoiseLaw": _ABSTRACT, "destroy.Schedule": _ABSTRACT, "learn.Guess": _ABSTRACT, "destroy.Noise": _BUNDLE,
    "destroy.Alignment": _BUNDLE, "destroy.AlignmentTable": _BUNDLE, "destroy.EditNoise": _BUNDLE,
    "destroy.ThresholdAndToken": _BUNDLE, "flow.Face": _BUNDLE, "measure.Elbo": _BUNDLE,
    "measure.Law": _BUNDLE, "measure.LawReport": _BUNDLE, "measure.laws": _SLOW,
    "data.ImageFolder": _BUNDLE, "data.image_folder": _SLOW,
    "learn.train": _SLOW, "learn.train_digits": _SLOW, "learn.load_weights": _SLOW, "learn.load_digit_network": _SLOW,
    "learn.own_checkpoint": _SLOW, "learn.whose_network": _SLOW, "learn.digit_predictor": _SLOW, "learn.draw_digits": _SLOW,
    "learn.load_letter_networks": _SLOW, "learn.new_letter_networks": _SLOW, "learn.letter_loss": _SLOW, "learn.letter_predictor": _SLOW,
    "learn.draw_latents": _SLOW,
    "learn.digit_loss": _SLOW, "learn.new_digit_network": _SLOW, "measure.judge_digits": _SLOW, "measure.DigitClassifier": _SLOW,
    "measure.jackknife_error": "takes any number of samples: held in tests/measure", "checks": _AUTHORS, "exchange": _FOREIGN,
    "train": "reads and writes files, or trains for seconds: held in tests/learn/test_train_command.py",
}  # fmt: skip


def is_left_out(name: str) -> bool:
    """Whether a callable, its class or its wing is left out."""
    return name in LEFT_OUT or name.rpartition(".")[0] in LEFT_OUT or name.split(".")[0] in LEFT_OUT


@dataclass(frozen=True)
class Call:
    """One call, which is made anew from these few values each time."""

    name: str
    seed: int = 0
    batch: int = 3
    double: bool = True
    changes: tuple[tuple[int, int], ...] = ()

    def build(self) -> tuple[Callable, dict[str, Any], list[str]]:
        """The function, its arguments, and in words what was done to them."""
        draw = Draw(self.seed, self.batch, torch.float64 if self.double else torch.float32)
        function, given = SPECS[self.name].arguments(draw)
        said = []
        for which, how in self.changes:
            if not given:
                break
            key = sorted(given)[which % len(given)]
            kinds = mutations_of(key, given[key])
            kind = list(kinds)[how % len(kinds)]
            try:
                with warnings.catch_warnings(action="ignore"):
                    changed = kinds[kind]()
            except Exception:  # a change that this value does not allow
                continue
            given = {**given, key: changed}
            said.append(f"{key}: {kind}")
        return function, given, said

    def __str__(self) -> str:
        try:
            said = "; ".join(self.build()[2]) or "as it is"
        except Exception as error:
            said = f"cannot be made: {error}"
        return f"{self.name}(seed {self.seed}, batch {self.batch}, {'float64' if self.double else 'float32'}): {said}"


def calls(names: list[str] | None = None) -> st.SearchStrategy[Call]:
    """Calls of these callables, of all unless given; hypothesis shrinks them to few changes and a small batch."""
    changes = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=2).map(tuple)
    return st.builds(
        Call, st.sampled_from(names or sorted(SPECS)), st.integers(0, 999), st.integers(1, 3), st.booleans(), changes
    )


def smaller(call: Call, still: Callable[[Call], bool]) -> Call:
    """A simpler call of which the same is true: fewer changes, a small seed, a small batch, double precision."""
    options = [
        *(copy.copy(call.changes[:k] + call.changes[k + 1 :]) for k in range(len(call.changes))),
    ]
    for changes in options:
        candidate = Call(call.name, call.seed, call.batch, call.double, changes)
        if still(candidate):
            return smaller(candidate, still)
    for candidate in (
        Call(call.name, call.seed, call.batch, True, call.changes), Call(call.name, 0, call.batch, call.double, call.changes),
        Call(call.name, call.seed, 1, call.double, call.changes),
    ):  # fmt: skip
        if candidate != call and still(candidate):
            return smaller(candidate, still)
    return call
