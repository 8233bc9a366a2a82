"""A question before a picture: a reader who has committed to an answer looks at it with other eyes."""

from __future__ import annotations

import html

from IPython.display import display

from .captions import Question, question_of

_HEAD = "What do you expect?"


def expect(key: str) -> None:
    """Asks the question `key` of a lesson, with a choice to commit to; the first choice is final, and is answered.

    Where no kernel runs, the choices stand there as text, and the answer can be opened. Raises ValueError for an unknown key.
    """
    import ipywidgets

    asked = question_of(key)
    choose = ipywidgets.RadioButtons(options=list(asked.choices), value=None, layout={"width": "max-content"})
    answer = ipywidgets.HTML()
    panel = ipywidgets.VBox([ipywidgets.HTML(f"<b>{_HEAD}</b> {html.escape(asked.question)}"), choose, answer])

    def commit(change: dict) -> None:
        choose.disabled = True
        answer.value = _answer(asked, asked.choices.index(change["new"]))

    choose.observe(commit, "value")
    choices = "".join(f"<li>{html.escape(choice)}</li>" for choice in asked.choices)
    page = (
        f"<p><b>{_HEAD}</b> {html.escape(asked.question)}</p><ul>{choices}</ul>"
        f"<details><summary>The answer</summary>{_answer(asked)}</details>"
    )
    said = "\n".join([f"[question] {asked.question}", *(f"  - {choice}" for choice in asked.choices)])
    display(panel._repr_mimebundle_() | {"text/plain": said, "text/html": page}, raw=True)


def _answer(asked: Question, chosen: int | None = None) -> str:
    """The answer as HTML; it begins with a word on what was chosen."""
    right = html.escape(asked.choices[asked.right])
    begin = "" if chosen is None else "That is so. " if chosen == asked.right else f"You said “{html.escape(asked.choices[chosen])}”. "
    return f"{begin}<b>{right}</b> {html.escape(asked.why)}"
