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

import house
from house import MODULES, ROOT, TREES, imports

FLOOR_OF = {wing: height for height, floor in enumerate(house.FLOORS) for wing in floor}
WINGS = sorted(set(FLOOR_OF) - {"_arrays"})


def wrong_ways(module: str, tree: ast.AST) -> list[str]:
    """Imports that lead up or sideways, past a door, or to a name that is private."""
    room, bad = module.split(".")[0], []
    for wing, target, name in imports(module, tree):
        if room == "__init__" and wing == "_arrays" or wing == room == "exercises":
            continue  # the lessons' own folders are held apart below
        if wing == room:
            bad += [f"{module} takes {name}, private in {target}"] * (name.startswith("_") and name != "_course")
        elif FLOOR_OF.get(wing, 99) >= FLOOR_OF.get(room, 99):
            bad.append(f"{module} imports {target}, which is not below it")
        elif target not in (wing, f"{wing}.__init__"):
            bad.append(f"{module} goes past the door of {wing}, to {target}")
        elif name.startswith("_"):
            bad.append(f"{module} takes {name}, private in {target}")
    return bad


def test_every_room_has_a_floor() -> None:
    assert {name.split(".")[0] for name in MODULES} == {*FLOOR_OF, "__init__"}, "name its floor"


def test_imports_lead_down_and_through_doors() -> None:
    assert [line for name, tree in TREES.items() for line in wrong_ways(name, tree)] == []


def test_a_lesson_s_exercises_stay_in_their_folder() -> None:
    """An exercise takes from its own lesson and from wings, never from another lesson."""
    strays = [
        f"{module} imports {target}"
        for module, tree in TREES.items()
        if module.startswith("exercises.lesson_")
        for wing, target, _ in imports(module, tree)
        if wing == "exercises" and target.split(".")[1] != module.split(".")[1]
    ]
    assert strays == []


def test_imports_have_no_cycle() -> None:
    """Doors (`__init__`) aside: inside a wing, modules import modules."""
    graph = {
        name: {target for _, target, _ in imports(name, tree)} - {name} for name, tree in TREES.items()
    }
    inner = {name: targets for name, targets in graph.items() if not name.endswith("__init__")}
    TopologicalSorter(inner).prepare()
    with pytest.raises(CycleError):  # control
        TopologicalSorter({**inner, "rebuild.refresh": {"rebuild.sampling"}}).prepare()


@pytest.mark.parametrize(
    "line, module",
    [
        ("from ..rebuild import sample", "destroy.base"),  # up
        ("import udm_lessons.learn", "rebuild.sampling"),
        ("def f():\n    from ..show import curves", "flow.grids"),  # sideways
        ("from .. import show", "data.strings"),
        ("from ..data import words", "checks.engine"),
        ("from ..rebuild.sampling import sample", "flow.solvers"),  # past a door
        ("from ..rebuild import sampling", "flow.solvers"),
        ("from .gaussian import _helper", "destroy.blur"),  # private
        ("from .._arrays import _draw", "destroy.blur"),
    ],
)
def test_control_imports_that_go_wrong(line: str, module: str) -> None:
    assert len(wrong_ways(module, ast.parse(line))) == 1


@pytest.mark.parametrize("wing", WINGS)
def test_a_door_says_what_lives_here_and_hands_it_on(wing: str) -> None:
    """It opens with a paragraph, takes names from its own modules, and lists just those."""
    door = TREES[f"{wing}.__init__"]
    assert len(ast.get_docstring(door).split()) >= 20
    loaded = importlib.import_module(f"udm_lessons.{wing}")
    named = {name for home, _, name in imports(f"{wing}.__init__", door) if home == wing}
    if wing != "exercises":
        odd = sorted(named ^ set(loaded.__all__))
        assert not odd, f"{odd}: import each in udm_lessons/{wing}/__init__.py and name it in __all__"
    assert len(set(loaded.__all__)) == len(loaded.__all__)
    assert all(hasattr(loaded, name) and not name.startswith("_") for name in loaded.__all__)


@pytest.mark.parametrize("wing", sorted(set(WINGS) - {"exercises", "checks"}))
def test_every_public_class_and_function_is_handed_on_or_used_inside(wing: str) -> None:
    door = set(importlib.import_module(f"udm_lessons.{wing}").__all__)
    used = {name for module, tree in TREES.items() if module.startswith(f"{wing}.") for home, _, name in imports(module, tree)
            if home == wing and not module.endswith("__init__")}
    public = {
        node.name
        for module, tree in TREES.items()
        if module.startswith(f"{wing}.")
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_")
    }
    idle = sorted(public - door - used)
    assert not idle, f"{idle}: hand it on in udm_lessons/{wing}/__init__.py, or begin its name with _"


def test_the_drawing_of_the_house_is_that_of_its_imports(monkeypatch) -> None:
    assert house.DRAWING.read_text(encoding="utf-8") == house.drawing(), "`make house` draws it anew"
    assert "destroy uses no other" in house.drawing()
    monkeypatch.setitem(TREES, "destroy.base", ast.parse("from ..data import words"))  # control
    assert "destroy uses data" in house.drawing()


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.py")), ids=lambda path: path.stem)
def test_lessons_import_from_wings_once_each(path: Path) -> None:
    """At most one statement a wing, from its door, and no import of anything else of the package.

    Check cells import check for themselves, so that a learner's own function of that name does no harm.
    """
    text = path.read_text(encoding="utf-8").replace("from udm_lessons.exercises import check\n", "")
    tree = ast.parse(text)
    taken = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "udm_lessons"]
    assert not [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names if name.name.startswith("udm_lessons")]
    assert len(set(taken)) == len(taken)
    assert set(taken) <= {"udm_lessons", *(f"udm_lessons.{wing}" for wing in WINGS)}


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
    """A method may leave it to the method that it overrides. In an exercise the hints say it."""
    if module.startswith("exercises.lesson_"):
        assert ast.get_docstring(TREES[module])
        return
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
    if not module.startswith("checks."):
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
