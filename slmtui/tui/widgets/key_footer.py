"""The footer, rebuilt only when it would show something else."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Footer


class KeyFooter(Footer):
    """Textual's own makes all its widgets anew whenever the focus moves, which costs a layout each time."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[tuple[object, ...]] = []

    def bindings_changed(self, screen: Screen[object]) -> None:
        """The bindings were looked up again; only a difference that can be seen counts."""
        keys: list[tuple[object, ...]] = [
            (active.binding.key, active.binding.description, active.enabled, active.tooltip)
            for active in screen.active_bindings.values()
            if active.binding.show
        ]
        # Without the terminal's focus Textual shows no change, so it has to be one again later.
        if keys != self._keys and screen.app.app_focus:
            self._keys = keys
            super().bindings_changed(screen)
