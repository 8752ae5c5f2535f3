"""What Olive is told: its configuration, and the environment its process runs in."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from slmtui.conversion.recipe import Recipe

# The module that reads a calibration text, and the name it goes by in Olive. It imports torch, so that
# only Olive's process may load it.
_CALIBRATION, _TEXT = Path(__file__).with_name("calibration.py"), "slmtui_calibration_text"


def olive_config(
    model: Path, recipe: Recipe, output: Path, cache: Path, *, run_code: bool = False
) -> dict[str, Any]:
    """The configuration for `olive run`: the Hugging Face folder `model` into the folder `output`.

    `run_code` lets the Python code in that folder run, which the user has been asked about.

    `output` has to exist: Olive takes a path with a dot in its name for a file otherwise.
    """
    passes = {name: copy.deepcopy(dict(options)) for name, options in recipe.passes.items()}
    for options in passes.values():
        if options["type"] == "ModelBuilder":
            # The builder's default is to run Python code that lies in the model's folder.
            options["extra_options"] = options.get("extra_options", {}) | {
                "hf_remote": run_code,
                "hf_token": "false",
            }
        if "data_config" in options:
            data = options["data_config"]
            data["user_script"] = str(_CALIBRATION)
            data["load_dataset_config"] |= {"type": _TEXT, "model": str(model)}
    input_model: dict[str, Any] = {"type": "HfModel", "model_path": str(model), "task": "text-generation"}
    if run_code:
        input_model["load_kwargs"] = {"trust_remote_code": True}
    return {
        "input_model": input_model,
        "systems": {
            "local_system": {
                "type": "LocalSystem",
                "accelerators": [{"device": "cpu", "execution_providers": ["CPUExecutionProvider"]}],
            }
        },
        "passes": passes,
        "host": "local_system",
        "target": "local_system",
        "cache_dir": str(cache),
        "output_dir": str(output),
        "log_severity_level": 1,  # INFO: what is pruned, and why, is said on this level only
    }


def worker_environment(staging: Path) -> dict[str, str]:
    """The variables for the worker: offline, no telemetry, and all by-products inside `staging`."""
    temporary = str(staging / "tmp")
    return {
        "OLIVE_DISABLE_TELEMETRY": "1",
        "OLIVE_TELEMETRY_CACHE_DIR": str(staging / "olive-telemetry"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_DATASETS_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        # Missing weights are reported as a warning only.
        "TRANSFORMERS_VERBOSITY": "warning",
        "DO_NOT_TRACK": "1",
        # The builder writes into the hub's cache folder, and removes it when it is empty.
        "HF_HOME": str(staging / "huggingface"),
        "HF_HUB_CACHE": str(staging / "huggingface" / "hub"),
        "HF_MODULES_CACHE": str(staging / "huggingface" / "modules"),
        "TMPDIR": temporary,
        "TEMP": temporary,
        "TMP": temporary,
    }
