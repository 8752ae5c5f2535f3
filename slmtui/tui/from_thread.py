"""What a thread has found out is shown on the event loop, if it is still asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from textual.widget import Widget
from textual.worker import get_current_worker

P = ParamSpec("P")


def tell(asked: Widget, deed: Callable[P, object], *what: P.args, **named: P.kwargs) -> None:
    """From a worker's thread: do `deed` on the event loop and wait for it, unless nobody asks any longer.

    A window may be closed and the app may be left while a thread works for it: its widgets are no longer
    there, and asking for one would end the app with a traceback. And a thread cannot be stopped: one that
    another of its exclusive group has followed has found what was there before, and may come last.
    """
    worker = get_current_worker()

    def told() -> None:
        # Textual takes a window's widgets away one after the other; the flag is there from the first on.
        if asked.is_attached and not asked._pruning and not worker.is_cancelled:
            deed(*what, **named)

    app = asked.app
    if app.is_running:
        app.call_from_thread(told)
