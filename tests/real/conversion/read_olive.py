"""What the installed Olive and model builder read of a configuration, as data: for a process of its own.

    OLIVE_DISABLE_TELEMETRY=1 python tests/real/conversion/read_olive.py > slmtui/conversion/rules/olive.json

writes the knowledge that `slmtui lint` works with. It asks each pass for its parameters, the way Olive itself
does before a run, and reads from the builder's code which extra options it looks at. A test compares the file
with the releases that are installed; after an upgrade, run it again and read the difference.
"""

from __future__ import annotations

import ast
import enum
import importlib.util
import inspect
import json
import os
import sys
import typing
from importlib import metadata
from pathlib import Path
from typing import Any

from olive.common.config_utils import CaseInsensitiveEnum, ParamCategory
from olive.hardware import DEFAULT_CPU_ACCELERATOR
from olive.hardware.constants import DEVICE_TO_EXECUTION_PROVIDERS
from olive.model.config.registry import REGISTRY
from olive.package_config import OlivePackageConfig
from olive.systems.common import AcceleratorConfig
from olive.systems.system_config import _type_to_config
from olive.workflows.run.config import RunConfig, RunEngineConfig

_PLAIN = {bool: "bool", int: "int", float: "float", str: "str", dict: "dict", list: "list", Path: "str"}


def kinds(annotation: Any) -> tuple[set[str], list[Any], bool]:
    """The kinds of JSON value a type takes, the values it is limited to, and whether their case matters."""
    if annotation in _PLAIN:
        return {_PLAIN[annotation]}, [], False
    if annotation in (Any, inspect.Parameter.empty):
        return {"any"}, [], False
    if annotation in (None, type(None)):
        return set(), [], False
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    # What stands in a list of objects has rules of its own.
    if origin is list and len(inner := kinds(arguments[0])[0]) == 1 and inner != {"dict"}:
        return {f"list[{inner.pop()}]"}, [], False
    if origin in (list, dict, tuple, set):
        return {"dict" if origin is dict else "list"}, [], False
    if origin is typing.Annotated:
        return kinds(arguments[0])
    if origin is typing.Union:
        parts = [kinds(argument) for argument in arguments]
        found = set().union(*(part[0] for part in parts))
        # A choice beside plain text or a dictionary is no limit.
        only = [part for part in parts if part[0]]
        choices = [value for part in only for value in part[1]] if all(part[1] for part in only) else []
        return found, choices, any(part[2] for part in parts)
    if inspect.isclass(annotation) and issubclass(annotation, enum.Enum):
        values = [member.value for member in annotation]
        return {_PLAIN[type(values[0])]}, values, issubclass(annotation, CaseInsensitiveEnum)
    if "Callable" in str(annotation):
        return {"str"}, [], False
    # A class of Olive's: a dictionary, or for some the name of one that stands elsewhere.
    named = getattr(annotation, "__name__", "") in ("DataConfig", "SystemConfig", "OliveEvaluatorConfig")
    return {"dict", "str"} if named else {"dict"}, [], False


def described(annotation: Any, required: bool, default: Any, **more: Any) -> dict[str, Any]:
    """One key; what goes without saying is left out."""
    found, choices, any_case = kinds(annotation)
    default = default.value if isinstance(default, enum.Enum) else default
    plain = isinstance(default, (bool, int, float, str))
    return {"types": sorted(found)} | {
        name: value
        for name, value in {
            "choices": choices,
            "any_case": any_case and bool(choices),
            "required": required,
            "default": default if plain and not required else None,
            **more,
        }.items()
        if value not in (None, False, [], "")
    }


def fields(model: Any) -> dict[str, Any]:
    """The fields of a pydantic class."""
    return {
        name: described(field.annotation, field.is_required(), None if field.is_required() else field.default)
        for name, field in model.model_fields.items()
    }


