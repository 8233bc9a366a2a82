"""Figures that answer: a slider to move, a box to type into."""

from __future__ import annotations

import html
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

    panel = ipywidgets.interactive(lambda value: draw(value), value=knob)
    bundle = panel._repr_mimebundle_()
    with capture_output() as still:
        draw(knob.value)
    pictures = "".join(output.data.get("text/html", "") for output in still.outputs)
    bundle |= {"text/plain": words, "text/html": f"{pictures}<p>{html.escape(words)}</p>"}
    display(bundle, raw=True)
    panel.update()
