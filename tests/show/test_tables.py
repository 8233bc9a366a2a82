"""The table with paths through it, and strings that grow, as HTML."""

from __future__ import annotations

import html
import re

import pytest

from udm_lessons import show
from udm_lessons.show.frames import _shared

VALUES = [[3, 1], [1, 1], [0, 1]]
PATHS = {"a·": [(0, 0), (1, 1), (2, 1)], "·a": [(0, 0), (1, 0), (2, 1)]}
SIZE = (VALUES, ["a", "a", "(end)"], ["a", "(end)"])


@pytest.fixture
def page(monkeypatch):
    """Calls a function of `show` and returns the HTML that it displays."""
    shown = []
    monkeypatch.setattr("udm_lessons.show.style.display", lambda data, raw: shown.append(data["text/html"]))

    def call(function, *arguments, **named):
        function(*arguments, **named)
        return shown[-1]

    return call


def test_every_number_stands_in_its_cell_as_text(page):
    found = page(show.table, *SIZE, PATHS, "Three ways.")
    lines = re.findall(r"<tr.*?</tr>", found)
    assert [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in lines[1:]] == [[str(v) for v in row] for row in VALUES]
    assert [re.findall(r"<th[^>]*>(.*?)</th>", line) for line in lines] == [["a", "(end)"], ["a"], ["a"], ["(end)"]]


def test_a_path_is_a_name_and_its_cells_and_is_marked_as_one(page):
    found = page(show.table, *SIZE, PATHS, "Three ways.")
    cells = re.findall(r"<td( class=\"([^\"]*)\")? style=\"border: 1px", found)
    visits = [named.split() for _, named in cells]
    for k, (label, path) in enumerate(PATHS.items()):
        assert [i * 2 + j for i, j in path] == [n for n, named in enumerate(visits) if f"udm-path-{k}" in named]
        assert f'class="udm-path-{k}" style' in found and f">{label}</span>" in found
        assert f":has(.udm-path-{k}:hover, .udm-path-{k}:focus) .udm-path-{k} {{" in found


def test_a_table_without_paths_has_no_style(page):
    assert "<style>" not in page(show.table, [[1]], ["r"], ["c"], {}, "One.")


def test_a_path_that_leaves_the_table_is_refused():
    for cell in ((3, 0), (0, 2), (-1, 0)):
        with pytest.raises(ValueError, match="must stay in the table, 3 by 2"):
            show.table(*SIZE, {"way": [cell]}, "None.")


def test_a_table_is_described_in_words(page):
    found = html.unescape(page(show.table, *SIZE, PATHS, "Three ways."))
    assert 'aria-label="A table with columns a, (end). a: 3, 1; a: 1, 1; (end): 0, 1. Paths: a·, ·a."' in found
    assert "<figcaption>Three ways.</figcaption>" in found


def letters(page: str) -> list[str]:
    return [cell for cell in re.findall(r"<td[^>]*><span[^>]*>(.*?)</span></td>", page)]


def test_what_comes_is_bold_and_what_goes_is_struck_through(page):
    found = page(show.growing, {"x": ["ana", "anna", "an"]}, "A name.", ["1", "2", "3"])
    assert letters(found) == ["ana", "an<s><b>n</b></s><s>a</s>", "an"]
    assert "(empty)" in page(show.growing, {"x": ["", "a"]}, "A name.", ["1", "2"])
    assert "<b>&lt;</b>" in page(show.growing, {"x": ["", "<"]}, "A sign.", ["1", "2"])


def test_columns_come_one_after_the_other_unless_no_motion_is_asked_for(page):
    found = page(show.growing, {"x": ["a", "ab"], "y": ["b", "b"]}, "Two.", ["1", "2"], seconds=3.0)
    assert re.findall(r"animation-delay: ([\d.]+)s", found) == ["0.00", "1.50"] * 3
    assert "screen and (prefers-reduced-motion: no-preference) {.udm-comes {animation:" in found
    assert "opacity" not in re.sub(r"<style>.*?</style>", "", found)  # without styles all is seen


def test_strings_of_another_number_than_the_columns_are_refused():
    with pytest.raises(ValueError, match="must hold 2 strings"):
        show.growing({"x": ["a"]}, "One.", ["1", "2"])
    with pytest.raises(ValueError, match="seconds"):
        show.growing({"x": ["a"]}, "One.", ["1"], seconds=6.0)


@pytest.mark.parametrize("a, b, length", [("banana", "ana", 3), ("abc", "xyz", 0), ("", "a", 0), ("abcbdab", "bdcaba", 4)])
def test_a_longest_shared_string_is_found(a, b, length):
    left, right = _shared(a, b)
    assert len(left) == length and [a[i] for i in sorted(left)] == [b[j] for j in sorted(right)]
