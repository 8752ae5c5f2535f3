"""Carries out the steps that `checkpoints.py` plans. For the worker process alone: it imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def prepare(steps: Sequence[dict[str, Any]]) -> None:
    """Make each step's folder; modules are imported as they are needed, for they are slow to import."""
    for step in steps:
        origin, folder = Path(step["from"]), Path(step["to"])
        folder.mkdir(parents=True)
        if step["do"] == "gguf":
            from slmtui.conversion.gguf_checkpoint import unpack

            unpack(origin, folder)
        elif step["do"] == "pickle":
            from slmtui.conversion.pickled_checkpoint import unpack as unpickle

            unpickle(origin, folder)
        else:
            from slmtui.conversion.adapter_checkpoint import merge

            merge(Path(step["base"]), origin, folder)
