"""Messages quote what they got, and shorten it: nobody reads ten thousand times."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
import torch

from house import ROOT

from udm_lessons._arrays import check_order, check_times, check_whole, quoted
from udm_lessons.data import encode
from udm_lessons.destroy import Deletion, DiscreteLevel, Gaussian, Trig
from udm_lessons.flow import solve
from udm_lessons.rebuild import FiniteData, GaussianMixture

LONG = torch.linspace(1, 0, 10_001, dtype=torch.float64)
GAUSS = Gaussian(Trig())
X = torch.zeros(2000, 1)


@pytest.mark.parametrize(
    "value, text",
    [
        (0.5, "0.5"), ("eps", "'eps'"), (None, "None"), ((2, -1), "(2, -1)"), ([], "[]"),
        ([*range(12)], str([*range(12)])), (torch.tensor(3), "3"), (torch.tensor([1, 2]), "[1, 2]"),
        (torch.eye(2), "[[1.0, 0.0], [0.0, 1.0]]"), (torch.zeros(0), "[]"),
        (torch.arange(99), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...], 99 in all"),
        ([0] * 13, f"[{'0, ' * 12}...], 13 in all"), (torch.zeros(5, 4), "a tensor of shape (5, 4)"),
    ],
)  # fmt: skip
def test_what_is_short_is_quoted_whole(value, text: str) -> None:
    assert quoted(value) == text


@pytest.mark.parametrize(
    "value",
    ["a" * 9000, {k: "b" * 900 for k in range(900)}, [[0] * 900] * 900, SimpleNamespace(a="c\n" * 900), 10**900,
     torch.zeros(30, 30, 30), LONG, torch.nn.Sequential(*[torch.nn.Linear(1, 1) for _ in range(99)])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_long_is_cut_to_one_line(value) -> None:
    assert len(quoted(value)) < 3000 and "\n" not in quoted(value)
    assert len(quoted(value)) < 400 or isinstance(value, (list, dict))


@pytest.mark.parametrize(
    "call, begins",
    [
        (lambda: check_times(LONG.flip(0), 1.0), "times must decrease strictly; got [0.0, 0.0001"),
        (lambda: check_order(LONG, LONG), "s must be earlier than t"),
        (lambda: check_whole([*range(9999)], 0, "steps"), "steps must be a whole number; got [0, 1"),
        (lambda: GAUSS.infer_noise(X, X, torch.zeros(2000)), "t must have sigma_t > 0 here; got t = [0.0, "),
        (lambda: Deletion(9, rates=-LONG), "rates must be a (vocabulary,) tensor"),
        (lambda: Deletion(9).infer_noise(X.long().T, X.long().T + 1, 0.5), "x_t must be a subsequence"),
        (lambda: FiniteData(X, GAUSS, -torch.ones(2000)), "weights must be 2000 positive numbers"),
        (lambda: GaussianMixture(X * torch.nan, X, X), "means must be finite and of shape (k, d)"),
        (lambda: encode("word " * 999), "strings must be a list of strings"),
        (lambda: DiscreteLevel([0.5] * 9999 + ["x"]), "betas must be a sequence of numbers"),
        (lambda: solve([0] * 9999, "x0", Trig(), X, [1.0, 0.5], None), "m"),
    ],
)  # fmt: skip
def test_errors_shorten_what_they_quote(call, begins: str) -> None:
    with pytest.raises((TypeError, ValueError), match="^" + re.escape(begins)) as error:
        call()
    assert len(str(error.value)) < 700


def test_no_message_quotes_by_itself() -> None:
    """`quoted` everywhere but in the judge and the exercises, which have shortening of their own."""
    wings = [*(ROOT / "udm_lessons").glob("*.py"), *(ROOT / "udm_lessons").glob("[!ce]*/*.py")]
    assert len(wings) > 40
    strays = [
        f"{path.name}: {line.strip()}"
        for path in wings
        for line in path.read_text(encoding="utf-8").splitlines()
        if "!r}" in line or re.search(r"got .*tolist\(\)\}", line)
    ]
    assert strays == []
