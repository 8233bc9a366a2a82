"""How every public callable of show and exercises is called."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from typing import Any
from unittest import mock

import matplotlib.pyplot as plt

from udm_lessons import exercises, show
from udm_lessons.show.captions import _table

from .draws import Draw, Spec

SPECS: dict[str, Spec] = {}
QUESTIONS = [f"{k:02}.{name}" for k in range(15) for name in _table(f"{k:02}").get("expect", {})]
CAPTION = dict(caption="What is seen.")


def add(name: str, given: Any) -> None:
    """The figures and panels are shown into the void; what a function returns is not kept."""

    def arguments(d: Draw) -> tuple:
        function = getattr(show, name)

        def shown(**changed: Any) -> None:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    function(**changed)
            finally:
                plt.close("all")

        return shown, given(d)

    SPECS[f"show.{name}"] = Spec(arguments)


def _images(d: Draw) -> dict:
    return dict(rows={"real": d.x(1, 3, 3), "drawn": d.x(1, 3, 3)}, columns=["a", "b"])


def _strings(d: Draw) -> dict:
    return dict(rows={"x_0": ["ann", ""], "x_t": ["a_n"]}, columns=["one", "two"])


def _curves(d: Draw) -> dict:
    x = [0.1, 0.5, 1.0]
    return dict(
        x=x, lines={"a": x, "b": d.x(3)[0]}, xlabel="t", ylabel="loss", xscale=d.pick("linear", "log"), yscale="linear",
        floor=d.pick(None, ("real", 0.3)), markers=True,
        measured=d.pick([], ["a"]), lowest=d.pick(True, False),
    )  # fmt: skip


def _panels(d: Draw) -> dict:
    return dict(x=[0.1, 0.5], pictures={"one": {"a": [1.0, 2.0]}, "two": {"a": d.x(2)[0]}}, xlabel="t", ylabel="loss", yscale="linear", sharey=True)


def _table(d: Draw) -> dict:
    return dict(values=[[1, 2], [3, 4], [5, 6]], rows=["a", "b", "c"], columns=["d", "e"], paths={"one": [(0, 0), (1, 1)]})


add("draw_frame", lambda d: dict(axis=plt.figure().add_subplot(), content=d.pick("ann", d.x(3, 3)[:1])))
add("images", lambda d: _images(d) | CAPTION)
add("strings", lambda d: _strings(d) | CAPTION)
add("growing", lambda d: dict(rows={"x": ["ann", "a"], "y": ["", "xa"]}, columns=["one", "two"], seconds=2.0) | CAPTION)
add("draw_curves", _curves)
add("curves", lambda d: _curves(d) | CAPTION)
add("panels", lambda d: _panels(d) | CAPTION)
add("areas", lambda d: dict(panels={"one": ([0.0, 0.5, 2.0], {"a": [1.0, 2.0, 3.0], "b": d.x(3)[0]})}, xlabels=["t"]) | CAPTION)
add("clouds", lambda d: dict(panels={"one": d.x(2), "two": d.x(2)}, real=d.pick(None, d.x(2)), labels=("x", "y")) | CAPTION)
add("arrows", lambda d: dict(panels={"one": (d.x(2), d.x(2)), "two": (d.x(2), d.x(2))}, real=d.pick(None, d.x(2)), labels=("x", "y")) | CAPTION)
add("vectors", lambda d: dict(
    panels={"one": {"a": (1.0, 2.0), "b": ((0.0, 0.5), (1.0, 1.0))}, "two": {"a": (0.5, 0.1)}}, labels=("x", "y"),
    area=d.pick("", "a"), reach=d.pick(None, 2.0),
) | CAPTION)  # fmt: skip
add("dots", lambda d: dict(
    x=[1, 2, 4], points={"a": [1.0, 2.0, 3.0], "b": d.x(3)[0]}, xlabel="t", ylabel="loss", xscale=d.pick("linear", "log"),
    band=d.pick(None, ("real", 0.1, 0.3)), errors=d.pick(None, {"a": [0.1, 0.2, 0.0], "b": [0.0, 0.0, 0.3]}),
) | CAPTION)  # fmt: skip
add("film", lambda d: dict(rows={"one": d.x(3, 2, 1, 3, 3)[0], "two": d.x(3, 2, 1, 3, 3)[0]}, seconds=2.0) | CAPTION)
add("film_clouds", lambda d: dict(panels={"one": d.x(3, 4, 2)[0]}, real=d.pick(None, d.x(2)), titles=d.pick([], ["a", "b", "c"]), seconds=2.0) | CAPTION)
add("histograms", lambda d: dict(panels={"one": {"a": d.x(2), "b": d.x(2)}}, xlabel="x", bins=d.pick(5, [-9.0, 0.0, 9.0])) | CAPTION)
add("paths", lambda d: dict(panels={"one": ([0.0, 1.0], d.x(2))}, xlabel="t", ylabel="x", density=d.pick(None, ([0.0, 1.0], [0.0, 1.0, 2.0], [[0.1, 0.2]] * 3))) | CAPTION)
add("compare", lambda d: dict(rows={"a": [1.0, (2.0, 0.5)], "b": [3, "none"]}, columns=["one", "two"], digits=2, best=d.pick("low", "")) | CAPTION)
add("maps", lambda d: dict(panels={"one": [[0.1, 0.9], [0.0, 0.0]], "two": [[1, 0], [0, 0]]}, rows=["a", "b"], columns=d.pick(["c", ""], ["c", "d"]), labels=("x", "y")) | CAPTION)
add("race", lambda d: dict(calls=[5, 10, 20], lines={"a": [0.5, 0.2, 0.1], "b": [0.3, 0.3, 0.01]}, ylabel="error", slopes=d.pick([1], [1, 2])) | CAPTION)
add("ticks", lambda d: dict(
    rows={"a": [0.1, 1.0, 9.0], "b": [0.5, 2.0]}, xlabel="r", xscale=d.pick("linear", "log"), band=d.pick(None, ("bends", 0.2, 3.0)),
) | CAPTION)  # fmt: skip
add("expect", lambda d: dict(key=d.pick(*QUESTIONS)))
add("table", lambda d: _table(d) | CAPTION)
add("figure", lambda d: dict(fig=plt.figure(), alt="A picture.") | CAPTION)
add("notation", lambda d: dict(lesson=d.pick("00", "04")))
add("notation_table", lambda d: dict(lesson=d.pick("00", "04")))
add("one_idea", lambda d: dict(seed=3, example=3))
add("one_idea_moving", lambda d: dict(word="AB", seed=5))
add("stack", lambda d: dict(terms={"one": 1.0, "two": -0.5}, ylabel="nats") | CAPTION)
add("slider", lambda d: dict(draw=lambda value: None, name="t", values=d.pick([0.0, 0.5], range(2)), start=0))
add("text_box", lambda d: dict(draw=lambda text: None, name="letters", start="olv"))


def exercise(name: str, given: Any) -> None:
    """What is shown goes into the void, what is recorded into a file that is thrown away."""

    def arguments(d: Draw) -> tuple:
        function = getattr(exercises, name)

        def called(**changed: Any) -> None:
            with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
                with mock.patch.dict(os.environ, UDM_PROGRESS=f"{folder}/progress.json"):
                    try:
                        function(**changed)
                    except (AssertionError, NotImplementedError):
                        assert name == "check"  # what it raises for an answer that is not right

        return called, given(d)

    SPECS[f"exercises.{name}"] = Spec(arguments)


def _right(d: Draw) -> dict:
    exercise_id = d.pick("00.1", "05.1")
    return dict(exercise_id=exercise_id, answer=exercises.get(exercise_id).reference)


for name in ("get", "hint", "solution"):
    exercise(name, lambda d: dict(exercise_id=d.pick("00.1", "05.3", "12.1")))
for name in ("all_exercises", "progress"):
    exercise(name, lambda d: {})
exercise("check", _right)
