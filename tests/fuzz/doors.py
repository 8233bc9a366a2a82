"""Every public callable of the package, found from the doors of its wings."""

from __future__ import annotations

import importlib
import inspect
import types
from collections.abc import Callable

WINGS = ("data", "destroy", "rebuild", "flow", "learn", "measure", "exchange", "show", "checks", "exercises", "train")


def public_callables() -> dict[str, Callable]:
    """Functions, classes and their public methods by name, as in `destroy.Gaussian.forward`."""
    found: dict[str, Callable] = {}
    for wing in WINGS:
        door = importlib.import_module(f"udm_lessons.{wing}")
        for name in door.__all__:
            value = getattr(door, name)
            if isinstance(value, types.FunctionType | types.MethodType):
                found[f"{wing}.{name}"] = value
            elif inspect.isclass(value) and not isinstance(value, types.GenericAlias):
                found[f"{wing}.{name}"] = value
                found |= {f"{wing}.{name}.{method}": function for method, function in _methods(value)}
    return found


def _methods(value: type) -> list[tuple[str, Callable]]:
    """The methods that the package itself defines; `__call__` and `forward` where they are its own."""
    return [
        (name, function)
        for name, function in inspect.getmembers(value, inspect.isroutine)
        if (not name.startswith("_") or name == "__call__")
        and getattr(function, "__module__", "").startswith("udm_lessons")
    ]
