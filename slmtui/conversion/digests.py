"""SHA-256 of large files: worked out in a thread beside other work, remembered while a file stays as it is.

hashlib releases the interpreter's lock, so a digest costs a conversion nothing while a core is free.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from slmtui.config.files import write_atomic
from slmtui.config.locations import cache_dir
from slmtui.events import Cancel, Cancelled, Failure

_CHUNK = 4 * 1024 * 1024
# Files remembered, the latest first; a checkpoint of many shards has some hundred.
_MOST = 4000
_lock = threading.Lock()
Result = TypeVar("Result")

Described = dict[str, dict[str, Any]]
"""Bytes and SHA-256 of files, by name."""


def describe(paths: Iterable[Path], cancel: Cancel) -> Described:
    """Bytes and SHA-256 of each file.

    Raises:
        Failure: one cannot be read.
        Cancelled: in the middle.
    """
    known = _read()
    described: Described = {}
    fresh: dict[str, str] = {}
    for path in paths:
        try:
            bytes_ = path.stat().st_size
            state = _state(path)
            sha256 = known.get(state) or _sha256(path, cancel)
            # One that was written meanwhile is of no state.
            if state == _state(path):
                fresh[state] = sha256
        except OSError as error:
            raise Failure(
                f"{path} cannot be read: {error.strerror or error}.", "Check that it is there."
            ) from error
        described[path.name] = {"bytes": bytes_, "sha256": sha256}
    _remember(fresh)
    return described


def remembered(paths: Iterable[Path]) -> bool:
    """Whether `describe` would answer at once."""
    known = _read()
    try:
        return all(_state(path) in known for path in paths)
    except OSError:
        return False


class Beside:
    """Does things in a thread, one after the other; leaving the block ends what is under way."""

    def __init__(self) -> None:
        self._cancel = Cancel()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="digests")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cancel.set()
        self._pool.shutdown(cancel_futures=True)

    def begin(self, work: Callable[[Cancel], Result]) -> Future[Result]:
        """Begin with `work`, which has to look at its `Cancel`."""
        return self._pool.submit(work, self._cancel)


def wait(future: Future[Result], cancel: Cancel) -> Result:
    """What came of the work of a thread.

    Raises:
        Failure: as the work says.
        Cancelled: `cancel` was set meanwhile.
    """
    while True:
        cancel.check()
        if future.done():
            return future.result()
        with contextlib.suppress(FutureTimeout):
            future.exception(timeout=0.1)


def _state(path: Path) -> str:
    """What changes with a file's content, and stays when the file or its folder is renamed."""
    found = path.stat()
    numbers = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return " ".join(map(str, numbers))


def _sha256(path: Path, cancel: Cancel) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if cancel.is_set:
                raise Cancelled
            digest.update(chunk)
    return digest.hexdigest()


def _file() -> Path:
    return cache_dir() / "digests.json"


def _read() -> Mapping[str, str]:
    try:
        known = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(fresh: Mapping[str, str]) -> None:
    """Put what was worked out on top; that it cannot be kept is no reason to stop."""
    with _lock:
        known = {**fresh, **{state: sha for state, sha in _read().items() if state not in fresh}}
        try:
            write_atomic(_file(), json.dumps(dict(list(known.items())[:_MOST]), indent=0) + "\n")
        except Failure:
            return
