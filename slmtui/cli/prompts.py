"""Prompts for `slmtui chat`: the one that was given, or those on standard input, a line each."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slmtui.events import Cancel

_POLL_SECONDS = 0.05


def prompts(given: str | None, cancel: Cancel) -> Iterator[str]:
    """The prompts, as they come; none where neither was given and standard input is a terminal.

    Lines are UTF-8; one that is blank is no prompt.

    Raises:
        Cancelled: while it waits for a line.
    """
    if given is not None:
        yield given
        return
    if sys.stdin is None or sys.stdin.isatty():
        return
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    # In a thread of its own: a pipe that says nothing must not keep Ctrl+C waiting. It reads the descriptor
    # itself: a thread that sits in sys.stdin holds its lock, and with it the interpreter's ending.
    number = sys.stdin.fileno()
    threading.Thread(target=_read, args=(number, lines), name="prompts", daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            cancel.check()
            continue
        if line is None:
            return
        text = line.decode("utf-8-sig", errors="replace").rstrip("\r")
        if text.strip():
            yield text


def _read(number: int, lines: queue.SimpleQueue[bytes | None]) -> None:
    """Put every line of a file descriptor into the queue, and None at its end."""
    pending = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(number, 65536):
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                lines.put(line)
    lines.put(pending)
    lines.put(None)
