"""What a converted model runs on here: the execution provider and the threads, as far as its settings say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from slmtui.runtime.folder import CONFIG
from slmtui.runtime.tuned import tuned


@dataclass(frozen=True, slots=True)
class Session:
    """The `backend` ("CPU", "CUDA"), and the number of threads; None where the runtime chooses it."""

    backend: str
    threads: int | None


def session_of(model_dir: Path) -> Session:
    """What the model's genai_config.json says, and over it what the tuning found best."""
    try:
        config = json.loads((model_dir / CONFIG).read_text(encoding="utf-8"))
        options = config["model"]["decoder"]["session_options"]
        providers = [name for entry in options.get("provider_options") or () for name in entry]
        threads = (dict(options) | dict(tuned(model_dir))).get("intra_op_num_threads")
        return Session(providers[0].upper() if providers else "CPU", int(threads) if threads else None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Session("", None)
