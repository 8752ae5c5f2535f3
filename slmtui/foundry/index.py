"""The registrations the Foundry Local SDK keeps in a cache folder, read without starting it.

The SDK (2.1 and newer) writes `foundry.local.modelinfo.json`, version 2: `{"models": [{"model_info": {"id"},
"model_path"}], …}`. Whoever wants to change it asks the SDK; slmtui itself only reads it, and puts back what
was there before (`index_before.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from slmtui.events import Failure

INDEX = "foundry.local.modelinfo.json"
# The SDK's own lock beside it, which it leaves there.
INDEX_LOCK = "foundry.local.modelinfo.lock"


def registrations(cache_dir: Path) -> Mapping[str, Path]:
    """The registered models of a cache folder: id (`name:version`) → folder.

    Raises:
        Failure: the file is damaged; the SDK refuses such a cache altogether.
    """
    path = cache_dir / INDEX
    try:
        models = json.loads(path.read_text("utf-8"))["models"]
        return {str(model["model_info"]["id"]): Path(model["model_path"]) for model in models}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Failure(
            f"The Foundry Local SDK's list of registered models, {path}, cannot be read: {error}",
            "Move that file away (the models stay where they are) and register again.",
        ) from error


def registered_at(cache_dir: Path, model_id: str, folder: Path) -> bool:
    """Whether `model_id` is registered in this cache folder, for this very folder.

    Raises:
        Failure: the file is damaged.
    """
    path = registrations(cache_dir).get(model_id)
    return path is not None and path.resolve() == folder.resolve()
