"""Jump mode: a letter over every field, list and button; pressing it goes there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from slmtui.tui.window import Window

# The home row first: those are pressed without moving a hand.
LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class JumpScreen(Window[Widget | None]):
    """Ends with the chosen widget, or with none.

    Args:
        below: the screen whose widgets can be gone to.
    """

    CSS_PATH = "jump.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        self._places = dict(zip(LETTERS, places(below), strict=False))
        self._room = below.size

    def compose(self) -> ComposeResult:
        # Over the footer of the screen below, whose keys do something else now.
        yield Static("A letter goes there; Esc closes.", id="jump-keys")
        for letter, widget in self._places.items():
            label = Static(f" {letter.upper()} ", classes="jump")
            label.absolute_offset = Offset(*widget.region.offset)
            yield label

    def on_key(self, event: events.Key) -> None:
        """A letter chooses; anything else closes."""
        event.stop()
        self.dismiss(self._places.get(event.key.lower()))

    def on_resize(self, event: events.Resize) -> None:
        """In a terminal of another size everything is elsewhere."""
        if event.size != self._room:
            self.dismiss(None)

    def on_click(self) -> None:
        """A click closes, like any other key."""
        self.dismiss(None)


def places(screen: Screen[object]) -> Iterator[Widget]:
    """What can have the focus and is seen, from the top left to the bottom right."""
    seen = [widget for widget in screen.focus_chain if screen.region.overlaps(widget.region)]
    yield from sorted(seen, key=lambda widget: (widget.region.y, widget.region.x))
