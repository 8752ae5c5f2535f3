"""slmtui.json in a converted model: what was made, from which bytes, with which versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slmtui import __version__
from slmtui.config.files import write_atomic
from slmtui.conversion.config_file import OlivePlan
from slmtui.conversion.digests import Described, describe, remembered
from slmtui.conversion.recipe import Recipe
from slmtui.environment import installed
from slmtui.environment.interpreter import examine
from slmtui.events import Cancel, Verdict, jsonable
from slmtui.source.model_source import ModelSource
from slmtui.source.sound_weights import refuse_damaged

NAME = "slmtui.json"
_PACKAGES = ("olive-ai", "onnxruntime-genai", "onnxruntime", "transformers", "torch", "onnx")
# What a conversion reads of a Hugging Face folder; optimizer states and pictures lie there, too.
_READ = {".safetensors", ".bin", ".json", ".jinja", ".model", ".txt"}


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a conversion goes by: the source, byte for byte, and the versions of what converts it."""

    source: Mapping[str, Any]
    versions: Mapping[str, str]


def ingredients(source: ModelSource, python: Path, cancel: Cancel) -> Ingredients:
    """Look at all files of `source`, and at the packages of the interpreter `python` that Olive runs with.

    Raises:
        Failure: a file cannot be read, weights are not numbers, or the interpreter is gone.
        Cancelled: in the middle.
    """
    _refuse_damaged(source, cancel)
    return Ingredients(_origin(source, cancel), versions(python))


def _refuse_damaged(source: ModelSource, cancel: Cancel) -> None:
    """Look at every weight; what has been looked at is remembered by its digest, which comes after it."""
    for part in filter(None, (source, source.base)):
        fresh = [path for path in source_files(part) if not remembered([path])]
        refuse_damaged(fresh, cancel)


def write_manifest(
    model: Path,
    recipe: Recipe,
    brought: OlivePlan | None,
    made_of: Ingredients,
    files: Described,
    parity: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    key: str | None,
    **figures: float,
) -> None:
    """Write slmtui.json into the folder `model`, whose other `files` are described.

    `parity` is what the comparison with the source found, `brought` the configuration that was the user's;
    `verdicts` are those of the gate and of the comparison, `key` names the conversion (`reuse.py`), and
    `figures` are what it took: `seconds`, `peak_rss_bytes`.

    Raises:
        Failure: the manifest cannot be written.
    """
    document: dict[str, Any] = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **figures,
        "precision": recipe.precision,
        "recipe": None if brought else {"preset": recipe.preset, "options": dict(recipe.options)},
        "passes": passes_of(recipe, brought),
        "parity": dict(parity),
        "verdicts": jsonable(list(verdicts)),
        "key": key,
        "versions": dict(made_of.versions),
        "source": dict(made_of.source),
        "files": files,
    }
    write_atomic(model / NAME, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def passes_of(recipe: Recipe, brought: OlivePlan | None) -> dict[str, Any]:
    """Olive's passes, as JSON takes them."""
    passes: dict[str, Any] = jsonable(_plain(brought.config.get("passes", {}) if brought else recipe.passes))
    return passes


def _origin(source: ModelSource, cancel: Cancel) -> dict[str, Any]:
    """What a source was, byte for byte; an adapter's base too, and which of its code was allowed to run."""
    described: dict[str, Any] = {
        "path": str(source.path),
        "format": source.format,
        "architecture": source.architecture,
        "parameters": source.parameters,
        "dtype": source.dtype,
        "licence": source.licence,
        "files": describe(source_files(source), cancel),
    }
    if source.code:
        described["code_run"] = list(source.code)
    if source.base is not None:
        described["base"] = _origin(source.base, cancel)
    return described


def _plain(value: Any) -> Any:
    return {name: _plain(part) for name, part in value.items()} if isinstance(value, Mapping) else value


def versions(python: Path) -> dict[str, str]:
    """The releases of the packages that have a part in the result; one that is missing is left out.

    Raises:
        Failure: the interpreter is gone.
    """
    interpreter = examine(python)
    found = {package: installed.version(package, interpreter) for package in _PACKAGES}
    return {"slmtui": __version__} | {package: version for package, version in found.items() if version}


def source_files(source: ModelSource) -> list[Path]:
    """The files of a source that a conversion reads, its base's not among them."""
    if source.path.is_file():
        return [source.path]
    return sorted(path for path in source.path.iterdir() if path.suffix in _READ and path.is_file())
