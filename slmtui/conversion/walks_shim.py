"""What transformers finds out by reading thousands of files, remembered. For the worker alone.

As it is imported, it reads every file of its models for the names in them, twice (`define_import_structure`):
a sixth of all imports. They are kept in the JSON file that `SLMTUI_IMPORTS` names, with the release of
transformers and the folder of its models with its time. Without such a file, or where it cannot be written,
the models are read once.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from slmtui.conversion.import_hooks import Execute, Executing

FILE = "SLMTUI_IMPORTS"
_MODULE = "transformers.utils.import_utils"


def remembering() -> Executing:
    """What is to be asked first while transformers is imported."""
    return Executing({_MODULE: _remembering})


def _remembering(module: ModuleType, execute: Execute) -> None:
    execute(module)
    _remember_models(module)


def _remember_models(module: Any) -> None:
    """Let `module` read the names in the folder of models at most once, and not at all if they are known."""
    read = module.define_import_structure
    models = Path(module.__file__).parents[1] / "models"

    @functools.cache
    def known() -> list[Any]:
        return _kept(_models(models), lambda: _plain(read(str(models))))

    def define_import_structure(module_path: str | Path, prefix: str | None = None) -> Any:
        # It is asked for the folder, and then for the file in it.
        if Path(module_path) not in (models, models / "__init__.py"):
            return read(module_path, prefix)
        return _structure(known(), "" if prefix is None else f"{prefix}.")

    module.define_import_structure = define_import_structure


def _plain(structure: Mapping[frozenset[str], Mapping[str, set[str]]]) -> list[Any]:
    """A structure as JSON can hold it: `[[backends, {module: names}], …]`."""
    return [
        [sorted(backends), {module: sorted(names) for module, names in modules.items()}]
        for backends, modules in structure.items()
    ]


def _structure(plain: list[Any], prefix: str) -> dict[frozenset[str], dict[str, set[str]]]:
    """What `_plain` was made of, with `prefix` before the modules' names."""
    return {
        frozenset(backends): {prefix + module: set(names) for module, names in modules.items()}
        for backends, modules in plain
    }


def _models(folder: Path) -> str:
    release = importlib.metadata.version("transformers")
    return f"transformers {release} {folder} {folder.stat().st_mtime_ns}"


def _kept(depends_on: str, find_out: Callable[[], list[Any]]) -> list[Any]:
    """What was found out once, as long as what it depends on is the same."""
    name = os.environ.get(FILE, "")
    if not name:
        return find_out()
    file = Path(name)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["of"] == depends_on:
            return list(kept["models"])
    found = find_out()
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            beside.write_text(json.dumps({"of": depends_on, "models": found}), encoding="utf-8")
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)  # it is there only if the disk was full
    return found
