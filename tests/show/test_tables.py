"""The table with paths over it, as an object."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from udm_lessons.show import tables

VALUES = [[3, 1], [1, 1], [0, 1]]
PATHS = {"a·": [(0, 0), (1, 1), (2, 1)], "·a": [(0, 0), (1, 0), (2, 1)]}


@pytest.fixture
def figure():
    yield tables.draw_table(VALUES, ["a", "a", "(end)"], ["a", "(end)"], PATHS)
    plt.close("all")


def test_every_number_stands_in_its_cell(figure):
    axis = figure.axes[0]
    written = {(round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in axis.texts}
    assert written == {(i, j): str(VALUES[i][j]) for i in range(3) for j in range(2)}
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "a", "(end)"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["a", "(end)"]
    assert axis.yaxis_inverted() and not axis.xaxis_inverted()


def test_paths_visit_their_cells_and_do_not_hide_each_other(figure):
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == list(PATHS)
    for line, cells in zip(axis.lines, PATHS.values(), strict=True):
        assert [(round(y), round(x)) for x, y in zip(*line.get_data(), strict=True)] == cells
    first, second = (set(zip(*line.get_data(), strict=True)) for line in axis.lines)
    assert not first & second


def test_a_table_without_paths_has_no_legend():
    assert tables.draw_table([[1]], ["r"], ["c"], {}).axes[0].get_legend() is None
    plt.close("all")


def test_a_table_is_described_in_words(monkeypatch):
    shown = []
    monkeypatch.setattr(tables, "figure", lambda *arguments: shown.append(arguments))
    tables.table(VALUES, ["a", "a", "(end)"], ["a", "(end)"], PATHS, "Three ways.")
    plt.close("all")
    (_, caption, alt), = shown
    assert caption == "Three ways."
    assert alt == "A table with columns a, (end). a: 3, 1; a: 1, 1; (end): 0, 1. Paths: a·, ·a."
