"""How the package is laid out: floors, sizes, docstrings, and what no file may say."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shutil
import subprocess
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "udm_lessons"

# A module imports only from floors below its own; those of one package (processes, exercises) may
# import each other, without a cycle.
FLOORS = [
    {"_arrays"},
    {"levels", "noise", "data", "alignment"},
    {"schedules"},
    {"parameterizations", "grids", "faces"},
    {"processes"},
    {"refresh", "oracles", "networks", "variances", "divergence"},
    {"predictors", "token_networks"},
    {"objectives"},
    {"sampling", "likelihood", "token_likelihood", "edits"},
    {"solvers", "affine_flows"},
    {"training", "evaluation", "ngrams"},
    {"digit_judge", "digit_model"},
    {"exercises", "plots"},
    {"story", "tables"},
    {"__init__"},
]
FLOOR_OF = {name: height for height, names in enumerate(FLOORS) for name in names}
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def resolve(name: str) -> str:
    """The module that an import of `name`, below the package, reads; a package is a.__init__."""
    for candidate in (name, f"{name}.__init__" if name else "__init__"):
        if candidate in MODULES:
            return candidate
    return resolve(name.rpartition(".")[0])


def imports(module: str, tree: ast.AST) -> set[str]:
    """The modules of the package that a module imports, wherever in the file it does."""
    found, home = set(), module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            paths = [alias.name.split(".") for alias in node.names]
            found |= {resolve(".".join(path[1:])) for path in paths if path[0] == "udm_lessons"}
        elif isinstance(node, ast.ImportFrom):
            path = (node.module or "").split(".") if node.module else []
            if node.level:
                base = home[: len(home) - node.level] + path
            elif path[:1] == ["udm_lessons"]:
                base = path[1:]
            else:
                continue
            found |= {resolve(".".join([*base, alias.name])) for alias in node.names}
    return found - {module}


def wrong_way(module: str, tree: ast.AST) -> list[str]:
    """The imports of a module that do not lead downwards."""
    room, bad = module.split(".")[0], []
    for target in sorted(imports(module, tree)):
        other = target.split(".")[0]
        if room != other and FLOOR_OF[other] >= FLOOR_OF[room]:
            bad.append(f"{module} imports {target}")
    return bad


def test_every_module_has_a_floor() -> None:
    assert {name.split(".")[0] for name in MODULES} <= set(FLOOR_OF), "name its floor in FLOORS"


def test_imports_lead_down() -> None:
    assert [line for name, tree in TREES.items() for line in wrong_way(name, tree)] == []


def test_imports_have_no_cycle() -> None:
    """Faces (`__init__`) aside: a package is imported by way of its modules."""
    graph = {name: imports(name, tree) for name, tree in TREES.items()}
    inner = {name: targets for name, targets in graph.items() if not name.endswith("__init__")}
    TopologicalSorter(inner).prepare()
    with pytest.raises(CycleError):  # control
        TopologicalSorter({**inner, "_arrays": {"sampling"}}).prepare()


@pytest.mark.parametrize(
    "line, module",
    [
        ("from .sampling import sample", "oracles"), ("from ..sampling import a", "processes.base"),
        ("from . import plots", "training"), ("import udm_lessons.training", "sampling"),
        ("def f():\n    from .predictors import carry_over", "refresh"),
        ("from .oracles import FiniteData", "refresh"), ("from udm_lessons import plots", "noise"),
    ],
)  # fmt: skip
def test_control_imports_that_lead_up(line: str, module: str) -> None:
    assert len(wrong_way(module, ast.parse(line))) == 1


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module: str) -> None:
    """At most 300 lines. The exercises of a lesson are data, and may take twice as many."""
    limit = 600 if module.startswith("exercises.lesson_") else 300
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= limit


def undocumented(tree: ast.Module) -> list[str]:
    """Public classes and functions without a docstring of their own; '' stands for the module."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        node.name for node in tree.body if isinstance(node, kinds) and not ast.get_docstring(node)
    ]
    return [name for name in found if not name.startswith("_")] + (
        [] if ast.get_docstring(tree) else [""]
    )


@pytest.mark.parametrize("module", MODULES)
def test_what_is_public_is_documented(module: str) -> None:
    """A method may leave it to the method that it overrides."""
    assert undocumented(TREES[module]) == []
    loaded = importlib.import_module(f"udm_lessons.{module}".removesuffix(".__init__"))
    silent = [
        f"{name}.{method}"
        for name, value in vars(loaded).items()
        if inspect.isclass(value)
        and value.__module__ == loaded.__name__
        and not name.startswith("_")
        for method, function in vars(value).items()
        if inspect.isfunction(function)
        and not method.startswith("_")
        and not documented(value, method)
    ]
    assert silent == []


def documented(owner: type, method: str) -> bool:
    return any(getattr(vars(base).get(method), "__doc__", None) for base in owner.__mro__)


def test_control_docstrings_that_are_missing() -> None:
    source = (
        '"""A module."""\nclass A:\n    x = 1\ndef f():\n    return 1\ndef _g():\n    return 2\n'
    )
    assert undocumented(ast.parse(source)) == ["A", "f"] and undocumented(ast.parse("x = 1")) == [
        ""
    ]
    assert not documented(type("A", (), {"m": lambda self: 1}), "m")


def calls(tree: ast.AST, name: str) -> list[int]:
    """The lines that call a function or a method of that name."""
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in called
        if name in (getattr(call.func, "attr", ""), getattr(call.func, "id", ""))
    ]


@pytest.mark.parametrize("module", MODULES)
def test_no_print_and_no_fixed_device(module: str) -> None:
    assert calls(TREES[module], "cuda") == []
    if not module.startswith("exercises."):
        assert calls(TREES[module], "print") == []
    assert calls(ast.parse("x.cuda()\nprint(1)"), "cuda") == [1]  # control
    assert calls(ast.parse("x.cuda()\nprint(1)"), "print") == [2]


# Written in pieces, so that this file does not match itself.
HOSTS = re.compile(
    "|".join(["pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", "ana" + r"conda\.org"])
)
FOLDERS = re.compile(r"(?<![\w.])/(?:root|home|Users|work|mnt|workspace)/\w")


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_registry() -> None:
    """Tests may hold made-up folders; no file may hold the folder of this checkout."""
    bad, files = [], tracked_files()
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        hit = HOSTS.search(text) or (
            FOLDERS.search(text) if ROOT / "tests" not in path.parents else None
        )
        if hit or (len(ROOT.parts) > 2 and f"{ROOT}/" in text):
            bad.append(f"{path.relative_to(ROOT)}: {hit and hit.group()}")
    assert bad == [] and len(files) > 20
    assert HOSTS.search("https://py" + "pi.org/simple") and FOLDERS.search(
        'open("/ho' + 'me/ada/x.csv")'
    )
