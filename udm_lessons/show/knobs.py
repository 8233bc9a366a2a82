"""Figures that answer: a slider to move, a box to type into."""

from __future__ import annotations

import html
import traceback
from collections.abc import Callable, Sequence

from IPython.display import display
from IPython.utils.capture import capture_output

from .._arrays import check_callable, check_number, quoted
from .content import numbers, text


def slider(draw: Callable, name: str, values: Sequence[float], start: float) -> None:
    """A slider over `values`, called `name`, that calls draw(value) on every move.

    Where no kernel runs, the pictures at `start` stand in its place.
    """
    import ipywidgets

    check_callable(draw, "draw", "(value)"), text(name, "name"), check_number(start, "start")
    numbers(values, "values")
    if start not in values:
        raise ValueError(f"start must be one of values, {quoted(values)}; got {start}")
    knob = ipywidgets.SelectionSlider(
        options=[(f"{value:g}", value) for value in values], value=start, description=name
    )
    _answering(
        draw, knob, f"[slider] Run this cell to move {name} from {values[0]:g} to {values[-1]:g}."
    )


def text_box(draw: Callable, name: str, start: str) -> None:
    """A box for text, called `name`, that calls draw(text) when Enter is pressed.

    Where no kernel runs, the pictures of the text `start` stand in its place.
    """
    import ipywidgets

    check_callable(draw, "draw", "(text)"), text(name, "name"), text(start, "start")
    knob = ipywidgets.Text(value=start, description=name, continuous_update=False)
    _answering(draw, knob, f"[text box] Run this cell to type {name} of your own.")


def _answering(draw: Callable, knob, words: str) -> None:
    import ipywidgets

    # The outputs are handed over as they are. Were the front end asked to catch them, as
    # `ipywidgets.interactive` does, a program that runs the notebook might wait for ever: what it sends
    # back can swallow the news that the cell has ended.
    shown = ipywidgets.Output()
    panel = ipywidgets.VBox([knob, shown])
    bundle = panel._repr_mimebundle_()
    shown.outputs, pictures = _drawn(draw, knob.value)

    def answer(change: dict) -> None:
        try:
            shown.outputs, _ = _drawn(draw, change["new"])
        except Exception as error:
            lines = traceback.format_exception(error)
            name, said = type(error).__name__, str(error)
            shown.outputs = ({"output_type": "error", "ename": name, "evalue": said, "traceback": lines},)

    knob.observe(answer, "value")
    bundle |= {"text/plain": words, "text/html": f"{pictures}<p>{html.escape(words)}</p>"}
    display(bundle, raw=True)


def _drawn(draw: Callable, value: object) -> tuple[tuple[dict, ...], str]:
    """What draw(value) shows, as the outputs of a cell, and its pictures as HTML."""
    with capture_output() as caught:
        draw(value)
    said = [("stdout", caught.stdout), ("stderr", caught.stderr)]
    outputs = [{"output_type": "stream", "name": name, "text": text} for name, text in said if text]
    outputs += [
        {"output_type": "display_data", "data": rich.data, "metadata": rich.metadata or {}} for rich in caught.outputs
    ]
    return tuple(outputs), "".join(rich.data.get("text/html", "") for rich in caught.outputs)
