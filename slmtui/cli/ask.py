"""Asking a person yes or no, where there is one."""

from __future__ import annotations

import os
import queue
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel


def can_ask(report: Report) -> bool:
    """Whether somebody sits there who sees a question and can answer it."""
    return not report.json and all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)
    )


def confirm(question: str, report: Report, cancel: Cancel) -> bool:
    """Ask; anything but a yes is a no.

    Raises:
        Cancelled: Ctrl+C was the answer.
    """
    report.note(f"{question} [y/N]")
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    # Below Python's own stream, whose lock a thread that still waits would hold while the interpreter ends.
    threading.Thread(
        target=lambda: answers.put(os.read(0, 1000).decode("utf-8", "replace")), name="answer", daemon=True
    ).start()
    while True:
        try:
            return answers.get(timeout=0.1).strip().lower() in ("y", "yes")
        except queue.Empty:
            cancel.check()
