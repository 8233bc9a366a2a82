"""Wrong answers made by changing one thing in the source of a reference.

    cd tests; python -m worlds.mutants 04.1       what the judge makes of the mutants of an exercise

A mutant that differs from the reference on some valid input must be refused. One that never differs, on the
inputs that the exercise draws, is called equivalent.
"""

from __future__ import annotations

import ast
import copy
import inspect
import random
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import torch

from udm_lessons.checks import Exercise, judge
from udm_lessons.checks.exercise import parameter_names
from udm_lessons.checks.guard import unchanged_names
from udm_lessons.checks.trial import Outcome, Trial
from udm_lessons.checks.values import difference
from worlds.habits import habits, kept_from_zero, with_changed

DRAWS = 40


@dataclass
class Report:
    """The mutants of one exercise by what became of them."""

    killed: list[str] = field(default_factory=list)
    equivalent: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)


def mutants(exercise: Exercise) -> Iterator[tuple[str, Callable]]:
    """All mutants of a reference, with a word on what was changed."""
    reference = exercise.reference
    yield from _of_source(reference)
    yield from _of_arguments(exercise)
    yield from _of_result(reference)
    yield from habits(exercise)


def report(exercise: Exercise) -> Report:
    """Tries all mutants on the cases, and those that are accepted there on drawn inputs."""
    found = Report()
    world, cases = _World(exercise), Trial.of(exercise, exercise.reference, 0)
    for name, mutant in mutants(exercise):
        with unchanged_names():
            refused = cases.first_refused(mutant) is not None
        if refused or ("remembered" in name and judge(exercise, mutant).status != "correct"):
            found.killed.append(name)
        elif not world.differs(mutant, always=any(word in name for word in ("sorted", "shared"))):
            found.equivalent.append(name)
        elif judge(exercise, mutant).status == "correct":
            found.accepted.append(f"{name}; differs on {world.last}")
        else:  # for a fault beside the cases
            found.killed.append(name)
    return found


