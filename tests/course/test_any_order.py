"""Any cell may be run again, and the checks try what the pages do.

A name that one cell reads is bound by one cell only, in all lessons. The slow tests run each solution, then every cell once
more, from the last to the first: what is printed stays the same. On the way they record how the page calls the learner's
functions, and try the other right answers on those calls.
"""

from __future__ import annotations

import ast
import builtins
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator

import nbformat
import pytest
import torch
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from udm_lessons.checks import Exercise
from udm_lessons.exercises import all_exercises
from worlds import pages

import lessons

NAMES = lessons.lesson_names(lessons.ROOT)
each_lesson = pytest.mark.parametrize("name", NAMES)
DRAWS = 200


def code_of(name: str) -> list[str]:
    notebook = nbformat.read(lessons.ROOT / "solutions" / f"{name}.ipynb", as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


# Names.


class _Names(ast.NodeVisitor):
    """What a cell binds, what it reads before it binds it, and what its functions read whenever they are called."""

    def __init__(self, cell: str):
        self.bound: set[str] = set()
        self.read: set[str] = set()
        self.later: dict[str, set[str]] = {}
        for statement in ast.parse(cell).body:
            self.visit(statement)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read |= {node.id} - self.bound
        else:
            self.bound.add(node.id)

    def visit_Assign(self, node: ast.Assign | ast.AugAssign | ast.NamedExpr) -> None:
        self.visit(node.value)
        for target in getattr(node, "targets", None) or [node.target]:
            if isinstance(node, ast.AugAssign) and isinstance(target, ast.Name):
                self.read |= {target.id} - self.bound
            self.visit(target)

    visit_AugAssign = visit_NamedExpr = visit_Assign

    def visit_For(self, node: ast.For) -> None:
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """What is imported is the same in every cell: it does not count as bound twice."""

    visit_ImportFrom = visit_Import

    def visit_ListComp(self, node: ast.AST) -> None:
        self.read |= _free(node) - self.bound

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Lambda = visit_ListComp

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.later[node.name] = _free(node)
        self.bound.add(node.name)

    visit_ClassDef = visit_FunctionDef


def _free(node: ast.AST) -> set[str]:
    """The names that a function, a class or a comprehension takes from outside (roughly: those it never binds)."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    own = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    own |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
    return {n.id for n in names} - own - set(vars(builtins))


def rebound(cells: list[str]) -> list[str]:
    """The names that two cells bind, and that a cell reads which does not bind them first."""
    binds, reads = defaultdict(list), defaultdict(list)
    seen = [_Names(cell) for cell in cells]
    for k, cell in enumerate(seen):
        for name in cell.bound:
            binds[name].append(k)
        for name in cell.read:
            reads[name].append(k)
    for k, cell in enumerate(seen):
        for function, names in cell.later.items():
            called_elsewhere = any(j != k for j in reads[function])
            for name in names:
                if called_elsewhere or name not in cell.bound:
                    reads[name].append(k)
    return [
        f"{name} is bound by cells {binds[name]} and read by cells {reads[name]}"
        for name in sorted(binds)
        if len(binds[name]) > 1 and reads[name]
    ]


@each_lesson
def test_what_a_cell_reads_has_one_meaning(name):
    assert rebound(code_of(name)) == []


def test_control_names_bound_again_are_seen():
    assert rebound(["t = 1", "print(t)", "for t in range(3): pass"])
    assert rebound(["t = 1\ndef f(): return t", "f()", "t = 2"])
    assert not rebound(["t = 1\nprint(t)", "t = 2\nprint(t)", "u = [t for t in range(3)]"])


# Runs.


def _asked(source: str) -> tuple[str, str] | None:
    """The exercise and the name of the answer that a cell checks."""
    found = re.search(r'^check\("([\d.]+)", (\w+)\)', source, re.M)
    return (found[1], found[2]) if found else None


def run_in_any_order(code: list[str]) -> dict[str, str]:
    """What each cell prints: first in order (a), then in reverse (b); and what was recorded.

    The second time, numbers and lists come back as tensors, and the reverse, where another right answer does so.
    """
    cells = [new_code_cell("from worlds import pages as _pages", id="watch")]
    for k, source in enumerate(code):
        if asked := _asked(source):
            cells.append(new_code_cell(f"{asked[1]} = _pages.watched({asked[0]!r}, {asked[1]})", id=f"watch{k}"))
        cells.append(new_code_cell(source, id=f"a{k}"))
    cells.append(new_code_cell("print(_pages.recorded())\n_pages.turn()", id="recorded"))
    cells += [new_code_cell(source, id=f"b{k}") for k, source in reversed(list(enumerate(code)))]
    done = lessons.run(new_notebook(cells=cells), lessons.ROOT, allow_errors=True)
    return {cell.id: "\n".join(_printed(cell)) for cell in done.cells}


def _printed(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            yield output.text
        elif output.output_type == "error":
            yield f"{output.ename}: {output.evalue}"
        elif "data" in output and not any("widget" in kind or "image" in kind for kind in output.data):
            text = output.data.get("text/plain", "")
            if "%|" not in text:  # a bar shows how far it had come
                yield text


def changes(printed: dict[str, str]) -> list[str]:
    return [
        f"cell {key[1:]}: {printed['a' + key[1:]][:200]!r} became {text[:200]!r}"
        for key, text in printed.items()
        if re.fullmatch(r"b\d+", key) and text != printed["a" + key[1:]]
    ]


def strangers(recorded: dict, exercises: list[Exercise]) -> Iterator[str]:
    """Forms that the page has and no case, and kinds of inputs that a case has and neither the page nor `inputs`."""
    for exercise in exercises:
        cases = [pages.form_of(case) for case in exercise.cases()]
        drawn = [pages.form_of(exercise.inputs(random.Random(k))) for k in range(DRAWS)]
        seen = [json.loads(form) for form in recorded["forms"].get(exercise.id, [])]
        tried = [pages.without_values(form) for form in cases]
        for form in seen:
            if pages.without_values(form) not in tried:
                yield f"{exercise.id}: the page calls it with {form}, no case does"
        known = [pages.kinds_of(form) for form in drawn + seen]
        for form in cases:
            if pages.kinds_of(form) not in known:
                yield f"{exercise.id}: a case has inputs of the kinds {pages.kinds_of(form)}, and the page never"


@pytest.mark.slow
@each_lesson
def test_a_lesson_in_any_order(name, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(lessons.ROOT / "tests"))
    printed = run_in_any_order(code_of(name))
    recorded = json.loads(printed["recorded"])
    assert changes(printed) == []
    assert recorded["misfits"] == []
    assert list(strangers(recorded, [e for e in all_exercises() if e.id.startswith(name[:2])])) == []


@pytest.mark.slow
def test_control_an_order_that_matters_is_seen():
    printed = run_in_any_order(["n = 0", "n = n + 1\nprint(n)"])
    assert changes(printed)


def test_control_forms_that_only_one_side_has_are_seen():
    def toy(*cases: tuple) -> list[Exercise]:
        return [Exercise("98.9", "t", 1, 1, 1, lambda x: x, lambda: cases, "law", inputs=lambda rng: (torch.rand(3, 2),))]

    said = [json.dumps(pages.form_of((torch.rand(5, 2),)))]
    square = [json.dumps(pages.form_of((torch.rand(4, 4),)))]
    sloped = [json.dumps(pages.form_of((torch.rand(5, 2, requires_grad=True),)))]
    plain = (torch.rand(7, 3),)
    assert list(strangers({"forms": {"98.9": said}}, toy(plain))) == []
    for forms in (square, sloped):
        assert any("no case does" in line for line in strangers({"forms": {"98.9": forms}}, toy(plain)))
    assert any("and the page never" in line for line in strangers({"forms": {"98.9": said}}, toy(plain, ([0.5, 0.5],))))


def test_control_a_right_answer_that_parts_from_the_page_is_seen(monkeypatch):
    monkeypatch.setattr(pages, "_MISFITS", [])
    exercise = next(e for e in all_exercises() if e.id == "00.1")
    pages.watched("00.1", exercise.reference)(*exercise.cases()[0])
    assert pages._MISFITS == []
    pages.watched("00.1", lambda x0, eps, alpha, sigma: x0)(*(torch.ones(7, 5, 3), torch.ones(7, 5, 3), 0.3, 0.4))
    assert pages._MISFITS
