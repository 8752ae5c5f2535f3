"""What a thread has found out is shown on the event loop, if whoever asked is still there."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from textual.widget import Widget

P = ParamSpec("P")


def tell(asked: Widget, deed: Callable[P, object], *what: P.args, **named: P.kwargs) -> None:
    """From a thread: do `deed` on the event loop and wait for it, unless `asked` has gone in between.

    A window may be closed and the app may be left while a thread works for it: its widgets are no longer
    there, and asking for one would end the app with a traceback.
    """

    def told() -> None:
        # Textual takes a window's widgets away one after the other; the flag is there from the first on.
        if asked.is_attached and not asked._pruning:
            deed(*what, **named)

    app = asked.app
    if app.is_running:
        app.call_from_thread(told)
