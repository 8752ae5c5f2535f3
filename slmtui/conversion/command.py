"""The `olive …` line that makes the same model by hand."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

from slmtui.conversion.config import olive_config
from slmtui.conversion.recipe import Recipe
from slmtui.source.model_source import ModelSource

# What a configuration is called that has to be saved first.
CONFIG_NAME = "olive_config.json"


def command(source: ModelSource, recipe: Recipe, output: Path, *, windows: bool = os.name == "nt") -> str:
    """The lines for a shell that convert `source` by `recipe` into the folder `output`; remarks begin with #.

    One pass is one `olive run-pass`: `olive auto-opt`, which tutorials name, is deprecated and has no words
    for most options. Several passes are none of Olive's commands but `olive run`, with the configuration
    that stands beside (`config_text`) saved as a file.
    """
    lines = []
    if source.unpacks or source.base is not None:
        what = "GGUF file" if source.format == "gguf" else "adapter"
        lines.append(f"# Olive reads no {what} of this kind: slmtui makes it a checkpoint first.")
    if len(recipe.passes) > 1:
        lines.append(f"# These passes are no single command: save the configuration as {CONFIG_NAME}.")
        words = ["olive", "run", "--config", CONFIG_NAME]
    else:
        words = _run_pass(source, recipe, output)
    lines.append(subprocess.list2cmdline(words) if windows else shlex.join(words))
    return "\n".join(lines)


def _run_pass(source: ModelSource, recipe: Recipe, output: Path) -> list[str]:
    config = olive_config(source.path, recipe, output, Path("cache"), run_code=bool(source.code))
    (settings,) = config["passes"].values()
    kind = settings.pop("type")
    trusted = ["--trust_remote_code"] if source.code else []
    return [
        *("olive", "run-pass", "--pass-name", kind, "--pass-config", json.dumps(settings)),
        *("--model_name_or_path", str(source.path), "--task", "text-generation", *trusted),
        *("--device", "cpu", "--provider", "CPUExecutionProvider"),
        *("--output_path", str(output), "--log_level", "1"),
    ]
