"""The footer, rebuilt only when it would show something else, with as many keys as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.events import Resize
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

# What gives way first where there is little room: everything stands in the help, so that stays to the last.
_FIRST_TO_GO, _LAST_TO_GO = ("app.quit", "quit", "app.command_palette"), ("help", "app.help")


class KeyFooter(Footer):
    """Textual's own makes all its widgets anew whenever the focus moves, which costs a layout each time."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[tuple[object, ...]] = []
        self._room = 0

    def compose(self) -> ComposeResult:
        """The keys that have room; a key that is cut off tells nobody anything."""
        self._room = self.app.size.width
        yield from _fitting(list(super().compose()), self._room)

    def on_resize(self, event: Resize) -> None:
        """Another width has room for other keys."""
        if self._keys and event.size.width != self._room:
            self.call_after_refresh(self.recompose)

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


def _fitting(keys: Sequence[Widget], room: int) -> list[Widget]:
    """`keys` without those that there is no room for; the last of the screen's own go before its first."""
    shown = list(keys)
    while len(shown) > 1 and sum(map(_width, shown)) > room:
        shown.remove(min(reversed(shown), key=_worth))
    return shown


def _worth(key: Widget) -> int:
    action = key.action if isinstance(key, FooterKey) else ""
    return _FIRST_TO_GO.index(action) if action in _FIRST_TO_GO else 9 if action in _LAST_TO_GO else 8


def _width(key: Widget) -> int:
    """A key with a space on either side of it, and its description with one behind it."""
    if not isinstance(key, FooterKey):
        return 0
    described = len(key.description) + 1 if key.description else 0
    return len(key.key_display) + 2 + described + ("-command-palette" in key.classes)