def a_pass(package: OlivePackageConfig, name: str) -> dict[str, Any]:
    """One pass: what it works on, what it needs, and its parameters."""
    cls, module = package.import_pass_module(name), package.get_pass_module_config(name)
    config = cls.default_config(DEFAULT_CPU_ACCELERATOR)
    needs = [*module.module_dependencies]
    for extra in module.extra_dependencies:
        needs += package.extra_dependencies.get(extra, [])
    keys = {
        key: described(
            param.type_,
            param.required,
            param.default_value,
            path=param.category == ParamCategory.PATH,
            searchable=param.search_defaults is not None,
        )
        for key, param in config.items()
    }
    family = module.module_path.split(".")[2]
    entry: dict[str, Any] = {"family": family}
    if needs:
        entry["needs"] = sorted(set(needs))
    if module.dataset != "dataset_not_required":
        entry["dataset"] = str(module.dataset).removeprefix("dataset_")
    return entry | {"keys": keys}


def builder_options() -> dict[str, Any]:
    """The extra options that the installed model builder looks at, and which of them are true or false."""
    spec = importlib.util.find_spec("onnxruntime_genai")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "models"
    found: set[str] = set()
    switches: list[str] = []
    for file in [folder / "builder.py", *sorted((folder / "builders").glob("*.py"))]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found.update(_names_read(node))
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "bools":
                switches = ast.literal_eval(node.value)
    return {
        name: {"types": ["bool"] if name in switches else ["any"]} for name in sorted(found | set(switches))
    }


def _names_read(node: ast.AST) -> set[str]:
    """The names a piece of code looks up in `extra_options`."""
    at: ast.AST | None = None
    if isinstance(node, ast.Subscript) and _is_options(node.value):
        at = node.slice
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and _is_options(node.func.value)
        and node.args
    ):
        at = node.args[0]
    elif isinstance(node, ast.Compare) and _is_options(node.comparators[0]):
        at = node.left
    return {at.value} if isinstance(at, ast.Constant) and isinstance(at.value, str) else set()


def _is_options(node: ast.AST) -> bool:
    return ast.unparse(node) in ("extra_options", "self.extra_options", "kv_pairs")


def builder_algorithms() -> list[str]:
    """What the installed model builder knows for `int4_algo_config`; any other is the first to it."""
    spec = importlib.util.find_spec("onnxruntime_genai")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    file = Path(spec.submodule_search_locations[0]) / "models" / "builders" / "base.py"
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == "make_int4_algo_config":
            for part in ast.walk(node):
                if isinstance(part, ast.Compare) and ast.unparse(part.left) == "quant_method":
                    value = ast.literal_eval(part.comparators[0])
                    found |= {value} if isinstance(value, str) else set(value)
    return ["default", *sorted(found)]


def a_model(cls: Any) -> dict[str, Any]:
    """What a model's handler takes."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return {p.name: described(p.annotation, p.default is inspect.Parameter.empty, None) for p in parameters}


def read() -> dict[str, Any]:
    """Everything."""
    package = OlivePackageConfig.load_default_config()
    names = json.loads(Path(OlivePackageConfig.get_default_config_path()).read_text(encoding="utf-8"))
    run = {name: field for name, field in fields(RunConfig).items() if name != "engine"}
    return {
        "versions": {name: metadata.version(name) for name in ("olive-ai", "onnxruntime-genai")},
        "devices": {
            device: sorted(str(provider) for provider in providers)
            for device, providers in DEVICE_TO_EXECUTION_PROVIDERS.items()
        },
        "top": run | fields(RunEngineConfig),
        "models": {cls.__name__.removesuffix("Handler"): a_model(cls) for cls in REGISTRY.values()},
        "systems": {kind.value: fields(cls) for kind, cls in _type_to_config.items()},
        "accelerator": fields(AcceleratorConfig),
        "builder_options": builder_options(),
        "builder_algorithms": builder_algorithms(),
        "passes": {name: a_pass(package, name) for name in sorted(names["passes"])},
    }


def main() -> None:
    """Write it as JSON with one line for each key or pass, so that an upgrade shows as a small difference."""
    # Olive and its libraries print, too.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    knowledge = read()
    lines = []
    for name, part in knowledge.items():
        if isinstance(part, list):
            lines.append(f"  {json.dumps(name)}: {json.dumps(part)}")
            continue
        inner = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in part.items())
        lines.append(f"  {json.dumps(name)}: {{\n{inner}\n  }}")
    out.write("{\n" + ",\n".join(lines) + "\n}\n")
    out.flush()
    sys.stderr.flush()
    os._exit(0)  # an exporter of Olive's can hold the interpreter's own end


if __name__ == "__main__":
    main()
