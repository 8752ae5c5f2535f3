"""A chat with the Foundry Local SDK's own runtime: the same client as for onnxruntime-genai, another host.

The model is registered in a list of the host's own, which is gone with it: neither the user's cache nor any
registration is touched, and a model can be talked to before it is deployed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from pathlib import Path
from typing import Any, ClassVar

from slmtui.config.locations import cache_dir, foundry_home
from slmtui.runtime.client import EngineName, ModelHost
from slmtui.runtime.folder import read_folder

CHAT_MODULE = "slmtui.foundry.chat_worker"
_numbers = itertools.count(1)


class FoundryHost(ModelHost):
    """One converted model in the Foundry Local SDK, in a process of its own.

    It has no way to go on with an answer, and no repetition penalty; its KV cache is not kept across turns.
    `render` and `token_ids` raise a `Failure`: the SDK does not tell. `options` do not apply.
    """

    engine: ClassVar[EngineName] = "foundry"
    title: ClassVar[str] = "the Foundry Local SDK"
    ignores: ClassVar[tuple[str, ...]] = ("repetition_penalty",)
    can_continue: ClassVar[bool] = False

    def __init__(self, model_dir: Path, **given: Any) -> None:
        super().__init__(model_dir, **given)
        self._list = _folder() / f"{os.getpid()}-{next(_numbers)}"

    def close(self) -> None:
        """End the host and delete its list."""
        super().close()
        shutil.rmtree(self._list, ignore_errors=True)

    def _module(self) -> str:
        return CHAT_MODULE

    def _load_fields(self) -> dict[str, Any]:
        _remove_leftovers()
        home, model = foundry_home(), read_folder(self.model_dir)
        return {
            "model": str(self.model_dir),
            "context_length": model.context_length,
            "vocab_size": model.vocab_size,
            "cache_dir": str(self._list),
            "app_data_dir": str(home),
            "logs_dir": str(home / "logs"),
        }


def _folder() -> Path:
    return cache_dir() / "foundry-chat"


def _remove_leftovers() -> None:
    """Delete the lists of processes that were killed."""
    import psutil

    with contextlib.suppress(OSError):
        for path in _folder().iterdir():
            number = path.name.partition("-")[0]
            if number.isdigit() and not psutil.pid_exists(int(number)):
                shutil.rmtree(path, ignore_errors=True)
