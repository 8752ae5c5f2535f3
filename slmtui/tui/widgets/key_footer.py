"""The footer, rebuilt only when it would show something else, with as many keys as there is room for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.compose import compose
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
        yield from _fitting(_nearest(super().compose()), self._room)

    async def recompose(self) -> None:
        """Other keys in the widgets that are there: a new one is looked up in every rule of the styles.

        One that is not needed is hidden, and taken again.
        """
        if not self.is_attached:
            return
        own, palette = _divided(self.children)
        wanted, wanted_palette = _divided(compose(self))
        for key, other in zip(own, wanted, strict=False):
            _become(key, other)
        for key in own[len(wanted) :]:
            key.display = False
        if palette is not None and wanted_palette is not None:
            _become(palette, wanted_palette)
        elif palette is not None:
            palette.display = False
        elif wanted_palette is not None:
            palette = wanted_palette
            await self.mount(palette)
        if len(wanted) > len(own):
            await self.mount_all(wanted[len(own) :], before=palette)

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


def _divided(keys: Iterable[Widget]) -> tuple[list[FooterKey], FooterKey | None]:
    """The screen's own keys, and that of the palette, which stands at the other end."""
    every = [key for key in keys if isinstance(key, FooterKey)]
    palette = next((key for key in every if key.has_class("-command-palette")), None)
    return [key for key in every if key is not palette], palette


def _become(key: FooterKey, other: FooterKey) -> None:
    """Show and do what `other` would."""
    wider = (key.key_display, key.description) != (other.key_display, other.description)
    if wider or (key.key, key.action, key._disabled) != (other.key, other.action, other._disabled):
        key.key, key.key_display = other.key, other.key_display
        key.description, key.action, key._disabled = other.description, other.action, other._disabled
        key.set_class(other._disabled, "-disabled")
        key.refresh(layout=wider)
    key.tooltip = other.tooltip
    key.display = True


def _nearest(keys: Iterable[Widget]) -> list[Widget]:
    """`keys` without those that say the same as one before them, which is nearer to the focus."""
    shown: dict[object, Widget] = {}
    for key in keys:
        shown.setdefault(key.description if isinstance(key, FooterKey) else key, key)
    return list(shown.values())


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
