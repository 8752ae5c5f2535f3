"""A good default name for a model, from where it lies."""

from __future__ import annotations

import re
from pathlib import Path

# Folder names that say nothing by themselves.
_GENERIC = {"model", "models", "final", "merged", "output", "outputs", "hf", "checkpoint", "weights", "best"}
_HUB_CACHE = re.compile(r"models--.+?--(.+)")
_QUANTIZATION = re.compile(r"[-.](?:I?Q\d\w*|F16|BF16|F32|fp16|fp32)$", re.IGNORECASE)


def default_name(path: Path) -> str:
    """The folder's or file's name, without what only tells checkpoints of one model apart.

    `…/support/model` is support, `…/support/checkpoint-500` is support-checkpoint-500, a snapshot in the
    hub's cache has the model's name, `Small.Q4_K_M.gguf` is Small.
    """
    path = path.resolve() if ".." in path.parts else path
    if path.suffix.lower() == ".gguf":
        return _QUANTIZATION.sub("", path.stem) or path.stem
    if path.parent.name == "snapshots" and (cached := _HUB_CACHE.fullmatch(path.parent.parent.name)):
        return cached[1]
    if re.fullmatch(r"checkpoint-\d+", path.name) and path.parent.name:
        return f"{path.parent.name}-{path.name}"
    if path.name.lower() in _GENERIC and path.parent.name:
        return path.parent.name
    return path.name or "model"
