"""Opening the screens in a terminal, and leaving it as it was, whoever asks for that."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from slmtui.text import plain
from slmtui.tui.app import SlmtuiApp

# A job ends within a second of being asked, a fix within three.
PATIENCE_SECONDS = 6.0


def run_app() -> int:
    """Open slmtui; returns the exit code."""
    app = SlmtuiApp()

    def end(*_: object) -> None:
        app.asked_to_end()
        threading.Thread(target=_end_by_force, name="last resort", daemon=True).start()

    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)
    app.run()
    for text in app.last_words:
        print(plain(text), file=sys.stderr)
    return app.return_code or 0


def _end_by_force() -> None:
    """End what has not ended by itself: Textual waits forever to draw on a terminal that was closed."""
    import psutil

    from slmtui.process_tree import end_tree

    time.sleep(PATIENCE_SECONDS)
    for child in psutil.Process().children():
        end_tree(child.pid)
    os._exit(1)
