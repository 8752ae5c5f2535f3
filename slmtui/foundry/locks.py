"""Locks between processes: two slmtui never change the same thing at once.

They are the operating system's own file locks, so they end with the process that holds them, however it ends.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from slmtui.config.files import unwritable
from slmtui.config.locations import data_dir

_POLL_SECONDS = 0.02


class Busy(Exception):
    """Somebody else holds the lock."""


@contextmanager
def holding(what: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock called `what`, waiting for it at most `wait_seconds`.

    Raises:
        Busy: another process, or another thread of this one, holds it.
        Failure: slmtui's data folder cannot be written.
    """
    # The files stay: deleting one that another process has just opened would give the lock away twice.
    path = data_dir() / "locks" / f"{hashlib.sha256(what.encode()).hexdigest()[:20]}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise unwritable(path, error) from error
    with file:
        give_up = time.monotonic() + wait_seconds
        while not _lock(file):
            if time.monotonic() >= give_up:
                raise Busy(what)
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            _unlock(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
