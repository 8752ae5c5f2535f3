"""Making a plain checkpoint of a source that Olive cannot read: unpacked, merged, or both.

The steps are planned here, in the app's process, and carried out in the worker (`preparing.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slmtui.source.model_source import ModelSource


def runs_code(source: ModelSource) -> bool:
    """Whether Python code that came with the model is to be run; the user has named its files."""
    return bool((source.base or source).code)


def steps(source: ModelSource, folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Where the checkpoint of `source` will be, and what makes it there, in order; below `folder`.

    A step is `{"do": "gguf" | "pickle" | "merge", "from": path, "to": folder}`, and for a merge `"base"`.
    """
    checkpoint = folder / "checkpoint"
    if source.format == "gguf":
        return checkpoint, [{"do": "gguf", "from": str(source.path), "to": str(checkpoint)}]
    if source.base is not None:
        base, before = steps(source.base, folder / "base")
        merge = {"do": "merge", "from": str(source.path), "base": str(base), "to": str(checkpoint)}
        return checkpoint, [*before, merge]
    if source.pickled:
        return checkpoint, [{"do": "pickle", "from": str(source.path), "to": str(checkpoint)}]
    return source.path, []
