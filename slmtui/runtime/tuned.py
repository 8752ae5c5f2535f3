"""What the tuning found best for a model on this machine, kept from one start to the next.

One small JSON file a model in the data folder. It holds for the very files and the very machine that were
measured: what was converted anew, or came to another computer, is not tuned.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.files import remove, write_atomic
from slmtui.config.locations import data_dir


@dataclass(frozen=True, slots=True)
class Tuned:
    """Session options of the runtime, and what was measured: tokens per second before and with them."""

    options: Mapping[str, Any]
    before: float
    after: float


def tuned(model_dir: Path) -> Mapping[str, Any]:
    """The session options to load a model with; none if it was not tuned here as it stands."""
    found = look_up(model_dir)
    return found.options if found else {}


def look_up(model_dir: Path) -> Tuned | None:
    """What the tuning of a model has found; None if it was not tuned here as it stands."""
    try:
        saved = json.loads(_file(model_dir).read_text(encoding="utf-8"))
        if saved["of"] != _fingerprint(model_dir) or not isinstance(saved["options"], dict):
            return None
        return Tuned(saved["options"], float(saved["before"]), float(saved["after"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(model_dir: Path, found: Tuned) -> None:
    """Keep what was found.

    Raises:
        Failure: the data folder cannot be written.
    """
    content = {
        "model": str(model_dir),
        "of": _fingerprint(model_dir),
        "options": dict(found.options),
        "before": found.before,
        "after": found.after,
    }
    write_atomic(_file(model_dir), json.dumps(content, indent=2) + "\n")


def forget(model_dir: Path) -> None:
    """Load the model again as it was before.

    Raises:
        Failure: the file cannot be deleted.
    """
    remove(_file(model_dir))


def _file(model_dir: Path) -> Path:
    name = hashlib.sha256(str(model_dir.absolute()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return data_dir() / "tuning" / f"{name}.json"


def _fingerprint(model_dir: Path) -> str:
    """What the result rests on: the model's files by size and time, and the machine's processor."""
    files = sorted(path for path in model_dir.glob("*") if path.suffix in (".onnx", ".data", ".json"))
    seen = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    text = repr((seen, platform.machine(), platform.processor(), os.cpu_count()))
    return hashlib.sha256(text.encode()).hexdigest()
