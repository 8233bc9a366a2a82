"""Sliders and text boxes in a kernel, without a front end; in a browser they are in tests/course/test_browser."""

from __future__ import annotations

import pytest
from nbclient import NotebookClient
from nbclient.output_widget import OutputWidget
from nbformat.v4 import new_code_cell, new_notebook

KNOBS = """
import ipywidgets
from udm_lessons import show

made = []
for kind in ("Text", "SelectionSlider", "Output"):
    make = getattr(ipywidgets, kind)
    setattr(ipywidgets, kind, lambda make=make, **options: made.append(make(**options)) or made[-1])
called = []

def draw(value):
    called.append(value)
    print(f"Drawn from {value}.")
    show.strings({"row": [f"<{value}>"]}, f"The picture of {value}.")
"""
BOX = 'show.text_box(draw, "letters <i>", "olv")'
SLIDER = 'show.slider(draw, "t", [0.0, 0.5, 1.0], 0.5)'
SEEN = """
for output in made[1].outputs:
    print(output.get("text") or output.get("evalue") or output["data"]["text/plain"])
"""


def run(*cells: str) -> list:
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120).execute()
    return [cell.outputs for cell in notebook.cells]


def printed(outputs: list) -> str:
    return "".join(output.get("text", "") for output in outputs)


@pytest.mark.parametrize(("made", "changed"), [(BOX, "'ana'"), (SLIDER, "1.0")])
def test_a_knob_draws_once_at_its_start_and_once_for_each_change(made, changed):
    _, _, before, *_, called, after = run(KNOBS, made, SEEN, f"made[0].value = {changed}", "print(called)", SEEN)
    start, end = ("olv", "ana") if made == BOX else (0.5, 1.0)
    assert printed(called) == f"{[start, end]}\n"
    assert printed(before).split("\n") == [f"Drawn from {start}.", "", f"[figure] The picture of {start}.", ""]
    assert printed(after).split("\n") == [f"Drawn from {end}.", "", f"[figure] The picture of {end}.", ""]


def test_where_no_kernel_runs_a_picture_stands_in_its_place():
    shown = run(KNOBS, BOX)[1]
    (box,) = [output.data for output in shown if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]
    assert "The picture of olv." in box["text/html"]
    assert "letters &lt;i&gt;" in box["text/html"] and "Run this cell" in box["text/plain"]


def test_an_error_after_a_change_is_shown_in_place_of_the_picture():
    fails = "def draw(value):\n    print(1 / (1 - value))"
    assert "ZeroDivision" not in printed(run(KNOBS, fails, SLIDER, SEEN)[-1])
    assert printed(run(KNOBS, fails, SLIDER, "made[0].value = 1.0", SEEN)[-1]) == "float division by zero\n"


def test_a_program_that_runs_the_notebook_has_nothing_to_send_back(monkeypatch):
    """What it sends while the reply of a cell arrives can hide that reply: it then waits until its time is out."""
    sent = []
    send = OutputWidget.send
    monkeypatch.setattr(OutputWidget, "send", lambda self, *given, **named: sent.append(given) or send(self, *given, **named))
    run(KNOBS, SLIDER, BOX)
    assert sent == []
    run(KNOBS, "ipywidgets.interact(draw, value=[0.0, 0.5]);")
    assert sent != []
