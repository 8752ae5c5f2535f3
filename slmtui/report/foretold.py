"""Forecast against truth: what the plan said of size, memory and time, beside what the conversion took."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmtui.conversion.forecast import forecast
from slmtui.conversion.manifest import source_files
from slmtui.conversion.stages import expected_seconds
from slmtui.events import Failure
from slmtui.report.document import Foretold
from slmtui.report.rebuild import recipe_of
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource
from slmtui.source.options import SourceOptions


def foretold(manifest: Mapping[str, Any]) -> tuple[tuple[Foretold, ...], str]:
    """The figures, and why there is no forecast where there is none ("" if there is).

    The forecast follows from source and recipe alone, so it is what it was before the conversion; its time
    is that of the first conversion, before this machine's speed was known.
    """
    truth = {
        "size": _total(manifest),
        "memory": manifest.get("peak_rss_bytes"),
        "time": manifest.get("seconds"),
    }
    said: dict[str, float] = {}
    why = ""
    try:
        said = _said(manifest)
    except Failure as failure:
        why = f"There is no forecast to hold against it: {failure.cause}"
    figures = tuple(
        Foretold(what, "seconds" if what == "time" else "bytes", said.get(what), _number(truth[what]))
        for what in truth
    )
    return tuple(each for each in figures if each.truth is not None), why


def _said(manifest: Mapping[str, Any]) -> dict[str, float]:
    recipe = recipe_of(manifest)
    if recipe is None:
        raise Failure("a recipe of slmtui's own did not make it.")
    source = _source(manifest.get("source") or {})
    found = forecast(source, recipe)
    seconds = expected_seconds(source.parameters, recipe.passes.values(), unpacks=source.unpacks)
    return {"size": found.output_bytes, "memory": found.memory_bytes, "time": seconds}


def _source(described: Mapping[str, Any]) -> ModelSource:
    """The source as it is now, if it is what it was.

    Raises:
        Failure: it is gone, or another.
    """
    base = described.get("base") or {}
    path = Path(str(described.get("path", "")))
    if not described.get("path") or not path.exists():
        raise Failure("its source is not here any more.")
    options = SourceOptions(
        base=str(base["path"]) if base.get("path") else None,
        allow_code=tuple(map(str, described.get("code_run") or base.get("code_run") or ())),
    )
    source = inspect(path, options)
    was = {str(name): each.get("bytes") for name, each in (described.get("files") or {}).items()}
    now = {file.name: file.stat().st_size for file in source_files(source)}
    if was != now:
        raise Failure("its source has changed since.")
    return source


def _total(manifest: Mapping[str, Any]) -> float | None:
    files = manifest.get("files")
    return sum(int(each["bytes"]) for each in files.values()) if isinstance(files, dict) and files else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
