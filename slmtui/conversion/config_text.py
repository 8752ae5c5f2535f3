"""The configuration as a text that a person reads, edits, and runs by hand with `olive run --config FILE`."""

from __future__ import annotations

import json
from pathlib import Path

from slmtui.config.json_text import set_at
from slmtui.conversion.config import olive_config
from slmtui.conversion.recipe import Recipe
from slmtui.source.model_source import ModelSource

# Olive's cache, in the folder that it is started in; slmtui's own runs use a fresh one.
_CACHE = Path("cache")


def config_text(source: ModelSource, recipe: Recipe, output: Path) -> str:
    """The configuration that converts `source` by `recipe` into the folder `output`."""
    config = olive_config(source.path, recipe, output, _CACHE, run_code=bool(source.code))
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def with_recipe(text: str, source: ModelSource, recipe: Recipe) -> str:
    """A configuration with its passes replaced by those of `recipe`; all else stays as its author wrote it.

    Raises:
        Failure: the text is no JSON object.
    """
    config = olive_config(source.path, recipe, Path(), _CACHE, run_code=bool(source.code))
    return set_at(text, ("passes",), config["passes"])
