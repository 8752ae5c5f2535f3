"""How long conversions took on this machine, so that the next one's time can be told before it starts."""

from __future__ import annotations

import json
import statistics
import threading
from pathlib import Path
from typing import Any

from slmtui.config.files import write_atomic
from slmtui.config.locations import cache_dir
from slmtui.conversion.recipe import Recipe
from slmtui.conversion.stages import expected_seconds
from slmtui.events import Failure
from slmtui.source.model_source import ModelSource

# Runs kept, and how many of a recipe are looked at, the latest first.
_MOST, _LOOKED_AT = 200, 9
_lock = threading.Lock()


def remember(source: ModelSource, recipe: Recipe, seconds: float) -> None:
    """Keep in mind that converting `source` by `recipe` took `seconds`, without the comparison."""
    run = {"recipe": _name(recipe), "seconds": seconds, "stages": _expected(source, recipe)}
    with _lock:
        try:
            write_atomic(_file(), json.dumps([run, *_read()][:_MOST], indent=1) + "\n")
        except Failure:
            return  # it is a service, and no reason to stop


def seconds(source: ModelSource, recipe: Recipe) -> float | None:
    """What converting `source` by `recipe` will take, without the comparison; None if it was never done.

    Each past run is compared with what it should have taken for a source of its size on the machine that the
    stages were measured on; the median of these ratios is what this machine and this recipe make of it. One
    slow run, or one with a worker that was warm, does not move it.
    """
    runs = [run for run in _read() if run["recipe"] == _name(recipe)][:_LOOKED_AT]
    if not runs:
        return None
    ratio: float = statistics.median(run["seconds"] / run["stages"] for run in runs)
    return ratio * _expected(source, recipe)


def _name(recipe: Recipe) -> str:
    options = "".join(f" {key}={value}" for key, value in sorted(recipe.options.items()))
    return f"{recipe.precision} {recipe.preset}{options}"


def _expected(source: ModelSource, recipe: Recipe) -> float:
    return expected_seconds(source.parameters, recipe.passes.values(), unpacks=source.unpacks)


def _read() -> list[dict[str, Any]]:
    try:
        runs = json.loads(_file().read_text(encoding="utf-8"))
        return [run for run in runs if run["seconds"] > 0 and run["stages"] > 0 and run["recipe"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _file() -> Path:
    return cache_dir() / "conversion-times.json"
