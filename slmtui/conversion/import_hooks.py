"""Taking part in an import: another way to execute a module, or one to stand for it. For the worker alone."""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

Execute = Callable[[ModuleType], None]


class Executing(importlib.abc.MetaPathFinder):
    """Finds modules as everybody does, and lets those it knows be executed in another way.

    Args:
        ways: by a module's name, what is called with the module and with what would have executed it.
    """

    def __init__(self, ways: Mapping[str, Callable[[ModuleType, Execute], None]]) -> None:
        self._ways = ways

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification of a module it knows; None for all others."""
        way = self._ways.get(name)
        spec = PathFinder.find_spec(name, path, target) if way is not None else None
        if way is not None and spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: way(module, execute)  # type: ignore[method-assign]
        return spec


def later(module: ModuleType, execute: Execute) -> None:
    """Put off the execution of `module` until an attribute is asked for that it does not have yet.

    `importlib.util.LazyLoader` does not serve: it executes at a look at `__file__`, and torch looks at that
    of every module there is.
    """
    # Without its path, no part of a package is imported before the whole is.
    path = vars(module).pop("__path__", None)

    def look(attribute: str) -> Any:
        if attribute.startswith("__") and attribute not in ("__path__", "__version__", "__all__"):
            raise AttributeError(attribute)
        del vars(module)["__getattr__"]
        if path is not None:
            module.__path__ = path
        execute(module)
        return getattr(module, attribute)

    vars(module)["__getattr__"] = look


@contextlib.contextmanager
def deferred(name: str) -> Iterator[None]:
    """While it lasts, names imported from the module `name` are functions that import it when called.

    Afterwards whoever imports it gets the real one.
    """
    if name in sys.modules:
        yield
        return
    module = ModuleType(name)

    def stand_in(attribute: str) -> Callable[..., Any]:
        if attribute.startswith("__"):
            raise AttributeError(attribute)

        def call(*arguments: Any, **options: Any) -> Any:
            return getattr(importlib.import_module(name), attribute)(*arguments, **options)

        return call

    vars(module)["__getattr__"] = stand_in
    sys.modules[name] = module
    try:
        yield
    finally:
        if sys.modules.get(name) is module:
            del sys.modules[name]


@contextlib.contextmanager
def finding(finder: importlib.abc.MetaPathFinder) -> Iterator[None]:
    """Let `finder` be asked first, while it lasts."""
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
