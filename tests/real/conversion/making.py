"""Many recipes of one checkpoint by the real Olive, in one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from slmtui.conversion.config import olive_config, worker_environment
from slmtui.conversion.recipe import Recipe

# Olive as it is, and as slmtui's worker has it.
WORKER = Path(__file__).with_name("recipes_worker.py")
CHANGED = Path(__file__).with_name("shims_worker.py")
# What slmtui removes; the rest is the model.
BY_PRODUCTS = {"footprint.json", "output_footprint.json", "run_history.txt", "model_config.json"}


def make(
    checkpoint: Path, recipes: Mapping[str, Recipe], work: Path, worker: Path = WORKER
) -> dict[str, Path]:
    """The folders of the models by case; a case that failed has none."""
    orders = []
    (work / "tmp").mkdir(parents=True)
    for number, (case, recipe) in enumerate(recipes.items()):
        output = work / str(number)
        output.mkdir()
        orders.append({"case": case, "config": olive_config(checkpoint, recipe, output, work / "cache")})
    done = subprocess.run(
        [sys.executable, str(worker)],
        input=json.dumps(orders),
        env=os.environ | worker_environment(work),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert done.stdout.count("RECIPE ") == len(orders), done.stderr[-3000:]
    folders = {order["case"]: Path(order["config"]["output_dir"]) for order in orders}
    for folder in folders.values():
        for name in BY_PRODUCTS:
            (folder / name).unlink(missing_ok=True)
    return {case: folder for case, folder in folders.items() if (folder / "genai_config.json").is_file()}
