"""Runs one command of a fix: every line it prints as it comes, and its whole tree ended on a wish to stop."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

from slmtui.events import Cancel, Failure, LogLine, Service
from slmtui.process import OURS, SILENT
from slmtui.process_tree import end_tree
from slmtui.text import plain

_LOOK_SECONDS = 0.1
# A command may end while something it has started still holds its pipe; what it said has come by then.
_LAST_WORDS_SECONDS = 1.0


def run(command: Sequence[str], cancel: Cancel, log: IO[str], environment: Mapping[str, str]) -> Service[int]:
    """Run `command` without a shell and without input; returns its exit code.

    Each line it prints is a `LogLine` and goes to `log`, too.

    Raises:
        Failure: it cannot be started.
        Cancelled: it was ended with everything it had started.
    """
    cancel.check()
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**inherited, **SILENT, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **environment},
            **detached,
        )
    except OSError as error:
        raise Failure(
            f"{command[0]} cannot be started: {error.strerror or error}.",
            "Install it or put it on PATH; then try again.",
        ) from error
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, lines), name=f"output of {command[0]}", daemon=True).start()
    try:
        with cancel.calling(lambda: _end(process)):
            ended_at: float | None = None
            while True:
                try:
                    line = lines.get(timeout=_LOOK_SECONDS)
                except queue.Empty:
                    if process.poll() is not None:
                        ended_at = ended_at or time.monotonic()
                        if time.monotonic() - ended_at > _LAST_WORDS_SECONDS:
                            break
                    continue
                if line is None:
                    break
                with contextlib.suppress(OSError):  # a full disk must not end the fix that the log is about
                    log.write(line + "\n")
                    log.flush()
                yield LogLine(line)
            code = process.wait()
        cancel.check()
        return code
    finally:
        _end(process)
        process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:  # once it was waited for, its id may be another process's
        end_tree(process.pid)


def _read(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[str | None]) -> None:
    """Lines as they come; a progress bar rewrites its line with \\r, and each version is one."""
    stream = cast("io.BufferedReader", process.stdout)
    pending = b""
    with stream:
        while chunk := stream.read1(65536):
            *whole, pending = re.split(rb"[\r\n]+", pending + chunk)
            for raw in whole:
                _put(raw, lines)
    _put(pending, lines)
    lines.put(None)


def _put(raw: bytes, lines: queue.SimpleQueue[str | None]) -> None:
    if raw.strip():
        lines.put(plain(raw.decode("utf-8", errors="replace")))
