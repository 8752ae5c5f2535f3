"""Asking a command of this machine something, within a bound of time and of output.

Other people's programs hang, ask for a key, print without end and leave children behind. None of that may
hold the page up: an answer comes back in time, or the reason why there is none.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from slmtui.events import Cancel
from slmtui.process import SILENT
from slmtui.process_tree import end_tree
from slmtui.text import plain

MOST_BYTES = 1_000_000
# A command may end while a server it has started still holds its pipes; what it said has come by then.
_LAST_WORDS_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, decoded and free of control sequences, and its exit code.

    `code` is None where it gave none; `problem` then ends a sentence that starts with the command's name.
    """

    code: int | None
    stdout: str = ""
    stderr: str = ""
    problem: str = ""


def ask(
    command: Path, *arguments: str, timeout: float = 5.0, cancel: Cancel | None = None, typed: str = ""
) -> Answer:
    """Run `command` without a shell, with `typed` as all of its input, and for `timeout` seconds at most.

    When time is up, or the wish to stop is spoken, its whole tree is killed.
    """
    cancel = cancel or Cancel()
    # A session of its own: Ctrl+C in the terminal is slmtui's to answer. On Windows no window opens.
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    try:
        process = subprocess.Popen(
            [str(command), *arguments],
            stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **SILENT, "NO_COLOR": "1"},
            **detached,
        )
    except OSError as error:
        return Answer(None, problem=f"cannot be started: {error.strerror or error}")
    out, err = _Reader(process, process.stdout), _Reader(process, process.stderr)
    if process.stdin is not None:
        with contextlib.suppress(OSError), process.stdin:  # it may have ended without a look at it
            process.stdin.write(typed.encode())
    problem = ""
    with cancel.calling(lambda: _end(process)):
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            problem = f"gave no answer within {timeout:g} s"
            _end(process)
            process.wait()
    stdout, stderr = out.text(), err.text()
    if cancel.is_set:
        problem = "was not waited for"
    elif out.flooded or err.flooded:
        problem = f"printed more than {MOST_BYTES // 1_000_000} MB"
    if problem:
        return Answer(None, stdout, stderr, problem)
    return Answer(process.returncode, stdout, stderr)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:  # once it was waited for, its id may be another process's
        end_tree(process.pid)


class _Reader:
    """Collects one pipe in a thread, and ends a process that floods it."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: IO[bytes] | None) -> None:
        assert pipe is not None  # noqa: S101  (opened by the caller)
        self.flooded = False
        self._process = process
        self._pipe = pipe
        self._bytes = bytearray()
        self._thread = threading.Thread(target=self._read, name="command output", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), 65536):
                self._bytes += chunk
                if len(self._bytes) > MOST_BYTES:
                    self.flooded = True
                    _end(self._process)
                    return

    def text(self) -> str:
        self._thread.join(_LAST_WORDS_SECONDS)
        lines = bytes(self._bytes).decode("utf-8", errors="replace").splitlines()
        return "\n".join(plain(line) for line in lines)