class _World:
    """The drawn inputs of an exercise, and what the reference makes of them."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self.inputs = [tuple(exercise.inputs(random.Random(k))) for k in range(DRAWS)]
        self.trial = Trial(exercise, exercise.reference, self.inputs, parameter_names(exercise.reference))
        self.right = [self._run(exercise.reference, case) for case in self.inputs]
        self.last = ""

    def _run(self, function: Callable, case: tuple, stream: int = 0) -> Outcome:
        return self.trial.run(function, case, stream)

    def differs(self, mutant: Callable, always: bool = False) -> bool:
        """Whether the mutant differs from the reference on some drawn input.

        Draws are compared as laws; with ``always``, any other draw counts: what is sorted or shared has the right
        law entry by entry, and is still wrong.
        """
        self.last = ""
        for case, right in zip(self.inputs, self.right, strict=True):
            mine = self._run(mutant, case)
            if mine.changed or mine.drew_as_told < right.drew_as_told:
                self.last = _words(case)
                return True
            if self._reason(mine, right, case) or (always and _other(mine, right)):
                self.last = _words(case)
                return always or not self.trial.independent or self._another_law(mutant)
        return False

    def _reason(self, mine: Outcome, right: Outcome, case: tuple):
        return self.trial.reason(mine, right, case)

    def _another_law(self, mutant: Callable) -> bool:
        compare, low = self.exercise.compare, 0
        for case, right in zip(self.inputs, self.right, strict=True):
            mine = self._run(mutant, case, 1)
            if bool(mine.error) != bool(right.error):
                return True
            if not mine.error and compare.p_value(mine.output, right.output, case) < 1e-5:
                low += 1
        return low > 0


def _other(mine: Outcome, right: Outcome) -> bool:
    if mine.error or right.error:
        return bool(mine.error) != bool(right.error)
    return difference(mine.output, right.output, 1e-9, 1e-12) is not None


def _words(case: tuple) -> str:
    text = []
    for value in case:
        if isinstance(value, torch.Tensor):
            shown = value.tolist() if value.numel() <= 6 else f"{tuple(value.shape)} {value.dtype}"
            text.append(f"tensor {shown}")
        else:
            text.append(repr(value)[:60])
    return "(" + ", ".join(text) + ")"


# From the source.


def _of_source(reference: Callable) -> Iterator[tuple[str, Callable]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(reference)))
    function = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    function.decorator_list = []
    function.returns = None
    seen = {ast.dump(function)}
    size = len(list(ast.walk(function)))
    for index in range(size):
        node = list(ast.walk(function))[index]
        for k, _ in enumerate(_changes(copy.deepcopy(node))):
            changed = copy.deepcopy(function)
            spot = list(ast.walk(changed))[index]
            name, new = list(_changes(spot))[k]
            if new is not spot:
                changed = _Put(spot, new).visit(changed)
            line = f"line {getattr(node, 'lineno', 0)}: {name}"
            try:
                ast.fix_missing_locations(changed)
                key = ast.dump(changed)
                if key in seen:
                    continue
                seen.add(key)
                yield line, _compiled(changed, reference)
            except (SyntaxError, ValueError, AttributeError, TypeError):
                continue


class _Put(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST | None):
        self.old, self.new = old, new

    def visit(self, node: ast.AST):
        return self.new if node is self.old else self.generic_visit(node)


def _compiled(function: ast.FunctionDef, reference: Callable) -> Callable:
    module = ast.Module([function], [])
    space = dict(reference.__globals__) | {"kept_from_zero": kept_from_zero}
    if reference.__closure__:
        space |= {n: c.cell_contents for n, c in zip(reference.__code__.co_freevars, reference.__closure__)}
    exec(compile(module, "<mutant>", "exec"), space)
    return space[function.name]


_OTHER = {ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult], ast.Pow: [ast.Mult],
          ast.MatMult: [], ast.FloorDiv: [ast.Div], ast.Mod: [ast.FloorDiv]}  # fmt: skip
_COMPARE = {ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE], ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.LtE],
            ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq]}  # fmt: skip
_CALLS = {
    "max": ["sum", "min"], "min": ["max"], "amax": ["sum", "amin"], "sum": ["mean", "amax"], "mean": ["sum"],
    "cumsum": ["cumprod"], "cumprod": ["cumsum"], "sqrt": ["square"], "square": ["sqrt"], "sin": ["cos"], "cos": ["sin"],
    "rand": ["randn"], "randn": ["rand"], "zeros": ["ones"], "ones": ["zeros"], "floor": ["ceil"], "ceil": ["floor"],
    "softmax": ["log_softmax"], "log_softmax": ["softmax"], "any": ["all"], "all": ["any"], "std": ["var"], "var": ["std"],
    "logsumexp": ["amax"], "searchsorted": ["bucketize"], "zeros_like": ["ones_like"], "rand_like": ["randn_like"],
}  # fmt: skip
_THROUGH = {"sqrt", "exp", "log", "abs", "clamp", "square", "relu", "float", "int", "round", "reversed", "sorted", "list",
            "flip", "sort", "cumsum", "cumprod", "softmax", "log2", "mean", "sum", "detach", "unsqueeze", "squeeze",
            "flatten", "double", "long", "floor", "ceil", "bool", "clone", "max", "min", "transpose", "log_softmax"}  # fmt: skip


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """Each change of one node: what it is, and the new node (the same object if it was changed in place)."""
    if isinstance(node, ast.BinOp):
        for other in _OTHER.get(type(node.op), []):
            yield f"{type(node.op).__name__} -> {other.__name__}", ast.BinOp(node.left, other(), node.right)
        yield "right operand dropped", node.left
        yield "left operand dropped", node.right
        if isinstance(node.op, ast.Div):
            little = ast.BinOp(node.right, ast.Add(), ast.Constant(1e-5))
            yield "a little added to the denominator", ast.BinOp(node.left, ast.Div(), little)
            kept = ast.Call(ast.Name("kept_from_zero", ast.Load()), [node.right], [])
            yield "denominator kept from 0", ast.BinOp(node.left, ast.Div(), kept)
        if isinstance(node.op, ast.Sub | ast.Div | ast.Pow):
            yield "operands swapped", ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp):
        yield f"{type(node.op).__name__} dropped", node.operand
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for value in {node.value + 1, node.value - 1, 2 * node.value, -node.value} - {node.value}:
            yield f"{node.value} -> {value}", ast.Constant(value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} turned", ast.Constant(not node.value)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARE.get(type(node.ops[0]), []):
            yield f"{type(node.ops[0]).__name__} -> {other.__name__}", ast.Compare(node.left, [other()], node.comparators)
        yield "condition always true", ast.Constant(True)
        yield "condition never true", ast.Constant(False)
    elif isinstance(node, ast.BoolOp):
        yield "and <-> or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for k in range(len(node.values)):
            rest = node.values[:k] + node.values[k + 1 :]
            yield f"part {k} dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.IfExp):
        yield "first branch always", node.body
        yield "second branch always", node.orelse
    elif isinstance(node, ast.AugAssign):
        yield "statement dropped", ast.Pass()
        for other in _OTHER.get(type(node.op), []):
            yield f"{type(node.op).__name__}= -> {other.__name__}=", ast.AugAssign(node.target, other(), node.value)
    elif isinstance(node, ast.If):
        yield "branch never taken", ast.If(ast.Constant(False), node.body, node.orelse)
        yield "branch always taken", ast.If(ast.Constant(True), node.body, node.orelse)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield "filter dropped", ast.comprehension(node.target, node.iter, [], node.is_async)
    elif isinstance(node, ast.Slice):
        for side in ("lower", "upper"):
            if getattr(node, side) is not None:
                yield f"{side} bound dropped", ast.Slice(**{n: getattr(node, n) for n in ("lower", "upper", "step")} | {side: None})
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "log" and node.args:
        yield "a little added inside the logarithm", ast.Call(node.func, [ast.BinOp(node.args[0], ast.Add(), ast.Constant(1e-5))], [])
    for other in _CALLS.get(name, []):
        func = ast.Attribute(node.func.value, other, ast.Load()) if isinstance(node.func, ast.Attribute) else ast.Name(other, ast.Load())
        yield f"{name} -> {other}", ast.Call(func, node.args, node.keywords)
    inside = node.func.value if isinstance(node.func, ast.Attribute) else None
    is_method = inside is not None and not (isinstance(inside, ast.Name) and inside.id in ("torch", "math", "np", "functional"))
    if name in _THROUGH:
        if is_method:
            yield f"{name} dropped", inside
        elif node.args:
            yield f"{name} dropped", node.args[0]
    if name == "where" and len(node.args) == 3:
        yield "where: first always", node.args[1]
        yield "where: second always", node.args[2]
    for k in range(len(node.args) - 1):
        args = [*node.args]
        args[k], args[k + 1] = args[k + 1], args[k]
        yield f"arguments {k} and {k + 1} of {name} swapped", ast.Call(node.func, args, node.keywords)
    for k, keyword in enumerate(node.keywords):
        yield f"{keyword.arg} of {name} dropped", ast.Call(node.func, node.args, node.keywords[:k] + node.keywords[k + 1 :])
    if name in ("rand", "randn", "rand_like", "randn_like", "randint"):
        first = ast.Subscript(node, ast.Constant(...), ast.Load())
        one = ast.Subscript(copy.deepcopy(node), ast.Slice(None, ast.Constant(1), None), ast.Load())
        yield "one draw shared by all rows", ast.BinOp(one, ast.Add(), ast.BinOp(ast.Constant(0), ast.Mult(), first))
        yield "draws sorted", ast.Attribute(ast.Call(ast.Attribute(copy.deepcopy(node), "sort", ast.Load()), [ast.Constant(-1)], []), "values", ast.Load())
    if isinstance(node.func, ast.Name) and name in ("field", "f", "predictor", "model", "network", "draw", "velocity", "guess"):
        twice = ast.Tuple([copy.deepcopy(node), node], ast.Load())
        yield f"{name} called twice", ast.Subscript(twice, ast.Constant(1), ast.Load())


# From outside.


def _of_arguments(exercise: Exercise) -> Iterator[tuple[str, Callable]]:
    reference, names = exercise.reference, parameter_names(exercise.reference)
    first = tuple(exercise.cases()[0])
    for k, name in enumerate(names):
        for other in range(k + 1, len(names)):
            yield f"{name} and {names[other]} swapped", _swapped(reference, k, other)
        if isinstance(first[k], torch.Generator):
            yield "generator seeded anew", with_changed(reference, k, lambda g: g.manual_seed(0) and torch.Generator().manual_seed(0))
            yield "another generator", with_changed(reference, k, lambda g: torch.Generator().manual_seed(5))
            yield "global stream", with_changed(reference, k, lambda g: None)
            continue
        yield f"{name} frozen at its first value", with_changed(reference, k, lambda value, held=first[k]: copy.deepcopy(held))
        if isinstance(first[k], int | float | torch.Tensor) and not isinstance(first[k], bool):
            for said, change in _BENT.items():
                yield f"{name} {said}", with_changed(reference, k, change)
        if isinstance(first[k], list | tuple | str) and not hasattr(first[k], "_fields"):
            yield f"{name} reversed", with_changed(reference, k, lambda value: value[::-1])
            yield f"{name} without its last", with_changed(reference, k, lambda value: value[:-1])
            yield f"{name} without its first", with_changed(reference, k, lambda value: value[1:])
        if callable(first[k]) and not isinstance(first[k], torch.nn.Module | type):
            yield f"{name} called three times", with_changed(reference, k, _thrice)


_BENT: dict[str, Callable] = {
    "squared": lambda x: x * x, "halved": lambda x: x / 2, "one more": lambda x: x + 1, "turned round": lambda x: -x,
    "in absolute value": abs, "a little more": lambda x: x + 0.01, "zero": lambda x: x * 0,
}  # fmt: skip


def _thrice(function: Callable) -> Callable:
    return lambda *a, **k: [function(*a, **k) for _ in range(3)][-1]


def _swapped(reference: Callable, i: int, j: int) -> Callable:
    def mutant(*case):
        values = list(case)
        values[i], values[j] = values[j], values[i]
        return reference(*values)

    return mutant


def _of_result(reference: Callable) -> Iterator[tuple[str, Callable]]:
    changes: dict[str, Callable] = {
        "a small number added": lambda y: y + 2e-3, "one per cent more": lambda y: y * 1.01, "negative": lambda y: -y,
        "twice": lambda y: 2 * y, "absolute value": abs, "not below zero": lambda y: y.clamp(min=0) if isinstance(y, torch.Tensor) else max(y, 0),
        "at most one": lambda y: y.clamp(max=1) if isinstance(y, torch.Tensor) else min(y, 1),
        "rounded": lambda y: y.round(decimals=2) if isinstance(y, torch.Tensor) else round(y, 2),
        "cut off from the gradient": lambda y: y.detach() if isinstance(y, torch.Tensor) else y,
        "backwards": lambda y: y.flip(0) if isinstance(y, torch.Tensor) else y[::-1],
        "turned by one": lambda y: y.roll(1, 0) if isinstance(y, torch.Tensor) else [*y[1:], *y[:1]],
        "sorted": lambda y: y.sort(0).values if isinstance(y, torch.Tensor) else sorted(y),
        "averaged over the batch": lambda y: y.mean(0, keepdim=True).expand_as(y) if isinstance(y, torch.Tensor) else y,
        "first row for all": lambda y: y[:1].expand_as(y) if isinstance(y, torch.Tensor) else y,
        "last entry dropped": lambda y: y[:-1], "first entry dropped": lambda y: y[1:],
        "doubles dropped": lambda y: list(dict.fromkeys(y)) if not isinstance(y, torch.Tensor) else y,
    }  # fmt: skip

    def changed(change: Callable) -> Callable:
        def mutant(*case):
            y = reference(*case)
            if isinstance(y, tuple) and not hasattr(y, "_fields"):
                return tuple(change(part) for part in y)
            return change(y)

        return mutant

    for name, change in changes.items():
        yield f"result: {name}", changed(change)


@cache
def report_of(exercise_id: str) -> Report:
    """The report on an exercise of the course."""
    from udm_lessons.exercises import get

    return report(get(exercise_id))


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        done = report_of(wanted)
        print(f"{wanted}: {len(done.killed)} killed, {len(done.equivalent)} equivalent, {len(done.accepted)} ACCEPTED")
        for line in done.accepted:
            print("   accepted:", line)
        for line in done.equivalent:
            print("   equivalent:", line)
