"""The bench of growth finds what grows too fast, in memory and in time."""

from __future__ import annotations

import pytest
import torch

from bench.growth import Line, report, slope


def table(n: int):
    """All pairs of n things at once."""
    x = torch.rand(n)
    return lambda: (x[:, None] * x).sum()


def test_slope() -> None:
    assert slope([1, 10, 20, 40], [9.0, 5.0, 20.0, 80.0]) == pytest.approx(2)


def test_a_table_of_all_pairs_is_found(capsys: pytest.CaptureFixture) -> None:
    sizes = (500, 1000, 2000, 4000)
    assert ["memory of pairs against n"] == report([Line("pairs", "n", sizes, table, 9, 1)])
    assert "MISSED: memory" in capsys.readouterr().out
    assert report([Line("pairs", "n", sizes, table, 9, 2)]) == []  # control
    assert "met" in capsys.readouterr().out
