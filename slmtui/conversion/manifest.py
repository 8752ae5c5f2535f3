"""slmtui.json in a converted model: what was made, from which bytes, with which versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slmtui import __version__
from slmtui.config.files import write_atomic
from slmtui.conversion.config_file import OlivePlan
from slmtui.conversion.recipe import Recipe
from slmtui.environment import installed
from slmtui.environment.interpreter import examine
from slmtui.events import Cancel, Failure, jsonable
from slmtui.source.model_source import ModelSource

NAME = "slmtui.json"
_PACKAGES = ("olive-ai", "onnxruntime-genai", "onnxruntime", "transformers", "torch", "onnx")
# What a conversion reads of a Hugging Face folder; optimizer states and pictures lie there, too.
_READ = {".safetensors", ".bin", ".json", ".jinja", ".model", ".txt"}
_CHUNK = 4 * 1024 * 1024


def write_manifest(
    model: Path,
    source: ModelSource,
    recipe: Recipe,
    seconds: float,
    cancel: Cancel,
    parity: Mapping[str, Any],
    python: Path,
    brought: OlivePlan | None = None,
) -> None:
    """Write slmtui.json into the folder `model`, with the SHA-256 of all its files and of the source's.

    `parity` is what the comparison with the source found, `python` the interpreter that Olive ran with,
    `brought` the configuration that was the user's.

    Raises:
        Failure: a file cannot be read, or the manifest cannot be written.
        Cancelled: in the middle.
    """
    passes = brought.config.get("passes", {}) if brought else recipe.passes
    document: dict[str, Any] = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "precision": recipe.precision,
        "recipe": None if brought else {"preset": recipe.preset, "options": dict(recipe.options)},
        "passes": jsonable(_plain(passes)),
        "parity": dict(parity),
        "versions": versions(python),
        "source": _origin(source, cancel),
        "files": _described(sorted(model.iterdir()), cancel),
    }
    write_atomic(model / NAME, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _origin(source: ModelSource, cancel: Cancel) -> dict[str, Any]:
    """What a source was, byte for byte; an adapter's base too, and which of its code was allowed to run."""
    described: dict[str, Any] = {
        "path": str(source.path),
        "format": source.format,
        "architecture": source.architecture,
        "parameters": source.parameters,
        "dtype": source.dtype,
        "licence": source.licence,
        "files": _described(_source_files(source), cancel),
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


def _source_files(source: ModelSource) -> list[Path]:
    if source.path.is_file():
        return [source.path]
    return sorted(path for path in source.path.iterdir() if path.suffix in _READ and path.is_file())


def _described(paths: Iterable[Path], cancel: Cancel) -> dict[str, dict[str, Any]]:
    described: dict[str, dict[str, Any]] = {}
    for path in paths:
        try:
            described[path.name] = {"bytes": path.stat().st_size, "sha256": _sha256(path, cancel)}
        except OSError as error:
            raise Failure(
                f"{path} cannot be read: {error.strerror or error}.", "Check that it is there."
            ) from error
    return described


def _sha256(path: Path, cancel: Cancel) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            cancel.check()
            digest.update(chunk)
    return digest.hexdigest()
