"""What is typed while a screen comes up waits for it: a newcomer's first words are not lost."""

from __future__ import annotations

import time
from collections import deque

from textual.app import App
from textual.events import Event, Key, Paste

from slmtui.tui.station_screen import StationScreen


class EarlyKeys(App[int]):
    """An app that holds keys and pasted text until the shown screen has its widgets."""

    def __init__(self) -> None:
        super().__init__()
        self._early: deque[Event] = deque()
        self.typed_at = 0.0  # by the monotonic clock

    async def on_event(self, event: Event) -> None:
        """Quitting alone waits for nothing."""
        typed = isinstance(event, (Key, Paste)) and not event.is_forwarded
        if typed:
            self.typed_at = time.monotonic()
            if self.screen_stack and isinstance(self.screen, StationScreen):
                self.screen.hurry()
        if not typed or getattr(event, "key", "") == "ctrl+q":
            await super().on_event(event)
            return
        self._early.append(event)
        await self.take_early()

    async def take_early(self) -> None:
        """Let the shown screen have what was typed, in order, as soon as it can take it."""
        while self._early and self._screen_ready:
            await super().on_event(self._early.popleft())

    @property
    def _screen_ready(self) -> bool:
        if not self.screen_stack:
            return False
        return not isinstance(self.screen, StationScreen) or self.screen.has_body
