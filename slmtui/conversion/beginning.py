"""Stages that conversions share: what an earlier one ended with may be what this one begins with.

FP16 is FP32 and then one more pass, and so are other recipes: where the FP32 model lies finished and
unchanged on the disk, Olive starts from it, and the checkpoint is not exported a second time.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.conversion import reuse
from slmtui.conversion.plan import ConversionPlan
from slmtui.events import Cancel

_ONNX = "model.onnx"


@dataclass(frozen=True, slots=True)
class Beginning:
    """A finished conversion, the files it consists of, and how many of the passes it is the result of."""

    output: Path
    files: tuple[str, ...]
    passes: int

    def config(self, config: dict[str, Any]) -> dict[str, Any]:
        """Olive's configuration, begun here: an ONNX model in, and the passes that are left."""
        config = copy.deepcopy(config)
        beside = [str(self.output / name) for name in self.files if not name.startswith(_ONNX)]
        config["input_model"] = {
            "type": "ONNXModel",
            "model_path": str(self.output),
            "onnx_file_name": _ONNX,
            "model_attributes": {"additional_files": beside},
        }
        config["passes"] = dict(list(config["passes"].items())[self.passes :])
        return config


def beginning(plan: ConversionPlan, python: Path, cancel: Cancel) -> Beginning | None:
    """The longest part of the plan's passes that was run before; None if there is none, or no need.

    Raises:
        Failure: the source cannot be read.
        Cancelled: in the middle.
    """
    passes = list(plan.recipe.passes.items())
    if plan.config is not None or passes[0][1]["type"] != "ModelBuilder":
        return None
    for count in range(len(passes) - 1, 0, -1):
        part = dataclasses.replace(plan.recipe, passes=dict(passes[:count]))
        found = reuse.find(dataclasses.replace(plan, recipe=part), python, cancel, compared=None)
        if found is not None and _ONNX in found.manifest["files"]:
            return Beginning(found.output, tuple(found.manifest["files"]), count)
    return None
