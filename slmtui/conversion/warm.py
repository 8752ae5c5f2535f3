"""The worker of a conversion, started before it is known what it is for.

Importing Olive, torch and transformers takes as long as quantizing a small model. A worker does it as soon as
it runs and then waits for its one request, so whoever expects a conversion starts one: the command before it
looks at the source, the screen while its form is filled in. One waits at a time in the whole program.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from slmtui.config import toolchain
from slmtui.config.files import building
from slmtui.config.locations import cache_dir
from slmtui.conversion.config import worker_environment
from slmtui.environment.system import free_memory
from slmtui.events import Failure
from slmtui.process import Child

WORKER = "slmtui.conversion.worker"
# What a worker holds once it has imported everything, on Linux with the CPU build of torch, and then some.
_HOLDS = 1_000_000_000
# How long one waits by default, in seconds.
PATIENCE = 600.0
# Where a worker remembers what it finds out while it imports (`walks_shim`).
IMPORTS = "SLMTUI_IMPORTS"


class Worker:
    """A conversion's process with a folder for what its libraries write into places of their own."""

    def __init__(self, module: str, python: Path) -> None:
        self.module, self.python = module, python
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(building(cache_dir() / "olive-worker"))
            environment = worker_environment(folder) | {IMPORTS: str(cache_dir() / "imports.json")}
            (folder / "tmp").mkdir()
            self.child = stack.enter_context(
                Child(module, python=python, environment=environment, yielding=True)
            )
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder."""
        self._stack.close()

    def fits(self, module: str, python: Path) -> bool:
        """Whether it can serve such a conversion, and lives."""
        return (self.module, self.python) == (module, python) and self.child.alive


_lock = threading.Lock()
_waiting: Worker | None = None
_end_of_patience: threading.Timer | None = None


def start(patience: float = PATIENCE) -> bool:
    """Let a worker wait for the next conversion, for `patience` seconds; whether one does.

    Nothing is started where memory is short, or where the interpreter cannot be: the conversion says so.
    """
    global _waiting, _end_of_patience
    python = toolchain.current().python
    with _lock:
        if _waiting is not None and not _waiting.fits(WORKER, python):
            _leave()
        if _waiting is None:
            if free_memory() < 2 * _HOLDS:
                return False
            try:
                _waiting = Worker(WORKER, python)
            except Failure:
                return False
        if _end_of_patience is not None:
            _end_of_patience.cancel()
        _end_of_patience = threading.Timer(patience, end)
        _end_of_patience.daemon = True
        _end_of_patience.start()
        return True


def take(module: str, python: Path) -> Worker:
    """The worker that waits, if it fits, else a new one; the caller's from now on.

    Raises:
        Failure: the interpreter cannot be started.
    """
    global _waiting
    with _lock:
        if _waiting is not None and _waiting.fits(module, python):
            worker, _waiting = _waiting, None
            return worker
        _leave()  # two would take the memory of two
    return Worker(module, python)


def end() -> None:
    """End the worker that waits, if one does."""
    with _lock:
        _leave()


def _leave() -> None:
    global _waiting
    worker, _waiting = _waiting, None
    if worker is not None:
        worker.close()


atexit.register(end)
